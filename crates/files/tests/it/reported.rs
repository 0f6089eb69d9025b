//! Files that users of other systems reported as not read, or read as something else: the issue is named beside each.

use yuyi_files::{Remarks, Transcript};

use crate::support::{book, entries, read, refused, row};

/// The text and the answer of each entry.
fn pairs(name: &str, bytes: impl AsRef<[u8]>) -> Vec<(String, String)> {
    let read = read(name, bytes);
    let entries = entries(&read).into_iter();
    entries
        .map(|(text, _, answer)| (text.to_owned(), answer.to_owned()))
        .collect()
}

fn pair(text: &str, answer: &str) -> (String, String) {
    (text.to_owned(), answer.to_owned())
}

#[test]
fn tables_of_questions_and_answers() {
    for (issue, name, text, expected) in [
        // The comma in quotes is part of the answer.
        (
            "infiniflow/ragflow#4279",
            "QA.csv",
            "question,answer\n查订单,\"select a, b, c from t where x = \"\"y\"\"\"\n",
            vec![pair("查订单", "select a, b, c from t where x = \"y\"")],
        ),
        (
            "infiniflow/ragflow#19740",
            "a.csv",
            "问题;答案;地区\n怎么退货？;七天内;华东\n",
            vec![pair("怎么退货？", "七天内")],
        ),
        (
            "infiniflow/ragflow#17496",
            "a.csv",
            "怎么退货？\t七天内, 未拆封\n能开票吗\t可以\n",
            vec![
                pair("怎么退货？", "七天内, 未拆封"),
                pair("能开票吗", "可以"),
            ],
        ),
        (
            "langgenius/dify#1596",
            "a.json",
            "[{\"Q\": \"你是谁啊\", \"A\": \"我是小智啊。\"}, {\"Q\": \"你几岁了\", \"A\": \"三岁，\"}]",
            vec![pair("你是谁啊", "我是小智啊。"), pair("你几岁了", "三岁，")],
        ),
        // Saved once more by WPS: columns that are empty, and rows.
        (
            "langgenius/dify#4424",
            "template.csv",
            "问题,答案,,\r\n怎么退货？,七天内,,\r\n,,,\r\n",
            vec![pair("怎么退货？", "七天内")],
        ),
        // Only a header, as of a backup of nothing.
        (
            "labring/FastGPT#7491",
            "backup.csv",
            "q,a,indexes\n",
            vec![],
        ),
        (
            "labring/FastGPT#7491",
            "backup.csv",
            "\u{feff}\"q\",\"a\",\"indexes\"\n\"怎么退货？\",\"七天内\"\n",
            vec![pair("怎么退货？", "七天内")],
        ),
        // Named by numbers of rows, as FastGPT's older template wants it.
        (
            "labring/FastGPT#1119",
            "a.csv",
            "index,content\n1,怎么退货\n2,怎么开票\n",
            vec![pair("怎么退货", ""), pair("怎么开票", "")],
        ),
        // As QnA Maker exports it, with tabs.
        (
            "MicrosoftDocs/bot-docs#2267",
            "kb.tsv",
            "Question\tAnswer\tSource\tMetadata\tSuggestedQuestions\tIsContextOnly\tPrompts\tQnaId\n怎么退货？\t七天内\tEditorial\t\t[]\tFalse\t[]\t1\n",
            vec![pair("怎么退货？", "七天内")],
        ),
    ] {
        assert_eq!(pairs(name, text), expected, "{issue}");
    }
}

/// As WPS saves a CSV of UTF-8: labring/FastGPT#1166, langgenius/dify#6661.
#[test]
fn the_encoding_of_wps_is_found() {
    let (bytes, ..) = encoding_rs::GBK.encode("标准问,答案\r\n怎么退货？,“七天内”\r\n");
    assert_eq!(pairs("a.csv", bytes), [pair("怎么退货？", "“七天内”")]);
}

/// infiniflow/ragflow#16791: answers that begin with a quote took the rows below into them, and lines that go on with an answer were lost.
#[test]
fn rows_are_not_put_together_of_several() {
    let quoted = "问一\t答一\n问二\t\"引用开头的答案\n问三\t答三\"\n";
    let told = refused("a.csv", quoted);
    assert!(
        told.contains("line 2: a quoted cell goes on to line 3"),
        "{told}"
    );
    let going_on = read("a.csv", "问一\t答一\n接着的一行\n问二\t答二\n");
    assert!(
        going_on
            .refused
            .iter()
            .any(|told| told.contains("a.csv:2: ")),
        "{going_on:?}"
    );
}

/// 1Panel-dev/MaxKB#6355: styles in columns and rows up to the last corner are no cells.
#[test]
fn cells_without_text_are_none() {
    let styles: String = (3..2_000)
        .map(|number| {
            format!(r#"<row r="{number}"><c r="A{number}" s="0"/><c r="XFD{number}" s="0"/></row>"#)
        })
        .collect();
    let rows = row(1, &["标准问", "答案"]) + &row(2, &["退货？", "七天"]) + &styles;
    assert_eq!(pairs("a.xlsx", book(&rows, "")), [pair("退货？", "七天")]);
}

/// Speaker, time and text of each turn.
fn turns(name: &str, text: &str) -> Vec<String> {
    let read = Transcript::sent(name, text.as_bytes().to_vec(), &Remarks::unheard()).unwrap();
    let turns = read.turns.iter();
    turns
        .map(|turn| {
            let (speaker, time) = (turn.speaker.as_deref(), turn.time.as_deref());
            format!(
                "{}|{}|{}",
                speaker.unwrap_or("-"),
                time.unwrap_or("-"),
                turn.text
            )
        })
        .collect()
}

#[test]
fn transcripts() {
    for (issue, name, text, expected) in [
        // hyperaudio/hyperaudio-lite-editor#631: Whisper's JSON in its dialects.
        (
            "with the words beside the segments",
            "a.json",
            "{\"task\": \"transcribe\", \"text\": \"大家好。\", \"segments\": [{\"id\": 0, \"start\": 0.5, \"end\": 1.0, \"text\": \"大家好。\"}], \"words\": [{\"word\": \"大家\", \"start\": 0.5}, {\"word\": \"好\", \"start\": 0.8}]}",
            vec!["-|0.5|大家好。"],
        ),
        (
            "WhisperX",
            "a.json",
            "{\"segments\": [{\"start\": 0.5, \"end\": 1.0, \"text\": \" 大家好。\", \"words\": [{\"word\": \"大\", \"start\": 0.5, \"score\": 0.9}], \"speaker\": \"SPEAKER_00\"}], \"word_segments\": []}",
            vec!["SPEAKER_00|0.5|大家好。"],
        ),
        (
            "whisper.cpp",
            "a.json",
            "{\"systeminfo\": \"x\", \"transcription\": [{\"timestamps\": {\"from\": \"00:00:00,500\", \"to\": \"00:00:01,000\"}, \"offsets\": {\"from\": 500, \"to\": 1000}, \"text\": \" 大家好。\"}]}",
            vec!["-|00:00:00,500|大家好。"],
        ),
        (
            "transformers",
            "a.json",
            "{\"text\": \" 大家好。\", \"chunks\": [{\"timestamp\": [0.5, 1.0], \"text\": \" 大家好。\"}]}",
            vec!["-|0.5|大家好。"],
        ),
        // modelscope/FunASR#1971: the start of the last word in the place of that of the sentence.
        (
            "modelscope/FunASR#1971",
            "a.json",
            "[{\"key\": \"x\", \"text\": \"大家好。\", \"timestamp\": [[50, 130]], \"sentence_info\": [{\"text\": \"大家好。\", \"start\": 9570, \"end\": 9810, \"timestamp\": [[50, 130], [9570, 9810]], \"spk\": 0}]}]",
            vec!["0|00:00:00.050|大家好。"],
        ),
        // modelscope/FunASR#1234: numbers in quotes.
        (
            "modelscope/FunASR#1234",
            "a.json",
            "{\"text\": \"大家好。\", \"sentences\": [{\"text\": \"大家好。\", \"start\": \"710\", \"end\": \"900\"}]}",
            vec!["-|710|大家好。"],
        ),
        // simonw/action-transcription#20: what YouTube takes and gives.
        (
            "simonw/action-transcription#20",
            "a.sbv",
            "0:00:00.500,0:00:02.000\n大家好。\n\n0:00:02.000,0:00:04.000\n开始吧。\n",
            vec!["-|0:00:00.500|大家好。", "-|0:00:02.000|开始吧。"],
        ),
        // Beingpax/VoiceInk#891: times in bold brackets, as Markdown.
        (
            "Beingpax/VoiceInk#891",
            "a.md",
            "**[00:00:04]** 大家好。\n\n**[00:00:09]** 开始吧。\n",
            vec!["-|00:00:04|大家好。", "-|00:00:09|开始吧。"],
        ),
        // bugbakery/transcribee#443: times, the name below them, and then what is said.
        (
            "bugbakery/transcribee#443",
            "a.txt",
            "00:00:00.680 --> 00:00:12.800\nSpeaker X:\n大家好。\n\n00:00:12.939 --> 00:00:25.940\nSpeaker Y:\n开始吧。\n",
            vec![
                "Speaker X|00:00:00.680|大家好。",
                "Speaker Y|00:00:12.939|开始吧。",
            ],
        ),
        // Captions of songs, with what they are of above.
        (
            "SubtitleEdit: LRC",
            "a.lrc",
            "[ti:晨会]\n[ar:张三]\n[00:01.20]大家好。\n[00:05.00]开始吧。\n",
            vec!["-|00:01.20|大家好。", "-|00:05.00|开始吧。"],
        ),
        // Labels of Audacity, which have no names above them.
        (
            "Audacity",
            "labels.txt",
            "0.500000\t2.000000\t大家好。\n2.000000\t4.250000\t开始吧。\n",
            vec!["-|0.500000|大家好。", "-|2.000000|开始吧。"],
        ),
        // YouTube's own captions have times of words within the text.
        (
            "SubtitleEdit: YouTube",
            "a.vtt",
            "WEBVTT\nKind: captions\nLanguage: zh\n\n00:00:00.500 --> 00:00:02.000 align:start position:0%\n大家<00:00:00.900><c>好。</c>\n",
            vec!["-|00:00:00.500|大家好。"],
        ),
    ] {
        assert_eq!(turns(name, text), expected, "{issue}");
    }
}

/// What has lines of which none is said.
#[test]
fn subtitles_of_other_formats_are_refused_by_name() {
    for (text, kind) in [
        (
            "<?xml version=\"1.0\"?>\n<tt xmlns=\"http://www.w3.org/ns/ttml\"><body><p begin=\"1s\">大家好</p></body></tt>\n",
            "TTML",
        ),
        (
            "<tt xmlns=\"http://www.w3.org/ns/ttml\">\n<p begin=\"1s\">大家好</p>\n</tt>\n",
            "TTML",
        ),
        (
            "<SAMI>\n<BODY>\n<SYNC Start=1><P>大家好\n</BODY></SAMI>\n",
            "SAMI",
        ),
        ("Scenarist_SCC V1.0\n\n00:00:00:00\t9420 9420\n", "SCC"),
        ("{0}{25}大家好\n{26}{50}开始吧\n", "MicroDVD"),
    ] {
        let read = Transcript::sent("a", text.as_bytes().to_vec(), &Remarks::unheard());
        let told = read.unwrap_err().to_string();
        assert_eq!(
            told,
            format!("a is subtitles in {kind}, which are not read. Save them as .srt.")
        );
    }
}
