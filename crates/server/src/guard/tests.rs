use axum::body::Body;
use axum::http::header;

use super::*;
use crate::KeyOptions;
use crate::caller::Peer;

const LOCAL: &str = "127.0.0.1:9";
const REMOTE: &str = "203.0.113.9:9";

fn guard(api_keys: &[&str], admin_key: Option<&str>) -> Guard {
    let options = KeyOptions {
        api_keys: api_keys.iter().map(|key| (*key).to_owned()).collect(),
        admin_key: admin_key.map(str::to_owned),
        api_key_file: None,
        admin_key_file: None,
    };
    Guard::new(Arc::new(Keys::new(&options).unwrap()), None, 0)
}

fn request(peer: &str, key: &str) -> Request {
    let mut request = Request::builder().header(header::HOST, "localhost");
    if !key.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(Peer(peer.parse().unwrap()));
    request
}

#[test]
fn routes_need_a_key_unless_they_are_listed() {
    for (method, path, expected) in [
        (Method::GET, Some("/livez"), Need::Nothing),
        (Method::GET, Some("/"), Need::Nothing),
        (Method::GET, Some("/docs/index.html"), Need::Nothing),
        (Method::GET, None, Need::Nothing),
        (Method::POST, Some("/"), Need::Key),
        (Method::GET, Some("/v1/models"), Need::Key),
        (Method::GET, Some("/metrics"), Need::Key),
        (Method::POST, Some("/some/route/of/tomorrow"), Need::Key),
        (Method::POST, Some("/v1/models/load"), Need::AdminKey),
        (Method::POST, Some("/v1/models/unload"), Need::AdminKey),
    ] {
        assert_eq!(need(&method, path), expected, "{method} {path:?}");
    }
}

#[test]
fn keys_decide_who_may_do_what() {
    const OK: &str = "ok";
    let open = guard(&[], None);
    let users = guard(&["user"], None);
    let admin = guard(&[], Some("admin"));
    let both = guard(&["user"], Some("admin"));
    for (name, guard, peer, key, use_it, administrate) in [
        ("open", &open, REMOTE, "", OK, "not_allowed"),
        ("open", &open, REMOTE, "none", OK, "not_allowed"),
        ("open", &open, LOCAL, "", OK, OK),
        ("open", &open, LOCAL, "none", OK, OK),
        ("users", &users, LOCAL, "", "missing_key", "missing_key"),
        ("users", &users, LOCAL, "x", "invalid_key", "invalid_key"),
        ("users", &users, LOCAL, "user", OK, OK),
        ("users", &users, REMOTE, "user", OK, "not_allowed"),
        ("admin", &admin, LOCAL, "", OK, "missing_key"),
        ("admin", &admin, LOCAL, "x", OK, "invalid_key"),
        ("admin", &admin, REMOTE, "admin", OK, OK),
        ("both", &both, LOCAL, "", "missing_key", "missing_key"),
        ("both", &both, LOCAL, "x", "invalid_key", "invalid_key"),
        ("both", &both, LOCAL, "user", OK, "not_allowed"),
        ("both", &both, REMOTE, "admin", OK, OK),
    ] {
        let outcome = |need| {
            let outcome = guard.admit(need, &request(peer, key));
            outcome.map_or_else(|refused| refused.code(), |()| OK)
        };
        let case = format!("{name}: {key:?} from {peer}");
        assert_eq!(outcome(Need::Key), use_it, "{case}");
        assert_eq!(outcome(Need::AdminKey), administrate, "{case}");
        assert_eq!(outcome(Need::Nothing), OK, "{case}");
    }
}

#[test]
fn requests_are_counted_for_the_key_or_the_address() {
    let limited = |keys: Guard, proxies| Guard::new(keys.keys, NonZeroU32::new(1), proxies);
    let refused = |guard: &Guard, request: Request| {
        let outcome = guard.admit(Need::Key, &request);
        matches!(
            outcome,
            Err(ApiError::RateLimited {
                limit: 1,
                seconds: 60..=61
            })
        )
    };
    let keys = limited(guard(&["a", "b"], None), 0);
    assert!(!refused(&keys, request(LOCAL, "a")));
    assert!(refused(&keys, request(REMOTE, "a")), "a key is one caller");
    assert!(!refused(&keys, request(LOCAL, "b")));

    let addresses = limited(guard(&[], None), 0);
    assert!(!refused(&addresses, request("203.0.113.9:1", "")));
    assert!(refused(&addresses, request("203.0.113.9:2", "")));
    assert!(refused(&addresses, request("203.0.113.9:2", "made-up")));
    assert!(!refused(&addresses, request("203.0.113.8:1", "")));

    let forwarded = |chain: &'static str| {
        let mut request = request(LOCAL, "");
        let chain = chain.parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", chain);
        request
    };
    let behind = limited(guard(&[], None), 1);
    assert!(!refused(&behind, forwarded("203.0.113.9")));
    assert!(refused(&behind, forwarded("198.51.100.1, 203.0.113.9")));
    assert!(!refused(&behind, forwarded("203.0.113.8")));
}
