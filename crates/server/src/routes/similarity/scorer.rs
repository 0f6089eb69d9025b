//! The scores of a request's texts.

use yuyi::Encoded;
use yuyi_serving::Embedded;

use crate::request::options::Options;
use crate::score::Score;
use crate::{ApiError, App};

/// Scores pairs of a request's texts, known by their place among them.
pub(super) struct Scorer {
    pub(super) embedded: Embedded,
    refuses_long_texts: bool,
}

impl Scorer {
    /// Embeds the texts of a request.
    pub(super) async fn of(
        app: &App,
        texts: Vec<String>,
        options: &Options,
    ) -> Result<Self, ApiError> {
        let model = app.model(options.model.as_deref()).await?;
        Ok(Self {
            embedded: app.embed(&model, texts, options.embed_options()).await?,
            refuses_long_texts: options.refuses_long_texts(),
        })
    }

    /// The score of two texts, each with the field that it came from.
    pub(super) fn score(&self, a: (usize, &str), b: (usize, &str)) -> Result<Score, ApiError> {
        let (a, b) = (self.vector(a)?, self.vector(b)?);
        Ok(self.embedded.model.score(a, b).into())
    }

    /// Of Hugging Face's form: of the first text with each of the others.
    pub(super) fn cosines(&self) -> Result<Vec<f64>, ApiError> {
        let count = self.embedded.vectors.len().saturating_sub(1);
        let cosine = |i| {
            let field = format!("inputs.sentences[{i}]");
            let score = self.score((0, "inputs.source_sentence"), (i + 1, &field))?;
            Ok(score.cosine)
        };
        (0..count).map(cosine).collect()
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
}
