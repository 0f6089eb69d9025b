//! What is embedded: texts and token ids, one or many, as OpenAI's and TEI's routes take them; TEI's also in one list.

use utoipa::ToSchema;
use yuyi::Inputs;
use yuyi_serving::ModelHandle;

use crate::ApiError;
use crate::request::Source;
use crate::request::fields::{Fields, list, wrong_type};
use crate::request::json::Json;
use crate::request::loose::integer;
use crate::request::text::{Rules, check_count, each, read_text};

const EXPECTED: &str = "text, token ids, or a list of these";

/// Whose ids they mostly are.
const FOREIGN_IDS: &str = "Ids must be those of this model's own vocabulary; send texts otherwise. LangChain's \
    OpenAIEmbeddings sends ids of OpenAI's models unless it has check_embedding_ctx_length=False.";

/// One or many.
#[derive(Debug, ToSchema)]
#[serde(untagged)]
pub(crate) enum Input {
    One(Entry),
    Many(Vec<Entry>),
}

/// A text, or the token ids of one. Ids are the model's own and are taken as they are: no prompt and no special token is
/// added. Those of other models, such as LangChain's `OpenAIEmbeddings` sends without `check_embedding_ctx_length=False`, are refused where
/// they lie outside the vocabulary and give vectors of other texts where they do not.
#[derive(Debug, ToSchema)]
#[serde(untagged)]
pub(crate) enum Entry {
    /// A text.
    Text(String),
    /// The token ids of a text.
    Ids(Vec<u32>),
    /// A text as Jina's clients send it.
    Named { text: String },
}

impl Input {
    /// The field of a request.
    pub(crate) fn take(source: &mut Source<'_>, name: &'static str) -> Result<Self, ApiError> {
        let (value, path) = source.fields.required(name)?;
        Self::read(value, &path, source.rules)
    }

    /// What stands at `path`.
    fn read(value: Json, path: &str, rules: Rules<'_>) -> Result<Self, ApiError> {
        if let Json::String(_) | Json::Broken(_) | Json::Object(_) = value {
            return Entry::read(value, path, rules).map(Self::One);
        }
        if !matches!(value, Json::Array(_)) {
            return Err(wrong_type(path, EXPECTED, &value));
        }
        let items = list(value, path)?;
        if let Json::Integer(_) | Json::Float(_) = items[0] {
            return read_ids(items, path).map(Entry::Ids).map(Self::One);
        }
        check_count(items.len(), path, rules.limits)?;
        each(items, path, |value, path| Entry::read(value, path, rules)).map(Self::Many)
    }

    /// Names the field that each input came from; `path` is that of the whole.
    pub(crate) fn paths(&self, path: &'static str) -> impl Fn(usize) -> String + use<> {
        let single = matches!(self, Self::One(_));
        move |index| match single {
            true => path.to_owned(),
            false => format!("{path}[{index}]"),
        }
    }

    /// Refuses token ids that the model does not have, by the field that they came in; `path` is that of the whole.
    pub(crate) fn check_ids(
        &self,
        path: &'static str,
        model: &ModelHandle,
    ) -> Result<(), ApiError> {
        let entries = match self {
            Self::One(entry) => std::slice::from_ref(entry),
            Self::Many(entries) => entries,
        };
        let field = self.paths(path);
        for (index, entry) in entries.iter().enumerate() {
            if let Entry::Ids(ids) = entry
                && let Err(error) = model.check_tokens(ids)
            {
                return Err(ApiError::InvalidToken {
                    field: field(index),
                    reason: format!("{error} {FOREIGN_IDS}"),
                });
            }
        }
        Ok(())
    }

    /// Whether token ids are among them.
    pub(crate) fn has_ids(&self) -> bool {
        let is_ids = |entry: &Entry| matches!(entry, Entry::Ids(_));
        match self {
            Self::One(entry) => is_ids(entry),
            Self::Many(entries) => entries.iter().any(is_ids),
        }
    }
}

impl Entry {
    fn read(value: Json, path: &str, rules: Rules<'_>) -> Result<Self, ApiError> {
        match value {
            Json::String(_) | Json::Broken(_) => read_text(value, path, rules).map(Self::Text),
            Json::Array(_) => read_ids(list(value, path)?, path).map(Self::Ids),
            Json::Object(_) => {
                let (value, path) = Fields::of(value, path)?.required("text")?;
                let text = read_text(value, &path, rules)?;
                Ok(Self::Named { text })
            }
            other => Err(wrong_type(path, "text or a list of token ids", &other)),
        }
    }
}

impl From<Entry> for yuyi::Input {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Text(text) | Entry::Named { text } => Self::Text(text.into()),
            Entry::Ids(ids) => Self::Tokens(ids.into()),
        }
    }
}

impl From<Input> for Inputs {
    fn from(input: Input) -> Self {
        match input {
            Input::One(entry) => Self::Mixed(vec![entry.into()]),
            Input::Many(entries) => Self::Mixed(entries.into_iter().map(Into::into).collect()),
        }
    }
}

fn read_ids(items: Vec<Json>, path: &str) -> Result<Vec<u32>, ApiError> {
    let read = |(i, value)| match integer(value) {
        Json::Integer(n) => u32::try_from(n).map_err(|_| ApiError::InvalidToken {
            field: format!("{path}[{i}]"),
            reason: format!("Token id {n} is not in the vocabulary of any model. {FOREIGN_IDS}"),
        }),
        other => Err(wrong_type(&format!("{path}[{i}]"), "a token id", &other)),
    };
    items.into_iter().enumerate().map(read).collect()
}
