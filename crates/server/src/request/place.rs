//! What stands in the path and behind the question mark: names of collections, ids of items, users, and options of requests without a body.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::request::Source;
use crate::request::json::Json;
use crate::shown::Shown;
use crate::{ApiError, App};

/// The collection that a path is of, `/v1/collections/{name}…`.
pub(crate) struct OfCollection(pub(crate) String);

/// The item that a path is of, `/v1/collections/{name}/items/{id}`.
pub(crate) struct OfItem {
    pub(crate) collection: String,
    pub(crate) id: String,
}

/// The user that a path is of, `/v1/collections/{name}/users/{user}`.
pub(crate) struct OfUser {
    pub(crate) collection: String,
    pub(crate) user: String,
}

impl FromRequestParts<App> for OfCollection {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        parameter(parts, app, "name").await.map(Self)
    }
}

impl FromRequestParts<App> for OfItem {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Ok(Self {
            collection: parameter(parts, app, "name").await?,
            id: match parameter(parts, app, "id").await {
                Ok(id) => id,
                // The path of another method, which has no parameter there: its last part is the id.
                Err(_) => last_part(parts),
            },
        })
    }
}

impl FromRequestParts<App> for OfUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Ok(Self {
            collection: parameter(parts, app, "name").await?,
            user: parameter(parts, app, "user").await?,
        })
    }
}

/// A part of the path, with its escapes undone. What is no text names nothing.
async fn parameter(parts: &mut Parts, app: &App, name: &str) -> Result<String, ApiError> {
    let path = parts.uri.path().to_owned();
    let nothing = || ApiError::NotFound {
        path: path.clone(),
        nearest: None,
    };
    let all = RawPathParams::from_request_parts(parts, app).await;
    let all = all.map_err(|_| nothing())?;
    let found = all.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.to_owned()).ok_or_else(nothing)
}

fn last_part(parts: &Parts) -> String {
    let last = parts.uri.path().rsplit('/').next();
    last.unwrap_or_default().to_owned()
}

/// What stands behind the question mark, as an object of texts.
pub(crate) struct Query(pub(crate) Json);

impl FromRequestParts<App> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let mut fields: Vec<(String, Json)> = Vec::new();
        let query = parts.uri.query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(ApiError::InvalidValue {
                    field: Shown(&name).to_string(),
                    reason: "It stands twice in the address.".to_owned(),
                });
            }
            fields.push((name.into_owned(), Json::String(value.into_owned())));
        }
        Ok(Self(Json::Object(fields)))
    }
}

/// `true` or `false` in a query; `false` where it is absent.
pub(crate) fn flag_in_query(source: &mut Source<'_>, name: &'static str) -> Result<bool, ApiError> {
    let Some((value, field)) = source.fields.optional(name) else {
        return Ok(false);
    };
    let flag = match &value {
        Json::String(text) => text.parse().ok(),
        _ => None,
    };
    flag.ok_or_else(|| ApiError::InvalidValue {
        field,
        reason: "It is not true or false.".to_owned(),
    })
}

/// A positive whole number of a query, which may be absent.
pub(crate) fn count_in_query(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Option<usize>, ApiError> {
    let Some((value, field)) = source.fields.optional(name) else {
        return Ok(None);
    };
    let count = match &value {
        Json::String(text) => text.parse().ok().filter(|count| *count > 0),
        _ => None,
    };
    let refused = || ApiError::InvalidValue {
        field,
        reason: "It is not a positive whole number.".to_owned(),
    };
    count.ok_or_else(refused).map(Some)
}

/// Refuses more items than a call may ask for.
pub(crate) fn check_limit(app: &App, field: &str, count: usize) -> Result<(), ApiError> {
    let limit = app.limits().items;
    match count <= limit {
        true => Ok(()),
        false => Err(ApiError::InvalidValue {
            field: field.to_owned(),
            reason: format!("It is {count}; a call may ask for {limit} at most."),
        }),
    }
}
