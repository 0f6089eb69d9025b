//! Which columns of a file are read, by what the program needs and what the user says.

use anyhow::bail;

use super::{Misuse, names};

/// What is read of the rows of a file.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Columns that must be there; they stand in this order where there is no header.
    pub needed: &'static [&'static str],
    /// The one of them that JSON writes as a number.
    pub number: Option<&'static str>,
    /// Columns that may be missing, or blank in a row; they follow where there is no header.
    pub optional: &'static [&'static str],
    /// The optional one that a header of several columns has to name: the others say nothing without it.
    pub telling: Option<&'static str>,
    /// Columns that are read where a header or an object names them; elsewhere their cells are empty.
    pub further: Vec<String>,
    /// What the user calls the needed columns, and optional ones behind them, or their numbers from 1; empty: they are found.
    pub chosen: Vec<String>,
    /// The flag that says it.
    pub flag: &'static str,
    /// The one that says that the first row is data.
    pub no_header_flag: &'static str,
    /// The first row is a row as all others, whatever it says.
    pub no_header: bool,
    /// The rows are items that are kept. Their text may be called a question, and only what is a key of one thing alone is an id: with that of a user
    /// or a number of the row, items would take each other's place.
    pub of_items: bool,
    /// These items are entries of a FAQ, so that names which others give to articles are those of questions and answers.
    pub of_faq: bool,
}

impl Columns {
    /// Columns of text that must be there.
    pub fn needed(needed: &'static [&'static str]) -> Self {
        Self {
            needed,
            number: None,
            optional: &[],
            telling: None,
            further: Vec::new(),
            chosen: Vec::new(),
            flag: Flags::COMMAND_LINE.columns,
            no_header_flag: Flags::COMMAND_LINE.no_header,
            no_header: false,
            of_items: false,
            of_faq: false,
        }
    }

    /// Whether rows are entries of a FAQ: they have an answer or wordings; `has` says which of the optional columns are there.
    pub(super) fn is_faq(&self, has: impl Fn(usize) -> bool) -> bool {
        let mut optional = self.optional.iter().enumerate();
        optional.any(|(i, column)| ["answer", "wordings"].contains(column) && has(i))
    }

    /// Whether rows may be entries of a FAQ, of which one may take several rows.
    pub(super) fn are_entries(&self) -> bool {
        self.of_items || self.optional.contains(&"answer")
    }

    /// Where the column of these plain names stands that `column` may be; `taken` are others'.
    pub(super) fn place(&self, names: &[String], column: &str, taken: &[usize]) -> Option<usize> {
        match column {
            // One letter says it only beside the other.
            "answer" if self.of_items => names::place(names, column, taken)
                .filter(|&place| names[place] != "a" || names.iter().any(|name| name == "q")),
            "id" if self.of_items => names::id_of_item(names, taken),
            "text" | "question"
                if self.are_entries() && names::standard_question(names, taken).is_some() =>
            {
                names::standard_question(names, taken)
            }
            "text" if self.of_items => names::place(names, "text", taken)
                .or_else(|| names::place(names, "question", taken))
                .or_else(|| names::title_of_item(names, taken)),
            "wordings" if self.of_items => names::place(names, "wordings", taken)
                .or_else(|| names::summary_of_item(names, taken)),
            _ => names::place(names, column, taken),
        }
    }

    /// As the user says.
    ///
    /// # Errors
    /// When it names too few columns, or too many.
    pub fn chosen_by(self, layout: &Layout) -> anyhow::Result<Self> {
        let no_header = layout.no_header;
        let chosen = self.chosen(layout.flags.columns, &layout.columns)?;
        Ok(Self {
            no_header,
            no_header_flag: layout.flags.no_header,
            of_faq: layout.of_faq,
            ..chosen
        })
    }

    /// With the columns that the user names by a flag, an empty name for an optional one that the file does not have; none: they are found.
    ///
    /// # Errors
    /// When there are too few columns, or too many.
    pub fn chosen(mut self, flag: &'static str, chosen: &[String]) -> anyhow::Result<Self> {
        let (n, needed) = (chosen.len(), self.needed.len());
        let most = needed + self.optional.len();
        let is_named = |name: &String| !name.trim().is_empty();
        if n > 0 && (!(needed..=most).contains(&n) || !chosen[..needed].iter().all(is_named)) {
            let wanted = [self.needed, self.optional].concat().join(", ");
            bail!(Misuse(format!(
                "{flag} names {n} columns, and what is read are {wanted}."
            )));
        }
        let is_twice = |i: &usize| is_named(&chosen[*i]) && is_among(&chosen[..*i], &chosen[*i]);
        if let Some(i) = (1..n).find(is_twice) {
            let name = chosen[i].trim();
            bail!(Misuse(format!(
                "{flag} names the column {name} twice; two different ones are needed."
            )));
        }
        self.chosen = chosen.to_vec();
        self.flag = flag;
        Ok(self)
    }
}

/// Whether a column is among those that the user names, by the same name or number.
fn is_among(chosen: &[String], column: &str) -> bool {
    let plain = |name: &str| match name.trim().parse::<usize>() {
        Ok(number) => number.to_string(),
        Err(_) => name.trim().to_lowercase(),
    };
    chosen.iter().any(|other| plain(other) == plain(column))
}

/// What the user says of the columns of a file.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// Columns to read, by name or number from 1; empty: they are found by their names, else they are the first ones.
    pub columns: Vec<String>,
    /// The first row is data, whatever it looks like.
    pub no_header: bool,
    /// The rows are entries of a FAQ, whatever their columns are called.
    pub of_faq: bool,
    /// How the user says it.
    pub flags: Flags,
}

/// By which names the user says what is read, for messages.
#[derive(Clone, Copy, Debug)]
pub struct Flags {
    /// Which columns.
    pub columns: &'static str,
    /// That the first row is data.
    pub no_header: &'static str,
}

impl Flags {
    /// Those of the command line.
    pub const COMMAND_LINE: Self = Self {
        columns: "--columns",
        no_header: "--no-header",
    };

    /// Those of a request's query.
    pub const QUERY: Self = Self {
        columns: "?columns=",
        no_header: "?no_header=true",
    };
}

impl Default for Flags {
    fn default() -> Self {
        Self::COMMAND_LINE
    }
}
