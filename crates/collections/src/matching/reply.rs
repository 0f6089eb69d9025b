//! What is said of a question to a FAQ, as server and command line show it.

use serde::Serialize;
use serde_json::{Map, Value};
use yuyi_language::{Differences, NegationDifference};
use yuyi_store::{Asked, NearestEntry};
use yuyi_tasks::faq::{Candidate, Decision, LeavingOut, Near, Reason};

use super::NearItem;
use crate::RerankScore;

/// What is said of a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(description = "What is said of a message."))]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one for a message, and it is written out at once"
)]
pub enum MatchReply {
    /// Of one question.
    One(Outcome),
    /// Of each question of a message that was split.
    Parts(MatchParts),
}

/// The questions of a message that was split.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "schema",
    schema(description = "What is said of each question of a message that was split.")
)]
pub struct MatchParts {
    /// What is said of each, in their order.
    pub parts: Vec<Outcome>,
    /// What asks nothing.
    pub left_out: Vec<LeftOut>,
}

/// A part of a message that was not asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "schema",
    schema(description = "A part of a message that asks nothing.")
)]
pub struct LeftOut {
    /// As it stands in the message.
    pub text: String,
    /// `courtesy`: it greets or thanks; `elliptic`: what it asks is said in the question before it alone; `wordless`: it has no words.
    pub reason: &'static str,
}

impl LeftOut {
    pub(super) fn of(text: String, why: LeavingOut) -> Self {
        let reason = match why {
            LeavingOut::Courtesy => "courtesy",
            LeavingOut::Elliptic => ELLIPTIC,
            LeavingOut::Wordless => "wordless",
        };
        Self { text, reason }
    }
}

/// What is said of a question.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(as = MatchOutcome, description = "What is said of a question."))]
pub enum Outcome {
    /// An entry answers it.
    Match(Match),
    /// Nothing answers it.
    NoMatch(NoMatch),
}

/// The entry that answers a question.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "schema",
    schema(as = MatchedEntry, description = "The entry that answers the question.")
)]
pub struct Match {
    /// True.
    pub matched: bool,
    /// The question as it stands in the message, where that was split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The entry's id.
    #[cfg_attr(feature = "schema", schema(example = "invoice-1"))]
    pub id: String,
    /// Its standard question.
    pub question: String,
    /// The wording that matched, which may be the standard question.
    pub wording: String,
    /// Its answer; null: it has none.
    pub answer: Option<String>,
    /// How alike the question and the wording are.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub similarity: f64,
    /// How well the entry answers the question, by a reranker, if one decided which entry it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerank_score: Option<f64>,
    /// How much farther the second entry is of those that do not contradict the question; all of the similarity where there is none. Where a reranker decided, on
    /// the scale that tells the two apart better: similarity, or the sigmoid of its logits.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub margin: f64,
    /// What kind of entry it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Ids of entries to show beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schema(required = false))]
    pub related: Vec<String>,
    /// What was given with it.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[cfg_attr(feature = "schema", schema(value_type = Object, required = false))]
    pub payload: Map<String, Value>,
    /// The nearest three entries, whatever they say; the entry is one of them unless three that contradict the question are nearer.
    pub candidates: Vec<MatchCandidate>,
    /// Whether the question is longer than the model reads, and was cut.
    pub truncated: bool,
}

/// Why nothing answers a question.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "schema",
    schema(description = "Nothing answers the question.")
)]
pub struct NoMatch {
    /// False.
    pub matched: bool,
    /// The question as it stands in the message, where that was split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[expect(missing_docs, reason = "described by its type")]
    pub reason: NoMatchReason,
    /// In what the question and the nearest entry contradict each other, or which `not_words` of the entry the question holds, where that is the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schema(required = false))]
    pub contradictions: Vec<Contradiction>,
    /// The nearest three entries; of an ambiguous question all that are within the margin.
    pub candidates: Vec<MatchCandidate>,
    /// Whether the question is longer than the model reads, and was cut.
    pub truncated: bool,
}

/// Why nothing answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(description = "Why nothing answers."))]
pub enum NoMatchReason {
    /// The nearest entry is not near enough.
    BelowThreshold,
    /// Several entries are about as near.
    Ambiguous,
    /// The nearest entry is an example of what is not answered.
    Rejected,
    /// The nearest entry contradicts the question, in a number, a negation, a code, or who does it to whom; or the question holds one of its `not_words`.
    Guarded,
    /// No entry may answer.
    Empty,
}

/// The reason of a [`LeftOut`] that asks by what is said before it alone.
pub const ELLIPTIC: &str = "elliptic";

/// The kind of a [`Contradiction`] that is one of the `not_words` of the entry.
pub const NOT_WORD: &str = "not_word";

/// In what a question and a wording contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "schema",
    schema(description = "In what a question and a wording contradict each other.")
)]
pub struct Contradiction {
    /// `number`, `time`, `negation`, `code`, `opposite`, `order` or `not_word`.
    #[cfg_attr(feature = "schema", schema(example = "number"))]
    pub kind: &'static str,
    /// The words of the question that it is about.
    #[cfg_attr(feature = "schema", schema(example = json!(["15天"])))]
    pub question: Vec<String>,
    /// Those of the wording.
    #[cfg_attr(feature = "schema", schema(example = json!(["14天"])))]
    pub wording: Vec<String>,
}

/// An entry near to a question.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "schema",
    schema(description = "An entry near to the question.")
)]
pub struct MatchCandidate {
    #[expect(missing_docs, reason = "described by its type")]
    pub id: String,
    /// Its standard question.
    pub question: String,
    /// The nearest of its wordings.
    pub wording: String,
    /// Its answer; null: it has none.
    pub answer: Option<String>,
    /// The similarity, which entries are ordered by unless a reranker ordered them.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub score: f64,
    /// How alike the question and that wording are.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub similarity: f64,
    /// How well the entry answers the question, by a reranker. Candidates that have it are ordered by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerank_score: Option<f64>,
    /// Their cosine.
    #[cfg_attr(feature = "schema", schema(minimum = -1, maximum = 1))]
    pub cosine: f64,
    /// It is an example of what is not answered.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "schema", schema(required = false))]
    pub reject: bool,
}

impl Contradiction {
    /// That of a question which holds these `not_words` of the entry.
    pub fn not_words(words: &[String]) -> Self {
        Self {
            kind: NOT_WORD,
            question: words.to_vec(),
            wording: Vec::new(),
        }
    }
}

impl MatchReply {
    /// What is said of each question.
    pub fn outcomes(&self) -> &[Outcome] {
        match self {
            Self::One(outcome) => std::slice::from_ref(outcome),
            Self::Parts(all) => &all.parts,
        }
    }
}

/// What an outcome is told with.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) near: &'a [NearItem],
    /// The same as candidates.
    pub(super) entries: &'a [Candidate<'a>],
    /// Of each what a reranker says; empty: none was asked.
    pub(super) scores: &'a [RerankScore],
}

impl Shown<'_> {
    /// What is said of a decision.
    pub(super) fn outcome(&self, decision: &Decision) -> Outcome {
        let candidates =
            |nearest: &[Near]| nearest.iter().map(|near| self.candidate(near)).collect();
        match decision {
            Decision::Matched {
                best,
                margin,
                nearest,
                ..
            } => {
                let item = &self.near[best.candidate].item;
                Outcome::Match(Match {
                    matched: true,
                    text: None,
                    id: item.id.clone(),
                    question: item.text.clone(),
                    wording: self.wording(best),
                    answer: item.answer.clone(),
                    similarity: best.similarity,
                    rerank_score: self.rerank_score(best),
                    margin: *margin,
                    category: item.category.clone(),
                    related: item.related.clone(),
                    payload: item.payload.clone(),
                    candidates: candidates(nearest),
                    truncated: false,
                })
            }
            Decision::Unmatched { reason, nearest } => Outcome::NoMatch(NoMatch {
                matched: false,
                text: None,
                reason: reason.into(),
                contradictions: match reason {
                    Reason::Guarded(differences) => contradictions(differences),
                    Reason::Excluded { words, .. } => vec![Contradiction::not_words(words)],
                    _ => Vec::new(),
                },
                candidates: candidates(nearest),
                truncated: false,
            }),
        }
    }

    fn wording(&self, place: &Near) -> String {
        self.entries[place.candidate].wordings[place.wording]
            .0
            .to_owned()
    }

    fn rerank_score(&self, place: &Near) -> Option<f64> {
        self.scores.get(place.candidate).map(|said| said.score)
    }

    fn candidate(&self, place: &Near) -> MatchCandidate {
        let NearItem { item, cosines } = &self.near[place.candidate];
        MatchCandidate {
            id: item.id.clone(),
            question: item.text.clone(),
            wording: self.wording(place),
            answer: item.answer.clone(),
            score: place.similarity,
            similarity: place.similarity,
            rerank_score: self.rerank_score(place),
            cosine: cosines[place.wording],
            reject: item.reject == Some(true),
        }
    }
}

impl Outcome {
    /// The same, of a question that was embedded for it.
    pub(super) fn of_question(mut self, part: Option<String>, is_truncated: bool) -> Self {
        let (text, truncated) = match &mut self {
            Self::Match(found) => (&mut found.text, &mut found.truncated),
            Self::NoMatch(none) => (&mut none.text, &mut none.truncated),
        };
        (*text, *truncated) = (part, is_truncated);
        self
    }

    /// What became of a question of this vector.
    pub(super) fn asked(&self, vector: Vec<f32>) -> Asked {
        let none = match self {
            Self::Match(found) => return answered(&found.id, found.similarity),
            Self::NoMatch(none) => none,
        };
        let turned_away = none.candidates.iter().find(|near| near.reject);
        match (none.reason, turned_away) {
            (NoMatchReason::Rejected, Some(near)) => answered(&near.id, near.similarity),
            (reason, _) => Asked::Open {
                reason: reason.name().to_owned(),
                nearest: none.candidates.first().map(|near| NearestEntry {
                    item: near.id.clone(),
                    similarity: near.similarity,
                }),
                vector: Some(vector),
            },
        }
    }

    /// The entry that answers, or `None`.
    pub fn matched(&self) -> Option<&Match> {
        match self {
            Self::Match(found) => Some(found),
            Self::NoMatch(_) => None,
        }
    }

    /// The question as it stands in the message, where that was split.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Match(found) => found.text.as_deref(),
            Self::NoMatch(none) => none.text.as_deref(),
        }
    }

    /// Whether the question is longer than the model reads.
    pub fn is_truncated(&self) -> bool {
        match self {
            Self::Match(found) => found.truncated,
            Self::NoMatch(none) => none.truncated,
        }
    }

    /// The nearest entries.
    pub fn candidates(&self) -> &[MatchCandidate] {
        match self {
            Self::Match(found) => &found.candidates,
            Self::NoMatch(none) => &none.candidates,
        }
    }
}

fn answered(item: &str, similarity: f64) -> Asked {
    Asked::Answered {
        item: item.to_owned(),
        similarity,
    }
}

impl NoMatchReason {
    /// As it is told.
    pub fn name(self) -> &'static str {
        match self {
            Self::BelowThreshold => "below_threshold",
            Self::Ambiguous => "ambiguous",
            Self::Rejected => "rejected",
            Self::Guarded => "guarded",
            Self::Empty => "empty",
        }
    }
}

impl From<&Reason> for NoMatchReason {
    fn from(reason: &Reason) -> Self {
        match reason {
            Reason::BelowThreshold => Self::BelowThreshold,
            Reason::Ambiguous => Self::Ambiguous,
            Reason::Rejected => Self::Rejected,
            Reason::Guarded(_) | Reason::Excluded { .. } => Self::Guarded,
            Reason::Empty => Self::Empty,
        }
    }
}

/// In what two texts contradict each other, the question's words first.
pub fn contradictions(differences: &Differences) -> Vec<Contradiction> {
    let told = |kind, question, wording| Contradiction {
        kind,
        question,
        wording,
    };
    // What one side alone says contradicts nothing.
    let both = |of: &Contradiction| !of.question.is_empty() && !of.wording.is_empty();
    let Differences {
        numbers,
        times,
        negation,
        codes,
        opposites,
        roles,
    } = differences.clone();
    let numbers = numbers.map(|numbers| told("number", numbers.only_a, numbers.only_b));
    let times = times.map(|times| told("time", times.only_a, times.only_b));
    let negation = negation.map(|negation| match negation {
        NegationDifference::OnlyA(words) => told("negation", words, Vec::new()),
        NegationDifference::OnlyB(words) => told("negation", Vec::new(), words),
        NegationDifference::Swapped { a, b } => told("negation", vec![a], vec![b]),
    });
    let codes = codes.map(|codes| told("code", codes.only_a, codes.only_b));
    let opposites = opposites.map(|words| told("opposite", vec![words.a], vec![words.b]));
    let roles = roles.map(|roles| told("order", vec![roles.a], vec![roles.b]));
    let all = [
        numbers.filter(both),
        times,
        negation,
        codes.filter(both),
        opposites,
        roles,
    ];
    all.into_iter().flatten().collect()
}
