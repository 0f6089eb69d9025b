//! `yuyi sim` with `--methods` and `--explain`.

use crate::support::{yuyi, yuyi_with_input};
use serde_json::Value;

#[test]
fn people_read_words_links_and_notes() {
    let run = yuyi(&["sim", "--explain", "这个不能退货", "这个可以退货"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let lines: Vec<&str> = run.out.lines().collect();
    assert!(lines[0].parse::<f64>().is_ok(), "{lines:?}");
    assert!(
        lines[1].starts_with("A  这个 ") && lines[1].contains("  退货 "),
        "{lines:?}"
    );
    assert!(lines[2].starts_with("B  这个 "), "{lines:?}");
    assert!(
        lines[3..]
            .iter()
            .any(|line| line.starts_with("   退货 ~ 退货  0.")),
        "{lines:?}"
    );
    let [.., note, legend] = *lines else {
        panic!("{lines:?}")
    };
    assert_eq!(note, "!  Only A negates: 不能.");
    assert!(legend.contains("%: share of the score"), "{legend}");
    let unlinked = yuyi(&["sim", "--explain", "今天天气真不错", "外面阳光明媚"]);
    assert!(
        unlinked
            .out
            .contains("\n   No word of A goes clearly with one of B.\n"),
        "{unlinked:?}"
    );
}

#[test]
fn json_has_everything() {
    let run = yuyi(&[
        "sim",
        "--json",
        "--explain",
        "--methods",
        "tfidf-words,jaccard",
        "3月开会",
        "5月开会",
    ]);
    let reply: Value = serde_json::from_str(&run.out).unwrap();
    let explain = &reply["explain"];
    assert_eq!(explain["a"][0]["text"], "3月");
    assert_eq!(explain["notes"][0]["kind"], "number");
    let weights = explain["a"].as_array().unwrap().iter();
    let sum: f64 = weights.map(|word| word["weight"].as_f64().unwrap()).sum();
    assert!(sum == 0.0 || (sum - 1.0).abs() < 1e-9, "{sum}");
    let methods: Vec<&String> = reply["methods"].as_object().unwrap().keys().collect();
    assert_eq!(methods, ["jaccard", "tfidf_words"]);
    assert_eq!(reply["methods"]["jaccard"], 0.6);
}

#[test]
fn methods_are_columns_of_a_file() {
    let run = yuyi_with_input(
        &["sim", "--pairs", "-", "--methods", "jaccard,edit"],
        "能退货\t不能退货\n",
    );
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(
        lines[0],
        "sentence_a\tsentence_b\tsimilarity\tcosine\tedit\tjaccard"
    );
    assert!(lines[1].ends_with("\t0.750000\t0.750000"), "{lines:?}");
    let run = yuyi_with_input(
        &["sim", "--pairs", "-", "--explain", "--json"],
        "能退货\t不能退货\n",
    );
    let line: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(line["explain"]["notes"][0]["kind"], "negation");
}

#[test]
fn what_cannot_be_done_is_said() {
    for (arguments, complaint) in [
        (
            vec!["sim", "--methods", "word2vec:f.txt", "a", "b"],
            "word2vec reads a file of word vectors: use yuyi compare",
        ),
        (
            vec!["sim", "--methods", "cosine", "a", "b"],
            "is none of jaccard, edit, tfidf, tfidf_words.",
        ),
        (
            vec!["sim", "--pairs", "-", "--explain"],
            "yuyi: --explain writes more than a row can hold; add --json.\n",
        ),
    ] {
        let run = yuyi(&arguments);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.err.contains(complaint), "{run:?}");
    }
}
