//! `yuyi dedup`.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::files::Files;
use crate::support::server::{Server, body, status};
use crate::support::{command, yuyi, yuyi_with_input};

const MINUTES: &str = "产品周会\n\n说话人 1 00:00:01\n我们下周三上线新版本。\n\n说话人 2 00:00:09\n嗯，那个，我们就下周三上线新版本。\n\n\
张伟 00:00:15\n同意\n\n李强 00:00:18\n没问题\n\n说话人 1 00:00:25\n我们下周五上线新版本。\n\n说话人 2 00:00:40\n预算还差两万块钱。\n";

/// Turns of which many repeat others.
fn turns() -> Vec<Value> {
    let said = [
        ("张三", "我们下周三上线新版本"),
        ("李四", "呃，我们就下周三上线新版本吧"),
        ("王五", "同意"),
        ("张三", "我们下周五上线新版本"),
        ("李四", "预算还差两万块钱"),
        ("王五", "客户反馈加载速度太慢了"),
        ("赵六", "没问题"),
        ("张三", "下周三上线新版本"),
        ("王五", "客户说加载的速度太慢"),
    ];
    let turn = |(i, (speaker, text)): (usize, &(&str, &str))| json!({"speaker": speaker, "text": text, "time": format!("00:00:{:02}", 7 * i)});
    said.iter().enumerate().map(turn).collect()
}

fn lines(turns: &[Value]) -> String {
    turns.iter().map(|turn| format!("{turn}\n")).collect()
}

fn write(files: &Files, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = files.path(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

fn json_of(arguments: &[&str]) -> Value {
    let run = yuyi(arguments);
    assert_eq!(run.code, 0, "{run:?}");
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn server_and_command_answer_the_same() {
    let files = Files::new();
    let (all, old) = (turns(), json!([{"text": "预算还差两万"}, {"text": "好的"}]));
    let file = write(&files, "minutes.jsonl", lines(&all));
    let old_file = write(&files, "old.jsonl", lines(old.as_array().unwrap()));
    let server = Server::start(&[]);
    for (mode, against, action) in [
        ("adjacent", false, "mark"),
        ("all", false, "merge"),
        ("adjacent", true, "merge"),
        ("all", true, "mark"),
    ] {
        let mut asked = json!({"items": all, "mode": mode, "action": action, "threshold": 0.75});
        let mut arguments = vec![
            "dedup",
            &file,
            "--json",
            "--mode",
            mode,
            "--threshold",
            "0.75",
        ];
        if against {
            asked["against"] = old.clone();
            arguments.extend(["--against", &old_file]);
        }
        arguments.extend((action == "merge").then_some("--merge"));
        let reply = server.post_with("/v1/dedup", "", &asked.to_string());
        assert_eq!(status(&reply), 200, "{reply}");
        assert_eq!(json_of(&arguments), body(&reply), "{mode} {against}");
    }
}

#[test]
fn repeats_are_marked_in_the_format_of_the_file() {
    let run = yuyi_with_input(&["dedup", "-", "--lang", "zh"], MINUTES);
    assert_eq!(run.code, 0, "{run:?}");
    for line in [
        "产品周会",
        "说话人 1 00:00:01",
        "嗯，那个，我们就下周三上线新版本。",
        "同意 〔附议第",
        "同意 ×2：张伟、李强",
        "时间不同，未合并〕",
        "预算还差两万块钱。",
    ] {
        assert!(run.out.contains(line), "{line}: {}", run.out);
    }
    assert!(run.out.contains("〔重复第"), "{}", run.out);
    assert!(
        run.err
            .contains("共 6 条发言：保留 3 条，重复 1 条，附议 2 条"),
        "{}",
        run.err
    );
}

#[test]
fn repeats_are_merged_with_who_said_them() {
    let files = Files::new();
    let file = write(&files, "minutes.txt", MINUTES);
    let out = files.path("out.md");
    let run = yuyi(&[
        "dedup",
        &file,
        "--merge",
        "-o",
        out.to_str().unwrap(),
        "--lang",
        "en",
    ]);
    assert_eq!(run.code, 0, "{run:?}");
    let text = fs::read_to_string(&out).unwrap();
    assert_eq!(
        text.matches("\n- ").count() + usize::from(text.starts_with("- ")),
        3,
        "{text}"
    );
    assert!(text.contains("said once more: 说话人"), "{text}");
    assert!(text.contains("agreed ×2: 张伟, 李强"), "{text}");
    let run = yuyi(&["dedup", &file, "--merge", "--mark"]);
    assert_eq!(run.code, 2, "{run:?}");
}

#[test]
fn another_threshold_needs_no_model() {
    let files = Files::new();
    let file = write(&files, "minutes.jsonl", lines(&turns()));
    let pairs = files.path("pairs.jsonl");
    let pairs = pairs.to_str().unwrap();
    let at = |threshold, more: &[&str]| {
        let arguments = [
            "dedup",
            &file,
            "--json",
            "--mode",
            "all",
            "--threshold",
            threshold,
        ];
        [&arguments, more]
            .concat()
            .iter()
            .map(|a| (*a).to_owned())
            .collect::<Vec<_>>()
    };
    let run = |arguments: Vec<String>| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        yuyi(&arguments)
    };
    assert_eq!(run(at("0.6", &["--pairs", pairs])).code, 0);
    let left: Vec<_> = fs::read_dir(files.path(""))
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
    for threshold in ["0.6", "0.8", "0.95"] {
        let again: Value = serde_json::from_str(
            &run(at(
                threshold,
                &["--rethreshold", pairs, "--model", "absent"],
            ))
            .out,
        )
        .unwrap();
        let fresh: Value = serde_json::from_str(&run(at(threshold, &[])).out).unwrap();
        for part in ["groups", "kept", "duplicates", "votes"] {
            assert_eq!(again[part], fresh[part], "{threshold} {part}");
        }
    }
    let low = run(at("0.4", &["--rethreshold", pairs]));
    assert_eq!(low.code, 2, "{low:?}");
    assert!(low.err.contains("--threshold cannot be lower"), "{low:?}");
    let other = write(&files, "other.jsonl", lines(&turns()[1..]));
    let other = yuyi(&["dedup", &other, "--mode", "all", "--rethreshold", pairs]);
    assert!(
        other.code == 1 && other.err.contains("the pairs of other remarks"),
        "{other:?}"
    );
}

/// What was computed before a kill is there when the same command runs again, and the result is that of a run without one.
#[test]
fn a_killed_search_goes_on() {
    let files = Files::new();
    let said: String = (0..3_000)
        .map(|i| format!("第 {} 组的进度汇报第 {} 版\n", i % 1_500, i % 7))
        .collect();
    let file = write(&files, "minutes.txt", said);
    let (pairs, whole) = (files.path("pairs.jsonl"), files.path("whole.jsonl"));
    let arguments = |pairs: &std::path::Path| {
        let pairs = pairs.to_str().unwrap().to_owned();
        ["dedup", &file, "--mode", "all", "--pairs", &pairs, "--json"].map(str::to_owned)
    };
    let mut child = command()
        .args(arguments(&pairs))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let vectors = files.path("pairs.jsonl.vectors");
    let started = Instant::now();
    while fs::metadata(&vectors).map_or(0, |file| file.len()) < 500 * 384 * 4 {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it was killed"
        );
        assert!(
            started.elapsed() < Duration::from_secs(300),
            "it writes nothing"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let again = command().args(arguments(&pairs)).output().unwrap();
    let fresh = command().args(arguments(&whole)).output().unwrap();
    let told = String::from_utf8(again.stderr).unwrap();
    assert!(told.contains("is gone on with"), "{told}");
    assert!(again.stdout == fresh.stdout && !again.stdout.is_empty());
    assert_eq!(fs::read(&pairs).unwrap(), fs::read(&whole).unwrap());
}

#[test]
fn the_report_tells_all_and_loads_nothing() {
    let files = Files::new();
    let file = write(
        &files,
        "minutes.txt",
        MINUTES.replace("预算还差两万块钱。", "好的"),
    );
    // What the last one agrees with is an old remark, and so is what the one before it differs from.
    let old = write(&files, "old.txt", "我们下周五上线新版本\n");
    let report = files.path("report.html");
    let run = yuyi(&[
        "dedup",
        &file,
        "--against",
        &old,
        "--lang",
        "zh",
        "--report",
        report.to_str().unwrap(),
    ]);
    assert_eq!(run.code, 0, "{run:?}");
    let text = fs::read_to_string(&report).unwrap();
    for told in [
        "重复发言报告",
        // Why a remark is kept, and how often.
        "时间不同",
        "未合并的原因",
        // Who agreed with what, here and in the older minutes.
        "张伟 00:00:15、李强 00:00:18",
        "旧稿第 1 条  我们下周五上线新版本",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    for loader in ["http:", "https:", "src=", "@import"] {
        assert!(!text.contains(loader), "{loader}");
    }
}

#[test]
fn what_cannot_be_meant_is_told() {
    let files = Files::new();
    let file = write(&files, "minutes.txt", MINUTES);
    for (arguments, code, told) in [
        (
            vec!["dedup", &file, "--pairs-above", "0.9"],
            2,
            "--pairs-above is above --threshold",
        ),
        (
            vec!["dedup", "/nonexistent"],
            1,
            "/nonexistent cannot be read",
        ),
        (vec!["dedup", &file, "-o", &file], 2, "would be overwritten"),
    ] {
        let run = yuyi(&arguments);
        assert!(
            run.code == code && run.err.contains(told),
            "{arguments:?}: {run:?}"
        );
    }
    let empty = write(&files, "empty.txt", "\n");
    let run = yuyi(&["dedup", &empty]);
    assert!(run.code == 1 && run.err.contains("has no turns"), "{run:?}");
}

#[test]
fn pairs_take_the_place_of_no_other_file_and_nothing_half_is_taken_up() {
    let files = Files::new();
    let file = write(&files, "minutes.jsonl", lines(&turns()));
    let notes = write(&files, "notes.txt", "keep me\n");
    let with = |pairs: &str| yuyi(&["dedup", &file, "--mode", "all", "--pairs", pairs]);
    for (pairs, told) in [
        (&file, "would be overwritten"),
        (&notes, "no file of pairs"),
    ] {
        let run = with(pairs);
        assert!(run.code == 2 && run.err.contains(told), "{run:?}");
    }
    assert_eq!(fs::read_to_string(&notes).unwrap(), "keep me\n");
    let pairs = files.path("pairs.jsonl").to_str().unwrap().to_owned();
    assert_eq!(with(&pairs).code, 0);
    let whole = fs::read(&pairs).unwrap();
    let head = whole.split(|b| *b == b'\n').next().unwrap();
    let head: Value = serde_json::from_slice(head).unwrap();
    let state = json!({"head": head, "dimension": 384, "blocks": 1, "bytes": 100_000});
    write(&files, "pairs.jsonl.state", state.to_string());
    assert_eq!(with(&pairs).code, 0);
    assert_eq!(fs::read(&pairs).unwrap(), whole);
    let run = yuyi(&[
        "dedup",
        &file,
        "-o",
        files.path("out.docx").to_str().unwrap(),
    ]);
    assert!(run.code == 2 && run.err.contains("not as .docx"), "{run:?}");
}
