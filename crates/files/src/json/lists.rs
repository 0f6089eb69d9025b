//! Rows that are lists of texts and numbers, which are a table; between them may stand what is no row.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use serde_json::Value;

use super::{Numbered, Unread, faulty};
use crate::delimited::table;
use crate::{Columns, Origin, Record, Records};

/// Values that are no rows, until their turn comes.
type Odd = Rc<RefCell<VecDeque<Record>>>;

/// Rows of values whose first one is a list.
pub(super) fn rows(
    values: impl Iterator<Item = Numbered> + 'static,
    columns: Columns,
    origin: Origin,
) -> Records {
    let odd = Odd::default();
    let (met, read) = (Rc::clone(&odd), columns.clone());
    let lists = values.filter_map(move |value| {
        let (line, value) = match value {
            Ok(numbered) => numbered,
            Err(error) => return Some(Err(error)),
        };
        match cells_of(value, line) {
            Ok(cells) => Some(Ok((line, cells))),
            Err((told, content)) => {
                let record = faulty(told, (line, content), &read);
                met.borrow_mut().push_back(record);
                None
            }
        }
    });
    Box::new(WithOdd {
        table: table(lists, columns, origin).fuse(),
        next: None,
        odd,
    })
}

/// The cells of a value, or why it has none and what stands there.
fn cells_of(value: Result<Value, Unread>, line: u64) -> Result<Vec<String>, (String, Value)> {
    let content = match value {
        Ok(value) => match cells(&value) {
            Some(cells) => return Ok(cells),
            None => value,
        },
        Err(Unread { text, .. }) => text.into(),
    };
    let told = format!("line {line} is no list of texts and numbers, as those above are");
    Err((told, content))
}

/// Rows of a table, and what is no row among them, in the order of their lines: for a header the table is read ahead.
struct WithOdd {
    table: std::iter::Fuse<Records>,
    /// A row below what is no row.
    next: Option<anyhow::Result<Record>>,
    odd: Odd,
}

impl Iterator for WithOdd {
    type Item = anyhow::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next.take().or_else(|| self.table.next());
        let line = match &next {
            Some(Ok(record)) => record.row.line,
            Some(Err(_)) | None => u64::MAX,
        };
        let mut odd = self.odd.borrow_mut();
        if odd.front().is_none_or(|odd| odd.row.line > line) {
            return next;
        }
        self.next = next;
        odd.pop_front().map(Ok)
    }
}

/// Whether a value is a row of a table.
pub(super) fn is_list(value: &Value) -> bool {
    cells(value).is_some_and(|cells| !cells.is_empty())
}

/// The cells of a list of texts, numbers and truth values.
pub(super) fn cells(value: &Value) -> Option<Vec<String>> {
    let cell = |value: &Value| match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    };
    value.as_array()?.iter().map(cell).collect()
}
