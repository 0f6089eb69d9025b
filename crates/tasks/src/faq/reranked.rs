//! Whether a FAQ answers a question, and with which entry, where a reranker has read the question with the first candidates.
//!
//! A similarity says how near two texts are, a reranker which of several near ones is meant; its scores have no scale that models share. So each decides what it is good at:
//!
//! | what | is decided by |
//! |---|---|
//! | which entry may answer | the reranker: the one that it puts first; but a question that is a wording word for word is that entry's |
//! | whether that is near enough | its similarity and the threshold, as without a reranker |
//! | whether the nearest entry is an example of what is not answered | similarity, as without; also the one that the reranker puts first |
//! | what contradicts the question | the words; where the nearest entry or the first one does, only a wording that differs in nothing answers |
//! | what an entry's `not_words` exclude | the words; where they exclude the one that the reranker chose, no other is lifted into its place, as without |
//! | whether another entry is about as good | both: it is where the two scales put less than the margin between them |
//!
//! The reranker so turns a wrong entry into the right one and an ambiguous question into a clear one, and answers nothing that a similarity alone holds to be too far.

use super::decision::Judge;
use super::{Candidate, Decision, Limits, Prospect};

/// A question with the candidates that a reranker has read it with.
#[derive(Clone, Copy, Debug)]
pub struct Reranked<'a> {
    /// As it was asked.
    pub question: &'a str,
    /// The first of those that similarity found; no others take part.
    pub candidates: &'a [Candidate<'a>],
    /// Of each how likely it answers, in [0, 1]: the sigmoid of the reranker's logit, whatever its own activation is.
    pub chances: &'a [f64],
}

impl Reranked<'_> {
    /// Decides. `now` is on the clock of the entries' rules.
    pub fn decide(&self, limits: Limits, now: i64) -> Decision {
        self.judge(now).decide(limits)
    }

    /// What becomes of the question whatever the limits are; as [`Reranked::decide`] says.
    pub fn prospect(&self, now: i64) -> Prospect {
        Prospect::judged(&self.judge(now))
    }

    fn judge(&self, now: i64) -> Judge<'_> {
        Judge::new(self.question, self.candidates, now).reranked(self.chances)
    }
}

#[cfg(test)]
mod tests;
