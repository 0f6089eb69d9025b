//! `yuyi faq`: answers from a file, which are those of the server.

use std::fs;

use serde_json::{Value, json};

use crate::support::server::{Server, body};
use crate::support::{yuyi, yuyi_with_input};

/// Entries of every kind, as lines that a server imports too.
const ENTRIES: &str = r#"{"id":"invoice","text":"是否支持开具发票？","answer":"支持，在订单页申请。","related":["title"]}
{"id":"title","text":"发票抬头写错了怎么改","wordings":["换一个发票抬头"],"answer":"联系客服。"}
{"id":"14","text":"14天内能退货吗","answer":"能。"}
{"id":"15","text":"15天内可以退货吗","answer":"不能。"}
{"id":"ems","text":"可以发邮政快递吗","answer":"可以。","not_words":["顺丰"]}
{"id":"old","text":"春节几号放假","answer":"见公告。","valid_until":"2020-01-31"}
{"id":"joke","text":"讲个笑话","reject":true}
{"id":"sure","text":"怎么注销账号","answer":"在设置里。","threshold":0.99}
"#;

const QUESTIONS: [&str; 9] = [
    "你们的产品能开发票吗？",
    "14天内可以退货吗",
    "15天内能退货吗",
    "16天内能退货吗",
    "能发顺丰吗",
    "春节几号放假",
    "给我讲个笑话",
    "账号不想要了怎么注销",
    "今天天气真不错",
];

fn lines(out: &str) -> Vec<Value> {
    out.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// One test walks both doors.
#[test]
fn the_command_and_the_server_answer_alike() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("faq.jsonl");
    fs::write(&file, ENTRIES).unwrap();
    let file = file.to_str().unwrap();
    let server = Server::start(&["--data", folder.path().to_str().unwrap()]);
    server.post_with("/v1/collections", "", r#"{"name": "faq"}"#);
    let items: Vec<Value> = lines(ENTRIES);
    let written = server.post_with(
        "/v1/collections/faq/items",
        "",
        &json!({"items": items}).to_string(),
    );
    assert_eq!(body(&written)["upserted"], 8, "{written}");
    let message = "你好！能开发票吗？还有，14天内可以退货吗？谢谢";
    for (flags, request, questions) in [
        (&[][..], json!({}), &QUESTIONS[..]),
        (
            &["--threshold", "0.4", "--margin", "0.2"],
            json!({"threshold": 0.4, "margin": 0.2}),
            &QUESTIONS,
        ),
        (&["--split"], json!({"split": true}), &[message]),
    ] {
        let run = yuyi(&[&["faq", file], questions, &["--json"], flags].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        let said = lines(&run.out);
        assert_eq!(said.len(), questions.len());
        for (question, mut said) in questions.iter().zip(said) {
            assert_eq!(said["text"], **question);
            said.as_object_mut().unwrap().remove("text");
            let mut request = request.clone();
            request["text"] = (*question).into();
            let reply = server.post_with("/v1/collections/faq/match", "", &request.to_string());
            assert_eq!(said, body(&reply), "{question} {flags:?}");
        }
    }
}

#[test]
fn a_question_is_answered_or_told_why_not() {
    let ask = |question: &str, flags: &[&str]| {
        let run = yuyi_with_input(
            &[&["faq", "-", question, "--format", "jsonl"], flags].concat(),
            ENTRIES,
        );
        assert_eq!(run.code, 0, "{}", run.err);
        run.out
    };
    let out = ask("你们的产品能开发票吗？", &[]);
    let cells: Vec<&str> = out.trim_end().split('\t').collect();
    assert_eq!(
        cells[1..],
        ["invoice", "是否支持开具发票？", "支持，在订单页申请。"]
    );
    assert!(cells[0].parse::<f64>().unwrap() > 0.5);
    let out = ask("16天内能退货吗", &[]);
    assert!(
        out.starts_with("-\tThe nearest says something else (16天 / 15天"),
        "{out}"
    );
    // The nearest excludes what is asked, and no weaker one is lifted into its place.
    let out = ask("可以发顺丰快递吗", &["--threshold", "0.3"]);
    assert!(
        out.starts_with("-\tThe nearest is not for questions with 顺丰: 可以发邮政快递吗"),
        "{out}"
    );
    let out = ask("可以发顺丰快递吗", &["--threshold", "0.3", "--lang", "zh"]);
    assert!(
        out.starts_with("-\t最接近的条目不答含“顺丰”的问题："),
        "{out}"
    );
    let out = ask("今天天气真不错", &["--lang", "zh"]);
    assert!(
        out.starts_with("-\t没有足够接近的条目；最接近的是："),
        "{out}"
    );
    assert!(ask("讲个笑话", &[]).starts_with("-\tThis is not to be answered"));
    assert!(ask("怎么注销账号呢", &[]).starts_with("-\tNothing is near enough"));
}

#[test]
fn questions_come_from_files_and_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let faq = path(
        "faq.csv",
        "问题,答案,编号\n怎么退货,七天内,a\n怎么开发票,在订单页,b\n",
    );
    let ids = |out: &str| -> Vec<Value> {
        let lines = lines(out).into_iter();
        lines.map(|line| line["id"].clone()).collect()
    };
    let asked = "怎么退货？\n\n怎么开发票？\n";
    let run = yuyi_with_input(&["faq", "ask", &faq, "-", "--json"], asked);
    assert_eq!(ids(&run.out), ["a", "b"], "{}", run.err);
    let file = path("q.txt", "怎么退货？\n怎么开发票？\n");
    let run = yuyi(&["faq", &faq, "--questions", &file, "--json"]);
    assert_eq!(ids(&run.out), ["a", "b"], "{}", run.err);
    let run = yuyi(&["faq", &faq, "--questions", &file]);
    let first = run.out.lines().next();
    assert_eq!(first, Some("怎么退货？"), "the question above its answer");
}

#[test]
fn what_is_wrong_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let faq = path("faq.csv", "question,answer\n怎么退货,七天内\n");
    let refused = |arguments: &[&str]| {
        let run = yuyi(arguments);
        (run.code, run.err)
    };
    let (code, err) = refused(&["faq", &faq, " "]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("A question is empty or blank"), "{err}");
    let (code, err) = refused(&["faq", "-", "-"]);
    assert_eq!(code, 2, "{err}");
    assert!(
        err.contains("Standard input can be the FAQ or the questions"),
        "{err}"
    );
    let (code, err) = refused(&["faq", &faq, "x", "--threshold", "1.5"]);
    assert!(code == 2 && err.contains("is not between 0 and 1"), "{err}");
    let empty = path("empty.csv", "question,answer\n");
    let (code, err) = refused(&["faq", &empty, "x"]);
    assert!(code == 1 && err.contains("has no"), "{err}");
    let broken = path("broken.csv", "question,threshold\n怎么退货,\n怎么换货,2\n");
    let (code, err) = refused(&["faq", &broken, "x"]);
    assert!(
        code == 1 && err.contains("broken.csv:3: column B (threshold)"),
        "{err}"
    );
    let twice = path(
        "twice.csv",
        "id,question,answer\n1,怎么退货,七天内\n1,怎么开票,在订单页\n",
    );
    let run = yuyi(&["faq", &twice, "怎么开票"]);
    assert!(run.out.contains("在订单页"), "{}", run.out);
    assert!(
        run.err.contains("The last of each id counts"),
        "{}",
        run.err
    );
    let many = "怎么退货？".repeat(40);
    let (code, err) = refused(&["faq", &faq, &many, "--split"]);
    assert!(code == 1 && err.contains("It holds 40 questions"), "{err}");
}
