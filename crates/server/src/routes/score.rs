//! `POST /v1/score`: cosines of pairs or a reranker's scores, as vLLM's.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use yuyi::EmbedOptions;
use yuyi_serving::Embedded;

use crate::answer::AROUND;
use crate::ranking;
use crate::request::body::JsonBody;
use crate::request::json;
use crate::request::schemas;
use crate::request::{Source, flag, name, request, text_or_texts};
use crate::routes::embeddings::Usage;
use crate::{ApiError, App, Limits};

/// Cosines of texts, or a reranker's scores, as vLLM answers: one with one, one with many, or many with as many, side by side.
#[utoipa::path(
    post,
    path = "/v1/score",
    tag = "Ranking",
    request_body = ScoreRequest,
    responses((status = 200, description = "A score for each pair, in order.", body = Reply)),
)]
pub(crate) async fn score(State(app): State<App>, body: JsonBody) -> Result<Response, ApiError> {
    let sides = body.read(|json| ScoreRequest::read(json, app.limits()))?;
    let model = app.any_model(sides.model.as_deref()).await?;
    let (ones, pairs) = (sides.first.len(), sides.second.len());
    if model.facts().scores.is_some() {
        let raw = sides.raw_scores;
        let sides = ranking::Sides {
            queries: sides.first,
            documents: sides.second,
        };
        let scored = app.score_sides(&model, sides).await?;
        return app
            .answer(AROUND * pairs, move || Reply::of_reranker(&scored, raw))
            .await;
    }
    let texts = sides.first.into_iter().chain(sides.second).collect();
    let embedded = app.embed(&model, texts, EmbedOptions::default()).await?;
    app.answer(AROUND * pairs, move || Reply::of(&embedded, ones))
        .await
}

/// Texts to compare side by side, under any of vLLM's pairs of names: a text with a text, a text with a list, or two
/// lists of the same length.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum ScoreRequest {
    Texts(TextsToScore),
    Documents(DocumentsToScore),
    Items(ItemsToScore),
    Data(DataToScore),
}

/// What is compared with what, and by which model.
struct Sides {
    first: Vec<String>,
    second: Vec<String>,
    model: Option<String>,
    raw_scores: bool,
    /// The name of the field of `second`.
    second_field: &'static str,
}

/// Declares a request of two fields that are compared side by side.
macro_rules! sides {
    ($(#[$attribute:meta])* $name:ident, $first:ident, $second:ident) => {
        request! {
            $(#[$attribute])*
            pub(crate) struct $name {
                #[schema(schema_with = schemas::text_or_texts, required = true)]
                $first: Vec<String> = text_or_texts,
                #[schema(schema_with = schemas::text_or_texts, required = true)]
                $second: Vec<String> = text_or_texts,
                /// Answer logits in place of a reranker's scores; cosines are answered as they are.
                #[serde(default)]
                #[schema(value_type = Option<crate::request::schemas::LooseFlag>, default = false)]
                raw_scores: bool = flag(false),
                /// The model to compute with, by a name of `/v1/models`; absent: the default one.
                #[schema(example = json!(null))]
                model: Option<String> = name,
            }
        }

        impl From<$name> for Sides {
            fn from(request: $name) -> Self {
                Self {
                    first: request.$first,
                    second: request.$second,
                    model: request.model,
                    raw_scores: request.raw_scores,
                    second_field: stringify!($second),
                }
            }
        }
    };
}

sides! {
    /// Texts to compare side by side.
    TextsToScore, text_1, text_2
}

sides! {
    /// Queries and documents to compare side by side.
    DocumentsToScore, queries, documents
}

sides! {
    /// Queries and short texts to compare side by side.
    ItemsToScore, queries, items
}

sides! {
    /// Texts to compare side by side, as vLLM calls them since it takes pictures as well.
    DataToScore, data_1, data_2
}

impl ScoreRequest {
    fn read(json: json::Json, limits: &Limits) -> Result<Sides, ApiError> {
        let mut source = Source::foreign(json, limits)?;
        let has = |name| source.fields.has(name);
        // vLLM takes the first form that fits as well.
        let request = match (
            has("queries"),
            has("documents"),
            has("items"),
            has("data_1"),
        ) {
            (true, false, true, _) => Self::Items(ItemsToScore::take(&mut source)?),
            (true, ..) | (_, true, ..) => Self::Documents(DocumentsToScore::take(&mut source)?),
            (.., true) => Self::Data(DataToScore::take(&mut source)?),
            _ => Self::Texts(TextsToScore::take(&mut source)?),
        };
        let sides = request.sides();
        sides.check()?;
        Ok(sides)
    }

    fn sides(self) -> Sides {
        match self {
            Self::Texts(request) => request.into(),
            Self::Documents(request) => request.into(),
            Self::Items(request) => request.into(),
            Self::Data(request) => request.into(),
        }
    }
}

impl Sides {
    /// Refuses lists that do not lie side by side.
    fn check(&self) -> Result<(), ApiError> {
        let (a, b) = (self.first.len(), self.second.len());
        if a == 1 || a == b {
            return Ok(());
        }
        Err(ApiError::InvalidValue {
            field: self.second_field.to_owned(),
            reason: format!(
                "{a} texts cannot be scored with {b}: send one text and any number, or two lists of the same length."
            ),
        })
    }
}

/// A score for each pair, as vLLM lists them.
#[derive(Serialize, ToSchema)]
#[schema(as = ScoreReply)]
pub(crate) struct Reply {
    #[schema(example = "list")]
    object: &'static str,
    data: Vec<Scored>,
    #[schema(example = "e5-small-zh")]
    model: String,
    usage: Usage,
}

impl Reply {
    /// Of so many texts, each with one of the others, or of one with all others.
    fn of(embedded: &Embedded, ones: usize) -> Self {
        let model = &embedded.model;
        let (a, b) = embedded.vectors.split_at(ones);
        let data = a.iter().cycle().zip(b).enumerate();
        let data = data.map(|(index, (a, b))| Scored {
            index,
            object: "score",
            score: model.score(a, b).cosine,
        });
        Self::with(data.collect(), embedded)
    }

    /// Of the logits of pairs, which are answered as they are if `raw`.
    fn of_reranker(scored: &Embedded, raw: bool) -> Self {
        let facts = scored.model.facts();
        let data = scored.vectors.iter().enumerate();
        let data = data.map(|(index, of)| Scored {
            index,
            object: "score",
            score: ranking::score(facts, of.length, raw),
        });
        Self::with(data.collect(), scored)
    }

    fn with(data: Vec<Scored>, embedded: &Embedded) -> Self {
        Self {
            object: "list",
            data,
            model: embedded.model.name().to_owned(),
            usage: Usage::of(embedded),
        }
    }
}

/// A pair's score.
#[derive(Serialize, ToSchema)]
struct Scored {
    /// Place in the request.
    index: usize,
    #[schema(example = "score")]
    object: &'static str,
    /// Cosine of the two vectors; of a reranker its score, with `raw_scores` the logit.
    score: f64,
}
