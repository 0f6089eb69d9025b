//! What a client may send to `/similarity`.

use std::sync::Arc;

use utoipa::ToSchema;

use super::details::{Texts, Wanted};
use crate::fields::{Fields, list};
use crate::json::Json;
use crate::options::Options;
use crate::text::{check_count, read_text, read_texts};
use crate::{ApiError, Limits};

/// The four forms.
#[derive(Debug, ToSchema)]
#[serde(untagged)]
pub(crate) enum SimilarityRequest {
    One(PairRequest),
    Pairs(PairsRequest),
    OneToMany(OneToManyRequest),
    HuggingFace(HuggingFaceRequest),
}

/// One pair.
#[derive(Debug, ToSchema)]
pub(crate) struct PairRequest {
    #[serde(flatten)]
    pub(super) pair: Pair,
    #[serde(flatten)]
    pub(super) options: Options,
    #[serde(flatten)]
    pub(super) wanted: Wanted,
}

/// Many pairs.
#[derive(Debug, ToSchema)]
pub(crate) struct PairsRequest {
    /// The pairs. One that cannot be scored carries its own error in the reply and does not sink the others.
    #[schema(value_type = Vec<Pair>, min_items = 1)]
    pub(super) pairs: Vec<Result<Pair, ApiError>>,
    #[serde(flatten)]
    pub(super) options: Options,
    #[serde(flatten)]
    pub(super) wanted: Wanted,
}

/// One sentence against many.
#[derive(Debug, ToSchema)]
pub(crate) struct OneToManyRequest {
    /// The sentence that the others are compared with.
    #[schema(example = "我喜欢吃水果")]
    pub(super) sentence_a: String,
    /// The others.
    #[schema(min_items = 1, example = json!(["苹果香蕉都很美味", "天气晴朗适合出游"]))]
    pub(super) sentences: Vec<String>,
    #[serde(flatten)]
    pub(super) options: Options,
    #[serde(flatten)]
    pub(super) wanted: Wanted,
}

/// Hugging Face's sentence similarity. Fields that are not known are ignored.
#[derive(Debug, ToSchema)]
pub(crate) struct HuggingFaceRequest {
    pub(super) inputs: SourceAndSentences,
    #[serde(flatten)]
    pub(super) options: Options,
}

/// One sentence against many, in Hugging Face's words.
#[derive(Debug, ToSchema)]
pub(crate) struct SourceAndSentences {
    /// The sentence that the others are compared with.
    #[schema(example = "我喜欢吃水果")]
    pub(super) source_sentence: String,
    /// The others.
    #[schema(min_items = 1, example = json!(["苹果香蕉都很美味", "天气晴朗适合出游"]))]
    pub(super) sentences: Vec<String>,
}

/// Two sentences.
#[derive(Debug, ToSchema)]
pub(crate) struct Pair {
    #[schema(example = "今天天气真不错")]
    pub(super) sentence_a: String,
    #[schema(example = "外面阳光明媚")]
    pub(super) sentence_b: String,
}

impl SimilarityRequest {
    pub(super) fn read(body: Json, limits: &Limits) -> Result<Self, ApiError> {
        let mut fields = Fields::of(body, "")?;
        if fields.has("inputs") {
            return HuggingFaceRequest::read(fields, limits).map(Self::HuggingFace);
        }
        let request = if fields.has("pairs") {
            Self::Pairs(PairsRequest {
                pairs: read_pairs(&mut fields, limits)?,
                options: Options::read(&mut fields)?,
                wanted: Wanted::read(&mut fields)?,
            })
        } else if fields.has("sentences") {
            let (sentence_a, sentences) = read_one_to_many("sentence_a", &mut fields, limits)?;
            Self::OneToMany(OneToManyRequest {
                sentence_a,
                sentences,
                options: Options::read(&mut fields)?,
                wanted: Wanted::read(&mut fields)?,
            })
        } else {
            Self::One(PairRequest {
                pair: Pair::read(&mut fields, limits)?,
                options: Options::read(&mut fields)?,
                wanted: Wanted::read(&mut fields)?,
            })
        };
        fields.finish()?;
        if let Some(wanted) = request.wanted() {
            wanted.check(request.count())?;
        }
        Ok(request)
    }

    /// What is wanted beside the scores; of our own forms.
    pub(super) fn wanted(&self) -> Option<&Wanted> {
        let wanted = match self {
            Self::One(request) => &request.wanted,
            Self::Pairs(request) => &request.wanted,
            Self::OneToMany(request) => &request.wanted,
            Self::HuggingFace(_) => return None,
        };
        (wanted.explain || !wanted.methods.is_empty()).then_some(wanted)
    }

    /// Number of pairs.
    fn count(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Pairs(request) => request.pairs.len(),
            Self::OneToMany(request) => request.sentences.len(),
            Self::HuggingFace(request) => request.inputs.sentences.len(),
        }
    }

    /// The texts of each pair, in the order of the reply.
    pub(super) fn pairs(&self) -> Vec<Texts> {
        let pair = |pair: &Pair| {
            let (a, b) = (pair.sentence_a.as_str(), pair.sentence_b.as_str());
            Some((a.into(), b.into()))
        };
        let with = |one: &str, others: &[String]| {
            let one: Arc<str> = one.into();
            let texts = |other: &String| Some((Arc::clone(&one), other.as_str().into()));
            others.iter().map(texts).collect()
        };
        match self {
            Self::One(request) => vec![pair(&request.pair)],
            Self::Pairs(request) => {
                let sound = request.pairs.iter().map(|pair| pair.as_ref().ok());
                sound.map(|sound| sound.and_then(pair)).collect()
            }
            Self::OneToMany(request) => with(&request.sentence_a, &request.sentences),
            Self::HuggingFace(request) => {
                let inputs = &request.inputs;
                with(&inputs.source_sentence, &inputs.sentences)
            }
        }
    }

    pub(super) fn options(&self) -> &Options {
        match self {
            Self::One(request) => &request.options,
            Self::Pairs(request) => &request.options,
            Self::OneToMany(request) => &request.options,
            Self::HuggingFace(request) => &request.options,
        }
    }
}

impl HuggingFaceRequest {
    /// Clients of Hugging Face send fields of their own, which are ignored.
    pub(crate) fn read(mut fields: Fields, limits: &Limits) -> Result<Self, ApiError> {
        let (inputs, path) = fields.required("inputs")?;
        let mut inputs = Fields::of(inputs, &path)?;
        let (source_sentence, sentences) =
            read_one_to_many("source_sentence", &mut inputs, limits)?;
        Ok(Self {
            inputs: SourceAndSentences {
                source_sentence,
                sentences,
            },
            options: Options::read(&mut fields)?,
        })
    }
}

impl Pair {
    fn read(fields: &mut Fields, limits: &Limits) -> Result<Self, ApiError> {
        Ok(Self {
            sentence_a: read_sentence("sentence_a", fields, limits)?,
            sentence_b: read_sentence("sentence_b", fields, limits)?,
        })
    }
}

fn read_sentence(
    name: &'static str,
    fields: &mut Fields,
    limits: &Limits,
) -> Result<String, ApiError> {
    let (value, path) = fields.required(name)?;
    read_text(value, &path, limits)
}

fn read_one_to_many(
    one: &'static str,
    fields: &mut Fields,
    limits: &Limits,
) -> Result<(String, Vec<String>), ApiError> {
    let one = read_sentence(one, fields, limits)?;
    let (value, path) = fields.required("sentences")?;
    Ok((one, read_texts(value, &path, 1, limits)?))
}

fn read_pairs(
    fields: &mut Fields,
    limits: &Limits,
) -> Result<Vec<Result<Pair, ApiError>>, ApiError> {
    let (value, path) = fields.required("pairs")?;
    let pairs = list(value, &path)?;
    check_count(2 * pairs.len(), &path, limits)?;
    let pair = |(i, value)| {
        let mut fields = Fields::of(value, &format!("pairs[{i}]"))?;
        let pair = Pair::read(&mut fields, limits)?;
        fields.finish()?;
        Ok(pair)
    };
    Ok(pairs.into_iter().enumerate().map(pair).collect())
}
