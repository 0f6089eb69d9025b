//! What a client may send to `/similarity`.

use crate::fields::{Fields, list, text};
use crate::json::Json;
use crate::text::{check_count, check_text};
use crate::{ApiError, Limits};

/// A request, read and checked.
#[derive(Debug)]
pub(super) struct SimilarityRequest {
    pub(super) form: Form,
    pub(super) model: Option<String>,
    pub(super) long_text: LongText,
}

/// The three forms.
#[derive(Debug)]
pub(super) enum Form {
    One(Pair),
    /// A pair that cannot be scored keeps its place.
    Pairs(Vec<Result<Pair, ApiError>>),
    OneToMany {
        a: String,
        sentences: Vec<String>,
    },
}

/// Two sentences.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) a: String,
    pub(super) b: String,
}

/// What happens to a text that is longer than the model reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LongText {
    /// Its end is cut off.
    Truncate,
    /// It is refused.
    Error,
}

impl SimilarityRequest {
    pub(super) fn read(body: Json, limits: &Limits) -> Result<Self, ApiError> {
        let mut fields = Fields::of(body, "")?;
        let form = Form::read(&mut fields, limits)?;
        let model = fields.optional_text("model")?;
        let long_text = LongText::read(&mut fields)?;
        fields.finish()?;
        Ok(Self {
            form,
            model,
            long_text,
        })
    }
}

impl Form {
    fn read(fields: &mut Fields, limits: &Limits) -> Result<Self, ApiError> {
        if fields.has("pairs") {
            return read_pairs(fields, limits);
        }
        if fields.has("sentences") {
            return read_one_to_many(fields, limits);
        }
        Pair::read(fields, limits).map(Self::One)
    }
}

impl Pair {
    fn read(fields: &mut Fields, limits: &Limits) -> Result<Self, ApiError> {
        let a = read_text(fields, "sentence_a", limits)?;
        let b = read_text(fields, "sentence_b", limits)?;
        Ok(Self { a, b })
    }
}

impl LongText {
    fn read(fields: &mut Fields) -> Result<Self, ApiError> {
        match fields.optional_text("long_text")?.as_deref() {
            None | Some("truncate") => Ok(Self::Truncate),
            Some("error") => Ok(Self::Error),
            Some(other) => {
                let reason = match other {
                    "mean" => {
                        "\"mean\" is not available yet; use \"truncate\" or \"error\".".to_owned()
                    }
                    _ => format!("{other:?} is none of \"truncate\", \"error\"."),
                };
                Err(ApiError::InvalidValue {
                    field: "long_text".to_owned(),
                    reason,
                })
            }
        }
    }
}

fn read_text(fields: &mut Fields, name: &'static str, limits: &Limits) -> Result<String, ApiError> {
    let (value, path) = fields.required(name)?;
    let text = text(value, &path)?;
    check_text(&text, &path, limits)?;
    Ok(text)
}

fn read_pairs(fields: &mut Fields, limits: &Limits) -> Result<Form, ApiError> {
    let (value, path) = fields.required("pairs")?;
    let pairs = list(value, &path)?;
    check_count(2 * pairs.len(), &path, limits)?;
    let pair = |(i, value)| {
        let mut fields = Fields::of(value, &format!("pairs[{i}]"))?;
        let pair = Pair::read(&mut fields, limits)?;
        fields.finish()?;
        Ok(pair)
    };
    Ok(Form::Pairs(
        pairs.into_iter().enumerate().map(pair).collect(),
    ))
}

fn read_one_to_many(fields: &mut Fields, limits: &Limits) -> Result<Form, ApiError> {
    let a = read_text(fields, "sentence_a", limits)?;
    let (value, path) = fields.required("sentences")?;
    let sentences = list(value, &path)?;
    check_count(1 + sentences.len(), &path, limits)?;
    let sentence = |(i, value)| {
        let path = format!("sentences[{i}]");
        let text = text(value, &path)?;
        check_text(&text, &path, limits)?;
        Ok(text)
    };
    let sentences: Result<_, ApiError> = sentences.into_iter().enumerate().map(sentence).collect();
    Ok(Form::OneToMany {
        a,
        sentences: sentences?,
    })
}
