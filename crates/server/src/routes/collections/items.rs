//! Items of a collection: written, read, removed, counted.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use yuyi_collections::ItemPlan;
use yuyi_store::{Collection, Cursor, Filter, Item, Scroll, VectorItem};

use super::questions;
use crate::answer::AROUND;
use crate::collections::Timed;
use crate::envelope::OwnReply;
use crate::memory;
use crate::request::body::JsonBody;
use crate::request::item::{FilterRequest, ItemRequest, filter, filter_to_remove};
use crate::request::place::{
    OfCollection, OfItem, Query, check_limit, count_in_query, flag_in_query,
};
use crate::request::{Source, flag, request};
use crate::stored::Asked;
use crate::{ApiError, App};

/// Items of a page, where nobody says how many.
const PAGE: usize = 100;

/// The path of [`remove_matching`], at which an item may have its own too.
pub(crate) const DELETE: &str = "/v1/collections/{name}/items/delete";

/// What stands behind the id in the path of [`questions::history`].
const HISTORY: &str = "/history";

/// Bytes after which a page ends, however many items were asked for.
const PAGE_BYTES: usize = 4 << 20;

request! {
    /// Items to be written.
    #[schema(as = UpsertRequest)]
    pub(crate) struct Upsert {
        /// All of them are written or none. One with the id of another takes its place.
        #[schema(value_type = Vec<ItemRequest>, min_items = 1)]
        items: Vec<VectorItem> = items,
    }
}

fn items(source: &mut Source<'_>, name: &'static str) -> Result<Vec<VectorItem>, ApiError> {
    let rules = source.rules;
    let (json, path) = source.fields.required(name)?;
    ItemRequest::read_all(json, &path, rules)
}

/// What was written.
#[derive(Serialize, ToSchema)]
#[schema(as = Upserted)]
pub(crate) struct Upserted {
    /// Number of items: of several with one id the last is written.
    upserted: usize,
    /// The ids of those that were sent, in order.
    ids: Vec<String>,
    /// How many of them have a text that is longer than the model reads, and was cut.
    truncated: usize,
}

/// Adds items, and puts them in the place of those with the same ids. They are durable when this is answered.
#[utoipa::path(
    post,
    path = "/v1/collections/{name}/items",
    tag = "Collections",
    params(("name" = String, Path, description = "The collection's name.", example = "faq")),
    request_body = Upsert,
    responses(
        (status = 200, description = "They are durable.", body = Upserted),
        (status = 404, description = "There is no collection of the name, or its model is not served.", body = OwnReply),
        (status = 409, description = "The model of that name has other vectors than the collection.", body = OwnReply),
    ),
)]
pub(crate) async fn upsert(
    State(app): State<App>,
    OfCollection(name): OfCollection,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let Upsert { items } = Source::read(body, app.limits(), Upsert::take)?;
    let ids: Vec<String> = items.iter().map(|item| item.item.id.clone()).collect();
    let truncated = app.write_items(&name, items).await?;
    let bytes = ids.iter().map(|id| id.len() + 8).sum();
    let reply = Upserted {
        upserted: ids.iter().collect::<HashSet<_>>().len(),
        ids,
        truncated,
    };
    app.answer(bytes, move || reply).await
}

impl App {
    /// Embeds and writes items; how many have a text that was cut.
    ///
    /// # Errors
    /// Of the model or of the store; nothing is written then.
    pub(super) async fn write_items(
        &self,
        name: &str,
        items: Vec<VectorItem>,
    ) -> Result<usize, ApiError> {
        let wanted = name.to_owned();
        let collection = self.stored(move |store| store.collection(&wanted)).await?;
        self.write_items_to(collection, items).await
    }

    /// The same, to a collection as it was a moment ago.
    ///
    /// # Errors
    /// As above, and where it was dropped meanwhile, also if there is another of its name.
    pub(super) async fn write_items_to(
        &self,
        collection: Collection,
        items: Vec<VectorItem>,
    ) -> Result<usize, ApiError> {
        // The end of a move may come in between; then all is done once more with the new model.
        let again = collection.reindex.is_some().then(|| items.clone());
        match (self.write_once(&collection, items).await, again) {
            (Err(ApiError::ModelMismatch { .. }), Some(items)) => {
                let moved = self.collection_now(&collection).await?;
                self.write_once(&moved, items).await
            }
            (written, _) => written,
        }
    }

    /// A collection as it is now.
    ///
    /// # Errors
    /// Where it was dropped, also if there is another of its name.
    pub(super) async fn collection_now(
        &self,
        collection: &Collection,
    ) -> Result<Collection, ApiError> {
        let wanted = collection.name.clone();
        let now = self.stored(move |store| store.collection(&wanted)).await?;
        match now.number == collection.number {
            true => Ok(now),
            false => Err(ApiError::CollectionNotFound { name: now.name }),
        }
    }

    async fn write_once(
        &self,
        collection: &Collection,
        mut items: Vec<VectorItem>,
    ) -> Result<usize, ApiError> {
        let mut plan = ItemPlan::new(collection, &items)?;
        let mut truncated = 0;
        if !plan.texts().is_empty() {
            let model = self.model_of(collection).await?;
            let options = plan.options();
            let texts = plan.take_texts();
            let embedded = self.embed(&model.anew(), texts, options).await?;
            let vectors: usize = items.iter().map(|item| item.item.texts().len()).sum();
            memory::hold(vectors * collection.space.dimension * size_of::<f32>())?;
            truncated = plan.fill(&mut items, &embedded.vectors)?;
        }
        let to = collection.clone();
        let count = items.len() as u64;
        let written = self.written(move |store| {
            let written = Timed::of(|| store.upsert_to(&to, items));
            written.value.map(|()| written.time)
        });
        let time = written.await?;
        let stats = self.collections().stats();
        stats.wrote(&collection.name, count, time);
        Ok(truncated)
    }
}

/// An item as it is kept.
#[derive(Serialize)]
pub(crate) struct Kept {
    #[serde(flatten)]
    item: Item,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vectors: Vec<Vec<f32>>,
}

impl From<VectorItem> for Kept {
    fn from(VectorItem { item, vectors }: VectorItem) -> Self {
        Self { item, vectors }
    }
}

/// An item as it is kept. What it has not is left out.
#[derive(ToSchema)]
#[schema(as = Item)]
#[expect(dead_code, reason = "describes the reply in /openapi.json")]
pub(crate) struct KeptItem {
    #[schema(example = "invoice-1")]
    id: String,
    text: String,
    #[schema(required = false)]
    wordings: Vec<String>,
    #[schema(required = false)]
    answer: String,
    #[schema(required = false, value_type = Object)]
    payload: Map<String, Value>,
    /// RFC 3339, in UTC.
    #[schema(required = false)]
    time: String,
    /// Where callers bring the vectors: of the text and of each wording.
    #[schema(required = false)]
    vectors: Vec<Vec<f32>>,
    #[schema(required = false)]
    category: String,
    #[schema(required = false)]
    not_words: Vec<String>,
    #[schema(required = false)]
    related: Vec<String>,
    #[schema(required = false)]
    enabled: bool,
    /// RFC 3339, in UTC.
    #[schema(required = false)]
    valid_from: String,
    /// RFC 3339, in UTC.
    #[schema(required = false)]
    valid_until: String,
    #[schema(required = false)]
    threshold: f64,
    #[schema(required = false)]
    reject: bool,
}

/// Items in order.
#[derive(Serialize)]
struct Page {
    items: Vec<Kept>,
    next: Option<String>,
}

/// Items in the order of the bytes of their ids.
#[derive(ToSchema)]
#[schema(as = ItemPage)]
#[expect(dead_code, reason = "describes the reply in /openapi.json")]
pub(crate) struct ItemPage {
    items: Vec<KeptItem>,
    /// What `cursor` is for the next page; null: there is none.
    next: Option<String>,
}

/// The items of a collection, page by page. Whoever follows the cursor to the end has seen every item once that was there all the time, whatever was written
/// meanwhile. A page of large items may be shorter than `limit`.
#[utoipa::path(
    get,
    path = "/v1/collections/{name}/items",
    tag = "Collections",
    params(
        ("name" = String, Path, description = "The collection's name.", example = "faq"),
        ("limit" = Option<usize>, Query, description = "Most items of the page; absent: 100.", minimum = 1, maximum = 10000),
        ("cursor" = Option<String>, Query, description = "`next` of the page before."),
        ("stale" = Option<bool>, Query, description = "The answer may be a little old: a standby gives it, if there is one."),
    ),
    responses(
        (status = 200, description = "A page.", body = ItemPage),
        (status = 404, description = "There is no collection of the name.", body = OwnReply),
        (status = 413, description = "The limit is over that of the server.", body = OwnReply),
        (status = 422, description = "What stands behind the question mark is unknown or of a wrong value.", body = OwnReply),
    ),
)]
pub(crate) async fn list(
    State(app): State<App>,
    OfCollection(name): OfCollection,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let (limit, cursor, stale) = Source::read(query, app.limits(), |source| {
        let limit = count_in_query(source, "limit")?;
        let cursor = source.fields.optional_text("cursor")?;
        Ok((limit, cursor, flag_in_query(source, "stale")?))
    })?;
    let limit = limit.unwrap_or(PAGE);
    check_limit(&app, "limit", limit)?;
    let mut scroll = Scroll {
        after: cursor.map(Cursor::behind),
        bytes: Some(PAGE_BYTES / 4),
        with_vectors: brings_vectors(&app, &name, stale).await?,
        ..Scroll::default()
    };
    let (mut items, mut bytes) = (Vec::new(), 0);
    loop {
        scroll.limit = limit - items.len();
        let (name, step) = (name.clone(), scroll.clone());
        let page = app.stored_or_stale(stale, move |store| store.scroll(&name, &step));
        let page = page.await?;
        let read = page.items.iter().map(VectorItem::bytes).sum();
        memory::hold(read)?;
        bytes += read;
        items.extend(page.items.into_iter().map(Kept::from));
        scroll.after = page.next;
        if scroll.after.is_none() || items.len() == limit || bytes > PAGE_BYTES {
            break;
        }
    }
    let bytes = 2 * bytes + AROUND * items.len();
    let next = scroll.after.map(|cursor| cursor.to_string());
    app.answer(bytes, move || Page { items, next }).await
}

/// Whether the vectors of a collection are its callers', so that they belong to its items.
pub(super) async fn brings_vectors(app: &App, name: &str, stale: bool) -> Result<bool, ApiError> {
    let name = name.to_owned();
    let collection = app.stored_or_stale(stale, move |store| store.collection(&name));
    Ok(collection.await?.space.model.is_none())
}

/// An item. Slashes in its id may be written as they are; one that ends in `/history` is asked for with `%2Fhistory`.
#[utoipa::path(
    get,
    path = "/v1/collections/{name}/items/{id}",
    tag = "Collections",
    params(
        ("name" = String, Path, description = "The collection's name.", example = "faq"),
        ("id" = String, Path, description = "The item's id.", example = "invoice-1"),
        ("stale" = Option<bool>, Query, description = "The answer may be a little old: a standby gives it, if there is one."),
    ),
    responses(
        (status = 200, description = "The item.", body = KeptItem),
        (status = 404, description = "There is no collection, or no item, of the name.", body = OwnReply),
        (status = 422, description = "What stands behind the question mark is unknown or of a wrong value.", body = OwnReply),
    ),
)]
pub(crate) async fn get(
    State(app): State<App>,
    uri: Uri,
    OfItem { collection, id }: OfItem,
    Query(query): Query,
) -> Result<Response, ApiError> {
    // Written otherwise, as `%2Fhistory`, it is the end of an id.
    if uri.path().ends_with(HISTORY)
        && let Some(id) = id.strip_suffix(HISTORY)
    {
        let id = id.to_owned();
        return questions::history(State(app), OfItem { collection, id }, Query(query)).await;
    }
    let stale = Source::read(query, app.limits(), |source| flag_in_query(source, "stale"))?;
    let with_vectors = brings_vectors(&app, &collection, stale).await?;
    let (wanted, key) = (collection.clone(), id.clone());
    let found = app.stored_or_stale(stale, move |store| match with_vectors {
        true => store.get_with_vectors(&wanted, &[&key]),
        false => {
            let items = store.get(&wanted, &[&key])?;
            let bare = |item| VectorItem {
                item,
                vectors: Vec::new(),
            };
            Ok(items.into_iter().map(bare).collect())
        }
    });
    let Some(item) = found.await?.pop() else {
        return Err(ApiError::ItemNotFound { collection, id });
    };
    let bytes = item.bytes();
    memory::hold(bytes)?;
    app.answer(2 * bytes, move || Kept::from(item)).await
}

/// How many items were removed.
#[derive(Serialize, ToSchema)]
#[schema(as = DeletedItems)]
pub(crate) struct Deleted {
    deleted: u64,
}

/// Removes an item.
#[utoipa::path(
    delete,
    path = "/v1/collections/{name}/items/{id}",
    tag = "Collections",
    params(
        ("name" = String, Path, description = "The collection's name.", example = "faq"),
        ("id" = String, Path, description = "The item's id.", example = "invoice-1"),
    ),
    responses(
        (status = 200, description = "It is gone.", body = Deleted),
        (status = 404, description = "There is no collection, or no item, of the name.", body = OwnReply),
    ),
)]
pub(crate) async fn remove(
    State(app): State<App>,
    OfItem { collection, id }: OfItem,
) -> Result<Json<Deleted>, ApiError> {
    let (wanted, key) = (collection.clone(), id.clone());
    let deleted = app.written(move |store| {
        let deleted = Timed::of(|| store.delete(&wanted, &[&key]));
        deleted.value.map(|count| (count, deleted.time))
    });
    let (deleted, time) = deleted.await?;
    app.collections().stats().wrote(&collection, deleted, time);
    match deleted {
        0 => Err(ApiError::ItemNotFound { collection, id }),
        deleted => Ok(Json(Deleted { deleted })),
    }
}

request! {
    /// Which items are removed.
    #[schema(as = DeleteRequest)]
    pub(crate) struct DeleteRequest {
        /// Those that it means; `{}` means all.
        #[schema(value_type = FilterRequest)]
        filter: Filter = filter_to_remove,
    }
}

/// Removes the items that a filter means.
#[utoipa::path(
    post,
    path = "/v1/collections/{name}/items/delete",
    tag = "Collections",
    params(("name" = String, Path, description = "The collection's name.", example = "faq")),
    request_body = DeleteRequest,
    responses(
        (status = 200, description = "They are gone.", body = Deleted),
        (status = 404, description = "There is no collection of the name.", body = OwnReply),
    ),
)]
pub(crate) async fn remove_matching(
    State(app): State<App>,
    OfCollection(name): OfCollection,
    body: JsonBody,
) -> Result<Json<Deleted>, ApiError> {
    let DeleteRequest { filter } = Source::read(body, app.limits(), DeleteRequest::take)?;
    let asked = Asked {
        writes: true,
        ..Asked::to_read(&name, Some(&filter))
    };
    let (wanted, meant) = (name.clone(), filter.clone());
    let deleted = app.stored_for(asked, move |store, caller| {
        let deleted = Timed::of(|| store.delete_matching_for(&wanted, &meant, caller));
        deleted.value.map(|count| (count, deleted.time))
    });
    let (deleted, time) = deleted.await?;
    app.collections().stats().wrote(&name, deleted, time);
    Ok(Json(Deleted { deleted }))
}

request! {
    /// Which items are counted.
    #[schema(as = CountRequest)]
    pub(crate) struct CountRequest {
        /// Those that it means; absent: all.
        #[schema(value_type = Option<FilterRequest>)]
        filter: Option<Filter> = filter,
        /// The answer may be a little old: a standby gives it, if there is one.
        #[schema(value_type = Option<bool>)]
        stale: bool = flag(false),
    }
}

/// Number of items.
#[derive(Serialize, ToSchema)]
#[schema(as = ItemCount)]
pub(crate) struct Count {
    count: u64,
}

/// Counts the items of a collection, or those that a filter means.
#[utoipa::path(
    post,
    path = "/v1/collections/{name}/count",
    tag = "Collections",
    params(("name" = String, Path, description = "The collection's name.", example = "faq")),
    request_body = CountRequest,
    responses(
        (status = 200, description = "The number.", body = Count),
        (status = 404, description = "There is no collection of the name.", body = OwnReply),
    ),
)]
pub(crate) async fn count(
    State(app): State<App>,
    OfCollection(name): OfCollection,
    body: JsonBody,
) -> Result<Json<Count>, ApiError> {
    let CountRequest { filter, stale } = Source::read(body, app.limits(), CountRequest::take)?;
    let asked = Asked {
        stale,
        ..Asked::to_read(&name, filter.as_ref())
    };
    let (wanted, meant) = (name.clone(), filter.clone());
    let count = app.stored_or_stale_for(asked, move |store, caller| {
        store.count_for(&wanted, meant.as_ref(), caller)
    });
    let count = count.await?;
    Ok(Json(Count { count }))
}
