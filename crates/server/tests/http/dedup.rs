//! `POST /v1/dedup`. Texts of the model that begin with `x` are all alike, those with `y` as well; `x` and `y` have nothing in common.

use serde_json::{Value, json};
use yuyi_server::Limits;

use crate::support::Server;

async fn dedup(server: &Server, body: Value) -> (u16, Value) {
    server.post("/v1/dedup", body.to_string()).await
}

#[tokio::test]
async fn neighbours_are_grouped_and_who_agrees_is_counted() {
    let server = Server::start().await;
    let (status, reply) = dedup(
        &server,
        json!({"items": [
            {"text": "x 上线时间定了", "speaker": "张三", "time": "00:00:01"},
            {"text": "嗯，x 上线的时间已经定了吧", "speaker": "李四", "id": 7, "time": 12},
            {"text": "同意", "speaker": "王五"},
            {"text": "y 说说预算"},
            {"text": "x 我们3月上线"},
            {"text": "x 我们5月上线"},
        ], "threshold": 0.9, "action": "merge"}),
    )
    .await;
    assert_eq!(status, 200, "{reply}");
    let expected = json!({
        "status": "success", "model": "fake", "calibrated": false, "mode": "adjacent", "threshold": 0.9,
        "groups": [
            {"representative": 1, "members": [{"index": 0, "similarity": 1.0}]},
            {"representative": 4, "members": [{"index": 5, "similarity": 1.0, "held_back": "date"}]},
        ],
        "kept": [1, 3, 4, 5], "duplicates": 1,
        "votes": [{"index": 2, "for": 1, "speaker": "王五"}],
        "merged": [
            {"text": "嗯，x 上线的时间已经定了吧", "from": [1, 0], "speakers": ["李四", "张三"], "times": ["12", "00:00:01"]},
            {"text": "y 说说预算", "from": [3]},
            {"text": "x 我们3月上线", "from": [4]},
            {"text": "x 我们5月上线", "from": [5]},
        ],
        "truncated": false, "pairs_above": 0.8,
        "pairs": [{"a": 0, "b": 1, "similarity": 1.0}, {"a": 4, "b": 5, "similarity": 1.0}],
    });
    assert_eq!(reply, expected);
}

#[tokio::test]
async fn all_pairs_and_old_texts() {
    let server = Server::start().await;
    let texts = json!(["x 甲乙丙", "y 预算", "x 甲乙丙丁", "y 预算表"]);
    let (status, reply) = dedup(&server, json!({"texts": texts, "mode": "all"})).await;
    assert_eq!(status, 200, "{reply}");
    assert_eq!(reply["kept"], json!([2, 3]), "{reply}");
    let body = json!({"texts": texts, "mode": "all", "against": ["x 甲", {"text": "同意"}]});
    let (_, reply) = dedup(&server, body).await;
    let old = json!({"against": 0, "members": [{"index": 0, "similarity": 1.0}, {"index": 2, "similarity": 1.0}]});
    assert_eq!(reply["groups"][0], old, "{reply}");
    assert_eq!(
        reply["pairs"][0],
        json!({"against": 0, "b": 0, "similarity": 1.0})
    );
}

#[tokio::test]
async fn a_text_that_cannot_be_compared_has_its_error_and_is_kept() {
    let server = Server::start().await;
    let (status, reply) = dedup(&server, json!({"texts": ["x 一", " ", "x 一"]})).await;
    assert_eq!(status, 200, "{reply}");
    assert_eq!(reply["errors"][0]["field"], "texts[1]");
    assert_eq!(
        (&reply["kept"], &reply["duplicates"]),
        (&json!([0, 1]), &json!(1))
    );
    let (status, reply) = dedup(&server, json!({"texts": [" "]})).await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (422, &json!("empty_text"))
    );
    let long =
        json!({"texts": ["x 一", "x 二三四五六七八九十一二三四五六七八"], "long_text": "error"});
    let (status, reply) = dedup(&server, long).await;
    assert_eq!(
        (status, &reply["error"]["field"]),
        (422, &json!("texts[1]"))
    );
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_by_its_field() {
    let server = Server::with_limits(Limits {
        texts: 3,
        ..Limits::default()
    })
    .await;
    for (body, status, code, field) in [
        (json!({}), 422, "missing_field", "texts"),
        (json!({"texts": []}), 422, "empty_list", "texts"),
        (
            json!({"texts": ["x"], "items": [{"text": "x"}]}),
            422,
            "invalid_value",
            "items",
        ),
        (json!({"items": ["x"]}), 422, "wrong_type", "items[0]"),
        (
            json!({"items": [{"text": "x", "who": "y"}]}),
            422,
            "unknown_field",
            "items[0].who",
        ),
        (
            json!({"items": [{"speaker": "x"}]}),
            422,
            "missing_field",
            "items[0].text",
        ),
        (
            json!({"items": [{"text": "x", "time": []}]}),
            422,
            "wrong_type",
            "items[0].time",
        ),
        (
            json!({"texts": ["x"], "threshold": 1.5}),
            422,
            "invalid_value",
            "threshold",
        ),
        (
            json!({"texts": ["x"], "pairs_above": 0.9}),
            422,
            "invalid_value",
            "pairs_above",
        ),
        (
            json!({"texts": ["x"], "mode": "near"}),
            422,
            "invalid_value",
            "mode",
        ),
        (
            json!({"texts": ["x", "y"], "against": ["x", "y"]}),
            413,
            "too_many_texts",
            "against",
        ),
    ] {
        let (found, reply) = dedup(&server, body.clone()).await;
        assert_eq!(found, status, "{body}: {reply}");
        assert_eq!(reply["error"]["code"], code, "{body}: {reply}");
        assert_eq!(reply["error"]["field"], field, "{body}: {reply}");
    }
}

/// More pairs than fit a part of the reply, which is then read as a whole all the same.
#[tokio::test]
async fn many_pairs_are_written_part_by_part() {
    let server = Server::start().await;
    let texts: Vec<String> = (0..150).map(|i| format!("x 第{i}号订单发货了")).collect();
    let (status, reply) = dedup(&server, json!({"texts": texts, "mode": "all"})).await;
    assert_eq!(status, 200);
    assert_eq!(reply["pairs"].as_array().unwrap().len(), 150 * 149 / 2);
    // All are held back by their numbers.
    assert_eq!(reply["duplicates"], 0);
}

#[tokio::test]
async fn what_nobody_would_look_at_is_refused() {
    let server = Server::start().await;
    let body = json!({"texts": ["x 甲", "x 乙"]}).to_string();
    let (status, reply) = server.post("/v1/dedup?threshold=0.9", body).await;
    assert_eq!(status, 422, "{reply}");
    assert!(reply.to_string().contains("belongs in the body"), "{reply}");
    let (status, reply) = dedup(&server, json!({"segments": [{"text": "x 甲"}]})).await;
    assert_eq!(status, 422, "{reply}");
    assert!(
        reply.to_string().contains("application/x-ndjson"),
        "{reply}"
    );
}

#[tokio::test]
async fn agreements_have_a_place() {
    let server = Server::start().await;
    let texts = json!(["同意", "x 甲乙丙", "好的"]);
    let (_, reply) = dedup(&server, json!({"texts": texts, "against": ["x 甲乙"]})).await;
    assert_eq!(reply["kept"], json!([0]), "{reply}");
    let votes = json!([{"index": 2, "for": null, "for_against": 0}]);
    assert_eq!(reply["votes"], votes, "{reply}");
}
