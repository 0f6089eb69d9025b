//! What a client may send to `/v1/embeddings`. Unknown fields are ignored, as OpenAI's clients
//! send more with every year.

use yuyi_models::Inputs;

use crate::fields::{Fields, list, text, wrong_type};
use crate::json::Json;
use crate::text::{check_count, check_text};
use crate::{ApiError, Limits};

const INPUT: &str = "text, a list of texts, token ids, or a list of lists of token ids";

/// A request, read and checked.
pub(super) struct EmbeddingsRequest {
    pub(super) inputs: Inputs,
    pub(super) model: Option<String>,
    pub(super) encoding: Encoding,
    dimensions: Option<Json>,
}

/// How vectors are written.
#[derive(Clone, Copy)]
pub(super) enum Encoding {
    Float,
    Base64,
}

impl EmbeddingsRequest {
    pub(super) fn read(body: Json, limits: &Limits) -> Result<Self, ApiError> {
        let mut fields = Fields::of(body, "")?;
        let (input, _) = fields.required("input")?;
        Ok(Self {
            inputs: read_input(input, limits)?,
            model: fields.optional_text("model")?,
            encoding: Encoding::read(&mut fields)?,
            dimensions: fields.optional("dimensions").map(|(value, _)| value),
        })
    }

    /// Length of the vectors to answer with, for a model whose vectors have `most` numbers.
    pub(super) fn dimensions(&self, most: usize) -> Result<usize, ApiError> {
        let refused = |value: String| Err(ApiError::InvalidDimensions { value, most });
        match &self.dimensions {
            None => Ok(most),
            Some(Json::Integer(n)) => match usize::try_from(*n) {
                Ok(n) if (1..=most).contains(&n) => Ok(n),
                _ => refused(n.to_string()),
            },
            Some(Json::Float(x)) => refused(x.to_string()),
            Some(other) => Err(wrong_type("dimensions", "a whole number", other)),
        }
    }
}

impl Encoding {
    fn read(fields: &mut Fields) -> Result<Self, ApiError> {
        match fields.optional_text("encoding_format")?.as_deref() {
            None | Some("float") => Ok(Self::Float),
            Some("base64") => Ok(Self::Base64),
            Some(other) => {
                let reason = format!("{other:?} is none of \"float\", \"base64\".");
                Err(ApiError::InvalidValue {
                    field: "encoding_format".to_owned(),
                    reason,
                })
            }
        }
    }
}

fn read_input(input: Json, limits: &Limits) -> Result<Inputs, ApiError> {
    if let Json::String(text) = input {
        check_text(&text, "input", limits)?;
        return Ok(Inputs::Texts(vec![text]));
    }
    if !matches!(input, Json::Array(_)) {
        return Err(wrong_type("input", INPUT, &input));
    }
    let items = list(input, "input")?;
    match &items[0] {
        Json::Integer(_) => Ok(Inputs::Tokens(vec![read_ids(items, "input")?])),
        Json::Array(_) => {
            check_count(items.len(), "input", limits)?;
            each(items, |value, path| read_ids(list(value, path)?, path)).map(Inputs::Tokens)
        }
        Json::String(_) => {
            check_count(items.len(), "input", limits)?;
            each(items, |value, path| read_text(value, path, limits)).map(Inputs::Texts)
        }
        other => Err(wrong_type("input[0]", INPUT, other)),
    }
}

fn each<T>(
    items: Vec<Json>,
    read: impl Fn(Json, &str) -> Result<T, ApiError>,
) -> Result<Vec<T>, ApiError> {
    items
        .into_iter()
        .enumerate()
        .map(|(i, value)| read(value, &format!("input[{i}]")))
        .collect()
}

fn read_text(value: Json, path: &str, limits: &Limits) -> Result<String, ApiError> {
    let text = text(value, path)?;
    check_text(&text, path, limits)?;
    Ok(text)
}

fn read_ids(items: Vec<Json>, path: &str) -> Result<Vec<u32>, ApiError> {
    let id = |(i, value): (usize, Json)| match value {
        Json::Integer(n) => u32::try_from(n).map_err(|_| ApiError::InvalidToken {
            field: format!("{path}[{i}]"),
            reason: format!("Token id {n} is not in the vocabulary of any model."),
        }),
        other => Err(wrong_type(&format!("{path}[{i}]"), "a token id", &other)),
    };
    items.into_iter().enumerate().map(id).collect()
}
