//! `POST /v1/collections/{name}/search`.

mod reranking;

use std::time::Instant;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use yuyi::Calibration;
use yuyi_collections::{Asked, Found, Mode, QueryPlan, SearchHit, calibration_of, search_for};
use yuyi_store::{Caller, Collection, Filter};

use self::reranking::Reranking;
use crate::answer::AROUND;
use crate::collections::Timed;
use crate::envelope::OwnReply;
use crate::memory::Counting;
use crate::request::body::JsonBody;
use crate::request::item::{FilterRequest, filter};
use crate::request::place::{OfCollection, check_limit};
use crate::request::text::read_text;
use crate::request::value::vector;
use crate::request::{Source, choice, count, flag, request};
use crate::{ApiError, App, stored};

/// Items that are found, where nobody says how many.
const LIMIT: usize = 10;

request! {
    /// A question to a collection.
    #[schema(as = SearchRequest, example = json!({"text": "你们的产品能开发票吗？", "limit": 3}))]
    pub(crate) struct SearchRequest {
        /// What is asked. It may be absent where `vector` is there and the search is by vectors.
        #[schema(example = "你们的产品能开发票吗？", min_length = 1)]
        text: Option<String> = optional_text,
        /// Most items; absent: 10.
        #[schema(minimum = 1, maximum = 10000, example = 3)]
        limit: Option<usize> = count,
        /// Only among the items that it means.
        #[schema(value_type = Option<FilterRequest>)]
        filter: Option<Filter> = filter,
        /// By what is searched; absent: by vectors and words.
        mode: Option<SearchMode> = choice(&MODES),
        /// The vector of the question, where the collection has no model.
        #[schema(example = json!(null))]
        vector: Option<Vec<f32>> = vector,
        /// The answer may be a little old: a standby gives it, if there is one.
        #[schema(value_type = Option<bool>)]
        stale: bool = flag(false),
        /// Let the one reranker that is served order the first 50 items, or as many as `limit` wants if that is more.
        #[schema(value_type = Option<bool>, example = json!(null))]
        rerank: bool = flag(false),
    }
}

fn optional_text(source: &mut Source<'_>, name: &'static str) -> Result<Option<String>, ApiError> {
    let rules = source.rules;
    let found = source.fields.optional(name);
    found
        .map(|(json, path)| read_text(json, &path, rules))
        .transpose()
}

/// By what is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SearchMode {
    /// By vectors and by words.
    Hybrid,
    /// By vectors.
    Dense,
    /// By words.
    Lexical,
}

const MODES: [(&str, SearchMode); 3] = [
    ("hybrid", SearchMode::Hybrid),
    ("dense", SearchMode::Dense),
    ("lexical", SearchMode::Lexical),
];

impl From<SearchMode> for Mode {
    fn from(mode: SearchMode) -> Self {
        match mode {
            SearchMode::Hybrid => Self::Hybrid,
            SearchMode::Dense => Self::Dense,
            SearchMode::Lexical => Self::Lexical,
        }
    }
}

impl From<Mode> for SearchMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Hybrid => Self::Hybrid,
            Mode::Dense => Self::Dense,
            Mode::Lexical => Self::Lexical,
        }
    }
}

/// What was found.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchReply)]
pub(crate) struct Reply {
    /// The best first.
    results: Vec<SearchHit>,
    /// By what was searched.
    mode: SearchMode,
    /// The model of the collection; null: callers bring the vectors.
    #[schema(example = "e5-small-zh")]
    model: Option<String>,
    /// Whether the model has a calibration, so that similarities mean the same for all models that have one.
    calibrated: bool,
    /// Whether the text is longer than the model reads, and was cut.
    truncated: bool,
}

/// The items of a collection that are nearest to a question, by meaning and by words.
#[utoipa::path(
    post,
    path = "/v1/collections/{name}/search",
    tag = "Collections",
    params(("name" = String, Path, description = "The collection's name.", example = "faq")),
    request_body = SearchRequest,
    responses(
        (status = 200, description = "The best, best first.", body = Reply),
        (status = 404, description = "There is no collection of the name, or its model is not served.", body = OwnReply),
        (status = 409, description = "The model of that name has other vectors than the collection.", body = OwnReply),
    ),
)]
pub(crate) async fn search(
    State(app): State<App>,
    OfCollection(name): OfCollection,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let request = Source::read(body, app.limits(), SearchRequest::take)?;
    let limit = request.limit.unwrap_or(LIMIT);
    check_limit(&app, "limit", limit)?;
    let reranking = match request.rerank {
        true => Some(Reranking::new(&app, request.text.as_deref(), limit).await?),
        false => None,
    };
    let question = Question {
        asked: Asked {
            mode: request.mode.map(Mode::from),
            text: request.text,
            vector: request.vector,
        },
        filter: request.filter,
        limit: reranking.as_ref().map_or(limit, |rerank| rerank.candidates),
        stale: request.stale,
    };
    let found = app.find(&name, question).await?;
    let bytes = found.bytes + AROUND * found.hits.len();
    let results = match reranking {
        Some(reranking) => reranking.order(&app, found.hits, limit).await?,
        None => found.hits.into_iter().map(SearchHit::from).collect(),
    };
    let reply = move || Reply {
        results,
        mode: found.mode.into(),
        model: found.collection.space.model,
        calibrated: found.calibrated,
        truncated: found.truncated,
    };
    app.answer(bytes, reply).await
}

/// A question as it came.
#[derive(Clone)]
pub(crate) struct Question {
    pub(crate) asked: Asked,
    pub(crate) filter: Option<Filter>,
    pub(crate) limit: usize,
    /// The answer may be a little old.
    pub(crate) stale: bool,
}

/// What was found.
pub(crate) struct Answer {
    pub(crate) hits: Vec<Found>,
    pub(crate) mode: Mode,
    pub(crate) collection: Collection,
    pub(crate) calibrated: bool,
    pub(crate) truncated: bool,
    /// About how many bytes the hits take.
    pub(crate) bytes: usize,
}

impl App {
    /// Asks a collection.
    ///
    /// # Errors
    /// Of the model or of the store.
    pub(crate) async fn find(&self, name: &str, question: Question) -> Result<Answer, ApiError> {
        match self.find_once(name, question.clone()).await {
            // Its move to another model may have ended in between.
            Err(ApiError::ModelMismatch { .. }) => self.find_once(name, question).await,
            found => found,
        }
    }

    async fn find_once(&self, name: &str, question: Question) -> Result<Answer, ApiError> {
        let began = Instant::now();
        let wanted = name.to_owned();
        let stale = question.stale;
        let collection = self.stored_or_stale(stale, move |store| store.collection(&wanted));
        let collection = collection.await?;
        let plan = QueryPlan::new(&collection, question.asked)?;
        let (texts, options) = (plan.texts(), plan.options());
        let (mut vector, mut calibration) = (None, Calibration::Uncalibrated);
        if !texts.is_empty() {
            let model = self.model_of(&collection).await?;
            calibration = calibration_of(&collection, model.facts(), model.calibration()).clone();
            let embedded = self.embed(&model, texts, options).await?;
            vector = embedded.vectors.into_iter().next();
        }
        let truncated = vector.as_ref().is_some_and(|encoded| encoded.truncated);
        let planned = plan.finish(vector.as_deref())?;
        let mode = planned.mode();
        let (filter, limit) = (question.filter, question.limit);
        let calibrated = calibration.is_fitted();
        let counting = Counting::new(self.memory().share());
        let (count, asked) = (counting.clone(), collection.clone());
        let among = filter.clone();
        let asking = stored::Asked {
            stale,
            ..stored::Asked::to_read(name, filter.as_ref())
        };
        let asking = asking.estimated_by(&collection);
        let found = self.stored_or_stale_for(asking, move |store, caller| {
            count.begin();
            let among = (&planned, among.as_ref(), limit);
            let room = |bytes| count.grow(bytes);
            let caller = Caller {
                room: &room,
                ..caller
            };
            let found = Timed::of(|| search_for(store, &asked, among, caller));
            found.value.map(|hits| (hits, found.time))
        });
        let ((hits, time), bytes) = counting.finish(found.await)?;
        let found = |hit| Found::of(hit, &calibration);
        let hits = hits.into_iter().map(found).collect();
        self.collections()
            .stats()
            .searched(name, began.elapsed(), time);
        Ok(Answer {
            hits,
            mode,
            collection,
            calibrated,
            truncated,
            bytes,
        })
    }
}
