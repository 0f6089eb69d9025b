//! The items that a filter means.
//!
//! [`Filter::matches`] is what a filter means. The index of declared fields narrows it down: a condition on such a field is a set of keys,
//! and `must`, `should` and `must_not` are intersections, unions and differences of them. Where the set is just what is meant it is the answer;
//! where a condition is on a field that is not declared, the items of the set are read and asked, or without a set all items.

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, params_from_iter};

use super::collections::Stored;
use super::items::{COLUMNS, item_of_key, read_item};
use crate::collection::FieldType;
use crate::error::Result;
use crate::filter::{Bounds, Condition, Filter, Scalar, Test};
use crate::item::Item;

/// The keys of the items that a filter means, in ascending order.
pub(super) fn matching(
    connection: &Connection,
    stored: &Stored,
    filter: &Filter,
) -> Result<Vec<i64>> {
    let select = Select { connection, stored };
    match select.narrow(filter)? {
        Some(set) if set.exact => Ok(set.keys),
        Some(set) => {
            let mut keys = set.keys;
            select.retain(&mut keys, filter)?;
            Ok(keys)
        }
        None => select.read_all(filter),
    }
}

/// Keys in ascending order; all that a filter means are among them.
struct Set {
    keys: Vec<i64>,
    /// And no others.
    exact: bool,
}

impl Set {
    fn exact(keys: Vec<i64>) -> Self {
        Self { keys, exact: true }
    }

    /// What is in both; in the other where there is but one.
    fn both(one: Option<Self>, other: Self) -> Self {
        let Some(mut one) = one else {
            return other;
        };
        keep(&mut one.keys, &other.keys, true);
        one.exact &= other.exact;
        one
    }

    fn or(self, other: Self) -> Self {
        let mut keys = [self.keys, other.keys].concat();
        // Runs that are in order already.
        keys.sort();
        keys.dedup();
        Self {
            keys,
            exact: self.exact && other.exact,
        }
    }
}

/// Keeps the keys that are among `others`, or those that are not.
fn keep(keys: &mut Vec<i64>, others: &[i64], among: bool) {
    let mut others = others.iter().peekable();
    keys.retain(|key| {
        while others.next_if(|other| *other < key).is_some() {}
        (others.peek() == Some(&key)) == among
    });
}

struct Select<'a> {
    connection: &'a Connection,
    stored: &'a Stored,
}

impl Select<'_> {
    /// `None`: any item may be meant.
    fn narrow(&self, filter: &Filter) -> Result<Option<Set>> {
        let mut set: Option<Set> = None;
        let mut exact = true;
        for condition in &filter.must {
            match self.narrow_condition(condition)? {
                None => exact = false,
                Some(found) => set = Some(Set::both(set, found)),
            }
        }
        if !filter.should.is_empty() {
            match self.union(&filter.should)? {
                None => exact = false,
                Some(found) => set = Some(Set::both(set, found)),
            }
        }
        if filter.must_not.is_empty() {
            return Ok(set.map(|set| Set {
                exact: exact && set.exact,
                ..set
            }));
        }
        self.without(set, exact, &filter.must_not)
    }

    /// What is left of a set, or of all items, without those for which a condition holds.
    fn without(
        &self,
        set: Option<Set>,
        mut exact: bool,
        conditions: &[Condition],
    ) -> Result<Option<Set>> {
        let all_are_meant = exact;
        let mut found: Vec<Set> = Vec::new();
        for condition in conditions {
            match self.narrow_condition(condition)? {
                Some(set) if set.exact => found.push(set),
                _ => exact = false,
            }
        }
        let set = match set {
            Some(set) => set,
            None if all_are_meant && exact => Set::exact(self.all_keys()?),
            None => return Ok(None),
        };
        let mut keys = set.keys;
        found
            .iter()
            .for_each(|other| keep(&mut keys, &other.keys, false));
        Ok(Some(Set {
            keys,
            exact: exact && set.exact,
        }))
    }

    fn union(&self, conditions: &[Condition]) -> Result<Option<Set>> {
        let mut all = Set::exact(Vec::new());
        for condition in conditions {
            match self.narrow_condition(condition)? {
                None => return Ok(None),
                Some(found) => all = all.or(found),
            }
        }
        Ok(Some(all))
    }

    fn narrow_condition(&self, condition: &Condition) -> Result<Option<Set>> {
        let (key, test) = match condition {
            Condition::Filter(filter) => return self.narrow(filter),
            Condition::Field { key, test } => (key, test),
        };
        let field = self
            .stored
            .fields
            .iter()
            .position(|field| field.name == *key);
        match field {
            None => Ok(None),
            Some(field) => self.narrow_field(field, test),
        }
    }

    /// The items of which one value of a declared field passes a test.
    fn narrow_field(&self, field: usize, test: &Test) -> Result<Option<Set>> {
        let kind = self.stored.fields[field].kind;
        let number = field as i64;
        let set = match (test, kind) {
            (Test::Any(scalars), _) => return self.equal(number, kind, scalars).map(Some),
            (Test::Except(_), _) => Set {
                keys: self.keys(number, "", [])?,
                exact: false,
            },
            (Test::Exists(true), _) => Set::exact(self.keys(number, "", [])?),
            (Test::Exists(false), _) => {
                let mut all = self.all_keys()?;
                keep(&mut all, &self.keys(number, "", [])?, false);
                Set::exact(all)
            }
            (Test::Numbers(bounds), FieldType::Number) => {
                Set::exact(self.within(number, bounds, SqlValue::Real)?)
            }
            (Test::Times(bounds), FieldType::Time) => {
                Set::exact(self.within(number, bounds, |time| SqlValue::Integer(time.micros()))?)
            }
            // A keyword may be written as a time.
            (Test::Times(_), FieldType::Keyword) => return Ok(None),
            (Test::Numbers(_) | Test::Times(_), _) => Set::exact(Vec::new()),
        };
        Ok(Some(set))
    }

    /// The items of which one value is one of these.
    fn equal(&self, field: i64, kind: FieldType, scalars: &[Scalar]) -> Result<Set> {
        let mut all = Set::exact(Vec::new());
        for scalar in scalars {
            let (value, exact) = match (scalar, kind) {
                (Scalar::Text(text), FieldType::Keyword) => (SqlValue::Text(text.clone()), true),
                (Scalar::Number(number), FieldType::Number) => (SqlValue::Real(*number), true),
                // The same time can be written in other ways, which are other texts.
                (Scalar::Text(text), FieldType::Time) => match text.parse::<crate::Timestamp>() {
                    Ok(time) => (SqlValue::Integer(time.micros()), false),
                    Err(_) => continue,
                },
                _ => continue,
            };
            let keys = self.keys(field, "AND value = ?2", [value])?;
            all = all.or(Set { keys, exact });
        }
        Ok(all)
    }

    fn within<T: Copy>(
        &self,
        field: i64,
        bounds: &Bounds<T>,
        value: impl Fn(T) -> SqlValue,
    ) -> Result<Vec<i64>> {
        let mut sql = String::new();
        let mut values = Vec::new();
        let each = [
            (bounds.gt, ">"),
            (bounds.gte, ">="),
            (bounds.lt, "<"),
            (bounds.lte, "<="),
        ];
        for (bound, sign) in each {
            if let Some(bound) = bound {
                values.push(value(bound));
                sql += &format!("AND value {sign} ?{} ", values.len() + 1);
            }
        }
        self.keys(field, &sql, values)
    }

    /// The items that have a value of a field under a condition.
    fn keys(
        &self,
        field: i64,
        condition: &str,
        values: impl IntoIterator<Item = SqlValue>,
    ) -> Result<Vec<i64>> {
        let sql = format!(
            "SELECT key FROM {} WHERE field = ?1 {condition}",
            self.stored.tables().fields
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let values = std::iter::once(SqlValue::Integer(field)).chain(values);
        let keys = statement.query_map(params_from_iter(values), |row| row.get(0))?;
        let mut keys: Vec<i64> = keys.collect::<rusqlite::Result<_>>()?;
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    /// Every item; from the table of words, whose rows are small.
    fn all_keys(&self) -> Result<Vec<i64>> {
        let sql = format!(
            "SELECT key FROM {} ORDER BY key",
            self.stored.tables().words
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let keys = statement.query_map([], |row| row.get(0))?;
        Ok(keys.collect::<rusqlite::Result<_>>()?)
    }

    /// Keeps the keys of items that are meant.
    fn retain(&self, keys: &mut Vec<i64>, filter: &Filter) -> Result<()> {
        let mut kept = Vec::with_capacity(keys.len());
        for &key in keys.iter() {
            if filter.matches(&item_of_key(self.connection, self.stored, key)?) {
                kept.push(key);
            }
        }
        *keys = kept;
        Ok(())
    }

    fn read_all(&self, filter: &Filter) -> Result<Vec<i64>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {} ORDER BY key",
            self.stored.tables().items
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        let mut keys = Vec::new();
        while let Some(row) = rows.next()? {
            let (key, item) = read_item(row)?;
            if filter.matches(&item) {
                keys.push(key);
            }
        }
        Ok(keys)
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
    let mut found = Vec::new();
    let mut reads = 0;
    while found.len() < limit {
        let Some(row) = rows.next()? else {
            return Ok(found);
        };
        let (key, item) = read_item(row)?;
        reads += 1;
        if filter.is_none_or(|filter| filter.matches(&item)) {
            found.push((key, item));
        }
        // A filter that means few: they are gone through, not all items.
        if let Some(filter) = filter.filter(|_| reads == PAGE_READS && found.len() < limit)
            && let Some(set) = (Select { connection, stored }).narrow(filter)?
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
    let mut found = Vec::new();
    for &key in keys {
        let item = item_of_key(connection, stored, key)?;
        if *item.id > *after && filter.matches(&item) {
            found.push((key, item));
        }
    }
    found.sort_by(|a, b| a.1.id.cmp(&b.1.id));
    found.truncate(limit);
    Ok(found)
}
