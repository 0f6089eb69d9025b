//! The entry of a FAQ that answers a question: what of a message is embedded, and what is said of it, whether its entries are kept in a store or read from a file.

mod entries;
mod reply;
mod reranking;

use std::borrow::Borrow;

use yuyi::{Calibration, EmbedOptions, Encoded, Prompt};
use yuyi_store::{AskedQuestion, Error, Item, Result, Space, Timestamp};
use yuyi_tasks::faq::{self, Candidate, EntryRules, Limits, Prospect};

pub use self::entries::{Entries, HeldEntries, NearItem, StoredEntries};
use self::reply::Shown;
pub use self::reply::{
    Contradiction, ELLIPTIC, LeftOut, Match, MatchCandidate, MatchParts, MatchReply, NOT_WORD,
    NoMatch, NoMatchReason, Outcome, contradictions,
};
use self::reranking::put_together;
pub use self::reranking::{MOST_RERANKED, Shortlist, Shortlists};
use crate::defaults;

/// Questions of a message that are answered at most.
pub const MOST_PARTS: usize = 32;

/// Entries that are looked at first; as many more times as many as it takes.
const LOOK: usize = 32;

/// Entries that are looked at first where all limits count: mostly enough for [`Prospect::is_settled`].
const LOOK_FOR_ALL: usize = 64;

/// And by which factor more.
const LOOK_FURTHER: usize = 4;

/// A message as it came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AskedMatch {
    /// What is asked.
    pub text: String,
    /// Its vector, where the collection has no model.
    pub vector: Option<Vec<f32>>,
    /// It may hold several questions, each of which is answered.
    pub split: bool,
}

/// What of a message is to be embedded.
///
/// 1. [`MatchPlan::new`] checks that the FAQ can be asked so, and finds the questions.
/// 2. [`MatchPlan::texts`] are embedded with [`MatchPlan::options`].
/// 3. [`MatchPlan::finish`] makes [`MatchQuestions`] of them, which a [`Matcher`] answers.
#[derive(Clone, Debug)]
pub struct MatchPlan {
    /// What is asked.
    questions: Vec<String>,
    left_out: Vec<LeftOut>,
    is_split: bool,
    given: Option<Vec<f32>>,
    prompt: String,
}

impl MatchPlan {
    /// The plan for a message to entries of this space.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) at `text` where it holds more than [`MOST_PARTS`] questions; at `vector` where it does not fit, or is missing.
    pub fn new(space: &Space, asked: AskedMatch) -> Result<Self> {
        check_vector(space, &asked)?;
        let (mut questions, mut left_out) = (vec![asked.text], Vec::new());
        if asked.split {
            let message = questions.remove(0);
            for part in faq::parts(&message) {
                let text = part.text.to_owned();
                match part.left_out {
                    Some(why) => left_out.push(LeftOut::of(text, why)),
                    None => questions.push(text),
                }
            }
        }
        if questions.len() > MOST_PARTS {
            let reason = format!(
                "It holds {} questions; a call answers {MOST_PARTS} at most. Send them in several.",
                questions.len()
            );
            return Err(Error::invalid("text", reason));
        }
        Ok(Self {
            questions,
            left_out,
            is_split: asked.split,
            given: asked.vector,
            prompt: space.query_prompt.clone(),
        })
    }

    /// What is to be embedded, in order; nothing where the vector was given.
    pub fn texts(&self) -> &[String] {
        match self.given {
            None => &self.questions,
            Some(_) => &[],
        }
    }

    /// What the texts are embedded with: the prompt of questions; what is too long for the model is cut.
    pub fn options(&self) -> EmbedOptions {
        EmbedOptions {
            prompt: Prompt::Text(self.prompt.clone()),
            ..EmbedOptions::default()
        }
    }

    /// The questions, with the vectors of [`MatchPlan::texts`].
    ///
    /// # Errors
    /// [`Failed`](Error::Failed) where there are not as many.
    pub fn finish<T: Borrow<Encoded>>(self, embedded: &[T]) -> Result<MatchQuestions> {
        if embedded.len() != self.texts().len() {
            let reason = "a question has no vector".to_owned();
            return Err(Error::Failed { reason });
        }
        let embedded = embedded.iter().map(|encoded| {
            let encoded: &Encoded = encoded.borrow();
            (encoded.vector.clone(), encoded.truncated)
        });
        let given = self.given.map(|vector| (vector, false));
        let questions = self.questions.into_iter().zip(embedded.chain(given));
        let questions = questions.map(|(text, (vector, truncated))| Question {
            text,
            vector,
            truncated,
        });
        Ok(MatchQuestions {
            questions: questions.collect(),
            left_out: self.left_out,
            is_split: self.is_split,
        })
    }
}

fn check_vector(space: &Space, asked: &AskedMatch) -> Result<()> {
    let reason = match (&space.model, &asked.vector) {
        (Some(_), Some(_)) => {
            "The collection has vectors of its model, which are computed here. Ask by text."
        }
        (None, None) => "It is missing; the collection has no model that could compute it.",
        (None, Some(_)) if asked.split => {
            "It is one vector, and a text that is split needs several. Send the questions one by one."
        }
        _ => return Ok(()),
    };
    Err(Error::invalid("vector", reason))
}

/// Questions with their vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchQuestions {
    questions: Vec<Question>,
    left_out: Vec<LeftOut>,
    is_split: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Question {
    text: String,
    vector: Vec<f32>,
    /// It is longer than the model reads.
    truncated: bool,
}

impl MatchQuestions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.questions.len()
    }

    /// Whether the message asks nothing.
    pub fn is_empty(&self) -> bool {
        self.questions.is_empty()
    }

    /// What is to be kept of the questions and of what was said of them; of a question that was turned away, that its `reject` entry did so.
    pub fn asked(self, reply: &MatchReply, time: Timestamp) -> Vec<AskedQuestion> {
        let outcomes = reply.outcomes().iter();
        let asked = self.questions.into_iter().zip(outcomes);
        let asked = asked.map(|(question, outcome)| AskedQuestion {
            question: question.text,
            time,
            asked: outcome.asked(question.vector),
        });
        asked.collect()
    }
}

/// By what is decided whether an entry answers.
#[derive(Clone, Debug)]
pub struct Matcher<'a> {
    /// That of the model of the vectors.
    pub calibration: &'a Calibration,
    /// In similarity.
    pub limits: Limits,
    /// When it is asked: entries may answer for a time only.
    pub now: Timestamp,
}

/// Limits, with the defaults in the place of those that nobody told. Whoever tells one means it as it stands: then no lead is needed.
///
/// # Errors
/// [`Invalid`](Error::Invalid) where one is no similarity.
pub fn match_limits(threshold: Option<f64>, margin: Option<f64>) -> Result<Limits> {
    for (name, value) in [("threshold", threshold), ("margin", margin)] {
        if value.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
            return Err(Error::invalid(name, "It is not between 0 and 1."));
        }
    }
    let default = defaults::faq();
    Ok(Limits {
        threshold: threshold.unwrap_or(default.threshold),
        margin: margin.unwrap_or(default.margin),
        lead: match (threshold, margin) {
            (None, None) => default.lead,
            _ => 0.0,
        },
    })
}

impl Matcher<'_> {
    /// Answers a message.
    ///
    /// # Errors
    /// Of the entries.
    pub fn answer(&self, entries: &dyn Entries, asked: MatchQuestions) -> Result<MatchReply> {
        let mut outcomes = Vec::with_capacity(asked.questions.len());
        for question in asked.questions {
            let outcome = self.outcome(entries, &question.text, &question.vector)?;
            let part = asked.is_split.then_some(question.text);
            outcomes.push(outcome.of_question(part, question.truncated));
        }
        Ok(put_together(outcomes, asked.left_out, asked.is_split))
    }

    /// What becomes of one question. Whoever has many vectors, and tries several limits, calls this.
    ///
    /// # Errors
    /// Of the entries.
    pub fn outcome(&self, entries: &dyn Entries, text: &str, vector: &[f32]) -> Result<Outcome> {
        let mut limit = LOOK;
        loop {
            let near = entries.nearest(vector, limit)?;
            let candidates: Vec<Candidate<'_>> =
                near.iter().map(|item| self.candidate(item)).collect();
            let decision = faq::decide(text, &candidates, self.limits, self.now.micros());
            let least = candidates.last().map_or(0.0, |last| {
                let similarities = last.wordings.iter().map(|(_, similarity)| *similarity);
                similarities.fold(0.0, f64::max)
            });
            if near.len() < limit || decision.is_settled(least, self.limits) {
                let shown = Shown {
                    near: &near,
                    entries: &candidates,
                    scores: &[],
                };
                return Ok(shown.outcome(&decision));
            }
            limit = limit.saturating_mul(LOOK_FURTHER);
        }
    }

    /// What becomes of one question whatever the limits are, with the ids of the entries that it names by their places.
    ///
    /// # Errors
    /// Of the entries.
    pub fn prospect(
        &self,
        entries: &dyn Entries,
        text: &str,
        vector: &[f32],
    ) -> Result<(Prospect, Vec<String>)> {
        let mut limit = LOOK_FOR_ALL;
        loop {
            let near = entries.nearest(vector, limit)?;
            let candidates: Vec<Candidate<'_>> =
                near.iter().map(|item| self.candidate(item)).collect();
            let prospect = Prospect::of(text, &candidates, self.now.micros());
            if near.len() < limit || prospect.is_settled() {
                let ids = near.into_iter().map(|near| near.item.id).collect();
                return Ok((prospect, ids));
            }
            limit = limit.saturating_mul(LOOK_FURTHER);
        }
    }

    fn candidate<'i>(&self, near: &'i NearItem) -> Candidate<'i> {
        let cosines = near.cosines.iter();
        let similarities = cosines.map(|&cosine| self.calibration.similarity(cosine));
        Candidate {
            wordings: near.item.texts().zip(similarities).collect(),
            rules: rules(&near.item),
        }
    }
}

/// When an item answers.
pub fn rules(item: &Item) -> EntryRules<'_> {
    EntryRules {
        not_words: &item.not_words,
        enabled: item.enabled != Some(false),
        valid_from: item.valid_from.map(Timestamp::micros),
        valid_until: item.valid_until.map(Timestamp::micros),
        threshold: item.threshold,
        reject: item.reject == Some(true),
    }
}

#[cfg(test)]
mod tests;
