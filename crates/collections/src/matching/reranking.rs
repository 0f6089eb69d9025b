//! A second look at the first entries, by a model that reads the question and each of them together.
//!
//! 1. [`Matcher::shortlists`] finds the entries of each question.
//! 2. Whoever called has the reranker read [`Shortlists::pairs`].
//! 3. [`Matcher::answer_reranked`] says what becomes of the message.

use yuyi_store::Result;
use yuyi_tasks::faq::{Candidate, Prospect, Reranked};

use super::reply::Shown;
use super::{
    Entries, LOOK_FURTHER, LeftOut, MatchParts, MatchQuestions, MatchReply, Matcher, NearItem,
    Outcome, rules,
};
use crate::RerankScore;

/// Entries that a reranker reads a question with, where no fewer are wanted.
pub const MOST_RERANKED: usize = 32;

/// A question with the entries that a reranker reads it with.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortlist {
    question: String,
    /// It is longer than the model of the vectors reads.
    truncated: bool,
    /// The nearest entries that take part, the nearest first.
    near: Vec<NearItem>,
}

impl Shortlist {
    /// What is asked.
    pub fn question(&self) -> &str {
        &self.question
    }

    /// What it is read with: of each entry the wording that is nearest to it.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.near.iter().map(|NearItem { item, cosines }| {
            let nearest = cosines.iter().enumerate();
            let nearest = nearest.max_by(|(i, a), (j, b)| a.total_cmp(b).then(j.cmp(i)));
            let nearest = nearest.and_then(|(place, _)| item.texts().nth(place));
            nearest.unwrap_or(&item.text)
        })
    }
}

/// The questions of a message, each with its entries.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortlists {
    lists: Vec<Shortlist>,
    left_out: Vec<LeftOut>,
    is_split: bool,
}

impl Shortlists {
    /// What a reranker reads: each question with each of its texts, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let lists = self.lists.iter();
        lists.flat_map(|list| list.texts().map(move |text| (list.question(), text)))
    }
}

impl Matcher<'_> {
    /// The entries that a reranker reads each question of a message with, `most` of each at most.
    ///
    /// # Errors
    /// Of the entries.
    pub fn shortlists(
        &self,
        entries: &dyn Entries,
        asked: MatchQuestions,
        most: usize,
    ) -> Result<Shortlists> {
        let mut lists = Vec::with_capacity(asked.questions.len());
        for question in asked.questions {
            let list = self.shortlist(entries, (&question.text, &question.vector), most)?;
            lists.push(Shortlist {
                truncated: question.truncated,
                ..list
            });
        }
        Ok(Shortlists {
            lists,
            left_out: asked.left_out,
            is_split: asked.is_split,
        })
    }

    /// The same of one question and its vector. Whoever has many vectors, and tries several limits, calls this.
    ///
    /// # Errors
    /// Of the entries.
    pub fn shortlist(
        &self,
        entries: &dyn Entries,
        (question, vector): (&str, &[f32]),
        most: usize,
    ) -> Result<Shortlist> {
        let mut limit = most.max(1);
        loop {
            let found = entries.nearest(vector, limit)?;
            let are_all = found.len() < limit;
            // Those whose `not_words` exclude the question, too: what they would have answered is not answered by another.
            let takes_part = |near: &NearItem| rules(&near.item).takes_part(self.now.micros());
            let near: Vec<NearItem> = found.into_iter().filter(takes_part).take(most).collect();
            if are_all || near.len() == most {
                return Ok(Shortlist {
                    question: question.to_owned(),
                    truncated: false,
                    near,
                });
            }
            limit = limit.saturating_mul(LOOK_FURTHER);
        }
    }

    /// What is said of a message, with the scores of [`Shortlists::pairs`]; a pair without one is the last of its question.
    pub fn answer_reranked(&self, asked: Shortlists, scores: &[RerankScore]) -> MatchReply {
        let mut outcomes = Vec::with_capacity(asked.lists.len());
        let mut scores = scores;
        for list in asked.lists {
            let (own, others) = scores.split_at(list.near.len().min(scores.len()));
            scores = others;
            let outcome = self.outcome_reranked(&list, own);
            let part = asked.is_split.then_some(list.question);
            outcomes.push(outcome.of_question(part, list.truncated));
        }
        put_together(outcomes, asked.left_out, asked.is_split)
    }

    /// What becomes of one question.
    pub fn outcome_reranked(&self, list: &Shortlist, scores: &[RerankScore]) -> Outcome {
        let (candidates, chances) = self.read(list, scores);
        let reranked = Reranked {
            question: &list.question,
            candidates: &candidates,
            chances: &chances,
        };
        let decision = reranked.decide(self.limits, self.now.micros());
        let shown = Shown {
            near: &list.near,
            entries: &candidates,
            scores,
        };
        shown.outcome(&decision)
    }

    /// What becomes of one question whatever the limits are, with the ids of the entries that it names by their places.
    pub fn prospect_reranked(
        &self,
        list: &Shortlist,
        scores: &[RerankScore],
    ) -> (Prospect, Vec<String>) {
        let (candidates, chances) = self.read(list, scores);
        let reranked = Reranked {
            question: &list.question,
            candidates: &candidates,
            chances: &chances,
        };
        let ids = list.near.iter().map(|near| near.item.id.clone()).collect();
        (reranked.prospect(self.now.micros()), ids)
    }

    fn read<'l>(
        &self,
        list: &'l Shortlist,
        scores: &[RerankScore],
    ) -> (Vec<Candidate<'l>>, Vec<f64>) {
        let candidates = list.near.iter().map(|item| self.candidate(item)).collect();
        (candidates, scores.iter().map(RerankScore::chance).collect())
    }
}

/// What is said of a message, of what is said of its questions.
pub(super) fn put_together(
    mut outcomes: Vec<Outcome>,
    left_out: Vec<LeftOut>,
    is_split: bool,
) -> MatchReply {
    match outcomes.pop() {
        Some(outcome) if !is_split => MatchReply::One(outcome),
        last => MatchReply::Parts(MatchParts {
            parts: outcomes.into_iter().chain(last).collect(),
            left_out,
        }),
    }
}
