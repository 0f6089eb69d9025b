//! `POST /retrieval`: Dify's External Knowledge API over collections.

mod condition;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use yuyi_collections::{Asked, Found, Mode, rules};
use yuyi_language::is_blank;
use yuyi_store::{Filter, Timestamp};

use self::condition::{MetadataCondition, metadata_condition};
use crate::answer::AROUND;
use crate::envelope::DifyFailure;
use crate::request::body::JsonBody;
use crate::request::schemas::{LooseCount, LooseNumber};
use crate::request::{Source, count, number, request, required_name, text};
use crate::routes::collections::search::{Answer, Question};
use crate::{ApiError, App};

/// Records, where nobody says how many.
const TOP_K: usize = 10;

/// Items that are looked at first for each record where a threshold leaves some out, and by which factor more then: the order is not that of similarities.
const SPARE: usize = 4;

/// Items that are looked at at most for the sake of a threshold, beside those that do not answer now.
const MOST_LOOKED_AT: usize = 1_000;

request! {
    /// A question to a collection, in Dify's words. Fields that are not known are ignored.
    pub(crate) struct RetrievalRequest {
        /// The collection's name.
        #[schema(example = "faq")]
        knowledge_id: String = required_name,
        /// What is asked.
        #[schema(example = "你们的产品能开发票吗？", min_length = 1)]
        query: String = text,
        /// How many records, and how near.
        #[schema(value_type = Option<Setting>)]
        retrieval_setting: Setting = setting,
        /// Which items.
        #[schema(value_type = Option<MetadataCondition>, example = json!(null))]
        metadata_condition: Option<Filter> = metadata_condition,
    }
}

request! {
    /// How many records, and how near.
    #[schema(as = RetrievalSetting)]
    pub(crate) struct Setting {
        /// Most records; absent: 10.
        #[schema(value_type = Option<LooseCount>, example = 3)]
        top_k: Option<usize> = count,
        /// The least similarity of a record, in [0, 1]; absent: 0.
        #[schema(value_type = Option<LooseNumber>, example = 0.5)]
        score_threshold: Option<f64> = number,
    }
}

fn setting(source: &mut Source<'_>, name: &'static str) -> Result<Setting, ApiError> {
    let rules = source.rules;
    match source.fields.optional(name) {
        None => Ok(Setting {
            top_k: None,
            score_threshold: None,
        }),
        Some((json, path)) => Setting::take(&mut Source::at(json, &path, rules)?),
    }
}

/// What was found.
#[derive(Serialize, ToSchema)]
#[schema(as = RetrievalReply)]
pub(crate) struct Reply {
    /// The best first.
    records: Vec<Record>,
}

/// An item that was found.
#[derive(Serialize, ToSchema)]
#[schema(as = RetrievalRecord)]
struct Record {
    /// The text, and its answer in a line of its own if it has one.
    content: String,
    /// Similarity of the question and the nearest text of the item.
    #[schema(minimum = 0, maximum = 1)]
    score: f64,
    /// `title` of the payload, or the item's id.
    title: String,
    /// The payload, with `id`, and `time` and `category` if the item has them.
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
}

impl Record {
    /// `None`: it is no nearer than the question is to anything.
    fn of(found: Found) -> Option<Self> {
        let item = found.item;
        let title = item.payload.get("title").and_then(Value::as_str);
        let title = title.filter(|title| !is_blank(title));
        let title = title.unwrap_or(&item.id).to_owned();
        let content = match item.answer {
            Some(answer) => format!("{}\n{answer}", item.text),
            None => item.text,
        };
        let mut metadata = item.payload;
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                metadata.entry(name).or_insert(value.into());
            }
        };
        add("time", item.time.map(|time| time.to_string()));
        add("category", item.category);
        add("id", Some(item.id));
        Some(Self {
            content,
            score: found.similarity?,
            title,
            metadata,
        })
    }
}

/// The items of a collection that are nearest to a question, as Dify and RAGFlow ask for external knowledge. The order is that of a search by vectors and words;
/// scores are similarities. Items that do not answer now (`enabled`, `valid_from`, `valid_until`) are left out, as by `match`. For a `score_threshold` up to 1,000 items of that order are looked at. A condition that filters here do not know (`contains`, `not contains`, `start with`, `end with`) is refused.
#[utoipa::path(
    post,
    path = "/retrieval",
    tag = "Collections",
    request_body = RetrievalRequest,
    responses(
        (status = 200, description = "The records, best first.", body = Reply),
        (status = 404, description = "There is no collection of the name, or its model is not served.", body = DifyFailure),
        (status = 409, description = "The model of that name has other vectors than the collection.", body = DifyFailure),
    ),
)]
pub(crate) async fn retrieval(
    State(app): State<App>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let request = Source::read_foreign(body, app.limits(), RetrievalRequest::take)?;
    let setting = request.retrieval_setting;
    let most = app.limits().items;
    let top_k = setting.top_k.unwrap_or(TOP_K).min(most);
    let wanted = Wanted {
        top_k,
        threshold: setting.score_threshold.unwrap_or_default(),
        now: Timestamp::now().micros(),
    };
    let looked_at = match wanted.has_threshold() {
        true => SPARE * top_k,
        false => top_k,
    };
    let question = Question {
        asked: Asked {
            text: Some(request.query),
            ..Asked::default()
        },
        filter: request.metadata_condition,
        limit: looked_at.min(most),
        stale: false,
    };
    let knowledge = request.knowledge_id;
    let mut found = app.find(&knowledge, question.clone()).await?;
    if found.collection.space.model.is_none() {
        return Err(ApiError::InvalidValue {
            field: "knowledge_id".to_owned(),
            reason:
                "The collection has no model that could tell how near its items are to a question."
                    .to_owned(),
        });
    }
    found = wanted
        .look_further(&app, &knowledge, question, found)
        .await?;
    let bytes = found.bytes + AROUND * found.hits.len();
    app.answer(bytes, move || {
        let there = found.hits.into_iter().filter(|hit| wanted.has(hit));
        Reply {
            records: there.filter_map(Record::of).take(top_k).collect(),
        }
    })
    .await
}

/// Which items become records.
struct Wanted {
    top_k: usize,
    threshold: f64,
    /// On the clock of the times of items.
    now: i64,
}

impl Wanted {
    fn has_threshold(&self) -> bool {
        self.threshold > 0.0
    }

    fn has(&self, hit: &Found) -> bool {
        self.answers(hit) && self.is_near(hit)
    }

    fn answers(&self, hit: &Found) -> bool {
        rules(&hit.item).takes_part(self.now)
    }

    fn is_near(&self, hit: &Found) -> bool {
        hit.similarity
            .is_some_and(|similarity| similarity >= self.threshold)
    }

    /// How many records there are of what was found.
    fn count(&self, found: &Answer) -> usize {
        let wanted = found.hits.iter().filter(|hit| self.has(hit));
        wanted.count().min(self.top_k)
    }

    /// Looks at four times as many items, and again, until there are as many records as there can be.
    async fn look_further(
        &self,
        app: &App,
        knowledge: &str,
        mut question: Question,
        mut found: Answer,
    ) -> Result<Answer, ApiError> {
        let is_all = |found: &Answer, limit: usize| found.hits.len() < limit;
        if self.count(&found) == self.top_k || is_all(&found, question.limit) {
            return Ok(found);
        }
        let there = match self.has_threshold() {
            true => self.count_nearest(app, knowledge, question.clone()).await?,
            false => self.top_k,
        };
        while self.count(&found) < there
            && question.limit < self.most(app, &found)
            && !is_all(&found, question.limit)
        {
            question.limit = (SPARE * question.limit).min(self.most(app, &found));
            found = app.find(knowledge, question.clone()).await?;
        }
        Ok(found)
    }

    /// How many records the nearest items by vectors tell that there can be.
    async fn count_nearest(
        &self,
        app: &App,
        knowledge: &str,
        mut question: Question,
    ) -> Result<usize, ApiError> {
        question.asked.mode = Some(Mode::Dense);
        question.limit = self.top_k;
        loop {
            let found = app.find(knowledge, question.clone()).await?;
            let (count, limit) = (self.count(&found), question.limit);
            let ends = found.hits.len() < limit
                || found.hits.last().is_none_or(|last| !self.is_near(last));
            if count == self.top_k || ends || limit >= app.limits().items {
                return Ok(count);
            }
            question.limit = (SPARE * limit).min(app.limits().items);
        }
    }

    /// How many items are looked at at most.
    fn most(&self, app: &App, found: &Answer) -> usize {
        let most = app.limits().items;
        if !self.has_threshold() {
            return most;
        }
        let silent = found.hits.iter().filter(|hit| !self.answers(hit)).count();
        most.min(MOST_LOOKED_AT + silent)
    }
}
