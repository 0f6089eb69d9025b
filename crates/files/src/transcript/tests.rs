//! Tests of transcripts: what programs export, and that what is written is read again.

mod bounds;
mod documents;
mod marked;
mod odd;
mod programs;

use proptest::prelude::*;

use self::documents::{of_paragraphs, of_xml};
use super::*;

fn read(text: &str) -> Transcript {
    Transcript::sent("f", text.as_bytes().to_vec(), &Remarks::unheard()).unwrap()
}

fn fails(bytes: &[u8]) -> String {
    let error = Transcript::sent("f", bytes.to_vec(), &Remarks::unheard()).unwrap_err();
    format!("{error:#}")
}

/// Speaker, time and text of each turn.
fn turns(transcript: &Transcript) -> Vec<(Option<&str>, Option<&str>, &str)> {
    let shown = transcript.turns.iter();
    shown
        .map(|turn| (turn.speaker.as_deref(), turn.time.as_deref(), &*turn.text))
        .collect()
}

fn all(transcript: &Transcript) -> Vec<Entry> {
    let entry = |turn| Entry {
        turn,
        ..Entry::default()
    };
    (0..transcript.turns.len()).map(entry).collect()
}

const MINUTES: &str = "产品周会\n2025年3月5日 10:00 | 32分钟\n\n关键词:\n上线、预算\n\n文字记录:\n说话人 1 00:00:01\n大家好，我们开始。\n\n说话人 2 00:00:12\n上线时间定在下周三。\n预算还没批。\n\n张伟 00:01:02\n同意。\n";

#[test]
fn names_above_turns() {
    let minutes = read(MINUTES);
    assert_eq!(minutes.layout, TranscriptLayout::Above);
    assert_eq!(minutes.head.len(), 7);
    assert_eq!(
        turns(&minutes),
        [
            (Some("说话人 1"), Some("00:00:01"), "大家好，我们开始。"),
            (
                Some("说话人 2"),
                Some("00:00:12"),
                "上线时间定在下周三。\n预算还没批。"
            ),
            (Some("张伟"), Some("00:01:02"), "同意。"),
        ]
    );
    let other = read("发言人 1  00:00\n大家好\n\n发言人 2  00:18\n开始吧\n");
    assert_eq!(
        turns(&other),
        [
            (Some("发言人 1"), Some("00:00"), "大家好"),
            (Some("发言人 2"), Some("00:18"), "开始吧")
        ]
    );
}

#[test]
fn names_before_turns() {
    for text in [
        "张三(00:00:05)：大家好\n李四(00:00:09)：开始吧\n",
        "[00:00:05] 张三：大家好\n[00:00:09] 李四：开始吧\n",
    ] {
        let minutes = read(text);
        assert_eq!(minutes.layout, TranscriptLayout::Before, "{text}");
        assert_eq!(
            turns(&minutes),
            [
                (Some("张三"), Some("00:00:05"), "大家好"),
                (Some("李四"), Some("00:00:09"), "开始吧")
            ]
        );
    }
    let minutes = read("张三：大家好\n李四：开始吧\n");
    assert_eq!(
        turns(&minutes),
        [
            (Some("张三"), None, "大家好"),
            (Some("李四"), None, "开始吧")
        ]
    );
}

#[test]
fn plain_lines() {
    let minutes = read("我们先看数据\n\n结论是：先上线\n10:30 再碰一下吗\n好的\n");
    assert_eq!(minutes.layout, TranscriptLayout::Lines);
    assert_eq!(minutes.turns.len(), 4);
    assert_eq!(minutes.turns[3].line, 5);
}

#[test]
fn subtitles() {
    let srt = "1\n00:00:01,000 --> 00:00:03,000\n大家好\n\n2\n00:00:04,000 --> 00:00:06,500\n开始吧\n好的\n";
    let minutes = read(srt);
    assert_eq!(minutes.layout, TranscriptLayout::Srt);
    assert_eq!(
        turns(&minutes)[1],
        (None, Some("00:00:04,000"), "开始吧\n好的")
    );
    let vtt = "WEBVTT\n\nNOTE x\n\n00:01.000 --> 00:03.000\n<v 张三>大家好</v>\n\nid\n00:04.000 --> 00:06.500 align:start\n<v 李四>开始吧\n";
    let minutes = read(vtt);
    assert_eq!(minutes.layout, TranscriptLayout::Vtt);
    assert_eq!(minutes.head, ["WEBVTT", "", "NOTE x"]);
    assert_eq!(
        turns(&minutes),
        [
            (Some("张三"), Some("00:01.000"), "大家好"),
            (Some("李四"), Some("00:04.000"), "开始吧")
        ]
    );
}

#[test]
fn objects() {
    for text in [
        "{\"speaker\":\"张三\",\"text\":\"大家好\",\"time\":1.5}\n\n{\"发言人\":\"李四\",\"内容\":\"开始吧\"}\n",
        "[{\"speaker\":\"张三\",\"text\":\"大家好\",\"time\":1.5},\n {\"发言人\":\"李四\",\"内容\":\"开始吧\"}]",
    ] {
        let minutes = read(text);
        assert_eq!(minutes.layout, TranscriptLayout::Objects);
        assert_eq!(
            turns(&minutes),
            [
                (Some("张三"), Some("1.5"), "大家好"),
                (Some("李四"), None, "开始吧")
            ]
        );
    }
    assert_eq!(
        fails(b"{\"text\":\"x\"}\n{\"x\":1}\n"),
        "f cannot be read: line 2 has no text"
    );
    assert_eq!(
        fails(b"{\"text\":\"x\"}\nx\n"),
        "f cannot be read: line 2 is not a JSON object"
    );
}

#[test]
fn cues_without_lines_between_and_with_names_above() {
    let teams = "0:0:0.0 --> 0:0:2.370\nAnn Li\n大家好。\n0:0:2.400 --> 0:0:3.0\nBob Wu\n开始吧。\n0:0:4.0 --> 0:0:5.0\nAnn Li\n好。\n0:0:6.0 --> 0:0:7.0\nBob Wu\n散会。\n";
    let document = of_paragraphs(teams);
    let minutes = Transcript::sent("f", document, &Remarks::unheard()).unwrap();
    let expected = [
        (Some("Ann Li"), Some("0:0:0.0"), "大家好。"),
        (Some("Bob Wu"), Some("0:0:2.400"), "开始吧。"),
        (Some("Ann Li"), Some("0:0:4.0"), "好。"),
        (Some("Bob Wu"), Some("0:0:6.0"), "散会。"),
    ];
    assert_eq!(turns(&minutes), expected);
    let again = minutes
        .written(&all(&minutes), TranscriptFormat::Own)
        .unwrap();
    let again = Transcript::sent("f", again, &Remarks::unheard()).unwrap();
    assert_eq!(turns(&again), expected);
    // Subtitles in two languages have no names.
    let two = read(
        "1\n00:00:01,000 --> 00:00:02,000\n大家好\nHello\n2\n00:00:03,000 --> 00:00:04,000\n开始吧\nLet us begin\n",
    );
    assert_eq!(two.turns.len(), 2);
    assert_eq!(&*two.turns[1].text, "开始吧\nLet us begin");
}

#[test]
fn each_voice_of_a_cue_has_its_turn() {
    let minutes =
        read("WEBVTT\n\na/1\n00:01.000 --> 00:03.000\n<v.loud 张三>大家好</v>\n<v 李四>好</v>\n");
    assert_eq!(
        turns(&minutes),
        [
            (Some("张三"), Some("00:01.000"), "大家好"),
            (Some("李四"), Some("00:01.000"), "好")
        ]
    );
    let written = minutes
        .written(&all(&minutes), TranscriptFormat::Own)
        .unwrap();
    let written = String::from_utf8(written).unwrap();
    assert!(
        written.contains("\n\n00:01.000 --> 00:03.000\n<v 李四>好"),
        "{written}"
    );
}

#[test]
fn other_encodings() {
    let (bytes, ..) = encoding_rs::GB18030.encode(MINUTES);
    let minutes = Transcript::sent("f", bytes.into_owned(), &Remarks::unheard()).unwrap();
    assert_eq!(minutes.turns, read(MINUTES).turns);
    let wide: Vec<u8> = [0xFEFF]
        .into_iter()
        .chain(MINUTES.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let minutes = Transcript::sent("f", wide, &Remarks::unheard()).unwrap();
    assert_eq!(minutes.turns, read(MINUTES).turns);
}

#[test]
fn what_is_no_transcript_is_told() {
    assert_eq!(fails(b""), "f has no turns.");
    assert_eq!(fails(b"\n \n"), "f has no turns.");
    let damaged = "f cannot be read: it is no document of a word processor, or damaged. Save it as .docx or .txt";
    assert!(
        fails(b"PK\x03\x04xxxx").starts_with(damaged),
        "{}",
        fails(b"PK\x03\x04xxxx")
    );
    let mut cut = of_paragraphs("x");
    cut.truncate(cut.len() / 2);
    assert!(fails(&cut).starts_with(damaged));
}

#[test]
fn a_small_file_that_unpacks_to_an_endless_one_is_refused() {
    use std::io::Write;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive
        .start_file(
            "word/document.xml",
            zip::write::SimpleFileOptions::default(),
        )
        .unwrap();
    let block = vec![b' '; 1 << 20];
    for _ in 0..260 {
        archive.write_all(&block).unwrap();
    }
    let bytes = archive.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 20);
    assert_eq!(
        fails(&bytes),
        "f cannot be read: its text has more than 256 MiB"
    );
}

#[test]
fn notes_stand_behind_what_is_said() {
    let minutes = read(MINUTES);
    let mut entries = all(&minutes);
    entries[2].note = Some("〔x〕".to_owned());
    entries.remove(1);
    let text =
        String::from_utf8(minutes.written(&entries, TranscriptFormat::Own).unwrap()).unwrap();
    assert!(
        text.ends_with("说话人 1 00:00:01\n大家好，我们开始。\n\n张伟 00:01:02\n同意。 〔x〕\n\n"),
        "{text}"
    );
    let text = String::from_utf8(
        minutes
            .written(&entries, TranscriptFormat::Markdown)
            .unwrap(),
    )
    .unwrap();
    assert!(
        text.ends_with(
            "- **说话人 1 00:00:01** 大家好，我们开始。\n- **张伟 00:01:02** 同意。 *〔x〕*\n"
        ),
        "{text}"
    );
}

fn said() -> impl Strategy<Value = String> {
    "[一二三我们上线，。]{1,8}[一二三我们上线]"
}

proptest! {
    /// What is written is read as the same turns, in every layout.
    #[test]
    fn what_is_written_is_read_again(said in prop::collection::vec(said(), 1..8), kind in 0usize..10, crlf: bool, head: bool) {
        let mut text = if kind == 3 { "WEBVTT\n\n".to_owned() } else { String::new() };
        for (i, said) in said.iter().enumerate() {
            text += &match kind {
                0 => format!("说话人 {} 00:00:{:02}\n{said}\n\n", i % 3 + 1, i),
                1 => format!("张三(00:00:{i:02})：{said}\n"),
                2 => format!("{}\n00:00:{i:02},000 --> 00:01:00,000\n{said}\n\n", i + 1),
                3 => format!("00:00:{i:02}.000 --> 00:01:00.000\n<v 李四>{said}</v>\n\n"),
                4 => format!("{{\"speaker\":\"王五\",\"text\":\"{said}\"}}\n"),
                6 => format!("[00:00:{i:02}.250 --> 00:01:00.000]  {said}\n"),
                7 => format!("说话人 {} 00:00:{i:02}{said}\n\n", i % 3 + 1),
                8 => format!("张三 2025-03-05 10:00:{i:02}\n{said}\n\n"),
                9 => format!("**发言人 {}  00:{i:02}**\n{said}\n\n", i % 3 + 1),
                _ => format!("{said}\n"),
            };
        }
        // With names in front of lines most lines have to have one.
        if head && (matches!(kind, 0 | 8 | 9) || matches!(kind, 1 | 7) && said.len() > 4) {
            text.insert_str(0, "周会\n2025年3月5日 下午 3:00\n参会人：张三、李四\n\n");
        }
        if crlf && kind != 4 {
            text = text.replace('\n', "\r\n");
        }
        let first = read(&text);
        prop_assert_eq!(first.turns.len(), said.len());
        let found: Vec<&str> = first.turns.iter().map(|turn| &*turn.text).collect();
        prop_assert_eq!(found, said.iter().map(String::as_str).collect::<Vec<_>>());
        let written = first.written(&all(&first), TranscriptFormat::Own).unwrap();
        prop_assert_eq!(written.windows(2).any(|two| two == b"\r\n"), crlf && kind != 4);
        let again = Transcript::sent("f", written, &Remarks::unheard()).unwrap();
        prop_assert_eq!(turns(&again), turns(&first));
        prop_assert_eq!(&again.head, &first.head);
        prop_assert_eq!(again.layout, first.layout);
    }
}

#[test]
fn marks_of_subtitles_are_written_and_not_compared() {
    let srt = "1\n00:00:01,000 --> 00:00:03,000\n{\\an8}<i>大家好</i> 1<2\n\n2\n00:00:04,000 --> 00:00:06,500\n<font color=\"red\">开始吧</font>\n\n";
    let minutes = read(srt);
    let said: Vec<&str> = minutes.turns.iter().map(|turn| &*turn.text).collect();
    assert_eq!(said, ["大家好 1<2", "开始吧"]);
    let all = [0, 1].map(|turn| Entry {
        turn,
        ..Entry::default()
    });
    let written = minutes.written(&all, TranscriptFormat::Own).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), srt);
}

#[test]
fn tables_and_subtitles_without_cues_are_refused() {
    for (name, text, told) in [
        ("a.csv", "好,甲\n对,乙\n", "is a table whose first row"),
        ("a.tsv", "好\n对\n", "is a table whose first row"),
        ("a.csv", "会议ID,发言\n1,好,的\n", "line 2 has 3 columns"),
        ("a.csv", "商品,价格\n好,9\n", "is a table whose first row"),
        (
            "a.csv",
            "text,speaker\n好,甲\n一,二,三\n",
            "line 3 has 3 columns, and the first 2",
        ),
        ("a.csv", "text,speaker\n", "has no turns"),
        ("a.XLSX", "x", "is a workbook"),
        ("a.srt", "\n大家好\n开始吧\n", "line 2 begins no cue"),
        ("a.vtt", "WEBVTT\n\n大家好\n", "line 1 begins no cue"),
    ] {
        let error = Transcript::sent(name, text.as_bytes().to_vec(), &Remarks::unheard());
        let error = format!("{:#}", error.unwrap_err());
        assert!(error.contains(told), "{name}: {error}");
    }
}

#[test]
fn columns_that_nobody_knows_are_kept() {
    let zhang = (Some("张三"), None, "下周三上线");
    let timed = (Some("张三"), Some("00:05"), "下周三上线");
    let bare = (None, None, "下周三上线");
    for (name, text, expected) in [
        (
            "a.csv",
            "发言人,内容,评分,时间\n张三,下周三上线,5,00:05\n",
            timed,
        ),
        ("a.csv", "speaker,text,score\n张三,下周三上线,5\n", zhang),
        ("a.txt", "speaker,text,score\n张三,下周三上线,5\n", zhang),
        (
            "a.csv",
            "会议ID,发言人,时间,内容\nm1,张三,00:05,下周三上线\n",
            timed,
        ),
        ("a.csv", "发言人,主要想法\n张三,下周三上线\n", zhang),
        ("a.csv", "text\n下周三上线\n", bare),
        ("a.csv", "内容\n下周三上线\n", bare),
        ("a.csv", "评论内容,评分\n下周三上线,5\n", bare),
        ("a.csv", "id,text\n7,下周三上线\n", bare),
        ("a.tsv", "text\n下周三上线\n", bare),
        ("a.tsv", "id\ttext\tscore\n7\t下周三上线\t5\n", bare),
    ] {
        let read = Transcript::sent(name, text.as_bytes().to_vec(), &Remarks::unheard());
        let read = read.unwrap();
        assert_eq!(turns(&read), [expected], "{text}");
        let written = read.written(&all(&read), TranscriptFormat::Own).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), text);
    }
    // Lines that are said are no table, whatever words stand in the first.
    let lines = read("内容,时间,地点\n都还没定\n");
    assert_eq!(lines.layout, TranscriptLayout::Lines);
}
