//! Why two texts score as they do.

use std::sync::Arc;

use serde::Serialize;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;
use yuyi::{Encoded, ExplanationPlan};
use yuyi_models::{EmbedOptions, Inputs};
use yuyi_tasks::explain;

use super::notes::Note;
use crate::embed::Model;
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

/// Explains a pair. What is read of a text at once is explained, whatever was asked for long ones.
pub(super) async fn of(
    app: &App,
    model: &Model,
    a: &str,
    b: &str,
) -> Result<Explanation, ApiError> {
    // Pairs are explained one after the other, so that states are held of one at a time; each has its own patience.
    let model = model.anew();
    let texts = [a.to_owned(), b.to_owned()];
    let options = Plan::options();
    let whole = app.vectors(&model, Inputs::Texts(texts.to_vec()), options);
    let whole = <[_; 2]>::try_from(whole.await?.vectors).map_err(|_| ApiError::Internal)?;
    let name = model.name().to_owned();
    let plan = move || Plan::new(&name, texts.each_ref().map(String::as_str), whole);
    let plan = blocking(plan).await?.map_err(explain)?;
    let left_out = Inputs::Texts(plan.texts());
    let without = app.vectors(&model, left_out, EmbedOptions::default());
    let without = without.await?.vectors;
    let found = blocking(move || plan.finish(&without)).await?;
    found.map(Explanation::from).map_err(explain)
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

async fn blocking<T: Send + 'static>(
    task: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    spawn_blocking(task).await.map_err(|_| ApiError::Internal)
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
