//! Files that are strange by design: they take the time that their length takes, and the memory that there is.

use std::time::{Duration, Instant};

use super::*;

/// How long what is made here may take. It takes a moment; where each part looks at all others, minutes and hours.
const LONG: Duration = Duration::from_secs(30);

/// How often something is repeated.
const MANY: usize = 300_000;

fn read_within(name: &str, bytes: Vec<u8>, most: usize) -> Result<Transcript, String> {
    let mut room = Room::bytes(most);
    let read = Transcript::sent_within(name, bytes, &Remarks::unheard(), &mut room);
    read.map_err(|error| format!("{error:#}"))
}

#[test]
fn what_is_long_takes_no_longer_than_it_is() {
    let cue = "1\n00:00:01,000 --> 00:00:02,000\n";
    let phrase = r#"{"channel":0,"offsetMilliseconds":5,"text":"好"},"#;
    for (what, name, text) in [
        ("digits", "a.txt", "1".repeat(MANY)),
        ("wide digits", "a.txt", "１".repeat(MANY)),
        (
            "heads of what was said",
            "a.txt",
            format!("甲：好\n{}", "转写\n".repeat(MANY)),
        ),
        (
            "notes that do not end",
            "a.txt",
            format!("{}〕", "〔与第 1 条相近（0.9），甲；".repeat(MANY / 10)),
        ),
        (
            "parts of notes",
            "a.txt",
            format!("〔同意 ×1{}〕", "；与第 1 条".repeat(MANY / 10)),
        ),
        (
            "voices",
            "a.vtt",
            format!(
                "WEBVTT\n\n{}\n00:01.000 --> 00:02.000\n{}\n",
                "编号".repeat(MANY),
                "<v 甲>好".repeat(MANY)
            ),
        ),
        (
            "parts of a cue",
            "a.srt",
            format!("{cue}好\n\n{}", "好\n\n".repeat(MANY)),
        ),
        (
            "marks that nothing closes",
            "a.srt",
            format!("{cue}{}\n", "<b {\\".repeat(MANY)),
        ),
        (
            "remarks of one channel",
            "a.json",
            format!(
                r#"{{"combinedPhrases":[],"phrases":[{}{{"text":"好"}}]}}"#,
                phrase.repeat(MANY / 10)
            ),
        ),
    ] {
        let began = Instant::now();
        let read = read_within(name, text.into_bytes(), usize::MAX);
        assert!(began.elapsed() < LONG, "{what}: {:?}", began.elapsed());
        assert!(read.is_ok(), "{what}: {read:?}");
    }
}

#[test]
fn documents_that_are_nested_or_wide_are_bounded() {
    let began = Instant::now();
    let cell =
        |span: &str| format!(r#"<w:tc><w:tcPr><w:gridSpan w:val="{span}"/></w:tcPr><w:p/></w:tc>"#);
    let wide = [
        cell("4000000000000"),
        cell("18446744073709551615"),
        cell("1"),
    ]
    .concat();
    let told = ["甲：大家好", "乙：开始吧"];
    let told = told.map(|text| format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"));
    let wide = of_xml(&format!(
        "<w:tbl><w:tr>{wide}</w:tr></w:tbl>{}",
        told.concat()
    ));
    let read = read_within("a.docx", wide, usize::MAX).unwrap();
    let expected = [(Some("甲"), None, "大家好"), (Some("乙"), None, "开始吧")];
    assert_eq!(turns(&read), expected);
    let deep = of_xml(&"<w:p><w:drawing/>".repeat(MANY));
    let error = read_within("a.docx", deep, usize::MAX).unwrap_err();
    assert!(
        error.contains("stand too deep within one another"),
        "{error}"
    );
    assert!(began.elapsed() < LONG, "{:?}", began.elapsed());
}

/// What a file of so few bytes becomes is counted before it is there.
#[test]
fn what_becomes_of_a_file_is_of_the_memory_that_there_is() {
    let long = "<w:p><w:r><w:t>好好好好</w:t></w:r></w:p>".repeat(200);
    let row = |merge: &str, text: &str| {
        format!("<w:tr><w:tc><w:tcPr>{merge}</w:tcPr>{text}</w:tc><w:tc><w:p/></w:tc></w:tr>")
    };
    let merged =
        row(r#"<w:vMerge w:val="restart"/>"#, &long) + &row("<w:vMerge/>", "<w:p/>").repeat(2_000);
    for (name, bytes) in [
        ("a.txt", "好\n".repeat(50_000).into_bytes()),
        ("a.txt", "\n".repeat(50_000).into_bytes()),
        (
            "a.json",
            format!(
                "[{}{{\"text\":\"好\"}}]",
                "{\"text\":\"好\"},".repeat(20_000)
            )
            .into_bytes(),
        ),
        (
            "a.json",
            format!("[{{\"text\":\"好\",\"ids\":[{}0]}}]", "0,".repeat(300_000)).into_bytes(),
        ),
        ("a.docx", of_xml(&"<w:p/>".repeat(100_000))),
        ("a.docx", of_xml(&format!("<w:tbl>{merged}</w:tbl>"))),
    ] {
        let length = bytes.len();
        assert!(length < 1 << 20, "{name}: {length}");
        let error = read_within(name, bytes, 8 << 20).unwrap_err();
        assert!(
            error.contains("it takes more than 8 MiB of memory"),
            "{name}, {length} bytes: {error}"
        );
    }
    // What people have is read with what there is.
    let minutes = MINUTES.repeat(50).into_bytes();
    assert!(read_within("a.txt", minutes, 8 << 20).is_ok());
}
