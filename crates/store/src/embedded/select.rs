//! The items that a filter means: the index of declared fields narrows them down, and the items that are left are read and asked.

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, Rows, params_from_iter};

use super::items::{COLUMNS, item_of_key, read_item, sql_value};
use crate::caller::Caller;
use crate::collection::Field;
use crate::error::Result;
use crate::filter::Filter;
use crate::item::Item;
use crate::narrow::{self, Among, FieldIndex, Limit, Look, Union};
use crate::store::Filling;
use crate::stored::Stored;

/// The keys of the items that a filter means, in ascending order.
pub(super) fn matching(
    connection: &Connection,
    stored: &Stored,
    filter: &Filter,
    caller: Caller<'_>,
) -> Result<Vec<i64>> {
    let select = Select {
        connection,
        stored,
        caller,
    };
    narrow::matching(&select, filter)
}

/// Rows of the index that are read before the caller is asked: a millisecond or a few.
const READ: usize = 1 << 12;

/// The index of a collection as of one moment.
pub(super) struct Select<'a> {
    pub(super) connection: &'a Connection,
    pub(super) stored: &'a Stored,
    pub(super) caller: Caller<'a>,
}

impl Select<'_> {
    /// The items that have a value of a field which all of these allow.
    fn keys_within(&self, field: usize, limits: &[Limit]) -> Result<Vec<i64>> {
        let mut sql = format!(
            "SELECT key FROM {} WHERE field = ?1",
            self.stored.tables().fields
        );
        let mut values = vec![SqlValue::Integer(field as i64)];
        for (sign, value) in limits {
            values.push(sql_value(value));
            sql += &format!(" AND value {sign} ?{}", values.len());
        }
        let mut statement = self.connection.prepare_cached(&sql)?;
        self.read_keys(statement.query(params_from_iter(values))?)
    }

    /// All items, from the table of words, whose rows are small.
    fn all_keys(&self) -> Result<Vec<i64>> {
        let sql = format!(
            "SELECT key FROM {} ORDER BY key",
            self.stored.tables().words
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        self.read_keys(statement.query([])?)
    }

    /// Keys in ascending order, each once.
    fn read_keys(&self, mut rows: Rows<'_>) -> Result<Vec<i64>> {
        let (mut keys, mut read) = (Union::default(), 0usize);
        while let Some(row) = rows.next()? {
            keys.add(row.get(0)?);
            read += 1;
            if read.is_multiple_of(READ) {
                self.caller.go_on()?;
            }
        }
        Ok(keys.into_keys())
    }
}

impl FieldIndex for Select<'_> {
    fn fields(&self) -> &[Field] {
        &self.stored.fields
    }

    fn caller(&self) -> Caller<'_> {
        self.caller
    }

    fn look(&self, look: &Look) -> Result<Vec<i64>> {
        match look {
            Look::Everything => self.all_keys(),
            Look::Within(field, limits) => self.keys_within(*field, limits),
            Look::OneOf(field, values) => {
                let mut all = Union::default();
                for value in values {
                    all.add_list(self.keys_within(*field, &[("=", value.clone())])?);
                }
                Ok(all.into_keys())
            }
        }
    }

    fn read_items(
        &self,
        among: Among<'_>,
        show: &mut dyn FnMut(i64, &Item) -> Result<()>,
    ) -> Result<()> {
        let first = match among {
            Among::From(first) => first,
            Among::Keys(keys) => {
                let item = |key| item_of_key(self.connection, self.stored, key);
                return keys.iter().try_for_each(|&key| show(key, &item(key)?));
            }
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM {} WHERE key >= ?1 ORDER BY key",
            self.stored.tables().items
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([first])?;
        while let Some(row) = rows.next()? {
            let (key, item) = read_item(row)?;
            show(key, &item)?;
        }
        Ok(())
    }
}

/// Reads a page of items behind an id, in the order of their ids.
pub(super) fn fill(
    connection: &Connection,
    stored: &Stored,
    after: &str,
    page: &mut Filling,
) -> Result<()> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {} WHERE id > ?1 ORDER BY id",
        stored.tables().items
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([after])?;
    while let Some(row) = rows.next()? {
        let (key, item) = read_item(row)?;
        if !page.take(key, item) {
            break;
        }
    }
    Ok(())
}
