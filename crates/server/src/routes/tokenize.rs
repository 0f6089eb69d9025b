//! `POST /tokenize`, as TEI's.

use std::vec;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use yuyi::{Piece, TokenizeOptions};
use yuyi_serving::{ModelHandle, Turns, normal_characters, splitting_time};

use crate::answer::{self, is_full};
use crate::memory;
use crate::request::body::JsonBody;
use crate::request::truncation::named_prompt;
use crate::request::{Source, flag, name, request, text_or_texts};
use crate::work::Stopped;
use crate::{ApiError, App, Limits};

/// The tokens of texts, as TEI answers: all of them, also of a text that is longer than the model reads.
#[utoipa::path(
    post,
    path = "/tokenize",
    tag = "Embeddings",
    request_body = TokenizeRequest,
    responses((status = 200, description = "The tokens of each text, in order.", body = Reply)),
)]
pub(crate) async fn tokenize(State(app): State<App>, body: JsonBody) -> Result<Response, ApiError> {
    let request = Source::read_foreign(body, app.limits(), TokenizeRequest::take)?;
    let model = app.model(request.model.as_deref()).await?;
    let options = TokenizeOptions {
        prompt: named_prompt(request.prompt_name.as_deref(), model.facts())?,
        special: request.add_special_tokens,
    };
    let texts = request.inputs;
    let characters = |text: &String| normal_characters(text);
    let longest = texts.iter().map(characters).max().unwrap_or_default();
    memory::hold(longest * BYTES_OF_A_CHARACTER)?;
    let cost = texts
        .iter()
        .map(|text| TIMES_SPLITTING * splitting_time(text));
    let errand = app.service().errand(cost.sum())?;
    answer::stream(errand, Writing::of(model, texts, options), Writing::next).await
}

/// Bytes that a token of each character takes while a text is split, and then its piece.
const BYTES_OF_A_CHARACTER: usize = 256;

/// How long it takes to split a text and to write what came of it, in times of splitting it alone.
const TIMES_SPLITTING: u32 = 2;

/// A reply on the way. It is some fifty times as long as the texts, so they are split one by one as it is taken, and pieces are let go as
/// they are written.
struct Writing {
    model: ModelHandle,
    options: TokenizeOptions,
    texts: vec::IntoIter<String>,
    pieces: Option<vec::IntoIter<Piece>>,
    /// What comes before the next text or piece.
    before_text: &'static str,
    before_piece: &'static str,
    /// The document is closed.
    ended: bool,
}

impl Writing {
    fn of(model: ModelHandle, texts: Vec<String>, options: TokenizeOptions) -> Self {
        Self {
            model,
            options,
            texts: texts.into_iter(),
            pieces: None,
            before_text: "[",
            before_piece: "",
            ended: false,
        }
    }

    /// The next part.
    fn next(&mut self, turns: &mut Turns) -> Result<Vec<u8>, Stopped> {
        let mut part = Vec::new();
        while !self.ended && !is_full(&part) {
            self.write(&mut part, turns)?;
        }
        Ok(part)
    }

    /// Writes the next piece, or the start or the end of a text.
    fn write(&mut self, out: &mut Vec<u8>, turns: &mut Turns) -> Result<(), Stopped> {
        if let Some(piece) = self.pieces.as_mut().and_then(Iterator::next) {
            out.extend(self.before_piece.as_bytes());
            self.before_piece = ",";
            // A token has nothing that JSON cannot write.
            let written = serde_json::to_writer(out, &Token::from(piece));
            return Ok(written.map_err(|_| ApiError::Internal)?);
        }
        if self.pieces.take().is_some() {
            out.push(b']');
        }
        turns.checkpoint()?;
        match self.texts.next() {
            Some(text) => {
                let pieces = self.model.tokenize(&[text], &self.options);
                let pieces = pieces.map_err(ApiError::from)?;
                self.pieces = Some(pieces.into_iter().flatten().collect::<Vec<_>>().into_iter());
                out.extend(self.before_text.as_bytes());
                out.push(b'[');
                (self.before_text, self.before_piece) = (",", "");
            }
            None => {
                let end = if self.before_text == "[" { "[]" } else { "]" };
                out.extend(end.as_bytes());
                self.ended = true;
            }
        }
        Ok(())
    }
}

request! {
    /// Texts to split. Fields that are not known are ignored.
    pub(crate) struct TokenizeRequest {
        #[schema(schema_with = crate::request::schemas::text_or_texts, required = true)]
        inputs: Vec<String> = take_inputs,
        /// With the tokens that stand around every text.
        #[serde(default)]
        #[schema(value_type = Option<crate::request::schemas::LooseFlag>, default = true)]
        add_special_tokens: bool = flag(true),
        /// A prompt of the model, by its name in `/info`, that goes in front of each text; absent: the model's
        /// default.
        #[schema(example = json!(null))]
        prompt_name: Option<String> = name,
        /// The model whose tokens are asked for, by a name of `/v1/models`; absent: the default one.
        #[schema(example = json!(null))]
        model: Option<String> = name,
    }
}

fn take_inputs(source: &mut Source<'_>, name: &'static str) -> Result<Vec<String>, ApiError> {
    let inputs = text_or_texts(source, name)?;
    check_sum(&inputs, name, source.rules.limits)?;
    Ok(inputs)
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
#[derive(ToSchema)]
#[schema(as = TokenizeReply)]
#[expect(dead_code, reason = "describes the reply in /openapi.json")]
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
