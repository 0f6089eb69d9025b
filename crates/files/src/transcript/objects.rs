//! Turns as objects of JSON: a line each, or a list.

use anyhow::{anyhow, bail};
use serde_json::{Map, Value};

use super::{Line, Parsed, TranscriptLayout, Turn};

const TEXTS: &[&str] = &[
    "text",
    "content",
    "transcript",
    "sentence",
    "内容",
    "文本",
    "发言",
    "句子",
];
const SPEAKERS: &[&str] = &[
    "speaker",
    "speaker_name",
    "name",
    "user",
    "role",
    "发言人",
    "说话人",
    "姓名",
];
const TIMES: &[&str] = &[
    "time",
    "start",
    "start_time",
    "begin_time",
    "timestamp",
    "时间",
    "开始时间",
];

/// Whether a text that begins as JSON does is JSON: `[00:01] 大家好` begins so as well.
pub(super) fn is_json(lines: &[Line]) -> bool {
    let mut lines = lines.iter().map(|(_, line)| line.trim());
    let first = lines.find(|line| !line.is_empty()).unwrap_or_default();
    first.starts_with('{')
        || ["[", "[{"]
            .iter()
            .any(|begin| first == *begin || begin.len() > 1 && first.starts_with(begin))
}

/// # Errors
/// When a line is no object with a text.
pub(super) fn turns(lines: &[Line]) -> anyhow::Result<Parsed> {
    let first = lines.iter().find(|(_, line)| !line.trim().is_empty());
    let turns = match first {
        Some((number, line)) if line.trim_start().starts_with('[') => list(*number, lines)?,
        _ => {
            let said = lines.iter().filter(|(_, line)| !line.trim().is_empty());
            said.map(|(number, line)| turn(*number, parsed(*number, line)?))
                .collect::<anyhow::Result<_>>()?
        }
    };
    Ok((TranscriptLayout::Objects, Vec::new(), turns))
}

fn parsed(line: u64, text: &str) -> anyhow::Result<Value> {
    serde_json::from_str(text).map_err(|_| anyhow!("line {line} is not a JSON object"))
}

fn list(first: u64, lines: &[Line]) -> anyhow::Result<Vec<Turn>> {
    let texts: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
    let Value::Array(values) = parsed(first, &texts.join("\n"))? else {
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
        Some(Value::String(text)) => text.as_str().into(),
        Some(_) => bail!("line {line}: text is not text"),
        None => bail!("line {line} has no text"),
    };
    Ok(Turn {
        line,
        speaker: shown(&object, SPEAKERS),
        time: shown(&object, TIMES),
        text,
        object: Some(Box::new(object)),
        ..Turn::default()
    })
}

fn found<'o>(object: &'o Map<String, Value>, names: &[&str]) -> Option<&'o Value> {
    names.iter().find_map(|name| object.get(*name))
}

fn shown(object: &Map<String, Value>, names: &[&str]) -> Option<Box<str>> {
    match found(object, names)? {
        Value::String(text) => Some(text.as_str().into()),
        Value::Number(number) => Some(number.to_string().into()),
        _ => None,
    }
}
