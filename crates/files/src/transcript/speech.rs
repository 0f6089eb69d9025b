//! What services and programs made of speech, as JSON in their own forms: the remarks lie somewhere inside, under keys of their own, with times in seconds, milliseconds
//! or ticks. Programs that write a plain list of remarks, such as Whisper, are read as [`objects`](super::objects) are.

mod forms;
mod funasr;
mod xfyun;

use anyhow::bail;
use serde_json::{Map, Value};

use self::forms::FORMS;

type Object = Map<String, Value>;

/// What times are told in.
const MILLISECOND: f64 = 1.0;

/// How deep the list of remarks may lie.
const DEEPEST: usize = 5;

/// The remarks of a recording.
#[derive(Debug)]
pub(super) struct Speech {
    /// Who made them of it.
    pub(super) of: &'static str,
    pub(super) said: Vec<Said>,
}

/// A remark.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Said {
    speaker: Option<String>,
    /// Milliseconds from the beginning.
    start: Option<f64>,
    text: String,
}

/// The remarks in a value; `None`: it is none of the known forms.
///
/// # Errors
/// When it is of a known form and has no remarks, but one text of all of the recording.
pub(super) fn read(value: &Value) -> anyhow::Result<Option<Speech>> {
    if let Some(said) = funasr::said(value) {
        let of = "FunASR";
        return Ok(Some(Speech { of, said }));
    }
    let Some(object) = value.as_object() else {
        return Ok(None);
    };
    for form in FORMS {
        if let Some(around) = around(object, form.is, 0) {
            let said = form.said.read(around)?.into_iter();
            let said = said.filter(Said::is_something).collect();
            return Ok(Some(Speech { of: form.of, said }));
        }
    }
    Ok(None)
}

/// Checks that a value, which is all of a file, is no text with its words of which nothing says where one remark ends.
///
/// # Errors
/// When it is.
pub(super) fn check_whole(value: &Value) -> anyhow::Result<()> {
    match value.as_object().is_some_and(is_of_words) {
        true => bail!(
            "it has one text of the whole recording and its words, and no list of remarks. Ask the program for segments, utterances or speakers, or write the remarks as objects with text, speaker and time"
        ),
        false => Ok(()),
    }
}

/// The object that is of a form, in this one or in those inside.
fn around(object: &Object, is: fn(&Object) -> bool, depth: usize) -> Option<&Object> {
    if is(object) {
        return Some(object);
    }
    // What says something by itself is a remark, whatever else it has.
    if depth == DEEPEST || object.get("text").is_some_and(Value::is_string) {
        return None;
    }
    let inner = object.values().filter_map(|value| match value {
        Value::Object(inner) => Some(inner),
        Value::Array(list) if list.len() == 1 => list[0].as_object(),
        _ => None,
    });
    inner
        .into_iter()
        .find_map(|inner| around(inner, is, depth + 1))
}

/// Whether an object is a text with its words.
fn is_of_words(object: &Object) -> bool {
    let words = list(object, "words");
    let are_words = words.first().is_some_and(|word| {
        let has = |key| word.get(key).is_some();
        has("start") && (has("text") || has("word"))
    });
    object.get("text").is_some_and(Value::is_string) && are_words && words.len() > 1
}

impl Said {
    fn of(speaker: Option<&Value>, start: Option<f64>, text: &str) -> Self {
        let speaker = speaker.and_then(|speaker| match speaker {
            Value::String(name) => Some(name.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        Self {
            speaker: speaker.filter(|name| !name.is_empty()),
            start,
            text: text.trim().to_owned(),
        }
    }

    fn is_something(&self) -> bool {
        !self.text.is_empty()
    }

    /// As an object with its speaker, its time and its text.
    pub(super) fn into_object(self) -> Map<String, Value> {
        let time = self.start.map(shown);
        let fields = [
            ("speaker", self.speaker),
            ("time", time),
            ("text", Some(self.text)),
        ];
        let fields = fields
            .into_iter()
            .filter_map(|(name, text)| Some((name, text?)));
        fields
            .map(|(name, text)| (name.to_owned(), Value::from(text)))
            .collect()
    }
}

/// Milliseconds as a time, `00:01:20.500`.
fn shown(milliseconds: f64) -> String {
    // Where the sum of a float is not whole, it is so by rounding.
    let all = milliseconds.max(0.0).round() as u64;
    let (seconds, thousandths) = (all / 1_000, all % 1_000);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{thousandths:03}")
}

/// Whether the first object of the list under a key has another key.
fn has_inside(object: &Object, key: &str, inner: &str) -> bool {
    let first = list(object, key).first();
    first.is_some_and(|first| first.get(inner).is_some())
}

/// The list under a key; an empty one where there is none.
fn list<'o>(object: &'o Map<String, Value>, key: &str) -> &'o [Value] {
    let list = object.get(key).and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default()
}

/// What the list under a key of a value holds.
fn each<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    let list = value.get(key).and_then(Value::as_array);
    list.into_iter().flatten()
}

/// The text under a key; an empty one where there is none.
fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A moment in milliseconds, of which a unit of the number has so many: `1.2`, `"1.2"`, `"1.2s"`, or by itself `"PT1M2.5S"`.
fn moment(value: Option<&Value>, unit: f64) -> Option<f64> {
    match value? {
        Value::Number(number) => Some(number.as_f64()? * unit),
        Value::String(text) => match text.strip_prefix("PT") {
            Some(duration) => duration_of(duration),
            None => {
                let number = text.trim_end_matches('s').parse::<f64>().ok()?;
                Some(number * unit)
            }
        },
        _ => None,
    }
}

/// `1H2M3.5S` in milliseconds.
fn duration_of(text: &str) -> Option<f64> {
    let (mut rest, mut all) = (text, 0.0);
    while let Some(end) = rest.find(|c: char| c.is_ascii_alphabetic()) {
        let number: f64 = rest[..end].parse().ok()?;
        all += number
            * match &rest[end..=end] {
                "H" => 3_600_000.0,
                "M" => 60_000.0,
                "S" => 1_000.0,
                _ => return None,
            };
        rest = &rest[end + 1..];
    }
    rest.is_empty().then_some(all)
}

/// Words one behind the other, with a blank between two that are in letters and have none.
fn joined<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut text = String::new();
    let is_letter = |c: char| c.is_ascii_alphanumeric();
    for word in words {
        let goes_on = text.ends_with(|c: char| is_letter(c) || ",.?!;:".contains(c));
        if goes_on && word.starts_with(is_letter) {
            text.push(' ');
        }
        text += word;
    }
    text
}

#[cfg(test)]
mod tests;
