//! Around every request: its id, its line in the log, and the body of a failure.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tracing::Instrument;
use utoipa::ToSchema;

use crate::embed::TEXTS_LOG;
use crate::error::{ApiError, ErrorBody};
use crate::headers::{REQUEST_ID, SERVER_TIMING, TRUNCATED};
use crate::ids::new_id;
use crate::memory;
use crate::route::{FailureShape, Route};
use crate::shown::Shown;
use crate::timings::{self, Timings};
use crate::{App, Keys};

/// Longest id that is taken from a client.
const LONGEST_ID: usize = 128;

/// What the envelope knows beside the request.
#[derive(Clone)]
pub(crate) struct Around {
    pub(crate) app: App,
    pub(crate) shapes: Arc<Shapes>,
    pub(crate) keys: Arc<Keys>,
}

/// The layer of the router around all others that look at a request.
pub(crate) async fn envelope(
    State(Around { app, shapes, keys }): State<Around>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let _in_flight = app.metrics().begin();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let id = request_id(request.headers());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    // Texts are logged deep inside; this says whose they are.
    let span = tracing::info_span!(target: TEXTS_LOG, "request", request_id = ?id);
    let handled = memory::observe(app.memory(), next.run(request));
    let (mut response, timings) = timings::observe(handled).instrument(span).await;
    let route = route.as_ref().map(MatchedPath::as_str);
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        response = with_error_body(response, &error, shapes.at(route), &id);
    }
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    let milliseconds = elapsed.as_secs_f64() * 1e3;
    app.metrics()
        .answered(route, &method, status, elapsed, &timings);
    let id_text = id.to_str().unwrap_or_default();
    let tokens = timings.tokens;
    let (method, path) = (Shown(method.as_str()), Shown(&path));
    tracing::info!(request_id = id_text, %method, %path, status, milliseconds, tokens, "request");
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    // What took no time was computed before, maybe for another key.
    if !keys.are_several() {
        add_server_timing(headers, &timings, elapsed);
    }
    if timings.truncated > 0 {
        headers.insert(TRUNCATED, timings.truncated.into());
    }
    let as_told = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, as_told);
    response
}

/// Where the time went, in milliseconds. Browsers show it beside the request.
fn add_server_timing(headers: &mut HeaderMap, timings: &Timings, total: Duration) {
    let steps = [
        ("queue", timings.queue),
        ("tokenize", timings.tokenize),
        ("compute", timings.compute),
        ("total", total),
    ];
    let steps = steps.map(|(name, time)| format!("{name};dur={:.3}", time.as_secs_f64() * 1e3));
    if let Ok(value) = HeaderValue::from_str(&steps.join(", ")) {
        headers.insert(SERVER_TIMING, value);
    }
}

/// The shape of failures at every path.
pub(crate) struct Shapes(HashMap<String, FailureShape>);

impl Shapes {
    /// Those of a table of routes.
    pub(crate) fn of(table: &[Route]) -> Self {
        let shapes = |route: &Route| {
            let shape = route.failures;
            route
                .paths()
                .map(move |path| (path, shape))
                .collect::<Vec<_>>()
        };
        Self(table.iter().flat_map(shapes).collect())
    }

    /// The shape at a path, as the router writes it; what is no route answers with ours.
    fn at(&self, route: Option<&str>) -> FailureShape {
        let shape = route.and_then(|path| self.0.get(path));
        shape.copied().unwrap_or(FailureShape::Own)
    }
}

/// Gives a failure its body; the headers that layers inside have set stay.
fn with_error_body(
    response: Response,
    error: &ApiError,
    shape: FailureShape,
    id: &HeaderValue,
) -> Response {
    let mut message = error.to_string();
    if let Some(Addition(more)) = response.extensions().get() {
        message = format!("{message} {more}");
    }
    if *error == ApiError::Internal {
        message = format!(
            "{message} The request id is {}.",
            id.to_str().unwrap_or_default()
        );
    }
    let (parts, _) = response.into_parts();
    let mut response = match shape {
        FailureShape::Own => Json(OwnReply::new(error, message)).into_response(),
        FailureShape::OpenAi => Json(OpenAiReply::new(error, message)).into_response(),
        FailureShape::Ollama => Json(OllamaFailure { error: message }).into_response(),
        FailureShape::Dify => Json(DifyFailure::new(error, message)).into_response(),
    };
    *response.status_mut() = match (shape, error) {
        // When an address is entered, Dify looks for this status to tell that the key is wrong.
        (FailureShape::Dify, ApiError::InvalidKey) => StatusCode::FORBIDDEN,
        _ => parts.status,
    };
    for (name, value) in &parts.headers {
        response.headers_mut().entry(name).or_insert(value.clone());
    }
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}

/// A failure, as our own routes and those of TEI, vLLM and Cohere answer it.
#[derive(Serialize, ToSchema)]
pub(crate) struct OwnReply {
    #[schema(example = "error")]
    status: &'static str,
    error: ErrorBody,
}

/// A failure, as OpenAI answers it.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenAiReply {
    error: OpenAiError,
}

/// A failure, as Ollama answers it.
#[derive(Serialize, ToSchema)]
pub(crate) struct OllamaFailure {
    /// What is wrong and what to do, for people.
    error: String,
}

/// A failure, as Dify reads it.
#[derive(Serialize, ToSchema)]
pub(crate) struct DifyFailure {
    /// 1001: the key is missing; 1002: it is not valid; 2001: there is no collection of that name. Else the status.
    #[schema(example = 2001)]
    error_code: u16,
    /// What is wrong and what to do, for people.
    error_msg: String,
}

impl DifyFailure {
    fn new(error: &ApiError, error_msg: String) -> Self {
        let error_code = match error {
            ApiError::MissingKey => 1001,
            ApiError::InvalidKey | ApiError::NotAllowed { .. } => 1002,
            ApiError::CollectionNotFound { .. } => 2001,
            other => other.status().as_u16(),
        };
        Self {
            error_code,
            error_msg,
        }
    }
}

/// What a handler adds to the message of a failure, in the extensions of a response.
#[derive(Clone)]
pub(crate) struct Addition(pub(crate) String);

/// Why something could not be answered.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenAiError {
    /// What is wrong and what to do, for people.
    message: String,
    #[serde(rename = "type")]
    #[schema(example = "invalid_request_error")]
    kind: &'static str,
    /// Path of the field at fault, such as `input[3]`.
    param: Option<String>,
    /// What programs decide by.
    #[schema(example = "empty_text")]
    code: &'static str,
}

impl OwnReply {
    fn new(error: &ApiError, message: String) -> Self {
        Self {
            status: "error",
            error: ErrorBody::with_message(error, message),
        }
    }
}

impl OpenAiReply {
    fn new(error: &ApiError, message: String) -> Self {
        let kind = match error.status().as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            _ => "server_error",
        };
        let error = OpenAiError {
            message,
            kind,
            param: error.field().map(str::to_owned),
            code: error.code(),
        };
        Self { error }
    }
}

/// The client's id where it is sane, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let sane = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_.:/+=".contains(b);
        (1..=LONGEST_ID).contains(&bytes.len()) && bytes.iter().all(plain)
    };
    headers
        .get(REQUEST_ID)
        .filter(sane)
        .cloned()
        .unwrap_or_else(made_id)
}

/// A new one.
fn made_id() -> HeaderValue {
    // Hexadecimal digits are always a valid header value.
    HeaderValue::from_str(&new_id()).unwrap_or_else(|_| HeaderValue::from_static("0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_sane_ids_only() {
        let mut headers = HeaderMap::new();
        for (sent, kept) in [
            ("a-1_b.c:9", true),
            ("", false),
            ("a b", false),
            ("a\"b", false),
        ] {
            headers.insert(REQUEST_ID, HeaderValue::from_str(sent).unwrap());
            assert_eq!(request_id(&headers) == sent, kept, "{sent:?}");
        }
        headers.insert(REQUEST_ID, HeaderValue::from_str(&"x".repeat(129)).unwrap());
        assert_eq!(request_id(&headers).len(), 16);
    }
}
