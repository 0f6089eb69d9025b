//! A collection as an engine has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::collection::{Collection, Field, Reindex, Role, Space, WordRules};
use crate::error::{Error, Result};
use crate::words::Lexicon;

/// A collection as an engine has it.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) number: i64,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) unanswered: bool,
    pub(crate) fields: Vec<Field>,
    pub(crate) words: Arc<Lexicon>,
    /// The number of the space that answers; it is among `spaces`.
    pub(crate) space: i64,
    /// All spaces; one that does not answer is being filled.
    pub(crate) spaces: BTreeMap<i64, Space>,
    pub(crate) count: u64,
    pub(crate) generation: u64,
    pub(crate) next_key: i64,
}

impl Stored {
    /// The space that answers.
    pub(crate) fn current(&self) -> &Space {
        &self.spaces[&self.space]
    }

    /// The space that is being filled.
    pub(crate) fn pending(&self) -> Option<(i64, &Space)> {
        let mut others = self
            .spaces
            .iter()
            .filter(|(number, _)| **number != self.space);
        others.next().map(|(number, space)| (*number, space))
    }

    /// The same; that there is none is an error.
    pub(crate) fn under_way(&self) -> Result<(i64, Space)> {
        let none = || Error::NotReindexing {
            name: self.name.clone(),
        };
        let (number, space) = self.pending().ok_or_else(none)?;
        Ok((number, space.clone()))
    }

    /// The number of the space that is being filled, which is this one.
    ///
    /// # Errors
    /// [`NotReindexing`](Error::NotReindexing) where it is another or none.
    pub(crate) fn on_the_way_to(&self, to: &Space) -> Result<i64> {
        let (number, space) = self.under_way()?;
        match space.is_same(to) {
            true => Ok(number),
            false => Err(Error::NotReindexing {
                name: self.name.clone(),
            }),
        }
    }

    /// The number of the space that a move to `to` fills; `None`: it has begun already.
    pub(crate) fn begin_move(&self, to: &Space) -> Result<Option<i64>> {
        if self.current().is_same(to) {
            let reason = format!("The collection has vectors of {to} already.");
            return Err(Error::invalid("model", reason));
        }
        match self.pending() {
            None => Ok(Some(
                self.spaces.keys().last().copied().unwrap_or_default() + 1,
            )),
            Some((_, space)) if space.is_same(to) => Ok(None),
            Some((_, space)) => Err(Error::Reindexing {
                name: self.name.clone(),
                to: space.to_string(),
            }),
        }
    }

    /// The same; that it does not keep what it is asked is an error.
    pub(crate) fn keeping_questions(self) -> Result<Self> {
        match self.unanswered {
            true => Ok(self),
            false => Err(Error::KeepsNoQuestions { name: self.name }),
        }
    }

    /// Whether it is the one of that number, and not another that has its name since.
    pub(crate) fn check_number(&self, number: i64) -> Result<()> {
        let not_found = || Error::CollectionNotFound {
            name: self.name.clone(),
        };
        (self.number == number).then_some(()).ok_or_else(not_found)
    }

    /// Whether vectors of a model may stand here.
    pub(crate) fn check_fingerprint(&self, fingerprint: &str) -> Result<()> {
        let space = self.current();
        match space.fingerprint == fingerprint {
            true => Ok(()),
            false => Err(Error::ModelMismatch {
                name: self.name.clone(),
                has: space.to_string(),
                given: match fingerprint {
                    "" => "no model".to_owned(),
                    other => other.to_owned(),
                },
            }),
        }
    }

    /// As callers see it; `done`: items that have vectors in the space that is being filled.
    pub(crate) fn describe(&self, done: u64) -> Collection {
        let reindex = |(_, space): (i64, &Space)| Reindex {
            space: space.clone(),
            done,
        };
        Collection {
            name: self.name.clone(),
            number: self.number,
            space: self.current().clone(),
            role: self.role,
            fields: self.fields.clone(),
            unanswered: self.unanswered,
            words: WordRules::clone(&self.words.rules),
            count: self.count,
            generation: self.generation,
            reindex: self.pending().map(reindex),
            damaged: None,
        }
    }
}
