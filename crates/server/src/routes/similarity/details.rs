//! What a client may ask beside the scores: literal methods and explanations.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;
use yuyi_serving::{Errand, Turns, normal_characters};
use yuyi_tasks::lexical::{Baseline, Method, Prepared};

use super::explanation::{self, Explainer, Explanation};
use super::notes::Note;
use crate::answer::AROUND;
use crate::embed::Model;
use crate::request::fields::{list, text};
use crate::request::{Source, flag, request};
use crate::work::{Stopped, run};
use crate::{ApiError, App};

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
    let mut methods = Vec::new();
    for (i, name) in list(value, &path)?.into_iter().enumerate() {
        let field = format!("{path}[{i}]");
        let method = method(&text(name, &field)?)
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
    /// Most bytes that they take in the reply.
    pub(super) fn bytes(&self) -> usize {
        let methods = self.methods.as_ref().map_or(0, BTreeMap::len);
        let explained = self.explain.as_ref().map_or(0, Explanation::bytes);
        let notes = self.notes.iter().flatten().map(Note::bytes);
        AROUND * methods + explained + notes.sum::<usize>()
    }
}

/// The details of pairs, whose work is admitted.
#[derive(Default)]
pub(super) struct Admitted {
    pairs: Vec<Texts>,
    methods: Option<(Vec<Method>, Errand)>,
    explanations: Option<Errand>,
    /// Of notes, which are taken from the vectors of the whole request.
    pub(super) notes: Option<Errand>,
}

impl Admitted {
    /// What is wanted of these pairs.
    ///
    /// # Errors
    /// When it takes too long, or would wait too long.
    pub(super) fn of(app: &App, wanted: &Wanted, pairs: Vec<Texts>) -> Result<Self, ApiError> {
        let methods = &wanted.methods;
        let literal = || app.service().errand(time_of(methods, &pairs));
        let explaining = || {
            let count = pairs.iter().flatten().count();
            app.service().errand(explanation::time_of(count))
        };
        let literal = (!methods.is_empty()).then(literal).transpose()?;
        Ok(Self {
            methods: literal.map(|errand| (methods.clone(), errand)),
            explanations: wanted.explain.then(explaining).transpose()?,
            notes: wanted.notes.then(explaining).transpose()?,
            pairs,
        })
    }

    /// The details of each pair, in order; without notes.
    pub(super) async fn find(self, app: &App, model: &Model) -> Result<Vec<Details>, ApiError> {
        let mut details: Vec<Details> = self.pairs.iter().map(|_| Details::default()).collect();
        if let Some((methods, mut errand)) = self.methods {
            let pairs = self.pairs.clone();
            let scores = run(&mut errand, move |turns| {
                literal_scores(&methods, &pairs, turns)
            });
            for (details, scores) in details.iter_mut().zip(scores.await?) {
                details.methods = scores;
            }
        }
        if let Some(errand) = self.explanations {
            let mut explainer = Explainer { app, model, errand };
            for (details, pair) in details.iter_mut().zip(&self.pairs) {
                if let Some((a, b)) = pair {
                    details.explain = Some(explainer.explain(a, b).await?);
                }
            }
        }
        Ok(details)
    }
}

/// How long the methods take for all pairs, by an estimate from above.
fn time_of(methods: &[Method], pairs: &[Texts]) -> Duration {
    let mut first: Option<(&Arc<str>, usize)> = None;
    let mut all = Duration::ZERO;
    for (a, b) in pairs.iter().flatten() {
        // One text may be compared with thousands.
        let of_a = match first {
            Some((text, characters)) if Arc::ptr_eq(text, a) => characters,
            _ => normal_characters(a),
        };
        first = Some((a, of_a));
        let of_b = normal_characters(b);
        let times = methods.iter().map(|method| method.time(of_a, of_b));
        all += times.sum::<Duration>();
    }
    all
}

/// The scores of each method, by its name.
type Scores = BTreeMap<&'static str, f64>;

/// The scores of all methods, for each pair. Nothing is known of texts but themselves, so every term counts the same.
fn literal_scores(
    methods: &[Method],
    pairs: &[Texts],
    turns: &mut Turns,
) -> Result<Vec<Option<Scores>>, Stopped> {
    let mut scores: Vec<Option<Scores>> = pairs
        .iter()
        .map(|pair| pair.as_ref().map(|_| Scores::new()))
        .collect();
    for baseline in methods.iter().filter_map(|&m| Baseline::of_pair(m)) {
        // Only of the last pair: what is prepared is many times as large as the text.
        let mut first: Option<(&Arc<str>, Prepared)> = None;
        for (scores, pair) in scores.iter_mut().zip(pairs) {
            let (Some(scores), Some((a, b))) = (scores, pair) else {
                continue;
            };
            turns.checkpoint()?;
            let known = first.take().filter(|(text, _)| Arc::ptr_eq(text, a));
            let (_, prepared) = first.insert(known.unwrap_or_else(|| (a, baseline.prepare(a))));
            let score = baseline.compare(prepared, &baseline.prepare(b));
            scores.insert(baseline.method().name(), score);
        }
    }
    Ok(scores)
}
