//! `POST /similarity`: one pair, many pairs, or one sentence against many.

mod request;

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use yuyi_encoder::Encoded;
use yuyi_models::{EmbedOptions, Inputs};
use yuyi_tasks::cosine;

use self::request::{Form, LongText, Pair, SimilarityRequest};
use crate::body::JsonBody;
use crate::embed::Embedded;
use crate::error::ErrorBody;
use crate::{ApiError, App};

/// The handler.
pub(crate) async fn similarity(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<Json<Reply>, ApiError> {
    let request = SimilarityRequest::read(body, app.limits())?;
    let model = app.model(request.model.as_deref()).await?;
    let texts = Texts::of(&request.form);
    let inputs = Inputs::Texts(texts.unique);
    let embedded = app.embed(&model, inputs, EmbedOptions::default()).await?;
    let scorer = Scorer {
        places: texts.places,
        embedded,
        long_text: request.long_text,
    };
    let head = Head {
        model: model.name().to_owned(),
        calibrated: model.calibration().is_fitted(),
        status: "success",
    };
    reply(request.form, &scorer, head).map(Json)
}

fn reply(form: Form, scorer: &Scorer, head: Head) -> Result<Reply, ApiError> {
    Ok(match form {
        Form::One(pair) => {
            let score = scorer.score((&pair.a, "sentence_a"), (&pair.b, "sentence_b"))?;
            Reply::One(One {
                sentence_a: pair.a,
                sentence_b: pair.b,
                similarity: score.similarity,
                cosine: score.cosine,
                calibrated: head.calibrated,
                model: head.model,
                truncated: score.truncated,
                status: head.status,
            })
        }
        Form::Pairs(pairs) => {
            let results = pairs
                .into_iter()
                .enumerate()
                .map(|(i, pair)| scorer.pair_result(i, pair))
                .collect();
            Reply::Pairs { results, head }
        }
        Form::OneToMany { a, sentences } => {
            let result = |(index, sentence): (usize, String)| {
                let score = scorer.score(
                    (&a, "sentence_a"),
                    (&sentence, &format!("sentences[{index}]")),
                )?;
                Ok(Match {
                    index,
                    sentence,
                    score,
                })
            };
            let results: Result<_, ApiError> =
                sentences.into_iter().enumerate().map(result).collect();
            Reply::OneToMany {
                results: results?,
                head,
            }
        }
    })
}

/// The reply, by the form of the request.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Reply {
    One(One),
    Pairs {
        #[serde(flatten)]
        head: Head,
        results: Vec<PairResult>,
    },
    OneToMany {
        #[serde(flatten)]
        head: Head,
        results: Vec<Match>,
    },
}

/// The reply to a single pair. It is flat, as the first clients of this route know it.
#[derive(Serialize)]
pub(crate) struct One {
    sentence_a: String,
    sentence_b: String,
    similarity: f64,
    cosine: f64,
    calibrated: bool,
    model: String,
    truncated: bool,
    status: &'static str,
}

/// What every reply begins with.
#[derive(Serialize)]
pub(crate) struct Head {
    status: &'static str,
    model: String,
    calibrated: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum PairResult {
    Scored {
        sentence_a: String,
        sentence_b: String,
        #[serde(flatten)]
        score: Score,
    },
    Failed {
        error: ErrorBody,
    },
}

#[derive(Serialize)]
pub(crate) struct Match {
    index: usize,
    sentence: String,
    #[serde(flatten)]
    score: Score,
}

#[derive(Serialize)]
pub(crate) struct Score {
    similarity: f64,
    cosine: f64,
    /// Either side was cut.
    truncated: bool,
}

/// The texts of a request, each once.
#[derive(Default)]
struct Texts {
    unique: Vec<String>,
    places: HashMap<String, usize>,
}

impl Texts {
    fn of(form: &Form) -> Self {
        let mut texts = Self::default();
        match form {
            Form::One(pair) => texts.add_pair(pair),
            Form::Pairs(pairs) => pairs.iter().flatten().for_each(|pair| texts.add_pair(pair)),
            Form::OneToMany { a, sentences } => {
                texts.add(a);
                sentences.iter().for_each(|sentence| texts.add(sentence));
            }
        }
        texts
    }

    fn add_pair(&mut self, pair: &Pair) {
        self.add(&pair.a);
        self.add(&pair.b);
    }

    fn add(&mut self, text: &str) {
        if !self.places.contains_key(text) {
            self.places.insert(text.to_owned(), self.unique.len());
            self.unique.push(text.to_owned());
        }
    }
}

/// Scores pairs of texts whose vectors are there.
struct Scorer {
    places: HashMap<String, usize>,
    embedded: Embedded,
    long_text: LongText,
}

impl Scorer {
    /// The score of two texts, each with the field that it came from.
    fn score(&self, a: (&str, &str), b: (&str, &str)) -> Result<Score, ApiError> {
        let (a, b) = (self.vector(a)?, self.vector(b)?);
        let cosine = cosine(&a.vector, &b.vector);
        let similarity = self.embedded.model.calibration().similarity(cosine);
        Ok(Score {
            similarity,
            cosine,
            truncated: a.truncated || b.truncated,
        })
    }

    fn vector(&self, (text, field): (&str, &str)) -> Result<&Encoded, ApiError> {
        // Every text of the request was embedded, and the scheduler counts the vectors.
        let place = self.places.get(text).copied();
        let encoded = place
            .and_then(|i| self.embedded.vectors.get(i))
            .ok_or(ApiError::Internal)?;
        if encoded.truncated && self.long_text == LongText::Error {
            return Err(ApiError::TooManyTokens {
                field: field.to_owned(),
                limit: self.embedded.model.facts().max_tokens,
            });
        }
        Ok(encoded)
    }

    fn pair_result(&self, index: usize, pair: Result<Pair, ApiError>) -> PairResult {
        let scored = pair.and_then(|pair| {
            let a = format!("pairs[{index}].sentence_a");
            let b = format!("pairs[{index}].sentence_b");
            let score = self.score((&pair.a, &a), (&pair.b, &b))?;
            Ok(PairResult::Scored {
                sentence_a: pair.a,
                sentence_b: pair.b,
                score,
            })
        });
        scored.unwrap_or_else(|error| PairResult::Failed {
            error: ErrorBody::from(&error),
        })
    }
}
