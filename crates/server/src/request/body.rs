//! The extractor of JSON bodies, with an answer for everything that can be wrong with one.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use http_body_util::BodyExt;
use tokio::time::timeout;
use yuyi_serving::aside;

use crate::memory::{self, SMALL, Share};
use crate::request::json::{Json, Room};
use crate::shown::Shown;
use crate::work::run;
use crate::{ApiError, App, Limits};

/// How long a client that sends too much is listened to, so that it comes to read the answer.
const LINGER: Duration = Duration::from_secs(5);

/// How long nothing of a body may come.
pub(crate) const STALLED: Duration = Duration::from_secs(15);

/// How long it takes to read so much of a document, by an estimate from above.
const TIME_OF_A_KIBIBYTE: Duration = Duration::from_micros(40);

/// How much of it is taken meanwhile, in bodies of the largest size that is allowed.
const LINGER_BODIES: usize = 4;

/// The JSON document of a request's body.
///
/// Taking it also decides whether the request is accepted at all: a server that shuts down
/// finishes what it has accepted and takes nothing new.
pub(crate) struct JsonBody {
    json: Json,
    /// Bytes of the body.
    bytes: usize,
}

impl JsonBody {
    /// Bytes of the body.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What `read` makes of it. Of a large one that takes a while, in which the thread lets another one answer: fields are looked for
    /// among as many as there are, texts gone through, and what nobody asked for is dropped.
    pub(crate) fn read<T>(self, read: impl FnOnce(Json) -> T) -> T {
        aside(self.bytes, || read(self.json))
    }
}

impl From<Json> for JsonBody {
    /// A small document that came otherwise.
    fn from(json: Json) -> Self {
        Self { json, bytes: 0 }
    }
}

impl FromRequest<App> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        if app.lifecycle().is_draining() {
            return Err(ApiError::Draining);
        }
        check_coding(request.headers())?;
        check_type(request.headers())?;
        Self::of(request, app).await
    }
}

/// The same for routes of a server that takes JSON whatever it is called: what its examples send with curl is called a form. What a page
/// sends must be called JSON all the same, since browsers ask whether its origin may send that, and not whether it may send a form.
pub(crate) struct UntypedBody(pub(crate) JsonBody);

impl FromRequest<App> for UntypedBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        if request.headers().contains_key(header::ORIGIN) {
            return JsonBody::from_request(request, app).await.map(Self);
        }
        if app.lifecycle().is_draining() {
            return Err(ApiError::Draining);
        }
        check_coding(request.headers())?;
        JsonBody::of(request, app).await.map(Self)
    }
}

impl JsonBody {
    /// That of a request whose headers were looked at.
    async fn of(request: Request, app: &App) -> Result<Self, ApiError> {
        let (head, body) = request.into_parts();
        let (bytes, share) = whole(&head.headers, body, app).await?;
        parse(app, bytes, share).await
    }
}

/// All of a body within the limits, and the memory that it takes.
///
/// # Errors
/// When it is too large, does not come in time, or there is no memory.
pub(crate) async fn whole(
    headers: &HeaderMap,
    mut body: Body,
    app: &App,
) -> Result<(Vec<u8>, Share), ApiError> {
    let limits = app.limits();
    let announced = content_length(headers);
    let waits = headers.contains_key(header::EXPECT);
    if announced.is_some_and(|length| length > limits.body_bytes) {
        // A client that asks first has sent nothing that would have to be taken.
        if !waits {
            linger(&mut body, limits.body_bytes).await;
        }
        return Err(Broken::TooLarge.error(limits));
    }
    let mut share = app.memory().share();
    let collecting = collect(&mut body, limits, announced, &mut share);
    let collected = timeout(limits.body_timeout, collecting).await;
    match collected.unwrap_or(Err(Broken::Late)) {
        Ok(bytes) => Ok((bytes, share)),
        Err(broken) => {
            drop(share);
            if broken.goes_on() {
                linger(&mut body, limits.body_bytes).await;
            }
            Err(broken.error(limits))
        }
    }
}

/// The document in `body`, which `share` is of; the request keeps what it takes. A large one is read in turns, by a thread that may block.
async fn parse(app: &App, body: Vec<u8>, mut share: Share) -> Result<JsonBody, ApiError> {
    let (texts, bytes) = (app.limits().texts, body.len());
    let of_body = body.capacity();
    let (json, mut share) = if bytes <= SMALL {
        let room = Room {
            texts,
            share: &mut share,
            turns: None,
        };
        (Json::parse(&body, room)?, share)
    } else {
        let kibibytes = u32::try_from(bytes >> 10).unwrap_or(u32::MAX);
        let mut errand = app.service().errand(TIME_OF_A_KIBIBYTE * kibibytes)?;
        let parsed = run(&mut errand, move |turns| {
            let room = Room {
                texts,
                share: &mut share,
                turns: Some(turns),
            };
            let parsed = Json::parse(&body, room)?;
            Ok((parsed, share))
        });
        parsed.await?
    };
    // The body itself is gone.
    share.shrink(of_body);
    memory::keep(share);
    Ok(JsonBody { json, bytes })
}

/// Why there is no body.
enum Broken {
    TooLarge,
    CutOff,
    /// Its chunks are none.
    BadChunks,
    Stalled,
    /// It came all the time, but not all of it in time.
    Late,
    Refused(ApiError),
}

impl Broken {
    /// Whether the client may still be sending.
    fn goes_on(&self) -> bool {
        matches!(self, Self::TooLarge | Self::Refused(_))
    }

    fn error(self, limits: &Limits) -> ApiError {
        let late = |after: Duration| ApiError::RequestTimeout {
            seconds: after.as_secs(),
        };
        match self {
            Self::TooLarge => ApiError::BodyTooLarge {
                limit: limits.body_bytes,
            },
            Self::CutOff => ApiError::InvalidJson {
                reason: "the connection ended inside the body".to_owned(),
            },
            Self::BadChunks => ApiError::InvalidRequest {
                reason: "its body is not in chunks, as its Transfer-Encoding says.",
            },
            Self::Stalled => late(STALLED),
            Self::Late => late(limits.body_timeout),
            Self::Refused(error) => error,
        }
    }
}

/// The body, as it comes: what was announced is not taken before it is there.
async fn collect(
    body: &mut Body,
    limits: &Limits,
    announced: Option<usize>,
    share: &mut Share,
) -> Result<Vec<u8>, Broken> {
    let mut bytes = Vec::new();
    let most = announced.unwrap_or(limits.body_bytes);
    loop {
        let frame = timeout(STALLED, body.frame()).await;
        let Some(frame) = frame.map_err(|_| Broken::Stalled)? else {
            return Ok(bytes);
        };
        let Ok(data) = frame.map_err(|error| why(&error))?.into_data() else {
            continue;
        };
        let needed = bytes.len() + data.len();
        if needed > limits.body_bytes {
            return Err(Broken::TooLarge);
        }
        if needed > bytes.capacity() {
            let capacity = (2 * bytes.capacity()).min(most).max(needed);
            let more = capacity - bytes.capacity();
            share.grow(more).map_err(Broken::Refused)?;
            bytes.reserve_exact(capacity - bytes.len());
        }
        bytes.extend_from_slice(&data);
    }
}

/// Why a body does not go on. hyper fails with an error of input and output, by whose kind the two are told apart.
fn why(error: &axum::Error) -> Broken {
    let mut next = Some(error as &dyn Error);
    while let Some(error) = next {
        let kind = error.downcast_ref().map(io::Error::kind);
        if let Some(ErrorKind::InvalidInput | ErrorKind::InvalidData) = kind {
            return Broken::BadChunks;
        }
        next = error.source();
    }
    Broken::CutOff
}

/// Reads on and throws away, within bounds: closing while a client still sends would reset the
/// connection, and most clients then never see the answer.
pub(crate) async fn linger(body: &mut Body, limit: usize) {
    let drain = async {
        let mut taken = 0;
        while taken <= limit.saturating_mul(LINGER_BODIES) {
            match body.frame().await {
                Some(Ok(frame)) => taken += frame.data_ref().map_or(0, |data| data.len()),
                _ => break,
            }
        }
    };
    // Out of time is as good as done: the answer goes out either way.
    let _ = timeout(LINGER, drain).await;
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

fn refuse(reason: String) -> Result<(), ApiError> {
    Err(ApiError::UnsupportedMediaType { reason })
}

/// Refuses a body that is encoded.
pub(crate) fn check_coding(headers: &HeaderMap) -> Result<(), ApiError> {
    match content_coding(headers) {
        None => Ok(()),
        Some(coding) => refuse(format!(
            "The content encoding {:?} is not supported. Send the body as it is, without a Content-Encoding.",
            Shown(&coding)
        )),
    }
}

fn check_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(kind) = headers.get(header::CONTENT_TYPE).map(text_of) else {
        return refuse(
            "The Content-Type header is missing. Add `Content-Type: application/json`.".to_owned(),
        );
    };
    if !is_json(&kind) {
        return refuse(format!(
            "The content type {:?} is not JSON. Add the header `Content-Type: application/json` (curl: -H).",
            Shown(&kind)
        ));
    }
    match charset(&kind) {
        Some(other) if !is_utf8(&other) => refuse(format!(
            "The character set {:?} is not supported. Send UTF-8.",
            Shown(&other)
        )),
        _ => Ok(()),
    }
}

fn text_of(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// What the body is encoded with; `identity` is nothing.
fn content_coding(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(header::CONTENT_ENCODING).iter();
    let mut codings = values.map(text_of).filter(|value| {
        let mut parts = value.split(',').map(str::trim);
        !parts.all(|part| part.is_empty() || part.eq_ignore_ascii_case("identity"))
    });
    codings.next()
}

/// `application/json` and `application/anything+json`.
pub(crate) fn is_json(content_type: &str) -> bool {
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match essence.strip_prefix("application/") {
        Some(subtype) => subtype == "json" || (subtype.len() > 5 && subtype.ends_with("+json")),
        None => false,
    }
}

/// The character set that a content type names, in lower case.
fn charset(content_type: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']).trim();
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.to_ascii_lowercase())
    })
}

/// Whether a character set in lower case is UTF-8 or a part of it, however it is written.
fn is_utf8(charset: &str) -> bool {
    let letters: String = charset
        .chars()
        .filter(|c| !['-', '_', ' '].contains(c))
        .collect();
    [
        "",
        "utf8",
        "utf8mb4",
        "cp65001",
        "unicode11utf8",
        "ascii",
        "usascii",
    ]
    .contains(&letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_json_by_its_content_type() {
        for good in [
            "application/json",
            "Application/JSON ; charset=\"UTF-8\"",
            "application/ld+json; charset=utf8",
        ] {
            assert!(is_json(good), "{good}");
        }
        for bad in [
            "",
            "text/json",
            "application/x-www-form-urlencoded",
            "application/+json",
            "application/jsonp",
        ] {
            assert!(!is_json(bad), "{bad}");
        }
        assert_eq!(
            charset("application/json; a=b; Charset=\"GBK\"").as_deref(),
            Some("gbk")
        );
        assert_eq!(charset("application/json"), None);
    }

    #[test]
    fn knows_utf8_in_every_spelling() {
        for good in [
            "UTF-8",
            "\"utf-8\"",
            "'Utf8'",
            "utf_8",
            " UTF8 ",
            "us-ascii",
            "",
        ] {
            let kind = format!("application/json; charset={good}");
            assert!(is_utf8(&charset(&kind).unwrap()), "{good}");
        }
        for bad in ["gbk", "gb18030", "utf-16", "utf-16le", "latin1", "utf-7"] {
            assert!(!is_utf8(bad), "{bad}");
        }
    }

    #[test]
    fn identity_is_no_encoding() {
        let of = |values: &[&'static str]| {
            let name = header::CONTENT_ENCODING;
            let values = values
                .iter()
                .map(|value| (name.clone(), HeaderValue::from_static(value)));
            content_coding(&values.collect())
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["Identity"]), None);
        assert_eq!(of(&["identity", " IDENTITY , "]), None);
        assert_eq!(of(&["identity", "gzip"]).as_deref(), Some("gzip"));
        assert_eq!(of(&["identity, br"]).as_deref(), Some("identity, br"));
    }
}
