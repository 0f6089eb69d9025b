//! Models that compute elsewhere beside those that do it here.

use std::fs;

use serde_json::{Value, json};

use super::{PAIRS, with_key, write};
use crate::stand_in::{KEY, StandIn};

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
