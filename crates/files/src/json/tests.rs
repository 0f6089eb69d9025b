use std::sync::Mutex;

use super::*;
use crate::{Format, Input, Remarks};

const PAIR: &[&str] = &["sentence_a", "sentence_b"];

/// The cells of the rows behind their lines, or the error; and what is said.
fn read(format: Format, text: &str, columns: Columns) -> (Result<Vec<String>, String>, String) {
    let text: &'static str = String::leak(text.to_owned());
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&said);
    let mut input = Input::of("f", format, text.as_bytes());
    input.origin.remarks =
        Remarks::to(move |remark| heard.lock().unwrap().push(remark.to_string()));
    let rows: anyhow::Result<Vec<Row>> = input.rows(columns).collect();
    let rows = rows.map_err(|error| format!("{error:#}"));
    let shown = |row: Row| format!("{} {}", row.line, row.cells.join("|"));
    let said = said.lock().unwrap().join(" ");
    (rows.map(|rows| rows.into_iter().map(shown).collect()), said)
}

fn rows(text: &str) -> Result<Vec<String>, String> {
    read(Format::Json, text, Columns::needed(PAIR)).0
}

#[test]
fn nothing_behind_an_array_is_lost() {
    let a = r#"{"q1":"甲","q2":"乙"}"#;
    let b = r#"{"q1":"丙","q2":"丁"}"#;
    let expected = Ok(vec!["1 甲|乙".to_owned(), "2 丙|丁".to_owned()]);
    for text in [
        format!("[{a}]\n[{b}]"),
        format!("[{a}]\n{b}\n"),
        format!("{a}\n[{b}]"),
        format!("[{a},\n{b}]"),
        "[\"甲\",\"乙\"]\n[\"丙\",\"丁\"]\n".to_owned(),
        "[[\"甲\",\"乙\"]]\n[[\"丙\",\"丁\"]]\n".to_owned(),
    ] {
        assert_eq!(rows(&text), expected, "{text}");
    }
    for (text, line) in [
        (format!("[{a}]\n]]]"), "the value in line 2 is not JSON"),
        (format!("[{a}]\n\nend"), "the value in line 3 is not JSON"),
        (
            format!("[{a}]\n{{\"x\":[{b}]}}"),
            "line 2 has no sentence_a",
        ),
        (format!("[{a}]\n1"), "line 2 is not a JSON object"),
        (format!("[{a}\n"), "the array has no end"),
    ] {
        let error = rows(&text).unwrap_err();
        assert!(error.contains(line), "{text}: {error}");
    }
    let texts = read(
        Format::Json,
        "[\"甲\"]\n[\"乙\",\n\"丙\"]",
        Columns::needed(&["text"]),
    );
    assert_eq!(texts.0.unwrap(), ["1 甲", "2 乙", "3 丙"]);
}

#[test]
fn other_lists_in_an_object_are_told() {
    let text = r#"{"train":[{"q1":"甲","q2":"乙"}],"data":[{"q1":"丙","q2":"丁"}]}"#;
    let (rows, said) = read(Format::Json, text, Columns::needed(PAIR));
    assert_eq!(rows.unwrap(), ["1 丙|丁"]);
    assert!(
        said.contains("f is read from its list data, and not from train."),
        "{said}"
    );
}

#[test]
fn what_keys_are_taken_for_is_told_whenever_it_changes() {
    let text = "{\"question\":\"甲\",\"answer\":\"乙\"}\n{\"question\":\"甲\",\"answer\":\"乙\"}\n{\"q1\":\"丙\",\"q2\":\"丁\"}\n";
    let (rows, said) = read(Format::Jsonl, text, Columns::needed(PAIR));
    assert_eq!(rows.unwrap().len(), 3);
    let told = "f is read with question as sentence_a, answer as sentence_b. f is read with q1 as sentence_a, q2 as sentence_b.";
    assert_eq!(said, told);
    let own = "{\"sentence_a\":\"甲\",\"sentence_b\":\"乙\"}\n";
    assert_eq!(read(Format::Jsonl, own, Columns::needed(PAIR)).1, "");
}

/// As LangChain keeps documents and Alpaca instructions.
#[test]
fn what_an_object_has_in_the_place_of_a_text_is_told() {
    for (text, names) in [
        (
            r#"{"page_content":"甲","metadata":{"source":"乙"}}"#,
            "metadata, page_content",
        ),
        (r#"{"metadata":{},"内容物":"甲"}"#, "metadata, 内容物"),
    ] {
        let error = read(Format::Jsonl, text, Columns::needed(&["text"]))
            .0
            .unwrap_err();
        let told = format!(
            "line 1 has no text; it has {names}. Where it is called otherwise, --columns says how"
        );
        assert!(error.ends_with(&told), "{error}");
    }
    let error = read(Format::Jsonl, "{}", Columns::needed(&["text"]))
        .0
        .unwrap_err();
    assert!(error.ends_with("line 1 has no text"), "{error}");
}

#[test]
fn more_texts_than_two_are_refused() {
    let text = "{\"instruction\":\"判断\",\"input\":\"甲\",\"output\":\"乙\"}\n";
    let error = read(Format::Jsonl, text, Columns::needed(PAIR))
        .0
        .unwrap_err();
    assert!(error.contains("line 1 names the texts "), "{error}");
    assert!(error.contains("--columns instruction,output"), "{error}");
    let mut chosen = Columns::needed(PAIR);
    chosen.chosen = vec!["input".into(), "output".into()];
    assert_eq!(read(Format::Jsonl, text, chosen).0.unwrap(), ["1 甲|乙"]);
    let similar = "{\"question\":\"甲\",\"answer\":\"乙\",\"similar_question\":\"丙\"}\n";
    let read = read(Format::Jsonl, similar, Columns::needed(PAIR));
    assert_eq!(read.0.unwrap(), ["1 甲|丙"]);
}

#[test]
fn chats_are_named() {
    let error = |text: &str| {
        let columns = Columns::needed(&["text"]);
        read(Format::Jsonl, text, columns).0.unwrap_err()
    };
    for (text, name) in [
        (
            "{\"messages\":[{\"role\":\"user\",\"content\":\"好\"}]}",
            "messages",
        ),
        (
            "{\"conversations\":[{\"from\":\"user\",\"value\":\"好\"}]}",
            "conversations",
        ),
    ] {
        let told = format!(
            "f cannot be read: line 1: {name} is a chat of several messages, and no text. Write the one that is meant to a field text"
        );
        assert_eq!(error(text), told);
    }
    let number = error("{\"content\":1}");
    assert!(
        number.ends_with("line 1: content, which is read as text, is not text"),
        "{number}"
    );
}

#[test]
fn halves_of_characters_are_read_and_told() {
    let line = "{\"q1\":\"甲\\ud83d\",\"q2\":\"乙\"}\n";
    let text = format!("{{\"q1\":\"甲\",\"q2\":\"乙\"}}\n{line}{line}");
    for format in [Format::Jsonl, Format::Json] {
        let (rows, said) = read(format, &text, Columns::needed(PAIR));
        assert_eq!(rows.unwrap()[2], "3 甲\u{fffd}|乙");
        assert_eq!(
            said.matches("f: line 2 has half a character").count(),
            1,
            "{said}"
        );
    }
}

/// What is no row among rows that are lists is told with its line, whatever stands above it, and the others are read.
#[test]
fn what_is_no_list_among_lists_is_a_row_of_no_use() {
    let lines = "[\"sentence_a\",\"sentence_b\"]\n[\"甲\",\"乙\"]\n{\"a\":1}\n[\"丙\",{\"b\":2}]\n\n[\"丙\",\"丁\"]\n[1\n[\"戊\",6]\n\"end\"\n";
    let records = Input::of("f", Format::Jsonl, lines.as_bytes()).records(Columns::needed(PAIR));
    let records: Vec<Record> = records.map(Result::unwrap).collect();
    let shown = |record: &Record| {
        let line = record.row.line;
        match &record.fault {
            None => format!("{line} {}", record.row.cells.join("|")),
            Some(fault) => format!("{} {}", fault.text, record.rest[0].1),
        }
    };
    let told = |line: u64, content: &str| {
        format!("line {line} is no list of texts and numbers, as those above are {content}")
    };
    let expected = [
        "2 甲|乙".to_owned(),
        told(3, "{\"a\":1}"),
        told(4, "[\"丙\",{\"b\":2}]"),
        "6 丙|丁".to_owned(),
        told(7, "\"[1\""),
        "8 戊|6".to_owned(),
        told(9, "\"end\""),
    ];
    let found: Vec<String> = records.iter().map(shown).collect();
    assert_eq!(found, expected);
}
