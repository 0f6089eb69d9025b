//! What is embedded: texts or token ids, one or many, as OpenAI's and TEI's routes take them.

use utoipa::ToSchema;
use yuyi_models::Inputs;

use crate::fields::{list, wrong_type};
use crate::json::Json;
use crate::text::{check_count, each, read_text};
use crate::{ApiError, Limits};

const EXPECTED: &str = "text, a list of texts, token ids, or a list of lists of token ids";

/// A text, a list of texts, token ids, or a list of lists of token ids. Token ids are the model's own and are
/// taken as they are: no prompt and no special token is added.
#[derive(Debug, ToSchema)]
#[serde(untagged)]
pub(crate) enum Input {
    /// A text.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
    /// The token ids of a text.
    Ids(Vec<u32>),
    /// The token ids of several texts.
    IdLists(Vec<Vec<u32>>),
}

impl Input {
    /// What stands at `path`.
    pub(crate) fn read(value: Json, path: &str, limits: &Limits) -> Result<Self, ApiError> {
        if let Json::String(_) = value {
            return read_text(value, path, limits).map(Self::Text);
        }
        if !matches!(value, Json::Array(_)) {
            return Err(wrong_type(path, EXPECTED, &value));
        }
        let items = list(value, path)?;
        match &items[0] {
            Json::Integer(_) => read_ids(items, path).map(Self::Ids),
            Json::Array(_) => {
                check_count(items.len(), path, limits)?;
                each(items, path, |value, path| {
                    read_ids(list(value, path)?, path)
                })
                .map(Self::IdLists)
            }
            Json::String(_) => {
                check_count(items.len(), path, limits)?;
                each(items, path, |value, path| read_text(value, path, limits)).map(Self::Texts)
            }
            other => Err(wrong_type(&format!("{path}[0]"), EXPECTED, other)),
        }
    }

    /// Names the field that each input came from; `path` is that of the whole.
    pub(crate) fn paths(&self, path: &'static str) -> impl Fn(usize) -> String + use<> {
        let single = matches!(self, Self::Text(_) | Self::Ids(_));
        move |index| match single {
            true => path.to_owned(),
            false => format!("{path}[{index}]"),
        }
    }
}

impl From<Input> for Inputs {
    fn from(input: Input) -> Self {
        match input {
            Input::Text(text) => Self::Texts(vec![text]),
            Input::Texts(texts) => Self::Texts(texts),
            Input::Ids(ids) => Self::Tokens(vec![ids]),
            Input::IdLists(lists) => Self::Tokens(lists),
        }
    }
}

fn read_ids(items: Vec<Json>, path: &str) -> Result<Vec<u32>, ApiError> {
    each(items, path, |value, path| match value {
        Json::Integer(n) => u32::try_from(n).map_err(|_| ApiError::InvalidToken {
            field: path.to_owned(),
            reason: format!("Token id {n} is not in the vocabulary of any model."),
        }),
        other => Err(wrong_type(path, "a token id", &other)),
    })
}
