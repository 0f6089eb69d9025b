//! `yuyi eval` with the built-in model.

use std::fs;
use std::path::Path;

use crate::support::{yuyi, yuyi_with_input};
use serde_json::Value;

/// Pairs that mean the same, and pairs of other topics.
const PAIRS: &str = "怎么退货\t如何办理退货\t1\n\
                     明天会下雨吗\t明天有雨吗\t1\n\
                     我想开发票\t请给我开一张发票\t1\n\
                     怎么退货\t今天天气不错\t0\n\
                     明天会下雨吗\t我想开发票\t0\n\
                     请给我开一张发票\t会议改到周五\t0\n";

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn json(arguments: &[&str]) -> Value {
    let run = yuyi(&[&["eval", "--json", "--rounds", "50"], arguments].concat());
    assert_eq!(run.code, 0, "{run:?}");
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn pairs_are_measured_for_each_file_and_together() {
    let folder = tempfile::tempdir().unwrap();
    let yes_no = write(folder.path(), "p.tsv", PAIRS);
    let graded = write(
        folder.path(),
        "g.csv",
        "sentence_a,sentence_b,label\n怎么退货,如何办理退货,5\n怎么退货,退货要几天,2\n怎么退货,今天天气不错,0\n",
    );
    let found = json(&[&yes_no, &graded]);
    let (first, second, all) = (&found["files"][0], &found["files"][1], &found["all"]);
    assert_eq!(
        (&first["pairs"], &first["same"], &first["yes_no"]),
        (&6.into(), &3.into(), &true.into())
    );
    assert_eq!(first["auc"]["value"], 1.0);
    assert_eq!(first["best_f1"]["value"], 1.0);
    assert_eq!(
        (&second["scale"][1], &second["yes_no"]),
        (&5.0.into(), &false.into())
    );
    assert!(second["spearman"]["value"].as_f64().unwrap() > 0.999_999);
    assert_eq!((&all["pairs"], &all["same"]), (&9.into(), &4.into()));
    let (low, value) = (all["ece"]["low"].as_f64(), all["ece"]["value"].as_f64());
    assert!(low.unwrap() <= value.unwrap());
    let bins = all["reliability"].as_array().unwrap();
    assert_eq!(
        bins.iter()
            .map(|bin| bin["count"].as_u64().unwrap())
            .sum::<u64>(),
        9
    );
    let threshold = &all["threshold"];
    assert!(
        threshold["cosine"].as_f64() > Some(0.5) && threshold["similarity"].as_f64() > Some(0.0)
    );
}

#[test]
fn errors_are_listed_with_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = format!("{PAIRS}怎么退货\t怎么退货\t0\n明天会下雨吗\tPython release notes\t1\n");
    let found = json(&[&write(folder.path(), "p.tsv", &wrong)]);
    let (positives, negatives) = (&found["false_positives"], &found["false_negatives"]);
    assert!(
        positives[0]["origin"]
            .as_str()
            .unwrap()
            .ends_with("p.tsv:7"),
        "{positives}"
    );
    assert!(positives[0]["similarity"].as_f64().unwrap() > 0.99);
    assert!(
        negatives[0]["origin"]
            .as_str()
            .unwrap()
            .ends_with("p.tsv:8"),
        "{negatives}"
    );
}

#[test]
fn a_faq_is_searched() {
    let folder = tempfile::tempdir().unwrap();
    let faq = write(
        folder.path(),
        "faq.tsv",
        "怎么退货\t七天内可退\tr\t如何办理退货|退货流程\n怎么开发票\t在订单页\ti\n什么时候发货\t当天\ts\n",
    );
    let questions = write(
        folder.path(),
        "q.tsv",
        "请问退货流程是什么\tr\n我要开发票\t怎么开发票\n几时能发货\ts\n今天股市怎么样\t\n",
    );
    let found = json(&["--faq", &faq, "--questions", &questions]);
    let search = &found["retrieval"];
    assert_eq!(
        (
            &search["entries"],
            &search["answerable"],
            &search["unanswerable"]
        ),
        (&3.into(), &3.into(), &1.into())
    );
    assert_eq!(
        (&search["recall_at_1"]["value"], &search["mrr"]["value"]),
        (&1.0.into(), &1.0.into())
    );
    assert_eq!(
        (&search["best"]["recall"], &search["best"]["refused"]),
        (&1.0.into(), &1.0.into())
    );
    let (drawn, threshold) = (
        &search["best"]["threshold_interval"],
        search["best"]["threshold"].as_f64(),
    );
    assert!(
        drawn["low"].as_f64() <= threshold && threshold <= drawn["high"].as_f64(),
        "{search}"
    );
    assert!(found.get("all").is_none());
}

#[test]
fn the_report_is_one_file_in_either_language() {
    let folder = tempfile::tempdir().unwrap();
    let pairs = write(
        folder.path(),
        "p.tsv",
        // By whatever model, no threshold reads this pair as it is labelled.
        &format!("{PAIRS}<script>alert(1)</script>\t<script>alert(1)</script>\t0\n"),
    );
    for (language, heading, told, counted) in [
        ("zh", "语义相似度评测报告", "报告：", "7 对，其中 3 对同义"),
        (
            "en",
            "Evaluation of semantic similarity",
            "report: ",
            "7 pairs, 3 the same",
        ),
    ] {
        let report = folder.path().join("r.html");
        let run = yuyi(&[
            "eval",
            &pairs,
            "--rounds",
            "20",
            "--lang",
            language,
            "--report",
            report.to_str().unwrap(),
        ]);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.err.contains(told), "{run:?}");
        assert!(run.out.contains(counted), "{run:?}");
        let text = fs::read_to_string(&report).unwrap();
        assert!(text.contains(heading) && text.contains("&lt;script&gt;"));
        assert!(!text.contains("<script") && !text.contains("NaN"));
        assert_eq!(text.matches("<svg").count(), 4);
    }
}

#[test]
fn one_class_is_measured_as_far_as_it_goes() {
    let run = yuyi_with_input(&["eval", "-", "--rounds", "20"], "一\t二\t1\n三\t四\t1\n");
    assert_eq!(run.code, 0, "{run:?}");
    for part in [
        "AUC                      –\n",
        "All labels are at or above 0.75, so there is nothing to tell apart",
    ] {
        assert!(run.out.contains(part), "{}", run.out);
    }
}

#[test]
fn labels_the_wrong_way_round_are_noticed() {
    let turned = PAIRS.replace("\t1\n", "\t2\n").replace("\t0\n", "\t1\n");
    let turned = turned.replace("\t2\n", "\t0\n");
    let hint = "Labels fall as similarity rises.";
    let run = yuyi_with_input(&["eval", "-", "--rounds", "20"], &turned);
    assert!(run.out.contains(hint), "{}", run.out);
    let run = yuyi_with_input(&["eval", "-", "--rounds", "20"], PAIRS);
    assert!(!run.out.contains(hint), "{}", run.out);
}

#[test]
fn remarks_are_in_the_json() {
    let folder = tempfile::tempdir().unwrap();
    let graded =
        "怎么退货\t如何办理退货\t1\n怎么退货\t退货要几天\t0.5\n怎么退货\t今天天气不错\t0\n";
    let pairs = write(folder.path(), "p.tsv", graded);
    assert_eq!(json(&[&pairs])["remarks"], Value::Array(Vec::new()));
    let ones = write(folder.path(), "ones.tsv", "一\t二\t1\n三\t四\t1\n");
    let found = json(&[&ones]);
    let remark = found["remarks"][0].as_str().unwrap();
    assert!(
        remark.starts_with("All labels are at or above 0.75"),
        "{found}"
    );
    let found = json(&[&pairs, &ones]);
    let remark = found["remarks"][0].as_str().unwrap();
    assert!(remark.contains("ones.tsv: All labels are"), "{found}");
}

#[test]
fn yes_and_no_beside_grades_are_told_of_all_files() {
    let folder = tempfile::tempdir().unwrap();
    let words = "怎么退货\t怎么退货\tno\n明天会下雨吗\tPython release notes\tyes\n";
    let words = write(folder.path(), "words.tsv", words);
    let grades = "怎么退货\t怎么退货\t0.25\n怎么退货\t今天天气不错\t0.5\n";
    let grades = write(folder.path(), "grades.tsv", grades);
    let starts = "all files: The labels of some files are 0 and 1";
    let tells = |found: &Value| {
        let remarks = found["remarks"].as_array().unwrap().iter();
        let mut remarks = remarks.map(|remark| remark.as_str().unwrap());
        remarks.any(|remark| remark.starts_with(starts))
    };
    assert!(tells(&json(&[&words, &grades])));
    assert!(!tells(&json(&[&words])) && !tells(&json(&[&grades])));
    let compared = yuyi(&["compare", &words, &grades, "--rounds", "0"]);
    let starts = "\nThe labels of some files are 0 and 1";
    assert!(compared.out.contains(starts), "{compared:?}");
}

#[test]
fn failures_have_codes_and_say_where() {
    let folder = tempfile::tempdir().unwrap();
    let pairs = write(folder.path(), "p.tsv", PAIRS);
    let nowhere = folder.path().join("no/r.html");
    let here = folder.path().to_str().unwrap();
    let cases: [(&[&str], i32, &str); 8] = [
        (&["eval"], 2, "required"),
        (&["eval", here], 1, "is a folder; name a file"),
        (&["eval", "--questions", &pairs], 2, "--faq <FILE>"),
        (&["eval", "--faq", &pairs], 2, "--questions"),
        (&["eval", &pairs, &pairs], 1, "named twice"),
        (&["eval", &pairs, "--same-from", "2"], 2, "at most 1"),
        (
            &["eval", &pairs, "--report", nowhere.to_str().unwrap()],
            1,
            "cannot be written",
        ),
        (
            &["eval", "--faq", &pairs, "--questions", &pairs],
            1,
            "p.tsv",
        ),
    ];
    for (arguments, code, message) in cases {
        let run = yuyi(arguments);
        assert_eq!(run.code, code, "{arguments:?}: {run:?}");
        assert!(run.err.contains(message), "{arguments:?}: {run:?}");
    }
    for command in [
        &["eval"][..],
        &["compare", "--methods", "jaccard"],
        &["calibrate", "--dry-run"],
    ] {
        let over = yuyi(&[command, &[&pairs, "--report", &pairs]].concat());
        assert_eq!(over.code, 2, "{over:?}");
        assert!(over.err.contains("would be overwritten"), "{over:?}");
    }
    let over = yuyi(&["calibrate", &pairs, "-o", &pairs]);
    assert_eq!(over.code, 2, "{over:?}");
    assert_eq!(fs::read_to_string(&pairs).unwrap(), PAIRS);
    let alone = yuyi(&["eval", "--questions", &pairs]);
    assert!(!alone.err.contains("<FILE>..."), "{alone:?}");
}
