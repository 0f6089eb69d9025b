//! Minutes that were marked before: the notes behind turns are no part of what was said.

use serde_json::{Value, json};

use super::*;

/// Notes of either language, one for each turn of a layout below.
const NOTES: [&str; 3] = [
    "〔同意 ×2：张伟、李强〕",
    "[repeats no. 1, similarity 0.93; agreed ×1: Ann]",
    "〔附议第 1 条〕",
];

/// The same three turns in every layout.
const LAYOUTS: [&str; 12] = [
    "周会\n\n甲 00:01\n下周三上线\n\n乙 00:02\n我看下周三\n可以上线\n\n丙 00:03\n同意\n",
    "甲(00:01)：下周三上线\n乙(00:02)：我看下周三\n可以上线\n丙(00:03)：同意\n",
    "甲：下周三上线\n乙：我看下周三\n丙：同意\n",
    "下周三上线\n我看下周三\n同意\n",
    "- 下周三上线\n- 我看下周三\n  可以上线\n- 同意\n",
    "- **甲 00:01** 下周三上线\n- **乙 00:02** 我看下周三  \n  可以上线\n- **丙 00:03** 同意\n",
    "00:00:00\n\n甲：下周三上线\n\n00:05:00\n\n乙：我看下周三\n\n丙：同意\n\nTranscription ended after 00:09:00\n",
    "1\n00:00:01,000 --> 00:00:02,000\n下周三上线\n\n2\n00:00:03,000 --> 00:00:04,000\n<i>我看下周三</i>\n可以上线\n\n3\n00:00:05,000 --> 00:00:06,000\n同意\n\n",
    "WEBVTT\nKind: captions\n\nSTYLE\n::cue { color: red }\n\na\n00:01.000 --> 00:02.000\n<v 甲>下周三上线</v>\n\nNOTE 第二部分\n\nb\n00:03.000 --> 00:04.000\n<v 乙>我看&amp;下周三\n\n00:05.000 --> 00:06.000\n<v 丙>同意\n\nNOTE 完\n",
    "start\tend\ttext\n0\t1\t下周三上线\n1\t2\t我看下周三\n2\t3\t同意\n",
    "发言人,内容\r\n甲,\"下周三,上线\"\r\n乙,\"我看下周三\n可以上线\"\r\n丙,同意\r\n",
    "甲：\n下周三上线\n\n乙：\n我看下周三\n\n甲：\n同意\n",
];

fn marked(minutes: &Transcript, format: TranscriptFormat) -> Vec<u8> {
    let mut entries = all(minutes);
    for (entry, note) in entries.iter_mut().zip(NOTES) {
        entry.note = Some(note.to_owned());
    }
    minutes.written(&entries, format).unwrap()
}

fn texts(minutes: &Transcript) -> Vec<(Option<&str>, String)> {
    let turns = minutes.turns.iter();
    // Markdown breaks lines by blanks in front of them.
    let text = |turn: &Turn| {
        turn.text
            .lines()
            .map(str::trim)
            .collect::<Vec<_>>()
            .join("\n")
    };
    turns
        .map(|turn| (turn.speaker.as_deref(), text(turn)))
        .collect()
}

#[test]
fn marked_minutes_say_what_they_said_before() {
    for layout in LAYOUTS {
        for format in [TranscriptFormat::Own, TranscriptFormat::Markdown] {
            let minutes = read(layout);
            assert_eq!(minutes.turns.len(), 3, "{layout}");
            let first = marked(&minutes, format);
            let text = String::from_utf8(first.clone()).unwrap();
            let again = Transcript::sent("f", first.clone(), &Remarks::unheard());
            let again = again.unwrap_or_else(|error| panic!("{error:#}: {text}"));
            assert_eq!(texts(&again), texts(&minutes), "{text}");
            let notes: Vec<String> = again
                .turns
                .iter()
                .map(|turn| {
                    turn.notes
                        .iter()
                        .map(|note| note.text.to_string())
                        .collect::<Vec<_>>()
                        .join("|")
                })
                .collect();
            assert_eq!(
                notes,
                [
                    "同意 ×2：张伟、李强",
                    "repeats no. 1, similarity 0.93|agreed ×1: Ann",
                    "附议第 1 条"
                ],
                "{text}"
            );
            assert_eq!(
                String::from_utf8(marked(&again, format)).unwrap(),
                text,
                "{format:?}"
            );
        }
    }
}

#[test]
fn what_stands_in_front_of_a_turn_stays_when_it_goes() {
    for (layout, kept, stays) in [
        (LAYOUTS[6], 2, "00:05:00"),
        (LAYOUTS[6], 2, "Transcription ended"),
        (LAYOUTS[8], 2, "NOTE 第二部分"),
        (LAYOUTS[8], 0, "NOTE 完"),
        (LAYOUTS[8], 0, "STYLE"),
    ] {
        let minutes = read(layout);
        let entry = Entry {
            turn: kept,
            ..Entry::default()
        };
        let written = minutes.written(&[entry], TranscriptFormat::Own).unwrap();
        let written = String::from_utf8(written).unwrap();
        assert!(written.contains(stays), "{written}");
        let again = read(&written);
        assert_eq!(turns(&again)[0].2, turns(&minutes)[kept].2, "{written}");
        assert_eq!(again.turns.len(), 1, "{written}");
    }
}

#[test]
fn fields_of_a_run_before_are_said_anew() {
    let text = "{\"text\":\"上线\",\"votes\":[1],\"voters\":[\"甲\"]}\n\
                {\"text\":\"同意\",\"vote_for\":0}\n\
                {\"text\":\"上线吧\",\"of\":0,\"similarity\":0.9,\"repeat\":true}\n\
                {\"text\":\"预算\",\"of\":0,\"similarity\":0.8,\"repeat\":false,\"held_back\":\"date\"}\n\
                {\"text\":\"散会\",\"votes\":5,\"similarity\":\"x\",\"repeat_speakers\":[\"甲\"],\"repeats\":[7]}\n";
    let minutes = read(text);
    let mut entries = all(&minutes);
    entries[4].fields = vec![
        ("repeat_speakers", json!(["乙", "甲"])),
        ("repeats", json!([1])),
    ];
    let written = minutes.written(&entries, TranscriptFormat::Own).unwrap();
    let expected = "{\"text\":\"上线\"}\n{\"text\":\"同意\"}\n{\"text\":\"上线吧\"}\n{\"text\":\"预算\"}\n\
                    {\"repeat_speakers\":[\"甲\",\"乙\"],\"repeats\":[1],\"similarity\":\"x\",\"text\":\"散会\",\"votes\":5}\n";
    assert_eq!(String::from_utf8(written).unwrap(), expected);
    // Of merged minutes nothing else tells who agreed.
    let merged = "{\"text\":\"上线\",\"votes\":[3],\"voters\":[\"甲\"]}\n";
    let minutes = read(merged);
    let written = minutes
        .written(&all(&minutes), TranscriptFormat::Own)
        .unwrap();
    assert!(String::from_utf8(written).unwrap().contains("voters"));
}

/// Markdown that was written of minutes is the transcript that they were, however much stands above it, and is written again as it is.
#[test]
fn markdown_of_minutes_is_read_as_they_were() {
    let head = "周会\n2025年3月5日 下午 3:00\n参会人：张三、李四\n关键词：\n上线、预算、排期\n文字记录：\n\n";
    let said = "发言人 1 00:01\n下周三上线\n先发公告\n再通知客户\n\n张三 00:02\n预算还差两万\n\n";
    for (text, expected) in [
        (
            format!("{head}{said}"),
            [(Some("发言人 1"), Some("00:01")), (Some("张三"), Some("00:02"))],
        ),
        (
            "发言人 1：下周三上线\n发言人 2：预算还差两万\n".to_owned(),
            [(Some("发言人 1"), None), (Some("发言人 2"), None)],
        ),
        (
            "{\"speaker\":\"张三（产品，北京）\",\"text\":\"下周三上线\\n\\n- 先发公告\"}\n{\"speaker\":\"李四\",\"text\":\"预算还差两万\"}\n".to_owned(),
            [(Some("张三（产品，北京）"), None), (Some("李四"), None)],
        ),
        (
            "{\"speaker\":\"[Ann]\",\"text\":\"下周三上线\",\"time\":1.5}\n{\"text\":\"预算还差两万\"}\n".to_owned(),
            [(Some("[Ann]"), Some("1.5")), (None, None)],
        ),
        (
            "1\n00:00:01,000 --> 00:00:02,000\n下周三上线\n\n2\n00:00:03,000 --> 00:00:04,000\n预算还差两万\n".to_owned(),
            [(None, Some("00:00:01,000")), (None, Some("00:00:03,000"))],
        ),
    ] {
        let minutes = read(&text);
        let markdown = marked(&minutes, TranscriptFormat::Markdown);
        let again = Transcript::sent("f.md", markdown.clone(), &Remarks::unheard()).unwrap();
        let who: Vec<_> = again
            .turns
            .iter()
            .map(|turn| (turn.speaker.as_deref(), turn.time.as_deref()))
            .collect();
        let markdown = String::from_utf8(markdown).unwrap();
        assert_eq!(who, expected, "{markdown}");
        assert_eq!(again.head, minutes.head, "{markdown}");
        let lines = |minutes: &Transcript| -> Vec<Vec<String>> {
            let lines = |turn: &Turn| turn.text.lines().map(str::to_owned).filter(|l| !l.is_empty()).collect();
            minutes.turns.iter().map(lines).collect()
        };
        assert_eq!(lines(&again), lines(&minutes), "{markdown}");
        for format in [TranscriptFormat::Markdown, TranscriptFormat::Own] {
            let first = marked(&again, format);
            let second = Transcript::sent("f.md", first.clone(), &Remarks::unheard()).unwrap();
            assert_eq!(marked(&second, format), first, "{markdown}");
            assert_eq!(second.turns.len(), 2, "{markdown}");
        }
        assert_eq!(
            String::from_utf8(marked(&again, TranscriptFormat::Markdown)).unwrap(),
            markdown
        );
    }
}

/// A list at the end of minutes, or with words that are only stressed, is none of turns.
#[test]
fn other_lists_are_no_list_of_turns() {
    let with_actions = "张三 00:01\n下周三上线\n\n李四 00:05\n预算还差两万\n\n待办\n\n- **张三** 发公告\n- **李四** 问财务\n";
    let minutes = read(with_actions);
    assert_eq!(minutes.layout, TranscriptLayout::Above);
    assert_eq!(minutes.turns.len(), 2);
    let stressed = "- **重点** 下周三上线\n- 预算还差两万\n- 人手不够\n";
    assert_eq!(read(stressed).turns[0].speaker, None);
    let introduced = "- **结论：** 下周三上线\n- **备注：** 预算还差两万\n";
    assert_eq!(read(introduced).turns[0].speaker, None);
}

/// Who repeated or agreed with what an earlier run kept is told where that is left out in turn.
#[test]
fn names_go_to_the_turn_that_stands_for_another() {
    let text = "{\"text\":\"上线\",\"speaker\":\"甲\",\"repeat_speakers\":[\"乙\"],\"repeat_times\":[\"00:02\"],\"voters\":[\"丙\"]}\n\
                {\"text\":\"下周三上线\",\"speaker\":\"丁\",\"voters\":[\"戊\"]}\n";
    let minutes = read(text);
    let entry = Entry {
        turn: 1,
        stands_for: vec![0],
        fields: vec![
            ("repeats", json!([0])),
            ("repeat_speakers", json!(["甲", "乙"])),
        ],
        ..Entry::default()
    };
    let written = minutes.written(&[entry], TranscriptFormat::Own).unwrap();
    let written: Value = serde_json::from_slice(&written).unwrap();
    let expected = json!({
        "text": "下周三上线", "speaker": "丁", "repeats": [0], "repeat_speakers": ["乙", "甲"], "repeat_times": ["00:02"], "voters": ["戊", "丙"],
    });
    assert_eq!(written, expected);
}
