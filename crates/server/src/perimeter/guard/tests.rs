use axum::body::Body;
use axum::http::header;

use super::*;
use crate::KeyOptions;
use crate::perimeter::caller::Peer;

const LOCAL: &str = "127.0.0.1:9";
const REMOTE: &str = "203.0.113.9:9";

fn guard(api_keys: &[&str], admin_key: Option<&str>) -> Guard {
    let options = KeyOptions {
        api_keys: api_keys.iter().map(|key| (*key).to_owned()).collect(),
        admin_key: admin_key.map(str::to_owned),
        api_key_file: None,
        admin_key_file: None,
    };
    Guard::new(
        Arc::new(Keys::new(&options).unwrap()),
        AllowedHosts::default(),
        None,
        0,
    )
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
    let table = crate::routes::table();
    let paths = crate::routes::by_path(&table);
    for (method, path, expected) in [
        (Method::GET, "/livez", Access::Open),
        (Method::GET, "/", Access::Open),
        (Method::HEAD, "/", Access::Open),
        (Method::POST, "/", Access::Key),
        (Method::DELETE, "/", Access::Key),
        (Method::GET, "/v1/models", Access::Key),
        (Method::GET, "/metrics", Access::Key),
        (Method::POST, "/v1/models/load", Access::Admin),
        (Method::GET, "/v1/models/load", Access::Admin),
        (Method::POST, "/v1/models/unload", Access::Admin),
    ] {
        let gate = Gate::new(Arc::new(guard(&[], None)), &paths[path]);
        assert_eq!(gate.access(&method), expected, "{method} {path}");
    }
}

#[test]
fn a_path_without_routes_is_closed() {
    let gate = Gate::new(Arc::new(guard(&[], None)), &[]);
    assert_eq!(gate.access(&Method::GET), Access::Admin);
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
        let outcome = |access| {
            let outcome = guard.admit(access, &request(peer, key));
            outcome.map_or_else(|refused| refused.code(), |_| OK)
        };
        let case = format!("{name}: {key:?} from {peer}");
        assert_eq!(outcome(Access::Key), use_it, "{case}");
        assert_eq!(outcome(Access::Admin), administrate, "{case}");
        assert_eq!(outcome(Access::Open), OK, "{case}");
    }
}

#[test]
fn requests_are_counted_for_the_key_or_the_address() {
    let limited =
        |keys: Guard, proxies| Guard::new(keys.keys, keys.hosts, NonZeroU32::new(1), proxies);
    let refused = |guard: &Guard, request: Request| {
        let outcome = guard.admit(Access::Key, &request);
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

    let guess = |peer, key| {
        keys.admit(Access::Key, &request(peer, key))
            .err()
            .unwrap()
            .code()
    };
    assert_eq!(guess(LOCAL, "guess"), "invalid_key");
    assert_eq!(guess(LOCAL, ""), "rate_limited", "guesses are counted");
    assert_eq!(guess(REMOTE, ""), "missing_key");

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
