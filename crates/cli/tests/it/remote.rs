//! Models that compute elsewhere, wherever a model can be named: against a second yuyi, and against a provider on this machine
//! that does as it documents itself.

mod compared;
mod encrypted;
mod served;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::stand_in::{KEY, Reply, StandIn, failure};
use crate::support::server::Server;
use crate::support::{Run, command, yuyi};

const PAIR: [&str; 2] = ["今天天气真不错", "外面阳光明媚"];

const PAIRS: &str = "我今天心情很好\t我感到非常愉快\t1\n\
                     今天天气真不错\t外面阳光明媚\t1\n\
                     怎么退货\t如何把商品寄回去\t1\n\
                     我今天心情很好\t我今天课程很满\t0\n\
                     今天天气真不错\t今天股市真不错\t0\n\
                     怎么退货\t怎么唱歌\t0\n";

/// The program with the key of a provider.
fn with_key(arguments: &[&str], variable: &str, key: &str) -> Run {
    let mut command = command();
    command.args(arguments).env(variable, key);
    command.output().unwrap().into()
}

fn json_of(arguments: &[&str]) -> Value {
    let run = yuyi(arguments);
    assert_eq!(run.code, 0, "{run:?}");
    serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:?}"))
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// One server for all of it, since each loads a model.
#[test]
fn another_yuyi_gives_what_its_model_gives_here() {
    let server = Server::start(&[]);
    let there = format!("remote:http://{}/v1#e5-small-zh", server.address);
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = PAIR;
    // Pairs.
    let here = json_of(&["sim", a, b, "--json"]);
    let remote = json_of(&["sim", a, b, "--json", "--model", &there]);
    let cosine = |found: &Value| found["cosine"].as_f64().unwrap();
    assert!(
        (cosine(&here) - cosine(&remote)).abs() < 1e-6,
        "{here} {remote}"
    );
    assert_eq!(
        (&remote["calibrated"], &remote["model"]),
        (&json!(false), &json!(there))
    );
    // Vectors.
    let texts = write(folder.path(), "t.txt", &PAIR.join("\n"));
    let lines = |model: &str| -> Vec<Value> {
        let run = yuyi(&["embed", &texts, "-o", "-", "--model", model]);
        assert_eq!(run.code, 0, "{run:?}");
        run.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let (lines_here, lines_there) = (lines("e5-small-zh"), lines(&there));
    for (here, remote) in lines_here.iter().zip(&lines_there) {
        let numbers = |line: &Value| -> Vec<f64> {
            let all = line["embedding"].as_array().unwrap().iter();
            all.map(|x| x.as_f64().unwrap()).collect()
        };
        let (here_numbers, there_numbers) = (numbers(here), numbers(remote));
        let both = here_numbers.iter().zip(&there_numbers);
        assert!(both.map(|(x, y)| (x - y).abs()).fold(0.0, f64::max) < 1e-6);
    }
    // Of a call it is told how many tokens all texts have; each has its part.
    let tokens = |lines: &[Value]| {
        lines
            .iter()
            .map(|line| line["tokens"].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(tokens(&lines_here), tokens(&lines_there));
    // Quality, and what is known of it.
    let pairs = write(folder.path(), "p.tsv", PAIRS);
    let quality = |model: &str| {
        let found = json_of(&["eval", &pairs, "--json", "--rounds", "0", "--model", model]);
        found["files"][0]["spearman"]["value"].as_f64().unwrap()
    };
    assert_eq!(quality("e5-small-zh"), quality(&there));
    let info = json_of(&["info", "--json", "--model", &there]);
    assert_eq!(
        (&info["dimension"], &info["kernel"], &info["pooling"]),
        (&json!(384), &json!("none"), &Value::Null)
    );
    // What nobody tells is no zero.
    for fact in ["layers", "max_tokens", "threads", "weight_bytes"] {
        assert_eq!(info[fact], Value::Null, "{fact}");
    }
    let told = yuyi(&["info", "--model", &there]);
    for fact in [
        "layers",
        "max tokens",
        "pooling",
        "precision",
        "kernel",
        "threads",
        "weights",
    ] {
        let line = format!("{fact:<16}not known\n");
        assert!(told.out.contains(&line), "{fact}: {told:?}");
    }
    assert!(told.out.contains("dimension       384\n"), "{told:?}");
    // A FAQ, and a collection that is asked again later.
    let faq = write(
        folder.path(),
        "faq.jsonl",
        "{\"text\":\"是否支持开具发票？\",\"answer\":\"支持\"}\n{\"text\":\"怎么退货\",\"answer\":\"七天\"}\n",
    );
    let answer = yuyi(&[
        "faq",
        &faq,
        "能开发票吗",
        "--threshold",
        "0.1",
        "--margin",
        "0",
        "--json",
        "--model",
        &there,
    ]);
    assert!(
        answer.code == 0 && answer.out.contains("支持"),
        "{answer:?}"
    );
    let data = folder.path().join("data");
    let collection = |arguments: &[&str]| {
        let place = ["--data", data.to_str().unwrap()];
        let run = yuyi(&[&["collection"], arguments, &place].concat());
        assert_eq!(run.code, 0, "{run:?}");
        run.out
    };
    collection(&["create", "c", "--model", &there]);
    collection(&["import", "c", &faq]);
    let found = collection(&["search", "c", "能开发票吗", "--json"]);
    assert!(found.contains("是否支持开具发票"), "{found}");
    // A calibration is found by what the vectors are known by.
    let home = folder.path().join("home");
    let calibrated = |arguments: &[&str]| {
        let mut command = command();
        command.args(arguments).env("YUYI_HOME", &home);
        Run::from(command.output().unwrap())
    };
    let fitted = calibrated(&["calibrate", "--model", &there, "--json"]);
    assert_eq!(fitted.code, 0, "{fitted:?}");
    let scored = calibrated(&["sim", a, b, "--json", "--model", &there]);
    let scored: Value = serde_json::from_str(&scored.out).unwrap();
    assert_eq!(scored["calibrated"], true);
}

#[test]
fn what_is_missing_or_cannot_be_meant_is_told() {
    let [a, b] = PAIR;
    for (name, expected) in [
        (
            "remote:baidu/x",
            "There is no provider \"baidu\". Known: qianfan, ",
        ),
        ("remote:https://host/v1", "put it behind a #"),
        (
            "remote:qianfan/embedding-v1",
            "qianfan needs a key, which the variable QIANFAN_API_KEY must have.",
        ),
        (
            "remote:http://127.0.0.1:9/v1#m",
            "127.0.0.1:9 does not answer (no connection).",
        ),
    ] {
        let mut command = command();
        command
            .args(["sim", a, b, "--model", name])
            .env_remove("QIANFAN_API_KEY");
        let run = Run::from(command.output().unwrap());
        assert!(run.code == 1 && run.err.contains(expected), "{run:?}");
    }
    let run = yuyi(&["bench", "--model", "remote:https://host/v1#m"]);
    assert!(
        run.code == 2 && run.err.contains("does not compute on this machine"),
        "{run:?}"
    );
}

#[test]
fn a_key_is_in_no_message() {
    let provider = StandIn::qianfan();
    let model = provider.model("qianfan", "embedding-v1", "");
    let [a, b] = PAIR;
    let arguments = ["sim", a, b, "--model", &model];
    let wrong = with_key(&arguments, "QIANFAN_API_KEY", "sk-wrong-key");
    assert!(
        wrong.code == 1 && wrong.err.contains("HTTP 401, invalid_iam_token"),
        "{wrong:?}"
    );
    assert!(!format!("{wrong:?}").contains("sk-wrong-key"));
    let right = with_key(&arguments, "QIANFAN_API_KEY", KEY);
    assert_eq!(right.code, 0, "{right:?}");
    assert!(!format!("{right:?}").contains(KEY));
}

#[test]
fn a_command_ends_when_no_more_texts_may_be_sent() {
    let provider = StandIn::new();
    let folder = tempfile::tempdir().unwrap();
    let texts: String = (0..100).map(|i| format!("文本{i}\n")).collect();
    let texts = write(folder.path(), "t.txt", &texts);
    let model = provider.unknown("batch=10&dimension=4");
    let run = yuyi(&[
        "embed",
        &texts,
        "-o",
        "-",
        "--model",
        &model,
        "--max-remote-texts",
        "30",
    ]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.err
            .contains("was sent 30 texts, of 30 that may be sent"),
        "{run:?}"
    );
    assert_eq!(provider.sizes().iter().sum::<usize>(), 30);
}

/// A text that the provider refuses costs its own line alone.
#[test]
fn a_pair_that_is_refused_is_told_with_its_line() {
    let provider = StandIn::of(|_, call| match call.texts.iter().any(|text| text == "坏") {
        true => Reply::Status(
            400,
            None,
            failure(
                "data_inspection_failed",
                "Input \"坏\" may be inappropriate.",
            ),
        ),
        false => Reply::Vectors,
    });
    let model = provider.unknown("dimension=4");
    let folder = tempfile::tempdir().unwrap();
    let pairs = write(
        folder.path(),
        "p.tsv",
        "怎么退货\t如何退款\n坏\t天气\n你好\t您好\n",
    );
    let run = yuyi(&["sim", "--pairs", &pairs, "--model", &model]);
    assert_eq!(run.code, 0, "{run:?}");
    let told = format!("{pairs}: 1 of 3 rows have no score, the first in line 2: ");
    assert!(
        run.err.contains(&told) && run.err.contains("does not take a text"),
        "{run:?}"
    );
    assert!(
        !run.err.contains('坏'),
        "nobody's text is in a message: {run:?}"
    );
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines.len(), 4, "{run:?}");
    assert!(lines[2].starts_with("坏\t天气\terror: "), "{run:?}");
    let strict = yuyi(&["sim", "--pairs", &pairs, "--model", &model, "--strict"]);
    assert!(
        strict.code == 1 && strict.err.contains(&format!("{pairs}:2: ")),
        "{strict:?}"
    );
    let zh = yuyi(&["--lang", "zh", "sim", "--pairs", &pairs, "--model", &model]);
    assert!(
        zh.err.contains("3 行中有 1 行没有得分，第一个在第 2 行："),
        "{zh:?}"
    );
    assert!(zh.err.contains("原话引用了文本，故不转述"), "{zh:?}");
}

#[test]
fn when_to_come_again_is_told_on_the_command_line() {
    let provider = StandIn::of(|_, _| {
        Reply::Status(
            429,
            Some("40"),
            failure("rpm_rate_limit_exceeded", "Rate limit reached for RPM"),
        )
    });
    let model = provider.unknown("dimension=4");
    let [a, b] = PAIR;
    let run = yuyi(&["sim", a, b, "--model", &model]);
    let told = "asks to be asked less often (HTTP 429, rpm_rate_limit_exceeded: Rate limit reached for RPM). Try again in ";
    assert!(run.code == 1 && run.err.contains(told), "{run:?}");
    let zh = yuyi(&["--lang", "zh", "sim", a, b, "--model", &model]);
    assert!(
        zh.err.contains("要求降低调用频率") && zh.err.contains(" 秒后再试。"),
        "{zh:?}"
    );
    // Of a file it is told which lines have no scores.
    let folder = tempfile::tempdir().unwrap();
    let pairs = write(folder.path(), "p.tsv", "甲\t乙\n丙\t丁\n");
    let run = yuyi(&["sim", "--pairs", &pairs, "--model", &model]);
    let begin = format!("yuyi: {pairs}: lines 1 to 2 have no scores: 127.0.0.1:");
    assert!(run.code == 1 && run.err.starts_with(&begin), "{run:?}");
}
