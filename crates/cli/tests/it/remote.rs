//! Models that compute elsewhere, wherever a model can be named: against a second yuyi, and against a provider on this machine
//! that does as it documents itself.

use std::fs;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use serde_json::{Value, json};

use crate::stand_in::{KEY, Reply, StandIn, failure};
use crate::support::server::{Server, body, status};
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

/// A server with a certificate that an authority of its own has signed, as a company's proxy has.
struct Encrypted {
    address: String,
    authority: std::path::PathBuf,
    _folder: tempfile::TempDir,
    server: std::process::Child,
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Encrypted {
    /// `None`: there is no openssl here.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let run = |arguments: &str| {
            let mut command = std::process::Command::new("openssl");
            command
                .args(arguments.split(' '))
                .current_dir(folder.path());
            command
                .output()
                .ok()
                .filter(|output| output.status.success())
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
        let made = run(&format!("req -x509 {key} -subj /CN=Company -keyout ca.key -out ca.pem"))
            .and_then(|_| run(&format!("req {key} -subj /CN=127.0.0.1 -keyout key.pem -out request.pem")))
            .and_then(|_| {
                fs::write(folder.path().join("names"), "subjectAltName=IP:127.0.0.1\n").ok()?;
                run("x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out cert.pem")
            });
        if made.is_none() {
            eprintln!("NOT RUN: there is no openssl that makes certificates");
            return None;
        }
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let server = std::process::Command::new("openssl")
            .args([
                "s_server", "-quiet", "-accept", &address, "-cert", "cert.pem", "-key", "key.pem",
                "-www",
            ])
            .current_dir(folder.path())
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        while std::net::TcpStream::connect(&address).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self {
            address,
            authority: folder.path().join("ca.pem"),
            _folder: folder,
            server,
        })
    }
}

/// Remote models and hubs trust the same certificates: those of the machine, or of `SSL_CERT_FILE`.
#[test]
fn a_certificate_of_the_company_is_trusted_where_the_machine_says_so() {
    let Some(server) = Encrypted::start() else {
        return;
    };
    let [a, b] = PAIR;
    let model = format!(
        "remote:https://{}/v1#m?dimension=4&timeout=3",
        server.address
    );
    let home = tempfile::tempdir().unwrap();
    let run = |trusted: bool, arguments: &[&str]| -> Run {
        let mut command = command();
        command
            .args(arguments)
            .env("YUYI_HOME", home.path())
            .env("HF_ENDPOINT", format!("https://{}", server.address))
            .env_remove("SSL_CERT_DIR");
        match trusted {
            true => command.env("SSL_CERT_FILE", &server.authority),
            false => command.env_remove("SSL_CERT_FILE"),
        };
        command.output().unwrap().into()
    };
    let untrusted = "its certificate is not trusted on this machine; SSL_CERT_FILE names the one of a company's proxy";
    for arguments in [
        &["sim", a, b, "--model", &model][..],
        &["pull", "org/m", "--from", "hf"],
    ] {
        let refused = run(false, arguments);
        assert!(
            refused.code == 1 && refused.err.contains(untrusted),
            "{refused:?}"
        );
        let trusted = run(true, arguments);
        assert!(
            trusted.code == 1 && !trusted.err.contains("certificate"),
            "{trusted:?}"
        );
    }
}

// --- a server ----------------------------------------------------------------------------------

fn similarity(model: &str) -> String {
    let [a, b] = PAIR;
    json!({"sentence_a": a, "sentence_b": b, "model": model}).to_string()
}

/// An order, not a time: the pair of the local model is answered while the provider still holds its call.
#[test]
fn a_provider_that_hangs_holds_up_nobody_else() {
    let (release, held) = channel::<()>();
    let held = std::sync::Mutex::new(held);
    let provider = StandIn::of(move |_, _| {
        let _ = held.lock().unwrap().recv_timeout(Duration::from_secs(60));
        Reply::Vectors
    });
    let slow = provider.unknown("dimension=4");
    let server = Server::start(&["--model", "e5-small-zh", "--model", &slow]);
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| server.post_with("/similarity", "", &similarity(&slow)));
        while provider.calls().is_empty() {
            std::thread::sleep(Duration::from_millis(10));
        }
        for _ in 0..3 {
            let reply = server.post_with("/similarity", "", &similarity("e5-small-zh"));
            assert_eq!(status(&reply), 200, "{reply}");
            assert!(!waits.is_finished());
        }
        release.send(()).unwrap();
        let reply = waits.join().unwrap();
        assert_eq!(status(&reply), 200, "{reply}");
    });
}

#[test]
fn a_server_tells_failures_caches_vectors_and_counts() {
    let provider = StandIn::of(|_, call| match call.texts[0].as_str() {
        "忙" => Reply::Status(
            429,
            Some("40"),
            failure("rpm_rate_limit_exceeded", "Rate limit reached for RPM"),
        ),
        "拒" => Reply::Status(
            401,
            None,
            failure("invalid_api_key", "Incorrect API key provided."),
        ),
        "坏" => Reply::Status(
            400,
            None,
            failure("data_inspection_failed", "Inappropriate content."),
        ),
        _ => Reply::Vectors,
    });
    let model = provider.unknown("dimension=4");
    let server = Server::start(&["--model", &model, "--served-model-name", "far"]);
    let ask = |text: &str| {
        let request = json!({"model": "far", "input": [text], "input_type": "query"}).to_string();
        server.ask("POST", "/v1/embeddings", &request)
    };
    let vectors = ask("好").done();
    assert_eq!(vectors["data"][0]["embedding"].as_array().unwrap().len(), 4);
    assert_eq!(vectors["usage"]["prompt_tokens"], 1);
    let before = provider.calls().len();
    ask("好").done();
    assert_eq!(provider.calls().len(), before, "it is in the cache");
    for (text, status, code, message) in [
        ("拒", 502, "provider_failed", "Incorrect API key provided"),
        ("坏", 422, "invalid_value", "does not take a text"),
        (
            "忙",
            503,
            "model_unavailable",
            "asks to be asked less often",
        ),
    ] {
        let reply = ask(text);
        assert_eq!(reply.status, status, "{reply:?}");
        let error = &reply.json()["error"];
        assert_eq!(error["code"], code);
        assert!(
            error["message"].as_str().unwrap().contains(message),
            "{error}"
        );
        if status == 503 {
            let seconds = reply.head.split("retry-after: ").nth(1).unwrap();
            let seconds: u32 = seconds.split('\r').next().unwrap().parse().unwrap();
            assert!((30..=40).contains(&seconds), "{reply:?}");
        }
    }
    let metrics = server.get("/metrics");
    for line in [
        "yuyi_remote_calls_total{model=\"",
        "yuyi_remote_tokens_total{model=\"",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
    let value = |name: &str| -> f64 {
        let line = metrics.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert_eq!(value("yuyi_remote_calls_total{"), 4.0);
    assert_eq!(value("yuyi_remote_tokens_total{"), 1.0);
    let models = body(&server.get("/v1/models"));
    let listed = models["data"].as_array().unwrap();
    let there = listed
        .iter()
        .find(|entry| entry["id"] == model.as_str())
        .unwrap();
    assert_eq!(
        (&there["dimension"], &there["max_tokens"]),
        (&json!(4), &Value::Null)
    );
}

/// A request with many texts goes in calls of as many as the provider takes, and what was not sent is not when its client goes.
#[test]
fn a_client_that_goes_is_not_paid_for() {
    let provider = StandIn::of(|_, _| Reply::Late(Duration::from_millis(300)));
    let model = provider.unknown("dimension=4&batch=1");
    let server = Server::start(&["--model", &model]);
    let texts: Vec<String> = (0..400).map(|i| format!("文本{i}")).collect();
    let request = json!({"input": texts}).to_string();
    let mut stream = server.connect();
    let head = format!(
        "POST /v1/embeddings HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        request.len()
    );
    use std::io::Write;
    stream.write_all((head + &request).as_bytes()).unwrap();
    while provider.calls().len() < 4 {
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(stream);
    std::thread::sleep(Duration::from_secs(6));
    let then = provider.calls().len();
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(provider.calls().len(), then);
    assert!(
        then < 400 && provider.calls().iter().all(|call| call.texts.len() == 1),
        "{then}"
    );
}

// --- side by side ------------------------------------------------------------------------------

const TINY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/models/bert-cls-f16"
);
const MEAN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/models/xlm-roberta-mean-f32"
);

#[test]
fn the_articles_table_has_a_row_for_each() {
    let provider = StandIn::qianfan();
    let ernie = provider.model("qianfan", "embedding-v1", "&dimension=4");
    let folder = tempfile::tempdir().unwrap();
    let pairs = write(folder.path(), "p.tsv", PAIRS);
    let report = write(folder.path(), "r.html", "");
    let models = [TINY, MEAN, &ernie].join(",");
    let compare = |more: &[&str]| {
        let arguments = [
            &[
                "compare",
                &pairs,
                "--models",
                &models,
                "--baselines",
                "--rounds",
                "20",
            ][..],
            more,
        ];
        with_key(&arguments.concat(), "QIANFAN_API_KEY", KEY)
    };
    let run = compare(&["--lang", "zh", "--report", &report]);
    assert_eq!(run.code, 0, "{run:?}");
    let row = |name: &str| {
        let found = run.out.lines().find(|line| line.starts_with(name));
        found
            .unwrap_or_else(|| panic!("{name}: {}", run.out))
            .to_owned()
    };
    for name in [TINY, MEAN, "jaccard", "edit", "tfidf", "tfidf_words"] {
        row(name);
    }
    let far = row(&ernie);
    assert!(
        far.ends_with("商业 API") && far.contains("  API  "),
        "{far}"
    );
    assert!(run.out.contains("适合企业级云服务"), "{run:?}");
    let html = fs::read_to_string(&report).unwrap();
    for part in [
        "中文性能",
        "内存占用",
        "是否开源",
        "适用场景",
        "否，商业 API",
        ">API<",
        "embedding-v1",
        "企业级云服务",
        "字面方法",
    ] {
        assert!(html.contains(part), "{part}");
    }
    assert!(!html.contains(KEY) && !run.out.contains(KEY));
    let found: Value = serde_json::from_str(&compare(&["--json"]).out).unwrap();
    let results = found["results"].as_array().unwrap();
    assert_eq!(results.len(), 7);
    let far = results.iter().find(|row| row["is_remote"] == true).unwrap();
    assert_eq!(
        (&far["licence"], &far["memory_bytes"]),
        (&json!("commercial API"), &Value::Null)
    );
    assert_eq!(
        (&far["model"]["dimension"], &far["model"]["precision"]),
        (&json!(4), &Value::Null)
    );
    assert!(far["pair_seconds"].as_f64() > Some(0.0));
    assert_eq!(
        far["examples"].as_array().unwrap().len(),
        results[0]["examples"].as_array().unwrap().len()
    );
}
