//! Rows that have the id of an earlier one.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use super::Origin;

/// A row that has the id of an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// The id.
    pub id: String,
    /// Where the row stands.
    pub at: String,
    /// Where the first row of the id stands: beside it, where both are of one file.
    pub first: String,
}

/// Where the first row of each id stands, in the rows of some files. An id is known by a key: itself or, where they are too many to be kept, a digest.
pub struct SeenIds<K> {
    /// In which file, and in which line.
    places: HashMap<K, (usize, u64)>,
    files: Vec<Origin>,
    count: u64,
    first: Option<Repeated>,
}

impl<K> Default for SeenIds<K> {
    fn default() -> Self {
        Self {
            places: HashMap::new(),
            files: Vec::new(),
            count: 0,
            first: None,
        }
    }
}

impl<K: Eq + Hash> SeenIds<K> {
    /// The rows to come are those of a file.
    pub fn begin(&mut self, file: Origin) {
        self.files.push(file);
    }

    /// Takes notice of a row of the last file that was begun, with its id and the key of that; whether another has it.
    pub fn see(&mut self, key: K, id: &str, line: u64) -> Option<Repeated> {
        let file = self.files.len().checked_sub(1)?;
        let (of, first) = match self.places.entry(key) {
            Entry::Vacant(place) => {
                place.insert((file, line));
                return None;
            }
            Entry::Occupied(first) => *first.get(),
        };
        let repeated = Repeated {
            id: id.to_owned(),
            at: self.files[file].at(line),
            first: match of == file {
                true => self.files[file].beside(first),
                false => self.files[of].at(first),
            },
        };
        self.count += 1;
        self.first.get_or_insert_with(|| repeated.clone());
        Some(repeated)
    }

    /// How many rows have the id of an earlier one, and the first of them.
    pub fn repeated(&self) -> Option<(u64, &Repeated)> {
        self.first.as_ref().map(|first| (self.count, first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Remarks;

    fn origin(name: &str, sheet: Option<&str>) -> Origin {
        Origin {
            name: name.to_owned(),
            sheet: sheet.map(str::to_owned),
            remarks: Remarks::unheard(),
        }
    }

    #[test]
    fn rows_are_told_with_the_first_of_their_id() {
        let mut seen = SeenIds::default();
        seen.begin(origin("a.csv", None));
        assert_eq!(seen.see(1, "x", 2), None);
        assert_eq!(seen.see(2, "y", 3), None);
        assert!(seen.repeated().is_none());
        let repeated = |at: &str, first: &str| Repeated {
            id: "x".to_owned(),
            at: at.to_owned(),
            first: first.to_owned(),
        };
        assert_eq!(seen.see(1, "x", 4), Some(repeated("a.csv:4", "line 2")));
        // Two files of a form may have one name.
        seen.begin(origin("a.csv", None));
        assert_eq!(seen.see(1, "x", 2), Some(repeated("a.csv:2", "a.csv:2")));
        seen.begin(origin("b.xlsx", Some("s")));
        let in_sheet = repeated("b.xlsx, sheet \"s\", row 5", "a.csv:2");
        assert_eq!(seen.see(1, "x", 5), Some(in_sheet));
        assert_eq!(seen.repeated(), Some((3, &repeated("a.csv:4", "line 2"))));
    }
}
