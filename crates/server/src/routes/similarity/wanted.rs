//! What a client may ask for beside the scores.

use yuyi_tasks::lexical::Method;

use crate::ApiError;
use crate::request::fields::{list, name as name_at};
use crate::request::{Source, flag, request};

/// Most pairs that a request may have explained: each costs as much as fourteen scores.
const MOST_EXPLAINED: usize = 100;

request! {
    /// What is wanted beside the scores.
    #[derive(Default)]
    pub(crate) struct Wanted {
        /// Methods that compare without a model: `jaccard`, `edit`, `tfidf`, `tfidf_words`.
        #[schema(value_type = Option<Vec<String>>, example = json!(null))]
        pub(super) methods: Vec<Method> = take_methods,
        /// Whether each score is explained by the words that it comes from; for up to 100 pairs.
        #[schema(value_type = Option<bool>, example = json!(null))]
        pub(super) explain: bool = flag(false),
        /// Whether each score comes with notes of what it does not show: numbers, times and negations that differ, what was not read
        /// or not understood. Cheap; for up to 100 pairs.
        #[schema(value_type = Option<bool>, example = json!(null))]
        pub(super) notes: bool = flag(false),
    }
}

impl Wanted {
    /// Whether anything is.
    pub(super) fn is_any(&self) -> bool {
        self.explain || self.notes || !self.methods.is_empty()
    }

    /// Refuses to explain, or to have notes of, more pairs than one request may.
    pub(super) fn check(&self, pairs: usize) -> Result<(), ApiError> {
        let wanted = [(self.explain, "explain"), (self.notes, "notes")];
        let Some((_, field)) = wanted.into_iter().find(|(is_wanted, _)| *is_wanted) else {
            return Ok(());
        };
        if pairs <= MOST_EXPLAINED {
            return Ok(());
        }
        Err(ApiError::InvalidValue {
            field: field.to_owned(),
            reason: format!(
                "{pairs} pairs are too many to explain; a request may have {MOST_EXPLAINED}. Split the request."
            ),
        })
    }
}

fn take_methods(source: &mut Source<'_>, name: &'static str) -> Result<Vec<Method>, ApiError> {
    let Some((value, path)) = source.fields.optional(name) else {
        return Ok(Vec::new());
    };
    let mut methods = Vec::new();
    for (i, name) in list(value, &path)?.into_iter().enumerate() {
        let field = format!("{path}[{i}]");
        let method = method(&name_at(name, &field)?)
            .map_err(|reason| ApiError::InvalidValue { field, reason })?;
        // One that is named twice is wanted once.
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    Ok(methods)
}

fn method(name: &str) -> Result<Method, String> {
    match name.parse()? {
        Method::Word2vec => Err(
            "word2vec needs a file of word vectors, which only `yuyi compare` reads; take jaccard, edit, tfidf or tfidf_words.".to_owned(),
        ),
        method => Ok(method),
    }
}
