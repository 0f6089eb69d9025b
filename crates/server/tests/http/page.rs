//! The web page and its files.

use std::path::Path;

use crate::support::Server;

#[tokio::test]
async fn pages_are_served_with_safe_headers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    let server = Server::start().await;
    let page = server.request("GET", "/").send().await.unwrap();
    let header = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(page.status(), 200);
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("cache-control"), "no-cache");
    assert_eq!(header("x-content-type-options"), "nosniff");
    let policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
        object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";
    assert_eq!(header("content-security-policy"), policy);
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("x-frame-options"), "SAMEORIGIN");
    let tag = header("etag");
    assert_eq!(
        page.bytes().await.unwrap(),
        std::fs::read(folder.join("index.html")).unwrap()
    );

    let known = server
        .request("GET", "/")
        .header("if-none-match", tag)
        .send()
        .await
        .unwrap();
    assert_eq!(known.status(), 304);
    assert_eq!(known.bytes().await.unwrap().len(), 0);

    let assets = std::fs::read_dir(folder.join("assets")).unwrap();
    let names = assets.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: Vec<String> = names.collect();
    assert!(names.len() >= 2, "a script and a style sheet: {names:?}");
    for name in names {
        let path = format!("/assets/{name}");
        let asset = server.request("GET", &path).send().await.unwrap();
        assert_eq!(asset.status(), 200, "{path}");
        assert_eq!(
            asset.headers()["cache-control"],
            "public, max-age=31536000, immutable"
        );
        assert_ne!(
            asset.headers()["content-type"],
            "application/octet-stream",
            "{path}"
        );
        assert_eq!(
            server.request("POST", &path).send().await.unwrap().status(),
            405,
            "{path}"
        );
    }
}
