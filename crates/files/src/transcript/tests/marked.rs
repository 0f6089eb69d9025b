//! Minutes that were marked before: the notes behind turns are no part of what was said.

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
    let fields = serde_json::json!({"repeat_speakers": ["乙", "甲"], "repeats": [1]});
    entries[4].fields = fields.as_object().unwrap().clone();
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
