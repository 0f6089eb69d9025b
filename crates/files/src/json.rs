//! JSON: an object or a list a line, or an array of them, perhaps in an object.

mod lists;
mod strict;
mod values;

use std::io::BufRead;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use serde_json::{Map, Value};

use self::lists::{cells, is_list};
use self::strict::{Strict, why};
use self::values::{Cursor, values};
use super::lines::Lines;
use super::wrapper;
use super::{
    ColumnNames, Columns, Fault, Origin, Record, Records, Row, Taken, halves, names, unclear,
};

/// Bytes that values take, by the signs that begin or part them: objects with their keys, further keys, and what stands in lists.
const OF_OBJECT: usize = 768;
const OF_KEY: usize = 96;
const OF_VALUE: usize = 48;

/// What the values of a text take, about, and the text itself beside them. An object of a few bytes takes a hundred times as much, and long texts twice.
pub(crate) fn kept(text: &[u8]) -> usize {
    let signs = text.iter().map(|byte| match byte {
        b'{' => OF_OBJECT,
        b':' => OF_KEY,
        b',' | b'[' => OF_VALUE,
        _ => 0,
    });
    2 * text.len() + signs.sum::<usize>()
}

/// A value with the line in which it begins, or what stands there in its place.
type Numbered = anyhow::Result<(u64, Result<Value, Unread>)>;

/// A line that is no value.
struct Unread {
    /// Why.
    told: String,
    text: String,
}

/// What refused rows of no columns have: the line as it is.
const LINE: &str = "line";

/// Rows of lines that are JSON objects, or lists; empty lines are skipped.
pub(super) fn lines(reader: Box<dyn BufRead>, columns: Columns, origin: Origin) -> Records {
    let filled = |line: &anyhow::Result<(u64, String)>| !matches!(line, Ok((_, text)) if text.trim().is_empty());
    let mut is_told = false;
    let told = origin.clone();
    let values = Lines::new(reader).filter(filled).map(move |line| {
        let (line, mut text) = line?;
        if let Some((whole, _)) = halves::replaced(&text) {
            if !std::mem::replace(&mut is_told, true) {
                tell_half(&told, line);
            }
            text = whole;
        }
        let read = serde_json::from_str(&text).map(|Strict(value)| value);
        let unread = |error| Unread {
            told: why(&error, line),
            text,
        };
        Ok((line, read.map_err(unread)))
    });
    of_values(values, columns, origin)
}

/// Rows of a file that is an array of objects or lists, an object that holds one, or such values one after another. It is read whole.
pub(super) fn whole(
    mut reader: Box<dyn BufRead>,
    columns: Columns,
    origin: Origin,
) -> anyhow::Result<Records> {
    let mut text = String::new();
    reader.read_to_string(&mut text)?;
    if let Some((whole, first)) = halves::replaced(&text) {
        tell_half(&origin, values::line_of(&text, first));
        text = whole;
    }
    let text = text.trim_start_matches('\u{feff}');
    let root: Option<Value> = serde_json::from_str(text).ok();
    if let Some(Value::Object(object)) = &root
        && is_turned(object, &columns)
    {
        bail!(turned());
    }
    let Some(array) = wrapper::array(text, &|value| is_row(value, &columns))? else {
        let values = values(text, root.is_none(), &columns)?;
        return Ok(of_values(values.into_iter().map(read), columns, origin));
    };
    if !array.others.is_empty() {
        let (name, list, others) = (&origin.name, &array.name, array.others.join(", "));
        origin.say(format!(
            "{name} is read from its list {list}, and not from {others}."
        ));
    }
    let mut values = Cursor::at(text, array.place).array()?;
    let is_of_lists = values.first().is_some_and(|(_, value)| is_list(value));
    if let Some(names) = names_beside(root.as_ref()).filter(|_| is_of_lists) {
        values.insert(0, (1, names));
    }
    Ok(of_values(values.into_iter().map(read), columns, origin))
}

fn read((line, value): (u64, Value)) -> Numbered {
    Ok((line, Ok(value)))
}

fn tell_half(origin: &Origin, line: u64) {
    let name = &origin.name;
    origin.say(format!(
        "{name}: line {line} has half a character, a surrogate without its other half, which is read as U+FFFD."
    ));
}

/// The names that an object has beside its lists, as pandas writes them: `{"columns": […], "data": […]}`.
fn names_beside(root: Option<&Value>) -> Option<Value> {
    let names = root?.get("columns")?;
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
    if matches!(values.peek(), Some(Ok((_, Ok(value)))) if is_list(value)) {
        return lists::rows(values, columns, origin);
    }
    let optional = columns.chosen.iter().skip(columns.needed.len());
    Box::new(Objects {
        origin,
        known: None,
        told: Vec::new(),
        missing: optional
            .filter(|name| !name.trim().is_empty())
            .cloned()
            .collect(),
        values,
        columns,
    })
}

/// Records of objects.
struct Objects<I> {
    values: I,
    origin: Origin,
    /// Those of the last object.
    known: Option<Known>,
    /// What was said of keys that were taken for columns.
    told: Vec<Vec<Taken>>,
    columns: Columns,
    /// Optional columns that the user names and no object had so far.
    missing: Vec<String>,
}

/// Keys of an object.
struct Known {
    /// All of them.
    given: Vec<String>,
    /// Those of the needed and the optional columns.
    keys: Arc<[String]>,
}

/// Different keys in one file that are told.
const MOST_TOLD: usize = 5;

impl<I> Objects<I> {
    fn record(&mut self, line: u64, value: Result<Value, Unread>) -> anyhow::Result<Record> {
        let value = match value {
            Ok(value) => value,
            Err(Unread { told, text }) => {
                return Ok(faulty(told, (line, text.into()), &self.columns));
            }
        };
        let object = match value {
            Value::Object(object) => object,
            other => match alone(&other, &self.columns) {
                Some(object) => object,
                None => {
                    let told = format!("line {line} is not a JSON object");
                    return Ok(faulty(told, (line, other), &self.columns));
                }
            },
        };
        if is_turned(&object, &self.columns) {
            let told = format!("line {line}: {}", turned());
            return Ok(faulty(told, (line, object.into()), &self.columns));
        }
        let keys = self.keys(line, &object)?;
        Ok(record(object, &keys, line, &self.columns))
    }

    /// The keys of an object, which mostly are those of the one above; says what they were taken for.
    fn keys(&mut self, line: u64, object: &Map<String, Value>) -> anyhow::Result<Arc<[String]>> {
        if let Some(known) = &self.known
            && known.given.iter().eq(object.keys())
        {
            return Ok(Arc::clone(&known.keys));
        }
        let keys: Arc<[String]> = keys(object, &self.columns).into();
        let given: Vec<String> = object.keys().cloned().collect();
        let needed = keys.iter().take(self.columns.needed.len());
        let places = needed.map(|key| given.iter().position(|other| other == key));
        if let Some(places) = places.collect::<Option<Vec<usize>>>()
            && self.columns.chosen.is_empty()
        {
            unclear::check(line, &given, &self.columns, &places)?;
        }
        let taken = renamed(object, &keys, &self.columns);
        if !self.told.contains(&taken) && self.told.len() < MOST_TOLD {
            self.origin.say_taken(taken.clone());
            self.told.push(taken);
        }
        let known = Known {
            given,
            keys: Arc::clone(&keys),
        };
        self.known = Some(known);
        Ok(keys)
    }
}

impl<I: Iterator<Item = Numbered>> Iterator for Objects<I> {
    type Item = anyhow::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.values.next() {
            Some(Ok((line, value))) => {
                let has =
                    |name: &String| value.as_ref().is_ok_and(|value| value.get(name).is_some());
                self.missing.retain(|name| !has(name));
                Some(self.record(line, value))
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
fn renamed(object: &Map<String, Value>, keys: &[String], columns: &Columns) -> Vec<Taken> {
    let own = columns.needed.iter().chain(columns.optional);
    let taken = own.zip(keys).filter(|_| columns.chosen.is_empty());
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
fn alone(text: &Value, columns: &Columns) -> Option<Map<String, Value>> {
    let is_meant = text.is_string() && columns.needed.len() == 1 && columns.chosen.is_empty();
    is_meant.then(|| std::iter::once((columns.needed[0].to_owned(), text.clone())).collect())
}

/// An object as a record.
fn record(mut object: Map<String, Value>, keys: &[String], line: u64, columns: &Columns) -> Record {
    let mut fault = None;
    let needed = columns.needed.iter().zip(keys).map(|(&column, key)| {
        let value = object.get(key);
        let read = match columns.number == Some(column) {
            true => number(value.cloned(), column, line).map_err(|error| error.to_string()),
            false => text_of(value, column)
                .ok_or_else(|| no_text(&object, key, (column, columns.flag), line)),
        };
        read.unwrap_or_else(|told| {
            let is_missing = !columns.chosen.is_empty() && value.is_none();
            let told = match is_missing {
                true => absent(&object, key, line, columns.flag),
                false => told,
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
    let values = keys.iter().map(|key| {
        let value = object.remove(key).unwrap_or_default();
        let is_one = columns.of_items && value.is_string() && names::is_summary(&names::plain(key));
        // However many marks there are in it, a summary is one text.
        if is_one {
            Value::Array(vec![value])
        } else {
            value
        }
    });
    let values = values.collect();
    let rest = object
        .into_iter()
        .map(|(key, value)| (Arc::from(key), value));
    Record {
        row: Row { line, cells },
        rest: rest.collect(),
        columns: ColumnNames::default(),
        values,
        has: Arc::default(),
        fault,
    }
}

/// That an object has no column of the user's.
fn absent(object: &Map<String, Value>, key: &str, line: u64, flag: &str) -> String {
    let names = names_of(object);
    format!("line {line} has no {key}, which {flag} asks for; it has {names}")
}

fn names_of(object: &Map<String, Value>) -> String {
    let names: Vec<&str> = object.keys().map(String::as_str).collect();
    names.join(", ")
}

/// In the place of what is no row.
fn faulty(told: String, (line, content): (u64, Value), columns: &Columns) -> Record {
    Record {
        rest: vec![(LINE.into(), content)],
        fault: Some(Fault::unread(told)),
        ..Record::of_cells(line, vec![String::new(); columns.needed.len()])
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

/// Columns of ids, which many write as whole numbers.
const IDS: [&str; 2] = ["user", "item"];

fn text_of(value: Option<&Value>, column: &str) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(id) if IDS.contains(&column) && !id.is_f64() => Some(id.to_string()),
        _ => None,
    }
}

/// Why an object has no text under a key.
fn no_text(
    object: &Map<String, Value>,
    key: &str,
    (column, flag): (&str, &str),
    line: u64,
) -> String {
    let value = object.get(key);
    let is_meant = |name: &str| value.is_none() || name == key;
    let mut fields = object.iter();
    if let Some((name, _)) = fields.find(|(name, value)| is_meant(name) && is_chat(value)) {
        return format!(
            "line {line}: {name} is a chat of several messages, and no text. Write the one that is meant to a field {column}"
        );
    }
    match value {
        None if object.is_empty() => format!("line {line} has no {column}"),
        None => format!(
            "line {line} has no {column}; it has {}. Where it is called otherwise, {flag} says how",
            names_of(object)
        ),
        Some(_) if key == column => format!("line {line}: {column} is not text"),
        Some(_) => format!("line {line}: {key}, which is read as {column}, is not text"),
    }
}

/// Whether a value is a chat as sets for training have them: `[{"role": "user", "content": "…"}, …]`.
fn is_chat(value: &Value) -> bool {
    let first = value.as_array().and_then(|list| list.first());
    let has = |names: [&str; 2]| {
        first.is_some_and(|first| names.iter().any(|name| first.get(name).is_some()))
    };
    has(["role", "from"]) && has(["content", "value"])
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

#[cfg(test)]
mod tests;
