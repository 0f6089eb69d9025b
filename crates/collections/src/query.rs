//! Questions to a collection: what of them is embedded, and how they are asked.

use yuyi::{EmbedOptions, Encoded, Prompt};
use yuyi_store::{Caller, Collection, Error, Filter, Fusion, Hit, Query, Result, Search, Store};

use crate::defaults::fusion;
use crate::space::mismatch;

/// By what is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By vectors and by words. A score is a weighted mean of what both say ([`Fusion`]).
    Hybrid,
    /// By vectors. A score is the cosine, cut at 0.
    Dense,
    /// By words. A score is BM25, in parts of the most that a text could have.
    Lexical,
}

/// A question as it was asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// By what is searched; `None` and [`Mode::Hybrid`]: by vectors and words, or by what there is.
    pub mode: Option<Mode>,
    /// What is asked.
    pub text: Option<String>,
    /// Its vector, where the collection has no model.
    pub vector: Option<Vec<f32>>,
}

/// What of a question is to be embedded.
///
/// 1. [`QueryPlan::new`] checks that the collection can be asked so.
/// 2. [`QueryPlan::texts`], one or none, are embedded with [`QueryPlan::options`].
/// 3. [`QueryPlan::finish`] makes a [`Question`] of it, and [`search`] asks it.
#[derive(Clone, Debug)]
pub struct QueryPlan {
    asked: Asked,
    mode: Mode,
    embeds: bool,
    prompt: String,
    fusion: Fusion,
}

impl QueryPlan {
    /// The plan for a question to a collection. The text is embedded in every mode where there is a model, since what is found by words has a similarity too.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) at `text` or `vector`: what the mode needs and is not there, or a vector for a collection of a model, whose vector it may not be.
    pub fn new(collection: &Collection, asked: Asked) -> Result<Self> {
        let embeds = collection.space.model.is_some();
        if embeds && asked.vector.is_some() {
            let reason =
                "The collection has vectors of its model, which are computed here. Ask by text.";
            return Err(Error::invalid("vector", reason));
        }
        let has_vector = embeds || asked.vector.is_some();
        // Who names the default mode asks for no other.
        let named = asked.mode.filter(|mode| *mode != Mode::Hybrid);
        let mode = named.unwrap_or(match (&asked.text, has_vector) {
            (None, true) if !embeds => Mode::Dense,
            (Some(_), false) => Mode::Lexical,
            _ => Mode::Hybrid,
        });
        if asked.text.is_none() && (embeds || mode != Mode::Dense) {
            return Err(Error::invalid(
                "text",
                "It is missing; the words of it are asked for.",
            ));
        }
        if !has_vector && mode != Mode::Lexical {
            let reason = "It is missing; the collection has no model that could compute it.";
            return Err(Error::invalid("vector", reason));
        }
        Ok(Self {
            asked,
            mode,
            embeds,
            prompt: collection.space.query_prompt.clone(),
            fusion: fusion(&collection.space),
        })
    }

    /// What is to be embedded: the text, or nothing where the collection has no model.
    pub fn texts(&self) -> Vec<String> {
        let text = self.asked.text.iter().filter(|_| self.embeds);
        text.cloned().collect()
    }

    /// What it is embedded with: the collection's prompt of questions; what is too long for the model is cut.
    pub fn options(&self) -> EmbedOptions {
        EmbedOptions {
            prompt: Prompt::Text(self.prompt.clone()),
            ..EmbedOptions::default()
        }
    }

    /// The question, with the vector of [`QueryPlan::texts`] if that had one.
    ///
    /// # Errors
    /// [`Failed`](Error::Failed) where there is no vector of a text that was to be embedded.
    pub fn finish(self, embedded: Option<&Encoded>) -> Result<Question> {
        let vector = match (self.embeds, embedded) {
            (false, _) => self.asked.vector,
            (true, Some(encoded)) => Some(encoded.vector.clone()),
            (true, None) => {
                let reason = "the question has no vector".to_owned();
                return Err(Error::Failed { reason });
            }
        };
        Ok(Question {
            mode: self.mode,
            text: self.asked.text.unwrap_or_default(),
            vector,
            fusion: self.fusion,
        })
    }
}

/// A question that can be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    mode: Mode,
    text: String,
    vector: Option<Vec<f32>>,
    fusion: Fusion,
}

impl Question {
    /// By what is searched.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What a store is asked.
    pub fn query(&self) -> Query<'_> {
        let (text, vector) = (self.text.as_str(), self.vector.as_deref());
        match (self.mode, vector) {
            (Mode::Dense, Some(vector)) => Query::Dense { vector },
            (Mode::Hybrid, Some(vector)) => Query::Hybrid {
                vector,
                text,
                fusion: self.fusion,
            },
            // The plan saw that only questions by words are without one.
            (_, vector) => Query::Lexical { text, vector },
        }
    }
}

/// Asks a store. `collection` is what the plan of the question was made of.
///
/// # Errors
/// That of the store; [`ModelMismatch`](Error::ModelMismatch) where the collection has meanwhile moved to another model, whose vectors the question's must not be
/// compared with: make the plan anew.
pub fn search(
    store: &dyn Store,
    collection: &Collection,
    question: &Question,
    filter: Option<&Filter>,
    limit: usize,
) -> Result<Vec<Hit>> {
    search_for(
        store,
        collection,
        (question, filter, limit),
        Caller::PATIENT,
    )
}

/// As [`search`], for a caller that counts memory and may go away.
///
/// # Errors
/// Also [`NoRoom`](Error::NoRoom) and [`Unwanted`](Error::Unwanted).
pub fn search_for(
    store: &dyn Store,
    collection: &Collection,
    (question, filter, limit): (&Question, Option<&Filter>, usize),
    caller: Caller<'_>,
) -> Result<Vec<Hit>> {
    let query = question.query();
    let search = Search {
        query,
        filter,
        limit,
    };
    let found = store.search_for(&collection.name, &search, caller);
    // Whichever vectors were looked at: those that are there now are there since before, or it is told.
    let now = store.collection(&collection.name)?.space;
    match now == collection.space {
        true => found,
        false => Err(mismatch(collection, &now)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::collection;

    fn asked(mode: Option<Mode>, text: bool, vector: bool) -> Asked {
        Asked {
            mode,
            text: text.then(|| "t".to_owned()),
            vector: vector.then(|| vec![1.0]),
        }
    }

    #[test]
    fn without_a_mode_there_is_the_one_that_fits() {
        let given = collection(None);
        for (text, vector, mode) in [
            (true, true, Mode::Hybrid),
            (true, false, Mode::Lexical),
            (false, true, Mode::Dense),
        ] {
            for named in [None, Some(Mode::Hybrid)] {
                let plan = QueryPlan::new(&given, asked(named, text, vector)).unwrap();
                assert!(plan.texts().is_empty());
                assert_eq!(plan.finish(None).unwrap().mode(), mode);
            }
        }
        let plan = QueryPlan::new(&collection(Some("m")), asked(None, true, false)).unwrap();
        assert_eq!(
            (plan.mode, plan.texts()),
            (Mode::Hybrid, vec!["t".to_owned()])
        );
        assert!(plan.finish(None).is_err());
    }

    #[test]
    fn what_a_mode_needs_is_told_by_its_field() {
        let refused = |model: Option<&str>, asked| {
            let error = QueryPlan::new(&collection(model), asked).unwrap_err();
            let Error::Invalid { field, .. } = error else {
                panic!("{error}")
            };
            field
        };
        let (dense, lexical) = (Some(Mode::Dense), Some(Mode::Lexical));
        assert_eq!(refused(None, asked(dense, true, false)), "vector");
        assert_eq!(refused(None, asked(lexical, false, true)), "text");
        assert_eq!(refused(None, asked(None, false, false)), "text");
        assert_eq!(
            refused(None, asked(Some(Mode::Hybrid), false, false)),
            "text"
        );
        assert_eq!(refused(Some("m"), asked(None, true, true)), "vector");
        assert_eq!(refused(Some("m"), asked(dense, false, false)), "text");
    }

    #[test]
    fn words_are_asked_for_with_the_vector_that_there_is() {
        let ask = |vector| {
            let asked = asked(Some(Mode::Lexical), true, vector);
            let plan = QueryPlan::new(&collection(None), asked).unwrap();
            plan.finish(None).unwrap()
        };
        assert!(matches!(
            ask(true).query(),
            Query::Lexical {
                text: "t",
                vector: Some([1.0])
            }
        ));
        assert!(matches!(
            ask(false).query(),
            Query::Lexical { vector: None, .. }
        ));
    }
}
