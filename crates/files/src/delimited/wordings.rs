//! Wordings that stand in several columns: 相似问1, 相似问2 and so on, or behind the last column, each of them with one text or several.

use serde_json::Value;

use crate::cell::{filled, several};
use crate::header::Places;
use crate::{Columns, names};

/// The columns of a table that have wordings.
pub(super) struct Lists {
    /// In their order.
    columns: Vec<List>,
    /// Cells behind the last column of the header are more of them.
    pub(super) go_on: bool,
    /// Where they are among the cells of a row that is read.
    pub(super) cell: usize,
}

struct List {
    place: usize,
    /// A cell has one text, whatever separators are in it: so exports write them, and so a summary is one.
    is_one: bool,
}

impl Lists {
    /// Those of a header of `width` columns, if the first is there.
    pub(super) fn of(
        header: &[String],
        width: usize,
        places: &Places,
        columns: &Columns,
    ) -> Option<Self> {
        let optional = columns.optional.iter();
        let i = optional.clone().position(|column| *column == "wordings")?;
        let first = places.others.get(i).copied().flatten()?;
        let plain: Vec<String> = header.iter().map(|name| names::plain(name)).collect();
        let wordings = names::Wordings::of(&plain);
        let is_list = |place: &usize| {
            let is_free = !places.has(*place);
            *place == first || is_free && columns.chosen.is_empty() && wordings.has(*place)
        };
        let lists: Vec<usize> = (0..width).filter(is_list).collect();
        let last = lists.last().copied().unwrap_or(first);
        let unnamed = last + 1..width;
        let go_on = unnamed.clone().all(|place| plain[place].is_empty());
        let unnamed = unnamed.filter(|_| go_on);
        let list = |place| List {
            place,
            is_one: header.get(place).is_some_and(|name| is_name_of_one(name))
                || plain.get(place).is_some_and(|name| names::is_summary(name)),
        };
        Some(Self {
            columns: lists.into_iter().chain(unnamed).map(list).collect(),
            go_on,
            cell: columns.needed.len() + i,
        })
    }

    pub(super) fn has(&self, place: usize) -> bool {
        let found = self.columns.binary_search_by_key(&place, |list| list.place);
        found.is_ok()
    }

    /// The wordings of a row as one cell; `None`: they stand in one.
    pub(super) fn joined(&self, cells: &[String], width: usize) -> Option<String> {
        let behind = match self.go_on {
            true => cells.get(width..filled(cells)).unwrap_or_default(),
            false => &[],
        };
        if let ([List { is_one: false, .. }], []) = (&self.columns[..], behind) {
            return None;
        }
        let named = self
            .columns
            .iter()
            .flat_map(|list| match cells.get(list.place) {
                None => Vec::new(),
                Some(cell) if list.is_one => vec![cell.clone()],
                Some(cell) => several(cell).collect(),
            });
        let all = named.chain(behind.iter().flat_map(|cell| several(cell)));
        let all: Vec<Value> = all
            .filter(|text| !text.is_empty())
            .map(Value::from)
            .collect();
        // What holds separators is a list of JSON.
        Some(match all.is_empty() {
            true => String::new(),
            false => Value::from(all).to_string(),
        })
    }
}

/// The name that exports give to the column of the wording of this number.
pub(crate) fn name_of_one(number: usize) -> String {
    format!("wording_{number}")
}

fn is_name_of_one(name: &str) -> bool {
    let number = name.trim().strip_prefix("wording_");
    number.is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}
