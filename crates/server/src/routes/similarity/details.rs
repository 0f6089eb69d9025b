//! What a client may ask beside the scores: literal methods and explanations.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;
use yuyi::{Explanation, Note};
use yuyi_serving::{Errand, ModelHandle, Turns, normal_characters};
use yuyi_tasks::lexical::{Baseline, Method, Prepared};

use super::explanation::{self, Explainer};
use super::notes;
use super::request::Texts;
use super::wanted::Wanted;
use crate::answer::AROUND;
use crate::work::{Stopped, run};
use crate::{ApiError, App};

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

impl Details {
    /// Most bytes that they take in the reply.
    pub(super) fn bytes(&self) -> usize {
        let methods = self.methods.as_ref().map_or(0, BTreeMap::len);
        let explained = self.explain.as_ref().map_or(0, explanation::bytes_of);
        let notes = self.notes.iter().flatten().map(notes::bytes_of);
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
    pub(super) async fn find(
        self,
        app: &App,
        model: &ModelHandle,
    ) -> Result<Vec<Details>, ApiError> {
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
