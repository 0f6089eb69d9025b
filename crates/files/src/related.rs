//! Entries that name one another by their questions, as people write 关联问题, in the place of their ids. Exports write ids, which come back as they are.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};
use yuyi_language::{bare, is_han};
use yuyi_store::Item;

use crate::{Fault, ItemRow, Refused};

/// Chinese characters from which on a name is a question and no id.
const OF_A_QUESTION: usize = 4;

/// The ids and the questions of the entries of files.
#[derive(Debug, Default)]
pub struct RelatedNames {
    ids: HashSet<String>,
    /// The entry of each question, without what only looks different; `None`: several have it.
    questions: HashMap<String, Option<String>>,
}

impl RelatedNames {
    /// Learns of an entry.
    pub fn see(&mut self, item: &Item) {
        self.ids.insert(item.id.clone());
        for text in item.texts() {
            let of = self.questions.entry(bare(text));
            let known = of.or_insert_with(|| Some(item.id.clone()));
            if known.as_ref() != Some(&item.id) {
                *known = None;
            }
        }
    }

    /// Learns of an entry that is elsewhere.
    pub fn know(&mut self, id: String) {
        self.ids.insert(id);
    }

    /// What an entry names that is of no entry here: it may be the id of one that is elsewhere.
    pub fn unknown<'i>(&self, item: &'i Item) -> impl Iterator<Item = &'i String> + use<'_, 'i> {
        let is_known =
            |name: &&String| self.ids.contains(*name) || self.questions.contains_key(&bare(name));
        item.related.iter().filter(move |name| !is_known(name))
    }

    /// Bytes that learning of an entry takes.
    pub fn bytes_of(item: &Item) -> usize {
        /// Of what stands around a text.
        const AROUND: usize = 96;
        let texts = item.texts().map(|text| text.len() + item.id.len() + AROUND);
        item.id.len() + AROUND + texts.sum::<usize>()
    }

    /// Puts the ids of entries in the place of their questions. What is neither stays, unless it is a question by its looks: it may be the id of an entry that is
    /// elsewhere.
    ///
    /// # Errors
    /// Why a question is of no entry, or of several, as a sentence.
    pub fn resolve(&self, item: &mut Item) -> Result<(), String> {
        for name in &mut item.related {
            if self.ids.contains(name) {
                continue;
            }
            match self.questions.get(&bare(name)) {
                Some(Some(id)) => name.clone_from(id),
                Some(None) => {
                    return Err(format!(
                        "related names {name:?}, and several entries have that question; write the id of the one that is meant."
                    ));
                }
                None if is_question(name) => {
                    return Err(format!(
                        "related names {name:?}, which is the question of no entry of the file; write it as it stands there, or its id."
                    ));
                }
                None => {}
            }
        }
        Ok(())
    }
}

impl ItemRow {
    /// The same with ids in the place of questions; refused where that cannot be.
    #[must_use]
    pub fn resolved(mut self, names: &RelatedNames) -> Self {
        if self.relates_questions
            && let Ok(item) = &mut self.item
            && let Err(reason) = names.resolve(&mut item.item)
        {
            let content = serde_json::to_value(&item.item).ok();
            self.item = Err(Refused {
                fault: Fault::told(reason),
                content: match content {
                    Some(Value::Object(content)) => content,
                    _ => Map::new(),
                },
            });
        }
        self
    }
}

fn is_question(name: &str) -> bool {
    name.ends_with(['?', '？']) || name.chars().filter(|&c| is_han(c)).count() >= OF_A_QUESTION
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, text: &str, wordings: &[&str]) -> Item {
        Item {
            wordings: wordings.iter().map(|&wording| wording.to_owned()).collect(),
            ..Item::new(id, text)
        }
    }

    #[test]
    fn questions_become_ids_and_ids_stay() {
        let mut names = RelatedNames::default();
        names.see(&entry("1", "怎么退货？", &["能退吗", "怎么退货"]));
        names.see(&entry("2", "能开发票吗？", &["开票"]));
        names.see(&entry("3", "怎样开票", &["开票"]));
        let resolved = |related: &[&str]| {
            let mut item = Item::new("9", "x");
            item.related = related.iter().map(|&name| name.to_owned()).collect();
            names.resolve(&mut item).map(|()| item.related)
        };
        let expected = Ok(["1", "2", "1", "old-7", "发票-3"]
            .map(str::to_owned)
            .to_vec());
        assert_eq!(
            resolved(&["怎么 退货", "2", "能退吗？", "old-7", "发票-3"]),
            expected
        );
        assert_eq!(
            resolved(&["开票"]),
            Err("related names \"开票\", and several entries have that question; write the id of the one that is meant.".to_owned())
        );
        for unknown in ["怎么换货的呢", "why?", "换货？"] {
            let told = resolved(&[unknown]).unwrap_err();
            assert!(
                told.contains("the question of no entry"),
                "{unknown}: {told}"
            );
        }
    }

    #[test]
    fn an_entry_that_is_read_twice_is_one() {
        let mut names = RelatedNames::default();
        for _ in 0..2 {
            names.see(&entry("1", "怎么退货？", &[]));
        }
        let mut item = Item::new("9", "x");
        item.related = vec!["怎么退货？".into()];
        names.resolve(&mut item).unwrap();
        assert_eq!(item.related, ["1"]);
    }
}
