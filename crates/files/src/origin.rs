//! Where rows come from.

use anyhow::anyhow;

use super::{Fault, Remarks, Taken};

/// Where rows come from, as messages name it, and where remarks on it go.
#[derive(Clone)]
pub struct Origin {
    pub(crate) name: String,
    /// The sheet of a workbook.
    pub(crate) sheet: Option<String>,
    pub(crate) remarks: Remarks,
}

impl Origin {
    /// The place of a row.
    pub fn at(&self, line: u64) -> String {
        match &self.sheet {
            Some(sheet) => format!("{}, sheet {sheet:?}, row {line}", self.name),
            None => format!("{}:{line}", self.name),
        }
    }

    /// The place of a row of the same file, beside that of another.
    pub fn beside(&self, line: u64) -> String {
        match self.sheet {
            Some(_) => format!("row {line}"),
            None => format!("line {line}"),
        }
    }

    /// The file.
    pub fn file(&self) -> &str {
        &self.name
    }

    /// The sheet, where it is a workbook.
    pub fn sheet(&self) -> Option<&str> {
        self.sheet.as_deref()
    }

    /// What is wrong with a row, as the message that ends whatever reads it.
    pub fn error(&self, line: u64, fault: Fault) -> anyhow::Error {
        match &self.sheet {
            Some(_) if !fault.is_unread => anyhow!("{}: {}", self.at(line), fault.text),
            _ => fault.into_error(&self.name, line),
        }
    }

    pub(crate) fn say(&self, text: impl Into<String>) {
        self.remarks.say(text);
    }

    pub(crate) fn say_taken(&self, taken: Vec<Taken>) {
        self.remarks.say_taken(&self.name, taken);
    }
}
