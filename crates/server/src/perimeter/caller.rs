//! Who is calling: the address, seen through the proxies that are trusted, and the keys that were presented.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, Version, header};

use crate::perimeter::host_names::without_port;

pub(crate) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// Azure's.
const API_KEY: HeaderName = HeaderName::from_static("api-key");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What proxies add; a request with one of them was not made by a program on this machine.
const ADDED_BY_PROXIES: [HeaderName; 4] = [
    X_FORWARDED_FOR,
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-real-ip"),
];

/// The other end of the connection, in the extensions of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// The address of the caller. `proxies` is how many stand in front and each add to
/// `X-Forwarded-For` whom they saw; what is further left a client may have made up.
pub(crate) fn address(request: &Request, proxies: usize) -> Option<IpAddr> {
    let peer = peer(request);
    let Some(from_right) = proxies.checked_sub(1) else {
        return peer;
    };
    let lists = request.headers().get_all(X_FORWARDED_FOR).iter();
    let seen: Vec<&str> = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
        .collect();
    let Some(last) = seen.len().checked_sub(1) else {
        return peer;
    };
    parse(seen[last.saturating_sub(from_right)].trim()).or(peer)
}

/// With or without a port; IPv6 also in brackets.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok();
    let address = address.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

fn peer(request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<Peer>()?;
    Some(peer.0.ip().to_canonical())
}

/// The part of an address that stands for one caller: a network of IPv6 has 2⁶⁴ addresses of one owner.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (!0 << 64)).into(),
    }
}

/// Whether a program on this machine is calling, and neither a proxy for somebody else nor a page that made
/// a browser ask a name of its own that leads here.
pub(crate) fn is_local(request: &Request) -> bool {
    let headers = request.headers();
    peer(request).is_some_and(|address| address.is_loopback())
        && ADDED_BY_PROXIES.iter().all(|name| !headers.contains_key(name))
        // nginx speaks HTTP/1.0 to the servers behind it unless told otherwise, and adds no header.
        && request.version() != Version::HTTP_10
        && headers.get(header::HOST).is_some_and(|host| names_this_machine(host.as_bytes()))
}

fn names_this_machine(host: &[u8]) -> bool {
    let Ok(host) = std::str::from_utf8(host) else {
        return false;
    };
    let name = without_port(host);
    name.eq_ignore_ascii_case("localhost") || parse(name).is_some_and(|ip| ip.is_loopback())
}

/// The keys that a request presents: `Authorization: Bearer KEY`, `X-Api-Key: KEY`, `api-key: KEY`.
pub(crate) fn keys(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let bearers = headers.get_all(header::AUTHORIZATION).iter();
    let bearers = bearers.filter_map(|value| bearer(value.as_bytes()));
    let plain = [X_API_KEY, API_KEY].into_iter();
    let plain = plain.flat_map(|name| headers.get_all(name).iter());
    bearers.chain(plain.map(|value| value.as_bytes().trim_ascii()))
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, key) = value.split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| key.trim_ascii())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(peer: &str, headers: &[(&str, &str)]) -> Request {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        request
    }

    #[test]
    fn addresses_are_seen_through_trusted_proxies_only() {
        for (forwarded, proxies, expected) in [
            (&["203.0.113.9"][..], 0, "10.0.0.1"),
            (&[], 1, "10.0.0.1"),
            (&["203.0.113.9"], 1, "203.0.113.9"),
            (&["made-up, 203.0.113.9"], 1, "203.0.113.9"),
            (&["made-up", "203.0.113.9, 10.9.9.9"], 2, "203.0.113.9"),
            (&["203.0.113.9"], 3, "203.0.113.9"),
            (&["203.0.113.9:5123"], 1, "203.0.113.9"),
            (&["[2001:db8::1]:80"], 1, "2001:db8::1"),
            (&["::ffff:203.0.113.9"], 1, "203.0.113.9"),
            (&["nonsense"], 1, "10.0.0.1"),
        ] {
            let headers: Vec<_> = forwarded.iter().map(|f| ("x-forwarded-for", *f)).collect();
            let found = address(&request("10.0.0.1:1", &headers), proxies);
            let found = found.map_or("none".to_owned(), |found| found.to_string());
            assert_eq!(found, expected, "{forwarded:?} through {proxies}");
        }
    }

    #[test]
    fn a_network_is_one_caller() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8:0:0:9:8:7:6"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }

    #[test]
    fn local_is_who_asks_this_machine_itself() {
        let host = ("host", "127.0.0.1:5000");
        for (peer, headers, local) in [
            ("127.0.0.1:1", &[host][..], true),
            ("[::1]:1", &[("host", "[::1]:5000")], true),
            ("[::ffff:127.0.0.1]:1", &[("host", "LOCALHOST")], true),
            ("10.0.0.1:1", &[host], false),
            ("127.0.0.1:1", &[], false),
            ("127.0.0.1:1", &[("host", "evil.example:5000")], false),
            ("127.0.0.1:1", &[("host", "localhost.evil.example")], false),
            (
                "127.0.0.1:1",
                &[host, ("x-forwarded-for", "127.0.0.1")],
                false,
            ),
            (
                "127.0.0.1:1",
                &[host, ("forwarded", "for=127.0.0.1")],
                false,
            ),
            ("127.0.0.1:1", &[host, ("via", "1.1 proxy")], false),
        ] {
            assert_eq!(
                is_local(&request(peer, headers)),
                local,
                "{peer} {headers:?}"
            );
        }
        let mut old = request("127.0.0.1:1", &[host]);
        *old.version_mut() = Version::HTTP_10;
        assert!(!is_local(&old));
    }

    #[test]
    fn keys_come_in_two_headers() {
        for (name, value, expected) in [
            ("authorization", "Bearer abc", Some("abc")),
            ("authorization", "bearer  abc ", Some("abc")),
            ("authorization", "Basic abc", None),
            ("authorization", "Bearer", None),
            ("x-api-key", "abc", Some("abc")),
        ] {
            let request = request("127.0.0.1:1", &[(name, value)]);
            let found = keys(request.headers()).next();
            assert_eq!(found, expected.map(str::as_bytes), "{name}: {value}");
        }
    }
}
