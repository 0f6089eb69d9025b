//! The fields of config.json, read one by one, so that an error names the field as the file calls it.

use super::{Architecture, MOST};
use crate::error::Error;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The fields of a file.
pub(super) struct Fields<'a> {
    /// The file's name in messages.
    pub(super) file: &'a str,
    /// Whose names of fields the file has.
    pub(super) architecture: Architecture,
    pub(super) values: &'a Map<String, Value>,
}

impl Fields<'_> {
    /// What the file calls a field.
    pub(super) fn name(&self, field: &'static str) -> &'static str {
        self.architecture.field(field)
    }

    /// A field that may be missing or null.
    pub(super) fn get<T: DeserializeOwned>(&self, field: &'static str) -> Result<Option<T>, Error> {
        match self.values.get(self.name(field)) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value.clone())
                .map(Some)
                .map_err(|e| Error::file(self.file, format!("{e}."))),
        }
    }

    /// A size that must be there.
    pub(super) fn size(&self, field: &'static str) -> Result<usize, Error> {
        match self.get(field)? {
            Some(size) => self.checked(field, size),
            None => {
                let what = format!("missing field `{}`.", self.name(field));
                Err(Error::file(self.file, what))
            }
        }
    }

    /// A size with what holds where it is missing.
    pub(super) fn size_or(&self, field: &'static str, otherwise: usize) -> Result<usize, Error> {
        let size = self.get(field)?.unwrap_or(otherwise);
        self.checked(field, size)
    }

    fn checked(&self, field: &'static str, size: usize) -> Result<usize, Error> {
        if (1..=MOST).contains(&size) {
            return Ok(size);
        }
        let field = self.name(field);
        let what = format!("{field} is {size}; it must be between 1 and {MOST}.");
        Err(Error::file(self.file, what))
    }
}
