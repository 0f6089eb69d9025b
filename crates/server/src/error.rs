//! Every failure that a client can see: one table of code, status and message.

use std::fmt;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::shown::Shown;

/// A failure as the client is told.
///
/// As a response it carries itself in the extensions; the envelope writes the body, since its shape
/// depends on the route and internal errors name the request id.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "each message says what its variant and fields mean"
)]
pub enum ApiError {
    #[error("The body is not valid JSON: {reason}.")]
    InvalidJson { reason: String },
    #[error("The body is not valid UTF-8: byte {position} starts no character.")]
    InvalidUtf8 { position: usize },
    #[error("dimensions is {value}; this model's vectors can be cut to 1 to {most} numbers.")]
    InvalidDimensions { value: String, most: usize },
    #[error("The request cannot be read: {reason}")]
    InvalidRequest { reason: &'static str },
    #[error("{reason}")]
    InvalidToken { field: String, reason: String },

    #[error(
        "This server asks for a key. Send it as `Authorization: Bearer KEY` or `X-Api-Key: KEY`."
    )]
    MissingKey,
    #[error(
        "The key is not known here. Check that it is complete, or ask who runs the server for one."
    )]
    InvalidKey,
    #[error("{reason}")]
    NotAllowed { reason: &'static str },
    #[error(
        "This server does not go by the name {:?} that the page was loaded from or called. Start it with --allowed-host {}, or with a key, or open it at its address.",
        Shown(host),
        Shown(host)
    )]
    HostNotAllowed { host: String },

    #[error("There is nothing at {}.{}", Shown(path), DidYouMean(nearest.as_deref()))]
    NotFound {
        path: String,
        nearest: Option<String>,
    },
    #[error("The model {:?} is not served here. Leave model out, or name one of: {}.", Shown(name), served.join(", "))]
    ModelNotFound { name: String, served: Vec<String> },
    #[error("There is no collection {:?}.", Shown(name))]
    CollectionNotFound { name: String },
    #[error("The collection {:?} has no item {:?}.", Shown(collection), Shown(id))]
    ItemNotFound { collection: String, id: String },
    #[error("{reason}")]
    ClusterNotFound { reason: String },
    #[error("{reason}")]
    ModelMismatch { reason: String },
    #[error("{reason}")]
    CollectionConflict { reason: String },
    #[error(
        "The model {:?} is being fetched already. Wait until that is done.",
        Shown(model)
    )]
    PullInProgress { model: String },
    #[error(
        "{} is not allowed here; the Allow header lists what is.",
        Shown(method)
    )]
    MethodNotAllowed { method: String },

    #[error("The body is larger than the limit of {}. Split the request.", Size(*limit))]
    BodyTooLarge { limit: usize },
    #[error("The body holds more than {limit} JSON values. Split the request.")]
    TooManyValues { limit: usize },
    #[error("The body holds more than {limit} JSON lists and objects. Split the request.")]
    TooManyLists { limit: usize },
    #[error("The request would take more memory than the {} that requests may have. Split it.", Size(*limit))]
    TooMuchMemory { limit: usize },
    #[error(
        "The request would take about {seconds} seconds of work; one may take {most}. Split it, or shorten its texts."
    )]
    TooMuchWork { seconds: u64, most: u64 },
    #[error("With {field} the request has {count} texts; it may have {limit}. Split the request.")]
    TooManyTexts {
        field: String,
        count: usize,
        limit: usize,
    },
    #[error("{field} has {count} items; a call may have {limit}. Split the request.")]
    TooManyItems {
        field: String,
        count: usize,
        limit: usize,
    },
    #[error("The matrix has {pairs} pairs; it may have {limit}. Split the request.")]
    TooManyPairs { pairs: usize, limit: usize },
    #[error("{field} has {characters} characters; a text may have {limit}.")]
    TextTooLong {
        field: String,
        characters: usize,
        limit: usize,
    },
    #[error(
        "{field} has {characters} characters after normalisation, which takes characters such as ﷺ apart; a text may have {limit}."
    )]
    NormalTextTooLong {
        field: String,
        characters: usize,
        limit: usize,
    },
    #[error("{reason}")]
    UnsupportedMediaType { reason: String },

    #[error("The field {field} is missing{}.", InPlaceOf(sent))]
    MissingField { field: String, sent: Vec<String> },
    #[error("{} must be {expected}, not {found}.", if field.is_empty() { "The body" } else { field })]
    WrongType {
        field: String,
        expected: &'static str,
        found: &'static str,
    },
    #[error("The field {field} is not known here. {}.", if known.is_empty() { "There are none".to_owned() } else { format!("Known: {}", known.join(", ")) })]
    UnknownField {
        field: String,
        known: Vec<&'static str>,
    },
    #[error("{field} is empty or blank; it needs at least one visible character.")]
    EmptyText { field: String },
    #[error("{field} is an empty list; it needs at least one entry.")]
    EmptyList { field: String },
    #[error("{field}{}{reason}", if field.is_empty() { "" } else { ": " })]
    InvalidValue { field: String, reason: String },
    #[error(
        "{field} is longer than the {limit} tokens that this model reads. Shorten it, or let it be cut (`long_text` or `truncate`)."
    )]
    TooManyTokens { field: String, limit: usize },

    #[error("The body did not arrive within {seconds} seconds.")]
    RequestTimeout { seconds: u64 },
    #[error("More than {limit} requests a minute. Try again in {}.", Seconds(*seconds))]
    RateLimited { limit: u32, seconds: u32 },
    #[error("Too much work is waiting. Try again in {}.", Seconds(*retry_after))]
    QueueFull { retry_after: u32 },
    #[error(
        "The request waited {seconds} seconds without getting its turn. Try again in {}.", Seconds(*retry_after)
    )]
    QueueTimeout { seconds: u64, retry_after: u32 },
    #[error("Other requests hold all the memory that there is for them. Try again in a second.")]
    MemoryFull,
    #[error("The model {model} is still being loaded{}. Try again in a moment.", Percent(*percent))]
    Loading { model: String, percent: u8 },
    #[error(
        "The model {model} cannot be loaded{}.",
        reason.as_deref().map_or("; the server's log tells why".to_owned(), |reason| format!(": {}", reason.trim_end_matches('.')))
    )]
    ModelLoadFailed {
        model: String,
        reason: Option<String>,
    },
    #[error("{}. Try again in {}.", reason.trim_end_matches('.'), Seconds(*retry_after))]
    ModelUnavailable { reason: String, retry_after: u32 },
    #[error("{reason}")]
    ProviderFailed { reason: String },
    #[error("{reason}")]
    StoreUnavailable { reason: String },
    #[error(
        "The server is shutting down. Send the request to another one, or try again in a moment."
    )]
    Draining,
    #[error("Something failed inside the server; its log tells what.")]
    Internal,
}

/// The route that was probably meant.
struct DidYouMean<'a>(Option<&'a str>);

impl fmt::Display for DidYouMean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => Ok(()),
            Some(route) => write!(f, " Did you mean {route}?"),
        }
    }
}

/// Fields that were sent and are not known, among which the missing one may be.
struct InPlaceOf<'a>(&'a [String]);

impl fmt::Display for InPlaceOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => Ok(()),
            sent => write!(f, "; what was sent has {}", sent.join(", ")),
        }
    }
}

/// How far something is, when it has begun.
struct Percent(u8);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            percent => write!(f, " ({percent} %)"),
        }
    }
}

/// A wait, in words.
struct Seconds(u32);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("a second"),
            seconds => write!(f, "{seconds} seconds"),
        }
    }
}

/// When to ask again for a model that computes elsewhere, where that does not say.
const UNAVAILABLE_SECONDS: u32 = 5;

/// What clients are told of failures of the models and the queue in front of them.
impl From<yuyi_serving::Error> for ApiError {
    fn from(error: yuyi_serving::Error) -> Self {
        use yuyi_serving::Error::*;
        match error {
            ModelNotFound { name, served } => Self::ModelNotFound { name, served },
            Loading { model, percent } => Self::Loading { model, percent },
            ModelLoadFailed { model, reason } => Self::ModelLoadFailed { model, reason },
            QueueFull { retry_after } => Self::QueueFull { retry_after },
            TooMuchWork { seconds, most } => Self::TooMuchWork { seconds, most },
            QueueTimeout {
                seconds,
                retry_after,
            } => Self::QueueTimeout {
                seconds,
                retry_after,
            },
            NoTokens { reason } => Self::InvalidValue {
                field: "model".to_owned(),
                reason,
            },
            Unavailable {
                reason,
                retry_after,
            } => Self::ModelUnavailable {
                reason,
                retry_after: retry_after.unwrap_or(UNAVAILABLE_SECONDS),
            },
            ProviderFailed { reason } => Self::ProviderFailed { reason },
            TextRefused { reason } => Self::InvalidValue {
                field: String::new(),
                reason,
            },
            // Routes that take token ids name the field that they came in (`App::embed_input`); others send none.
            InvalidTokens { .. } | Failed => Self::Internal,
            // What is added there and not here is no client's fault.
            _ => Self::Internal,
        }
    }
}

/// What clients are told of failures of collections.
impl From<yuyi_store::Error> for ApiError {
    fn from(error: yuyi_store::Error) -> Self {
        use yuyi_store::{Error, ErrorKind};
        let reason = error.to_string();
        match (error.kind(), error) {
            (_, Error::Invalid { field, reason }) => Self::InvalidValue { field, reason },
            (_, Error::CollectionNotFound { name }) => Self::CollectionNotFound { name },
            (_, Error::QuestionsNotFound { .. }) => Self::ClusterNotFound { reason },
            (_, Error::ModelMismatch { .. }) => Self::ModelMismatch { reason },
            (_, Error::Closed) => Self::Draining,
            (_, Error::NoRoom) => Self::MemoryFull,
            // Nobody hears it.
            (_, Error::Unwanted) => Self::Internal,
            (ErrorKind::Conflict, _) => Self::CollectionConflict { reason },
            (_, Error::Failed { .. }) => {
                tracing::error!(cause = reason, "the store failed");
                Self::Internal
            }
            (_, Error::Unreachable { .. } | Error::UnusableServer { .. }) => {
                // Where the server of a database is, and who asks it, is no business of clients.
                tracing::warn!(cause = reason, "the store does not answer");
                Self::StoreUnavailable {
                    reason: "The store does not answer: its server cannot be used now. The log of this server says why."
                        .to_owned(),
                }
            }
            _ => Self::StoreUnavailable { reason },
        }
    }
}

/// Bytes, in MiB where they are whole ones.
struct Size(usize);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MIB: usize = 1 << 20;
        match self.0 {
            bytes if bytes > 0 && bytes.is_multiple_of(MIB) => write!(f, "{} MiB", bytes / MIB),
            bytes => write!(f, "{bytes} bytes"),
        }
    }
}

/// A line of the table: what a client's program decides by.
struct Row {
    code: &'static str,
    status: StatusCode,
    /// Seconds for `Retry-After`.
    retry_after: Option<u32>,
}

/// Declares the table: what happened, its status and code, and after how many seconds to come again.
macro_rules! table {
    ($($failure:pat => ($status:literal, $code:literal, $retry_after:expr),)+) => {
        impl ApiError {
            fn row(&self) -> Row {
                use ApiError::*;
                let (status, code, retry_after) = match self {
                    $($failure => ($status, $code, $retry_after),)+
                };
                // A status of the table is one of 400..=599, all of which exist.
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                Row { code, status, retry_after }
            }
        }

        /// Status and code of every failure that a client can see.
        pub const FAILURES: &[(u16, &str)] = &[$(($status, $code)),+];
    };
}

table! {
    InvalidJson { .. } => (400, "invalid_json", None),
    InvalidUtf8 { .. } => (400, "invalid_utf8", None),
    InvalidDimensions { .. } => (400, "invalid_dimensions", None),
    InvalidToken { .. } => (400, "invalid_token", None),
    InvalidRequest { .. } => (400, "invalid_request", None),
    MissingKey => (401, "missing_key", None),
    InvalidKey => (401, "invalid_key", None),
    NotAllowed { .. } | HostNotAllowed { .. } => (403, "not_allowed", None),
    NotFound { .. } => (404, "not_found", None),
    ModelNotFound { .. } => (404, "model_not_found", None),
    CollectionNotFound { .. } => (404, "collection_not_found", None),
    ItemNotFound { .. } => (404, "item_not_found", None),
    ClusterNotFound { .. } => (404, "cluster_not_found", None),
    MethodNotAllowed { .. } => (405, "method_not_allowed", None),
    ModelMismatch { .. } => (409, "model_mismatch", None),
    CollectionConflict { .. } => (409, "collection_conflict", None),
    PullInProgress { .. } => (409, "pull_in_progress", None),
    RequestTimeout { .. } => (408, "request_timeout", None),
    BodyTooLarge { .. }
    | TooManyValues { .. }
    | TooManyLists { .. }
    | TooMuchMemory { .. } => (413, "body_too_large", None),
    TooMuchWork { .. } => (413, "too_much_work", None),
    TooManyTexts { .. } | TooManyItems { .. } | TooManyPairs { .. } => (413, "too_many_texts", None),
    TextTooLong { .. } | NormalTextTooLong { .. } => (413, "text_too_long", None),
    UnsupportedMediaType { .. } => (415, "unsupported_media_type", None),
    MissingField { .. } => (422, "missing_field", None),
    WrongType { .. } => (422, "wrong_type", None),
    UnknownField { .. } => (422, "unknown_field", None),
    EmptyText { .. } => (422, "empty_text", None),
    EmptyList { .. } => (422, "empty_list", None),
    InvalidValue { .. } => (422, "invalid_value", None),
    TooManyTokens { .. } => (422, "too_many_tokens", None),
    RateLimited { seconds, .. } => (429, "rate_limited", Some(*seconds)),
    QueueFull { retry_after } => (429, "queue_full", Some(*retry_after)),
    QueueTimeout { retry_after, .. } => (503, "queue_timeout", Some(*retry_after)),
    MemoryFull => (503, "memory_full", Some(1)),
    Loading { .. } => (503, "loading", Some(1)),
    ModelLoadFailed { .. } => (503, "model_load_failed", Some(5)),
    ModelUnavailable { retry_after, .. } => (503, "model_unavailable", Some(*retry_after)),
    ProviderFailed { .. } => (502, "provider_failed", None),
    StoreUnavailable { .. } => (503, "store_unavailable", Some(5)),
    Draining => (503, "draining", Some(1)),
    Internal => (500, "internal", None),
}

impl ApiError {
    /// HTTP status.
    pub fn status(&self) -> StatusCode {
        self.row().status
    }

    /// The code that programs decide by.
    pub fn code(&self) -> &'static str {
        self.row().code
    }

    /// Path of the field at fault (`pairs[3].sentence_b`), where there is one.
    pub fn field(&self) -> Option<&str> {
        use ApiError::*;
        match self {
            InvalidDimensions { .. } => Some("dimensions"),
            ModelNotFound { .. } => Some("model"),
            InvalidToken { field, .. }
            | TooManyTexts { field, .. }
            | TooManyItems { field, .. }
            | TextTooLong { field, .. }
            | NormalTextTooLong { field, .. }
            | MissingField { field, .. }
            | WrongType { field, .. }
            | UnknownField { field, .. }
            | EmptyText { field }
            | EmptyList { field }
            | InvalidValue { field, .. }
            | TooManyTokens { field, .. } => {
                Some(field).filter(|f| !f.is_empty()).map(String::as_str)
            }
            _ => None,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let row = self.row();
        let mut response = Response::new(Body::empty());
        *response.status_mut() = row.status;
        if let Some(seconds) = row.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if row.status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Why something could not be answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ErrorBody {
    /// What programs decide by.
    #[schema(example = "empty_text")]
    code: &'static str,
    /// What is wrong and what to do, for people.
    message: String,
    /// Path of the field at fault, such as `pairs[3].sentence_b`.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

impl ErrorBody {
    /// The body of `error`, with what may be added to its message.
    pub(crate) fn with_message(error: &ApiError, message: String) -> Self {
        Self {
            code: error.code(),
            message,
            field: error.field().map(str::to_owned),
        }
    }
}

impl From<&ApiError> for ErrorBody {
    fn from(error: &ApiError) -> Self {
        Self::with_message(error, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_not_told_where_the_server_of_a_database_is() {
        let reason = "10.20.30.40:5432: connection refused".to_owned();
        for error in [
            yuyi_store::Error::Unreachable {
                reason: reason.clone(),
            },
            yuyi_store::Error::UnusableServer { reason },
        ] {
            let told = ApiError::from(error);
            assert_eq!(told.code(), "store_unavailable");
            assert!(!told.to_string().contains("5432"), "{told}");
        }
    }
}
