//! `POST /similarity`: one pair, many pairs, one sentence against many, and Hugging Face's form of that.

mod details;
mod explanation;
mod notes;
mod request;
mod wanted;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use yuyi_encoder::Encoded;
use yuyi_models::Inputs;

use self::details::{Admitted, Details};
pub(crate) use self::request::HuggingFaceRequest;
use self::request::{Pair, SimilarityRequest};
use crate::answer::AROUND;
use crate::embed::Embedded;
use crate::error::ErrorBody;
use crate::request::body::JsonBody;
use crate::request::options::Options;
use crate::score::Score;
use crate::{ApiError, App};

/// How alike sentences are, in four forms: one pair, many pairs, one sentence against many, and
/// Hugging Face's `inputs`.
#[utoipa::path(
    post,
    path = "/similarity",
    tag = "Similarity",
    request_body = SimilarityRequest,
    responses((status = 200, description = "The scores, in the form of the request.", body = Reply)),
)]
pub(crate) async fn similarity(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let request = SimilarityRequest::read(body, app.limits())?;
    // Before anything is computed, since it may be refused.
    let mut admitted = match request.wanted() {
        Some(wanted) => Admitted::of(&app, wanted, request.pairs())?,
        None => Admitted::default(),
    };
    let scorer = Scorer::of(&app, request.texts(), request.options()).await?;
    let noting = admitted.notes.take();
    let mut details = admitted.find(&app, &scorer.embedded.model).await?;
    if let Some(errand) = noting {
        let (pairs, places) = (request.pairs(), request.places());
        let found = notes::of(&app, &scorer.embedded, pairs, places, errand).await?;
        for (details, notes) in details.iter_mut().zip(found) {
            details.notes = notes;
        }
    }
    let bytes = request.bytes_of_texts() + details.iter().map(Details::bytes).sum::<usize>();
    let bytes = bytes + AROUND * request.count();
    // A text that is too long for what was asked fails the whole, in most forms.
    let reply = reply(request, &scorer, details)?;
    app.answer(bytes, move || reply).await
}

/// The cosines that a request of Hugging Face's form asks for.
pub(crate) async fn cosines(app: &App, request: &HuggingFaceRequest) -> Result<Vec<f64>, ApiError> {
    let scorer = Scorer::of(app, request.texts(), &request.options).await?;
    scorer.cosines()
}

/// `details` are of the request's pairs, in order.
fn reply(
    request: SimilarityRequest,
    scorer: &Scorer,
    details: Vec<Details>,
) -> Result<Reply, ApiError> {
    let mut details = details.into_iter();
    let mut next_details = || details.next().unwrap_or_default();
    Ok(match request {
        SimilarityRequest::One(request) => {
            let Pair {
                sentence_a,
                sentence_b,
            } = request.pair;
            let score = scorer.score((0, "sentence_a"), (1, "sentence_b"))?;
            let head = scorer.head();
            Reply::One(Box::new(One {
                sentence_a,
                sentence_b,
                similarity: score.similarity,
                cosine: score.cosine,
                calibrated: head.calibrated,
                model: head.model,
                truncated: score.truncated,
                status: head.status,
                details: next_details(),
            }))
        }
        SimilarityRequest::Pairs(request) => {
            let mut place = 0;
            let pairs = request.pairs.into_iter().enumerate();
            let result = |(i, pair): (usize, Result<Pair, ApiError>)| {
                let first = place;
                place += 2 * usize::from(pair.is_ok());
                scorer.pair_result(i, pair, first, next_details())
            };
            Reply::Pairs(Pairs {
                head: scorer.head(),
                results: pairs.map(result).collect(),
            })
        }
        SimilarityRequest::OneToMany(request) => {
            let scores = scorer.one_to_many("sentence_a", "sentences")?;
            let results = request.sentences.into_iter().zip(scores).enumerate();
            Reply::OneToMany(OneToMany {
                head: scorer.head(),
                results: results
                    .map(|(index, (sentence, score))| Match {
                        index,
                        sentence,
                        score,
                        details: next_details(),
                    })
                    .collect(),
            })
        }
        SimilarityRequest::HuggingFace(_) => Reply::HuggingFace(scorer.cosines()?),
    })
}

/// The reply, by the form of the request.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = SimilarityReply)]
pub(crate) enum Reply {
    One(Box<One>),
    Pairs(Pairs),
    OneToMany(OneToMany),
    /// The cosines, in order.
    HuggingFace(Vec<f64>),
}

/// The reply to a single pair. It is flat, as the first clients of this route know it.
#[derive(Serialize, ToSchema)]
#[schema(as = PairReply)]
pub(crate) struct One {
    #[schema(example = "今天天气真不错")]
    sentence_a: String,
    #[schema(example = "外面阳光明媚")]
    sentence_b: String,
    /// From 0, unrelated, to 1, the same meaning; without a calibration the cosine, cut at 0.
    #[schema(minimum = 0, maximum = 1)]
    similarity: f64,
    /// Cosine of the two vectors.
    #[schema(minimum = -1, maximum = 1)]
    cosine: f64,
    /// Whether `similarity` means the same as with other models.
    calibrated: bool,
    #[schema(example = "e5-small-zh")]
    model: String,
    /// Either sentence was longer than the model reads, and was cut.
    truncated: bool,
    #[schema(example = "success")]
    status: &'static str,
    #[serde(flatten)]
    details: Details,
}

/// The reply to pairs, in order.
#[derive(Serialize, ToSchema)]
#[schema(as = PairsReply)]
pub(crate) struct Pairs {
    #[serde(flatten)]
    head: Head,
    results: Vec<PairResult>,
}

/// The reply to one sentence against many, in order.
#[derive(Serialize, ToSchema)]
#[schema(as = OneToManyReply)]
pub(crate) struct OneToMany {
    #[serde(flatten)]
    head: Head,
    results: Vec<Match>,
}

/// What replies of our own routes begin with.
#[derive(Serialize, ToSchema)]
pub(crate) struct Head {
    #[schema(example = "success")]
    pub(crate) status: &'static str,
    #[schema(example = "e5-small-zh")]
    pub(crate) model: String,
    /// Whether `similarity` means the same as with other models.
    pub(crate) calibrated: bool,
}

impl Head {
    /// Of a reply that this model computed.
    pub(crate) fn of(embedded: &Embedded) -> Self {
        Self {
            status: "success",
            model: embedded.model.name().to_owned(),
            calibrated: embedded.model.calibration().is_fitted(),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum PairResult {
    Scored(ScoredPair),
    Failed(FailedPair),
}

/// A pair with its score.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScoredPair {
    sentence_a: String,
    sentence_b: String,
    #[serde(flatten)]
    score: Score,
    #[serde(flatten)]
    details: Details,
}

/// In the place of a pair that cannot be scored.
#[derive(Serialize, ToSchema)]
pub(crate) struct FailedPair {
    error: ErrorBody,
}

/// A sentence with its score.
#[derive(Serialize, ToSchema)]
pub(crate) struct Match {
    /// Place in the request.
    index: usize,
    sentence: String,
    #[serde(flatten)]
    score: Score,
    #[serde(flatten)]
    details: Details,
}

/// Scores pairs of a request's texts, known by their place among them.
struct Scorer {
    embedded: Embedded,
    refuses_long_texts: bool,
}

impl Scorer {
    /// Embeds the texts of a request.
    async fn of(app: &App, texts: Vec<String>, options: &Options) -> Result<Self, ApiError> {
        let model = app.model(options.model.as_deref()).await?;
        let inputs = Inputs::Texts(texts);
        Ok(Self {
            embedded: app.embed(&model, inputs, options.embed_options()).await?,
            refuses_long_texts: options.refuses_long_texts(),
        })
    }

    fn head(&self) -> Head {
        Head::of(&self.embedded)
    }

    /// The score of two texts, each with the field that it came from.
    fn score(&self, a: (usize, &str), b: (usize, &str)) -> Result<Score, ApiError> {
        let (a, b) = (self.vector(a)?, self.vector(b)?);
        Ok(self.embedded.model.score(a, b).into())
    }

    /// The scores of the first text with each of the others, and the fields of both.
    fn one_to_many(&self, one: &str, others: &str) -> Result<Vec<Score>, ApiError> {
        let count = self.embedded.vectors.len().saturating_sub(1);
        let score = |i| self.score((0, one), (i + 1, &format!("{others}[{i}]")));
        (0..count).map(score).collect()
    }

    /// Of Hugging Face's form.
    fn cosines(&self) -> Result<Vec<f64>, ApiError> {
        let scores = self.one_to_many("inputs.source_sentence", "inputs.sentences")?;
        Ok(scores.into_iter().map(|score| score.cosine).collect())
    }

    fn vector(&self, (place, field): (usize, &str)) -> Result<&Encoded, ApiError> {
        // Every text of the request was embedded.
        let encoded = self.embedded.vectors.get(place);
        let encoded = encoded.ok_or(ApiError::Internal)?;
        if encoded.truncated && self.refuses_long_texts {
            return Err(ApiError::TooManyTokens {
                field: field.to_owned(),
                limit: self.embedded.model.facts().max_tokens,
            });
        }
        Ok(encoded)
    }

    /// The score of a pair whose first text has this place; a pair that is not sound has none.
    fn pair_result(
        &self,
        index: usize,
        pair: Result<Pair, ApiError>,
        first: usize,
        details: Details,
    ) -> PairResult {
        let scored = pair.and_then(|pair| {
            let a = format!("pairs[{index}].sentence_a");
            let b = format!("pairs[{index}].sentence_b");
            let score = self.score((first, &a), (first + 1, &b))?;
            Ok(ScoredPair {
                sentence_a: pair.sentence_a,
                sentence_b: pair.sentence_b,
                score,
                details,
            })
        });
        match scored {
            Ok(scored) => PairResult::Scored(scored),
            Err(error) => PairResult::Failed(FailedPair {
                error: ErrorBody::from(&error),
            }),
        }
    }
}
