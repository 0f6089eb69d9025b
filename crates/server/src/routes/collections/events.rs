//! What users do with items, and forgetting them.

use axum::Json as Reply;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use yuyi_store::{Event, EventKind, Timestamp};

use crate::collections::Timed;
use crate::envelope::OwnReply;
use crate::request::body::JsonBody;
use crate::request::fields::list;
use crate::request::item::{TimeRequest, timestamp};
use crate::request::json::Json;
use crate::request::place::{OfCollection, OfUser};
use crate::request::text::{Rules, each};
use crate::request::{Source, choice, number, request, required_name};
use crate::{ApiError, App};

request! {
    /// What a user did with an item.
    #[schema(as = Event)]
    pub(crate) struct EventRequest {
        /// 1 to 256 bytes. Users belong to a collection.
        #[schema(example = "u-17", min_length = 1)]
        user: String = required_name,
        /// The id of the item.
        #[schema(example = "invoice-1", min_length = 1)]
        item: String = required_name,
        /// What was done.
        #[schema(value_type = EventType)]
        #[serde(rename = "type")]
        kind: EventKind = kind,
        /// How much it counts, above 0 and up to 100; absent: 1.
        #[schema(exclusive_minimum = 0, maximum = 100, example = json!(null))]
        weight: Option<f64> = number,
        /// When: RFC 3339, a day, or seconds since 1970; absent, or in the future: now.
        #[schema(value_type = Option<TimeRequest>, example = "2024-03-05T10:30:00Z")]
        time: Option<Timestamp> = timestamp,
    }
}

/// What a user did: `click`, opened it; `read`, read it; `like`, said that it is good; `skip`, saw it and wanted something else.
#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "click")]
#[expect(dead_code, reason = "describes what is read by `kind`")]
pub(crate) enum EventType {
    /// Opened it.
    Click,
    /// Read it.
    Read,
    /// Said that it is good.
    Like,
    /// Saw it and wanted something else.
    Skip,
}

/// An event, or several.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(example = json!({"user": "u-17", "item": "invoice-1", "type": "click"}))]
#[expect(dead_code, reason = "describes what is read by `read_events`")]
pub(crate) enum EventsRequest {
    /// One.
    One(EventRequest),
    /// Several, of any users.
    Several {
        #[schema(min_items = 1)]
        events: Vec<EventRequest>,
    },
}

fn kind(source: &mut Source<'_>, _: &'static str) -> Result<EventKind, ApiError> {
    let name = "type";
    let kinds = EventKind::ALL.map(|kind| (kind.name(), kind));
    let found = choice(&kinds)(source, name)?;
    found.ok_or_else(|| ApiError::MissingField {
        field: source.fields.path_of(name),
        sent: Vec::new(),
    })
}

/// All events of a body, those of the future as of now.
fn read_events(source: &mut Source<'_>, now: Timestamp) -> Result<Vec<Event>, ApiError> {
    if !source.fields.has("events") {
        return Ok(vec![read_event(source, now)?]);
    }
    let (json, path) = source.fields.required("events")?;
    let given = list(json, &path)?;
    let limit = source.rules.limits.items;
    if given.len() > limit {
        return Err(ApiError::TooManyItems {
            field: path,
            count: given.len(),
            limit,
        });
    }
    let rules = source.rules;
    each(given, &path, |json, path| of_list(json, path, rules, now))
}

fn of_list(json: Json, path: &str, rules: Rules<'_>, now: Timestamp) -> Result<Event, ApiError> {
    let mut source = Source::at(json, path, rules)?;
    let event = read_event(&mut source, now)?;
    source.finish()?;
    Ok(event)
}

fn read_event(source: &mut Source<'_>, now: Timestamp) -> Result<Event, ApiError> {
    let request = EventRequest::take(source)?;
    let event = Event {
        user: request.user,
        item: request.item,
        kind: request.kind,
        weight: request.weight.unwrap_or(1.0),
        time: request.time.map_or(now, |time| time.min(now)),
    };
    let path = source.fields.path();
    let at = |error: yuyi_store::Error| match path {
        "" => error,
        path => error.within(path),
    };
    event.check().map_err(at)?;
    Ok(event)
}

/// What became of events.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecordedEvents {
    /// How many were sent.
    recorded: usize,
    /// How many of them say something new.
    new: u64,
    /// Ids of items that are not there, a hundred at most. Their events are kept: an item may come later.
    unknown: Vec<String>,
}

/// Keeps what users did with items: one event, or `events`. They are durable when this is answered. Of a user, an item and a type the latest event is kept, so events may be
/// sent again and late.
#[utoipa::path(
    post,
    path = "/v1/collections/{name}/events",
    tag = "Collections",
    params(("name" = String, Path, description = "The collection's name.", example = "faq")),
    request_body = EventsRequest,
    responses(
        (status = 200, description = "They are durable.", body = RecordedEvents),
        (status = 404, description = "There is no collection of the name.", body = OwnReply),
    ),
)]
pub(crate) async fn add(
    State(app): State<App>,
    OfCollection(name): OfCollection,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let now = Timestamp::now();
    let events = Source::read(body, app.limits(), |source| read_events(source, now))?;
    let recorded = events.len();
    let wanted = name.clone();
    let kept = app.written(move |store| {
        let kept = Timed::of(|| store.add_events(&wanted, events));
        kept.value.map(|recorded| (recorded, kept.time))
    });
    let (kept, time) = kept.await?;
    let stats = app.collections().stats();
    stats.heard(&name, recorded as u64, time);
    let reply = RecordedEvents {
        recorded,
        new: kept.new,
        unknown: kept.unknown,
    };
    let bytes = reply.unknown.iter().map(|id| id.len() + 8).sum();
    app.answer(bytes, move || reply).await
}

/// What is no longer known of a user.
#[derive(Serialize, ToSchema)]
pub(crate) struct ForgottenUser {
    /// How many events were kept.
    forgotten: u64,
}

/// Forgets a user: all events are removed. A user of whom nothing is kept is forgotten already.
#[utoipa::path(
    delete,
    path = "/v1/collections/{name}/users/{user}",
    tag = "Collections",
    params(
        ("name" = String, Path, description = "The collection's name.", example = "faq"),
        ("user" = String, Path, description = "The user.", example = "u-17"),
    ),
    responses(
        (status = 200, description = "Nothing is kept of the user.", body = ForgottenUser),
        (status = 404, description = "There is no collection of the name.", body = OwnReply),
    ),
)]
pub(crate) async fn forget(
    State(app): State<App>,
    OfUser { collection, user }: OfUser,
) -> Result<Reply<ForgottenUser>, ApiError> {
    let forgotten = app.written(move |store| store.forget_user(&collection, &user));
    let forgotten = forgotten.await?;
    Ok(Reply(ForgottenUser { forgotten }))
}
