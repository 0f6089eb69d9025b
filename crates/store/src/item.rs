//! What a collection holds.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::time::{Timestamp, deserialize_end};

/// Bytes of the longest id.
pub const LONGEST_ID: usize = 256;

/// Most further wordings of an item.
pub const MOST_WORDINGS: usize = 1000;

/// A text with what belongs to it. As JSON it has the fields' names, and what is absent is left out.
///
/// An entry of a FAQ has its question as the text and its variants as wordings; the fields from `category` on are its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// 1 to 256 bytes; one item of a collection has it. Where a file leaves it out, [`Item::identify`] fills it in.
    #[serde(default)]
    pub id: String,
    /// What is embedded and found by its words.
    pub text: String,
    /// Other ways to say the text; each has a vector and words of its own, and the item is as near as the nearest of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wordings: Vec<String>,
    /// What is said when the text is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Anything; filters look at it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub payload: Map<String, Value>,
    /// When it was said or written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// What kind of entry it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Words that a question must not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_words: Vec<String>,
    /// Ids of entries to show beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<String>,
    /// `false`: it is kept, and does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// When it begins to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// When it ends to answer; a day in JSON is its end.
    #[serde(
        default,
        deserialize_with = "deserialize_end",
        skip_serializing_if = "Option::is_none"
    )]
    pub valid_until: Option<Timestamp>,
    /// The least similarity with which it answers, in [0, 1].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// `true`: a question that it matches is turned away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reject: Option<bool>,
}

impl Item {
    /// An item of these two and nothing else.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            text: text.into(),
            ..Self::default()
        }
    }

    /// Gives an item without an id that of its text: a digest, so that the same file brought again makes no second item.
    pub fn identify(&mut self) {
        if self.id.is_empty() {
            let digest = blake3::hash(self.text.as_bytes());
            self.id = digest.to_hex()[..32].to_owned();
        }
    }

    /// The text and the further wordings, in the order of their vectors.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        let texts = std::iter::once(&self.text).chain(&self.wordings);
        // A chain does not know its length.
        texts.map(String::as_str).collect::<Vec<_>>().into_iter()
    }

    /// About how many bytes it takes in memory.
    pub fn bytes(&self) -> usize {
        /// Of what stands around texts and values.
        const HEAD: usize = 256;
        let texts = self.texts().chain(self.answer.as_deref());
        let lists = self.not_words.iter().chain(&self.related);
        let values = self.payload.iter();
        HEAD + self.id.len()
            + texts.map(str::len).sum::<usize>()
            + lists.map(String::len).sum::<usize>()
            + values
                .map(|(name, value)| name.len() + bytes_of_value(value))
                .sum::<usize>()
    }

    /// Whether the rules hold.
    ///
    /// # Errors
    /// The field that breaks one.
    pub fn check(&self) -> Result<()> {
        check_id(&self.id).map_err(|error| error.within("id"))?;
        check_text(&self.text).map_err(|error| error.within("text"))?;
        if self.wordings.len() > MOST_WORDINGS {
            let reason = format!(
                "There are {}; at most {MOST_WORDINGS} are kept.",
                self.wordings.len()
            );
            return Err(Error::invalid("wordings", reason));
        }
        for (i, wording) in self.wordings.iter().enumerate() {
            check_text(wording).map_err(|error| error.within(&format!("wordings[{i}]")))?;
        }
        for (i, id) in self.related.iter().enumerate() {
            check_id(id).map_err(|error| error.within(&format!("related[{i}]")))?;
        }
        match self.threshold {
            Some(threshold) if !(0.0..=1.0).contains(&threshold) => {
                Err(Error::invalid("threshold", "It is not between 0 and 1."))
            }
            _ => Ok(()),
        }
    }
}

impl Item {
    /// Whether it may be written: [`check`](Self::check), and what older programs let pass.
    ///
    /// # Errors
    /// The field that breaks a rule.
    pub fn check_to_write(&self) -> Result<()> {
        self.check()?;
        match (self.valid_from, self.valid_until) {
            (Some(from), Some(until)) if from > until => {
                let reason = format!(
                    "It is {from}, after valid_until, {until}: the entry could never answer."
                );
                Err(Error::invalid("valid_from", reason))
            }
            _ => Ok(()),
        }
    }
}

fn bytes_of_value(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::String(text) => text.len(),
            Value::Array(list) => list.iter().map(bytes_of_value).sum(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| name.len() + bytes_of_value(value))
                .sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        }
}

/// Whether `id` can be that of an item.
pub(crate) fn check_id(id: &str) -> Result<()> {
    match id.len() {
        0 => Err(Error::invalid("", "It is empty.")),
        1..=LONGEST_ID if id.contains('\0') => {
            Err(Error::invalid("", "It has a character of code 0."))
        }
        1..=LONGEST_ID => Ok(()),
        long => {
            let reason = format!("It has {long} bytes; an id has at most {LONGEST_ID}.");
            Err(Error::invalid("", reason))
        }
    }
}

fn check_text(text: &str) -> Result<()> {
    match yuyi_language::is_blank(text) {
        true => Err(Error::invalid("", "It is empty or blank.")),
        false => Ok(()),
    }
}

/// An item with the vectors of its texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VectorItem {
    /// The item.
    pub item: Item,
    /// A vector for each of [`Item::texts`], of the dimension of the collection.
    pub vectors: Vec<Vec<f32>>,
}

impl VectorItem {
    /// About how many bytes it takes in memory.
    pub fn bytes(&self) -> usize {
        let numbers: usize = self.vectors.iter().map(Vec::len).sum();
        self.item.bytes() + numbers * size_of::<f32>()
    }

    /// Checks the item and its vectors, and makes unit vectors of them; those that are of unit length keep their bytes. An answer of nothing but white space is none.
    ///
    /// # Errors
    /// The field that breaks a rule: another number of vectors than texts, another dimension, an element that is no finite number, a vector of zeros.
    pub fn prepare(&mut self, dimension: usize) -> Result<()> {
        self.item.check_to_write()?;
        self.item
            .answer
            .take_if(|answer| yuyi_language::is_blank(answer));
        let (given, texts) = (self.vectors.len(), self.item.texts().len());
        if given != texts {
            let reason = format!("There are {given} vectors for {texts} texts.");
            return Err(Error::invalid("vectors", reason));
        }
        for (i, vector) in self.vectors.iter_mut().enumerate() {
            // The vector of a text without wordings is given, and so is told, as `vector`.
            let place = if texts == 1 {
                "vector".into()
            } else {
                format!("vectors[{i}]")
            };
            make_unit(vector, dimension).map_err(|error| error.within(&place))?;
        }
        Ok(())
    }
}

/// Lengths that differ from 1 by less are those of unit vectors, rounded.
const ROUNDING: f64 = 1e-5;

/// Divides a vector by its length.
pub(crate) fn make_unit(vector: &mut [f32], dimension: usize) -> Result<()> {
    if vector.len() != dimension {
        let reason = format!(
            "It has {} elements; the collection's vectors have {dimension}.",
            vector.len()
        );
        return Err(Error::invalid("", reason));
    }
    if let Some(i) = vector.iter().position(|x| !x.is_finite()) {
        let reason = format!("Element {i} is not a finite number.");
        return Err(Error::invalid("", reason));
    }
    let norm = length(vector);
    if norm < f64::from(f32::MIN_POSITIVE) {
        return Err(Error::invalid("", "It is zero, so it has no direction."));
    }
    if (norm - 1.0).abs() > ROUNDING {
        vector
            .iter_mut()
            .for_each(|x| *x = (f64::from(*x) / norm) as f32);
    }
    Ok(())
}

/// Whether a vector is as [`make_unit`] leaves it, but for the rounding of its elements.
pub(crate) fn has_unit_length(vector: &[f32]) -> bool {
    (length(vector) - 1.0).abs() <= 2.0 * ROUNDING
}

fn length(vector: &[f32]) -> f64 {
    let squares = vector.iter().map(|&x| f64::from(x) * f64::from(x));
    squares.sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(item: Item) -> String {
        item.check().unwrap_err().to_string()
    }

    #[test]
    fn rules_name_the_field() {
        assert_eq!(refused(Item::new("", "x")), "id: It is empty.");
        assert_eq!(
            refused(Item::new("é".repeat(129), "x")),
            "id: It has 258 bytes; an id has at most 256."
        );
        assert!(Item::new("é".repeat(128), "x").check().is_ok());
        assert_eq!(
            refused(Item::new("a", " \u{3000}")),
            "text: It is empty or blank."
        );
        let mut item = Item::new("a", "x");
        item.wordings = vec!["y".into(), "".into()];
        assert_eq!(refused(item.clone()), "wordings[1]: It is empty or blank.");
        item.wordings.clear();
        item.threshold = Some(1.5);
        assert_eq!(refused(item), "threshold: It is not between 0 and 1.");
    }

    #[test]
    fn what_is_written_can_answer() {
        let mut pair = VectorItem {
            item: Item::new("a", "x"),
            vectors: vec![vec![1.0]],
        };
        pair.item.answer = Some(" \u{3000}".into());
        pair.item.valid_from = Some("2024-03-05".parse().unwrap());
        pair.item.valid_until = pair.item.valid_from;
        pair.prepare(1).unwrap();
        assert_eq!(pair.item.answer, None);
        pair.item.answer = Some(" a ".into());
        pair.item.valid_until = Some("2024-03-04".parse().unwrap());
        // One that was written before is whole.
        assert_eq!(pair.item.check(), Ok(()));
        assert_eq!(
            pair.prepare(1).unwrap_err().to_string(),
            "valid_from: It is 2024-03-05T00:00:00Z, after valid_until, 2024-03-04T00:00:00Z: the entry could never answer."
        );
        pair.item.valid_until = None;
        pair.prepare(1).unwrap();
        assert_eq!(pair.item.answer.as_deref(), Some(" a "));
    }

    #[test]
    fn json_has_what_is_there_and_nothing_else() {
        let text = r#"{"id":"7","text":"能开发票吗","answer":"能","payload":{"a":[1,null]},"time":"2024-03-05T00:00:00Z","enabled":false}"#;
        let item: Item = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&item).unwrap(), text);
        assert!(serde_json::from_str::<Item>(r#"{"text":"x","txet":1}"#).is_err());
        assert!(serde_json::from_str::<Item>(r#"{"id":"x"}"#).is_err());
    }

    #[test]
    fn without_an_id_the_text_decides() {
        let (mut a, mut b) = (Item::new("", "x"), Item::new("", "y"));
        a.identify();
        b.identify();
        assert!(a.id.len() == 32 && a.id != b.id);
        let mut own = Item::new("7", "x");
        own.identify();
        assert_eq!(own.id, "7");
    }

    #[test]
    fn vectors_fit_their_texts_and_are_of_unit_length() {
        let mut pair = VectorItem {
            item: Item::new("a", "x"),
            vectors: vec![vec![3.0, 4.0]],
        };
        pair.prepare(2).unwrap();
        assert_eq!(pair.vectors, [[0.6, 0.8]]);
        let mut same = pair.clone();
        same.prepare(2).unwrap();
        assert_eq!(same, pair);
        let mut refused = |vectors: Vec<Vec<f32>>| {
            pair.vectors = vectors;
            pair.prepare(2).unwrap_err().to_string()
        };
        assert_eq!(refused(vec![]), "vectors: There are 0 vectors for 1 texts.");
        assert_eq!(
            refused(vec![vec![1.0]]),
            "vector: It has 1 elements; the collection's vectors have 2."
        );
        assert_eq!(
            refused(vec![vec![1.0, f32::NAN]]),
            "vector: Element 1 is not a finite number."
        );
        assert_eq!(
            refused(vec![vec![0.0, 0.0]]),
            "vector: It is zero, so it has no direction."
        );
    }
}
