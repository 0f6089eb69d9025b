//! `POST /v1/collections/{name}/recommend`.

use std::time::Instant;

use axum::extract::State;
use axum::response::Response;
use yuyi::Calibration;
use yuyi_collections::{
    AskedRecommend, Example, RecommendPlan, RecommendReply, StoredShelf, recommend as answer,
};
use yuyi_store::{Caller, Filter};

use crate::answer::AROUND;
use crate::collections::Timed;
use crate::envelope::OwnReply;
use crate::memory::Counting;
use crate::request::body::JsonBody;
use crate::request::fields::{whole_text, wrong_type};
use crate::request::item::{FilterRequest, filter};
use crate::request::json::Json;
use crate::request::place::OfCollection;
use crate::request::text::{Rules, each, read_text};
use crate::request::{Source, count, number, request};
use crate::stored::Asked;
use crate::{ApiError, App};

request! {
    /// Whom to recommend something, and by what.
    #[schema(as = RecommendRequest, example = json!({"user": "u-17", "limit": 5}))]
    pub(crate) struct RecommendRequest {
        /// Whose events count; absent, or unknown: what is popular and new is shown, unless there are examples.
        #[schema(example = "u-17")]
        user: Option<String> = user,
        /// What is wanted: ids of items or texts. A text is an id where an item has it; `{"id"}` and `{"text"}` say which is meant.
        #[schema(value_type = Option<Vec<ExampleRequest>>, max_items = 100, example = json!(null))]
        positive: Vec<Example> = examples,
        /// What is not wanted, in the same way.
        #[schema(value_type = Option<Vec<ExampleRequest>>, max_items = 100, example = json!(null))]
        negative: Vec<Example> = examples,
        /// Most results; absent: 10.
        #[schema(minimum = 1, maximum = 1000, example = 5)]
        limit: Option<usize> = count,
        /// Only among the items that it means.
        #[schema(value_type = Option<FilterRequest>)]
        filter: Option<Filter> = filter,
        /// Days after which an event counts half; absent: 7.
        #[schema(exclusive_minimum = 0, example = json!(null))]
        half_life: Option<f64> = number,
    }
}

/// A user, who may be absent; an empty name would be nobody's, as in events.
fn user(source: &mut Source<'_>, name: &'static str) -> Result<Option<String>, ApiError> {
    let found = source.fields.optional_name(name)?;
    match found {
        Some(user) if user.is_empty() => Err(ApiError::InvalidValue {
            field: source.fields.path_of(name),
            reason: "It is empty.".to_owned(),
        }),
        found => Ok(found),
    }
}

/// An example: an item or a text.
#[derive(utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what is read by `examples`")]
pub(crate) enum ExampleRequest {
    /// The id of an item, or where none has it a text.
    Either(String),
    /// An item.
    Item {
        /// Its id.
        id: String,
    },
    /// A text.
    Text {
        /// What it says.
        text: String,
    },
}

fn examples(source: &mut Source<'_>, name: &'static str) -> Result<Vec<Example>, ApiError> {
    let rules = source.rules;
    match source.fields.optional(name) {
        None => Ok(Vec::new()),
        Some((Json::Array(list), path)) => {
            each(list, &path, |json, path| read_example(json, path, rules))
        }
        Some((other, path)) => Err(wrong_type(&path, "a list of ids or texts", &other)),
    }
}

fn read_example(json: Json, path: &str, rules: Rules<'_>) -> Result<Example, ApiError> {
    match json {
        Json::Object(_) => {
            let mut source = Source::at(json, path, rules)?;
            let example = match source.fields.optional("id") {
                Some((id, path)) => Example::Item(whole_text(id, &path)?),
                None => {
                    let (text, path) = source.fields.required("text")?;
                    Example::Text(read_text(text, &path, rules)?)
                }
            };
            source.finish()?;
            Ok(example)
        }
        Json::String(_) | Json::Broken(_) => Ok(Example::Either(read_text(json, path, rules)?)),
        other => Err(wrong_type(
            path,
            "an id, a text, or an object of one",
            &other,
        )),
    }
}

/// What to show a user next: items near to what the user liked, the newer the more, and not near to what was skipped; without what was seen, without repeats, and
/// unlike each other. Each result names what it is near to. Of whom nothing is known the popular items are shown, then the newest.
#[utoipa::path(
    post,
    path = "/v1/collections/{name}/recommend",
    tag = "Collections",
    params(("name" = String, Path, description = "The collection's name.", example = "faq")),
    request_body = RecommendRequest,
    responses(
        (status = 200, description = "What to show, the first first.", body = RecommendReply),
        (status = 404, description = "There is no collection of the name, or its model is not served.", body = OwnReply),
        (status = 409, description = "The model of that name has other vectors than the collection.", body = OwnReply),
    ),
)]
pub(crate) async fn recommend(
    State(app): State<App>,
    OfCollection(name): OfCollection,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let request = Source::read(body, app.limits(), RecommendRequest::take)?;
    let asked = AskedRecommend {
        user: request.user,
        positive: request.positive,
        negative: request.negative,
        limit: request.limit,
        filter: request.filter,
        half_life: request.half_life,
    };
    let (reply, bytes) = match app.recommend_once(&name, asked.clone()).await {
        // Its move to another model may have ended in between.
        Err(ApiError::ModelMismatch { .. }) => app.recommend_once(&name, asked).await?,
        answered => answered?,
    };
    let bytes = bytes + AROUND * reply.results.len();
    app.answer(bytes, move || reply).await
}

impl App {
    /// What is recommended, and about how many bytes it takes.
    async fn recommend_once(
        &self,
        name: &str,
        asked: AskedRecommend,
    ) -> Result<(RecommendReply, usize), ApiError> {
        let (began, filter) = (Instant::now(), asked.filter.clone());
        let wanted = name.to_owned();
        let planned = self.stored(move |store| {
            let collection = store.collection(&wanted)?;
            let shelf = StoredShelf {
                store,
                collection: &collection,
                // A hundred items of each kind.
                caller: Caller::PATIENT,
            };
            let plan = RecommendPlan::new(&collection.space, &shelf, asked)?;
            Ok((plan, collection))
        });
        let (plan, collection) = planned.await?;
        let (mut vectors, mut calibration) = (Vec::new(), Calibration::Uncalibrated);
        if collection.space.model.is_some() {
            let model = self.model_of(&collection).await?;
            calibration = model.calibration().clone();
            if !plan.texts().is_empty() {
                let (texts, options) = (plan.texts().to_vec(), plan.options());
                vectors = self.embed(&model, texts, options).await?.vectors;
            }
        }
        let question = plan.finish(&vectors)?;
        let counting = Counting::new(self.memory().share());
        let count = counting.clone();
        let asking = Asked::to_read(name, filter.as_ref()).estimated_by(&collection);
        let answered = self.stored_for(asking, move |store, caller| {
            count.begin();
            let room = |bytes| count.grow(bytes);
            let shelf = StoredShelf {
                store,
                collection: &collection,
                caller: Caller {
                    room: &room,
                    ..caller
                },
            };
            let said = Timed::of(|| answer(&shelf, &question, &calibration));
            Ok((said.value?, said.time))
        });
        let ((reply, time), bytes) = counting.finish(answered.await)?;
        let stats = self.collections().stats();
        stats.recommended(name, began.elapsed(), time);
        Ok((reply, bytes))
    }
}
