//! Why two texts score as they do.

use std::sync::Arc;
use std::time::Duration;

use yuyi::{EmbedOptions, Encoded, Explanation, ExplanationPlan};
use yuyi_serving::{Errand, ModelHandle, Turns};

use super::notes;
use crate::answer::{AROUND, written};
use crate::work::run;
use crate::{ApiError, App};

/// How long the words of a pair and what they count, or its notes alone, take to find, beside embedding: of both texts no more is looked at than
/// the model reads or, of notes, their first 10,000 characters.
const TIME_OF_A_PAIR: Duration = Duration::from_millis(200);

/// How long so many pairs take.
pub(super) fn time_of(pairs: usize) -> Duration {
    TIME_OF_A_PAIR.saturating_mul(u32::try_from(pairs).unwrap_or(u32::MAX))
}

/// Explains the pairs of a request, one after the other, so that states are held of one at a time.
pub(super) struct Explainer<'a> {
    pub(super) app: &'a App,
    pub(super) model: &'a ModelHandle,
    /// For the work beside embedding.
    pub(super) errand: Errand,
}

impl Explainer<'_> {
    /// Explains a pair. What is read of a text at once is explained, whatever was asked for long ones.
    pub(super) async fn explain(&mut self, a: &str, b: &str) -> Result<Explanation, ApiError> {
        // Each pair has its own patience.
        let model = self.model.anew();
        let texts = [a.to_owned(), b.to_owned()];
        let whole = (self.app).embed_derived(&model, texts.to_vec(), Plan::options());
        let whole = <[_; 2]>::try_from(whole.await?.vectors).map_err(|_| ApiError::Internal)?;
        let name = model.name().to_owned();
        let (plan, left_out) = run(&mut self.errand, move |_| {
            let plan = Plan::new(&name, texts.each_ref().map(String::as_str), whole);
            let plan = plan.map_err(explain)?;
            let left_out = plan.texts();
            Ok((plan, left_out))
        })
        .await?;
        let mut without = self.embed(&model, left_out).await?;
        let further = plan.further(&without).map_err(explain)?;
        without.extend(self.embed(&model, further).await?);
        let finish = move |_: &mut Turns| Ok(plan.finish(&without).map_err(explain)?);
        run(&mut self.errand, finish).await
    }

    async fn embed(
        &self,
        model: &ModelHandle,
        texts: Vec<String>,
    ) -> Result<Vec<Arc<Encoded>>, ApiError> {
        let embedded = (self.app).embed_derived(model, texts, EmbedOptions::default());
        Ok(embedded.await?.vectors)
    }
}

/// From vectors that the caches share.
type Plan = ExplanationPlan<Arc<Encoded>>;

fn explain(error: yuyi::Error) -> ApiError {
    match error {
        yuyi::Error::NotExplained { model } => ApiError::InvalidValue {
            field: "explain".to_owned(),
            reason: format!("the model {model:?} does not report what its vectors come from."),
        },
        other => {
            tracing::error!(cause = %other, "a pair could not be explained");
            ApiError::Internal
        }
    }
}

/// Most bytes of an explanation in a reply.
pub(super) fn bytes_of(explanation: &Explanation) -> usize {
    let words = explanation.a.iter().chain(&explanation.b);
    let words: usize = words.map(|word| AROUND + written(&word.text)).sum();
    let notes: usize = explanation.notes.iter().map(notes::bytes_of).sum();
    words + AROUND * explanation.links.len() + notes
}
