//! What a FAQ learns from: questions without an answer, entries made of them, and what entries answered.

use crate::support::{Server, write};
use serde_json::{Value, json};

const UNANSWERED: &str = "/v1/collections/faq/unanswered";

/// A server with a collection `faq` that keeps what it is asked.
async fn keeping() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::keeping(folder.path()).await;
    let (status, made) = server
        .post("/v1/collections", r#"{"name": "faq", "unanswered": true}"#)
        .await;
    assert_eq!((status, &made["unanswered"]), (201, &json!(true)));
    let items = json!([
        {"id": "x", "text": "x怎么退货", "answer": "七天内"},
        {"id": "no", "text": "-讲个笑话", "reject": true},
    ]);
    let (status, reply) = write(&server, items).await;
    assert_eq!(status, 200, "{reply}");
    (folder, server)
}

async fn ask(server: &Server, text: &str) -> Value {
    let (status, reply) = server
        .send("POST", "/v1/collections/faq/match", &json!({"text": text}))
        .await;
    assert_eq!(status, 200, "{reply}");
    reply
}

async fn unanswered(server: &Server) -> Value {
    let (status, reply) = server.get(UNANSWERED).await;
    assert_eq!(status, 200, "{reply}");
    reply
}

/// Id, size, suggested question and the questions of each cluster.
fn told(reply: &Value) -> Vec<(String, u64, String, Vec<String>)> {
    let clusters = reply["clusters"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let told = clusters.map(|cluster| {
        let questions = cluster["questions"].as_array().unwrap().iter();
        (
            text(&cluster["id"]),
            cluster["size"].as_u64().unwrap(),
            text(&cluster["suggested"]),
            questions.map(|one| text(&one["question"])).collect(),
        )
    });
    told.collect()
}

#[tokio::test]
async fn questions_without_an_answer_become_an_entry() {
    let (_folder, server) = keeping().await;
    for text in [
        "y怎么充值",
        "y的13800138000充值没到账",
        "y怎么充值",
        "y的13912345678充值没到账",
        "x怎么退货呢",
    ] {
        ask(&server, text).await;
    }
    let reply = unanswered(&server).await;
    let first = told(&reply);
    assert_eq!((first.len(), &reply["total"]), (1, &json!(1)));
    let (id, size, suggested, questions) = &first[0];
    assert_eq!((*size, &**suggested), (4, "y怎么充值"));
    assert_eq!(questions, &["y怎么充值", "y的****充值没到账"]);
    let question = &reply["clusters"][0]["questions"][0];
    assert_eq!(
        (&question["count"], &question["reason"]),
        (&json!(2), &json!("below_threshold"))
    );
    assert_eq!(question["nearest"], json!({"id": "no", "similarity": 0.0}));
    // More is asked, and the ids stay.
    ask(&server, "y如何充值").await;
    ask(&server, "找人工").await;
    let second = told(&unanswered(&server).await);
    assert_eq!(second, told(&unanswered(&server).await));
    assert_eq!((&second[0].0, second[0].1), (id, 6));

    let path = format!("{UNANSWERED}/{id}/entry");
    let (status, made) = server
        .send(
            "POST",
            &path,
            &json!({"id": "pay", "answer": "在钱包里", "category": "支付"}),
        )
        .await;
    let expected = json!({"id": "pay", "question": "y怎么充值", "wordings": 2, "answered": 4, "truncated": false});
    assert_eq!((status, made), (200, expected));
    assert_eq!(
        unanswered(&server).await,
        json!({"clusters": [], "total": 0})
    );
    let (_, item) = server.get("/v1/collections/faq/items/pay").await;
    let item_expected = json!({"id": "pay", "text": "y怎么充值", "answer": "在钱包里", "category": "支付",
        "wordings": ["y如何充值", "找人工"]});
    assert_eq!(item, item_expected);
    let answered = ask(&server, "y充值").await;
    assert_eq!(
        (&answered["id"], &answered["answer"]),
        (&json!("pay"), &json!("在钱包里"))
    );
    let (status, gone) = server.send("POST", &path, &json!({"answer": "x"})).await;
    assert_eq!(
        (status, &gone["error"]["code"]),
        (404, &json!("cluster_not_found"))
    );
}

#[tokio::test]
async fn questions_are_added_to_an_entry() {
    let (_folder, server) = keeping().await;
    ask(&server, "y怎么充值").await;
    let id = told(&unanswered(&server).await)[0].0.clone();
    let path = format!("{UNANSWERED}/{id}/entry");
    let (status, reply) = server
        .send("POST", &path, &json!({"add_to": "x", "answer": "又"}))
        .await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (422, &json!("unknown_field"))
    );
    for without in [
        json!({}),
        json!({"id": "x", "reject": false}),
        json!({"answer": null}),
    ] {
        let (status, reply) = server.send("POST", &path, &without).await;
        let error = &reply["error"];
        assert_eq!(
            (status, &error["code"]),
            (422, &json!("missing_field")),
            "{without}"
        );
        assert_eq!(error["message"], "The field answer is missing.");
    }
    let blank = json!({"answer": " \u{3000}"});
    let (status, reply) = server.send("POST", &path, &blank).await;
    assert_eq!((status, &reply["error"]["field"]), (422, &json!("answer")));
    let (status, reply) = server.send("POST", &path, &json!({"add_to": "none"})).await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (404, &json!("item_not_found"))
    );
    let (status, reply) = server
        .send("POST", &path, &json!({"id": "x", "answer": "别的"}))
        .await;
    assert_eq!((status, &reply["error"]["field"]), (422, &json!("id")));
    let (status, reply) = server.send("POST", &path, &json!({"add_to": "x"})).await;
    assert_eq!((status, &reply["wordings"]), (200, &json!(1)), "{reply}");
    let (_, item) = server.get("/v1/collections/faq/items/x").await;
    assert_eq!(
        (&item["wordings"], &item["answer"]),
        (&json!(["y怎么充值"]), &json!("七天内"))
    );
}

#[tokio::test]
async fn clusters_are_dismissed() {
    let (_folder, server) = keeping().await;
    ask(&server, "找人工").await;
    ask(&server, "找个人工").await;
    let found = told(&unanswered(&server).await);
    let path = format!("{UNANSWERED}/{}", found[0].0);
    let (status, reply) = server.send("DELETE", &path, &json!(null)).await;
    assert_eq!((status, reply), (200, json!({"dismissed": 2})));
    let (status, _) = server.send("DELETE", &path, &json!(null)).await;
    assert_eq!(status, 404);
    assert_eq!(unanswered(&server).await["total"], 0);
    for bad in ["x", "017", "99999999999999999999"] {
        let (status, reply) = server
            .send("DELETE", &format!("{UNANSWERED}/{bad}"), &json!(null))
            .await;
        assert_eq!(
            (status, &reply["error"]["code"]),
            (404, &json!("cluster_not_found")),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn entries_have_a_history() {
    let (_folder, server) = keeping().await;
    for text in ["x退货，电话010-88888888", "x能退吗", "-说个笑话"] {
        ask(&server, text).await;
    }
    let history = "/v1/collections/faq/items/x/history";
    let (status, reply) = server.get(history).await;
    assert_eq!(status, 200, "{reply}");
    assert_eq!((&reply["id"], &reply["count"]), (&json!("x"), &json!(2)));
    let hits = reply["hits"].as_array().unwrap();
    let questions: Vec<_> = hits
        .iter()
        .map(|hit| hit["question"].as_str().unwrap())
        .collect();
    assert_eq!(questions, ["x能退吗", "x退货，电话****"]);
    assert_eq!(hits[0]["score"], 1.0);
    assert!(hits[0]["time"].as_str().unwrap().ends_with('Z'));
    let (_, reply) = server.get(&format!("{history}?limit=1")).await;
    assert_eq!(reply["hits"].as_array().unwrap().len(), 1);
    // A `reject` entry has what it turned away, which is not in the list.
    let (_, reply) = server.get("/v1/collections/faq/items/no/history").await;
    assert_eq!(
        (&reply["count"], &reply["hits"][0]["question"]),
        (&json!(1), &json!("-说个笑话"))
    );
    assert_eq!(unanswered(&server).await["total"], 0);

    // Ids may have slashes, and may end so.
    write(
        &server,
        json!([{"id": "a/b", "text": "甲"}, {"id": "a/history", "text": "乙"}]),
    )
    .await;
    let (status, reply) = server.get("/v1/collections/faq/items/a/b/history").await;
    assert_eq!((status, &reply["count"]), (200, &json!(0)), "{reply}");
    let (status, reply) = server.get("/v1/collections/faq/items/a%2Fhistory").await;
    assert_eq!((status, &reply["text"]), (200, &json!("乙")), "{reply}");
    for (path, status, code) in [
        ("items/none/history", 404, "item_not_found"),
        ("items/x/history?limit=0", 422, "invalid_value"),
        ("items/x/history?stale=true", 422, "unknown_field"),
        ("unanswered?limit=x", 422, "invalid_value"),
    ] {
        let (found, reply) = server.get(&format!("/v1/collections/faq/{path}")).await;
        assert_eq!(
            (found, &reply["error"]["code"]),
            (status, &json!(code)),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_collection_that_keeps_nothing_says_so() {
    let (_folder, server) = crate::support::with_faq().await;
    ask(&server, "y怎么充值").await;
    for path in ["unanswered", "items/x/history"] {
        let (status, reply) = server.get(&format!("/v1/collections/faq/{path}")).await;
        assert_eq!(
            (status, &reply["error"]["code"]),
            (409, &json!("collection_conflict"))
        );
        assert!(
            reply["error"]["message"]
                .as_str()
                .unwrap()
                .contains("unanswered"),
            "{reply}"
        );
    }
    let (status, _) = server.get("/v1/collections/none/unanswered").await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn each_part_of_a_message_is_kept_and_courtesy_is_not() {
    let (_folder, server) = keeping().await;
    let body = json!({"text": "你好！x能退吗？y怎么充值？", "split": true});
    let (status, reply) = server
        .send("POST", "/v1/collections/faq/match", &body)
        .await;
    assert_eq!(
        (status, reply["parts"].as_array().unwrap().len()),
        (200, 2),
        "{reply}"
    );
    let found = told(&unanswered(&server).await);
    assert_eq!((found.len(), found[0].1), (1, 1));
    let (_, reply) = server.get("/v1/collections/faq/items/x/history").await;
    assert_eq!(reply["count"], 1);
}

/// Questions are masked where others wait for the store.
#[tokio::test]
async fn questions_that_are_made_to_take_long_hold_up_nobody() {
    let (_folder, server) = keeping().await;
    let began = std::time::Instant::now();
    for hard in ["1 ", "1-", "a.", "12 34-"] {
        ask(&server, &format!("y{}", hard.repeat(15_000))).await;
        let (status, reply) = write(&server, json!([{"id": "z", "text": "z"}])).await;
        assert_eq!(status, 200, "{reply}");
        assert!(unanswered(&server).await["total"].as_u64().unwrap() > 0);
    }
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}
