//! Rows at the end of a file that say nothing.

use std::collections::VecDeque;

use serde_json::Value;
use yuyi_language::is_blank;

use super::Record;

/// Records without the blank ones behind the last that has text; they are held back until one with text comes. A file of blank
/// ones alone keeps them: it lacks what it was named for.
pub(super) struct WithoutBlankEnd<I> {
    records: I,
    held: VecDeque<anyhow::Result<Record>>,
    has_text: bool,
}

impl<I: Iterator<Item = anyhow::Result<Record>>> WithoutBlankEnd<I> {
    pub(super) fn new(records: I) -> Self {
        Self {
            records,
            held: VecDeque::new(),
            has_text: false,
        }
    }
}

impl<I: Iterator<Item = anyhow::Result<Record>>> Iterator for WithoutBlankEnd<I> {
    type Item = anyhow::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.held.iter().all(is_blank_row) {
            match self.records.next() {
                Some(record) => self.held.push_back(record),
                None if self.has_text => return None,
                None => return self.held.pop_front(),
            }
        }
        self.has_text = true;
        self.held.pop_front()
    }
}

fn is_blank_row(record: &anyhow::Result<Record>) -> bool {
    let Ok(Record {
        row, rest, fault, ..
    }) = record
    else {
        return false;
    };
    let is_unread = fault.as_ref().is_some_and(|fault| fault.is_unread);
    let mut rest = rest.iter();
    !is_unread
        && row.cells.iter().all(|cell| is_blank(cell))
        && rest.all(|(_, value)| matches!(value, Value::String(text) if is_blank(text)))
}
