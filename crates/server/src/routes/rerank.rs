//! `POST /v1/rerank` and `/v2/rerank`, as Cohere's and Jina's; `POST /rerank` takes that and TEI's form.

mod request;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use yuyi::EmbedOptions;

use self::request::{AnyRerankRequest, RerankRequest, TextsRequest};
use crate::answer::{AROUND, written};
use crate::ids::new_id;
use crate::ranking::Rated;
use crate::request::Source;
use crate::request::body::JsonBody;
use crate::routes::cohere::Meta;
use crate::routes::embeddings::Usage;
use crate::{ApiError, App};

/// Documents, ranked by how alike they are to a query, or by a reranker by how well they answer it; as Cohere and Jina answer. Without a model named, the one reranker that is served ranks, if there is one.
#[utoipa::path(
    post,
    path = "/v1/rerank",
    tag = "Ranking",
    request_body = RerankRequest,
    responses((status = 200, description = "The best documents, best first.", body = Ranking)),
)]
pub(crate) async fn rerank(State(app): State<App>, body: JsonBody) -> Result<Response, ApiError> {
    let request = Source::read_foreign(body, app.limits(), RerankRequest::take)?;
    rank_documents(&app, request).await
}

/// Documents, ranked by how alike they are to a query, or by a reranker by how well they answer it; as Cohere and Jina answer, or as TEI does when
/// the request has `texts`.
#[utoipa::path(
    post,
    path = "/rerank",
    tag = "Ranking",
    request_body = AnyRerankRequest,
    responses((status = 200, description = "The best first, in the form of the request.", body = Reply)),
)]
pub(crate) async fn rerank_any(
    State(app): State<App>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    match body.read(|json| AnyRerankRequest::read(json, app.limits()))? {
        AnyRerankRequest::Documents(request) => rank_documents(&app, request).await,
        AnyRerankRequest::Texts(request) => rank_texts(&app, request).await,
    }
}

async fn rank_documents(app: &App, request: RerankRequest) -> Result<Response, ApiError> {
    let model = app.ranker(request.model.as_deref()).await?;
    let texts = (&*request.query, &request.documents.0[..]);
    let rated = app.rate(&model, texts, EmbedOptions::default()).await?;
    let bytes = bytes_of(&request.documents.0, request.return_documents);
    let reply = move || Ranking::of(request, &rated);
    app.answer(bytes, reply).await
}

async fn rank_texts(app: &App, request: TextsRequest) -> Result<Response, ApiError> {
    let model = app.ranker(request.model.as_deref()).await?;
    let options = EmbedOptions {
        long_text: request.truncation.long_text(),
        ..EmbedOptions::default()
    };
    let texts = (&*request.query, &request.texts[..]);
    let rated = app.rate(&model, texts, options).await?;
    if request.truncation.refuses_long_texts() {
        rated.refuse_cut("query", |i| format!("texts[{i}]"))?;
    }
    let bytes = bytes_of(&request.texts, request.return_text);
    let reply = move || Rank::of_all(request, &rated);
    app.answer(bytes, reply).await
}

/// Most bytes of a reply, with the texts or without them.
fn bytes_of(texts: &[String], with_texts: bool) -> usize {
    let of_text = |text: &String| AROUND + if with_texts { written(text) } else { 0 };
    texts.iter().map(of_text).sum()
}

/// The reply of `/rerank`, by the form of the request.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = RerankReply)]
#[expect(dead_code, reason = "describes the reply in /openapi.json")]
pub(crate) enum Reply {
    Ranking(Ranking),
    Ranks(Vec<Rank>),
}

/// The best documents, best first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ranking {
    /// Of this reply.
    id: String,
    results: Vec<Ranked>,
    #[schema(example = "e5-small-zh")]
    model: String,
    /// What Cohere's clients count by.
    meta: Meta,
    /// What Jina's clients count by.
    usage: Usage,
}

impl Ranking {
    fn of(request: RerankRequest, rated: &Rated) -> Self {
        let embedded = rated.embedded();
        let mut documents = request.documents.0;
        let kept = request.top_n.or(request.top_k).unwrap_or(documents.len());
        let results = rated.ranks(request.raw_scores).into_iter().take(kept).map(
            |(index, relevance_score)| Ranked {
                index,
                relevance_score,
                document: request.return_documents.then(|| Document {
                    text: std::mem::take(&mut documents[index]),
                }),
            },
        );
        Self {
            id: new_id(),
            results: results.collect(),
            model: embedded.model.name().to_owned(),
            meta: Meta::of_search(rated.documents()),
            usage: Usage::of(embedded),
        }
    }
}

/// A document with its score.
#[derive(Serialize, ToSchema)]
struct Ranked {
    /// Place in the request.
    index: usize,
    /// Similarity to the query, with `raw_scores` the cosine; of a reranker its score, with `raw_scores` the logit.
    relevance_score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Document>,
}

/// A document, when `return_documents` asks for it.
#[derive(Serialize, ToSchema)]
struct Document {
    text: String,
}

/// A text with its score.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rank {
    /// Place in the request.
    index: usize,
    /// Similarity to the query, with `raw_scores` the cosine; of a reranker its score, with `raw_scores` the logit.
    score: f64,
    /// The text, when `return_text` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl Rank {
    fn of_all(request: TextsRequest, rated: &Rated) -> Vec<Self> {
        let mut texts = request.texts;
        let ranks = rated.ranks(request.raw_scores).into_iter();
        let rank = |(index, score)| Self {
            index,
            score,
            text: request
                .return_text
                .then(|| std::mem::take(&mut texts[index])),
        };
        ranks.map(rank).collect()
    }
}
