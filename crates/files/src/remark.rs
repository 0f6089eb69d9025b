//! What a file was read as: nothing that is wrong, and nothing that whoever brought it should have to find out.

use std::fmt;
use std::sync::Arc;

/// Something to tell of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Remark {
    /// Columns that were taken for others.
    Columns {
        /// The file.
        file: String,
        /// What was read as what; at least one.
        taken: Vec<Taken>,
    },
    /// A sentence.
    Told(String),
}

/// A column that was taken for another.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// What it is in the file.
    pub given: Given,
    /// What it was read as.
    pub column: String,
}

/// How a file names a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// By this name.
    Name(String),
    /// Not at all; its number, from 1.
    Number(usize),
}

impl Taken {
    pub(crate) fn named(name: &str, column: &str) -> Self {
        Self {
            given: Given::Name(name.to_owned()),
            column: column.to_owned(),
        }
    }

    /// A column by its place, from 0.
    pub(crate) fn at(place: usize, column: &str) -> Self {
        Self {
            given: Given::Number(place + 1),
            column: column.to_owned(),
        }
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.given {
            Given::Name(name) => write!(f, "{name} as {}", self.column),
            Given::Number(number) => write!(f, "column {number} as {}", self.column),
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Told(text) => f.write_str(text),
            Self::Columns { file, taken } => {
                let taken: Vec<String> = taken.iter().map(ToString::to_string).collect();
                write!(f, "{file} is read with {}.", taken.join(", "))
            }
        }
    }
}

/// Where remarks go; cheap to clone.
#[derive(Clone)]
pub struct Remarks(Arc<dyn Fn(Remark) + Send + Sync>);

impl Remarks {
    /// To this function.
    pub fn to(sink: impl Fn(Remark) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    /// To nobody.
    pub fn unheard() -> Self {
        Self::to(|_| {})
    }

    pub(crate) fn tell(&self, remark: Remark) {
        (self.0)(remark);
    }

    pub(crate) fn say(&self, text: impl Into<String>) {
        self.tell(Remark::Told(text.into()));
    }

    /// Says what was read as what, if there is anything to say.
    pub(crate) fn say_taken(&self, file: &str, taken: Vec<Taken>) {
        if !taken.is_empty() {
            let file = file.to_owned();
            self.tell(Remark::Columns { file, taken });
        }
    }
}
