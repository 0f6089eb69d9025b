//! Why two texts score as they do.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;
use yuyi::{Encoded, ExplanationPlan};
use yuyi_models::{EmbedOptions, Inputs};
use yuyi_serving::{Errand, Turns};
use yuyi_tasks::explain;

use super::notes::Note;
use crate::answer::{AROUND, written};
use crate::embed::Model;
use crate::work::run;
use crate::{ApiError, App};

/// Why two texts, `a` and `b`, score as they do. Places count Unicode characters of the texts as they were sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Explanation {
    /// The words of `sentence_a`, in order.
    a: Vec<Word>,
    /// The words of the other sentence, in order.
    b: Vec<Word>,
    /// Words that go together.
    links: Vec<Link>,
    unknown: Unknown,
    /// What the score does not show.
    notes: Vec<Note>,
}

/// A word, and how much of the score comes from it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedWord)]
pub(crate) struct Word {
    #[schema(example = "发票")]
    text: String,
    /// Its first character, from 0.
    start: usize,
    /// The character after its last.
    end: usize,
    /// How much the cosine drops when it is left out, as a share of all drops of its side; all 0 where nothing drops.
    #[schema(minimum = 0, maximum = 1)]
    weight: f64,
}

/// Two words that go together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WordLink)]
pub(crate) struct Link {
    /// Place in `a`.
    a: usize,
    /// Place in `b`.
    b: usize,
    /// How alike the model reads them, beside the other words of their sentences.
    #[schema(minimum = 0, maximum = 1)]
    similarity: f64,
}

/// Shares of the tokens that the model does not know.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnknownShares)]
pub(crate) struct Unknown {
    #[schema(minimum = 0, maximum = 1)]
    a: f64,
    #[schema(minimum = 0, maximum = 1)]
    b: f64,
}

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
    pub(super) model: &'a Model,
    /// For the work beside embedding.
    pub(super) errand: Errand,
}

impl Explainer<'_> {
    /// Explains a pair. What is read of a text at once is explained, whatever was asked for long ones.
    pub(super) async fn explain(&mut self, a: &str, b: &str) -> Result<Explanation, ApiError> {
        // Each pair has its own patience.
        let model = self.model.anew();
        let texts = [a.to_owned(), b.to_owned()];
        let whole = (self.app).vectors(&model, Inputs::Texts(texts.to_vec()), Plan::options());
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
        run(&mut self.errand, finish).await.map(Explanation::from)
    }

    async fn embed(
        &self,
        model: &Model,
        texts: Vec<String>,
    ) -> Result<Vec<Arc<Encoded>>, ApiError> {
        let embedded = (self.app).vectors(model, Inputs::Texts(texts), EmbedOptions::default());
        Ok(embedded.await?.vectors)
    }
}

/// From vectors that the caches share.
type Plan = ExplanationPlan<Arc<Encoded>>;

fn explain(error: yuyi::Error) -> ApiError {
    match error {
        yuyi::Error::NotExplained { model } => ApiError::InvalidValue {
            field: "explain".to_owned(),
            reason: format!("the model {model:?} does not tell what its vectors come from."),
        },
        other => {
            tracing::error!(cause = %other, "a pair could not be explained");
            ApiError::Internal
        }
    }
}

impl Explanation {
    /// Most bytes of it in a reply.
    pub(super) fn bytes(&self) -> usize {
        let words = self.a.iter().chain(&self.b);
        let words: usize = words.map(|word| AROUND + written(&word.text)).sum();
        let notes: usize = self.notes.iter().map(Note::bytes).sum();
        words + AROUND * self.links.len() + notes
    }
}

impl From<explain::Explanation> for Explanation {
    fn from(found: explain::Explanation) -> Self {
        Self {
            a: found.a.into_iter().map(Word::from).collect(),
            b: found.b.into_iter().map(Word::from).collect(),
            links: found.links.into_iter().map(Link::from).collect(),
            unknown: Unknown {
                a: found.unknown.a,
                b: found.unknown.b,
            },
            notes: found.notes.into_iter().map(Note::from).collect(),
        }
    }
}

impl From<explain::WordWeight> for Word {
    fn from(word: explain::WordWeight) -> Self {
        Self {
            text: word.text,
            start: word.start,
            end: word.end,
            weight: word.weight,
        }
    }
}

impl From<explain::Link> for Link {
    fn from(link: explain::Link) -> Self {
        Self {
            a: link.a,
            b: link.b,
            similarity: link.cosine,
        }
    }
}
