//! The language of help, messages and tables.

use std::process::Output;

use serde_json::Value;

use crate::support::command;

fn run(variables: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
    let mut command = command();
    command.envs(variables.iter().copied()).args(arguments);
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

const ABSENT: &[&str] = &["sim", "--pairs", "/nonexistent.tsv"];

#[test]
fn is_that_of_the_locale_unless_it_is_asked_for() {
    let english = "yuyi: /nonexistent.tsv cannot be read: No such file or directory (os error 2)\n";
    let chinese = "yuyi: /nonexistent.tsv 无法读取：没有这个文件或文件夹（系统错误 2）\n";
    for (variables, expected) in [
        (&[][..], english),
        (&[("LANG", "zh_CN.UTF-8")], chinese),
        (&[("LANG", "C.UTF-8"), ("LC_ALL", "zh_TW")], chinese),
        (&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")], english),
        (&[("LANG", "zh_CN.UTF-8"), ("YUYI_LANG", "en")], english),
        (&[("YUYI_LANG", "zh")], chinese),
    ] {
        let (code, out, err) = run(variables, ABSENT);
        assert_eq!(
            (code, out.as_str(), err.as_str()),
            (1, "", expected),
            "{variables:?}"
        );
    }
    for (flag, expected) in [("en", english), ("zh", chinese)] {
        let arguments = [&["--lang", flag], ABSENT].concat();
        assert_eq!(run(&[("LANG", "zh_CN")], &arguments).2, expected);
        let arguments = [ABSENT, &["--lang", flag]].concat();
        assert_eq!(run(&[("YUYI_LANG", "zh")], &arguments).2, expected);
    }
    let (code, _, err) = run(&[], &["--lang", "fr", "info"]);
    assert!(
        code == 2 && err.contains("invalid value 'fr' for '--lang"),
        "{err}"
    );
}

#[test]
fn help_and_mistakes_in_chinese() {
    let zh = [("LANG", "zh_CN.UTF-8")];
    let (code, out, _) = run(&zh, &["--help"]);
    assert_eq!(code, 0);
    for part in [
        "中文语义相似度",
        "用法：yuyi",
        "命令：",
        "sim         两句话的相似度",
        "显示帮助",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let (code, out, _) = run(&zh, &["eval", "-h"]);
    assert!(
        code == 0 && out.contains("计算 95 % 区间的自助法抽样次数"),
        "{out}"
    );
    let (code, _, err) = run(&zh, &["sim", "--pears", "x"]);
    assert_eq!(code, 2);
    assert!(err.starts_with("错误：没有参数“--pears”\n"), "{err}");
    let (code, _, err) = run(&zh, &["sim", "a", "b", "--model", "nothing"]);
    assert_eq!(code, 1);
    assert_eq!(
        err,
        "yuyi: 没有名为“nothing”的模型。已安装：e5-small-zh。也可以写模型文件夹的路径。\n"
    );
}

#[test]
fn no_english_is_left_in_remarks_and_tables() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pairs.csv");
    let rows = "今天天气不错,今天天气很好,1\n你好,再见,0\n退货,怎么退货,1\n天气,发票,0\n";
    std::fs::write(&path, format!("句子1,句子2,标签\n{rows}")).unwrap();
    let path = path.to_str().unwrap();
    let zh = [("LANG", "zh_CN.UTF-8")];
    let (code, out, err) = run(&zh, &["eval", path, "--rounds", "20"]);
    assert_eq!(code, 0, "{err}");
    let told = format!(
        "yuyi: {path} 的列按以下对应读取：句子1 作为 sentence_a，句子2 作为 sentence_b，标签 作为 label。\n"
    );
    assert_eq!(err, told);
    assert!(!out.contains(" to "), "{out}");
    let (code, _, err) = run(&zh, &["serve", "--cors-origin", "foo"]);
    assert!(code == 2 && err.contains("“foo”不是来源。"), "{err}");
}

#[test]
fn variables_of_yes_and_no_are_nothing_else() {
    for (value, code) in [("", 0), ("0", 0), ("true", 0), ("ja", 2), ("是", 2)] {
        let (found, out, err) = run(&[("YUYI_JSON", value)], &["info"]);
        assert_eq!(found, code, "{value}: {err}");
        assert_eq!(out.starts_with('{'), value == "true", "{value}: {out}");
        assert_eq!(
            err.contains("is neither true nor false"),
            code == 2,
            "{err}"
        );
        assert_eq!(err.contains("The variable YUYI_JSON"), code == 2, "{err}");
    }
}

#[test]
fn files_and_tables_in_chinese_and_json_as_ever() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pairs.tsv");
    std::fs::write(
        &path,
        "今天天气不错\t今天天气很好\t1\n你好\t再见\t0\n一\t\t0\n",
    )
    .unwrap();
    let path = path.to_str().unwrap();
    let zh = [("LANG", "zh_CN.UTF-8")];
    let (code, _, err) = run(&zh, &["eval", path]);
    assert_eq!(
        (code, err),
        (
            1,
            format!("yuyi: {path} 第 3 行：B 列（sentence_b）：是空的或只有空白。\n")
        )
    );
    let (code, out, err) = run(&zh, &["sim", "--pairs", path]);
    assert_eq!(code, 0, "{err}");
    let expected = format!(
        "yuyi: {path}：3 行中有 1 行没有得分，第一个在第 3 行：B 列（sentence_b）：是空的或只有空白。\n"
    );
    assert_eq!(err, expected);
    // What programs read is the same.
    assert_eq!(out, run(&[], &["sim", "--pairs", path]).1);
    assert!(
        out.contains("error: column B (sentence_b): It is empty or blank."),
        "{out}"
    );
    std::fs::write(path, "今天天气不错\t今天天气很好\t1\n你好\t再见\t0\n").unwrap();
    let (_, out, _) = run(&zh, &["eval", path, "--rounds", "0"]);
    for part in ["已校准", "2 对，其中 1 对同义", "平均精确率", "校准误差"] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let json = |variables: &[(&str, &str)]| -> Value {
        let (_, out, _) = run(variables, &["eval", path, "--rounds", "0", "--json"]);
        let mut told: Value = serde_json::from_str(&out).unwrap();
        let seconds = told["seconds_per_1000_pairs"].take();
        assert!(seconds.is_f64(), "what two runs took differs");
        told
    };
    assert_eq!(json(&zh), json(&[]));
    let (_, out, _) = run(&zh, &["info"]);
    assert!(out.contains("维数            384\n"), "{out}");
}
