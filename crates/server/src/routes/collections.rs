//! `/v1/collections` and what is done with a collection as a whole.

pub(crate) mod events;
pub(crate) mod items;
pub(crate) mod matching;
pub(crate) mod questions;
pub(crate) mod recommending;
pub(crate) mod search;
pub(crate) mod transfer;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use yuyi_collections::Move;
use yuyi_store::{Collection, Created, Field, FieldType, NewCollection, Role, Space, WordRules};

use crate::collections::Progress;
use crate::envelope::OwnReply;
use crate::error::ErrorBody;
use crate::request::body::JsonBody;
use crate::request::fields::wrong_type;
use crate::request::item::words;
use crate::request::json::Json as Document;
use crate::request::place::OfCollection;
use crate::request::text::{Rules, each, read_text};
use crate::request::{Source, choice, count, flag, name as optional_name, request, required_name};
use crate::{ApiError, App};

/// A collection.
#[derive(Serialize, ToSchema)]
#[schema(as = Collection)]
pub(crate) struct Reply {
    #[schema(example = "faq")]
    name: String,
    /// The model of its vectors; null: callers bring them.
    #[schema(example = "e5-small-zh")]
    model: Option<String>,
    /// What the model's vectors are known by. Those of another are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    /// Elements of a vector.
    dimension: usize,
    /// Which texts are compared with which.
    role: RoleName,
    /// Payload fields that filters find by an index.
    fields: Vec<FieldReply>,
    /// Whether questions without an answer are kept.
    unanswered: bool,
    /// Words that stay whole when its texts are cut into words.
    words: Vec<String>,
    /// Words that mean the same.
    synonyms: Vec<Vec<String>>,
    /// Number of items.
    count: u64,
    /// The move to another model that is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    reindex: Option<ReindexReply>,
    /// Why it answers nothing: what is kept of it is damaged. It can be dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    damaged: Option<String>,
}

/// Which texts are compared with which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CollectionRole)]
pub(crate) enum RoleName {
    /// Texts of one kind with each other: questions with questions.
    Symmetric,
    /// Questions with articles.
    Passage,
}

const ROLES: [(&str, RoleName); 2] = [
    ("symmetric", RoleName::Symmetric),
    ("passage", RoleName::Passage),
];

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Symmetric => Self::Symmetric,
            Role::Passage => Self::Passage,
        }
    }
}

impl From<RoleName> for Role {
    fn from(role: RoleName) -> Self {
        match role {
            RoleName::Symmetric => Self::Symmetric,
            RoleName::Passage => Self::Passage,
        }
    }
}

/// A payload field that is indexed.
#[derive(Serialize, ToSchema)]
#[schema(as = CollectionField)]
struct FieldReply {
    /// Its path, as in filters.
    name: String,
    #[serde(rename = "type")]
    kind: FieldKind,
}

/// What the values of a field are.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FieldKind {
    /// Texts that are equal or not.
    Keyword,
    /// Numbers.
    Number,
    /// Points in time.
    Time,
}

const KINDS: [(&str, FieldType); 3] = [
    ("keyword", FieldType::Keyword),
    ("number", FieldType::Number),
    ("time", FieldType::Time),
];

impl From<FieldType> for FieldKind {
    fn from(kind: FieldType) -> Self {
        match kind {
            FieldType::Keyword => Self::Keyword,
            FieldType::Number => Self::Number,
            FieldType::Time => Self::Time,
        }
    }
}

/// How far the move of a collection to another model is.
#[derive(Serialize, ToSchema)]
struct ReindexReply {
    /// Where it goes.
    model: Option<String>,
    /// Items that have their new vectors.
    done: u64,
    /// Items that there are.
    count: u64,
    /// Whether this server goes on with it: `running`; `waiting`, after a failure; or `elsewhere`, if another one does.
    state: &'static str,
    /// Why it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorBody>,
}

impl Reply {
    fn of(app: &App, collection: Collection) -> Self {
        let progress = app.move_progress(&collection.name);
        let count = collection.count;
        let reindex = collection.reindex.map(|reindex| ReindexReply {
            model: reindex.space.model,
            done: reindex.done,
            count,
            state: match progress {
                Some(Progress::Running) => "running",
                Some(Progress::Waiting(_)) => "waiting",
                Some(Progress::Elsewhere) | None => "elsewhere",
            },
            error: match &progress {
                Some(Progress::Waiting(error)) => Some(error.into()),
                _ => None,
            },
        });
        let field = |field: Field| FieldReply {
            name: field.name,
            kind: field.kind.into(),
        };
        Self {
            name: collection.name,
            fingerprint: Some(collection.space.fingerprint).filter(|digits| !digits.is_empty()),
            model: collection.space.model,
            dimension: collection.space.dimension,
            role: collection.role.into(),
            fields: collection.fields.into_iter().map(field).collect(),
            unanswered: collection.unanswered,
            words: collection.words.words,
            synonyms: collection.words.synonyms,
            count,
            reindex,
            damaged: collection.damaged,
        }
    }
}

request! {
    /// A collection to be made.
    #[schema(as = NewCollection)]
    pub(crate) struct NewRequest {
        /// 1 to 64 letters of any script, digits, `-` and `_`.
        #[schema(example = "faq", min_length = 1, max_length = 64)]
        name: String = required_name,
        /// The model of its vectors, by a name of `/v1/models`; absent: the default one, unless `dimension` is there.
        #[schema(example = json!(null))]
        model: Option<String> = optional_name,
        /// Texts of one kind, or articles and the questions to them; absent: `symmetric`.
        role: Option<RoleName> = choice(&ROLES),
        /// Elements of the vectors, which callers bring; there is no model then.
        #[schema(minimum = 1, maximum = 65536, example = json!(null))]
        dimension: Option<usize> = count,
        /// Payload fields that filters find by an index. Their values must be of the type.
        #[schema(value_type = Option<Vec<FieldRequest>>, max_items = 64)]
        fields: Vec<Field> = fields,
        /// Keep questions without an answer; absent: no.
        #[schema(value_type = Option<bool>)]
        unanswered: bool = flag(false),
    }
}

/// A payload field to be indexed.
#[derive(ToSchema)]
#[schema(as = NewField)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what is read by `fields`")]
pub(crate) struct FieldRequest {
    /// Its path, as in filters.
    #[schema(example = "category", min_length = 1)]
    name: String,
    #[serde(rename = "type")]
    kind: FieldKind,
}

fn fields(source: &mut Source<'_>, name: &'static str) -> Result<Vec<Field>, ApiError> {
    let rules = source.rules;
    let read = |json, path: &str| {
        let mut source = Source::at(json, path, rules)?;
        let name = required_name(&mut source, "name")?;
        let kind = choice(&KINDS)(&mut source, "type")?;
        let field = source.fields.path_of("type");
        source.finish()?;
        let missing = || ApiError::MissingField {
            field,
            sent: Vec::new(),
        };
        let kind = kind.ok_or_else(missing)?;
        Ok(Field { name, kind })
    };
    match source.fields.optional(name) {
        None => Ok(Vec::new()),
        Some((Document::Array(list), path)) => each(list, &path, read),
        Some((other, path)) => Err(wrong_type(&path, "a list", &other)),
    }
}

/// Makes a collection. One of the same name with the same properties stays as it is.
#[utoipa::path(
    post,
    path = "/v1/collections",
    tag = "Collections",
    request_body = NewRequest,
    responses(
        (status = 200, description = "It was there already, the same.", body = Reply),
        (status = 201, description = "It is new.", body = Reply),
        (status = 409, description = "Another one has the name.", body = OwnReply),
    ),
)]
pub(crate) async fn create(
    State(app): State<App>,
    body: JsonBody,
) -> Result<(StatusCode, Json<Reply>), ApiError> {
    let request = Source::read(body, app.limits(), NewRequest::take)?;
    let role = request.role.map(Role::from).unwrap_or_default();
    let space = match (request.dimension, &request.model) {
        (Some(_), Some(_)) => {
            return Err(ApiError::InvalidValue {
                field: "dimension".to_owned(),
                reason: "Vectors of a model have its dimension. Send model or dimension."
                    .to_owned(),
            });
        }
        (Some(dimension), None) => Space::given(dimension),
        (None, model) => {
            let model = app.model(model.as_deref()).await?;
            app.space_of(&model, role).await?
        }
    };
    let new = NewCollection {
        name: request.name,
        space,
        role,
        fields: request.fields,
        unanswered: request.unanswered,
    };
    let (status, collection) = match app.written(move |store| store.create(&new)).await? {
        Created::New(collection) => (StatusCode::CREATED, collection),
        Created::Existing(collection) => (StatusCode::OK, collection),
    };
    Ok((status, Json(Reply::of(&app, collection))))
}

/// The collections.
#[derive(Serialize, ToSchema)]
#[schema(as = CollectionList)]
pub(crate) struct List {
    /// By name.
    collections: Vec<Reply>,
}

/// All collections.
#[utoipa::path(
    get,
    path = "/v1/collections",
    tag = "Collections",
    responses((status = 200, description = "The collections.", body = List)),
)]
pub(crate) async fn list(State(app): State<App>) -> Result<Json<List>, ApiError> {
    let all = app.stored(|store| store.list()).await?;
    let collections = all.into_iter().map(|one| Reply::of(&app, one)).collect();
    Ok(Json(List { collections }))
}

/// A collection.
#[utoipa::path(
    get,
    path = "/v1/collections/{name}",
    tag = "Collections",
    params(("name" = String, Path, description = "Its name.", example = "faq")),
    responses(
        (status = 200, description = "The collection.", body = Reply),
        (status = 404, description = "There is none of the name.", body = OwnReply),
    ),
)]
pub(crate) async fn get(
    State(app): State<App>,
    OfCollection(name): OfCollection,
) -> Result<Json<Reply>, ApiError> {
    let collection = app.stored(move |store| store.collection(&name)).await?;
    Ok(Json(Reply::of(&app, collection)))
}

/// What was dropped.
#[derive(Serialize, ToSchema)]
#[schema(as = DroppedCollection)]
pub(crate) struct Dropped {
    /// Its name.
    dropped: String,
}

/// Removes a collection with all that it holds.
#[utoipa::path(
    delete,
    path = "/v1/collections/{name}",
    tag = "Collections",
    params(("name" = String, Path, description = "Its name.", example = "faq")),
    responses(
        (status = 200, description = "It is gone.", body = Dropped),
        (status = 404, description = "There is none of the name.", body = OwnReply),
    ),
)]
pub(crate) async fn remove(
    State(app): State<App>,
    OfCollection(name): OfCollection,
) -> Result<Json<Dropped>, ApiError> {
    let wanted = name.clone();
    let dropped = app.written(move |store| store.drop_collection(&wanted));
    dropped.await?;
    app.collections().stats().forget(&name);
    Ok(Json(Dropped { dropped: name }))
}

request! {
    /// How the texts of a collection are cut into words, beside the dictionary that all have.
    #[schema(as = WordRules)]
    pub(crate) struct WordsRequest {
        /// Words that stay whole.
        #[schema(value_type = Option<Vec<String>>, example = json!(["电子发票"]))]
        words: Vec<String> = words,
        /// Words that mean the same; each list is one meaning.
        #[schema(value_type = Option<Vec<Vec<String>>>, example = json!([["开票", "开具发票"]]))]
        synonyms: Vec<Vec<String>> = synonyms,
    }
}

fn synonyms(source: &mut Source<'_>, name: &'static str) -> Result<Vec<Vec<String>>, ApiError> {
    let rules = source.rules;
    match source.fields.optional(name) {
        None => Ok(Vec::new()),
        Some((Document::Array(list), path)) => {
            each(list, &path, |json, path| list_of_words(json, path, rules))
        }
        Some((other, path)) => Err(wrong_type(&path, "a list of lists of words", &other)),
    }
}

fn list_of_words(json: Document, path: &str, rules: Rules<'_>) -> Result<Vec<String>, ApiError> {
    match json {
        Document::Array(list) => each(list, path, |json, path| read_text(json, path, rules)),
        other => Err(wrong_type(path, "a list of words", &other)),
    }
}

/// Sets the dictionary of a collection in the place of the one before, and cuts all its texts anew.
#[utoipa::path(
    put,
    path = "/v1/collections/{name}/words",
    tag = "Collections",
    params(("name" = String, Path, description = "The collection's name.", example = "faq")),
    request_body = WordsRequest,
    responses(
        (status = 200, description = "The collection.", body = Reply),
        (status = 404, description = "There is none of the name.", body = OwnReply),
    ),
)]
pub(crate) async fn set_words(
    State(app): State<App>,
    OfCollection(name): OfCollection,
    body: JsonBody,
) -> Result<Json<Reply>, ApiError> {
    let WordsRequest { words, synonyms } = Source::read(body, app.limits(), WordsRequest::take)?;
    let rules = WordRules { words, synonyms };
    let collection = app.reworded(move |store| {
        store.set_words(&name, &rules)?;
        store.collection(&name)
    });
    Ok(Json(Reply::of(&app, collection.await?)))
}

request! {
    /// Where a collection goes.
    #[schema(as = ReindexRequest)]
    pub(crate) struct MoveRequest {
        /// The model, by a name of `/v1/models`.
        #[schema(example = "e5-small-zh")]
        model: String = required_name,
    }
}

/// Moves a collection to the vectors of another model, beside the requests. It answers from its old vectors until all new ones are there. A move goes on
/// after a restart; `GET /v1/collections/{name}` tells how far it is.
#[utoipa::path(
    post,
    path = "/v1/collections/{name}/reindex",
    tag = "Collections",
    params(("name" = String, Path, description = "The collection's name.", example = "faq")),
    request_body = MoveRequest,
    responses(
        (status = 200, description = "It has the vectors of that model already.", body = Reply),
        (status = 202, description = "It is on its way.", body = Reply),
        (status = 404, description = "There is no collection or no model of the name.", body = OwnReply),
        (status = 409, description = "It is on its way to a third model, or its vectors are the caller's.", body = OwnReply),
    ),
)]
pub(crate) async fn reindex(
    State(app): State<App>,
    OfCollection(name): OfCollection,
    body: JsonBody,
) -> Result<(StatusCode, Json<Reply>), ApiError> {
    let MoveRequest { model } = Source::read(body, app.limits(), MoveRequest::take)?;
    let wanted = name.clone();
    let collection = app.stored(move |store| store.collection(&wanted)).await?;
    if collection.space.model.is_none() {
        return Err(ApiError::CollectionConflict {
            reason: format!(
                "The collection {name:?} has vectors that its callers bring, and no model that could be another."
            ),
        });
    }
    let model = app.model(Some(&model)).await?;
    let to = app.space_of(&model, collection.role).await?;
    if collection.reindex.is_none() && collection.space == to {
        return Ok((StatusCode::OK, Json(Reply::of(&app, collection))));
    }
    let wanted = name.clone();
    let begun = app.written(move |store| {
        Move::begin(store, &wanted, to)?;
        store.collection(&wanted)
    });
    let collection = begun.await?;
    app.work_on_move(name);
    Ok((StatusCode::ACCEPTED, Json(Reply::of(&app, collection))))
}

/// Gives a move to another model up. The collection keeps its old vectors.
#[utoipa::path(
    delete,
    path = "/v1/collections/{name}/reindex",
    tag = "Collections",
    params(("name" = String, Path, description = "The collection's name.", example = "faq")),
    responses(
        (status = 200, description = "The collection.", body = Reply),
        (status = 404, description = "There is none of the name.", body = OwnReply),
        (status = 409, description = "It is not on its way.", body = OwnReply),
    ),
)]
pub(crate) async fn abandon(
    State(app): State<App>,
    OfCollection(name): OfCollection,
) -> Result<Json<Reply>, ApiError> {
    let collection = app.written(move |store| {
        store.abandon_reindex(&name)?;
        store.collection(&name)
    });
    Ok(Json(Reply::of(&app, collection.await?)))
}
