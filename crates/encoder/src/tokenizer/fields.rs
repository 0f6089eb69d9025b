//! The fields of a tokenizer's JSON files, each of its type.

use crate::error::Error;
use crate::folder::Folder;
use crate::json::read_optional_json;
use serde_json::{Map, Value};
use std::collections::HashSet;

const CONFIG: &str = "tokenizer_config.json";
const MAP: &str = "special_tokens_map.json";

/// Lists of further special tokens.
pub(super) const LISTS: [&str; 2] = ["additional_special_tokens", "extra_special_tokens"];

/// Fields of a JSON object, perhaps of two files.
pub(super) struct Fields {
    shown: String,
    fields: Map<String, Value>,
    /// The other file, and which fields are from it.
    map: (String, HashSet<String>),
}

impl Fields {
    /// Those of one file; none where it is not there.
    pub(super) fn of(folder: &Folder, file: &str) -> Result<Self, Error> {
        Ok(Self {
            shown: folder.show(file),
            fields: read_optional_json(folder, file)?.unwrap_or_default(),
            map: (folder.show(MAP), HashSet::new()),
        })
    }

    /// Those of `tokenizer_config.json` and `special_tokens_map.json`. As in transformers the latter is only heard where the former has no
    /// `added_tokens_decoder`, and then its fields win.
    ///
    /// # Errors
    /// When a file is broken, or both list further special tokens, other ones: transformers 4 adds both lists, and 5 the former.
    pub(super) fn read(folder: &Folder) -> Result<Self, Error> {
        let mut all = Self::of(folder, CONFIG)?;
        if all.fields.contains_key("added_tokens_decoder") {
            return Ok(all);
        }
        let map: Option<Map<String, Value>> = read_optional_json(folder, MAP)?;
        for (name, value) in map.unwrap_or_default() {
            if LISTS.contains(&&*name) && all.lists_others(&name, &value) {
                let what = format!(
                    "{name} is another list than in {}, which transformers 4 and 5 read differently. Make them the same.",
                    all.shown
                );
                return Err(Error::unsupported(&all.map.0, what));
            }
            all.map.1.insert(name.clone());
            all.fields.insert(name, value);
        }
        Ok(all)
    }

    /// Whether a list is there already, and not the same.
    fn lists_others(&self, name: &str, value: &Value) -> bool {
        let is_empty = |list: &Value| match list {
            Value::Array(list) => list.is_empty(),
            Value::Object(list) => list.is_empty(),
            other => other.is_null(),
        };
        let own = self.fields.get(name).filter(|own| !is_empty(own));
        own.is_some_and(|own| own != value)
    }

    /// The file that says a field, as messages name it.
    pub(super) fn shown(&self, name: &str) -> &str {
        match self.map.1.contains(name) {
            true => &self.map.0,
            false => &self.shown,
        }
    }

    /// A field, also one that is null.
    pub(super) fn raw(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.raw(name).filter(|value| !value.is_null())
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Error> {
        self.typed(name, Value::as_bool, "true or false")
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Error> {
        self.typed(name, Value::as_str, "a text")
    }

    pub(super) fn typed<'a, T>(
        &'a self,
        name: &str,
        read: impl Fn(&'a Value) -> Option<T>,
        expected: &str,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let wrong = || {
            Error::file(
                self.shown(name),
                format!("{name} is {value}, not {expected}."),
            )
        };
        read(value).map(Some).ok_or_else(wrong)
    }

    /// The text of a token: a string, or an object that holds it.
    ///
    /// # Errors
    /// When it is neither.
    pub(super) fn token(&self, name: &str) -> Result<Option<&str>, Error> {
        self.typed(
            name,
            |value| value.as_str().or_else(|| value.get("content")?.as_str()),
            "a token",
        )
    }

    /// Code that comes with a model may split texts in any way.
    pub(super) fn refuse_own_code(&self) -> Result<(), Error> {
        let map = self.get("auto_map");
        let own = map.filter(|map| !map.is_object() || map.get("AutoTokenizer").is_some());
        match own {
            None => Ok(()),
            Some(_) => Err(Error::unsupported(
                self.shown("auto_map"),
                "auto_map names a tokenizer in Python code of the model's own, which yuyi does not run.",
            )),
        }
    }
}
