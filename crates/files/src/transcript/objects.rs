//! Turns as objects of JSON: a line each, a list, or a list in an object, as programs for speech write it.

use std::collections::HashSet;

use anyhow::{anyhow, bail};
use serde_json::{Map, Value};

use super::fields::{SPEAKERS, TEXTS, TIMES};
use super::object::Object;
use super::speech::{self, Speech};
use super::{Line, Parsed, TranscriptLayout, Turn};
use crate::json;
use crate::names::plain;

/// Keys of the list of turns in an object: Whisper's, whisper.cpp's, AssemblyAI's, FunASR's, transformers' and others'.
const LISTS: &[&str] = &[
    "segments",
    "transcription",
    "utterances",
    "sentences",
    "sentence_info",
    "chunks",
    "turns",
    "items",
    "发言记录",
];

/// What stands around objects.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Around {
    /// A line each.
    #[default]
    Lines,
    /// A list.
    List,
    /// An object with more, and the key of its list.
    Object(Map<String, Value>, &'static str),
}

/// What reading a text as JSON keeps, about: its values, as they are read and as turns, and all of the text in one piece.
pub(super) fn kept(all: &[Line]) -> usize {
    let lines = all.iter().map(|(_, line)| json::kept(line.as_bytes()));
    lines.sum()
}

/// Whether a text that begins as JSON does is JSON: `[00:01] 大家好` begins so as well.
pub(super) fn is_json(all: &[Line]) -> bool {
    let mut lines = all.iter().map(|(_, line)| line.trim());
    let first = lines.find(|line| !line.is_empty()).unwrap_or_default();
    let is_begun = first.starts_with('{')
        || ["[", "[{"]
            .iter()
            .any(|begin| first == *begin || begin.len() > 1 && first.starts_with(begin));
    // A bracket may stand around a name or a time.
    let is_of_others = ["[\"", "[["].iter().any(|begin| first.starts_with(begin));
    is_begun || is_of_others && whole(1, all).is_ok()
}

/// # Errors
/// When a line is no object with a text, or it is JSON in which no remarks are known.
pub(super) fn turns(lines: &[Line]) -> anyhow::Result<Parsed> {
    if let Some(parsed) = of_speech(lines)? {
        return Ok(parsed);
    }
    let mut said = lines.iter().filter(|(_, line)| !line.trim().is_empty());
    let (first, line) = said.next().map_or((1, ""), |(n, line)| (*n, line.as_str()));
    let (around, turns) = match line.trim_start().starts_with('[') {
        true => (Around::List, list(first, whole(first, lines)?)?),
        false => match document(first, line, lines) {
            Some((object, key, values)) => (Around::Object(object, key), list(first, values)?),
            None => {
                let said = lines.iter().filter(|(_, line)| !line.trim().is_empty());
                let turns = said.map(|(number, line)| turn(*number, parsed(*number, line)?));
                let turns: anyhow::Result<Vec<Turn>> = turns.collect();
                (
                    Around::Lines,
                    turns.map_err(|error| unknown(first, lines, error))?,
                )
            }
        },
    };
    Ok(Parsed {
        layout: TranscriptLayout::Objects,
        turns: without_marks(turns),
        around,
        ..Parsed::default()
    })
}

/// The remarks that a service made of speech, as objects of a list; `None`: it is no such result.
///
/// # Errors
/// When it is one without remarks.
fn of_speech(lines: &[Line]) -> anyhow::Result<Option<Parsed>> {
    let mut filled = lines.iter().filter(|(_, line)| !line.trim().is_empty());
    let (number, first) = filled
        .next()
        .map_or((1, ""), |(n, line)| (*n, line.as_str()));
    // A line each is by far the commonest.
    let alone = serde_json::from_str::<Value>(first).ok();
    let are_lines = alone.is_some() && filled.next().is_some();
    let Some(value) = alone
        .or_else(|| whole(number, lines).ok())
        .filter(|value| !has_list(value))
    else {
        return Ok(None);
    };
    let Some(Speech { of, mut said }) = speech::read(&value)? else {
        if !are_lines {
            speech::check_whole(&value)?;
        }
        return Ok(None);
    };
    if are_lines {
        let filled = lines.iter().filter(|(_, line)| !line.trim().is_empty());
        for (number, line) in filled.skip(1) {
            let Some(more) = speech::read(&parsed(*number, line)?)? else {
                bail!("line {number} is no result of {of}, as those above are");
            };
            said.extend(more.said);
        }
    }
    let objects = said
        .into_iter()
        .map(|said| Value::Object(said.into_object()));
    Ok(Some(Parsed {
        layout: TranscriptLayout::Objects,
        turns: list(1, Value::Array(objects.collect()))?,
        around: Around::List,
        service: Some(of),
        ..Parsed::default()
    }))
}

/// Whether an object has a list of remarks as programs write it that is written back as it is.
fn has_list(value: &Value) -> bool {
    LISTS.iter().any(|key| {
        let list = value.get(*key).and_then(Value::as_array);
        let first = list.and_then(|list| list.first());
        // 火山引擎 says who speaks in an object of its own.
        first.is_some_and(|first| first.get("additions").is_none())
    })
}

/// Why nothing is read of lines, of which all may be one value of JSON in which no list of remarks is known.
fn unknown(first: u64, lines: &[Line], error: anyhow::Error) -> anyhow::Error {
    let is_one = || whole(first, lines).is_ok_and(|value| value.get("text").is_none());
    match is_one() {
        true => anyhow!(
            "it is JSON in which no list of remarks is known. Write them as a list of objects with text, speaker and time, or a line each"
        ),
        false => error,
    }
}

/// The object that is all of the text, without its list of turns; `None`: the text is none.
fn document(
    number: u64,
    first: &str,
    lines: &[Line],
) -> Option<(Map<String, Value>, &'static str, Value)> {
    // A line each is by far the commonest, and may be long.
    if let Ok(Value::Object(object)) = serde_json::from_str::<Value>(first)
        && !LISTS.iter().any(|key| object.contains_key(*key))
    {
        return None;
    }
    let Ok(Value::Object(mut object)) = whole(number, lines) else {
        return None;
    };
    let is_list = |key: &&&str| object.get(**key).is_some_and(Value::is_array);
    let key = *LISTS.iter().find(is_list)?;
    let values = object.get_mut(key).map(Value::take)?;
    Some((object, key, values))
}

fn whole(first: u64, lines: &[Line]) -> anyhow::Result<Value> {
    let texts: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
    parsed(first, &texts.join("\n"))
}

fn parsed(line: u64, text: &str) -> anyhow::Result<Value> {
    serde_json::from_str(text).map_err(|_| anyhow!("line {line} is not a JSON object"))
}

fn list(first: u64, values: Value) -> anyhow::Result<Vec<Turn>> {
    let Value::Array(values) = values else {
        bail!("line {first} is not a JSON object");
    };
    let numbered = (first..).zip(values);
    numbered
        .map(|(number, value)| turn(number, value))
        .collect()
}

fn turn(line: u64, value: Value) -> anyhow::Result<Turn> {
    let Value::Object(object) = value else {
        bail!("line {line} is not a JSON object");
    };
    let text = match found(&object, TEXTS) {
        Some(Value::String(text)) => text.trim().into(),
        Some(_) => bail!("line {line}: text is not text"),
        None => bail!("line {line} has no text"),
    };
    Ok(Turn {
        line,
        speaker: shown(&object, SPEAKERS),
        time: of_words(&object).or_else(|| shown(&object, TIMES)),
        text,
        object: Some(Object::of(object)),
        ..Turn::default()
    })
}

/// When a sentence of FunASR starts, where its first word tells that: some versions write the start of the last one beside it.
fn of_words(object: &Map<String, Value>) -> Option<Box<str>> {
    let first = object.get("timestamp")?.pointer("/0/0")?;
    let is_earlier = first.as_f64() < object.get("start").and_then(Value::as_f64);
    let is_alone = !object.contains_key("start") && first.is_number();
    (is_earlier || is_alone).then(|| first.to_string().into())
}

/// The value of the first of these plain names that an object has.
fn found<'o>(object: &'o Map<String, Value>, names: &[&str]) -> Option<&'o Value> {
    let exact = names.iter().find_map(|name| object.get(*name));
    exact.or_else(|| {
        let keys: Vec<(String, &Value)> = object.iter().map(|(key, v)| (plain(key), v)).collect();
        let named = |name: &&str| keys.iter().find(|(key, _)| key == *name);
        names.iter().find_map(named).map(|(_, value)| *value)
    })
}

fn shown(object: &Map<String, Value>, names: &[&str]) -> Option<Box<str>> {
    match found(object, names)? {
        Value::String(text) => Some(text.as_str().into()),
        Value::Number(number) => Some(number.to_string().into()),
        // whisper.cpp's.
        Value::Object(times) => shown(times, &["from"]),
        // That of transformers: the start and the end.
        Value::Array(times) => times
            .first()
            .filter(|time| time.is_number())
            .map(|time| time.to_string().into()),
        _ => None,
    }
}

/// Turns without what a run before said of them, which is said anew. Who agreed with or repeated what is left out of merged minutes is told nowhere
/// else, and stays.
fn without_marks(mut turns: Vec<Turn>) -> Vec<Turn> {
    let number = |object: &Object, key: &str| object.get(key).and_then(Value::as_u64);
    let objects = turns.iter().filter_map(|turn| turn.object.as_ref());
    let answered: HashSet<u64> = objects
        .filter_map(|object| number(object, "vote_for"))
        .collect();
    for (place, turn) in (0u64..).zip(&mut turns) {
        let Some(object) = &mut turn.object else {
            continue;
        };
        let is_member = number(object, "of").is_some() || number(object, "of_against").is_some();
        let is_marked = object.get("repeat").is_some_and(Value::is_boolean)
            && object.get("similarity").is_some_and(Value::is_number);
        if is_member && is_marked {
            object.remove(&["of", "of_against", "similarity", "repeat", "held_back"]);
        }
        for key in ["vote_for", "vote_for_against"] {
            if number(object, key).is_some() {
                object.remove(&[key]);
            }
        }
        if answered.contains(&place) && object.get("votes").is_some_and(Value::is_array) {
            object.remove(&["votes", "voters"]);
        }
    }
    turns
}

/// Lists of those who said so too or agreed, which go on from run to run.
const NAMED: [&str; 3] = ["repeat_speakers", TIMES_OF_REPEATS, "voters"];

/// The list of them in which one may stand twice.
const TIMES_OF_REPEATS: &str = "repeat_times";

/// Adds whom an earlier run named in an object that is left out to that of the turn which stands for it.
pub(super) fn inherit(object: &mut Map<String, Value>, left_out: &Object) {
    let named = NAMED
        .iter()
        .filter_map(|key| Some((*key, left_out.get(key)?)));
    add(object, named.filter(|(_, list)| list.is_array()));
}

/// Adds what is said of a turn to its object. Names and times of those who said so before stay in front of the new ones.
pub(super) fn add<'f>(
    object: &mut Map<String, Value>,
    fields: impl Iterator<Item = (&'static str, &'f Value)>,
) {
    for (key, value) in fields {
        let known = match NAMED.contains(&key) {
            true => object.remove(key),
            false => None,
        };
        let value = match (known, value) {
            (Some(Value::Array(mut known)), Value::Array(new)) => {
                let is_of_times = key == TIMES_OF_REPEATS;
                let new = new
                    .iter()
                    .filter(|value| is_of_times || !known.contains(value));
                let new: Vec<Value> = new.cloned().collect();
                known.extend(new);
                Value::Array(known)
            }
            _ => value.clone(),
        };
        object.insert(key.to_owned(), value);
    }
}

/// The bytes of a file of these objects, with what stood around them. The text of the whole, where the object has one, is that of its turns.
///
/// # Errors
/// When they cannot be written.
pub(super) fn written(
    objects: impl Iterator<Item = Map<String, Value>>,
    around: &Around,
) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match around {
        Around::Lines => {
            // One at a time: of a million lines copies would take more memory than all else.
            for object in objects {
                serde_json::to_writer(&mut bytes, &object)?;
                bytes.push(b'\n');
            }
            return Ok(bytes);
        }
        Around::List => serde_json::to_writer_pretty(&mut bytes, &objects.collect::<Vec<_>>())?,
        Around::Object(object, key) => {
            let objects: Vec<Map<String, Value>> = objects.collect();
            let mut object = object.clone();
            if let Some(Value::String(text)) = object.get_mut("text") {
                let texts = objects
                    .iter()
                    .filter_map(|turn| found(turn, TEXTS)?.as_str());
                *text = texts.collect();
            }
            let list = objects.into_iter().map(Value::Object).collect();
            object.insert((*key).to_owned(), Value::Array(list));
            serde_json::to_writer_pretty(&mut bytes, &object)?;
        }
    }
    bytes.push(b'\n');
    Ok(bytes)
}
