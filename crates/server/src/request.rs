//! Requests, declared once: [`request!`] makes a type of a declaration, its schema for the OpenAPI document, and the reader that
//! takes it from a body. Each field says how it is read, by one of the functions below or one of its own.

pub(crate) mod body;
pub(crate) mod dimensions;
pub(crate) mod fields;
pub(crate) mod file;
pub(crate) mod form;
pub(crate) mod input;
pub(crate) mod item;
pub(crate) mod json;
mod loose;
pub(crate) mod options;
pub(crate) mod place;
pub(crate) mod schemas;
pub(crate) mod text;
pub(crate) mod truncation;
pub(crate) mod value;

use crate::request::body::JsonBody;
use crate::request::fields::{Fields, list, name as plain_name, wrong_type};
use crate::request::json::Json;
use crate::request::text::{
    Dialect, Rules, check_count, each, read_text, read_text_or_texts, read_texts,
};
use crate::{ApiError, Limits};

/// Declares what a client may send.
///
/// ```ignore
/// request! {
///     /// A question.
///     pub(crate) struct Question {
///         /// What is asked.
///         text: String = text,
///         model: Option<String> = name,
///         #[serde(flatten)]
///         truncation: Truncation = part(Truncation::take),
///     }
/// }
/// ```
///
/// `take` reads the fields in this order and leaves the others. Attributes are those of `utoipa::ToSchema`.
macro_rules! request {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident {
            $(
                $(#[$field_attribute:meta])*
                $field_visibility:vis $field:ident: $type:ty = $read:expr
            ),+ $(,)?
        }
    ) => {
        #[derive(Debug, utoipa::ToSchema)]
        $(#[$attribute])*
        $visibility struct $name {
            $($(#[$field_attribute])* $field_visibility $field: $type),+
        }

        impl $name {
            /// Takes the fields from an object that may have others.
            $visibility fn take(
                source: &mut $crate::request::Source<'_>,
            ) -> Result<Self, $crate::ApiError> {
                $(let $field = ($read)(source, stringify!($field))?;)+
                Ok(Self { $($field),+ })
            }
        }
    };
}
pub(crate) use request;

/// An object of a request, of which fields are taken one by one.
pub(crate) struct Source<'a> {
    pub(crate) fields: Fields,
    pub(crate) rules: Rules<'a>,
    /// Texts of the request that were read so far.
    texts: usize,
}

impl<'a> Source<'a> {
    /// The body of a request to one of our own routes.
    pub(crate) fn of(body: Json, limits: &'a Limits) -> Result<Self, ApiError> {
        let dialect = Dialect::Own;
        Self::at(body, "", Rules { limits, dialect })
    }

    /// The body of a request to a route of another server.
    pub(crate) fn foreign(body: Json, limits: &'a Limits) -> Result<Self, ApiError> {
        let dialect = Dialect::Foreign;
        Self::at(body, "", Rules { limits, dialect })
    }

    /// The object at `path`.
    pub(crate) fn at(value: Json, path: &str, rules: Rules<'a>) -> Result<Self, ApiError> {
        Ok(Self {
            fields: Fields::of(value, path)?,
            rules,
            texts: 0,
        })
    }

    /// What `take` reads of a document to one of our own routes, which holds nothing else.
    pub(crate) fn read<T>(
        body: impl Into<JsonBody>,
        limits: &'a Limits,
        take: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        body.into().read(|json| {
            let mut source = Self::of(json, limits)?;
            let taken = take(&mut source)?;
            source.finish()?;
            Ok(taken)
        })
    }

    /// What `take` reads of a document to a route of another server, which may hold anything else.
    pub(crate) fn read_foreign<T>(
        body: JsonBody,
        limits: &'a Limits,
        take: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        body.read(|json| take(&mut Self::foreign(json, limits)?))
    }

    /// What is left, by the rules of another server: the form of the request is that server's.
    pub(crate) fn make_foreign(&mut self) {
        self.rules.dialect = Dialect::Foreign;
    }

    /// Reads a number that is written otherwise, where the route is another server's.
    pub(crate) fn loosen_number(&mut self, name: &str) {
        if self.is_foreign() {
            self.fields.loosen(name, loose::number);
        }
    }

    fn is_foreign(&self) -> bool {
        self.rules.dialect == Dialect::Foreign
    }

    /// Refuses what is left, on routes whose fields are ours alone.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        self.fields.finish()
    }

    /// Refuses more texts than a request may have; `path` is that of these.
    pub(crate) fn count_texts(&mut self, more: usize, path: &str) -> Result<(), ApiError> {
        self.texts += more;
        check_count(self.texts, path, self.rules.limits)
    }
}

/// A text that can be computed.
pub(crate) fn text(source: &mut Source<'_>, name: &'static str) -> Result<String, ApiError> {
    let (value, path) = source.fields.required(name)?;
    source.texts += 1;
    read_text(value, &path, source.rules)
}

/// A list of texts that can be computed.
pub(crate) fn texts(source: &mut Source<'_>, name: &'static str) -> Result<Vec<String>, ApiError> {
    let (value, path) = source.fields.required(name)?;
    let texts = read_texts(value, &path, source.texts, source.rules)?;
    source.texts += texts.len();
    Ok(texts)
}

/// A list of texts, of which one that is empty, too long or broken carries its own error and does not sink the others.
pub(crate) fn sound_texts(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Vec<Result<String, ApiError>>, ApiError> {
    let (value, path) = source.fields.required(name)?;
    sound(source, value, &path)
}

/// The same, which may be absent.
pub(crate) fn optional_sound_texts(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Option<Vec<Result<String, ApiError>>>, ApiError> {
    let found = source.fields.optional(name);
    found
        .map(|(value, path)| sound(source, value, &path))
        .transpose()
}

fn sound(
    source: &mut Source<'_>,
    value: Json,
    path: &str,
) -> Result<Vec<Result<String, ApiError>>, ApiError> {
    let texts = list(value, path)?;
    source.count_texts(texts.len(), path)?;
    each(texts, path, |value, path| match value {
        Json::String(_) | Json::Broken(_) => Ok(read_text(value, path, source.rules)),
        other => Err(wrong_type(path, "text", &other)),
    })
}

/// A text or a list of texts that can be computed.
pub(crate) fn text_or_texts(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Vec<String>, ApiError> {
    let (value, path) = source.fields.required(name)?;
    let texts = read_text_or_texts(value, &path, source.rules)?;
    source.count_texts(texts.len(), &path)?;
    Ok(texts)
}

/// A name, such as a model's, which may be absent; the empty one is.
pub(crate) fn name(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Option<String>, ApiError> {
    let found = source.fields.optional_name(name)?;
    Ok(found.filter(|name| !name.is_empty()))
}

/// A name that must be there.
pub(crate) fn required_name(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<String, ApiError> {
    let (value, path) = source.fields.required(name)?;
    plain_name(value, &path)
}

/// A positive whole number, which may be absent; to other servers 0 is all.
pub(crate) fn count(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Option<usize>, ApiError> {
    source.loosen_number(name);
    if source.is_foreign() && source.fields.is(name, &Json::Integer(0)) {
        source.fields.optional(name);
    }
    source.fields.optional_count(name)
}

/// A number that may be missing.
pub(crate) fn number(source: &mut Source<'_>, name: &'static str) -> Result<Option<f64>, ApiError> {
    if source.is_foreign() {
        source.fields.loosen(name, loose::decimal);
    }
    match source.fields.optional(name) {
        None => Ok(None),
        Some((Json::Integer(number), _)) => Ok(Some(number as f64)),
        Some((Json::Float(number), _)) => Ok(Some(number)),
        Some((other, path)) => Err(wrong_type(&path, "a number", &other)),
    }
}

/// Whether a value means that truth value to another server.
pub(crate) fn is_flag(value: &Json, flag: bool) -> bool {
    loose::flag(value.clone()) == Json::Bool(flag)
}

/// A truth value, which may be absent.
pub(crate) fn optional_flag(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Option<bool>, ApiError> {
    if source.is_foreign() {
        source.fields.loosen(name, loose::flag);
    }
    source.fields.optional_flag(name)
}

/// A truth value; what an absent one means.
pub(crate) fn flag(
    absent: bool,
) -> impl Fn(&mut Source<'_>, &'static str) -> Result<bool, ApiError> {
    move |source, name| Ok(optional_flag(source, name)?.unwrap_or(absent))
}

/// One of several names, which may be absent.
pub(crate) fn choice<T: Copy>(
    choices: &[(&'static str, T)],
) -> impl Fn(&mut Source<'_>, &'static str) -> Result<Option<T>, ApiError> {
    move |source, name| {
        if source.is_foreign() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            (source.fields).loosen(name, |value| loose::one_of(value, &names));
        }
        source.fields.optional_choice(name, choices)
    }
}

/// A field of other servers that would change the vectors in a way that this one does not know: with a value that says so it is
/// refused, since an answer without it would look right and be another. `means_nothing` tells of the other values.
pub(crate) fn refused(
    means_nothing: impl Fn(&Json) -> bool,
    reason: &'static str,
) -> impl Fn(&mut Source<'_>, &'static str) -> Result<(), ApiError> {
    move |source, name| match source.fields.optional(name) {
        Some((value, field)) if !means_nothing(&value) => Err(ApiError::InvalidValue {
            field,
            reason: reason.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Fields that several requests have in common, beside the others.
pub(crate) fn part<T>(
    take: impl Fn(&mut Source<'_>) -> Result<T, ApiError>,
) -> impl Fn(&mut Source<'_>, &'static str) -> Result<T, ApiError> {
    move |source, _| take(source)
}

/// An object of its own.
pub(crate) fn object<T>(
    take: impl Fn(&mut Source<'_>) -> Result<T, ApiError>,
) -> impl Fn(&mut Source<'_>, &'static str) -> Result<T, ApiError> {
    move |source, name| {
        let (value, path) = source.fields.required(name)?;
        take(&mut Source::at(value, &path, source.rules)?)
    }
}
