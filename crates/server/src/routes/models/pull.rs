//! `POST /v1/models/pull`: fetches a model beside the requests, and tells how far it is in server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::request::body::JsonBody;
use crate::request::{Source, choice, name, request, required_name};
use crate::supply::{PullOrder, PullStep, Pulling};
use crate::{ApiError, App};

/// Events that wait for a client that is slow to take them; further ones of progress are left out.
const WAITING: usize = 64;

/// After so much silence a line without meaning is sent, so that no proxy takes the connection for dead.
const QUIET: Duration = Duration::from_secs(15);

/// Fetches a model from a hub and installs it, while the server goes on answering. What happens is told in server-sent events, the last of which is `success` or `failed`.
#[utoipa::path(
    post,
    path = "/v1/models/pull",
    tag = "Server",
    request_body = Pull,
    responses((status = 200, description = "What happens, an event each.", body = PullStep, content_type = "text/event-stream")),
)]
pub(crate) async fn pull(State(app): State<App>, body: JsonBody) -> Result<Response, ApiError> {
    let order = PullOrder::from(Source::read(body, app.limits(), Pull::take)?);
    let supply = app.pulls().supply().ok_or(ApiError::NotAllowed {
        reason: "This server fetches no models: it keeps to those that it was started with.",
    })?;
    let name = supply.name_of(&order);
    let name = name.map_err(|reason| ApiError::InvalidValue {
        field: "model".to_owned(),
        reason,
    })?;
    let pulling = app.pulls().begin(name)?;
    let (sender, receiver) = channel(WAITING);
    tokio::spawn(run(app, order, pulling, sender));
    Ok(events(receiver))
}

/// The whole of a pull, whether somebody listens or not.
async fn run(app: App, order: PullOrder, pulling: Pulling, sender: Sender<PullStep>) {
    let seen = sender.clone();
    let fetched = app.clone();
    let fetching = spawn_blocking(move || {
        let see = |step| {
            // A client that is slow, or gone, misses steps.
            let _ = seen.try_send(step);
            !fetched.lifecycle().is_draining()
        };
        let supply = fetched.pulls().supply();
        let stopped = || Err("The server has no supply of models.".to_owned());
        supply.map_or_else(stopped, |supply| supply.pull(&order, &see))
    });
    let last = match fetching.await {
        Ok(Ok((model, was_there))) => {
            if !was_there {
                // What is in memory may be an older version. A model that nobody has named yet is not there to unload.
                let _ = app.registry().unload(&model).await;
            }
            PullStep::Success { model, was_there }
        }
        Ok(Err(message)) => PullStep::Failed { message },
        // What a panic says is in the log by the hook of the process.
        Err(_) => PullStep::Failed {
            message: ApiError::Internal.to_string(),
        },
    };
    tracing::info!(outcome = ?last, "a model was to be fetched");
    drop(pulling);
    let _ = sender.send(last).await;
}

/// The events, as they come.
fn events(receiver: Receiver<PullStep>) -> Response {
    let stream = unfold(receiver, |mut receiver| async move {
        let text = match timeout(QUIET, receiver.recv()).await {
            Ok(Some(step)) => event(&step),
            Ok(None) => return None,
            Err(_) => ": still at work\n\n".to_owned(),
        };
        Some((Ok::<_, Infallible>(text), receiver))
    });
    let mut response = Body::from_stream(stream).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // nginx would hold the events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// An event of one line, which JSON has no others.
fn event(step: &PullStep) -> String {
    // Strings and numbers, which JSON can always say.
    let data = serde_json::to_string(step).unwrap_or_default();
    format!("data: {data}\n\n")
}

request! {
    /// Which model is to be fetched, and how.
    #[schema(as = PullRequest)]
    pub(crate) struct Pull {
        /// A known name, `ORG/NAME`, or the address of its page.
        #[schema(example = "gte-base-zh")]
        model: String = required_name,
        /// Which hub is asked: `auto`, `hf` or `modelscope`.
        #[schema(value_type = Option<String>, example = "auto")]
        from: Option<&'static str> = choice(&[("auto", "auto"), ("hf", "hf"), ("modelscope", "modelscope")]),
        /// Branch, tag or commit; left out, the newest.
        revision: Option<String> = name,
        /// Name that the model gets here; left out, that of its repository.
        name: Option<String> = name,
        /// Number format to shrink the weights to: `int8` or `int4`.
        #[schema(value_type = Option<String>)]
        quantize: Option<&'static str> = choice(&[("int8", "int8"), ("int4", "int4")]),
    }
}

impl From<Pull> for PullOrder {
    fn from(pull: Pull) -> Self {
        Self {
            model: pull.model,
            from: pull.from.unwrap_or("auto"),
            revision: pull.revision,
            name: pull.name,
            quantize: pull.quantize,
        }
    }
}
