//! What a client may ask beside the scores: literal methods and explanations.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;
use yuyi_tasks::lexical::{Baseline, Method, Prepared};

use super::explanation::{self, Explanation};
use super::notes::Note;
use crate::embed::Model;
use crate::request::fields::{list, text};
use crate::request::{Source, flag, request};
use crate::{ApiError, App};

/// Most pairs that a request may have explained: each costs a pass for every word.
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
        /// Whether each score comes with notes of what it does not show: numbers and negations that differ, what was not read
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
    let read = |(i, name)| {
        let field = format!("{path}[{i}]");
        method(&text(name, &field)?).map_err(|reason| ApiError::InvalidValue { field, reason })
    };
    let names = list(value, &path)?.into_iter().enumerate();
    names.map(read).collect()
}

fn method(name: &str) -> Result<Method, String> {
    match name.parse()? {
        Method::Word2vec => Err(
            "word2vec needs a file of word vectors, which only `yuyi compare` reads; take jaccard, edit, tfidf or tfidf_words.".to_owned(),
        ),
        method => Ok(method),
    }
}

/// What was asked for beside a score.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Details {
    /// Scores of the methods that were asked for, by name, each in [0, 1].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, f64>>)]
    methods: Option<BTreeMap<&'static str, f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<Explanation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notes: Option<Vec<Note>>,
}

/// Two texts that were scored; `None` where there is no score.
pub(super) type Texts = Option<(Arc<str>, Arc<str>)>;

impl Details {
    /// The details of each pair, in order; without notes.
    pub(super) async fn of(
        app: &App,
        model: &Model,
        wanted: &Wanted,
        pairs: Vec<Texts>,
    ) -> Result<Vec<Self>, ApiError> {
        let mut details: Vec<Self> = pairs.iter().map(|_| Self::default()).collect();
        if !wanted.methods.is_empty() {
            let (methods, pairs) = (wanted.methods.clone(), pairs.clone());
            let scores = tokio::task::spawn_blocking(move || literal_scores(&methods, &pairs));
            let scores = scores.await.map_err(|_| ApiError::Internal)?;
            for (details, scores) in details.iter_mut().zip(scores) {
                details.methods = scores;
            }
        }
        if wanted.explain {
            for (details, pair) in details.iter_mut().zip(&pairs) {
                if let Some((a, b)) = pair {
                    details.explain = Some(explanation::of(app, model, a, b).await?);
                }
            }
        }
        Ok(details)
    }
}

/// The scores of each method, for each pair. Nothing is known of texts but themselves, so every term counts the same.
fn literal_scores(methods: &[Method], pairs: &[Texts]) -> Vec<Option<BTreeMap<&'static str, f64>>> {
    let mut scores: Vec<_> = pairs
        .iter()
        .map(|pair| pair.as_ref().map(|_| BTreeMap::new()))
        .collect();
    for baseline in methods.iter().filter_map(|&m| Baseline::of_pair(m)) {
        // One text may be compared with thousands.
        let mut prepared: HashMap<&str, Prepared> = HashMap::new();
        let texts = pairs.iter().flatten().flat_map(|(a, b)| [a, b]);
        for text in texts {
            prepared
                .entry(text)
                .or_insert_with(|| baseline.prepare(text));
        }
        for (scores, pair) in scores.iter_mut().zip(pairs) {
            if let (Some(scores), Some((a, b))) = (scores, pair) {
                let score = baseline.compare(&prepared[&**a], &prepared[&**b]);
                scores.insert(baseline.method().name(), score);
            }
        }
    }
    scores
}
