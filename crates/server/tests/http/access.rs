//! Keys, rates, pages of other origins, and the path of a proxy.

use std::net::{IpAddr, UdpSocket};
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::support::{Server, options, read};
use serde_json::{Value, json};
use yuyi_server::{
    AllowedHosts, BasePath, KeyOptions, Keys, Limits, ListenOptions, Origins, Perimeter,
};

const PAIR: &str = r#"{"sentence_a":"x","sentence_b":"y"}"#;

async fn start(perimeter: Perimeter) -> Server {
    let options = ListenOptions {
        perimeter,
        ..options()
    };
    Server::with(Limits::default(), options).await
}

fn keys(api_keys: &[&str]) -> Arc<Keys> {
    keys_with(api_keys, None)
}

fn keys_with(api_keys: &[&str], admin_key: Option<&str>) -> Arc<Keys> {
    let options = KeyOptions {
        api_keys: api_keys.iter().map(|key| (*key).to_owned()).collect(),
        admin_key: admin_key.map(str::to_owned),
        ..KeyOptions::default()
    };
    Arc::new(Keys::new(&options).unwrap())
}

/// Posts a pair; status and document.
async fn post(server: &Server, headers: &[(&str, &str)]) -> (u16, Value) {
    let mut request = server
        .request("POST", "/similarity")
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    read(request.body(PAIR).send().await.unwrap()).await
}

#[tokio::test]
async fn a_key_is_asked_for_and_its_absence_explained() {
    let server = start(Perimeter {
        keys: keys(&["first-key", "second-key"]),
        ..Perimeter::default()
    })
    .await;
    let missing = server.request("POST", "/similarity").body("{").send().await;
    let missing = missing.unwrap();
    assert_eq!(missing.headers()["www-authenticate"], "Bearer");
    let message =
        "This server asks for a key. Send it as `Authorization: Bearer KEY` or `X-Api-Key: KEY`.";
    let expected = json!({"status": "error", "error": {"code": "missing_key", "message": message}});
    assert_eq!(read(missing).await, (401, expected));

    for (header, value, status) in [
        ("authorization", "Bearer first-key", 200),
        ("authorization", "bearer second-key", 200),
        ("x-api-key", "second-key", 200),
        ("authorization", "Bearer first-ke", 401),
        ("authorization", "Basic first-key", 401),
        ("x-api-key", "first-key,second-key", 401),
    ] {
        assert_eq!(
            post(&server, &[(header, value)]).await.0,
            status,
            "{header}: {value}"
        );
    }
    let (_, reply) = post(&server, &[("authorization", "Bearer wrong-secret")]).await;
    assert_eq!(reply["error"]["code"], "invalid_key");
    assert!(!reply.to_string().contains("wrong-secret"), "{reply}");

    let (status, reply) = server.get("/v1/models").await;
    assert_eq!(
        (status, &reply["error"]["type"], &reply["error"]["code"]),
        (401, &json!("authentication_error"), &json!("missing_key"))
    );
    for open in ["/livez", "/readyz", "/health"] {
        assert_eq!(server.get(open).await.0, 200, "{open}");
    }
    let page = server.request("GET", "/").send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert_eq!(server.get("/no-such-page").await.0, 404);
}

#[tokio::test]
async fn a_rate_is_kept_for_each_caller() {
    let server = start(Perimeter {
        keys: keys(&["first-key", "second-key"]),
        rate_limit: NonZeroU32::new(3),
        ..Perimeter::default()
    })
    .await;
    let ask = async |key| post(&server, &[("x-api-key", key)]).await;
    for _ in 0..3 {
        assert_eq!(ask("first-key").await.0, 200);
    }
    let refused = server
        .request("POST", "/similarity")
        .header("x-api-key", "first-key");
    let refused = refused.send().await.unwrap();
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=21).contains(&wait), "{wait}");
    let (status, reply) = read(refused).await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (429, &json!("rate_limited"))
    );
    assert_eq!(ask("second-key").await.0, 200);
    for _ in 0..5 {
        assert_eq!(server.get("/readyz").await.0, 200, "probes are not counted");
    }
}

/// The headers of a preflight's answer that grant something.
async fn preflight(server: &Server, path: &str, origin: &str) -> (u16, [Option<String>; 3]) {
    let answer = server
        .request("OPTIONS", path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", ALLOWED_HEADERS);
    let answer = answer.send().await.unwrap();
    let granted = ["origin", "headers", "credentials"].map(|name| {
        let value = answer.headers().get(format!("access-control-allow-{name}"));
        value.map(|value| value.to_str().unwrap().to_owned())
    });
    (answer.status().as_u16(), granted)
}

/// What OpenAI's client asks for in a browser.
const ALLOWED_HEADERS: &str = "authorization,content-type,x-stainless-lang,x-stainless-os";

#[tokio::test]
async fn every_page_may_compute_and_none_may_manage() {
    let server = start(Perimeter {
        keys: keys(&["the-key"]),
        ..Perimeter::default()
    })
    .await;
    let (status, granted) = preflight(&server, "/similarity", "https://a.example").await;
    let headers = Some(ALLOWED_HEADERS.to_owned());
    assert_eq!((status, granted), (200, [Some("*".into()), headers, None]));
    let (_, granted) = preflight(&server, "/v1/models", "https://a.example").await;
    assert_eq!(granted[0], None, "models are for named origins");

    // A page must be able to read why it was refused.
    let refused = server
        .request("POST", "/similarity")
        .header("origin", "https://a.example");
    let refused = refused.send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()["access-control-allow-origin"], "*");
    let exposed = "x-request-id,retry-after,server-timing,x-truncated";
    assert_eq!(refused.headers()["access-control-expose-headers"], exposed);
}

#[tokio::test]
async fn origins_that_are_named_are_the_only_ones() {
    let server = start(Perimeter {
        origins: Origins::new(&["https://a.example".into()]).unwrap(),
        ..Perimeter::default()
    })
    .await;
    for path in ["/similarity", "/v1/models"] {
        let (_, granted) = preflight(&server, path, "https://a.example").await;
        assert_eq!(granted[0].as_deref(), Some("https://a.example"), "{path}");
        assert_eq!(granted[2], None, "{path}");
        for other in [
            "https://b.example",
            "null",
            "https://a.example.evil.example",
        ] {
            let (_, granted) = preflight(&server, path, other).await;
            assert_eq!(granted[0], None, "{path} for {other}");
        }
    }
    let both = ["https://a.example".into(), "*".into()];
    let server = start(Perimeter {
        origins: Origins::new(&both).unwrap(),
        ..Perimeter::default()
    })
    .await;
    let (_, computing) = preflight(&server, "/similarity", "https://b.example").await;
    assert_eq!(computing[0].as_deref(), Some("*"));
    let (_, managing) = preflight(&server, "/v1/models", "https://b.example").await;
    assert_eq!(managing[0], None);
}

#[tokio::test]
async fn a_base_path_may_be_there_or_not() {
    let server = start(Perimeter {
        base_path: BasePath::new("/tools/yuyi").unwrap(),
        ..Perimeter::default()
    })
    .await;
    for path in ["/tools/yuyi/similarity", "/similarity"] {
        assert_eq!(server.post(path, PAIR).await.0, 200, "{path}");
    }
    for path in ["/tools/yuyi/", "/"] {
        let page = server.request("GET", path).send().await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
        assert!(page.text().await.unwrap().contains("<html"), "{path}");
    }
    // reqwest follows the redirect to the folder.
    let page = server
        .request("GET", "/tools/yuyi?a=b")
        .send()
        .await
        .unwrap();
    assert_eq!(page.url().path(), "/tools/yuyi/");
    assert_eq!(
        (page.status().as_u16(), page.url().query()),
        (200, Some("a=b"))
    );
    for path in ["/tools/yuyi2/similarity", "/tools/similarity"] {
        assert_eq!(server.post(path, PAIR).await.0, 404, "{path}");
    }
    // The shape of OpenAI's errors goes by the route, wherever it is shown.
    let (status, reply) = server.post("/tools/yuyi/v1/embeddings", "{").await;
    assert_eq!(
        (status, &reply["error"]["type"]),
        (400, &json!("invalid_request_error"))
    );
}

/// What loading and unloading a model is answered, which is always the same.
async fn administrate(server: &Server, headers: &[(&str, &str)]) -> (u16, Option<String>) {
    let mut outcomes = Vec::new();
    for path in ["/v1/models/load", "/v1/models/unload"] {
        let mut request = server
            .request("POST", path)
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.body(r#"{"model": "fake"}"#).send().await;
        let (status, reply) = read(answer.unwrap()).await;
        let code = reply["error"]["code"].as_str().map(str::to_owned);
        outcomes.push((status, code));
    }
    assert_eq!(outcomes[0], outcomes[1], "{headers:?}");
    outcomes.remove(0)
}

fn refused(status: u16, code: &str) -> (u16, Option<String>) {
    (status, Some(code.to_owned()))
}

#[tokio::test]
async fn managing_models_takes_the_admin_key() {
    for (api_keys, trusted_proxies) in [(&["user-key"][..], 0), (&["user-key"], 1), (&[], 1)] {
        let server = start(Perimeter {
            keys: keys_with(api_keys, Some("root-key")),
            trusted_proxies,
            ..Perimeter::default()
        })
        .await;
        let forwarded = ("x-forwarded-for", "127.0.0.1");
        for headers in [&[][..], &[forwarded]] {
            let found = administrate(&server, headers).await;
            assert_eq!(found, refused(401, "missing_key"), "{headers:?}");
        }
        let wrong = administrate(&server, &[("x-api-key", "root-ke")]).await;
        assert_eq!(wrong, refused(401, "invalid_key"));
        let user = administrate(&server, &[("authorization", "Bearer user-key")]).await;
        let expected = match api_keys {
            [] => refused(401, "invalid_key"),
            _ => refused(403, "not_allowed"),
        };
        assert_eq!(user, expected);
        // Also from anywhere, through any proxy.
        for headers in [
            &[("authorization", "Bearer root-key")][..],
            &[("x-api-key", "root-key")],
            &[("x-api-key", "root-key"), forwarded],
            &[
                ("x-api-key", "root-key"),
                ("x-forwarded-for", "203.0.113.9"),
            ],
            &[("x-api-key", "root-key"), ("host", "yuyi.example")],
        ] {
            assert_eq!(
                administrate(&server, headers).await,
                (200, None),
                "{headers:?}"
            );
        }
    }
}

#[tokio::test]
async fn without_an_admin_key_models_are_managed_from_this_machine() {
    for trusted_proxies in [0, 1, 2] {
        let server = start(Perimeter {
            trusted_proxies,
            ..Perimeter::default()
        })
        .await;
        for headers in [&[][..], &[("authorization", "Bearer none")]] {
            let found = administrate(&server, headers).await;
            assert_eq!(found, (200, None), "{headers:?} behind {trusted_proxies}");
        }
        // Whoever these name, a proxy has passed the request on, and anyone may have written the name.
        for header in [
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-for", "203.0.113.9, 127.0.0.1"),
            ("x-forwarded-for", ""),
            ("x-real-ip", "127.0.0.1"),
            ("forwarded", "for=127.0.0.1"),
            ("via", "1.1 proxy"),
            ("host", "yuyi.example"),
        ] {
            let found = administrate(&server, &[header]).await;
            let expected = refused(403, "not_allowed");
            assert_eq!(found, expected, "{header:?} behind {trusted_proxies}");
        }
    }
}

/// This machine's address in its network, if it is in one. Nothing is sent.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    Some(address).filter(|address| !address.is_loopback() && !address.is_unspecified())
}

#[tokio::test]
async fn callers_of_other_addresses_manage_nothing() {
    let Some(address) = own_address() else {
        println!("NOT RUN: this machine has no address but the loopback");
        return;
    };
    for (admin_key, trusted_proxies) in [(None, 0), (None, 1), (Some("root-key"), 0)] {
        let options = ListenOptions {
            host: "0.0.0.0".into(),
            perimeter: Perimeter {
                keys: keys_with(&[], admin_key),
                trusted_proxies,
                ..Perimeter::default()
            },
            ..options()
        };
        let mut server = Server::with(Limits::default(), options).await;
        server.url = server.url.replace("0.0.0.0", &address.to_string());
        let expected = match admin_key {
            None => refused(403, "not_allowed"),
            Some(_) => refused(401, "missing_key"),
        };
        for headers in [
            &[][..],
            &[("host", "127.0.0.1:5000")],
            &[("host", "localhost"), ("x-forwarded-for", "127.0.0.1")],
        ] {
            assert_eq!(
                administrate(&server, headers).await,
                expected,
                "{headers:?}"
            );
        }
        if let Some(key) = admin_key {
            let found = administrate(&server, &[("x-api-key", key)]).await;
            assert_eq!(found, (200, None));
        }
    }
}

#[tokio::test]
async fn wrong_keys_meet_the_rate_limit_and_right_ones_are_not_held_up_by_them() {
    let server = start(Perimeter {
        keys: keys(&["the-key"]),
        rate_limit: NonZeroU32::new(3),
        ..Perimeter::default()
    })
    .await;
    for guess in 0..3 {
        let guess = format!("guess-{guess}");
        assert_eq!(post(&server, &[("x-api-key", &guess)]).await.0, 401);
    }
    for headers in [&[("x-api-key", "another-guess")][..], &[]] {
        let (status, reply) = post(&server, headers).await;
        assert_eq!(
            (status, &reply["error"]["code"]),
            (429, &json!("rate_limited"))
        );
    }
    for _ in 0..3 {
        assert_eq!(post(&server, &[("x-api-key", "the-key")]).await.0, 200);
    }
}

#[tokio::test]
async fn timings_are_for_those_who_share_them_with_nobody() {
    for (api_keys, admin_key, told) in [
        (&[][..], None, true),
        (&["first-key"], None, true),
        (&["first-key", "second-key"], None, false),
        (&["first-key"], Some("root-key"), false),
    ] {
        let server = start(Perimeter {
            keys: keys_with(api_keys, admin_key),
            ..Perimeter::default()
        })
        .await;
        let request = server
            .request("POST", "/similarity")
            .header("x-api-key", "first-key")
            .header("content-type", "application/json");
        let reply = request.body(PAIR).send().await.unwrap();
        assert_eq!(reply.status(), 200);
        assert_eq!(
            reply.headers().contains_key("server-timing"),
            told,
            "{api_keys:?}"
        );
    }
}

#[tokio::test]
async fn programs_and_extensions_and_names_below_a_domain_may_be_origins() {
    let named = [
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "moz-extension://0f3e3c9c-6c7d-4c3b-9f0a-2f6a4f3e3c9c",
        "tauri://localhost",
        "app://obsidian.md",
        "https://*.shop.example",
        "null",
    ];
    let server = start(Perimeter {
        origins: Origins::new(&named.map(str::to_owned)).unwrap(),
        ..Perimeter::default()
    })
    .await;
    for (origin, computes, lists) in [
        (named[0], true, true),
        (named[1], true, true),
        (named[2], true, true),
        (named[3], true, true),
        ("https://a.shop.example", true, true),
        ("https://a.b.shop.example", true, true),
        ("null", true, false),
        ("https://shop.example", false, false),
        ("http://a.shop.example", false, false),
        ("https://a.shop.example.evil.example", false, false),
        ("app://other", false, false),
    ] {
        for (path, allowed) in [("/similarity", computes), ("/v1/models", lists)] {
            let (_, granted) = preflight(&server, path, origin).await;
            let expected = allowed.then(|| origin.to_owned());
            assert_eq!(granted[0], expected, "{path} for {origin}");
        }
    }
    for bad in [
        "https://*",
        "https://*.com",
        "https://a.*.example",
        "ftp://a.example",
    ] {
        let told = Origins::new(&[bad.to_owned()]).unwrap_err();
        assert!(told.contains(bad), "{told}");
    }
}

#[tokio::test]
async fn pages_that_may_call_may_also_call_into_a_private_network() {
    let allowed = async |server: &Server, path: &str, origin: &str| {
        let answer = server
            .request("OPTIONS", path)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-private-network", "true");
        let answer = answer.send().await.unwrap();
        let granted = answer.headers().get("access-control-allow-private-network");
        granted.is_some_and(|granted| granted == "true")
    };
    let open = Server::start().await;
    assert!(allowed(&open, "/similarity", "https://a.example").await);
    assert!(!allowed(&open, "/v1/models", "https://a.example").await);
    let named = start(Perimeter {
        origins: Origins::new(&["https://a.example".into()]).unwrap(),
        ..Perimeter::default()
    })
    .await;
    assert!(allowed(&named, "/v1/models", "https://a.example").await);
    assert!(!allowed(&named, "/similarity", "https://b.example").await);
}

#[tokio::test]
async fn a_path_that_is_none_is_told_by_the_nearest_one_also_to_pages() {
    let server = Server::start().await;
    for (method, path, told) in [
        (
            "POST",
            "/v1/embedding",
            " Did you mean POST /v1/embeddings?",
        ),
        ("POST", "/api/v1/rerank", " Did you mean POST /v1/rerank?"),
        ("POST", "/Similarity", " Did you mean POST /similarity?"),
        ("GET", "/nowhere", ""),
    ] {
        let request = server
            .request(method, path)
            .header("origin", "https://a.example");
        let answer = request.send().await.unwrap();
        assert_eq!(
            answer.headers()["access-control-allow-origin"],
            "*",
            "{path}"
        );
        let (status, reply) = read(answer).await;
        let message = format!("There is nothing at {path}.{told}");
        assert_eq!((status, &reply["error"]["message"]), (404, &json!(message)));
    }
    let (status, granted) = preflight(&server, "/v1/embedding", "https://a.example").await;
    assert_eq!((status, granted[0].as_deref()), (200, Some("*")));
}

#[tokio::test]
async fn a_page_whose_name_was_turned_to_this_server_reads_nothing() {
    let hosts = ["yuyi.example".to_owned(), "*.inside.example".to_owned()];
    let open = start(Perimeter {
        allowed_hosts: AllowedHosts::new(&hosts).unwrap(),
        ..Perimeter::default()
    })
    .await;
    let ask = async |server: &Server, path: &str, headers: &[(&str, &str)]| {
        let mut request = server.request("GET", path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let evil = ("host", "evil.example:5000");
    for sign in [
        ("origin", "http://evil.example:5000"),
        ("sec-fetch-site", "same-origin"),
        ("referer", "http://evil.example:5000/"),
        ("user-agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"),
    ] {
        for path in ["/v1/models", "/metrics", "/info", "/api/tags"] {
            let (status, text) = ask(&open, path, &[evil, sign]).await;
            assert_eq!(status, 403, "{path} {sign:?}");
            assert!(text.contains("--allowed-host evil.example"), "{text}");
            for host in [
                "127.0.0.1:5000",
                "localhost",
                "[::1]:5000",
                "192.168.1.5:5000",
                "yuyi.example",
                "a.inside.example:80",
            ] {
                let (status, _) = ask(&open, path, &[("host", host), sign]).await;
                assert_eq!(status, 200, "{path} at {host}");
            }
        }
        let (status, _) = ask(&open, "/livez", &[evil, sign]).await;
        assert_eq!(status, 200, "probes tell nothing");
    }
    assert_eq!(ask(&open, "/v1/models", &[evil]).await.0, 200, "no browser");
    let (status, reply) = {
        let headers = [("host", "evil.example"), ("origin", "http://evil.example")];
        post(&open, &headers).await
    };
    assert_eq!(
        (status, &reply["error"]["code"]),
        (403, &json!("not_allowed"))
    );

    let keyed = start(Perimeter {
        keys: keys(&["the-key"]),
        ..Perimeter::default()
    })
    .await;
    let headers = [
        evil,
        ("origin", "http://evil.example"),
        ("x-api-key", "the-key"),
    ];
    assert_eq!(
        ask(&keyed, "/v1/models", &headers).await.0,
        200,
        "a key is enough"
    );
    for bad in ["yuyi.example:80", "http://yuyi.example", "*.com"] {
        let told = AllowedHosts::new(&[bad.to_owned()]).unwrap_err();
        assert!(told.contains(bad), "{told}");
    }
}
