//! A server that fetches a model while it serves.

use std::fs;

use serde_json::{Value, json};

use super::stand_in::Behaviour;
use super::{Case, ID};
use crate::support::server::{Server, body, status};

fn serve(case: &Case, flags: &[&str]) -> Server {
    let mut arguments = vec!["serve", "--port", "0", "--json"];
    arguments.extend(flags);
    Server::run(case.command(&arguments))
}

/// The events of a pull, in order.
fn events(reply: &str) -> Vec<Value> {
    let data = reply.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|event| serde_json::from_str(event).unwrap())
        .collect()
}

fn embed(server: &Server, model: &str) -> u16 {
    let request = json!({"input": "今天天气真不错", "model": model}).to_string();
    status(&server.post_with("/v1/embeddings", "", &request))
}

#[test]
fn a_model_is_fetched_while_the_server_answers() {
    let case = Case::slow(60);
    let server = serve(&case, &[]);
    assert_eq!(embed(&server, "tiny"), 404);
    let order = json!({"model": ID}).to_string();
    std::thread::scope(|scope| {
        let pull = scope.spawn(|| server.post_with("/v1/models/pull", "", &order));
        while case.hub_sent() == 0 {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        assert_eq!(embed(&server, "e5-small-zh"), 200);
        let second = server.post_with("/v1/models/pull", "", &order);
        assert_eq!(
            (status(&second), &body(&second)["error"]["code"]),
            (409, &"pull_in_progress".into())
        );
        let reply = pull.join().unwrap();
        assert!(
            reply
                .to_lowercase()
                .contains("content-type: text/event-stream"),
            "{reply}"
        );
        let events = events(&reply);
        let steps: Vec<&str> = events
            .iter()
            .map(|event| event["status"].as_str().unwrap())
            .collect();
        assert_eq!(
            (steps[0], steps.last()),
            ("found", Some(&"success")),
            "{events:?}"
        );
        assert!(
            steps.contains(&"downloading") && steps.contains(&"finishing"),
            "{steps:?}"
        );
        assert_eq!(events[0]["licence"], "apache-2.0");
        assert_eq!(events.last().unwrap()["model"], "tiny");
    });
    assert_eq!(embed(&server, "tiny"), 200);
    let told = body(&server.get("/v1/models/tiny"));
    assert_eq!(
        (&told["licence"], &told["repository"]),
        (&"apache-2.0".into(), &ID.into())
    );
    assert_eq!(
        (&told["place"], told["bytes"].as_u64() > Some(280_000)),
        (&"home".into(), true)
    );
}

/// Why nothing comes for a while, or at all: a hub that wants to be left alone, or a command that is at it.
#[test]
fn what_a_pull_waits_for_is_told() {
    let case = Case::slow(60);
    let server = serve(&case, &[]);
    let order = json!({"model": ID}).to_string();
    let pull = case.start(&["pull", ID]);
    while case.hub_sent() == 0 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let told = events(&server.post_with("/v1/models/pull", "", &order));
    let failed = told.last().unwrap();
    assert!(
        failed["message"]
            .as_str()
            .unwrap()
            .contains("is being fetched by another program"),
        "{failed}"
    );
    assert!(pull.wait_with_output().unwrap().status.success());
    assert_eq!(case.run(&["models", "rm", "tiny", "--yes"]).code, 0);
    case.hub.behave(Behaviour {
        refuse_files: Some((429, Some(1), 1)),
        ..Behaviour::default()
    });
    let told = events(&server.post_with("/v1/models/pull", "", &order));
    let waiting = told.iter().find(|event| event["status"] == "waiting");
    let waiting = waiting.unwrap_or_else(|| panic!("{told:?}"));
    assert_eq!(
        (&waiting["host"], &waiting["seconds"]),
        (&case.hub.host().into(), &1.into())
    );
    assert_eq!(told.last().unwrap()["status"], "success");
}

#[test]
fn what_fails_is_told_in_the_last_event_and_what_is_no_model_at_once() {
    let case = Case::new();
    let server = serve(&case, &[]);
    let post = |order: Value| server.post_with("/v1/models/pull", "", &order.to_string());
    let events = events(&post(json!({"model": "org/missing"})));
    let last = events.last().unwrap();
    assert_eq!(last["status"], "failed");
    assert!(
        last["message"]
            .as_str()
            .unwrap()
            .contains("has a model org/missing."),
        "{last}"
    );
    for (order, code) in [
        (json!({"model": "../x"}), "invalid_value"),
        (json!({"model": "e5-small-zh"}), "invalid_value"),
        (json!({"model": ID, "from": "elsewhere"}), "invalid_value"),
        (json!({"model": ID, "name": "../x"}), "invalid_value"),
        (json!({"model": ID, "more": 1}), "unknown_field"),
        (json!({}), "missing_field"),
    ] {
        let reply = post(order.clone());
        assert_eq!(
            (status(&reply), &body(&reply)["error"]["code"]),
            (422, &code.into()),
            "{order}"
        );
    }
    let listed = serve(&case, &["--listed-only"]);
    let reply = listed.post_with("/v1/models/pull", "", &json!({"model": ID}).to_string());
    assert_eq!(status(&reply), 403);
    let keyed = serve(&case, &["--admin-key", "a-long-admin-key-of-the-test"]);
    let reply = keyed.post_with("/v1/models/pull", "", &json!({"model": ID}).to_string());
    assert_eq!(status(&reply), 401);
}

#[test]
fn a_name_that_a_folder_is_served_under_is_not_given_to_another() {
    let case = Case::new();
    let own = case.home.path().join("srv/rr");
    for (path, content) in &case.repository.files {
        let file = own.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    let server = serve(&case, &["--model", own.to_str().unwrap()]);
    let order = json!({"model": ID, "name": "rr"}).to_string();
    let reply = server.post_with("/v1/models/pull", "", &order);
    let error = &body(&reply)["error"];
    assert_eq!(
        (status(&reply), &error["code"]),
        (422, &"invalid_value".into()),
        "{reply}"
    );
    let told = error["message"].as_str().unwrap();
    assert!(told.contains("Requests for rr get the model in"), "{told}");
    // Whoever installs it beside the server changes nothing of what is told of the folder.
    assert_eq!(case.run(&["pull", ID, "--name", "rr"]).code, 0);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let told = body(&server.get("/v1/models/rr"));
    for field in ["place", "repository", "bytes", "licence"] {
        assert!(told.get(field).is_none(), "{told}");
    }
    let loaded = server.post_with("/v1/models/load", "", r#"{"model": "rr"}"#);
    assert!(body(&loaded).get("repository").is_none(), "{loaded}");
}

#[test]
fn a_model_that_is_not_whole_says_so_in_the_list() {
    let case = Case::new();
    case.run(&["pull", ID]);
    fs::remove_file(case.folder("tiny/vocab.txt")).unwrap();
    let server = serve(&case, &[]);
    let list = body(&server.get("/v1/models"));
    let models = list["data"].as_array().unwrap();
    let tiny = models.iter().find(|model| model["id"] == "tiny").unwrap();
    let problem = tiny["problem"].as_str().unwrap();
    assert!(
        problem.starts_with("The model tiny is not whole: vocab.txt is missing."),
        "{problem}"
    );
    assert!(models[0].get("problem").is_none());
}
