//! Rerankers on the command line: what they order, how they are rated, and their copies in integers.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::server::{Server, body};
use crate::support::{yuyi, yuyi_with_input};

const RERANKER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/rerankers/bert-reranker-f16"
);

const FAQ: &str = r#"{"id":"invoice","text":"是否支持开具发票？","answer":"支持，在订单页申请。"}
{"id":"title","text":"发票抬头写错了怎么改","wordings":["换一个发票抬头"],"answer":"联系客服。"}
{"id":"14","text":"14天内能退货吗","answer":"能。"}
{"id":"15","text":"15天内可以退货吗","answer":"不能。"}
{"id":"ems","text":"可以发邮政快递吗","answer":"可以。","not_words":["顺丰"]}
{"id":"joke","text":"讲个笑话","reject":true}
"#;

const QUESTIONS: [&str; 7] = [
    "你们的产品能开发票吗？",
    "14天内可以退货吗",
    "16天内能退货吗",
    "能发顺丰吗",
    "给我讲个笑话",
    "发票抬头",
    "今天天气真不错",
];

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The FAQ as a file that every command reads.
fn write_faq(folder: &Path) -> String {
    write(
        folder,
        "faq.jsonl",
        &FAQ.replace(r#""text":"#, r#""question":"#),
    )
}

fn lines(out: &str) -> Vec<Value> {
    let lines = out.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What a command says that fails, in both languages.
fn refusals(arguments: &[&str]) -> [String; 2] {
    ["en", "zh"].map(|language| {
        let run = yuyi(&[arguments, &["--lang", language]].concat());
        assert_ne!(run.code, 0, "{run:?}");
        run.err
    })
}

/// A server of the built-in model and the reranker, with the FAQ in a collection, which ends with it.
fn serving(data: &Path) -> Server {
    let data = data.to_str().unwrap();
    let models = ["--model", "e5-small-zh", "--model", RERANKER];
    let server = Server::start(&[&models[..], &["--data", data]].concat());
    server.post_with("/v1/collections", "", r#"{"name": "faq"}"#);
    let items = json!({"items": lines(FAQ)}).to_string();
    let written = server.post_with("/v1/collections/faq/items", "", &items);
    assert_eq!(body(&written)["upserted"], 6, "{written}");
    server
}

#[test]
fn a_faq_is_answered_as_by_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_faq(folder.path());
    let server = serving(&folder.path().join("data"));
    let message = "你好！能开发票吗？还有，14天内可以退货吗？谢谢";
    for (flags, request, questions) in [
        (&[][..], json!({}), &QUESTIONS[..]),
        (
            &["--threshold", "0.3", "--margin", "0"],
            json!({"threshold": 0.3, "margin": 0}),
            &QUESTIONS,
        ),
        (&["--split"], json!({"split": true}), &[message]),
    ] {
        let ask = [
            &["faq", &file][..],
            questions,
            &["--json", "--rerank", RERANKER],
            flags,
        ];
        let run = yuyi(&ask.concat());
        assert_eq!(run.code, 0, "{}", run.err);
        for (question, mut said) in questions.iter().zip(lines(&run.out)) {
            said.as_object_mut().unwrap().remove("text");
            let mut request = request.clone();
            request["text"] = (*question).into();
            request["rerank"] = true.into();
            let reply = server.post_with("/v1/collections/faq/match", "", &request.to_string());
            assert_eq!(said, body(&reply), "{question} {flags:?}");
            let first = match said["parts"][0].is_object() {
                true => &said["parts"][0]["candidates"][0],
                false => &said["candidates"][0],
            };
            assert!(first["rerank_score"].is_f64(), "{said}");
        }
    }
}

#[test]
fn a_collection_is_searched_as_by_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = serving(&data);
    let mut replies = Vec::new();
    for (limit, mode) in [(1, "dense"), (6, "hybrid"), (3, "lexical")] {
        for question in QUESTIONS {
            let request = json!({"text": question, "limit": limit, "mode": mode, "rerank": true});
            let reply = server.post_with("/v1/collections/faq/search", "", &request.to_string());
            replies.push((question, limit, mode, body(&reply)));
        }
    }
    server.signal("TERM");
    server.end();
    let data = data.to_str().unwrap();
    for (question, limit, mode, reply) in replies {
        let limit = limit.to_string();
        let run = yuyi(&[
            "collection",
            "search",
            "faq",
            question,
            "--data",
            data,
            "--rerank",
            RERANKER,
            "--limit",
            &limit,
            "--mode",
            mode,
            "--json",
        ]);
        assert_eq!(run.code, 0, "{}", run.err);
        let mut said = lines(&run.out).remove(0);
        said.as_object_mut().unwrap().remove("text");
        assert_eq!(said, reply, "{question} {mode}");
        let scores = reply["results"].as_array().unwrap().iter();
        let scores: Vec<f64> = scores
            .map(|hit| hit["rerank_score"].as_f64().unwrap())
            .collect();
        assert!(scores.windows(2).all(|pair| pair[0] >= pair[1]), "{reply}");
    }
    let told = [
        "collection",
        "search",
        "faq",
        "发票",
        "--data",
        data,
        "--rerank",
        RERANKER,
    ];
    let run = yuyi(&told);
    let first = run.out.lines().next().unwrap();
    assert_eq!(first.split('\t').count(), 4, "{run:?}");
}

#[test]
fn labelled_questions_are_tried_and_settings_know_their_reranker() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_faq(folder.path());
    let questions = "能开发票吗\tinvoice\n发票抬头怎么换\ttitle\n十四天内能退吗\t14\n说个笑话\t\n天气怎么样\t\n";
    let questions = write(folder.path(), "q.tsv", questions);
    let test = [
        "faq", "test", &file, &questions, "--json", "--rerank", RERANKER,
    ];
    let run = yuyi(&test);
    assert_eq!(run.code, 0, "{run:?}");
    let tested: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(tested["reranker"], "bert-reranker-f16");
    // Row by row as when it is asked.
    for (row, question) in tested["rows"]
        .as_array()
        .unwrap()
        .iter()
        .zip(lines_of(&questions))
    {
        let ask = ["faq", &file, question, "--json", "--rerank", RERANKER];
        let said = lines(&yuyi(&ask).out).remove(0);
        assert_eq!(row["text"], question);
        assert_eq!(row["reason"], said["reason"], "{row} {said}");
        let first = &said["candidates"][0]["id"];
        assert_eq!(
            row["nearest"]["id"],
            said.get("id").unwrap_or(first).clone(),
            "{row}"
        );
    }
    let shown = yuyi(&["faq", "test", &file, &questions, "--rerank", RERANKER]);
    assert!(
        shown.out.contains("reranked by bert-reranker-f16"),
        "{shown:?}"
    );
    let settings =
        r#"{"threshold": 0.5, "margin": 0, "fingerprint": "x", "model": "m", "reranker": "other"}"#;
    let settings = write(folder.path(), "s.json", settings);
    let run = yuyi(&["faq", &file, "能开发票吗", "--settings", &settings]);
    assert!(
        run.err.contains("fitted with the reranker other"),
        "{run:?}"
    );
    let settings = r#"{"threshold": 0.5, "margin": 0, "fingerprint": "x", "model": "m"}"#;
    let settings = write(folder.path(), "s.json", settings);
    let ask = [
        "faq",
        &file,
        "能开发票吗",
        "--settings",
        &settings,
        "--rerank",
        RERANKER,
    ];
    let run = yuyi(&[&ask[..], &["--lang", "zh"]].concat());
    assert!(run.err.contains("没有重排模型时拟合"), "{run:?}");
}

fn lines_of(questions: &str) -> Vec<&'static str> {
    let text = fs::read_to_string(questions).unwrap().leak();
    text.lines()
        .filter_map(|line| line.split('\t').next())
        .collect()
}

const PAIRS: &str = "怎么退货\t如何办理退货\t1\n明天会下雨吗\t明天有雨吗\t1\n我想开发票\t请给我开一张发票\t1\n\
                     怎么退货\t今天天气不错\t0\n明天会下雨吗\t我想开发票\t0\n请给我开一张发票\t会议改到周五\t0\n";

/// Labelled questions to the FAQ, as a file.
fn write_questions(folder: &Path) -> String {
    let questions = "能开发票吗\tinvoice\n发票抬头\ttitle\n十四天内能退吗\t14\n天气\t\n";
    write(folder, "q.tsv", questions)
}

/// `yuyi eval` of questions to a FAQ, without intervals.
fn eval_of<'a>(faq: &'a str, questions: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    let eval = ["eval", "--faq", faq, "--questions", questions];
    [&eval[..], &["--rounds", "0"], flags].concat()
}

/// What it finds.
fn evaluated(faq: &str, questions: &str, flags: &[&str]) -> Value {
    let run = yuyi(&[&eval_of(faq, questions, flags)[..], &["--json"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    serde_json::from_str::<Value>(&run.out).unwrap()["retrieval"].take()
}

#[test]
fn pairs_rate_a_reranker() {
    let folder = tempfile::tempdir().unwrap();
    let pairs = write(folder.path(), "p.tsv", PAIRS);
    let eval = ["eval", &pairs, "--model", RERANKER, "--rounds", "20"];
    let run = yuyi(&[&eval[..], &["--json"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let found: Value = serde_json::from_str(&run.out).unwrap();
    let all = &found["all"];
    assert!(
        all["spearman"]["value"].is_f64() && all["best_cosine"].is_null(),
        "{all}"
    );
    assert!(all["best_logit"]["value"].is_f64() && all["threshold"]["logit"].is_f64());
    assert!(found["seconds_per_1000_pairs"].as_f64().unwrap() > 0.0);
    let report = folder.path().join("r.html");
    let flags = ["--report", report.to_str().unwrap(), "--lang", "zh"];
    let run = yuyi(&[&eval[..], &flags].concat());
    assert!(run.out.contains("每 1,000 对耗时"), "{run:?}");
    assert!(
        fs::read_to_string(report)
            .unwrap()
            .contains("相似度 / 原始分")
    );
    // The two texts are not alike to it: each way is a pair of its own.
    let compare = ["compare", &pairs, "--rounds", "20", "--models"];
    let models = format!("e5-small-zh,{RERANKER}");
    let run = yuyi(&[&compare[..], &[&models, "--json"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let compared: Value = serde_json::from_str(&run.out).unwrap();
    let results = compared["results"].as_array().unwrap();
    let row = results.iter().find(|row| row["name"] == RERANKER).unwrap();
    assert_eq!(
        row["quality"]["spearman"], all["spearman"],
        "the same scores"
    );
    assert_eq!(row["model"]["is_reranker"], true);
    for row in results {
        assert!(
            row["seconds_per_1000_pairs"].as_f64().unwrap() > 0.0,
            "{row}"
        );
    }
    let run = yuyi(&[&compare[..], &[&models]].concat());
    assert!(run.out.contains("s/1,000 pairs"), "{run:?}");
}

#[test]
fn questions_rate_a_reranker_behind_a_first_stage() {
    let folder = tempfile::tempdir().unwrap();
    let faq = write_faq(folder.path());
    let questions = write_questions(folder.path());
    let found = |flags: &[&str]| evaluated(&faq, &questions, flags);
    let (plain, with_reranker) = (found(&[]), found(&["--rerank", RERANKER]));
    let reranked = &with_reranker["reranked"];
    assert_eq!(with_reranker["mrr"], plain["mrr"], "beside those before");
    assert_eq!(
        (&reranked["reranker"], &reranked["first_stage"]),
        (&"bert-reranker-f16".into(), &"e5-small-zh".into())
    );
    assert_eq!(
        (&reranked["candidates"], &reranked["pairs"]),
        (&6.into(), &24.into())
    );
    assert!(reranked["recall_at_1"]["value"].is_f64() && reranked["ndcg_at_10"]["value"].is_f64());
    // One candidate cannot be ordered.
    let one = found(&["--rerank", RERANKER, "--candidates", "1"]);
    assert_eq!(one["reranked"]["mrr"], plain["mrr"]);
    let report = folder.path().join("r.html");
    let flags = ["--rerank", RERANKER, "--report", report.to_str().unwrap()];
    let run = yuyi(&eval_of(&faq, &questions, &flags));
    let told = "bert-reranker-f16, which orders the first 6 of e5-small-zh";
    assert!(run.out.contains(told), "{run:?}");
    assert!(
        fs::read_to_string(report)
            .unwrap()
            .contains("重排 e5-small-zh 找到的前 6 条")
    );
}

#[test]
fn several_are_compared_on_questions_behind_the_first_model() {
    let folder = tempfile::tempdir().unwrap();
    let pairs = write(folder.path(), "p.tsv", PAIRS);
    let faq = write_faq(folder.path());
    let questions = write_questions(folder.path());
    // The reranker is named first and measured last.
    let models = format!("{RERANKER},e5-small-zh");
    let compare = [
        "compare",
        &pairs,
        "--faq",
        &faq,
        "--questions",
        &questions,
        "--models",
        &models,
        "--methods",
        "jaccard",
        "--rounds",
        "0",
    ];
    let run = yuyi(&[&compare[..], &["--json", "--candidates", "4"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let found: Value = serde_json::from_str(&run.out).unwrap();
    let results = found["results"].as_array().unwrap();
    let row = |name: &str| &results.iter().find(|row| row["name"] == name).unwrap()["retrieval"];
    let (first, reranked) = (row("e5-small-zh"), row(RERANKER));
    assert_eq!(
        (&first["first_stage"], &reranked["first_stage"]),
        (&Value::Null, &"e5-small-zh".into())
    );
    assert!(row("jaccard").is_null());
    let flags = ["--rerank", RERANKER, "--candidates", "4"];
    let evaluated = evaluated(&faq, &questions, &flags);
    for metric in ["recall_at_1", "recall_at_10", "mrr", "ndcg_at_10"] {
        assert_eq!(first[metric], evaluated[metric], "{metric}");
        assert_eq!(reranked[metric], evaluated["reranked"][metric], "{metric}");
    }
    let report = folder.path().join("r.html");
    let flags = ["--report", report.to_str().unwrap(), "--lang", "zh"];
    let run = yuyi(&[&compare[..], &flags].concat());
    assert!(
        run.out.contains("第一阶段") && run.out.contains("重排模型给前 6 条重新排序"),
        "{run:?}"
    );
    assert!(fs::read_to_string(report).unwrap().contains("第一阶段"));
}

#[test]
fn what_is_no_reranker_or_is_one_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let faq = write_faq(folder.path());
    let pairs = write(folder.path(), "p.tsv", PAIRS);
    let questions = write(folder.path(), "q.tsv", "发票\tinvoice\n");
    let vectors = folder.path().join("v.npy").display().to_string();
    let ask = ["faq", &faq, "发票"];
    for (arguments, english, chinese) in [
        (
            [&ask[..], &["--rerank", "e5-small-zh"]].concat(),
            "e5-small-zh is an embedding model",
            "e5-small-zh 是向量模型",
        ),
        (
            [&ask[..], &["--rerank", "remote:http://127.0.0.1:9/v1#m"]].concat(),
            "is an embedding model",
            "是向量模型",
        ),
        (
            [&ask[..], &["--rerank", "/nowhere"]].concat(),
            "/nowhere is not a folder",
            "/nowhere 不是文件夹",
        ),
        (
            [&ask[..], &["--model", RERANKER]].concat(),
            "is a reranker: it scores how well",
            "是重排模型：它给文档对查询的回答程度打分",
        ),
        (
            vec!["eval", &pairs, "--rerank", RERANKER],
            "--rerank is for questions to a FAQ",
            "--rerank 用于对 FAQ 的提问",
        ),
        (
            vec![
                "eval",
                "--faq",
                &faq,
                "--questions",
                &questions,
                "--model",
                RERANKER,
            ],
            "which orders what a model of vectors has found",
            "只给向量模型找到的内容重新排序",
        ),
        (
            vec!["embed", "--model", RERANKER, &pairs, "-o", &vectors],
            "is a reranker: it scores how well",
            "是重排模型：它给文档对查询的回答程度打分",
        ),
    ] {
        let [en, zh] = refusals(&arguments);
        assert!(en.contains(english), "{en}");
        assert!(zh.contains(chinese), "{zh}");
    }
    let run = yuyi_with_input(&["faq", &faq, "-", "--rerank", RERANKER], "\n \n");
    assert_eq!(run.code, 0, "no question is no error: {run:?}");
}

#[test]
fn a_copy_in_integers_scores_as_the_original_does_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let pairs = write(folder.path(), "p.tsv", PAIRS);
    let small = folder.path().join("small");
    let small = small.to_str().unwrap();
    let run = yuyi(&["quantize", RERANKER, "-o", small, "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let told: Value = serde_json::from_str(&run.out).unwrap();
    assert!(
        told["calibration"].is_null() && told["mean_cosine"].is_null(),
        "{told}"
    );
    let (mean, largest) = (
        told["mean_difference"].as_f64(),
        told["largest_difference"].as_f64(),
    );
    assert!(
        mean.unwrap() <= largest.unwrap() && told["spread"].as_f64() > largest,
        "{told}"
    );
    let eval = |flags: &[&str]| -> Value {
        let run = yuyi(&[&["eval", &pairs, "--json", "--rounds", "0"], flags].concat());
        assert_eq!(run.code, 0, "{run:?}");
        serde_json::from_str::<Value>(&run.out).unwrap()["all"]["spearman"].take()
    };
    assert_eq!(
        eval(&["--model", small]),
        eval(&["--model", RERANKER, "--precision", "int8"])
    );
    let again = folder.path().join("again");
    let again = again.to_str().unwrap();
    let run = yuyi(&[
        "quantize",
        RERANKER,
        "-o",
        again,
        "--precision",
        "int4",
        "--lang",
        "zh",
    ]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("个句对的原始分（logit）跨度为"), "{run:?}");
    let [en, zh] = refusals(&[
        "quantize",
        small,
        "-o",
        folder.path().join("x").to_str().unwrap(),
    ]);
    assert!(
        en.contains("quantised already") && !zh.contains("quantised"),
        "{en} {zh}"
    );
}
