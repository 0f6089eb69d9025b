//! Holds the table to what the program says.

mod reasons;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory;

use super::*;
use crate::args::Cli;

fn entries() -> impl Iterator<Item = &'static Entry> {
    TABLE.into_iter().flatten()
}

#[test]
fn each_message_stands_there_once_in_both_languages() {
    let mut seen = BTreeSet::new();
    for (english, chinese) in entries() {
        assert!(seen.insert(english), "{english:?} is there twice");
        assert_ne!(english, chinese);
        assert!(!english.is_empty() && !chinese.is_empty(), "{english:?}");
        let (template, other) = (Template::new(english), Template::new(chinese));
        assert_eq!(template.names(), other.names(), "{english:?}");
    }
}

#[test]
fn help_is_complete_and_nothing_is_left_over() {
    let mut said = BTreeSet::new();
    let mut commands = vec![Cli::command()];
    while let Some(command) = commands.pop() {
        said.extend(command.get_about().map(ToString::to_string));
        for argument in command.get_arguments() {
            said.extend(argument.get_help().map(ToString::to_string));
            let values = argument.get_possible_values();
            let helps = values.iter().filter_map(|value| value.get_help());
            said.extend(helps.map(ToString::to_string));
        }
        commands.extend(command.get_subcommands().cloned());
    }
    let known: BTreeSet<String> = help::HELP.iter().map(|(en, _)| (*en).to_owned()).collect();
    let differences: Vec<&String> = said.symmetric_difference(&known).collect();
    assert!(differences.is_empty(), "{differences:#?}");
}

fn sources(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension() {
            _ if path.ends_with("messages") || path.ends_with("tests.rs") => {}
            None => sources(&path, all),
            Some(extension) if extension == "rs" => all.push(path),
            Some(_) => {}
        }
    }
}

/// The code of a crate without its tests, lines of a string that goes on joined.
fn code(name: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    let mut files = Vec::new();
    sources(&folder.join("src"), &mut files);
    let code = |file: PathBuf| {
        let text = fs::read_to_string(file).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let mut joined = String::new();
        for line in text.split_inclusive('\n') {
            match line.strip_suffix("\\\n") {
                Some(line) => {
                    joined += if joined.ends_with('\u{1}') {
                        line.trim_start()
                    } else {
                        line
                    }
                }
                None => joined += line,
            }
            if line.ends_with("\\\n") {
                joined.push('\u{1}');
            }
        }
        // A string goes on behind the blanks of the next line.
        let mut text = String::new();
        for (i, part) in joined.split('\u{1}').enumerate() {
            text += if i > 0 { part.trim_start() } else { part };
        }
        text.replace("\\\"", "\"")
    };
    files.into_iter().map(code).collect()
}

const CRATES: [&str; 14] = [
    "cli",
    "files",
    "server",
    "collections",
    "store",
    "serving",
    "yuyi",
    "tasks",
    "language",
    "hub",
    "tls",
    "models",
    "remote",
    "encoder",
];

/// Whoever changes a message changes it here too.
#[test]
fn each_wording_is_one_of_the_program() {
    let all: String = CRATES.iter().flat_map(|name| code(name)).collect();
    let mut strays = Vec::new();
    let messages = [program::PROGRAM, library::LIBRARY, hub::HUB];
    for (english, _) in messages.into_iter().flatten() {
        // Placeholders have other names there, and may hold words.
        let template = Template::new(english);
        let words = template.literals().flat_map(|literal| literal.split('"'));
        let longest = words.max_by_key(|word| word.len()).unwrap_or_default();
        let parts = longest.split(['`']).max_by_key(|part| part.len());
        let part: Vec<&str> = parts.unwrap_or_default().split_whitespace().collect();
        // A number there stands for a placeholder, so one of three pieces is enough.
        let mut pieces = part.chunks(part.len().div_ceil(3).max(1));
        if !pieces.any(|words| all.contains(&words.join(" "))) {
            strays.push(english);
        }
    }
    assert!(strays.is_empty(), "the program does not say {strays:#?}");
}

/// Where this crate and that of files say something.
const SAID: &[&str] = &[
    "bail!(", "anyhow!(", "Misuse(", "remark!(", "context(", ".say(",
];

/// The first string behind each of the `starts`.
fn messages_of(code: &str, starts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for start in starts {
        for (at, _) in code.match_indices(*start) {
            let rest = &code[at + start.len()..];
            let rest = rest.trim_start();
            let rest = rest.strip_prefix("Misuse(").unwrap_or(rest).trim_start();
            let rest = rest.strip_prefix("format!(").unwrap_or(rest).trim_start();
            let rest = rest
                .strip_prefix("|| format!(")
                .unwrap_or(rest)
                .trim_start();
            let Some(rest) = rest.strip_prefix('"') else {
                continue;
            };
            // A quote inside the text was written with a backslash, which is gone: the end is the one before a comma or bracket.
            let ends = ["\",", "\"\n", "\")", "\"."].iter();
            let end = ends.filter_map(|end| rest.find(end)).min();
            found.extend(end.map(|end| rest[..end].to_owned()));
        }
    }
    found
}

/// A message with something in its placeholders.
fn example(message: &str) -> String {
    let mut text = String::new();
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').unwrap();
        text += before;
        text += match name.strip_suffix(":?") {
            Some(_) => "\"7\"",
            None => "7",
        };
        rest = behind;
    }
    text + rest
}

/// Messages of which only a part is known here: words that are put together, or what others say.
const PUT_TOGETHER: [&str; 23] = [
    "{}",
    "{told}",
    "{text}",
    "{reason}",
    "{remark}",
    "{warning}",
    "{name}: {error}.",
    "{file}: {told}",
    "{name}: {other}.",
    "{}: {reason}.",
    "{file}:{line}: {}",
    "{texts} no character",
    "{texts} longer than",
    "{name} is read from its sheet",
    "{}:{line}: {}",
    "{}: labels from {low}",
    "line {line} has {n} {named};",
    // Their quotes end what is read of them here; the table has them whole.
    "line {}: a quoted cell goes on to line",
    "line {}: the quoted cell that begins here",
    "{name}: {what}",
    "--redis: {error}.",
    "--{error}",
    "--{}",
];

#[test]
fn no_message_of_this_crate_is_forgotten() {
    let said = [code("cli"), code("files")].concat();
    let said = said.iter().flat_map(|code| messages_of(code, SAID));
    let is_known = |message: &String| {
        PUT_TOGETHER.iter().any(|known| message.starts_with(known))
            || chinese(&example(message)).is_some()
    };
    let forgotten: BTreeSet<String> = said.filter(|message| !is_known(message)).collect();
    assert!(forgotten.is_empty(), "no Chinese wording: {forgotten:#?}");
}

#[test]
fn no_error_of_a_library_is_forgotten() {
    // What `serving` says is read over HTTP alone.
    let others = ["cli", "server", "serving"];
    let libraries = CRATES.iter().filter(|name| !others.contains(name));
    let said = libraries.flat_map(|name| code(name));
    let said = said.flat_map(|code| messages_of(&code, &["#[error("]));
    // Nothing but what others say.
    let has_words = |message: &String| Template::new(message).has_words();
    let is_known = |message: &String| {
        let example = example(message);
        chinese(&example)
            .or_else(|| chinese_sentence(&example))
            .is_some()
    };
    let forgotten: BTreeSet<String> = said
        .filter(|message| has_words(message) && !is_known(message))
        .collect();
    assert!(forgotten.is_empty(), "no Chinese wording: {forgotten:#?}");
}

#[test]
fn messages_are_found_with_what_stands_in_them() {
    for (english, expected) in [
        ("x.tsv cannot be read", "x.tsv 无法读取"),
        (
            "f.csv:3: column B (句子2): It is empty or blank.",
            "f.csv 第 3 行：B 列（句子2）：是空的或只有空白。",
        ),
        (
            "faq.xlsx, sheet \"Sheet\", row 4: column D (有效期): \"明天\" is no span of days. Write it as 2024-01-01 至 2024-12-31.",
            "faq.xlsx 工作表“Sheet”第 4 行：D 列（有效期）：“明天”不是有效期。请写成 2024-01-01 至 2024-12-31 的形式。",
        ),
        (
            "faq.csv:4: column C: #N/A stands for a value that is not there.",
            "faq.csv 第 4 行：C 列：#N/A 表示没有值。",
        ),
        (
            "f.jsonl:3: sentence_b is empty or blank.",
            "f.jsonl 第 3 行：sentence_b 是空的。",
        ),
        (
            "/m/config.json: model_type \"llama\" is not supported. yuyi runs bert, ernie and mpnet; the nearest to it is bert.",
            "/m/config.json：不支持 model_type“llama”。yuyi 能运行 bert、ernie 和 mpnet；与它最接近的是 bert。",
        ),
        (
            "/m/model.safetensors: tensor a.weight: it is missing; a tensor of shape [2, 3] was expected.",
            "/m/model.safetensors：张量 a.weight：缺少这个张量，它的形状应为 [2, 3]。",
        ),
        (
            "The key file k cannot be read: No such file or directory (os error 2).",
            "密钥文件 k 无法读取：没有这个文件或文件夹（系统错误 2）。",
        ),
        (
            "EOF while parsing an object at line 1 column 27",
            "第 1 行第 27 列：对象没有写完",
        ),
        (
            "expected `,` or `}` at line 3 column 5",
            "第 3 行第 5 列：这里应为 , 或 }",
        ),
        (
            "\"foo\" is none of jaccard, edit.",
            "“foo”不在可选项之中：jaccard、edit。",
        ),
        (
            "store: sslmode is one of disable, prefer, require and verify-full.",
            "store：sslmode 只能是 disable、prefer、require 或 verify-full。",
        ),
    ] {
        assert_eq!(chinese(english).as_deref(), Some(expected));
    }
    assert_eq!(chinese("nobody says this"), None);
    let reasons = library::SYSTEM.iter().map(|(english, _)| *english);
    let reason = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap_err();
    for json in [
        "{",
        "[",
        "\"a",
        "",
        "{\"a\" 1}",
        "[1 2]",
        "{\"a\":1 \"b\"}",
        "tru",
        "x",
        "\"\\x\"",
        "01",
        "1e999",
        "\"\n\"",
        "{1:2}",
        "[1,]",
        "{} {}",
    ] {
        let said = reason(json).to_string();
        let (said, _) = said.split_once(" at line ").unwrap();
        assert!(reasons.clone().any(|known| known == said), "{said}");
    }
}

#[test]
fn lines_keep_their_blanks_and_ends() {
    assert_eq!(lines("  missed: 3\n\nx\n"), "  答错的问题：3\n\nx\n");
}

#[test]
fn clap_is_told_in_chinese() {
    let program = in_chinese(Cli::command());
    let help = |arguments: &[&str]| {
        let error = program.clone().try_get_matches_from(arguments).unwrap_err();
        clap_words::in_chinese(&error.render().to_string())
    };
    for arguments in [
        &["yuyi", "--help"][..],
        &["yuyi", "-h"],
        &["yuyi", "sim", "--help"],
        &["yuyi", "serve", "-h"],
    ] {
        let text = help(arguments);
        let english: Vec<&str> = [
            "Usage", "Options", "Commands", "Print", "default", "possible",
        ]
        .into_iter()
        .filter(|word| text.contains(word))
        .collect();
        assert!(english.is_empty(), "{english:?}: {text}");
        assert!(text.contains("用法：yuyi"), "{text}");
    }
    assert!(help(&["yuyi", "sim", "--help"]).contains("- f32:  32 位浮点数"));
    let told = help(&["yuyi", "simm"]);
    assert!(told.starts_with("错误：没有命令“simm”\n"), "{told}");
    assert!(told.contains("提示：有一个相近的命令“sim”"), "{told}");
    let told = help(&["yuyi", "eval", "x", "--scale", "5..0"]);
    let expected = "错误：“--scale <LOW..HIGH>”的值“5..0”不对：小的一端写在前面，例如 0..5";
    assert!(told.starts_with(expected), "{told}");
    let told = help(&["yuyi", "embed"]);
    assert!(told.starts_with("错误：缺少以下参数：\n"), "{told}");
}

/// What the server refuses at its start.
#[test]
fn settings_of_the_server_are_told_in_chinese() {
    let list = |text: &str| vec![text.to_owned()];
    let origin = yuyi_server::Origins::new(&list("foo")).err().unwrap();
    let host = yuyi_server::AllowedHosts::new(&list("http://x"))
        .err()
        .unwrap();
    let path = yuyi_server::BasePath::new("foo").err().unwrap();
    for (english, begin) in [
        (origin, "“foo”不是来源。"),
        (host, "“http://x”不是主机名。"),
        (path, "“foo”不能用作路径前缀。"),
        (
            "--redis: this is no URL such as redis://:PASSWORD@HOST:6379/0 or redis+unix:///PATH (rediss://, Redis over TLS, is not supported).".into(),
            "--redis：这不是 redis://",
        ),
    ] {
        let told = chinese(&english);
        assert!(told.as_ref().is_some_and(|told| told.starts_with(begin)), "{english}: {told:?}");
    }
}

#[test]
fn notes_are_told_in_chinese() {
    for (english, told) in [
        ("Only B negates: 不要.", "只有 B 是否定的：不要。"),
        (
            "The numbers differ: 三点 in A, 四点 in B.",
            "数字不同：A 是 三点，B 是 四点。",
        ),
        (
            "A is longer than the model reads at once; only its first 500 characters are explained.",
            "A 超过模型一次能读的长度，只解释开头 500 个字符。",
        ),
    ] {
        assert_eq!(chinese(english).as_deref(), Some(told));
    }
}

#[test]
fn what_the_user_wrote_stays_as_it_is() {
    for english in [
        "prompts  passage \"passage: \", query \"query: \"",
        "客户: 问",
        "a: b.csv",
    ] {
        assert_eq!(chinese(english), None, "{english}");
    }
    let told =
        chinese("no: such.csv cannot be read.").or_else(|| chinese("no: such.csv cannot be read"));
    assert!(told.is_some_and(|told| told.contains("no: such.csv")));
}

/// What cells of a table are refused for, with the field in front, alone and in what names file and line.
#[test]
fn what_is_behind_a_field_is_told() {
    for (english, expected) in [
        (
            "enabled: This is neither true nor false. Write true or false, 是 or 否, 启用 or 停用, 发布 or 未发布, 上架 or 下架.",
            "enabled：这既不是 true 也不是 false。请写 true 或 false，也可以写 是/否、启用/停用、发布/未发布、上架/下架。",
        ),
        (
            "reject: This is neither true nor false.",
            "reject：这既不是 true 也不是 false。",
        ),
        (
            "threshold: \"高\" is not a number.",
            "threshold：“高”不是数。",
        ),
        (
            "threshold: It is not between 0 and 1.",
            "threshold：不在 0 和 1 之间。",
        ),
        (
            "margin: It is not between 0 and 1.",
            "margin：不在 0 和 1 之间。",
        ),
        (
            "validity: \"明天\" is no span of days. Write it as 2024-01-01 至 2024-12-31.",
            "validity：“明天”不是有效期。请写成 2024-01-01 至 2024-12-31 的形式。",
        ),
        (
            "valid_from: \"明天\" is no time. Write it as 2024-03-05T10:30:00Z.",
            "valid_from：“明天”不是时间。请写成 2024-03-05T10:30:00Z 的形式。",
        ),
        (
            "wordings: There are 5000; at most 1000 are kept.",
            "wordings：共有 5000 个，最多保留 1000 个。",
        ),
        (
            "wordings[2]: It is empty or blank.",
            "wordings[2]：是空的或只有空白。",
        ),
        (
            "id: It has 300 bytes; an id has at most 255.",
            "id：长 300 字节，而编号最多 255 字节。",
        ),
    ] {
        assert_eq!(chinese(english).as_deref(), Some(expected));
        let at = format!("faq.csv:3: {english}");
        assert_eq!(chinese(&at), Some(format!("faq.csv 第 3 行：{expected}")));
    }
}

/// What filters know is told as Chinese tells it: commas of its own, and 和 before the last.
#[test]
fn lists_in_what_filters_know_are_chinese() {
    for (filter, list) in [
        (r#"{"all": []}"#, "must、should 和 must_not"),
        (
            r#"{"must": {"key": "a", "near": 1}}"#,
            "match、range 和 exists",
        ),
        (
            r#"{"must": {"key": "a", "match": {"some": 1}}}"#,
            "value、any 和 except",
        ),
        (
            r#"{"must": {"key": "a", "range": {"above": 1}}}"#,
            "gt、gte、lt 和 lte",
        ),
        (
            r#"{"must": {"near": 1}}"#,
            "带 match、range 或 exists 的 key，或者 must、should 和 must_not",
        ),
    ] {
        let json = serde_json::from_str(filter).unwrap();
        let error = yuyi_store::Filter::parse(&json).unwrap_err();
        let yuyi_store::Error::Invalid { reason, .. } = &error else {
            panic!("{error}");
        };
        let expected = format!("这里的过滤条件只支持 {list}。");
        assert_eq!(chinese(reason), Some(expected));
    }
}
