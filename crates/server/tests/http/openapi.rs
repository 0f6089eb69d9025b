//! `/openapi.json` against the table of routes and against what the server answers.

use std::collections::BTreeSet;

use crate::support::Server;
use serde_json::{Value, json};

/// Path and method of every route in the table.
fn routes_of_the_table() -> BTreeSet<(String, String)> {
    let routes = yuyi_server::routes().into_iter();
    routes
        .map(|(method, path)| (path, method.to_lowercase()))
        .collect()
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap();
            methods
                .iter()
                .map(|(method, operation)| (path.clone(), method.clone(), operation.clone()))
        })
        .collect()
}

#[tokio::test]
async fn every_route_is_in_the_document_and_the_reverse() {
    let server = Server::start().await;
    let (status, document) = server.get("/openapi.json").await;
    assert_eq!(status, 200);
    assert_eq!(document["openapi"], "3.1.0");
    let documented = operations(&document)
        .into_iter()
        .map(|(path, method, _)| (path, method));
    let table = routes_of_the_table();
    assert!(table.contains(&("/similarity".into(), "post".into())));
    assert_eq!(documented.collect::<BTreeSet<_>>(), table);
}

/// What the document gives as an example is answered, and the reply has the fields that it says.
#[tokio::test]
async fn examples_of_the_document_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::keeping(folder.path()).await;
    let (status, _) = server.post("/v1/collections", r#"{"name": "faq"}"#).await;
    assert_eq!(status, 201);
    let cluster = cluster_of_asked(&server).await;
    let (_, document) = server.get("/openapi.json").await;
    let mut forms = 0;
    for (path, method, operation) in operations(&document) {
        let Some(schema) = operation["requestBody"]["content"]["application/json"].get("schema")
        else {
            let has_no_document = ["get", "delete"].contains(&method.as_str());
            assert!(
                has_no_document || path.ends_with("/import"),
                "{method} {path}"
            );
            continue;
        };
        if path == "/v1/models/pull" {
            // Its answer is a stream, and this server has nothing to fetch from: see `pulls.rs`.
            continue;
        }
        for form in alternatives(schema, &document) {
            let mut body = example(&form, &document);
            if path.starts_with("/v1/models/") || path.ends_with("/reindex") {
                // The model of the test has another name.
                body["model"] = "fake".into();
            }
            let path = path
                .replace("{deployment}", "fake")
                .replace("{model}", "fake")
                .replace(
                    "{name}/unanswered/{id}",
                    &format!("asked/unanswered/{cluster}"),
                )
                .replace("{name}", "faq");
            let method = method.to_uppercase();
            let (status, reply) = server.send(&method, &path, &body).await;
            assert_eq!(status, 200, "{path} {body}: {reply}");
            let replies = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            let fits = alternatives(replies, &document)
                .iter()
                .any(|form| conforms(&reply, form, &document));
            assert!(fits, "{path} {body}: {reply}");
            forms += 1;
        }
    }
    assert!(forms > 15, "{forms}");
}

/// The id of a cluster of questions that a collection `asked` was asked.
async fn cluster_of_asked(server: &Server) -> String {
    let made = json!({"name": "asked", "unanswered": true});
    assert_eq!(server.send("POST", "/v1/collections", &made).await.0, 201);
    let (path, question) = ("/v1/collections/asked/match", json!({"text": "怎么充值"}));
    assert_eq!(server.send("POST", path, &question).await.0, 200);
    let (_, kept) = server.get("/v1/collections/asked/unanswered").await;
    kept["clusters"][0]["id"].as_str().unwrap().to_owned()
}

/// What is written by hand as it is computed is what the document says, also with its optional parts.
#[tokio::test]
async fn replies_that_are_written_piece_by_piece_conform() {
    let server = Server::start().await;
    let (_, document) = server.get("/openapi.json").await;
    for (path, body, part) in [
        (
            "/matrix",
            json!({"a": ["x", " ", "y"], "b": ["z", ""]}),
            "/errors/0",
        ),
        (
            "/v1/dedup",
            json!({"texts": ["x 3月上线", "x 5月上线", "x 5月上线了", "同意", " "], "action": "merge"}),
            "/merged/0",
        ),
        (
            "/tokenize",
            json!({"inputs": ["x", "龘y"], "add_special_tokens": true}),
            "/1/0",
        ),
    ] {
        let (status, reply) = server.post(path, body.to_string()).await;
        assert_eq!(status, 200, "{path}: {reply}");
        assert!(reply.pointer(part).is_some(), "{path}: {reply}");
        let schema = &document["paths"][path]["post"]["responses"]["200"]["content"];
        let schema = &schema["application/json"]["schema"];
        assert!(conforms(&reply, schema, &document), "{path}: {reply}");
        let mut other = reply.clone();
        match &mut other {
            Value::Object(fields) => _ = fields.insert("more".into(), 1.into()),
            Value::Array(texts) => texts[0][0]["id"] = "x".into(),
            _ => unreachable!(),
        }
        assert!(!conforms(&other, schema, &document), "{path}: {other}");
    }
}

fn resolve(schema: &Value, document: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        return resolve(document.pointer(pointer).unwrap(), document);
    }
    let Some(parts) = schema["allOf"].as_array() else {
        return schema.clone();
    };
    let mut joined = json!({"type": "object", "properties": {}, "required": []});
    if let Some(example) = schema.get("example") {
        joined["example"] = example.clone();
    }
    for part in parts {
        let part = resolve(part, document);
        for (name, property) in part["properties"].as_object().unwrap() {
            joined["properties"][name] = property.clone();
        }
        let required = part["required"].as_array().cloned().unwrap_or_default();
        joined["required"].as_array_mut().unwrap().extend(required);
    }
    joined
}

/// The forms that a schema says there are, one or any of which holds.
fn forms_of(schema: &Value) -> Option<&Vec<Value>> {
    let one = schema["oneOf"].as_array();
    one.or_else(|| schema["anyOf"].as_array())
}

fn alternatives(schema: &Value, document: &Value) -> Vec<Value> {
    let schema = resolve(schema, document);
    match forms_of(&schema) {
        None => vec![schema],
        Some(forms) => forms
            .iter()
            .flat_map(|form| alternatives(form, document))
            .collect(),
    }
}

/// The first example that a schema has, with what must be there.
fn example(schema: &Value, document: &Value) -> Value {
    let given = schema.get("example").or_else(|| schema["examples"].get(0));
    let schema = resolve(schema, document);
    let own = schema.get("example").or_else(|| schema["examples"].get(0));
    if let Some(example) = given.or(own) {
        return example.clone();
    }
    if forms_of(&schema).is_some() {
        return example(&alternatives(&schema, document)[0], document);
    }
    match schema["type"].as_str() {
        Some("array") => Value::Array(vec![example(&schema["items"], document)]),
        Some("object") => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let field = |name: &Value| {
                let name = name.as_str().unwrap();
                (
                    name.to_owned(),
                    example(&schema["properties"][name], document),
                )
            };
            required.iter().map(field).collect()
        }
        _ => Value::from("x"),
    }
}

/// Whether a reply is what the schema says, as far as types and fields go.
fn conforms(value: &Value, schema: &Value, document: &Value) -> bool {
    let schema = resolve(schema, document);
    if forms_of(&schema).is_some() {
        let forms = alternatives(&schema, document);
        return forms.iter().any(|form| conforms(value, form, document));
    }
    let types = match &schema["type"] {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().map(|name| name.as_str().unwrap()).collect(),
        _ => return true,
    };
    types.iter().any(|name| match (*name, value) {
        ("string", Value::String(_)) | ("null", Value::Null) | ("boolean", Value::Bool(_)) => true,
        ("number", Value::Number(_)) => true,
        ("integer", Value::Number(number)) => number.is_u64(),
        ("array", Value::Array(items)) => items
            .iter()
            .all(|item| conforms(item, &schema["items"], document)),
        ("object", Value::Object(fields)) => {
            let Some(known) = schema["properties"].as_object() else {
                return true;
            };
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let complete = required
                .iter()
                .all(|name| fields.contains_key(name.as_str().unwrap()));
            complete
                && fields.iter().all(|(name, value)| {
                    known
                        .get(name)
                        .is_some_and(|schema| conforms(value, schema, document))
                })
        }
        _ => false,
    })
}

#[tokio::test]
async fn the_reference_needs_nothing_from_elsewhere() {
    let server = Server::start().await;
    let reply = server.request("GET", "/docs").send().await.unwrap();
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.headers()["content-type"], "text/html; charset=utf-8");
    let page = reply.text().await.unwrap();
    assert!(
        !page.contains("http://") && !page.contains("https://"),
        "{page}"
    );
    let script = page.split("src=\"./").nth(1).unwrap();
    let script = script.split('"').next().unwrap();
    let reply = server
        .request("GET", &format!("/{script}"))
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), 200);
    assert!(reply.text().await.unwrap().contains("openapi.json"));
}

/// Calls `show` with each sentence that `/docs` may show: descriptions, summaries, names of groups.
fn sentences(value: &Value, show: &mut impl FnMut(&str)) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| sentences(value, show)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("description" | "summary", Value::String(text)) => show(text),
                    // What is an example, and where the document lies, is no sentence of the page.
                    ("example" | "examples" | "servers", _) => {}
                    _ => sentences(value, show),
                }
            }
        }
        _ => {}
    }
}

/// The English words of a translation, which stand at the beginning of a line: `'text': …` or `Text: …`.
fn english_of(line: &str) -> Option<String> {
    let line = line
        .strip_prefix("  ")
        .filter(|line| !line.starts_with(' '))?;
    let Some(quote) = line.chars().next().filter(|c| "'\"".contains(*c)) else {
        let (name, _) = line.split_once(": ")?;
        return name
            .chars()
            .all(char::is_alphanumeric)
            .then(|| name.to_owned());
    };
    let (mut text, mut is_escaped) = (String::new(), false);
    for c in line.chars().skip(1) {
        match c {
            '\\' if !is_escaped => is_escaped = true,
            c if c == quote && !is_escaped => return Some(text),
            c => {
                text.push(c);
                is_escaped = false;
            }
        }
    }
    None
}

/// `web/src/docs/zh.ts` has all that `/docs` shows, and nothing else.
#[tokio::test]
async fn all_sentences_of_the_document_are_in_chinese_too() {
    let server = Server::start().await;
    let (_, document) = server.get("/openapi.json").await;
    let mut shown = BTreeSet::new();
    sentences(&document, &mut |text| {
        shown.insert(text.split_whitespace().collect::<Vec<_>>().join(" "));
    });
    let groups = document["tags"].as_array().unwrap().iter();
    shown.extend(groups.map(|group| group["name"].as_str().unwrap().to_owned()));
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/src/docs/zh.ts");
    let file = std::fs::read_to_string(file).unwrap();
    let (_, translations) = file.split_once("= {\n").unwrap();
    let known: BTreeSet<String> = translations.lines().filter_map(english_of).collect();
    let missing: Vec<&String> = shown.difference(&known).collect();
    assert!(missing.is_empty(), "not in zh.ts: {missing:#?}");
    let strays: Vec<&String> = known.difference(&shown).collect();
    assert!(strays.is_empty(), "in zh.ts and nowhere else: {strays:#?}");
}
