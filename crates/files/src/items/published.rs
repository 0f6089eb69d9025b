//! When an item was published, as those who publish call it: 发布时间, `published_at`. In files that have a column `time` that alone counts.

use std::collections::BTreeMap;

use serde_json::Value;
use yuyi_store::{Item, Timestamp};

use super::cells::moment_of;
use crate::names;

/// Digits of the shortest number that is seconds since 1970 and no year: those of 1973.
const FEWEST_DIGITS: usize = 9;

/// The columns that were read as times of items.
#[derive(Default)]
pub(super) struct Published {
    columns: BTreeMap<String, Column>,
}

#[derive(Default)]
struct Column {
    times: u64,
    /// Cells that are no time.
    others: u64,
    /// The first of them, and its row.
    first: Option<(u64, String)>,
}

impl Published {
    /// Gives an item without a time that of the most telling column beside its own, which stays in its payload. What is no time leaves it without.
    pub(super) fn give<'v>(
        &mut self,
        item: &mut Item,
        beside: impl Iterator<Item = (&'v str, &'v Value)>,
        line: u64,
    ) {
        if item.time.is_some() {
            return;
        }
        let ranked = beside.filter_map(|(name, value)| {
            let rank = names::published(&names::plain(name))?;
            let cell = cell(value).filter(|cell| !cell.is_empty())?;
            Some((rank, name, cell))
        });
        let mut ranked: Vec<(usize, &str, String)> = ranked.collect();
        ranked.sort_unstable();
        for (_, name, cell) in ranked {
            let column = self.columns.entry(name.to_owned()).or_default();
            match time(&cell) {
                Some(time) => {
                    column.times += 1;
                    item.time = Some(time);
                    return;
                }
                None => {
                    column.others += 1;
                    column.first.get_or_insert((line, cell));
                }
            }
        }
    }

    /// What was read as what.
    pub(super) fn told(self, file: &str) -> impl Iterator<Item = String> {
        let told = move |(name, column): (String, Column)| {
            let Column { times, others, .. } = column;
            let read =
                (times > 0).then(|| format!("{file}: {name} is read as the time of an item."));
            let other = column.first.filter(|_| times > 0).map(|(line, cell)| {
                let cell: String = cell.chars().take(40).collect();
                format!(
                    "{file}: values of {name} that are no time: {others}, the first {cell:?} in row {line}. Those items have no time by it."
                )
            });
            read.into_iter().chain(other)
        };
        self.columns
            .into_iter()
            .flat_map(told)
            .collect::<Vec<_>>()
            .into_iter()
    }
}

fn cell(value: &Value) -> Option<String> {
    match value {
        Value::String(cell) => Some(cell.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn time(cell: &str) -> Option<Timestamp> {
    let is_number = cell.bytes().all(|byte| byte.is_ascii_digit());
    let is_day = cell.len() == 8;
    match is_number && !is_day && cell.len() < FEWEST_DIGITS {
        true => None,
        false => moment_of(cell).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(columns: &[(&str, Value)]) -> (Option<String>, Vec<String>) {
        let (mut item, mut published) = (Item::new("i", "t"), Published::default());
        let beside = columns.iter().map(|(name, value)| (*name, value));
        published.give(&mut item, beside, 2);
        let time = item.time.map(|time| time.to_string());
        (time, published.told("f").collect())
    }

    #[test]
    fn the_most_telling_column_counts() {
        let later = ("更新时间", Value::from("2030-01-01"));
        for (name, value) in [
            ("发布时间", Value::from("2024/3/5 8:30")),
            ("published_at", 1_709_627_400.into()),
            ("pubDate", 1_709_627_400_000_i64.into()),
        ] {
            let (time, told) = given(&[later.clone(), (name, value)]);
            assert_eq!(time.as_deref(), Some("2024-03-05T08:30:00Z"));
            assert_eq!(told, [format!("f: {name} is read as the time of an item.")]);
        }
        let (time, _) = given(&[("日期", "20240305".into())]);
        assert_eq!(time.as_deref(), Some("2024-03-05T00:00:00Z"));
        // What is no time gives way.
        let (time, told) = given(&[later, ("发布时间", "昨天".into())]);
        assert_eq!(time.as_deref(), Some("2030-01-01T00:00:00Z"));
        assert_eq!(told.len(), 1, "{told:?}");
    }

    #[test]
    fn what_is_no_time_is_none() {
        for value in [
            Value::from("3 天"),
            2024.into(),
            "202403".into(),
            20_241_399.into(),
            true.into(),
            "".into(),
        ] {
            assert_eq!(given(&[("时间", value)]), (None, Vec::new()));
        }
        assert_eq!(given(&[("部门", "2024-03-05".into())]).0, None);
    }
}
