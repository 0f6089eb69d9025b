//! Texts to vectors, as every route asks for them.

use tokio::task::spawn_blocking;
use tracing::Level;
use yuyi::{EmbedOptions, Input, Inputs};
use yuyi_serving::{Embedded, ModelHandle, ModelStatus};

use crate::memory;
use crate::request::input::Input as SentInput;
use crate::timings::{self, Timings};
use crate::{ApiError, App};

impl App {
    /// The model that a request names, or the default one; waits while it is being loaded for the
    /// request.
    ///
    /// # Errors
    /// When no model of that name is served, it cannot be loaded in time, or it is a reranker, which gives no vectors.
    pub(crate) async fn model(&self, wanted: Option<&str>) -> Result<ModelHandle, ApiError> {
        let model = self.any_model(wanted).await?;
        match model.facts().scores {
            None => Ok(model),
            Some(_) => Err(ApiError::InvalidValue {
                field: "model".to_owned(),
                reason: format!(
                    "{} is a reranker, which gives no vectors. Use it with /v1/rerank, /rerank or /v1/score, and name an embedding model here.",
                    model.name()
                ),
            }),
        }
    }

    /// The same, of either kind.
    ///
    /// # Errors
    /// When no model of that name is served, or it cannot be loaded in time.
    pub(crate) async fn any_model(&self, wanted: Option<&str>) -> Result<ModelHandle, ApiError> {
        let found = match wanted {
            None => self.service().model(None).await.map_err(ApiError::from),
            Some(name) => by_any_name(name, |name| self.service().model(Some(name))).await,
        };
        match found {
            Err(ApiError::ModelLoadFailed {
                model,
                reason: None,
            }) => Err(self.load_failed(model).await),
            found => found,
        }
    }

    /// That a model does not load, with what `GET /v1/models/{model}` says is wrong with it where that is known.
    async fn load_failed(&self, model: String) -> ApiError {
        let known = self.pulls().supply().map(|supply| {
            let names = [model.clone()];
            spawn_blocking(move || supply.about(&names).pop().flatten())
        });
        let about = match known {
            Some(about) => about.await.ok().flatten(),
            None => None,
        };
        let reason = about.and_then(|about| about.problem);
        ApiError::ModelLoadFailed { model, reason }
    }

    /// The state of a model, by the names that a request may give it.
    ///
    /// # Errors
    /// When no model of that name is served.
    pub(crate) async fn status(&self, name: &str) -> Result<ModelStatus, ApiError> {
        by_any_name(name, |name| self.registry().status(name)).await
    }

    /// Unit vectors of the texts of a request, in order, from the caches or computed when their turn has come. How
    /// long it took is added to the request's [`Timings`].
    ///
    /// # Errors
    /// When the queue is full, the wait is too long, or the model fails.
    pub(crate) async fn embed(
        &self,
        model: &ModelHandle,
        texts: Vec<String>,
        options: EmbedOptions,
    ) -> Result<Embedded, ApiError> {
        self.embed_with(model, Inputs::Texts(texts), options, ApiError::from)
            .await
    }

    /// As [`App::embed`], of pairs by a model that [scores](yuyi::ModelFacts::scores) them.
    ///
    /// # Errors
    /// As [`App::embed`].
    pub(crate) async fn score_pairs(
        &self,
        model: &ModelHandle,
        pairs: Vec<Input>,
    ) -> Result<Embedded, ApiError> {
        let options = EmbedOptions::default();
        self.embed_with(model, Inputs::Mixed(pairs), options, ApiError::from)
            .await
    }

    /// As [`App::embed`], for texts and token ids that came in a field of that name.
    ///
    /// # Errors
    /// As [`App::embed`], or when the model does not have a token.
    pub(crate) async fn embed_input(
        &self,
        model: &ModelHandle,
        input: SentInput,
        field: &'static str,
        options: EmbedOptions,
    ) -> Result<Embedded, ApiError> {
        let refused = |error| match error {
            yuyi_serving::Error::InvalidTokens { reason } => ApiError::InvalidToken {
                field: field.to_owned(),
                reason,
            },
            other => other.into(),
        };
        self.embed_with(model, Inputs::from(input), options, refused)
            .await
    }

    /// The way of the inputs of a request; `refused` says what becomes of an error of the service.
    async fn embed_with(
        &self,
        model: &ModelHandle,
        inputs: Inputs,
        options: EmbedOptions,
        refused: impl FnOnce(yuyi_serving::Error) -> ApiError,
    ) -> Result<Embedded, ApiError> {
        admit(model, &inputs)?;
        let embedded = self.service().embed(model, inputs, options).await;
        let embedded = embedded.map_err(refused)?;
        timings::add(embedded.timings);
        Ok(embedded)
    }

    /// As [`App::embed`], for texts that were made of those of the request: they are neither logged nor said to be cut, and few and
    /// short enough to hold no memory that would count.
    ///
    /// # Errors
    /// As [`App::embed`].
    pub(crate) async fn embed_derived(
        &self,
        model: &ModelHandle,
        texts: Vec<String>,
        options: EmbedOptions,
    ) -> Result<Embedded, ApiError> {
        let texts = Inputs::Texts(texts);
        let embedded = self.service().embed(model, texts, options).await?;
        timings::add(Timings {
            truncated: 0,
            ..embedded.timings
        });
        Ok(embedded)
    }
}

/// Logs texts of a request where that is wanted, and takes the memory for their way to vectors, beside those in the request, and then for
/// the vectors.
fn admit(model: &ModelHandle, inputs: &Inputs) -> Result<(), ApiError> {
    /// Of a text, beside what it says: its key, its place in the queue, its vector's head.
    const HEAD: usize = 512;
    log_texts(inputs);
    let of_vector = size_of::<f32>() * model.facts().dimension;
    memory::hold(2 * inputs.bytes() + inputs.len() * (HEAD + of_vector))
}

/// What `find` finds by a name, or by what clients make of it where nobody has that. The error is that of the name as it was given.
async fn by_any_name<'a, T, F>(name: &'a str, find: impl Fn(&'a str) -> F) -> Result<T, ApiError>
where
    F: Future<Output = Result<T, yuyi_serving::Error>>,
{
    let found = find(name).await;
    if !matches!(found, Err(yuyi_serving::Error::ModelNotFound { .. })) {
        return Ok(found?);
    }
    for other in other_names(name) {
        if let Ok(found) = find(other).await {
            return Ok(found);
        }
    }
    Ok(found?)
}

/// What a model's name may mean that nobody has: clients put a tag of Ollama's behind it, or a provider before it. What could be a path is
/// none of these.
fn other_names(name: &str) -> impl Iterator<Item = &str> {
    let untagged = name.strip_suffix(":latest").unwrap_or(name);
    let is_path = untagged
        .split('/')
        .any(|part| ["", ".", ".."].contains(&part));
    let bare = untagged.rsplit('/').next().filter(|_| !is_path);
    let others = [Some(untagged), bare].into_iter().flatten();
    others.filter(move |other| *other != name)
}

/// Where texts of requests are logged. Nothing else is logged there, and texts nowhere else, so that a filter on
/// this target decides.
pub const TEXTS_LOG: &str = "yuyi_server::texts";

fn log_texts(inputs: &Inputs) {
    if !tracing::enabled!(target: TEXTS_LOG, Level::INFO) {
        return;
    }
    let texts: Vec<&str> = match inputs {
        Inputs::Texts(texts) => texts.iter().map(String::as_str).collect(),
        Inputs::Mixed(inputs) => texts_of(inputs),
    };
    if !texts.is_empty() {
        tracing::info!(target: TEXTS_LOG, ?texts, "texts of a request");
    }
}

/// The texts of inputs; a query that stands before several documents once.
fn texts_of(inputs: &[Input]) -> Vec<&str> {
    let mut texts = Vec::with_capacity(inputs.len());
    let mut last: Option<&str> = None;
    for input in inputs {
        match input {
            Input::Text(text) => texts.push(&**text),
            Input::Pair(query, document) => {
                texts.extend((last != Some(&**query)).then_some(&**query));
                texts.push(document);
                last = Some(query);
            }
            Input::Tokens(_) | Input::PairTokens(_) => {}
        }
    }
    texts
}
