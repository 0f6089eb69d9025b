//! Headers of ours that replies carry.

use axum::http::HeaderName;

/// The id of a request, kept from the client or made here.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Where the time of a request went.
pub(crate) const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// How many texts of a request were cut, where any were: the shapes of other services have no place for it.
pub(crate) const TRUNCATED: HeaderName = HeaderName::from_static("x-truncated");
