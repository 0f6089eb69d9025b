//! Reads the fields of a JSON object one by one; every complaint names the field's path.

use crate::ApiError;
use crate::request::json::Json;
use crate::shown::Shown;

/// The fields of an object that have not been read yet.
pub(crate) struct Fields {
    /// Path of the object; empty for the body itself.
    path: String,
    fields: Vec<(String, Json)>,
    /// Names that were asked for.
    known: Vec<&'static str>,
}

impl Fields {
    /// The fields of `value`, which stands at `path`.
    pub(crate) fn of(value: Json, path: &str) -> Result<Self, ApiError> {
        match value {
            Json::Object(fields) => Ok(Self {
                path: path.to_owned(),
                fields,
                known: Vec::new(),
            }),
            other => Err(wrong_type(path, "an object", &other)),
        }
    }

    /// Whether there is a field of that name; what is null is absent.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| *value != Json::Null)
    }

    /// Takes out those of the fields that are null, which is as good as absent.
    pub(crate) fn drop_null(&mut self, names: &[&str]) {
        self.fields
            .retain(|(name, value)| *value != Json::Null || !names.contains(&name.as_str()));
    }

    /// Whether the field is an object.
    pub(crate) fn is_object(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Json::Object(_)))
    }

    /// A field that must be there, with its path.
    pub(crate) fn required(&mut self, name: &'static str) -> Result<(Json, String), ApiError> {
        let path = self.path_of(name);
        self.known.push(name);
        match self.remove(name) {
            Some(value) => Ok((value, path)),
            None => Err(ApiError::MissingField {
                field: path,
                sent: self.sent(),
            }),
        }
    }

    /// Some of the fields that were sent and not read, as messages show them.
    pub(crate) fn sent(&self) -> Vec<String> {
        const MOST: usize = 8;
        let mut names: Vec<&String> = self.fields.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.truncate(MOST);
        let shown = names.iter().map(|name| Shown(name).to_string());
        shown.collect()
    }

    /// A field that may be missing or null, with its path.
    pub(crate) fn optional(&mut self, name: &'static str) -> Option<(Json, String)> {
        self.known.push(name);
        let value = self.remove(name).filter(|value| *value != Json::Null)?;
        Some((value, self.path_of(name)))
    }

    /// A field whose name the client told, with its path.
    pub(crate) fn take(&mut self, name: &str) -> Option<(Json, String)> {
        let value = self.remove(name)?;
        Some((value, self.path_of(name)))
    }

    /// Whether the field is that value.
    pub(crate) fn is(&self, name: &str, value: &Json) -> bool {
        self.get(name) == Some(value)
    }

    /// Reads the field, if it is there, as what it means.
    pub(crate) fn loosen(&mut self, name: &str, meaning: impl Fn(Json) -> Json) {
        let mut fields = self.fields.iter_mut();
        if let Some((_, value)) = fields.find(|(known, _)| known == name) {
            *value = meaning(std::mem::replace(value, Json::Null));
        }
    }

    /// A text that may be missing or null.
    pub(crate) fn optional_text(&mut self, name: &'static str) -> Result<Option<String>, ApiError> {
        self.optional(name)
            .map(|(value, path)| text(value, &path))
            .transpose()
    }

    /// A name that may be missing or null.
    pub(crate) fn optional_name(&mut self, name: &'static str) -> Result<Option<String>, ApiError> {
        self.optional(name)
            .map(|(value, path)| self::name(value, &path))
            .transpose()
    }

    /// A truth value that may be missing or null.
    pub(crate) fn optional_flag(&mut self, name: &'static str) -> Result<Option<bool>, ApiError> {
        match self.optional(name) {
            None => Ok(None),
            Some((Json::Bool(value), _)) => Ok(Some(value)),
            Some((other, path)) => Err(wrong_type(&path, "true or false", &other)),
        }
    }

    /// A positive whole number that may be missing or null.
    pub(crate) fn optional_count(&mut self, name: &'static str) -> Result<Option<usize>, ApiError> {
        let Some((value, field)) = self.optional(name) else {
            return Ok(None);
        };
        match value {
            Json::Integer(n) if n > 0 => Ok(Some(usize::try_from(n).unwrap_or(usize::MAX))),
            Json::Integer(n) => Err(ApiError::InvalidValue {
                field,
                reason: format!("{n} is not a positive number."),
            }),
            // Its kind would be that of a whole number as well.
            Json::Float(x) if x.fract() == 0.0 => Err(ApiError::InvalidValue {
                field,
                reason: format!("{x:?} is not written as a whole number, without a fraction."),
            }),
            other => Err(wrong_type(&field, "a whole number", &other)),
        }
    }

    /// The one of `choices` that a field names, which may be missing or null.
    pub(crate) fn optional_choice<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, ApiError> {
        let Some(found) = self.optional_name(name)? else {
            return Ok(None);
        };
        if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == found) {
            return Ok(Some(*choice));
        }
        let known: Vec<String> = choices
            .iter()
            .map(|(name, _)| format!("{name:?}"))
            .collect();
        Err(ApiError::InvalidValue {
            field: self.path_of(name),
            reason: format!("{:?} is none of {}.", Shown(&found), known.join(", ")),
        })
    }

    /// The end of an object: whatever is left is not known. Of several the first by its name is told.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        match self.fields.iter().map(|(name, _)| name).min() {
            None => Ok(()),
            Some(name) => Err(ApiError::UnknownField {
                field: self.path_of(name),
                known: self.known,
            }),
        }
    }

    /// Path of the object.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    fn get(&self, name: &str) -> Option<&Json> {
        let mut fields = self.fields.iter();
        fields
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    fn remove(&mut self, name: &str) -> Option<Json> {
        let place = self.fields.iter().position(|(known, _)| known == name)?;
        Some(self.fields.swap_remove(place).1)
    }

    /// Path of a field, whose name a client may have made up.
    pub(crate) fn path_of(&self, name: &str) -> String {
        let name = Shown(name);
        if self.path.is_empty() {
            name.to_string()
        } else {
            format!("{}.{name}", self.path)
        }
    }
}

/// A text at `path`; in place of halves of characters it has U+FFFD.
pub(crate) fn text(value: Json, path: &str) -> Result<String, ApiError> {
    match value {
        Json::String(text) | Json::Broken(text) => Ok(text),
        other => Err(wrong_type(path, "text", &other)),
    }
}

/// A text at `path` without halves of characters.
pub(crate) fn whole_text(value: Json, path: &str) -> Result<String, ApiError> {
    match value {
        Json::Broken(_) => Err(half_a_character(path)),
        other => text(other, path),
    }
}

/// The failure of a text that holds half a character where it must not.
pub(crate) fn half_a_character(path: &str) -> ApiError {
    ApiError::InvalidValue {
        field: path.to_owned(),
        reason: "It holds half a character, a surrogate without its other half. Cut texts by characters, not by units of UTF-16."
            .to_owned(),
    }
}

/// Most bytes of a name. Names are compared, cut up and looked up by the threads that answer, where text of any length would hold up
/// everybody; none that means something is as long.
const LONGEST_NAME: usize = 1_000;

/// A name at `path`: of a model, a prompt, one of several choices.
pub(crate) fn name(value: Json, path: &str) -> Result<String, ApiError> {
    let name = text(value, path)?;
    match name.len() <= LONGEST_NAME {
        true => Ok(name),
        false => Err(ApiError::InvalidValue {
            field: path.to_owned(),
            reason: format!("This name is longer than {LONGEST_NAME} bytes."),
        }),
    }
}

/// A list at `path` that is not empty.
pub(crate) fn list(value: Json, path: &str) -> Result<Vec<Json>, ApiError> {
    match value {
        Json::Array(list) if list.is_empty() => Err(ApiError::EmptyList {
            field: path.to_owned(),
        }),
        Json::Array(list) => Ok(list),
        other => Err(wrong_type(path, "a list", &other)),
    }
}

/// The failure of a value that is of another type than expected.
pub(crate) fn wrong_type(path: &str, expected: &'static str, found: &Json) -> ApiError {
    ApiError::WrongType {
        field: path.to_owned(),
        expected,
        found: found.kind(),
    }
}
