//! A JSON document that is strict where guessing would hide a client's mistake.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::ApiError;
use crate::shown::Shown;

/// Most values of a document. It bounds memory: a value takes 32 bytes here and may take two in
/// the body, so a body of 32 MiB could grow to a gigabyte.
const MOST_VALUES: usize = 2_000_000;

/// Stands in a text for half of a surrogate pair, which no text can hold: clients that cut texts by units of UTF-16 cut emoji in two. It is
/// no character of Unicode, so no text has it for another reason.
pub(crate) const HALF_A_CHARACTER: char = '\u{FDD0}';

/// A JSON value. A key that an object holds twice is an error when it is parsed, and so is nesting
/// deeper than 128 levels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// A number without fraction and exponent.
    Integer(i64),
    /// Any other number.
    Float(f64),
    String(String),
    Array(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// The document in `bytes`.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        // Editors of Windows put a mark in front of UTF-8, which RFC 8259 allows to be ignored.
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|e| ApiError::InvalidUtf8 {
            position: e.valid_up_to(),
        })?;
        let text = with_halves_marked(text);
        let left = Cell::new(MOST_VALUES);
        let mut deserializer = serde_json::Deserializer::from_str(&text);
        let parsed = Seed { left: &left }.deserialize(&mut deserializer);
        match parsed.and_then(|json| deserializer.end().map(|()| json)) {
            Ok(json) => Ok(json),
            Err(_) if left.get() == 0 => Err(ApiError::TooManyValues { limit: MOST_VALUES }),
            Err(error) => Err(ApiError::InvalidJson {
                reason: error.to_string(),
            }),
        }
    }

    /// What it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Float(x) if x.fract() != 0.0 => "a number with a fraction",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::String(_) => "text",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// The document with [`HALF_A_CHARACTER`] in place of surrogates that are escaped alone.
fn with_halves_marked(text: &str) -> Cow<'_, str> {
    let mut marked = String::new();
    let mut taken = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        let escape = at + found;
        match (surrogate(text, escape), surrogate(text, escape + 6)) {
            (None, _) => at = (escape + 2).min(text.len()),
            (Some(Half::High), Some(Half::Low)) => at = escape + 12,
            (Some(_), _) => {
                marked.push_str(&text[taken..escape]);
                marked.push(HALF_A_CHARACTER);
                at = escape + 6;
                taken = at;
            }
        }
        // An escaped character of more than one byte: on to its end, where the parser refuses it.
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
    if taken == 0 {
        return Cow::Borrowed(text);
    }
    marked.push_str(&text[taken..]);
    Cow::Owned(marked)
}

enum Half {
    High,
    Low,
}

/// Which half of a surrogate pair is escaped at a place, if one is.
fn surrogate(text: &str, at: usize) -> Option<Half> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xD800..=0xDBFF => Some(Half::High),
        0xDC00..=0xDFFF => Some(Half::Low),
        _ => None,
    }
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    /// Values that the document may still have.
    left: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        let left = self.left.get();
        if left == 0 {
            return Err(D::Error::custom("too many values"));
        }
        self.left.set(left - 1);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(i64::try_from(value).map_or(Json::Float(value as f64), Json::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Json::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some(key) = object.next_key::<String>()? {
            if fields.contains_key(&key) {
                return Err(A::Error::custom(format!(
                    "the key {:?} stands twice in one object",
                    Shown(&key)
                )));
            }
            fields.insert(key, object.next_value_seed(self)?);
        }
        Ok(Json::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_kind_of_value() {
        let json = Json::parse(
            r#"{"a": [null, true, -1, 1.5, 18446744073709551615], "b": "字\n"}"#.as_bytes(),
        )
        .unwrap();
        let list = vec![
            Json::Null,
            Json::Bool(true),
            Json::Integer(-1),
            Json::Float(1.5),
            Json::Float(u64::MAX as f64),
        ];
        let fields = [
            ("a".to_owned(), Json::Array(list)),
            ("b".to_owned(), Json::String("字\n".to_owned())),
        ];
        assert_eq!(json, Json::Object(fields.into()));
    }

    #[test]
    fn refuses_what_is_no_json() {
        let deep = "[".repeat(100_000);
        for bad in [
            "",
            "{",
            "nul",
            "{} {}",
            "{'a': 1}",
            "1e999",
            "NaN",
            r#"{"a":1,"a":1}"#,
            &deep,
        ] {
            let error = Json::parse(bad.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "invalid_json", "{bad:.20}");
        }
        assert_eq!(
            Json::parse(b"\"a\xff\"").unwrap_err(),
            ApiError::InvalidUtf8 { position: 2 }
        );
    }

    #[test]
    fn halves_of_characters_are_marked_and_whole_ones_are_not() {
        for (written, read) in [
            (r#""a\ud83d""#, "a\u{FDD0}"),
            (r#""\uDE00b""#, "\u{FDD0}b"),
            (r#""\ud83d\ud83d\ude00""#, "\u{FDD0}😀"),
            (r#""\ud83d\ude00""#, "😀"),
            (r#""\\ud83d""#, "\\ud83d"),
            (r#""\\\ud83d""#, "\\\u{FDD0}"),
            (r#""字\ud83d字""#, "字\u{FDD0}字"),
        ] {
            let parsed = Json::parse(written.as_bytes()).unwrap();
            assert_eq!(parsed, Json::String(read.to_owned()), "{written}");
        }
        assert!(Json::parse(r#""\字""#.as_bytes()).is_err());
    }

    #[test]
    fn bounds_the_number_of_values() {
        let list = format!("[{}1]", "1,".repeat(MOST_VALUES - 2));
        assert!(Json::parse(list.as_bytes()).is_ok());
        let longer = format!("[{}1]", "1,".repeat(MOST_VALUES - 1));
        assert_eq!(
            Json::parse(longer.as_bytes()).unwrap_err().code(),
            "body_too_large"
        );
    }
}
