//! What a FAQ was asked, as server and command line show it.

use serde::Serialize;
use yuyi_store::{Hits, NearestEntry, OpenQuestion};
use yuyi_tasks::faq::QuestionCluster;

use super::without_masks;

/// Questions without an answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(description = "Questions without an answer.")
)]
pub struct Unanswered {
    /// Those that one entry would answer together, the ones that were asked most first.
    pub clusters: Vec<UnansweredCluster>,
    /// Number of all clusters.
    pub total: usize,
}

/// Questions that one entry would answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(description = "Questions that one entry would answer.")
)]
pub struct UnansweredCluster {
    /// What the cluster is known by. It stays when more is asked.
    #[cfg_attr(feature = "schema", schema(example = "17"))]
    pub id: String,
    /// How often its questions were asked.
    pub size: u64,
    /// The question that says best what all ask.
    #[cfg_attr(feature = "schema", schema(example = "怎么充值"))]
    pub suggested: String,
    /// The questions, those that were asked most first.
    pub questions: Vec<UnansweredQuestion>,
}

/// A question without an answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(description = "A question without an answer.")
)]
pub struct UnansweredQuestion {
    /// What was asked, without numbers and addresses that tell who did.
    #[cfg_attr(feature = "schema", schema(example = "怎么充值"))]
    pub question: String,
    /// How often.
    pub count: u64,
    /// Why nothing answered it the last time: `below_threshold`, `ambiguous`, `guarded` or `empty`.
    #[cfg_attr(feature = "schema", schema(example = "below_threshold"))]
    pub reason: String,
    /// The entry that was nearest then; null: there was none.
    pub nearest: Option<NearestReply>,
    /// When it was asked first.
    pub first: String,
    /// When it was asked last.
    pub last: String,
}

/// The entry that was nearest to a question.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(as = NearestEntry, description = "The entry that was nearest to a question.")
)]
pub struct NearestReply {
    /// Its id; it may be gone.
    pub id: String,
    /// How alike the two were.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub similarity: f64,
}

impl From<NearestEntry> for NearestReply {
    fn from(nearest: NearestEntry) -> Self {
        Self {
            id: nearest.item,
            similarity: nearest.similarity,
        }
    }
}

impl Unanswered {
    pub(super) fn of(clusters: &[QuestionCluster], questions: Vec<OpenQuestion>) -> Self {
        let mut questions: Vec<Option<OpenQuestion>> = questions.into_iter().map(Some).collect();
        let shown = clusters.iter().map(|cluster| {
            let suggested = questions[cluster.suggested].as_ref();
            let suggested = suggested.map(|one| without_masks(&one.question));
            let members = cluster.members.iter();
            let mut members: Vec<OpenQuestion> = members
                .filter_map(|&place| questions[place].take())
                .collect();
            members.sort_by_key(|one| (std::cmp::Reverse(one.count), one.key));
            UnansweredCluster {
                id: cluster.id.to_string(),
                size: cluster.size,
                suggested: suggested.unwrap_or_default(),
                questions: members.into_iter().map(UnansweredQuestion::from).collect(),
            }
        });
        Self {
            clusters: shown.collect(),
            total: clusters.len(),
        }
    }

    /// The first clusters of them.
    pub fn cut(mut self, limit: usize) -> Self {
        self.clusters.truncate(limit);
        self
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        /// Of what stands around a question.
        const AROUND: usize = 256;
        let of = |one: &UnansweredQuestion| {
            AROUND + one.question.len() + one.nearest.as_ref().map_or(0, |near| near.id.len())
        };
        let clusters = self.clusters.iter();
        let bytes = clusters.map(|cluster| {
            let questions: usize = cluster.questions.iter().map(of).sum();
            AROUND + cluster.suggested.len() + questions
        });
        bytes.sum()
    }
}

impl From<OpenQuestion> for UnansweredQuestion {
    fn from(question: OpenQuestion) -> Self {
        Self {
            question: question.question,
            count: question.count,
            reason: question.reason,
            nearest: question.nearest.map(NearestReply::from),
            first: question.first.to_string(),
            last: question.last.to_string(),
        }
    }
}

/// What an entry answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(as = EntryHistory, description = "What an entry answered.")
)]
pub struct History {
    /// The entry's id.
    pub id: String,
    /// How often it answered.
    pub count: u64,
    /// The last questions, newest first; a hundred are kept.
    pub hits: Vec<AnsweredQuestion>,
}

/// A question that an entry answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(description = "A question that an entry answered.")
)]
pub struct AnsweredQuestion {
    /// What was asked, without numbers and addresses that tell who did.
    pub question: String,
    /// How alike it and the nearest wording of the entry were.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub score: f64,
    /// When.
    pub time: String,
}

impl History {
    /// That of the entry of an id.
    pub fn of(id: String, hits: Hits) -> Self {
        let newest = hits.newest.into_iter().map(|hit| AnsweredQuestion {
            question: hit.question,
            score: hit.similarity,
            time: hit.time.to_string(),
        });
        Self {
            id,
            count: hits.count,
            hits: newest.collect(),
        }
    }
}
