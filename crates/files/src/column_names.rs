//! How messages name the columns of a table: by the letters that spreadsheet programs show, and what stands above it.

use std::sync::Arc;

/// What the columns of a table are called, to say of a cell `column D (有效期): …`; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct ColumnNames(Arc<Names>);

#[derive(Debug, Default)]
struct Names {
    /// The wanted columns, in the order of the cells of a row; `None`: the file has none.
    wanted: Vec<Option<Name>>,
    /// The others.
    rest: Vec<Name>,
}

#[derive(Debug)]
struct Name {
    letters: String,
    /// What stands above the column; empty where nothing does.
    header: String,
}

impl ColumnNames {
    /// Those of columns that stand at these places, from 0: the wanted ones with their headers, or what they are read as where there is no header, and the others.
    pub(crate) fn of<'a>(
        wanted: impl Iterator<Item = Option<(usize, &'a str)>>,
        rest: &[(usize, Arc<str>)],
    ) -> Self {
        let rest = rest.iter().map(|(at, header)| Name::of(*at, header));
        Self(Arc::new(Names {
            wanted: wanted
                .map(|at| at.map(|(at, header)| Name::of(at, header)))
                .collect(),
            rest: rest.collect(),
        }))
    }

    /// What is wrong in a cell of a wanted column, with where that is; `None`: the file is no table, or has no such column.
    pub(crate) fn in_wanted(&self, place: usize, what: &str) -> Option<String> {
        let name = self.0.wanted.get(place)?.as_ref()?;
        Some(name.told(what))
    }

    /// The same of another column, by its header.
    pub(crate) fn in_other(&self, header: &str, what: &str) -> Option<String> {
        let mut rest = self.0.rest.iter();
        let name = rest.find(|name| name.header == header)?;
        Some(name.told(what))
    }
}

impl Name {
    fn of(at: usize, header: &str) -> Self {
        Self {
            letters: letters(at),
            header: header.trim().to_owned(),
        }
    }

    fn told(&self, what: &str) -> String {
        let Self { letters, header } = self;
        match header.is_empty() {
            true => format!("column {letters}: {what}"),
            false => format!("column {letters} ({header}): {what}"),
        }
    }
}

/// How spreadsheet programs call a column, from 0.
pub(crate) fn letters(column: usize) -> String {
    let last = char::from(b'A' + (column % 26) as u8);
    match column / 26 {
        0 => last.to_string(),
        more => letters(more - 1) + &last.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_their_letters() {
        let named = [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")];
        for (column, name) in named {
            assert_eq!(letters(column), name);
        }
    }

    #[test]
    fn columns_are_named_by_letter_and_header() {
        let rest = [(1, Arc::from("价格"))];
        let wanted = [Some((0, " 问题 ")), None, Some((2, ""))];
        let names = ColumnNames::of(wanted.into_iter(), &rest);
        let told = |place| names.in_wanted(place, "It is empty.");
        assert_eq!(told(0).unwrap(), "column A (问题): It is empty.");
        assert_eq!(told(1), None);
        assert_eq!(told(2).unwrap(), "column C: It is empty.");
        assert_eq!(told(3), None);
        let other = |names: &ColumnNames| names.in_other("价格", "It is empty.");
        assert_eq!(other(&names).unwrap(), "column B (价格): It is empty.");
        assert_eq!(other(&ColumnNames::default()), None);
    }
}
