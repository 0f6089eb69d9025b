//! `POST /tokenize`, as TEI's.

use std::convert::Infallible;
use std::{mem, vec};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use utoipa::ToSchema;
use yuyi_encoder::Piece;
use yuyi_models::TokenizeOptions;

use crate::request::body::JsonBody;
use crate::request::truncation::named_prompt;
use crate::request::{Source, flag, name, request, text_or_texts};
use crate::{ApiError, App, Limits};

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
) -> Result<Response, ApiError> {
    let request = TokenizeRequest::take(&mut Source::foreign(body, app.limits())?)?;
    let model = app.model(request.model.as_deref()).await?;
    let options = TokenizeOptions {
        prompt: named_prompt(request.prompt_name.as_deref(), model.facts())?,
        special: request.add_special_tokens,
    };
    let split = app.service().tokenize(model, request.inputs, options);
    Ok(reply(split.await?))
}

/// A reply of some fifty times the length of the texts is written in parts, so that it is never in memory as a whole.
fn reply(texts: Vec<Vec<Piece>>) -> Response {
    let mut parts = Parts::of(texts).peekable();
    let first = parts.next().unwrap_or_default();
    let body = match parts.peek() {
        None => Body::from(first),
        Some(_) => {
            let parts = std::iter::once(first).chain(parts);
            Body::from_stream(stream::iter(parts.map(Ok::<_, Infallible>)))
        }
    };
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

/// The JSON of a reply, in parts of some 64 KiB. Pieces are let go as they are written.
struct Parts {
    texts: vec::IntoIter<Vec<Piece>>,
    pieces: Option<vec::IntoIter<Piece>>,
    /// What comes before the next text or piece.
    before_text: &'static str,
    before_piece: &'static str,
    /// The document is closed.
    ended: bool,
}

impl Parts {
    const BYTES: usize = 64 << 10;

    fn of(texts: Vec<Vec<Piece>>) -> Self {
        Self {
            texts: texts.into_iter(),
            pieces: None,
            before_text: "[",
            before_piece: "",
            ended: false,
        }
    }

    /// Writes the next piece, or the start or the end of a text; `false`: that was all.
    fn write(&mut self, out: &mut Vec<u8>) -> bool {
        if let Some(piece) = self.pieces.as_mut().and_then(Iterator::next) {
            out.extend(self.before_piece.as_bytes());
            self.before_piece = ",";
            // A token has nothing that JSON cannot write.
            return serde_json::to_writer(out, &Token::from(piece)).is_ok();
        }
        if self.pieces.take().is_some() {
            out.push(b']');
        }
        self.pieces = self.texts.next().map(Vec::into_iter);
        if self.pieces.is_some() {
            out.extend(self.before_text.as_bytes());
            out.push(b'[');
            (self.before_text, self.before_piece) = (",", "");
        }
        self.pieces.is_some()
    }
}

impl Iterator for Parts {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let mut out = Vec::with_capacity(Self::BYTES + 256);
        while out.len() < Self::BYTES {
            if !self.write(&mut out) {
                if !mem::replace(&mut self.ended, true) {
                    let end = if self.before_text == "[" { "[]" } else { "]" };
                    out.extend(end.as_bytes());
                }
                break;
            }
        }
        (!out.is_empty()).then(|| out.into())
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

/// The tokens of each text: what [`Parts`] writes.
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn piece(id: u32) -> Piece {
        Piece {
            id,
            text: "\"字".into(),
            special: false,
            start: 0,
            end: 4,
        }
    }

    fn written(texts: Vec<Vec<Piece>>) -> (usize, Value) {
        let parts: Vec<Bytes> = Parts::of(texts).collect();
        (
            parts.len(),
            serde_json::from_slice(&parts.concat()).unwrap(),
        )
    }

    #[test]
    fn parts_are_one_document() {
        let token = |id| json!({"id": id, "text": "\"字", "special": false, "start": 0, "stop": 4});
        assert_eq!(written(vec![]), (1, json!([])));
        assert_eq!(written(vec![vec![]]), (1, json!([[]])));
        let some = vec![vec![piece(1), piece(2)], vec![], vec![piece(3)]];
        assert_eq!(
            written(some),
            (1, json!([[token(1), token(2)], [], [token(3)]]))
        );
        let (parts, long) = written(vec![(0..5000).map(piece).collect(), vec![piece(7)]]);
        assert!(parts > 3, "{parts}");
        assert_eq!(long[0].as_array().unwrap().len(), 5000);
        assert_eq!((&long[0][4999], &long[1][0]), (&token(4999), &token(7)));
    }
}
