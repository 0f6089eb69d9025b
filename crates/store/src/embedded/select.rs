//! The items that a filter means: the index of declared fields narrows them down, and the items that are left are read and asked.

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, Rows, params_from_iter};

use super::items::{COLUMNS, item_of_key, read_item, sql_value};
use crate::caller::Caller;
use crate::collection::Field;
use crate::error::Result;
use crate::filter::{Asking, Filter};
use crate::item::Item;
use crate::narrow::{self, FieldIndex, Limit, Union, narrow};
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

struct Select<'a> {
    connection: &'a Connection,
    stored: &'a Stored,
    caller: Caller<'a>,
}

impl<'a> Select<'a> {
    fn patient(connection: &'a Connection, stored: &'a Stored) -> Self {
        Self {
            connection,
            stored,
            caller: Caller::PATIENT,
        }
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

    fn keys(&self, field: usize, limits: &[Limit]) -> Result<Vec<i64>> {
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

    /// From the table of words, whose rows are small.
    fn all_keys(&self) -> Result<Vec<i64>> {
        let sql = format!(
            "SELECT key FROM {} ORDER BY key",
            self.stored.tables().words
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        self.read_keys(statement.query([])?)
    }

    fn read_items(
        &self,
        keys: Option<&[i64]>,
        show: &mut dyn FnMut(i64, &Item) -> Result<()>,
    ) -> Result<()> {
        if let Some(keys) = keys {
            for &key in keys {
                show(key, &item_of_key(self.connection, self.stored, key)?)?;
            }
            return Ok(());
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM {} ORDER BY key",
            self.stored.tables().items
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (key, item) = read_item(row)?;
            show(key, &item)?;
        }
        Ok(())
    }
}

/// Items read for a page before the filter is asked which ones it means at all.
const PAGE_READS: usize = 20_000;

/// At most `limit` items behind an id, in the order of their ids, that a filter means.
pub(super) fn page(
    connection: &Connection,
    stored: &Stored,
    filter: Option<&Filter>,
    after: &str,
    limit: usize,
) -> Result<Vec<(i64, Item)>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {} WHERE id > ?1 ORDER BY id",
        stored.tables().items
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([after])?;
    let asking = filter.map(Asking::new);
    let mut found = Vec::new();
    let mut reads = 0;
    while found.len() < limit {
        let Some(row) = rows.next()? else {
            return Ok(found);
        };
        let (key, item) = read_item(row)?;
        reads += 1;
        if asking.as_ref().is_none_or(|asking| asking.matches(&item)) {
            found.push((key, item));
        }
        // A filter that means few: they are gone through, not all items.
        if let Some(filter) = filter.filter(|_| reads == PAGE_READS && found.len() < limit)
            && let Some(set) = narrow(&Select::patient(connection, stored), filter)?
        {
            return page_of(connection, stored, filter, &set.keys, after, limit);
        }
    }
    Ok(found)
}

/// The same, of items that are known to be the only ones.
fn page_of(
    connection: &Connection,
    stored: &Stored,
    filter: &Filter,
    keys: &[i64],
    after: &str,
    limit: usize,
) -> Result<Vec<(i64, Item)>> {
    let (mut found, asking) = (Vec::new(), Asking::new(filter));
    for &key in keys {
        let item = item_of_key(connection, stored, key)?;
        if *item.id > *after && asking.matches(&item) {
            found.push((key, item));
        }
    }
    found.sort_by(|a, b| a.1.id.cmp(&b.1.id));
    found.truncate(limit);
    Ok(found)
}
