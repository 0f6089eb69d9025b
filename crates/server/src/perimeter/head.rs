//! Heads of requests that programs in front of this server may have read otherwise. hyper reads them; what it lets pass and two programs
//! could disagree on is refused here.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::ApiError;

/// In the extensions of a request: a line of its head, or of one behind it, ends with an LF alone.
#[derive(Clone)]
pub(crate) struct BareLineFeed;

/// The layer around all routes.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    let checked = match request.extensions().get::<BareLineFeed>() {
        Some(BareLineFeed) => {
            Err("a line of its head ends with LF alone; end each with CR and LF.")
        }
        None => checked(request.version(), request.headers()),
    };
    match checked {
        Ok(()) => next.run(request).await,
        Err(reason) => {
            // Where a next request would begin is as doubtful as this one.
            let close = [(header::CONNECTION, "close")];
            (close, ApiError::InvalidRequest { reason }).into_response()
        }
    }
}

fn checked(version: Version, headers: &HeaderMap) -> Result<(), &'static str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if version >= Version::HTTP_11 => {
            return Err("it has no Host header, which HTTP/1.1 asks for.");
        }
        (Some(_), Some(_)) => return Err("it has more than one Host header."),
        (Some(host), None) if !is_authority(host) => {
            return Err("its Host header is no name or address.");
        }
        _ => {}
    }
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(coding), None) if is_chunked(coding) => Ok(()),
        _ => Err("its Transfer-Encoding is not chunked alone."),
    }
}

fn is_chunked(coding: &HeaderValue) -> bool {
    coding
        .as_bytes()
        .trim_ascii()
        .eq_ignore_ascii_case(b"chunked")
}

/// Whether it has the characters of a host and its port alone; the empty one is no mistake.
fn is_authority(host: &HeaderValue) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:[]%".contains(byte);
    host.as_bytes().iter().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubtful_heads_are_refused() {
        let of = |lines: &[(&'static str, &'static str)], version| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, HeaderValue::from_static(value));
            }
            checked(version, &headers).is_ok()
        };
        let host = ("host", "yuyi.example:5000");
        for (lines, sound) in [
            (&[host][..], true),
            (&[("host", "[::1]:5000")], true),
            (&[("host", "")], true),
            (&[], false),
            (&[host, host], false),
            (&[("host", "a/b")], false),
            (&[("host", "user@a")], false),
            (&[host, ("transfer-encoding", "Chunked")], true),
            (&[host, ("transfer-encoding", "gzip, chunked")], false),
            (
                &[
                    host,
                    ("transfer-encoding", "chunked"),
                    ("transfer-encoding", "chunked"),
                ],
                false,
            ),
        ] {
            assert_eq!(of(lines, Version::HTTP_11), sound, "{lines:?}");
        }
        assert!(of(&[], Version::HTTP_10));
        assert!(!of(&[host, host], Version::HTTP_10));
    }
}
