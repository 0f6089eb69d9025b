//! `yuyi sim` and `yuyi info`.

use std::fs;
use std::io::Read;
use std::process::Stdio;

use crate::support::{command, yuyi, yuyi_with_input};
use serde_json::Value;

#[test]
fn two_sentences_give_a_number() {
    let run = yuyi(&["sim", "今天天气真不错", "今天天气真不错"]);
    assert_eq!(
        (run.code, run.out.as_str(), run.err.as_str()),
        (0, "1.0000\n", "")
    );
    let alike: f64 = yuyi(&["sim", "今天天气真不错", "外面阳光明媚"])
        .out
        .trim()
        .parse()
        .unwrap();
    let unlike: f64 = yuyi(&["sim", "今天天气真不错", "请把发票寄给财务"])
        .out
        .trim()
        .parse()
        .unwrap();
    assert!(alike > unlike, "{alike} {unlike}");
}

#[test]
fn json_is_one_document() {
    let run = yuyi(&["sim", "--json", "a\"字", "b"]);
    let reply: Value = serde_json::from_str(&run.out).unwrap();
    let keys: Vec<&str> = reply
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        [
            "calibrated",
            "cosine",
            "model",
            "sentence_a",
            "sentence_b",
            "similarity",
            "truncated"
        ]
    );
    assert_eq!(
        (&reply["sentence_a"], &reply["calibrated"]),
        (&"a\"字".into(), &true.into())
    );
}

#[test]
fn pairs_keep_the_format_of_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let tsv = write("p.tsv", "sentence_b\tlabel\tsentence_a\n一\t1\t一\n");
    let csv = write("p.csv", "\"一,二\",\"一,二\"\n");
    let jsonl = write("p.jsonl", "{\"sentence_a\":\"一\",\"sentence_b\":\"一\"}\n");
    let header = "sentence_a\tsentence_b\tsimilarity\tcosine\tlabel\n";
    assert_eq!(
        one_rounded(&yuyi(&["sim", "--pairs", &tsv]).out),
        format!("{header}一\t一\t1\t1\t1\n")
    );
    let csv = yuyi(&["sim", "--pairs", &csv]);
    assert!(
        csv.out
            .starts_with("sentence_a,sentence_b,similarity,cosine\n\"一,二\",\"一,二\","),
        "{csv:?}"
    );
    let line: Value = serde_json::from_str(&yuyi(&["sim", "--pairs", &jsonl]).out).unwrap();
    assert_eq!(line["sentence_b"], "一");
    assert!(line["similarity"].as_f64().unwrap() > 0.999_99);
}

/// Scores that round to 1 as `1`.
fn one_rounded(text: &str) -> String {
    text.replace("1.000000", "1").replace("0.999999", "1")
}

#[test]
fn many_pairs_come_in_order() {
    let pairs: String = (0..700).map(|i| format!("第{i}句\t第{i}句\n")).collect();
    let run = yuyi_with_input(&["sim", "--pairs", "-", "--json"], &pairs);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let lines: Vec<Value> = run
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 700);
    for (i, line) in lines.iter().enumerate() {
        assert_eq!(line["sentence_a"], format!("第{i}句"));
    }
}

/// What stands above a wrong row is printed before the complaint, also in the middle of what is read at a time.
#[test]
fn rows_above_a_wrong_one_are_answered() {
    for above in [0, 1, 256, 300] {
        for (wrong, told) in [
            ("一\t \n", "column B (sentence_b): It is empty or blank."),
            ("一\n", "has 1 column; sentence_a, sentence_b are needed"),
        ] {
            let mut pairs: String = (0..above).map(|i| format!("第{i}句\t第{i}句\n")).collect();
            pairs.push_str(wrong);
            pairs.push_str("二\t二\n");
            let run = yuyi_with_input(&["sim", "--pairs", "-", "--json", "--strict"], &pairs);
            assert_eq!((run.code, run.out.lines().count()), (1, above), "{told}");
            let line = (above + 1).to_string();
            assert!(
                run.err.contains(told) && run.err.contains(&line),
                "{}",
                run.err
            );
        }
    }
}

#[test]
fn failures_have_codes_and_say_where() {
    let cases: [(&[&str], &str, i32, &str); 10] = [
        (
            &["sim", "--pairs", "-"],
            "product_a\tproduct_b\tscore\n一\t二\t1\n",
            1,
            "line 1 names the columns product_a, product_b, score, but not sentence_a, sentence_b; name them",
        ),
        (
            &["embed", "-", "--format", "csv", "-o", "-"],
            "id,title\n1,一\n",
            1,
            "line 1 names the columns id, title, but not text",
        ),
        (&["sim", "only one"], "", 2, "required"),
        (&["sim"], "", 2, "required"),
        (&["sim", "a", " "], "", 2, "empty or blank"),
        (
            &["sim", "--pairs", "missing.tsv"],
            "",
            1,
            "missing.tsv cannot be read",
        ),
        (&["sim", "--pairs", "Cargo.toml"], "", 2, "--format"),
        (
            &["sim", "--pairs", "-", "--format", "txt"],
            "",
            2,
            "TSV, CSV or JSONL",
        ),
        (
            &["sim", "--pairs", "-", "--strict"],
            "一\t二\n一\n",
            1,
            "line 2 has 1 column",
        ),
        (
            &["sim", "a", "b", "--model", "no-such"],
            "",
            1,
            "Installed: e5-small-zh",
        ),
    ];
    for (arguments, input, code, message) in cases {
        let run = yuyi_with_input(arguments, input);
        assert_eq!(run.code, code, "{arguments:?}: {run:?}");
        assert!(run.err.contains(message), "{arguments:?}: {run:?}");
    }
}

#[test]
fn says_when_a_sentence_is_cut() {
    let run = yuyi(&["sim", &"很长的一句话。".repeat(200), "短"]);
    assert_eq!(run.code, 0);
    assert!(run.err.contains("longer than 512 tokens"), "{run:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tsv");
    fs::write(&file, "长长的一行字\t长长的一行字\n".repeat(3_000)).unwrap();
    let mut command = command();
    command
        .arg("sim")
        .arg("--pairs")
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).as_ref()
        ),
        (Some(0), "")
    );
}

#[test]
fn info_tells_the_facts() {
    let run = yuyi(&["info", "--json"]);
    let facts: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (&facts["name"], &facts["dimension"]),
        (&"e5-small-zh".into(), &384.into())
    );
    assert_eq!(facts["default_prompt"], "query: ");
    assert!(yuyi(&["info"]).out.contains("max tokens      512\n"));
}

#[test]
fn info_knows_rerankers() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/rerankers/bert-reranker-f16"
    );
    let run = yuyi(&["info", "--json", "--model", folder, "--precision", "int8"]);
    let facts: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (&facts["name"], &facts["max_tokens"], &facts["activation"]),
        (&"bert-reranker-f16".into(), &40.into(), &"sigmoid".into())
    );
    let run = yuyi(&["info", "--model", folder]);
    assert!(run.out.contains("kind            reranker\n"), "{run:?}");
    let run = yuyi(&["sim", "--model", folder, "今天", "明天"]);
    assert!(
        run.code != 0 && run.err.contains("is a reranker: it scores"),
        "{run:?}"
    );
}

#[test]
fn texts_of_which_the_model_knows_nothing_are_named() {
    let run = yuyi(&["sim", "\u{20000}\u{20001}", "今天天气不错"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(
        run.err,
        "yuyi: 1 text has no character that the model knows, so its similarity says nothing. Try another model (--model).\n"
    );
    let known = yuyi(&["sim", "天气\u{20000}", "今天天气不错"]);
    assert_eq!(known.err, "");
    let pairs = "\u{20000}\t\u{20001}\n今天\t明天\n";
    let run = yuyi_with_input(&["sim", "--pairs", "-"], pairs);
    assert!(
        run.err
            .contains("2 texts have no character that the model knows"),
        "{run:?}"
    );
}
