//! What a FAQ learns from: questions without an answer, the entries made of them, and what entries answered.

use std::cell::RefCell;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use yuyi::Calibration;
use yuyi_collections::{
    ClusterPlan, Clusters, EntryDraft, History, ItemPlan, Unanswered, answering_entry,
    calibration_of, cluster_id,
};
use yuyi_language::is_blank;
use yuyi_store::{Collection, Error, Item, MOST_HITS, OpenQuestion, Timestamp, VectorItem};

use crate::envelope::OwnReply;
use crate::memory;
use crate::request::body::JsonBody;
use crate::request::item::{
    TimeRequest, answer, category, end, id, ids, timestamp, wordings, words,
};
use crate::request::place::{OfCollection, OfItem, Query, check_limit, count_in_query};
use crate::request::text::read_text;
use crate::request::value::payload;
use crate::request::{Source, name, number, optional_flag, request};
use crate::work::{Stopped, run};
use crate::{ApiError, App};

/// Clusters that are told where nobody says how many.
const CLUSTERS: usize = 100;

/// The questions that nothing answered, put together where one entry would answer them, those that were asked most first. Phone and order numbers, e-mail addresses and numbers of
/// identity cards are masked before a question is kept. A cluster keeps its id when more is asked, until it is answered or dismissed.
#[utoipa::path(
    get,
    path = "/v1/collections/{name}/unanswered",
    tag = "Collections",
    params(
        ("name" = String, Path, description = "The collection's name.", example = "faq"),
        ("limit" = Option<usize>, Query, description = "Most clusters that are told; absent: 100.", minimum = 1, maximum = 10000),
    ),
    responses(
        (status = 200, description = "The clusters.", body = Unanswered),
        (status = 404, description = "There is no collection of the name, or its model is not served.", body = OwnReply),
        (status = 409, description = "The collection does not keep what it is asked, or its model has other vectors.", body = OwnReply),
        (status = 422, description = "What stands behind the question mark is unknown or of a wrong value.", body = OwnReply),
    ),
)]
pub(crate) async fn unanswered(
    State(app): State<App>,
    OfCollection(name): OfCollection,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let limit = Source::read(query, app.limits(), |source| {
        count_in_query(source, "limit")
    })?;
    let limit = limit.unwrap_or(CLUSTERS);
    check_limit(&app, "limit", limit)?;
    let reply = match app.clusters_once(&name).await {
        // Its move to another model may have ended in between.
        Err(ApiError::ModelMismatch { .. }) => app.clusters_once(&name).await?,
        found => found?,
    };
    let reply = reply.cut(limit);
    let bytes = reply.bytes();
    memory::hold(bytes)?;
    app.answer(2 * bytes, move || reply).await
}

impl App {
    /// What a collection keeps of its questions, with all that was asked until now.
    async fn open_questions(
        &self,
        name: &str,
    ) -> Result<(Collection, Vec<OpenQuestion>), ApiError> {
        self.write_questions().await;
        let name = name.to_owned();
        let read = self.stored(move |store| {
            let collection = store.collection(&name)?;
            let questions = store.open_questions(&name)?;
            Ok((collection, questions))
        });
        let (collection, questions) = read.await?;
        memory::hold(questions.iter().map(bytes_of).sum())?;
        Ok((collection, questions))
    }

    async fn clusters_once(&self, name: &str) -> Result<Unanswered, ApiError> {
        let (collection, questions) = self.open_questions(name).await?;
        let plan = ClusterPlan::new(&collection, questions);
        let texts = plan.texts();
        let (mut vectors, mut calibration) = (Vec::new(), Calibration::Uncalibrated);
        if collection.space.model.is_some() {
            let model = self.model_of(&collection).await?;
            calibration = calibration_of(&collection, model.facts(), model.calibration()).clone();
            if !texts.is_empty() {
                vectors = self
                    .embed(&model.anew(), texts, plan.options())
                    .await?
                    .vectors;
            }
        }
        // Beside those who write: of many new questions it takes a while.
        let mut errand = self.service().errand(plan.time())?;
        let found = run(&mut errand, move |turns| {
            let turns = RefCell::new(turns);
            let goes_on = || turns.borrow_mut().checkpoint().is_ok();
            match plan.finish(&vectors, &calibration, &goes_on) {
                Err(Error::Unwanted) => Err(Stopped::Gone),
                found => Ok(found.map_err(ApiError::from)?),
            }
        });
        let Clusters { placed, reply } = found.await?;
        drop(errand);
        if !placed.is_empty() {
            let placing = self.written(move |store| {
                let fingerprint = &collection.space.fingerprint;
                store.place_questions(&collection.name, fingerprint, placed)
            });
            placing.await?;
        }
        Ok(reply)
    }
}

/// About how many bytes a question takes.
fn bytes_of(question: &OpenQuestion) -> usize {
    let vector = question.vector.as_ref().map_or(0, Vec::len);
    size_of::<OpenQuestion>() + question.question.len() + vector * size_of::<f32>()
}

request! {
    /// The entry that answers a cluster of questions.
    #[schema(as = AnsweringEntry, example = json!({"answer": "在“我的钱包”里充值。"}))]
    pub(crate) struct EntryRequest {
        /// The entry that has the questions among its wordings from now on; the other fields are left out then.
        #[schema(example = json!(null))]
        #[expect(dead_code, reason = "read by `Wanted`, whose other form it is")]
        add_to: Option<String> = name,
        /// The id of a new entry; absent: a digest of its text. That of an entry that is there is refused.
        #[schema(example = json!(null), min_length = 1)]
        id: Option<String> = id,
        /// Its standard question; absent: the suggested one.
        #[schema(example = json!(null), min_length = 1)]
        text: Option<String> = optional_text,
        /// Other wordings; absent: all questions of the cluster.
        #[schema(max_items = 1000, example = json!(null))]
        wordings: Option<Vec<String>> = wordings,
        /// What is said when it is asked for.
        #[schema(example = "在“我的钱包”里充值。")]
        answer: Option<String> = answer,
        /// Anything; filters look at it.
        #[schema(value_type = Option<Object>, example = json!(null))]
        payload: Map<String, Value> = payload,
        /// What kind of entry it is.
        #[schema(example = json!(null))]
        category: Option<String> = category,
        /// Words that a question must not have to be answered by it.
        #[schema(value_type = Option<Vec<String>>, example = json!(null))]
        not_words: Vec<String> = words,
        /// Ids of entries to show beside it.
        #[schema(value_type = Option<Vec<String>>, example = json!(null))]
        related: Vec<String> = ids,
        /// False: it is kept, and does not answer.
        #[schema(example = json!(null))]
        enabled: Option<bool> = optional_flag,
        /// From when on it answers.
        #[schema(value_type = Option<TimeRequest>, example = json!(null))]
        valid_from: Option<Timestamp> = timestamp,
        /// When it ceases to; of a day, at its end.
        #[schema(value_type = Option<TimeRequest>, example = json!(null))]
        valid_until: Option<Timestamp> = end,
        /// The least similarity with which it answers, in place of that of all entries.
        #[schema(minimum = 0, maximum = 1, example = json!(null))]
        threshold: Option<f64> = number,
        /// True: such questions are not answered, and are not kept any more.
        #[schema(example = json!(null))]
        reject: Option<bool> = optional_flag,
    }
}

impl EntryRequest {
    /// That it answers, unless it turns questions away.
    fn check_answer(&self) -> Result<(), ApiError> {
        let field = || "answer".to_owned();
        match &self.answer {
            _ if self.reject == Some(true) => Ok(()),
            Some(answer) if is_blank(answer) => Err(ApiError::InvalidValue {
                field: field(),
                reason: "It is empty or blank; an entry that is not a reject needs one.".to_owned(),
            }),
            Some(_) => Ok(()),
            None => Err(ApiError::MissingField {
                field: field(),
                sent: Vec::new(),
            }),
        }
    }

    /// Without a text, where the suggested question is to be it.
    fn item(self: Box<Self>) -> (Item, Option<Vec<String>>) {
        let item = Item {
            id: self.id.unwrap_or_default(),
            text: self.text.unwrap_or_default(),
            wordings: Vec::new(),
            answer: self.answer,
            payload: self.payload,
            time: None,
            category: self.category,
            not_words: self.not_words,
            related: self.related,
            enabled: self.enabled,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            threshold: self.threshold,
            reject: self.reject,
        };
        (item, self.wordings)
    }
}

/// What a cluster is to be.
enum Wanted {
    /// Wordings of the entry of this id.
    Wordings(String),
    Entry(Box<EntryRequest>),
}

impl Wanted {
    fn take(source: &mut Source<'_>) -> Result<Self, ApiError> {
        match name(source, "add_to")? {
            Some(entry) => Ok(Self::Wordings(entry)),
            None => {
                let request = EntryRequest::take(source)?;
                request.check_answer()?;
                Ok(Self::Entry(Box::new(request)))
            }
        }
    }
}

/// A text that may be absent.
fn optional_text(source: &mut Source<'_>, name: &'static str) -> Result<Option<String>, ApiError> {
    let found = source.fields.optional(name);
    found
        .map(|(json, path)| read_text(json, &path, source.rules))
        .transpose()
}

/// The entry that answers a cluster.
#[derive(Serialize, ToSchema)]
#[schema(as = AnsweredCluster)]
pub(crate) struct Answered {
    /// The entry's id.
    id: String,
    /// Its standard question.
    question: String,
    /// How many wordings it has beside that.
    wordings: usize,
    /// How many questions were answered, which are no longer in the list.
    answered: u64,
    /// Whether one of its texts is longer than the model reads, and was cut.
    truncated: bool,
}

/// Makes an entry of a cluster of questions, which become its wordings, or adds them to an entry that is there. The entry is durable when this is answered, and the cluster is gone; of several calls one does it.
#[utoipa::path(
    post,
    path = "/v1/collections/{name}/unanswered/{id}/entry",
    tag = "Collections",
    params(
        ("name" = String, Path, description = "The collection's name.", example = "faq"),
        ("id" = String, Path, description = "The cluster's id.", example = "17"),
    ),
    request_body = EntryRequest,
    responses(
        (status = 200, description = "The entry is durable.", body = Answered),
        (status = 404, description = "There is no collection, no cluster or no entry of the name, or the model is not served.", body = OwnReply),
        (status = 409, description = "The collection does not keep what it is asked, or its model has other vectors.", body = OwnReply),
    ),
)]
pub(crate) async fn answer_cluster(
    State(app): State<App>,
    OfItem { collection, id }: OfItem,
    body: JsonBody,
) -> Result<Json<Answered>, ApiError> {
    let wanted = Source::read(body, app.limits(), Wanted::take)?;
    let cluster = cluster_id(&collection, &id)?;
    let draft = match wanted {
        Wanted::Wordings(entry) => {
            EntryDraft::Existing(Box::new(app.entry(&collection, entry).await?))
        }
        Wanted::Entry(request) => {
            let (item, wordings) = request.item();
            EntryDraft::New {
                item: Box::new(item),
                wordings,
            }
        }
    };
    let answered = match app
        .answer_cluster_once(&collection, cluster, draft.clone())
        .await
    {
        // Its move to another model may have ended in between.
        Err(ApiError::ModelMismatch { .. }) => {
            app.answer_cluster_once(&collection, cluster, draft).await?
        }
        answered => answered?,
    };
    Ok(Json(answered))
}

impl App {
    /// An entry that is there.
    async fn entry(&self, collection: &str, id: String) -> Result<VectorItem, ApiError> {
        let (name, wanted) = (collection.to_owned(), id.clone());
        let found = self.stored(move |store| store.get_with_vectors(&name, &[&wanted]));
        let collection = collection.to_owned();
        let none = ApiError::ItemNotFound { collection, id };
        found.await?.pop().ok_or(none)
    }

    async fn answer_cluster_once(
        &self,
        name: &str,
        cluster: i64,
        draft: EntryDraft,
    ) -> Result<Answered, ApiError> {
        let (collection, questions) = self.open_questions(name).await?;
        let (entry, answering) = answering_entry(&collection, &questions, cluster, draft)?;
        let mut items = [entry];
        let mut plan = ItemPlan::new(&collection, &items)?;
        let mut truncated = 0;
        if !plan.texts().is_empty() {
            let model = self.model_of(&collection).await?;
            let (texts, options) = (plan.take_texts(), plan.options());
            let embedded = self.embed(&model.anew(), texts, options).await?;
            truncated = plan.fill(&mut items, &embedded.vectors)?;
        }
        let [entry] = items;
        let item = &entry.item;
        let mut answered = Answered {
            id: item.id.clone(),
            question: item.text.clone(),
            wordings: item.wordings.len(),
            answered: 0,
            truncated: truncated > 0,
        };
        let written = self.written(move |store| {
            let fingerprint = &collection.space.fingerprint;
            store.answer_questions(&collection.name, fingerprint, entry, answering)
        });
        answered.answered = written.await?;
        Ok(answered)
    }
}

/// What was dismissed.
#[derive(Serialize, ToSchema)]
#[schema(as = DismissedCluster)]
pub(crate) struct Dismissed {
    /// Number of questions.
    dismissed: u64,
}

/// Takes a cluster out of the list. What is asked again comes again; what is never to be answered is better a `reject` entry.
#[utoipa::path(
    delete,
    path = "/v1/collections/{name}/unanswered/{id}",
    tag = "Collections",
    params(
        ("name" = String, Path, description = "The collection's name.", example = "faq"),
        ("id" = String, Path, description = "The cluster's id.", example = "17"),
    ),
    responses(
        (status = 200, description = "It is gone.", body = Dismissed),
        (status = 404, description = "There is no collection, or no cluster, of the name.", body = OwnReply),
        (status = 409, description = "The collection does not keep what it is asked.", body = OwnReply),
    ),
)]
pub(crate) async fn dismiss(
    State(app): State<App>,
    OfItem { collection, id }: OfItem,
) -> Result<Json<Dismissed>, ApiError> {
    let cluster = cluster_id(&collection, &id)?;
    let dismissed = app.written(move |store| store.dismiss_questions(&collection, cluster));
    let dismissed = dismissed.await?;
    Ok(Json(Dismissed { dismissed }))
}

/// How often an entry answered, and its last hundred questions, newest first. A `reject` entry answers what it turns away. An item whose id ends in `/history` is asked for with
/// `%2Fhistory`.
#[utoipa::path(
    get,
    path = "/v1/collections/{name}/items/{id}/history",
    tag = "Collections",
    params(
        ("name" = String, Path, description = "The collection's name.", example = "faq"),
        ("id" = String, Path, description = "The item's id.", example = "invoice-1"),
        ("limit" = Option<usize>, Query, description = "Most questions that are told; absent: all that are kept.", minimum = 1, maximum = 100),
    ),
    responses(
        (status = 200, description = "What it answered.", body = History),
        (status = 404, description = "There is no collection, or no item, of the name.", body = OwnReply),
        (status = 409, description = "The collection does not keep what it is asked.", body = OwnReply),
        (status = 422, description = "What stands behind the question mark is unknown or of a wrong value.", body = OwnReply),
    ),
)]
pub(crate) async fn history(
    State(app): State<App>,
    OfItem { collection, id }: OfItem,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let limit = Source::read(query, app.limits(), |source| {
        count_in_query(source, "limit")
    })?;
    let limit = limit.unwrap_or(MOST_HITS).min(MOST_HITS);
    app.write_questions().await;
    let (name, wanted) = (collection.clone(), id.clone());
    let found = app.stored(move |store| {
        let hits = store.hits(&name, &wanted, limit)?;
        // One that never answered may be none at all.
        let is_there = hits.count > 0 || !store.get(&name, &[&wanted])?.is_empty();
        Ok(is_there.then_some(hits))
    });
    let Some(hits) = found.await? else {
        return Err(ApiError::ItemNotFound { collection, id });
    };
    let bytes = hits.newest.iter().map(|hit| hit.question.len() + 128).sum();
    app.answer(bytes, move || History::of(id, hits)).await
}
