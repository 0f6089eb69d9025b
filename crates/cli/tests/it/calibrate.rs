//! `yuyi calibrate`, and the calibration of the built-in model.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::{Run, all_hidden, command, copy_folder, send, yuyi, yuyi_with_input};
use serde_json::Value;

const BUILTIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/builtin");
const FIXTURE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/models/bert-cls-f16"
);

fn builtin(file: &str) -> PathBuf {
    Path::new(BUILTIN).join(file)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A run with this home folder.
fn at_home(home: &Path, arguments: &[&str]) -> Run {
    let output = command()
        .args(arguments)
        .env("YUYI_HOME", home)
        .output()
        .unwrap();
    output.into()
}

fn json(run: &Run) -> Value {
    assert_eq!(run.code, 0, "{run:?}");
    serde_json::from_str(&run.out).unwrap()
}

/// The columns of scored pairs, as `sim --json` writes them.
fn scores(pairs: &str) -> Vec<(f64, f64)> {
    let run = yuyi_with_input(&["sim", "--pairs", "-", "--json"], pairs);
    assert_eq!(run.code, 0, "{run:?}");
    let score = |line: &str| {
        let pair: Value = serde_json::from_str(line).unwrap();
        assert_eq!(pair["calibrated"], true);
        let number = |name: &str| pair[name].as_f64().unwrap();
        (number("cosine"), number("similarity"))
    };
    run.out.lines().map(score).collect()
}

/// The pairs of the half that is never fitted on, and their labels.
fn test_half() -> (String, Vec<f64>) {
    let content = fs::read_to_string(builtin("calibration-test.tsv")).unwrap();
    let label = |line: &str| line.split('\t').nth(2).unwrap().parse().unwrap();
    let labels = content.lines().skip(1).map(label).collect();
    (content, labels)
}

/// Expected calibration error over ten bins of equal width.
fn calibration_error(similarities: &[f64], labels: &[f64]) -> f64 {
    let mut sums = [0.0; 10];
    for (similarity, label) in similarities.iter().zip(labels) {
        sums[((similarity * 10.0) as usize).min(9)] += similarity - label;
    }
    sums.iter().map(|sum: &f64| sum.abs()).sum::<f64>() / labels.len() as f64
}

#[test]
fn the_shipped_calibration_is_what_the_shipped_pairs_give() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("calibration.json");
    let arguments = ["calibrate", "--json", "--rounds", "0", "-o", text(&output)];
    let report = json(&yuyi(&arguments));
    let shipped = fs::read_to_string(builtin("calibration.json")).unwrap();
    let fitted = fs::read_to_string(&output).unwrap();
    if report["kernel"] == "generic" {
        // Its vectors differ in their last digits.
        let knots = |content: &str| -> Vec<Vec<f64>> {
            let file: Value = serde_json::from_str(content).unwrap();
            serde_json::from_value(file["knots"].clone()).unwrap()
        };
        for (a, b) in knots(&shipped)
            .iter()
            .flatten()
            .zip(knots(&fitted).iter().flatten())
        {
            assert!((a - b).abs() < 0.01, "{shipped} {fitted}");
        }
    } else {
        assert_eq!(
            fitted, shipped,
            "run: yuyi calibrate -o models/builtin/calibration.json"
        );
    }
}

#[test]
fn similarities_of_pairs_never_fitted_on_mean_what_they_say() {
    let (pairs, labels) = test_half();
    let scores = scores(&pairs);
    assert_eq!(scores.len(), labels.len());
    let (cosines, similarities): (Vec<f64>, Vec<f64>) = scores.iter().copied().unzip();
    let (raw, calibrated) = (
        calibration_error(&cosines, &labels),
        calibration_error(&similarities, &labels),
    );
    assert!(calibrated <= 0.08, "{calibrated}");
    assert!(raw > 0.3, "{raw}");
}

#[test]
fn a_calibration_keeps_the_order_of_cosines() {
    let mut scores = scores(&test_half().0);
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    for pair in scores.windows(2) {
        let ((x, y), (x_next, y_next)) = (pair[0], pair[1]);
        assert!(
            if x_next - x > 1e-9 {
                y_next > y
            } else {
                y_next >= y
            },
            "{pair:?}"
        );
    }
}

#[test]
fn examples_read_as_people_would_say() {
    let pairs = "你们的产品能开发票吗？\t是否支持开具发票？\n\
                 我今天心情很好\t我感到非常愉快\n\
                 今天天气真不错\t外面阳光明媚\n\
                 人工智能改变世界\tAI 正在重塑未来\n\
                 我喜欢吃水果\t苹果香蕉都很美味\n\
                 我喜欢吃水果\t天气晴朗适合出游\n\
                 我喜欢吃水果\t我喜欢吃水果\n\
                 ok\tok\n";
    let scores: Vec<f64> = scores(pairs).into_iter().map(|score| score.1).collect();
    let unrelated = scores[5];
    assert!(unrelated <= 0.2, "{scores:?}");
    for paraphrase in &scores[..4] {
        assert!(
            *paraphrase >= 0.45 && paraphrase - unrelated >= 0.3,
            "{scores:?}"
        );
    }
    assert!(scores[4] - unrelated >= 0.2, "{scores:?}");
    assert!(
        scores[6..].iter().all(|&identical| identical >= 0.99),
        "{scores:?}"
    );
}

/// Pairs whose labels say that `甲` and `乙` differ only where the number does.
fn own_pairs(n: usize) -> String {
    let topics = ["退货", "发票", "天气", "会议", "快递", "密码", "医院"];
    let pair = |i: usize| {
        let (topic, other) = (topics[i % 7], topics[(i + 3) % 7]);
        match i % 2 {
            0 => format!("{topic}怎么办，第{i}个\t{topic}如何处理，第{i}个\t1\n"),
            _ => format!("{topic}怎么办，第{i}个\t今年的{other}真让人高兴\t0\n"),
        }
    };
    (0..n).map(pair).collect()
}

#[test]
fn what_a_user_fits_is_used_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let pairs = folder.path().join("own.tsv");
    fs::write(&pairs, own_pairs(60)).unwrap();
    let sim = || {
        json(&at_home(
            &home,
            &["sim", "--json", "退货怎么办", "发票怎么开"],
        ))
    };
    let before = sim();
    let dry = at_home(&home, &["calibrate", text(&pairs), "--dry-run"]);
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(!home.exists());
    let fitted = at_home(
        &home,
        &["calibrate", text(&pairs), "--json", "--rounds", "100"],
    );
    let report = json(&fitted);
    let file = PathBuf::from(report["output"].as_str().unwrap());
    assert!(file.starts_with(home.join("calibrations")), "{file:?}");
    assert!(
        fitted.err.contains("e5-small-zh uses it from now on"),
        "{fitted:?}"
    );
    let after = sim();
    assert_eq!(before["cosine"], after["cosine"]);
    assert_ne!(before["similarity"], after["similarity"]);
    let info = json(&at_home(&home, &["info", "--json"]));
    assert_eq!(
        (&info["calibrated"], &info["calibration"]),
        (&true.into(), &text(&file).into())
    );
    // Another number format has other vectors, and keeps the calibration of the model.
    let exact = json(&at_home(&home, &["info", "--json", "--precision", "f32"]));
    assert_eq!(exact["calibration"], "calibration.json of e5-small-zh");

    fs::write(
        &file,
        r#"{"version": 1, "knots": [[-1, 0], [0.9, 0.5], [0.8, 0.6], [1, 1]]}"#,
    )
    .unwrap();
    let broken = at_home(&home, &["sim", "a", "b"]);
    let told = format!("{}: knots[2]: [0.8, 0.6] does not rise", file.display());
    assert_eq!(
        (broken.code, broken.err.contains(&told)),
        (1, true),
        "{broken:?}"
    );
    assert!(broken.err.contains("`yuyi calibrate`"), "{broken:?}");
    let mended = at_home(&home, &["calibrate", text(&pairs), "--rounds", "0"]);
    assert_eq!(mended.code, 0, "{mended:?}");
    assert_eq!(sim(), after);
}

#[test]
fn thresholds_and_errors_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let (output, page) = (
        folder.path().join("c.json"),
        folder.path().join("report.html"),
    );
    let arguments = [
        "calibrate",
        "-",
        "--json",
        "-o",
        text(&output),
        "--report",
        text(&page),
        "--lang",
        "en",
    ];
    let report = json(&yuyi_with_input(&arguments, &own_pairs(80)));
    assert_eq!(
        (&report["pairs"], &report["held_out"], &report["yes_no"]),
        (&80.into(), &40.into(), &true.into())
    );
    let error = |name: &str| {
        let part = |part: &str| report[name][part].as_f64().unwrap();
        assert!(part("low") <= part("value") && part("value") <= part("high"));
        part("value")
    };
    assert!(error("ece_after") < error("ece_before"), "{report}");
    let thresholds = &report["thresholds"];
    assert_eq!(
        (&thresholds["same"], &thresholds["wished_precision"]),
        (&40.into(), &0.95.into())
    );
    for name in ["best_f1", "at_precision"] {
        let found = &thresholds[name];
        assert!(found["precision"].as_f64() > Some(0.9), "{found}");
        for scale in ["similarity", "cosine"] {
            let number = |part: &str| found[scale][part].as_f64().unwrap();
            assert!(
                number("low") <= number("value") && number("value") <= number("high"),
                "{found}"
            );
        }
    }
    let page = fs::read_to_string(&page).unwrap();
    assert!(
        page.contains("Reliability diagram") && page.contains("<svg"),
        "{page}"
    );
    let shown = yuyi_with_input(&["calibrate", "-", "--dry-run"], &own_pairs(80));
    for part in [
        "calibration error",
        "cosine  similarity",
        "best F1: similarity 0.",
        "precision 0.95: similarity 0.",
        "a similarity is how likely a pair is the same, not how much",
        "80 pairs are few",
    ] {
        assert!(shown.out.contains(part), "{part}: {shown:?}");
    }
    let of_grades = yuyi(&["calibrate", "--dry-run", "--rounds", "0"]);
    for part in ["how likely", "are few"] {
        assert!(!of_grades.out.contains(part), "{part}: {of_grades:?}");
    }
}

#[test]
fn a_slip_among_the_labels_is_not_a_scale() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("c.json");
    let run = |pairs: &str, more: &[&str]| {
        let arguments = ["calibrate", "-", "--rounds", "0", "-o", text(&output)];
        yuyi_with_input(&[&arguments, more].concat(), pairs)
    };
    let slip = own_pairs(80).replacen("\t1\n", "\t11\n", 1);
    let refused = run(&slip, &[]);
    assert_eq!((refused.code, output.exists()), (1, false), "{refused:?}");
    for part in [
        "standard input:",
        "the label 11 is outside what nearly all others have, 0 to 1",
        "--scale 0..11",
    ] {
        assert!(refused.err.contains(part), "{part}: {refused:?}");
    }
    let outside = run(&slip, &["--scale", "0..1"]);
    assert_eq!((outside.code, output.exists()), (1, false), "{outside:?}");
    assert!(
        outside
            .err
            .contains("the label 11 is outside the scale 0..1"),
        "{outside:?}"
    );
    // Nobody gave the highest grade.
    let without_fives = own_pairs(80).replace("\t1\n", "\t4\n");
    let told = run(&without_fives, &["--scale", "0..5"]);
    assert_eq!((told.code, output.exists()), (0, true), "{told:?}");
    assert!(
        told.err
            .contains("labels from 0 to 5 are mapped to [0, 1].\n"),
        "{told:?}"
    );
    let guessed = yuyi_with_input(&["calibrate", "-", "--dry-run"], &without_fives);
    assert!(
        guessed
            .err
            .contains("labels from 0 to 4 are mapped to [0, 1]. If the scale goes further"),
        "{guessed:?}"
    );
    // Nothing is lost to a mistyped name.
    let config = folder.path().join("config.json");
    fs::write(&config, "{\"model_type\": \"bert\"}").unwrap();
    let over = |more: &[&str]| {
        let run = yuyi_with_input(&[&["calibrate", "-"], more].concat(), &own_pairs(80));
        assert_eq!(run.code, 2, "{run:?}");
        run.err
    };
    let refused = over(&["-o", text(&config)]);
    assert!(refused.contains("is no calibration"), "{refused}");
    assert!(fs::read_to_string(&config).unwrap().contains("bert"));
    let refused = over(&["-o", text(&output), "--report", text(&output)]);
    assert!(refused.contains("need two files"), "{refused}");
    fs::create_dir(folder.path().join("sub")).unwrap();
    let detour = folder.path().join("sub/..");
    let name = output.file_name().unwrap();
    let refused = over(&["-o", text(&output), "--report", text(&detour.join(name))]);
    assert!(refused.contains("need two files"), "{refused}");
    let backwards = run(&slip, &["--scale", "5..0"]);
    assert_eq!(backwards.code, 2);
}

#[test]
fn a_folder_keeps_its_calibration_beside_the_weights() {
    let folder = tempfile::tempdir().unwrap();
    let (home, model) = (folder.path().join("home"), folder.path().join("model"));
    copy_folder(Path::new(FIXTURE), &model);
    let own = model.join("calibration.json");
    let same: String = (0..40)
        .map(|i| format!("第{i}句话\t第{i}句话\t1\n"))
        .collect();
    let other: String = (0..40)
        .map(|i| format!("第{i}句话\t天气{}\t0\n", "很好".repeat(1 + i % 5)))
        .collect();
    let pairs = folder.path().join("p.tsv");
    fs::write(&pairs, same + &other).unwrap();
    let calibrate = |name: &str| {
        at_home(
            &home,
            &["calibrate", text(&pairs), "--rounds", "0", "--model", name],
        )
    };
    let done = calibrate(text(&model));
    assert_eq!(done.code, 0, "{done:?}");
    assert!(
        done.err
            .contains(&format!("{} is written; model uses it", own.display())),
        "{done:?}"
    );
    let info = || {
        json(&at_home(
            &home,
            &["info", "--json", "--model", text(&model)],
        ))
    };
    assert_eq!(info()["calibration"], text(&own));
    // The same model, installed: its user's calibration is kept by fingerprint, and wins.
    let installed = home.join("models/installed");
    fs::create_dir_all(installed.parent().unwrap()).unwrap();
    fs::rename(&model, &installed).unwrap();
    let named = calibrate("installed");
    assert_eq!(named.code, 0, "{named:?}");
    fs::rename(&installed, &model).unwrap();
    let users = info()["calibration"].as_str().unwrap().to_owned();
    assert!(users.contains("/calibrations/"), "{users}");
    let hidden = calibrate(text(&model));
    assert!(
        hidden.err.contains(&format!("but {users} wins over it")),
        "{hidden:?}"
    );
}

#[test]
fn what_cannot_be_calibrated_says_why() {
    let constant: String = (0..30)
        .map(|i| format!("第{i}句\t第{i}句话\t1\n"))
        .collect();
    let cases = [
        (
            "怎么退货\t如何退货\t1\n",
            "1 labelled pairs are too few to calibrate with; at least 20",
        ),
        (
            constant.as_str(),
            "the labels do not rise with the model's cosines",
        ),
        (
            "怎么退货\t如何退货\n",
            "sentence_a, sentence_b, label are needed",
        ),
        ("sentence_a\tsentence_b\n一\t二\n", "but not label"),
        (
            "一\t二\t好\n",
            "standard input:1: the label \"好\" is neither a number",
        ),
    ];
    for (pairs, told) in cases {
        let run = yuyi_with_input(&["calibrate", "-", "--dry-run"], pairs);
        assert_eq!(
            (run.code, run.err.contains(told)),
            (1, true),
            "{told}: {run:?}"
        );
    }
    for wrong in [
        &["--precision-wished", "95"][..],
        &["--dry-run", "-o", "x.json"],
    ] {
        let run = yuyi(&[&["calibrate"], wrong].concat());
        assert_eq!(run.code, 2, "{run:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_signal_leaves_neither_calibration_nor_report() {
    // On a busy machine both may be done before the signal comes.
    let mut codes = (0..5).map(|_| {
        let folder = tempfile::tempdir().unwrap();
        let [output, report] = ["c.json", "r.html"].map(|name| folder.path().join(name));
        let mut process = command();
        process.args(["calibrate", "-o", text(&output), "--report", text(&report)]);
        let mut process = process.stdout(Stdio::null()).spawn().unwrap();
        while all_hidden(folder.path()).len() < 2 && process.try_wait().unwrap().is_none() {}
        send("INT", &process);
        let code = process.wait().unwrap().code();
        if code != Some(0) {
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        }
        code
    });
    let code_of_signal = codes.find(|&code| code != Some(0));
    assert_eq!(code_of_signal, Some(Some(130)));
}
