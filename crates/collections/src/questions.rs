//! What a FAQ learns from: what is kept of a question that was asked, the clusters of those without an answer, and the entry that answers one.

mod entry;
mod reply;

use std::borrow::Borrow;
use std::time::Duration;

use yuyi::{Calibration, EmbedOptions, Encoded, Prompt};
use yuyi_language::{MASK, is_separator, masked};
use yuyi_store::{Asked, AskedQuestion, Collection, Error, OpenQuestion, Placed, Result};
use yuyi_tasks::faq::{self, QuestionCluster};

pub use self::entry::{EntryDraft, answering_entry, cluster_id};
pub use self::reply::{
    AnsweredQuestion, History, NearestReply, Unanswered, UnansweredCluster, UnansweredQuestion,
};
use crate::defaults;

/// Characters of a question that are looked at. Of what is left a thousand are kept.
const MOST_CHARACTERS: usize = 2_000;

/// What putting questions together is said to take at most: that of as many as are kept is done, however long they are.
const LONGEST: Duration = Duration::from_secs(60);

/// What stands between the groups of a number, and its digits as they are said.
const OF_NUMBERS: &str = "-－()（）+＋〇零一二三四五六七八九幺";

/// A question as it is kept: without numbers and addresses that tell who asked. Where that changed it, its vector is computed anew when it is needed, unless callers bring
/// the vectors.
pub fn masked_question(mut question: AskedQuestion, has_model: bool) -> AskedQuestion {
    let kept = masked(beginning(&question.question)).into_owned();
    if kept != question.question {
        if let (true, Asked::Open { vector, .. }) = (has_model, &mut question.asked) {
            *vector = None;
        }
        question.question = kept;
    }
    question
}

/// A question without what was masked.
fn without_masks(question: &str) -> String {
    question.replace(MASK, "").trim().to_owned()
}

/// Whether what is left of a masked question says what it asks. What does not has no vector, and joins nothing.
fn tells(left: &str) -> bool {
    /// 打不通 may be said of anything.
    const LEAST: usize = 4;
    left.chars().filter(|c| !is_separator(*c)).count() >= LEAST
}

/// As much of a question as is looked at. A word or a number that would be cut is left out: half of a number tells who asked, and is not known as one.
fn beginning(question: &str) -> &str {
    let Some((end, _)) = question.char_indices().nth(MOST_CHARACTERS) else {
        return question;
    };
    let is_of_word = |c: char| !c.is_whitespace() && !yuyi_language::is_han(c);
    let is_of_number = |c: char| c.is_numeric() || c.is_whitespace() || OF_NUMBERS.contains(c);
    let cut = question[..end].trim_end_matches(is_of_word);
    match cut.trim_end_matches(is_of_number) {
        "" => MASK,
        whole => whole,
    }
}

/// Questions without an answer on their way to clusters.
///
/// 1. [`ClusterPlan::new`] takes the questions of a collection.
/// 2. [`ClusterPlan::texts`] are embedded with [`ClusterPlan::options`]: those that have no vector.
/// 3. [`ClusterPlan::finish`] puts them together.
#[derive(Clone, Debug)]
pub struct ClusterPlan {
    questions: Vec<OpenQuestion>,
    /// Places of those that have no vector.
    bare: Vec<usize>,
    prompt: String,
}

impl ClusterPlan {
    /// The plan for what a collection was asked.
    pub fn new(collection: &Collection, questions: Vec<OpenQuestion>) -> Self {
        let has_model = collection.space.model.is_some();
        let bare = |place: &usize| {
            let question = &questions[*place];
            let is_told =
                !question.question.contains(MASK) || tells(&without_masks(&question.question));
            has_model && question.vector.is_none() && is_told
        };
        Self {
            bare: (0..questions.len()).filter(bare).collect(),
            prompt: collection.space.query_prompt.clone(),
            questions,
        }
    }

    /// What is to be embedded, in order: what was masked is left out, since questions are no more alike for having been masked.
    pub fn texts(&self) -> Vec<String> {
        let bare = self.bare.iter();
        bare.map(|&place| without_masks(&self.questions[place].question))
            .collect()
    }

    /// What the texts are embedded with: the prompt of questions; what is too long for the model is cut.
    pub fn options(&self) -> EmbedOptions {
        EmbedOptions {
            prompt: Prompt::Text(self.prompt.clone()),
            ..EmbedOptions::default()
        }
    }

    /// How long [`ClusterPlan::finish`] takes, by an estimate from above: each question that is new is held against all others, and word by word against some.
    pub fn time(&self) -> Duration {
        /// Of a question beside another.
        const COMPARING: u64 = 100;
        /// Of a byte of a question, beside those that are nearest to it.
        const LOOKING: u64 = 4_000;
        let all = self.questions.len() as u64;
        let new = self.questions.iter().filter(|one| one.cluster.is_none());
        let nanos = new.map(|one| COMPARING * all + LOOKING * one.question.len() as u64);
        Duration::from_nanos(nanos.sum()).min(LONGEST)
    }

    /// The clusters, with the vectors of [`ClusterPlan::texts`], as long as it `goes_on`.
    ///
    /// # Errors
    /// [`Failed`](Error::Failed) where there are not as many; [`Unwanted`](Error::Unwanted) where it does not go on.
    pub fn finish<T: Borrow<Encoded>>(
        mut self,
        embedded: &[T],
        calibration: &Calibration,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<Clusters> {
        if embedded.len() != self.bare.len() {
            let reason = "a question has no vector".to_owned();
            return Err(Error::Failed { reason });
        }
        for (&place, encoded) in self.bare.iter().zip(embedded) {
            let encoded: &Encoded = encoded.borrow();
            self.questions[place].vector = Some(encoded.vector.clone());
        }
        let threshold = defaults::faq().threshold;
        let open: Vec<faq::OpenQuestion<'_>> = self.questions.iter().map(as_open).collect();
        let clusters = faq::question_clusters(&open, calibration, threshold, || match goes_on() {
            true => Ok(()),
            false => Err(Error::Unwanted),
        })?;
        Ok(Clusters {
            placed: self.placed(&clusters),
            reply: Unanswered::of(&clusters, self.questions),
        })
    }

    /// What is new: clusters that questions have joined, and vectors that were computed.
    fn placed(&self, clusters: &[QuestionCluster]) -> Vec<Placed> {
        let mut placed = Vec::new();
        for cluster in clusters {
            for &place in &cluster.members {
                let question = &self.questions[place];
                let is_bare = self.bare.binary_search(&place).is_ok();
                if question.cluster.is_none() || is_bare {
                    placed.push(Placed {
                        key: question.key,
                        cluster: Some(cluster.id),
                        vector: question.vector.clone().filter(|_| is_bare),
                    });
                }
            }
        }
        placed
    }
}

fn as_open(question: &OpenQuestion) -> faq::OpenQuestion<'_> {
    faq::OpenQuestion {
        key: question.key,
        text: &question.question,
        vector: question.vector.as_deref(),
        count: question.count,
        cluster: question.cluster,
    }
}

/// Questions without an answer in clusters.
#[derive(Clone, Debug)]
pub struct Clusters {
    /// What is new, to be [written down](yuyi_store::Store::place_questions), so that clusters stay as they were told.
    pub placed: Vec<Placed>,
    /// What is told.
    pub reply: Unanswered,
}

#[cfg(test)]
mod tests;
