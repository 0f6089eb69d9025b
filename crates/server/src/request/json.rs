//! A JSON document that is strict where guessing would hide a client's mistake.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use yuyi_serving::Turns;

use crate::ApiError;
use crate::memory::Share;
use crate::shown::Shown;
use crate::work::Stopped;

/// Most values of a document: a value takes 32 bytes here and may take two in the body.
const MOST_VALUES: usize = 2_000_000;

/// Most lists and objects of a document for each text that a request may have: they take the most memory for what they are in a
/// body. Requests have one for each text, and clients some more of their own.
const LISTS_OF_A_TEXT: usize = 4;

/// Lists and objects of a document that hold no text of a request.
const OTHER_LISTS: usize = 1_000;

/// Values between two looks at memory and turns.
const STEP: usize = 1_024;

/// Bytes of a value, with the room that a list keeps for others.
const VALUE: usize = 2 * size_of::<Json>();

/// Bytes of a field beside its value, with those of the allocator.
const FIELD: usize = size_of::<String>() + 16;

/// What may stand for half a character while a document is read, and the first of so many: no text has a use for them, and one that has them all
/// the same is read with another of them.
const MARKS: (u32, u32) = (0xFDD0, 32);

/// A JSON value. A key that an object holds twice is an error when it is parsed, and so is nesting
/// deeper than 128 levels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// A number without fraction and exponent, of 64 bits with or without a sign.
    Integer(i128),
    /// Any other number.
    Float(f64),
    String(String),
    /// A text with half of a surrogate pair, U+FFFD in its place: clients that cut texts by units of UTF-16 cut emoji in two.
    Broken(String),
    Array(Vec<Json>),
    /// In the order of the document.
    Object(Vec<(String, Json)>),
}

/// What a document may take.
pub(crate) struct Room<'a> {
    /// Texts that a request may have.
    pub(crate) texts: usize,
    pub(crate) share: &'a mut Share,
    /// Where the document is large, the turns in which it is read.
    pub(crate) turns: Option<&'a mut Turns>,
}

impl Json {
    /// The document in `bytes`.
    ///
    /// # Errors
    /// When it is none, or has no room.
    pub(crate) fn parse(bytes: &[u8], room: Room<'_>) -> Result<Self, Stopped> {
        // Editors of Windows put a mark in front of UTF-8, which RFC 8259 allows to be ignored.
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|error| ApiError::InvalidUtf8 {
            position: error.valid_up_to(),
        })?;
        let (text, mark) = with_halves_marked(text);
        let reader = Reader::new(room, mark);
        let mut deserializer = serde_json::Deserializer::from_str(&text);
        let parsed = reader.deserialize(&mut deserializer);
        let parsed = parsed.and_then(|json| deserializer.end().map(|()| json));
        if let Some(stopped) = reader.stopped.take() {
            return Err(stopped);
        }
        // What is smaller than a step was not counted yet.
        reader.room.borrow_mut().share.grow(reader.bytes.get())?;
        parsed.map_err(|error| {
            let reason = error.to_string();
            ApiError::InvalidJson { reason }.into()
        })
    }

    /// What it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Float(x) if x.fract() != 0.0 => "a number with a fraction",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::String(_) | Self::Broken(_) => "text",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// U+FFFD, the sign for what is no character.
const REPLACEMENT: &str = "\u{FFFD}";

/// The document with a mark in place of surrogates that are escaped alone, and which that is; `None`: there are none. Where a document holds
/// everything that could be a mark, they are U+FFFD.
fn with_halves_marked(text: &str) -> (Cow<'_, str>, Option<char>) {
    let mut places = halves(text).peekable();
    if places.peek().is_none() {
        return (Cow::Borrowed(text), None);
    }
    let mark = unused_mark(text);
    let in_place = mark.map_or(REPLACEMENT.to_owned(), String::from);
    let mut marked = String::with_capacity(text.len());
    let mut taken = 0;
    for half in places {
        marked.push_str(&text[taken..half]);
        marked.push_str(&in_place);
        taken = half + ESCAPE;
    }
    marked.push_str(&text[taken..]);
    (Cow::Owned(marked), mark)
}

/// The first mark that a document holds neither as it is nor escaped.
fn unused_mark(text: &str) -> Option<char> {
    let (first, count) = MARKS;
    let mut used = 0_u64;
    let mut see = |code: u32| match code.checked_sub(first) {
        Some(mark) if mark < count => used |= 1 << mark,
        _ => {}
    };
    text.chars().for_each(|c| see(u32::from(c)));
    for (place, _) in text.match_indices("\\u") {
        unit(text, place)
            .into_iter()
            .for_each(|unit| see(unit.into()));
    }
    let unused = (0..count).find(|mark| used & (1 << mark) == 0);
    unused.and_then(|mark| char::from_u32(first + mark))
}

/// Bytes of an escape such as `\u5b57`.
const ESCAPE: usize = 6;

/// Where surrogates are escaped without their other half, in order.
fn halves(text: &str) -> impl Iterator<Item = usize> {
    let is_high = |unit: u16| (0xD800..0xDC00).contains(&unit);
    let is_low = |unit: u16| (0xDC00..0xE000).contains(&unit);
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let escape = at + text.get(at..)?.find('\\')?;
            match (unit(text, escape), unit(text, escape + ESCAPE)) {
                (Some(first), Some(second)) if is_high(first) && is_low(second) => {
                    at = escape + 2 * ESCAPE;
                }
                (Some(first), _) if is_high(first) || is_low(first) => {
                    at = escape + ESCAPE;
                    return Some(escape);
                }
                _ => at = escape + 2,
            }
            // An escaped character of more than one byte: on to its end, where the parser refuses it.
            while at < text.len() && !text.is_char_boundary(at) {
                at += 1;
            }
        }
    })
}

/// The unit of UTF-16 that is escaped at a place, if one is.
fn unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + ESCAPE)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

/// Reads values within a room.
struct Reader<'a> {
    room: RefCell<Room<'a>>,
    /// Stands for halves of characters, where there are any.
    mark: Option<char>,
    values: Cell<usize>,
    lists: Cell<usize>,
    /// Bytes that were read and not taken from the share yet.
    bytes: Cell<usize>,
    stopped: RefCell<Option<Stopped>>,
}

impl<'a> Reader<'a> {
    fn new(room: Room<'a>, mark: Option<char>) -> Self {
        Self {
            room: RefCell::new(room),
            mark,
            values: Cell::new(0),
            lists: Cell::new(0),
            bytes: Cell::new(0),
            stopped: RefCell::new(None),
        }
    }

    fn value<E: serde::de::Error>(&self) -> Result<(), E> {
        let values = self.values.get() + 1;
        self.values.set(values);
        if values > MOST_VALUES {
            let limit = MOST_VALUES;
            return self.stop(ApiError::TooManyValues { limit });
        }
        self.bytes.set(self.bytes.get() + VALUE);
        match values.is_multiple_of(STEP) {
            true => self.look(),
            false => Ok(()),
        }
    }

    fn list<E: serde::de::Error>(&self) -> Result<(), E> {
        let lists = self.lists.get() + 1;
        self.lists.set(lists);
        let limit = LISTS_OF_A_TEXT * self.room.borrow().texts + OTHER_LISTS;
        match lists > limit {
            true => self.stop(ApiError::TooManyLists { limit }),
            false => Ok(()),
        }
    }

    /// Before a text is copied.
    fn text<E: serde::de::Error>(&self, text: &str) -> Result<String, E> {
        self.bytes.set(self.bytes.get() + text.len());
        if text.len() > STEP {
            self.look()?;
        }
        Ok(text.to_owned())
    }

    /// Takes memory for what was read, and lets others have their turn.
    fn look<E: serde::de::Error>(&self) -> Result<(), E> {
        let mut room = self.room.borrow_mut();
        if let Err(error) = room.share.grow(self.bytes.take()) {
            return self.stop(error);
        }
        match room.turns.as_mut().map(|turns| turns.checkpoint()) {
            Some(Err(gone)) => self.stop(gone),
            _ => Ok(()),
        }
    }

    fn stop<E: serde::de::Error>(&self, why: impl Into<Stopped>) -> Result<(), E> {
        self.stopped.replace(Some(why.into()));
        Err(E::custom("the document is not read to its end"))
    }
}

impl<'de> DeserializeSeed<'de> for &Reader<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        self.value()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &Reader<'_> {
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
        Ok(Json::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Float(value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Json, E> {
        let text = self.text(value)?;
        Ok(match self.mark.filter(|mark| text.contains(*mark)) {
            None => Json::String(text),
            Some(mark) => Json::Broken(text.replace(mark, REPLACEMENT)),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        self.list()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Json::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json, A::Error> {
        self.list()?;
        let mut fields: Vec<(String, Json)> = Vec::new();
        let mut keys = Keys::default();
        while let Some(key) = object.next_key::<String>()? {
            self.bytes.set(self.bytes.get() + FIELD + key.len());
            if self.mark.is_some_and(|mark| key.contains(mark)) {
                return Err(A::Error::custom("a key holds half a character"));
            }
            if !keys.is_new(&key, &fields) {
                return Err(A::Error::custom(format!(
                    "the key {:?} stands twice in one object",
                    Shown(&key)
                )));
            }
            fields.push((key, object.next_value_seed(self)?));
        }
        // Most have one or two, and room for four.
        fields.shrink_to_fit();
        Ok(Json::Object(fields))
    }
}

/// Tells keys that an object has already.
#[derive(Default)]
struct Keys {
    /// Those of an object of many fields.
    known: HashSet<String>,
}

impl Keys {
    /// Fields that are looked through one by one.
    const FEW: usize = 16;

    fn is_new(&mut self, key: &str, fields: &[(String, Json)]) -> bool {
        if fields.len() < Self::FEW {
            return fields.iter().all(|(known, _)| known != key);
        }
        if self.known.is_empty() {
            self.known = fields.iter().map(|(known, _)| known.clone()).collect();
        }
        self.known.insert(key.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    fn parse(bytes: &[u8]) -> Result<Json, ApiError> {
        parse_within(bytes, 1 << 30)
    }

    fn parse_within(bytes: &[u8], memory: usize) -> Result<Json, ApiError> {
        let room = Room {
            texts: 100,
            share: &mut Memory::new(memory).share(),
            turns: None,
        };
        Ok(Json::parse(bytes, room)?)
    }

    #[test]
    fn reads_every_kind_of_value() {
        let json =
            parse(r#"{"a": [null, true, -1, 1.5, 18446744073709551615], "b": "字\n"}"#.as_bytes())
                .unwrap();
        let list = vec![
            Json::Null,
            Json::Bool(true),
            Json::Integer(-1),
            Json::Float(1.5),
            Json::Integer(u64::MAX.into()),
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
            let error = parse(bad.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "invalid_json", "{bad:.20}");
        }
        assert_eq!(
            parse(b"\"a\xff\"").unwrap_err(),
            ApiError::InvalidUtf8 { position: 2 }
        );
    }

    #[test]
    fn texts_with_halves_of_characters_are_told_from_others() {
        let string = |text: &str| Json::String(text.to_owned());
        let broken = |text: &str| Json::Broken(text.to_owned());
        for (written, read) in [
            (r#""a\ud83d""#, broken("a\u{FFFD}")),
            (r#""\uDE00b""#, broken("\u{FFFD}b")),
            (r#""\ud83d\ud83d\ude00""#, broken("\u{FFFD}😀")),
            (r#""\ud83d\ude00""#, string("😀")),
            (r#""\\ud83d""#, string("\\ud83d")),
            (r#""\\\ud83d""#, broken("\\\u{FFFD}")),
            (r#""字\ud83d字""#, broken("字\u{FFFD}字")),
            (r#""字\ufffd字""#, string("字\u{FFFD}字")),
        ] {
            assert_eq!(parse(written.as_bytes()), Ok(read), "{written}");
        }
        assert!(parse(r#""\字""#.as_bytes()).is_err());
        let key = parse(r#"{"a\ud83d": 1}"#.as_bytes()).unwrap_err();
        assert!(key.to_string().contains("half a character"), "{key}");
    }

    /// What stands for a half while a document is read is no part of it, whatever it holds.
    #[test]
    fn noncharacters_stay_what_they_are() {
        let of = |json: &str| match parse(json.as_bytes()).unwrap() {
            Json::Array(list) => list,
            other => panic!("{other:?}"),
        };
        let string = |text: &str| Json::String(text.to_owned());
        let half = Json::Broken("\u{FFFD}".to_owned());
        assert_eq!(of("[\"\u{FDD0}\"]"), [string("\u{FDD0}")]);
        assert_eq!(
            of("[\"\u{FDD0}\", \"\\uFdD1\", \"\\ud83d\"]"),
            [string("\u{FDD0}"), string("\u{FDD1}"), half]
        );
        let all: String = (0xFDD0..0xFDF0).filter_map(char::from_u32).collect();
        assert_eq!(
            of(&format!("[\"{all}\", \"\\ud83d\"]")),
            [string(&all), string("\u{FFFD}")]
        );
    }

    #[test]
    fn bounds_the_number_of_values() {
        let list = format!("[{}1]", "1,".repeat(MOST_VALUES - 2));
        assert!(parse(list.as_bytes()).is_ok());
        let longer = format!("[{}1]", "1,".repeat(MOST_VALUES - 1));
        assert_eq!(
            parse(longer.as_bytes()).unwrap_err().code(),
            "body_too_large"
        );
    }

    #[test]
    fn bounds_lists_and_objects_by_the_texts_of_a_request() {
        for list in ["{\"\":0}", "[]", "[0]"] {
            let lists = |many: usize| format!("[{}0]", format!("{list},").repeat(many));
            assert!(parse(lists(1_399).as_bytes()).is_ok());
            let refused = parse(lists(1_400).as_bytes()).unwrap_err();
            assert_eq!(refused, ApiError::TooManyLists { limit: 1_400 });
        }
    }

    #[test]
    fn what_is_read_takes_memory() {
        let texts = format!("[{}0]", "\"text\",".repeat(10_000));
        assert!(parse_within(texts.as_bytes(), 1 << 20).is_ok());
        let refused = parse_within(texts.as_bytes(), 1 << 19).unwrap_err();
        assert_eq!(refused.code(), "body_too_large");
        let long = format!("\"{}\"", "x".repeat(1 << 19));
        assert!(parse_within(long.as_bytes(), 1 << 18).is_err());
    }

    #[test]
    fn an_object_of_many_fields_has_each_once() {
        let fields = |last: &str| -> String {
            let fields: String = (0..100).map(|i| format!("\"k{i}\":0,")).collect();
            format!("{{{fields}\"{last}\":0}}")
        };
        assert!(parse(fields("k100").as_bytes()).is_ok());
        for twice in ["k0", "k15", "k16", "k99"] {
            let refused = parse(fields(twice).as_bytes()).unwrap_err();
            assert_eq!(refused.code(), "invalid_json", "{twice}");
        }
    }
}
