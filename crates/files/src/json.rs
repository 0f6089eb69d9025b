//! JSON: an object or a list a line, or an array of them, perhaps in an object.

use std::io::BufRead;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use serde_json::{Map, Value};

use super::delimited::table;
use super::lines::Lines;
use super::wrapper::{self, blank};
use super::{Columns, Fault, Origin, Record, Records, Row, Taken, names};

/// A value with the line in which it begins.
type Numbered = anyhow::Result<(u64, Value)>;

/// Rows of lines that are JSON objects, or lists; empty lines are skipped.
pub(super) fn lines(reader: Box<dyn BufRead>, columns: Columns, origin: Origin) -> Records {
    let filled = |line: &anyhow::Result<(u64, String)>| !matches!(line, Ok((_, text)) if text.trim().is_empty());
    let values = Lines::new(reader).filter(filled).map(|line| {
        let (line, text) = line?;
        Ok((line, serde_json::from_str(&text).unwrap_or(Value::Null)))
    });
    of_values(values, columns, origin)
}

/// Rows of a file that is an array of objects or lists, an object that holds one, or objects one after another. It is read whole.
pub(super) fn whole(
    mut reader: Box<dyn BufRead>,
    columns: Columns,
    origin: Origin,
) -> anyhow::Result<Records> {
    let mut text = String::new();
    reader.read_to_string(&mut text)?;
    let text = text.trim_start_matches('\u{feff}');
    if let Ok(Value::Object(object)) = serde_json::from_str(text)
        && is_turned(&object, &columns)
    {
        bail!(turned());
    }
    let array = wrapper::array(text, &|value| is_row(value, &columns))?;
    let from = array.unwrap_or(text.len() - text.trim_start().len());
    let mut values = values(text, from)?;
    let is_of_lists = values.first().is_some_and(|(_, value)| is_list(value));
    if let Some(names) = array
        .and_then(|_| names_beside(text))
        .filter(|_| is_of_lists)
    {
        values.insert(0, (1, names));
    }
    Ok(of_values(values.into_iter().map(Ok), columns, origin))
}

/// The values of the array that begins `from` there, or those one after another.
fn values(text: &str, from: usize) -> anyhow::Result<Vec<(u64, Value)>> {
    let in_array = text[from..].starts_with('[');
    let mut at = from + usize::from(in_array);
    let (mut found, mut line, mut counted) = (Vec::new(), 1, 0);
    loop {
        at += blank(&text[at..], if in_array { "," } else { "" });
        line += text[counted..at].matches('\n').count() as u64;
        counted = at;
        let rest = &text[at..];
        if rest.is_empty() && !in_array || in_array && rest.starts_with(']') {
            return Ok(found);
        }
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => found.push((line, value)),
            Some(Err(error)) => bail!("the value in line {line} is not JSON: {error}"),
            None => bail!("the array has no end"),
        }
        at += values.byte_offset();
    }
}

/// The names that an object has beside its lists, as pandas writes them: `{"columns": […], "data": […]}`.
fn names_beside(text: &str) -> Option<Value> {
    let root: Value = serde_json::from_str(text).ok()?;
    let names = root.get("columns")?;
    let are_texts = names.as_array()?.iter().all(Value::is_string);
    (is_list(names) && are_texts).then(|| names.clone())
}

/// Rows of lists, which are a table, or of objects, as the first one is.
fn of_values(
    values: impl Iterator<Item = Numbered> + 'static,
    columns: Columns,
    origin: Origin,
) -> Records {
    let mut values = values.peekable();
    if matches!(values.peek(), Some(Ok((_, value))) if is_list(value)) {
        let rows = values.map(|value| {
            let (line, value) = value?;
            let cells = cells(&value).ok_or_else(|| {
                anyhow!("line {line} is no list of texts and numbers, as those above are")
            })?;
            Ok((line, cells))
        });
        return table(rows, columns, origin);
    }
    let optional = columns.chosen.iter().skip(columns.needed.len());
    Box::new(Objects {
        origin,
        is_told: !columns.of_items,
        missing: optional
            .filter(|name| !name.trim().is_empty())
            .cloned()
            .collect(),
        values,
        columns,
    })
}

/// Whether a value is a row of a table.
fn is_list(value: &Value) -> bool {
    cells(value).is_some_and(|cells| !cells.is_empty())
}

/// The cells of a list of texts, numbers and truth values.
fn cells(value: &Value) -> Option<Vec<String>> {
    let cell = |value: &Value| match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    };
    value.as_array()?.iter().map(cell).collect()
}

/// Records of objects.
struct Objects<I> {
    values: I,
    origin: Origin,
    /// What was read as what is not to be told any more.
    is_told: bool,
    columns: Columns,
    /// Optional columns that the user names and no object had so far.
    missing: Vec<String>,
}

impl<I: Iterator<Item = Numbered>> Iterator for Objects<I> {
    type Item = anyhow::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.values.next() {
            Some(Ok((line, value))) => {
                self.missing.retain(|name| value.get(name).is_none());
                if let (false, Value::Object(object)) = (self.is_told, &value) {
                    self.origin.say_taken(renamed(object, &self.columns));
                    self.is_told = true;
                }
                Some(Ok(record(value, line, &self.columns)))
            }
            Some(Err(error)) => Some(Err(error)),
            None => {
                let name = self.missing.pop()?;
                let flag = self.columns.flag;
                Some(Err(anyhow!("no object has {name}, which {flag} asks for")))
            }
        }
    }
}

/// Which keys of an object were taken for which columns, where they are not the same.
fn renamed(object: &Map<String, Value>, columns: &Columns) -> Vec<Taken> {
    let own = columns.needed.iter().chain(columns.optional);
    let keys = keys(object, columns);
    let taken = own.zip(&keys);
    let taken = taken.filter(|(column, key)| *column != key && object.contains_key(*key));
    taken
        .map(|(column, key)| Taken::named(key, column))
        .collect()
}

/// Whether a value is a row by itself: an object that has the needed columns, or what stands for one.
fn is_row(value: &Value, columns: &Columns) -> bool {
    match value {
        Value::Object(object) => {
            let keys = keys(object, columns);
            let needed = &keys[..columns.needed.len()];
            needed.iter().all(|key| object.contains_key(key))
        }
        Value::String(_) => columns.needed.len() == 1,
        other => cells(other).is_some_and(|cells| cells.len() >= columns.needed.len()),
    }
}

/// Whether an object holds all rows by their columns or by their numbers, as pandas writes them unless it is told otherwise.
fn is_turned(object: &Map<String, Value>, columns: &Columns) -> bool {
    let by_number = object
        .values()
        .all(|value| value.is_object() && is_row(value, columns));
    let keys = keys(object, columns);
    let mut needed = keys[..columns.needed.len()]
        .iter()
        .map(|key| object.get(key));
    !object.is_empty() && (by_number || needed.all(|value| value.is_some_and(Value::is_object)))
}

fn turned() -> String {
    "it holds one object of all rows, by columns or by numbers, as pandas writes them by default. Save it by rows: \
     to_json(FILE, orient=\"records\", force_ascii=False)"
        .to_owned()
}

/// The object that a text stands for where only one is needed.
fn alone(text: Value, columns: &Columns) -> Option<Map<String, Value>> {
    let is_meant = text.is_string() && columns.needed.len() == 1 && columns.chosen.is_empty();
    is_meant.then(|| std::iter::once((columns.needed[0].to_owned(), text)).collect())
}

/// A value as a record; one that is no object has a fault.
fn record(value: Value, line: u64, columns: &Columns) -> Record {
    let object = match value {
        Value::Object(object) => Some(object),
        other => alone(other, columns),
    };
    let Some(mut object) = object else {
        let told = format!("line {line} is not a JSON object");
        return faulty(told, line, columns);
    };
    if is_turned(&object, columns) {
        let told = format!("line {line}: {}", turned());
        return faulty(told, line, columns);
    }
    let keys = keys(&object, columns);
    let mut fault = None;
    let needed = columns.needed.iter().zip(&keys).map(|(&column, key)| {
        let value = object.get(key).cloned();
        let read = match columns.number == Some(column) {
            true => number(value, column, line),
            false => text_of(value, column, line),
        };
        read.unwrap_or_else(|error| {
            let is_missing = !columns.chosen.is_empty() && object.get(key).is_none();
            let told = match is_missing {
                true => absent(&object, key, line, columns.flag),
                false => error.to_string(),
            };
            fault.get_or_insert(Fault::unread(told));
            String::new()
        })
    });
    let mut cells: Vec<String> = needed.collect();
    let others = &keys[columns.needed.len()..];
    cells.extend(others.iter().map(|key| other(&object, key)));
    let further = columns.further.iter();
    cells.extend(further.map(|column| other(&object, column)));
    let values = keys
        .iter()
        .map(|key| object.remove(key).unwrap_or_default());
    let values = values.collect();
    let rest = object
        .into_iter()
        .map(|(key, value)| (Arc::from(key), value));
    Record {
        row: Row { line, cells },
        rest: rest.collect(),
        values,
        fault,
    }
}

/// That an object has no column of the user's.
fn absent(object: &Map<String, Value>, key: &str, line: u64, flag: &str) -> String {
    let names: Vec<&str> = object.keys().map(String::as_str).collect();
    format!(
        "line {line} has no {key}, which {flag} asks for; it has {}",
        names.join(", ")
    )
}

/// In the place of a value that is no row.
fn faulty(told: String, line: u64, columns: &Columns) -> Record {
    Record {
        row: Row {
            line,
            cells: vec![String::new(); columns.needed.len()],
        },
        rest: Vec::new(),
        values: Vec::new(),
        fault: Some(Fault::unread(told)),
    }
}

/// The keys of the needed and the optional columns: their own names, those that the user says, or what others call them.
fn keys(object: &Map<String, Value>, columns: &Columns) -> Vec<String> {
    let own = columns.needed.iter().chain(columns.optional);
    if !columns.chosen.is_empty() {
        let chosen = columns.chosen.iter().cloned();
        return chosen
            .chain(own.skip(columns.chosen.len()).map(ToString::to_string))
            .collect();
    }
    let given: Vec<&String> = object.keys().collect();
    let plain: Vec<String> = given.iter().map(|key| names::plain(key)).collect();
    let has_side = object.contains_key("sentence_a") || object.contains_key("sentence_b");
    let sides = names::pair(&plain, true).filter(|_| !has_side);
    let mut taken = Vec::new();
    own.map(|&column| {
        let found = match column {
            own if object.contains_key(own) => None,
            "sentence_a" => sides.map(|(a, _)| a),
            "sentence_b" => sides.map(|(_, b)| b),
            other => columns.place(&plain, other, &taken),
        };
        taken.extend(found.or_else(|| given.iter().position(|key| *key == column)));
        found.map_or(column, |place| given[place]).to_owned()
    })
    .collect()
}

fn text_of(value: Option<Value>, column: &str, line: u64) -> anyhow::Result<String> {
    match value {
        Some(Value::String(text)) => Ok(text),
        Some(_) => bail!("line {line}: {column} is not text"),
        None => bail!("line {line} has no {column}"),
    }
}

/// A number as it is written, also in quotes or as a truth value.
fn number(value: Option<Value>, column: &str, line: u64) -> anyhow::Result<String> {
    match value {
        Some(Value::String(text)) => Ok(text),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(Value::Bool(yes)) => Ok(u8::from(yes).to_string()),
        Some(_) => bail!("line {line}: {column} is neither a number nor yes or no"),
        None => bail!("line {line} has no {column}"),
    }
}

/// A text, also of an object around one: FastGPT writes `{"text": …}`.
fn text_in(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("text")?.as_str())
}

fn other(object: &Map<String, Value>, column: &str) -> String {
    match object.get(column) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        // As a cell has several texts.
        Some(Value::Array(list)) => match list.iter().map(text_in).collect::<Option<Vec<&str>>>() {
            Some(texts) => texts.join("|"),
            None => Value::from(list.clone()).to_string(),
        },
        Some(other) => other.to_string(),
    }
}
