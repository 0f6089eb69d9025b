//! Minutes as meeting tools export them, through `yuyi dedup` and `/v1/dedup` alike, and marked minutes that are given again.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::files::Files;
use crate::support::server::Server;
use crate::support::yuyi;

/// Files that word processors saved.
fn data(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    folder.join("../files/tests/data").join(name)
}

/// The same minutes in every layout: what repeats, what differs in a day, who agrees.
const LAYOUTS: [(&str, &str, &str); 11] = [
    (
        "a.txt",
        "text/plain",
        "周会\n\n甲 00:01\n我们下周三上线新版本\n\n乙 00:02\n嗯，那个，我们就下周三上线新版本\n\n丙 00:03\n同意\n\n甲 00:04\n我们下周五上线新版本\n",
    ),
    (
        "b.txt",
        "text/plain",
        "甲(00:01)：我们下周三上线新版本\n乙(00:02)：嗯，那个，我们就下周三上线新版本\n丙(00:03)：同意\n甲(00:04)：我们下周五上线新版本\n",
    ),
    (
        "c.txt",
        "text/plain",
        "- 我们下周三上线新版本\n- 嗯，那个，我们就下周三上线新版本\n- 同意\n- 我们下周五上线新版本\n",
    ),
    (
        "d.txt",
        "text/plain",
        "周会 - Transcript\n00:00:00\n\n甲: 我们下周三上线新版本\n\n乙: 嗯，那个，我们就下周三上线新版本\n\n00:05:00\n\n丙: 同意\n\n甲: 我们下周五上线新版本\n\nMeeting ended after 00:06:00 👋\n",
    ),
    (
        "e.txt",
        "text/plain",
        "[00:00.000 --> 00:01.000]  我们下周三上线新版本\n[00:01.000 --> 00:02.000]  嗯，那个，我们就下周三上线新版本\n[00:02.000 --> 00:03.000]  同意\n[00:03.000 --> 00:04.000]  我们下周五上线新版本\n",
    ),
    (
        "f.srt",
        "application/x-subrip",
        "1\n00:00:01,000 --> 00:00:02,000\n我们下周三上线新版本\n\n2\n00:00:02,000 --> 00:00:03,000\n<i>嗯，那个，我们就下周三上线新版本</i>\n\n3\n00:00:03,000 --> 00:00:04,000\n同意\n\n4\n00:00:04,000 --> 00:00:05,000\n我们下周五上线新版本\n\n",
    ),
    (
        "g.vtt",
        "text/vtt",
        "WEBVTT\n\nNOTE 甲先说\n\n00:01.000 --> 00:02.000\n<v 甲>我们下周三上线新版本</v>\n\n00:02.000 --> 00:03.000\n<v 乙>嗯，那个，我们就下周三上线新版本</v>\n\nNOTE 丙\n\n00:03.000 --> 00:04.000\n<v 丙>同意</v>\n\n00:04.000 --> 00:05.000\n<v 甲>我们下周五上线新版本</v>\n",
    ),
    (
        "h.tsv",
        "text/tab-separated-values",
        "start\tend\ttext\n0\t1000\t我们下周三上线新版本\n1000\t2000\t嗯，那个，我们就下周三上线新版本\n2000\t3000\t同意\n3000\t4000\t我们下周五上线新版本\n",
    ),
    (
        "i.csv",
        "text/csv",
        "发言人,时间,内容\r\n甲,00:01,我们下周三上线新版本\r\n乙,00:02,\"嗯,那个,我们就下周三上线新版本\"\r\n丙,00:03,同意\r\n甲,00:04,我们下周五上线新版本\r\n",
    ),
    (
        "j.jsonl",
        "application/x-ndjson",
        "{\"speaker\":\"甲\",\"text\":\"我们下周三上线新版本\",\"start\":1}\n{\"speaker\":\"乙\",\"text\":\"嗯，那个，我们就下周三上线新版本\",\"start\":2}\n{\"speaker\":\"丙\",\"text\":\"同意\",\"start\":3}\n{\"speaker\":\"甲\",\"text\":\"我们下周五上线新版本\",\"start\":4}\n",
    ),
    (
        "k.json",
        "application/x-ndjson",
        "{\"text\":\"x\",\"language\":\"zh\",\"segments\":[{\"start\":0.0,\"text\":\" 我们下周三上线新版本\"},{\"start\":1.5,\"text\":\" 嗯，那个，我们就下周三上线新版本\"},{\"start\":2.5,\"text\":\"同意\"},{\"start\":3.5,\"text\":\"我们下周五上线新版本\"}]}",
    ),
];

/// The same as results of speech recognition.
fn results() -> [(&'static str, String); 4] {
    let said = [
        ("1", 1, "我们下周三上线新版本"),
        ("2", 2, "嗯，那个，我们就下周三上线新版本"),
        ("3", 3, "同意"),
        ("1", 4, "我们下周五上线新版本"),
    ];
    let list = |object: fn(&str, u64, &str) -> Value| {
        let objects = said
            .iter()
            .map(|(speaker, start, text)| object(speaker, *start, text));
        Value::Array(objects.collect())
    };
    let paragraphs = list(
        |speaker, start, text| json!({"SpeakerId": speaker, "Words": [{"Start": start * 1_000, "Text": text}]}),
    );
    let utterances = list(
        |speaker, start, text| json!({"start_time": start * 1_000, "text": text, "additions": {"speaker": speaker}}),
    );
    let phrases = list(|speaker, start, text| {
        let speaker: u64 = speaker.parse().unwrap();
        json!({"speaker": speaker, "offsetMilliseconds": start * 1_000, "text": text})
    });
    let lattice = list(|speaker, start, text| {
        let words = json!([{"cw": [{"w": text, "wp": "n"}]}]);
        let sentence = json!({"st": {"bg": (start * 1_000).to_string(), "rl": speaker, "rt": [{"ws": words}]}});
        json!({"json_1best": sentence.to_string()})
    });
    [
        (
            "l.json",
            json!({"Transcription": {"Paragraphs": paragraphs}}).to_string(),
        ),
        (
            "m.json",
            json!({"result": {"text": "x", "utterances": utterances}}).to_string(),
        ),
        (
            "n.json",
            json!({"combinedPhrases": [], "phrases": phrases}).to_string(),
        ),
        (
            "o.json",
            json!({"code": "000000", "content": {"orderResult": json!({"lattice": lattice}).to_string()}}).to_string(),
        ),
    ]
}

/// Where the same that is said in other words is a repeat: what the command line and the server compare here with.
const THRESHOLD: &str = "0.75";

/// What the command line tells of a file, as JSON, and what it says beside that.
fn compared(path: &Path) -> (Value, String) {
    let name = path.to_str().unwrap();
    let run = yuyi(&["dedup", name, "--json", "--threshold", THRESHOLD]);
    assert_eq!(run.code, 0, "{name}: {run:?}");
    (serde_json::from_str(&run.out).unwrap(), run.err)
}

/// Every layout is told by what it holds, so the answer at either door is the same, and so is that of the same words in another layout.
#[test]
fn every_layout_is_compared_alike_at_both_doors() {
    let files = Files::new();
    let server = Server::start(&[]);
    let address = format!("/v1/dedup?threshold={THRESHOLD}");
    let mut of_first: Option<Value> = None;
    for (name, kind, text) in LAYOUTS {
        let path = files.path(name);
        fs::write(&path, text).unwrap();
        let (at_line, _) = compared(&path);
        let reply = server.send("POST", &address, kind, text.as_bytes());
        assert_eq!(reply.status, 200, "{name}: {}", reply.text);
        let mut reply: Value = serde_json::from_str(&reply.text).unwrap();
        let items = reply.as_object_mut().unwrap().remove("items").unwrap();
        assert_eq!(items.as_array().unwrap().len(), 4, "{name}: {items}");
        assert_eq!(reply, at_line, "{name}");
        assert_eq!(
            (&reply["duplicates"], &reply["kept"]),
            (&json!(1), &json!([1, 3])),
            "{name}: {reply}"
        );
        assert_eq!(
            reply["groups"][0]["members"][1]["held_back"], "date",
            "{name}: {reply}"
        );
        assert_eq!(reply["votes"][0]["for"], 1, "{name}: {reply}");
        let groups = &reply["groups"];
        match &of_first {
            None => of_first = Some(groups.clone()),
            Some(first) => assert_eq!(first, groups, "{name}"),
        }
    }
    // What services made of speech, in forms of their own.
    for (name, text) in results() {
        let path = files.path(name);
        fs::write(&path, &text).unwrap();
        let (at_line, told) = compared(&path);
        assert!(told.contains("is read as a result of"), "{name}: {told}");
        let reply = server.send("POST", &address, "application/x-ndjson", text.as_bytes());
        assert_eq!(reply.status, 200, "{name}: {}", reply.text);
        let mut reply: Value = serde_json::from_str(&reply.text).unwrap();
        let reply = reply.as_object_mut().unwrap();
        let items = reply.remove("items").unwrap();
        assert_eq!(
            (&items[3]["speaker"], &items[3]["time"]),
            (&json!("1"), &json!("00:00:04.000")),
            "{name}: {items}"
        );
        let notes = reply.remove("notes").unwrap();
        assert!(
            notes[0]
                .as_str()
                .unwrap()
                .contains("is read as a result of"),
            "{name}: {notes}"
        );
        let reply = Value::from(reply.clone());
        assert_eq!(reply, at_line, "{name}");
        assert_eq!(Some(&reply["groups"]), of_first.as_ref(), "{name}");
    }
    // Documents, also with tables.
    for name in [
        "minutes-python.docx",
        "minutes-table-python.docx",
        "minutes-table-libreoffice.docx",
    ] {
        let path = data(name);
        let run = yuyi(&["dedup", path.to_str().unwrap(), "--json"]);
        assert_eq!(run.code, 0, "{name}: {run:?}");
        let at_line: Value = serde_json::from_str(&run.out).unwrap();
        let bytes = fs::read(&path).unwrap();
        let reply = server.send("POST", "/v1/dedup", "application/octet-stream", &bytes);
        let mut reply: Value = serde_json::from_str(&reply.text).unwrap();
        let reply = reply.as_object_mut().unwrap();
        let items = reply.remove("items").unwrap();
        assert_eq!(items[2]["speaker"], "张伟", "{name}: {items}");
        reply.remove("notes");
        assert_eq!(Value::from(reply.clone()), at_line, "{name}");
    }
    drop(server);
}

/// Marks a file in its own format.
fn mark(files: &Files, from: &Path, to: &str, more: &[&str]) -> PathBuf {
    let out = files.path(to);
    let (from, to) = (from.to_str().unwrap(), out.to_str().unwrap());
    let run = yuyi(
        &[
            &[
                "dedup",
                from,
                "-o",
                to,
                "--lang",
                "zh",
                "--threshold",
                THRESHOLD,
            ],
            more,
        ]
        .concat(),
    );
    assert_eq!(run.code, 0, "{run:?}");
    out
}

#[test]
fn marking_what_is_marked_changes_nothing() {
    let files = Files::new();
    let documents = ["minutes-table-python.docx", "minutes-libreoffice.docx"];
    let texts = LAYOUTS.iter().map(|(name, _, text)| {
        fs::write(files.path(name), text).unwrap();
        files.path(name)
    });
    let all = texts.chain(documents.iter().map(|name| data(name)));
    for path in all {
        let own = path.extension().unwrap().to_str().unwrap().to_owned();
        let ways: &[&[&str]] = &[&[], &["--merge"]];
        for ending in [own.as_str(), "md"] {
            for &more in ways {
                let once = mark(&files, &path, &format!("once.{ending}"), more);
                let twice = mark(&files, &once, &format!("twice.{ending}"), more);
                let thrice = mark(&files, &twice, &format!("thrice.{ending}"), more);
                let shown = |path: &Path| match ending {
                    // What is packed may differ by the hour.
                    "docx" => format!("{:?}", turns(path)).into_bytes(),
                    _ => fs::read(path).unwrap(),
                };
                // Merging what is merged may order the parts of notes otherwise, once.
                if more != ["--merge"] {
                    let texts = [&once, &twice]
                        .map(|path| String::from_utf8_lossy(&shown(path)).into_owned());
                    assert_eq!(texts[0], texts[1], "{} {more:?}", path.display());
                }
                assert_eq!(shown(&twice), shown(&thrice), "{} {more:?}", path.display());
            }
        }
    }
}

/// The turns of a document with their notes.
fn turns(path: &Path) -> Value {
    let (told, _) = compared(path);
    let copy = path.with_extension("md");
    let run = yuyi(&[
        "dedup",
        path.to_str().unwrap(),
        "-o",
        copy.to_str().unwrap(),
        "--lang",
        "zh",
    ]);
    assert_eq!(run.code, 0, "{run:?}");
    json!([told, fs::read_to_string(copy).unwrap()])
}

#[test]
fn what_merged_minutes_tell_is_not_lost_when_they_are_given_again() {
    let files = Files::new();
    fs::write(files.path("a.txt"), LAYOUTS[0].2).unwrap();
    let merged = mark(&files, &files.path("a.txt"), "merged.txt", &["--merge"]);
    let again = mark(&files, &merged, "again.txt", &[]);
    let text = fs::read_to_string(&again).unwrap();
    assert!(text.contains("另有 1 次：甲 00:01；同意 ×1：丙"), "{text}");
    // What is said in the notes is compared with nothing.
    let run = yuyi(&["dedup", again.to_str().unwrap(), "--json"]);
    let told: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(told["kept"], json!([0, 1]), "{told}");
}

/// Whoever said a remark before, or agreed with it, is named wherever it goes.
#[test]
fn names_are_kept_when_what_was_merged_is_merged_again() {
    let files = Files::new();
    let turn = |speaker: &str, text: &str| {
        json!({"speaker": speaker, "text": text, "time": "00:01"}).to_string() + "\n"
    };
    let first = [
        turn("甲", "我们下周三上线新版本"),
        turn("乙", "嗯，那个，我们就下周三上线新版本"),
        turn("丙", "同意"),
    ];
    fs::write(files.path("a.jsonl"), first.concat()).unwrap();
    let merged = mark(&files, &files.path("a.jsonl"), "b.jsonl", &["--merge"]);
    let longer = turn("丁", "我们还是就下周三把这个新版本上线吧");
    let text = fs::read_to_string(&merged).unwrap() + &longer;
    assert_eq!(text.lines().count(), 2, "{text}");
    fs::write(&merged, text).unwrap();
    let again = mark(&files, &merged, "c.jsonl", &["--merge"]);
    let text = fs::read_to_string(&again).unwrap();
    let told: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("one is left: {text}"));
    assert_eq!(told["speaker"], "丁");
    assert_eq!(told["repeat_speakers"], json!(["甲", "乙"]));
    assert_eq!(told["repeat_times"], json!(["00:01", "00:01"]));
    assert_eq!(told["voters"], json!(["丙"]));
}

/// One test walks both doors, with one file that is dropped into each.
#[test]
fn a_file_is_compared_alike_over_http_and_at_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let (minutes, old) = (
        folder.path().join("纪要.txt"),
        folder.path().join("old.srt"),
    );
    let text = "2024-03-05 周会\n\n张三 00:00:01\n我们下周三上线新版本\n\n李四 00:00:09\n嗯，那个，下周三上线新版本\n\n王五 00:00:12\n同意\n\n\
                张三 00:00:20\n预算还差20万\n\n李四 00:00:31\n预算还差30万\n\n王五 00:00:40\n新版本下周三就上线\n\n张三 00:00:50\n测试环境已经搭好了\n";
    fs::write(&minutes, text).unwrap();
    fs::write(&old, "1\n00:00:01,000 --> 00:00:02,000\n测试环境搭好了\n\n").unwrap();
    let server = Server::start(&[]);
    let mut told = Vec::new();
    for mode in ["adjacent", "all"] {
        for flags in [
            &["--threshold", "0.7"][..],
            &["--merge", "--pairs-above", "0.3"],
        ] {
            let at_line = yuyi(
                &[
                    &["dedup", minutes.to_str().unwrap(), "--json", "--mode", mode],
                    flags,
                ]
                .concat(),
            );
            let at_line: Value = serde_json::from_str(&at_line.out).unwrap();
            let query = match flags[0] {
                "--merge" => "action=merge&pairs_above=0.3",
                _ => "threshold=0.7",
            };
            let path = format!("/v1/dedup?mode={mode}&{query}");
            let raw = server.ask_with("POST", &path, "text/plain", text);
            let form = server.ask_with(
                "POST",
                &path,
                "multipart/form-data; boundary=x",
                &form(&[("file", "纪要.txt", text)]),
            );
            for reply in [raw, form] {
                assert_eq!(reply.status, 200, "{}", reply.text);
                let mut reply: Value = serde_json::from_str(&reply.text).unwrap();
                let items = reply.as_object_mut().unwrap().remove("items").unwrap();
                assert_eq!(
                    items[1],
                    json!({"line": 6, "speaker": "李四", "time": "00:00:09", "text": "嗯，那个，下周三上线新版本"})
                );
                assert_eq!(reply, at_line, "{mode} {flags:?}");
            }
            told.push(at_line["duplicates"].as_u64().unwrap());
        }
    }
    assert!(
        told[2] > told[0],
        "only all pairs find what was said again later: {told:?}"
    );

    // Older minutes beside them.
    let at_line = yuyi(&[
        "dedup",
        minutes.to_str().unwrap(),
        "--json",
        "--mode",
        "all",
        "--against",
        old.to_str().unwrap(),
    ]);
    let at_line: Value = serde_json::from_str(&at_line.out).unwrap();
    let parts = [
        ("against", "old.srt", &*fs::read_to_string(&old).unwrap()),
        ("file", "纪要.txt", text),
    ];
    let reply = server.ask_with(
        "POST",
        "/v1/dedup?mode=all",
        "multipart/form-data; boundary=x",
        &form(&parts),
    );
    let mut reply: Value = serde_json::from_str(&reply.text).unwrap();
    reply.as_object_mut().unwrap().remove("items");
    assert_eq!(reply, at_line);
    assert!(reply.to_string().contains("\"against\":0"), "{reply}");

    for (path, kind, body, status, code) in [
        (
            "/v1/dedup?mode=some",
            "text/plain",
            text,
            422,
            "invalid_value",
        ),
        (
            "/v1/dedup?threshold=x",
            "text/plain",
            text,
            422,
            "wrong_type",
        ),
        (
            "/v1/dedup?texts=x",
            "text/plain",
            text,
            422,
            "invalid_value",
        ),
        (
            "/v1/dedup?tresh=1",
            "text/plain",
            text,
            422,
            "unknown_field",
        ),
        ("/v1/dedup", "text/plain", " \n", 422, "invalid_value"),
        (
            "/v1/dedup",
            "application/pdf",
            text,
            415,
            "unsupported_media_type",
        ),
        (
            "/v1/dedup",
            "application/octet-stream",
            "PK\u{3}\u{4}x",
            422,
            "invalid_value",
        ),
        (
            "/v1/dedup",
            "multipart/form-data; boundary=x",
            "--x--\r\n",
            422,
            "invalid_value",
        ),
    ] {
        let reply = server.ask_with("POST", path, kind, body);
        let error: Value = serde_json::from_str(&reply.text).unwrap();
        assert_eq!(
            (reply.status, error["error"]["code"].as_str()),
            (status, Some(code)),
            "{path} {kind}: {error}"
        );
    }
    drop(server);
}

/// A form of these parts: field, file name and content.
fn form(parts: &[(&str, &str, &str)]) -> String {
    let part = |(field, name, content): &(&str, &str, &str)| {
        format!(
            "--x\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n{content}\r\n"
        )
    };
    parts.iter().map(part).collect::<String>() + "--x--\r\n"
}
