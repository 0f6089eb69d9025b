//! `POST /`: TEI's root, where clients of Hugging Face's endpoints send what they have.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::AROUND;
use crate::request::Source;
use crate::request::body::JsonBody;
use crate::request::json;
use crate::routes::embed::{self, EmbedRequest};
use crate::routes::similarity::{self, HuggingFaceRequest};
use crate::vectors::VectorLists;
use crate::{ApiError, App, Limits};

/// What clients of Hugging Face's endpoints send to the root: texts to embed, as `/embed` takes them, or a sentence and
/// others to compare it with, as `/similarity` does.
#[utoipa::path(
    post,
    path = "/",
    tag = "Embeddings",
    request_body = RootRequest,
    responses((status = 200, description = "The vectors, or the cosines, in order.", body = Reply)),
)]
pub(crate) async fn root(State(app): State<App>, body: JsonBody) -> Result<Response, ApiError> {
    match body.read(|json| RootRequest::read(json, app.limits()))? {
        RootRequest::Embed(request) => {
            let wanted = embed::answer(&app, request).await?;
            let bytes = wanted.bytes();
            let reply = move || Reply::Vectors(wanted.vectors());
            app.answer(bytes, reply).await
        }
        RootRequest::Similarity(request) => {
            let cosines = similarity::cosines(&app, &request).await?;
            app.answer(AROUND * cosines.len(), move || Reply::Cosines(cosines))
                .await
        }
    }
}

/// By what `inputs` is.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum RootRequest {
    Embed(EmbedRequest),
    Similarity(HuggingFaceRequest),
}

impl RootRequest {
    fn read(json: json::Json, limits: &Limits) -> Result<Self, ApiError> {
        let mut source = Source::foreign(json, limits)?;
        match source.fields.is_object("inputs") {
            true => HuggingFaceRequest::take(&mut source).map(Self::Similarity),
            false => EmbedRequest::take(&mut source).map(Self::Embed),
        }
    }
}

/// The reply, by the form of the request.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = RootReply)]
pub(crate) enum Reply {
    Vectors(VectorLists),
    Cosines(Vec<f64>),
}
