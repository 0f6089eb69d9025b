//! `POST /tokenize`, as TEI's.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use utoipa::ToSchema;
use yuyi_encoder::Piece;
use yuyi_models::TokenizeOptions;

use crate::body::JsonBody;
use crate::fields::Fields;
use crate::json;
use crate::text::read_text_or_texts;
use crate::truncation::named_prompt;
use crate::{ApiError, App, Limits};

/// Requests that are split at a time; a reply may be a hundred megabytes long.
static TURNS: Semaphore = Semaphore::const_new(2);

/// The tokens of texts, as TEI answers: all of them, also of a text that is longer than the model reads.
#[utoipa::path(
    post,
    path = "/tokenize",
    tag = "Embeddings",
    request_body = TokenizeRequest,
    responses((status = 200, description = "The tokens of each text, in order.", body = Reply)),
)]
pub(crate) async fn tokenize(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<Json<Reply>, ApiError> {
    let request = TokenizeRequest::read(body, app.limits())?;
    let model = app.model(request.model.as_deref()).await?;
    let options = TokenizeOptions {
        prompt: named_prompt(request.prompt_name.as_deref(), model.facts())?,
        special: request.add_special_tokens,
    };
    let _turn = turn(app.limits()).await?;
    let split = model.embedder().tokenize(request.inputs, options).await;
    let texts = split.map_err(explain)?;
    let tokens = texts
        .into_iter()
        .map(|pieces| pieces.into_iter().map(Token::from).collect());
    Ok(Json(Reply(tokens.collect())))
}

/// Waits until few enough others split their texts.
async fn turn(limits: &Limits) -> Result<SemaphorePermit<'static>, ApiError> {
    let late = |_| ApiError::QueueTimeout {
        seconds: limits.queue_timeout.as_secs(),
        // Splitting texts takes milliseconds: whoever waited in vain has met a burst.
        retry_after: 1,
    };
    let turn = timeout(limits.queue_timeout, TURNS.acquire()).await;
    // The semaphore is never closed.
    turn.map_err(late)?.map_err(|_| ApiError::Internal)
}

fn explain(error: yuyi_models::Error) -> ApiError {
    match error {
        yuyi_models::Error::NoTokens => ApiError::InvalidValue {
            field: "model".to_owned(),
            reason: error.to_string(),
        },
        other => {
            tracing::error!(cause = %other, "texts could not be split into tokens");
            ApiError::Internal
        }
    }
}

/// Texts to split. Fields that are not known are ignored.
#[derive(ToSchema)]
pub(crate) struct TokenizeRequest {
    #[schema(schema_with = crate::openapi::text_or_texts, required = true)]
    inputs: Vec<String>,
    /// With the tokens that stand around every text.
    #[serde(default)]
    #[schema(value_type = Option<bool>, default = true)]
    add_special_tokens: bool,
    /// A prompt of the model, by its name in `/info`, that goes in front of each text; absent: the model's
    /// default.
    #[schema(example = json!(null))]
    prompt_name: Option<String>,
    /// The model whose tokens are asked for, by a name of `/v1/models`; absent: the default one.
    #[schema(example = json!(null))]
    model: Option<String>,
}

impl TokenizeRequest {
    fn read(body: json::Json, limits: &Limits) -> Result<Self, ApiError> {
        let mut fields = Fields::of(body, "")?;
        let (inputs, path) = fields.required("inputs")?;
        let inputs = read_text_or_texts(inputs, &path, limits)?;
        check_sum(&inputs, &path, limits)?;
        Ok(Self {
            inputs,
            add_special_tokens: fields.optional_flag("add_special_tokens")?.unwrap_or(true),
            prompt_name: fields.optional_text("prompt_name")?,
            model: fields.optional_text("model")?,
        })
    }
}

/// The reply is some fifty times as long as the texts, so it has the bound of the queue: what could not be embedded
/// at once is not split at once.
fn check_sum(texts: &[String], path: &str, limits: &Limits) -> Result<(), ApiError> {
    let limit = limits.queue_tokens.max(limits.characters);
    let characters = texts.iter().map(|text| text.chars().count()).sum();
    match characters > limit {
        true => Err(ApiError::TextTooLong {
            field: path.to_owned(),
            characters,
            limit,
        }),
        false => Ok(()),
    }
}

/// The tokens of each text.
#[derive(Serialize, ToSchema)]
#[schema(as = TokenizeReply)]
pub(crate) struct Reply(Vec<Vec<Token>>);

/// A token.
#[derive(Serialize, ToSchema)]
struct Token {
    id: u32,
    /// What stands there in the prompt and the text behind it; of a special token, its name.
    text: String,
    /// Put there by the tokenizer, not by the text.
    special: bool,
    /// First byte in the prompt and the text behind it; null for special tokens.
    start: Option<usize>,
    /// The byte after the last; null for special tokens.
    stop: Option<usize>,
}

impl From<Piece> for Token {
    fn from(piece: Piece) -> Self {
        let place = |byte| (!piece.special).then_some(byte);
        Self {
            id: piece.id,
            special: piece.special,
            start: place(piece.start),
            stop: place(piece.end),
            text: piece.text,
        }
    }
}
