//! Which columns a table of items has, and what stands in them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::{anyhow, bail};
use serde_json::{Map, Value};
use yuyi_language::is_blank;
use yuyi_store::{Field, FieldType, Item};

use super::TableKind;
use crate::cell::several;
use crate::delimited::name_of_one;
use crate::fault;
use crate::items::PAYLOAD;
use crate::items::cells::{self, words_of};
use crate::names;

/// Fields of items in the order in which a person reads them. Those behind the third have a column only where some item needs it.
const FIELDS: [&str; 13] = [
    "id",
    "text",
    "answer",
    "wordings",
    "category",
    "not_words",
    "related",
    "enabled",
    "valid_from",
    "valid_until",
    "threshold",
    "reject",
    "time",
];

/// The place of the wordings among them.
const WORDINGS: usize = 3;

/// And that of the time.
const TIME: usize = 12;

/// Those that are there in any case: columns of the payload could be taken for them.
const ALWAYS: usize = 4;

/// The columns of a table.
pub(super) struct Shape {
    kind: TableKind,
    declared: Vec<Field>,
    /// Which of the fields some item has.
    used: [bool; FIELDS.len()],
    /// Most wordings of an item.
    wordings: usize,
    /// Wordings have columns of their own, since some hold what would separate them in one.
    is_split: bool,
    /// Names of the payload, and whether their cells are read as what they were written from.
    names: BTreeMap<String, bool>,
}

impl Shape {
    pub(super) fn new(kind: TableKind, declared: Vec<Field>) -> Self {
        Self {
            kind,
            declared,
            used: std::array::from_fn(|i| i < ALWAYS),
            wordings: 0,
            is_split: false,
            names: BTreeMap::new(),
        }
    }

    /// Takes notice of an item.
    ///
    /// # Errors
    /// When its fields would not be read back as they are.
    pub(super) fn see(&mut self, item: &Item) -> anyhow::Result<()> {
        let item = plain(item);
        let cells = fields(&item, self.kind);
        self.check(&item, &cells)?;
        for (used, cell) in self.used.iter_mut().zip(&cells) {
            *used |= !cell.is_empty();
        }
        self.wordings = self.wordings.max(item.wordings.len());
        let wordings = several(&cells[WORDINGS]);
        self.is_split |= !wordings.eq(item.wordings.iter().cloned());
        for (name, value) in &item.payload {
            // Beside a column of times nothing else is read as one.
            self.used[TIME] |= names::published(&names::plain(name)).is_some();
            let is_read = self.is_read(name, value);
            *self.names.entry(name.clone()).or_insert(true) &= is_read;
        }
        Ok(())
    }

    /// That the cells are read as the item, but for its wordings and its payload.
    fn check(&self, item: &Item, cells: &[String; FIELDS.len()]) -> anyhow::Result<()> {
        let wrong = |field: &str| {
            anyhow!(
                "The {field} of the item {:?} would not be given back by a table as it is. Export it as JSONL.",
                item.id
            )
        };
        let texts = item.wordings.iter().chain(cells);
        let ends = |text: &str| text.contains('\n') || text.contains('\t');
        if self.kind == TableKind::Tsv && texts.clone().any(|text| ends(text)) {
            bail!(
                "The item {:?} has a text with a tab or the end of a line, for which TSV has no place. Export it as CSV, XLSX or JSONL.",
                item.id
            );
        }
        if let Some(field) = (0..ALWAYS).find(|&i| fault::is_failure(&cells[i])) {
            return Err(wrong(FIELDS[field]));
        }
        if fault::is_list(&cells[1]) {
            return Err(wrong("text"));
        }
        let cell = |field: &&str| {
            let place = FIELDS.iter().position(|other| other == field);
            place.map_or(String::new(), |place| cells[place].clone())
        };
        let row: Vec<String> = crate::items::fields().map(|field| cell(&field)).collect();
        let read = cells::item(&row).map_err(|error| wrong(&error.to_string()))?;
        let read = Item {
            wordings: item.wordings.clone(),
            payload: item.payload.clone(),
            ..read
        };
        match read == *item {
            true => Ok(()),
            false => {
                let (read, cells) = (fields(&read, self.kind), cells.iter());
                let mut all = FIELDS.iter().zip(cells.zip(&read));
                let changed = all.find(|(_, (cell, read))| cell != read);
                Err(wrong(changed.map_or("text", |(field, _)| field)))
            }
        }
    }

    /// Whether a value of the payload is read back from a column of this name.
    fn is_read(&self, name: &str, value: &Value) -> bool {
        let plain_name = names::plain(name);
        let lower = name.to_lowercase();
        let is_taken = FIELDS.contains(&lower.as_str())
            || [PAYLOAD, "vector", "vectors", names::VALIDITY].contains(&lower.as_str())
            || names::field(&plain_name).is_some()
            || names::Wordings::of(&["q", "a", &plain_name].map(str::to_owned)).has(2);
        let is_name =
            !plain_name.is_empty() && name == name.trim() && !name.contains(['\r', '\n', '\t']);
        let mut declared = self.declared.iter();
        let declared = declared
            .find(|field| field.name == name)
            .map(|field| field.kind);
        is_name && !is_taken && is_read_as(value, declared, self.kind)
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> Vec<Cow<'static, str>> {
        let mut names: Vec<Cow<'static, str>> = Vec::new();
        for (i, field) in FIELDS
            .into_iter()
            .enumerate()
            .filter(|(i, _)| self.used[*i])
        {
            match (i, self.is_split) {
                (WORDINGS, true) => {
                    names.extend((1..=self.wordings).map(|number| name_of_one(number).into()));
                }
                _ => names.push(field.into()),
            }
        }
        names.extend(self.columns().map(|name| name.to_owned().into()));
        names.extend(self.has_rest().then_some(PAYLOAD.into()));
        names
    }

    /// Names of the payload that have a column: of two that differ in large and small letters none.
    fn columns(&self) -> impl Iterator<Item = &str> {
        let lower = |name: &str| name.trim().to_lowercase();
        let (mut seen, mut twice) = (BTreeSet::new(), BTreeSet::new());
        for name in self.names.keys() {
            if !seen.insert(lower(name)) {
                twice.insert(lower(name));
            }
        }
        let read = self.names.iter().filter(|(_, is_read)| **is_read);
        let names = read.map(|(name, _)| name.as_str());
        names.filter(move |name| !twice.contains(&lower(name)))
    }

    fn has_rest(&self) -> bool {
        self.columns().count() < self.names.len()
    }

    /// The cells of an item, in the order of the names.
    ///
    /// # Errors
    /// When there is no place for something that it has.
    pub(super) fn cells(&self, item: &Item) -> anyhow::Result<Vec<Cow<'static, str>>> {
        let item = plain(item);
        let all = fields(&item, self.kind);
        self.check(&item, &all)?;
        let mut cells: Vec<Cow<'static, str>> = Vec::new();
        let is_lost = |i: usize| !self.used[i] && !all[i].is_empty();
        let mut is_changed = (0..all.len()).any(is_lost) || item.wordings.len() > self.wordings;
        is_changed |= !self.is_split && !several(&all[WORDINGS]).eq(item.wordings.iter().cloned());
        for (i, cell) in all.into_iter().enumerate().filter(|(i, _)| self.used[*i]) {
            match (i, self.is_split) {
                (WORDINGS, true) => {
                    let empty = std::iter::repeat_n(String::new(), self.wordings);
                    let texts = item.wordings.iter().cloned().chain(empty);
                    cells.extend(texts.take(self.wordings).map(Cow::from));
                }
                _ => cells.push(cell.into()),
            }
        }
        let mut payload = item.payload.clone();
        for name in self.columns() {
            let value = payload.remove(name);
            is_changed |= value
                .as_ref()
                .is_some_and(|value| !self.is_read(name, value));
            cells.push(value.map_or(String::new(), |value| shown(&value)).into());
        }
        match (self.has_rest(), payload.is_empty()) {
            (true, true) => cells.push("".into()),
            (true, false) => cells.push(Value::Object(payload).to_string().into()),
            (false, is_empty) => is_changed |= !is_empty,
        }
        match is_changed {
            true => bail!(
                "The item {:?} changed while the collection was exported. Export it again.",
                item.id
            ),
            false => Ok(cells),
        }
    }
}

/// An item with line feeds at the ends of its lines: spreadsheet programs know no others within a cell.
fn plain(item: &Item) -> Item {
    let lines = |text: &String| text.replace("\r\n", "\n").replace('\r', "\n");
    let all = |texts: &[String]| texts.iter().map(lines).collect();
    let payload = item.payload.iter().map(|(name, value)| match value {
        Value::String(text) => (name.clone(), Value::from(lines(text))),
        other => (name.clone(), other.clone()),
    });
    Item {
        text: lines(&item.text),
        // Older programs kept answers of nothing, which a cell cannot tell from none.
        answer: item
            .answer
            .as_ref()
            .filter(|answer| !is_blank(answer))
            .map(lines),
        wordings: all(&item.wordings),
        not_words: all(&item.not_words),
        category: item.category.as_ref().map(lines),
        payload: payload.collect::<Map<_, _>>(),
        ..item.clone()
    }
}

/// The cells of the fields.
fn fields(item: &Item, kind: TableKind) -> [String; FIELDS.len()] {
    let yes = |yes: Option<bool>| yes.map(|yes| yes.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let time = |time: &Option<yuyi_store::Timestamp>| {
        time.as_ref().map(ToString::to_string).unwrap_or_default()
    };
    [
        item.id.clone(),
        item.text.clone(),
        text(&item.answer),
        item.wordings.join(separator(kind)),
        text(&item.category),
        words(&item.not_words, kind),
        words(&item.related, kind),
        yes(item.enabled),
        time(&item.valid_from),
        time(&item.valid_until),
        item.threshold
            .map(|number| number.to_string())
            .unwrap_or_default(),
        yes(item.reject),
        time(&item.time),
    ]
}

fn separator(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Tsv => "|",
        TableKind::Xlsx | TableKind::Csv => "\n",
    }
}

/// Words in one cell; those that hold what separates them as a list of JSON.
fn words(words: &[String], kind: TableKind) -> String {
    let joined = words.join(separator(kind));
    match words_of(&joined) == words {
        true => joined,
        false => Value::from(words.to_vec()).to_string(),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_read_as(value: &Value, declared: Option<FieldType>, kind: TableKind) -> bool {
    let is_plain = matches!(value, Value::String(_) | Value::Number(_));
    let cell = shown(value);
    let fits = kind != TableKind::Tsv || !cell.contains(['\n', '\t']);
    is_plain && fits && cells::payload(&cell, declared).as_ref() == Some(value)
}
