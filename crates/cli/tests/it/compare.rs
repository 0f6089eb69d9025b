//! `yuyi compare` with the built-in model and the models of the fixtures.

use std::fs;
use std::path::Path;

use crate::support::yuyi;
use serde_json::Value;

/// Pairs of the same meaning in other words, and of other meanings in the same words.
const PAIRS: &str = "我今天心情很好\t我感到非常愉快\t1\n\
                     今天天气真不错\t外面阳光明媚\t1\n\
                     怎么退货\t如何把商品寄回去\t1\n\
                     我今天心情很好\t我今天课程很满\t0\n\
                     今天天气真不错\t今天股市真不错\t0\n\
                     怎么退货\t怎么唱歌\t0\n";

const TINY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/models/bert-cls-f16"
);

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn row<'a>(found: &'a Value, name: &str) -> &'a Value {
    let rows = found["results"].as_array().unwrap();
    rows.iter().find(|row| row["name"] == name).unwrap()
}

#[test]
fn models_and_methods_stand_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let pairs = write(folder.path(), "p.tsv", PAIRS);
    let vectors = write(
        folder.path(),
        "w.txt",
        "3 2\n天气 1 0\n阳光 0.9 0.1\n退货 0 1\n",
    );
    let methods = format!("jaccard,tfidf-words,word2vec:{vectors}");
    let models = format!("{TINY},e5-small-zh");
    let run = yuyi(&[
        "compare",
        &pairs,
        "--models",
        &models,
        "--methods",
        &methods,
        "--json",
        "--rounds",
        "50",
    ]);
    assert_eq!(run.code, 0, "{run:?}");
    let found: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&found["pairs"], &found["same"]), (&6.into(), &3.into()));
    let names: Vec<&Value> = found["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["name"])
        .collect();
    assert_eq!(names.len(), 5);
    assert_eq!(
        names[0], "e5-small-zh",
        "the literal methods fall for the words"
    );
    let (best, literal) = (row(&found, "e5-small-zh"), row(&found, "jaccard"));
    assert_eq!(
        (&best["licence"], &best["model"]["dimension"]),
        (&"MIT".into(), &384.into())
    );
    assert_eq!(best["spearman_above_best"], Value::Null);
    for (ranked, there, not) in [
        (best, "best_cosine", "best_score"),
        (literal, "best_score", "best_cosine"),
    ] {
        let quality = &ranked["quality"];
        assert!(quality[there]["value"].is_f64(), "{quality}");
        assert!(quality.get(not).is_none(), "{quality}");
    }
    // Each paraphrase above each pair that only has a word in common, which literal methods see the other way round.
    let examples = |ranked: &Value| -> Vec<f64> {
        let all = ranked["examples"].as_array().unwrap().iter();
        all.map(|score| score.as_f64().unwrap()).collect()
    };
    let of_model = examples(best);
    for paraphrase in &of_model[..4] {
        assert!(of_model[4..8].iter().all(|s| s + 0.2 < *paraphrase));
    }
    let of_characters = examples(literal);
    assert!(of_characters[4] > of_characters[0] && of_characters[5] > of_characters[1]);
    assert!(literal["quality"]["auc"]["value"].as_f64() < best["quality"]["auc"]["value"].as_f64());
    assert!(literal["spearman_above_best"]["value"].as_f64() < Some(0.0));
    assert_eq!(row(&found, TINY)["model"]["precision"], "f32");
    for ranked in found["results"].as_array().unwrap() {
        assert!(ranked["pair_seconds"].as_f64() > Some(0.0), "{ranked}");
        assert!(ranked["texts_per_second"].as_f64() > Some(0.0), "{ranked}");
        assert_eq!(ranked["spearman_by_file"].as_array().unwrap().len(), 1);
    }
    let memory = |name: &str| row(&found, name)["memory_bytes"].as_u64().unwrap();
    assert!(memory("e5-small-zh") > memory(TINY), "each has its own");
}

#[test]
fn a_single_model_is_not_compared_with_methods() {
    let folder = tempfile::tempdir().unwrap();
    let pairs = write(folder.path(), "p.tsv", PAIRS);
    let report = folder.path().join("r.html");
    let report = report.to_str().unwrap();
    let others: [(&str, &[&str]); 2] = [
        ("en", &["literal method", "Literal methods", "vs best"]),
        ("zh", &["字面方法", "与最佳之差"]),
    ];
    for (language, parts) in others {
        let common = ["--rounds", "20", "--lang", language, "--report", report];
        let alone = [&["compare", &pairs, "--models", TINY][..], &common].concat();
        let run = yuyi(&alone);
        assert_eq!(run.code, 0, "{run:?}");
        let literal = parts[0];
        assert!(!run.out.contains(literal), "{run:?}");
        let text = fs::read_to_string(report).unwrap();
        assert_eq!(text.matches("<svg").count(), 2);
        let both = yuyi(&[&alone[..], &["--methods", "jaccard"]].concat());
        assert!(both.out.contains(literal), "{both:?}");
        let text_of_both = fs::read_to_string(report).unwrap();
        for part in parts {
            assert!(!text.contains(part), "{part}");
            assert!(text_of_both.contains(part), "{part}");
        }
    }
}

#[test]
fn one_that_fails_does_not_sink_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let pairs = write(folder.path(), "p.tsv", PAIRS);
    let report = folder.path().join("r.html");
    let report = report.to_str().unwrap();
    let broken = folder.path().join("broken");
    fs::create_dir(&broken).unwrap();
    fs::write(broken.join("config.json"), "{}").unwrap();
    let garbage = write(folder.path(), "garbage.txt", "不是词向量\n");
    let arguments = [
        "compare",
        &pairs,
        "--models",
        &format!("{},{TINY}", broken.display()),
        "--methods",
        &format!("jaccard,word2vec:{garbage}"),
        "--rounds",
        "20",
        "--lang",
        "en",
        "--report",
        report,
    ];
    let run = yuyi(&arguments);
    assert_eq!(run.code, 1, "{run:?}");
    for failed in [
        "broken: could not be measured: ",
        "garbage.txt: could not be measured: ",
    ] {
        assert!(run.out.contains(failed), "{run:?}");
    }
    assert!(run.out.contains("\njaccard"), "{run:?}");
    assert!(
        run.err.ends_with("2 of 4 could not be measured\n"),
        "{run:?}"
    );
    let text = fs::read_to_string(report).unwrap();
    assert!(text.contains("could not be measured"));
    assert!(text.contains(">bert-cls-f16<") && !text.contains("NaN"));
    assert_eq!(text.matches("<svg").count(), 3);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let pairs = write(folder.path(), "p.tsv", PAIRS);
    let missing = format!("word2vec:{}", folder.path().join("no.txt").display());
    let cases: [(&[&str], i32, &str); 7] = [
        (
            &["compare", &pairs, "--models", "e5-small-zh,no-such"],
            1,
            "yuyi: There is no model \"no-such\"",
        ),
        (
            &["compare", &pairs, "--methods", &missing],
            1,
            "no.txt cannot be read",
        ),
        (&["compare"], 2, "required"),
        (
            &["compare", &pairs, "--models", "a,a"],
            2,
            "a is named twice",
        ),
        (
            &["compare", &pairs, "--methods", "cosine"],
            2,
            "is none of jaccard",
        ),
        (
            &["compare", &pairs, "--methods", "word2vec"],
            2,
            "word2vec:FILE",
        ),
        (&["compare", "missing.tsv"], 1, "missing.tsv cannot be read"),
    ];
    // Nothing is called the best where nothing was told apart.
    let report = folder.path().join("r.html");
    let ones = write(folder.path(), "ones.tsv", "一天\t一日\t1\n你好\t您好\t1\n");
    let easy = "怎么退货\t如何办理退货\t1\n怎么退货\t怎么退款\t1\n怎么退货\t外面阳光明媚\t0\n怎么退货\t天气\t0\n";
    let easy = write(folder.path(), "easy.tsv", easy);
    for (file, verdict) in [(&easy, true), (&ones, false)] {
        let run = yuyi(&[
            "compare",
            file,
            "--methods",
            "jaccard",
            "--rounds",
            "0",
            "--lang",
            "en",
            "--report",
            report.to_str().unwrap(),
        ]);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(!run.out.contains("In brackets"), "{run:?}");
        let text = fs::read_to_string(&report).unwrap();
        assert!(!text.contains("more than chance.") || text.contains("without intervals"));
        assert_eq!(text.contains("has the highest Spearman"), verdict);
    }
    for (arguments, code, message) in cases {
        let run = yuyi(arguments);
        assert_eq!(run.code, code, "{arguments:?}: {run:?}");
        assert!(run.err.contains(message), "{arguments:?}: {run:?}");
        assert!(!run.err.contains("measuring"), "{arguments:?}: {run:?}");
    }
    let help = yuyi(&["--help"]);
    assert!(
        help.out.contains("compare") && !help.out.contains("contestant"),
        "{help:?}"
    );
}
