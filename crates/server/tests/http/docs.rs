//! Holds `docs/*/api.md` to the code: every error with its status, every route.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::Server;
use serde_json::Value;

const PAGES: [&str; 2] = ["../../docs/en/api.md", "../../docs/zh/api.md"];

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn every_error_is_documented_with_its_status() {
    let failures = yuyi_server::FAILURES.iter();
    let table: BTreeSet<_> = failures
        .map(|(status, code)| (status.to_string(), (*code).to_owned()))
        .collect();
    for page in PAGES {
        assert_eq!(errors_of_the_page(&read(page)), table, "{page}");
    }
}

/// Rows such as ``| 413 | `body_too_large`, `text_too_long` | … |``.
fn errors_of_the_page(page: &str) -> BTreeSet<(String, String)> {
    let mut errors = BTreeSet::new();
    for line in page.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, status, codes, ..] = cells[..] else {
            continue;
        };
        if status.parse::<u16>().is_ok() {
            let codes = codes.split('`').skip(1).step_by(2);
            errors.extend(codes.map(|code| (status.to_owned(), code.to_owned())));
        }
    }
    errors
}

/// Every request of the pages is answered, by a reply with the fields that stand below it.
#[tokio::test]
async fn examples_are_answered_as_written() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::keeping(folder.path()).await;
    for page in PAGES {
        let text = read(page);
        let examples: Vec<&str> = text.split("```http\nPOST ").skip(1).collect();
        assert!(examples.len() > 9, "{page}: {}", examples.len());
        for example in examples {
            let (request, rest) = example.split_once("\n```\n").unwrap();
            let (head, body) = request.split_once("\n\n").unwrap();
            let (path, headers) = head.split_once('\n').unwrap();
            assert_eq!(headers, "Content-Type: application/json");
            let reply = rest.split("```json\n").nth(1).unwrap();
            let expected = reply.split_once("\n```").unwrap().0;
            let expected: Value = serde_json::from_str(expected).unwrap();
            // The model of the test has another name and shorter vectors.
            let mut body: Value = serde_json::from_str(body).unwrap();
            let fields = body.as_object_mut().unwrap();
            fields.remove("model");
            fields.remove("dimensions");
            if path.ends_with("/match") {
                // And takes all texts of a page for the same.
                fields.insert("margin".into(), 0.into());
            }
            let (status, got) = server.post(path, body.to_string()).await;
            // What is made is answered 201.
            assert!([200, 201].contains(&status), "{page} {path}: {got}");
            assert_eq!(shape(&got), shape(&expected), "{page} {path} {body}");
        }
    }
}

/// Fields and types, without values and without the number of entries of lists.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), shape(value)))
            .collect(),
        Value::Array(items) => {
            let mut shapes: Vec<Value> = items.iter().map(shape).collect();
            shapes.dedup();
            shapes.into()
        }
        Value::String(_) => "text".into(),
        Value::Number(_) => 0.into(),
        // The model of the test has no calibration.
        Value::Bool(_) => false.into(),
        Value::Null => Value::Null,
    }
}

#[test]
fn every_route_is_documented() {
    let routes: BTreeSet<String> = yuyi_server::routes()
        .into_iter()
        .map(|(_, path)| path)
        .collect();
    assert!(routes.contains("/similarity"), "{routes:?}");
    for page in PAGES {
        let text = read(page);
        for route in &routes {
            let named = |before: &str| text.contains(&format!("`{before}{route}`"));
            assert!(
                ["", "GET ", "POST ", "PUT ", "DELETE "]
                    .into_iter()
                    .any(named),
                "{page}: {route}"
            );
        }
    }
}
