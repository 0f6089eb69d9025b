//! What a collection is.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::item::Item;
use crate::payload::{check_path, values};
use crate::time::Timestamp;

/// Characters of the longest name.
pub const LONGEST_NAME: usize = 64;

/// Most declared fields.
const MOST_FIELDS: usize = 64;

/// Longest vectors.
const MOST_DIMENSIONS: usize = 16_000;

/// Which texts are compared with which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Texts of one kind with each other: questions with questions.
    #[default]
    Symmetric,
    /// Questions with articles.
    Passage,
}

/// What decides a collection's vectors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    /// The model as people call it; `None`: vectors come from the caller.
    pub model: Option<String>,
    /// Of that model; vectors of different fingerprints are never compared. Empty where the caller brings them.
    pub fingerprint: String,
    /// Elements of a vector.
    pub dimension: usize,
    /// What the model is told in front of items.
    pub item_prompt: String,
    /// What it is told in front of queries.
    pub query_prompt: String,
}

impl Space {
    /// Vectors that the caller brings.
    pub fn given(dimension: usize) -> Self {
        Self {
            dimension,
            ..Self::default()
        }
    }

    /// Whether vectors of the two may be compared.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let key = |space: &Self| {
            (
                space.fingerprint.clone(),
                space.dimension,
                space.item_prompt.clone(),
                space.query_prompt.clone(),
            )
        };
        key(self) == key(other)
    }

    fn check(&self) -> Result<()> {
        match self.dimension {
            1..=MOST_DIMENSIONS => Ok(()),
            other => {
                let reason = format!("{other} is not between 1 and {MOST_DIMENSIONS}.");
                Err(Error::invalid("dimension", reason))
            }
        }
    }
}

impl fmt::Display for Space {
    /// The name with the first digits of the fingerprint, since two models may have one name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits: String = self.fingerprint.chars().take(8).collect();
        match &self.model {
            Some(model) => write!(f, "{model} ({digits})"),
            None => write!(f, "{} dimensions that the caller brings", self.dimension),
        }
    }
}

/// What the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// Texts that are equal or not.
    Keyword,
    /// Numbers.
    Number,
    /// Points in time ([`Timestamp`]).
    Time,
}

/// A field of the payload that filters find without looking at every item. A collection refuses items whose values have another type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its path, as in filters: `price`, `author.name`.
    pub name: String,
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: FieldType,
}

/// A value as the index of a field has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FieldValue {
    Keyword(String),
    /// The float next to it: whole numbers from 2⁵³ on share one, and are told apart by the items.
    Number(f64),
    Time(Timestamp),
}

impl FieldType {
    /// The value, if it is of this type.
    pub(crate) fn read(self, value: &Value) -> Option<FieldValue> {
        match self {
            Self::Keyword => value
                .as_str()
                .map(|text| FieldValue::Keyword(text.to_owned())),
            Self::Number => value.as_f64().map(FieldValue::Number),
            Self::Time => value.as_str()?.parse().ok().map(FieldValue::Time),
        }
    }
}

impl Field {
    /// The values that an item has there, each once.
    ///
    /// # Errors
    /// When one is of another type.
    pub(crate) fn values(&self, item: &Item) -> Result<Vec<FieldValue>> {
        let mut found: Vec<FieldValue> = Vec::new();
        for value in values(item, &self.name) {
            let read = self.kind.read(&value).ok_or_else(|| self.refuse(&value))?;
            if !found.contains(&read) {
                found.push(read);
            }
        }
        Ok(found)
    }

    fn refuse(&self, value: &Value) -> Error {
        let kind = match self.kind {
            FieldType::Keyword => "a text",
            FieldType::Number => "a number",
            FieldType::Time => "a time such as 2024-03-05T10:30:00Z",
        };
        let reason = format!("{value} is not {kind}, which the collection declares.");
        Error::invalid(format!("payload.{}", self.name), reason)
    }
}

/// How a collection's texts are cut into words, beside the dictionary that all have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordRules {
    /// Words that stay whole.
    #[serde(default)]
    pub words: Vec<String>,
    /// Words that mean the same; each list is one meaning.
    #[serde(default)]
    pub synonyms: Vec<Vec<String>>,
}

/// A collection to be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewCollection {
    /// 1 to 64 letters of any script, digits, `-` and `_`.
    pub name: String,
    /// What decides its vectors.
    pub space: Space,
    /// Which texts are compared with which.
    pub role: Role,
    /// Payload fields to be indexed.
    pub fields: Vec<Field>,
    /// Whether questions without an answer are kept.
    pub unanswered: bool,
}

impl NewCollection {
    /// A collection whose vectors the caller brings.
    pub fn given(name: impl Into<String>, dimension: usize) -> Self {
        Self {
            name: name.into(),
            space: Space::given(dimension),
            ..Self::default()
        }
    }

    /// As it will be when it is made.
    pub fn planned(self) -> Collection {
        Collection {
            name: self.name,
            number: 0,
            space: self.space,
            role: self.role,
            fields: self.fields,
            unanswered: self.unanswered,
            words: WordRules::default(),
            count: 0,
            generation: 0,
            reindex: None,
            damaged: None,
        }
    }

    /// Whether the rules hold.
    ///
    /// # Errors
    /// The field that breaks one.
    pub fn check(&self) -> Result<()> {
        check_name(&self.name)?;
        self.space.check()?;
        if self.fields.len() > MOST_FIELDS {
            let reason = format!(
                "There are {}; at most {MOST_FIELDS} can be declared.",
                self.fields.len()
            );
            return Err(Error::invalid("fields", reason));
        }
        let mut seen = BTreeSet::new();
        for (i, field) in self.fields.iter().enumerate() {
            let place = format!("fields[{i}].name");
            check_path(&field.name).map_err(|error| error.within(&place))?;
            if !seen.insert(&field.name) {
                return Err(Error::invalid(place, "It is declared twice."));
            }
        }
        Ok(())
    }

    /// Whether a collection that is there is the same.
    pub(crate) fn check_same(&self, there: &Collection) -> Result<()> {
        let name = self.name.clone();
        // Of another role the vectors differ too, by what the model is told; which of the two was asked for is what helps.
        let is_other_role =
            self.role != there.role && self.space.fingerprint == there.space.fingerprint;
        if !is_other_role && !there.space.is_same(&self.space) {
            // Nothing moves vectors that callers bring to another model, or to another dimension.
            if there.space.model.is_none() {
                let what = match &self.space.model {
                    None => "dimension",
                    Some(_) => "vectors",
                };
                return Err(Error::CollectionDiffers { name, what });
            }
            return Err(Error::ModelMismatch {
                name,
                has: there.space.to_string(),
                given: self.space.to_string(),
            });
        }
        match self.difference(there) {
            None => Ok(()),
            Some(what) => Err(Error::CollectionDiffers { name, what }),
        }
    }

    /// What differs, apart from the vectors.
    fn difference(&self, there: &Collection) -> Option<&'static str> {
        let sorted = |fields: &[Field]| {
            let mut fields = fields.to_vec();
            fields.sort_by(|a, b| a.name.cmp(&b.name));
            fields
        };
        if self.role != there.role {
            Some("role")
        } else if sorted(&self.fields) != sorted(&there.fields) {
            Some("fields")
        } else {
            (self.unanswered != there.unanswered).then_some("unanswered")
        }
    }
}

fn check_name(name: &str) -> Result<()> {
    let length = name.chars().count();
    if !(1..=LONGEST_NAME).contains(&length) {
        let reason = format!("It has {length} characters; a name has 1 to {LONGEST_NAME}.");
        return Err(Error::invalid("name", reason));
    }
    match name
        .chars()
        .find(|&c| !(c.is_alphanumeric() || c == '-' || c == '_'))
    {
        Some(c) => {
            let reason =
                format!("{c:?} cannot stand in a name, which has letters, digits, - and _ only.");
            Err(Error::invalid("name", reason))
        }
        None => Ok(()),
    }
}

/// A collection that is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Collection {
    /// Its name.
    pub name: String,
    /// Which of all that have had the name; 0: it is not there yet.
    pub number: i64,
    /// What decides its vectors.
    pub space: Space,
    /// Which texts are compared with which.
    pub role: Role,
    /// Payload fields that are indexed.
    pub fields: Vec<Field>,
    /// Whether questions without an answer are kept.
    pub unanswered: bool,
    /// How its texts are cut into words.
    pub words: WordRules,
    /// Number of items.
    pub count: u64,
    /// Raised by each write.
    pub generation: u64,
    /// The move to another model that is under way.
    pub reindex: Option<Reindex>,
    /// Why it answers nothing, where what is kept of it is damaged: then it can only be dropped.
    pub damaged: Option<String>,
}

/// How far the move of a collection to another model is.
#[derive(Clone, Debug, PartialEq)]
pub struct Reindex {
    /// Where it goes.
    pub space: Space,
    /// Items that have their new vectors.
    pub done: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_letters_of_any_script() {
        for name in ["faq", "常见问题-2", "Ωμέγα_1", &"数".repeat(64)] {
            assert!(NewCollection::given(name, 2).check().is_ok(), "{name}");
        }
        for (name, reason) in [
            ("", "name: It has 0 characters; a name has 1 to 64."),
            (
                &*"数".repeat(65),
                "name: It has 65 characters; a name has 1 to 64.",
            ),
            (
                "a b",
                "name: ' ' cannot stand in a name, which has letters, digits, - and _ only.",
            ),
            (
                "a/b",
                "name: '/' cannot stand in a name, which has letters, digits, - and _ only.",
            ),
        ] {
            let error = NewCollection::given(name, 2).check().unwrap_err();
            assert_eq!(error.to_string(), reason);
        }
    }

    #[test]
    fn fields_are_declared_once_and_hold_their_type() {
        let field = |name: &str, kind| Field {
            name: name.into(),
            kind,
        };
        let mut new = NewCollection::given("a", 2);
        new.fields = vec![field("x", FieldType::Number), field("x", FieldType::Time)];
        let error = new.check().unwrap_err().to_string();
        assert_eq!(error, "fields[1].name: It is declared twice.");
        new.space.dimension = 0;
        let error = new.check().unwrap_err().to_string();
        assert_eq!(error, "dimension: 0 is not between 1 and 16000.");

        let mut item = Item::new("1", "x");
        item.payload
            .insert("x".into(), serde_json::json!([1, 2.5, 1]));
        let number = field("x", FieldType::Number);
        let values = number.values(&item).unwrap();
        assert_eq!(values, [FieldValue::Number(1.0), FieldValue::Number(2.5)]);
        let error = field("x", FieldType::Keyword).values(&item).unwrap_err();
        assert_eq!(
            error.to_string(),
            "payload.x: 1 is not a text, which the collection declares."
        );
    }

    #[test]
    fn a_collection_made_again_is_the_same_or_told_what_differs() {
        let new = NewCollection::given("a", 2);
        let there = Collection {
            name: "a".into(),
            number: 1,
            space: Space::given(2),
            role: Role::Symmetric,
            fields: vec![],
            unanswered: true,
            words: WordRules::default(),
            count: 0,
            generation: 0,
            reindex: None,
            damaged: None,
        };
        assert_eq!(new.difference(&there), Some("unanswered"));
        let passage = NewCollection {
            role: Role::Passage,
            ..new
        };
        assert_eq!(passage.difference(&there), Some("role"));
        // Of one model the vectors differ by what it is told.
        let of_model = |prompt: &str| Space {
            model: Some("m".into()),
            fingerprint: "f".into(),
            item_prompt: prompt.into(),
            ..Space::given(2)
        };
        let there = Collection {
            space: of_model("query: "),
            ..there
        };
        let passage = NewCollection {
            space: of_model("passage: "),
            ..passage
        };
        let error = passage.check_same(&there).unwrap_err();
        assert!(
            matches!(error, Error::CollectionDiffers { what: "role", .. }),
            "{error}"
        );
        let other = NewCollection {
            role: Role::Symmetric,
            ..passage
        };
        let error = other.check_same(&there).unwrap_err();
        assert!(matches!(error, Error::ModelMismatch { .. }), "{error}");
    }

    #[test]
    fn no_move_is_advised_where_callers_bring_the_vectors() {
        let there = |new: &NewCollection| Collection {
            name: new.name.clone(),
            number: 1,
            space: new.space.clone(),
            role: new.role,
            fields: vec![],
            unanswered: false,
            words: WordRules::default(),
            count: 0,
            generation: 0,
            reindex: None,
            damaged: None,
        };
        let given = NewCollection::given("c", 2);
        let model = NewCollection {
            space: Space {
                model: Some("m".into()),
                fingerprint: "f".into(),
                ..Space::given(2)
            },
            ..given.clone()
        };
        for (new, there, expected) in [
            (NewCollection::given("c", 3), there(&given), "dimension"),
            (model, there(&given), "vectors"),
        ] {
            let error = new.check_same(&there).unwrap_err();
            assert!(
                matches!(error, Error::CollectionDiffers { what, .. } if what == expected),
                "{error}"
            );
        }
    }
}
