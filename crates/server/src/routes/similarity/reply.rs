//! What `/similarity` answers, by the form of the request.

use serde::Serialize;
use utoipa::ToSchema;
use yuyi_serving::Embedded;

use super::details::Details;
use super::request::{Pair, SimilarityRequest};
use super::scorer::Scorer;
use crate::ApiError;
use crate::error::ErrorBody;
use crate::score::Score;

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

impl Reply {
    /// `details` are of the request's pairs, in order, or none where nothing was asked for.
    ///
    /// # Errors
    /// When a text is too long for what was asked; among many pairs that is the error of its pair.
    pub(super) fn of(
        request: SimilarityRequest,
        scorer: &Scorer,
        mut details: Vec<Details>,
    ) -> Result<Self, ApiError> {
        details.resize_with(request.count(), Details::default);
        Ok(match request {
            SimilarityRequest::One(request) => {
                let details = details.pop().unwrap_or_default();
                let one = One::of(request.pair, scorer, details)?;
                Self::One(Box::new(one))
            }
            SimilarityRequest::Pairs(request) => {
                Self::Pairs(Pairs::of(request.pairs, scorer, details))
            }
            SimilarityRequest::OneToMany(request) => {
                Self::OneToMany(OneToMany::of(request.sentences, scorer, details)?)
            }
            SimilarityRequest::HuggingFace(_) => Self::HuggingFace(scorer.cosines()?),
        })
    }
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

impl One {
    fn of(pair: Pair, scorer: &Scorer, details: Details) -> Result<Self, ApiError> {
        let score = scorer.score((0, "sentence_a"), (1, "sentence_b"))?;
        let head = Head::of(&scorer.embedded);
        Ok(Self {
            sentence_a: pair.sentence_a,
            sentence_b: pair.sentence_b,
            similarity: score.similarity,
            cosine: score.cosine,
            calibrated: head.calibrated,
            model: head.model,
            truncated: score.truncated,
            status: head.status,
            details,
        })
    }
}

/// The reply to pairs, in order.
#[derive(Serialize, ToSchema)]
#[schema(as = PairsReply)]
pub(crate) struct Pairs {
    #[serde(flatten)]
    head: Head,
    results: Vec<PairResult>,
}

impl Pairs {
    fn of(pairs: Vec<Result<Pair, ApiError>>, scorer: &Scorer, details: Vec<Details>) -> Self {
        let mut place = 0;
        let pairs = pairs.into_iter().zip(details).enumerate();
        let result = |(index, (pair, details)): (usize, (Result<Pair, ApiError>, Details))| {
            let first = place;
            place += 2 * usize::from(pair.is_ok());
            let scored = pair.and_then(|pair| ScoredPair::of(pair, index, first, scorer, details));
            scored.map_or_else(PairResult::failed, PairResult::Scored)
        };
        Self {
            head: Head::of(&scorer.embedded),
            results: pairs.map(result).collect(),
        }
    }
}

/// The reply to one sentence against many, in order.
#[derive(Serialize, ToSchema)]
#[schema(as = OneToManyReply)]
pub(crate) struct OneToMany {
    #[serde(flatten)]
    head: Head,
    results: Vec<MatchResult>,
}

impl OneToMany {
    fn of(
        sentences: Vec<Result<String, ApiError>>,
        scorer: &Scorer,
        details: Vec<Details>,
    ) -> Result<Self, ApiError> {
        let mut place = 0;
        let found = |(index, (sentence, details))| {
            let sentence = match sentence {
                Ok(sentence) => sentence,
                Err(error) => return Ok(MatchResult::failed(index, &error)),
            };
            place += 1;
            let field = format!("sentences[{index}]");
            Ok(MatchResult::Scored(Match {
                index,
                sentence,
                score: scorer.score((0, "sentence_a"), (place, &field))?,
                details,
            }))
        };
        let sentences = sentences.into_iter().zip(details).enumerate();
        Ok(Self {
            head: Head::of(&scorer.embedded),
            results: sentences.map(found).collect::<Result<_, ApiError>>()?,
        })
    }
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum MatchResult {
    Scored(Match),
    Failed(FailedMatch),
}

impl MatchResult {
    fn failed(index: usize, error: &ApiError) -> Self {
        let error = ErrorBody::from(error);
        Self::Failed(FailedMatch { index, error })
    }
}

/// In the place of a sentence that cannot be scored.
#[derive(Serialize, ToSchema)]
pub(crate) struct FailedMatch {
    /// Place in the request.
    index: usize,
    error: ErrorBody,
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

impl PairResult {
    fn failed(error: ApiError) -> Self {
        Self::Failed(FailedPair {
            error: ErrorBody::from(&error),
        })
    }
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

impl ScoredPair {
    /// The pair at `index` of the request, whose first text has the place `first` among all.
    fn of(
        pair: Pair,
        index: usize,
        first: usize,
        scorer: &Scorer,
        details: Details,
    ) -> Result<Self, ApiError> {
        let a = format!("pairs[{index}].sentence_a");
        let b = format!("pairs[{index}].sentence_b");
        Ok(Self {
            score: scorer.score((first, &a), (first + 1, &b))?,
            sentence_a: pair.sentence_a,
            sentence_b: pair.sentence_b,
            details,
        })
    }
}

/// In the place of a pair that cannot be scored.
#[derive(Serialize, ToSchema)]
// Otherwise a sentence that cannot be scored would be one of these, too, and its reply in two forms.
#[serde(deny_unknown_fields)]
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
