//! Results of services, after their documentation and samples: short ones, made by hand.

use serde_json::json;

use super::super::{Transcript, TranscriptFormat};
use super::*;
use crate::Remarks;
use crate::transcript::Entry;

/// Speaker, time and text of each turn.
type Turns = Vec<(String, String, String)>;

fn turns(name: &str, text: &str) -> Result<Turns, String> {
    let read = Transcript::sent(name, text.as_bytes().to_vec(), &Remarks::unheard());
    let read = read.map_err(|error| format!("{error:#}"))?;
    let owned = |text: &Option<Box<str>>| text.as_deref().unwrap_or("-").to_owned();
    let turn = |turn: &super::super::Turn| {
        (
            owned(&turn.speaker),
            owned(&turn.time),
            turn.text.to_string(),
        )
    };
    Ok(read.turns.iter().map(turn).collect())
}

fn two(speakers: [&str; 2], times: [&str; 2]) -> Turns {
    let texts = ["大家好，我们开始。", "下周三上线 OK。"];
    (0..2)
        .map(|i| {
            (
                speakers[i].to_owned(),
                times[i].to_owned(),
                texts[i].to_owned(),
            )
        })
        .collect()
}

/// A sentence of 讯飞, each of whose words has another candidate.
fn sentence_of_xunfei(speaker: &str, start: &str, words: &[&str]) -> Value {
    let word = |word: &&str| json!({"cw": [{"w": word, "wp": "n", "wc": "0.0000"}, {"w": "错", "wp": "n"}], "wb": 1, "we": 16});
    let words: Vec<Value> = words.iter().map(word).collect();
    json!({"st": {"sc": "0.00", "pa": "0", "rt": [{"ws": words}], "bg": start, "rl": speaker, "ed": "90000"}})
}

const TIMES: [&str; 2] = ["00:00:00.500", "00:01:20.500"];

#[test]
fn results_of_services_are_turns() {
    let words = |of: &[(&str, u64)]| -> Value {
        of.iter()
            .map(|(text, start)| json!({"Id": start, "SentenceId": 1, "Start": start, "End": start + 100, "Text": text}))
            .collect()
    };
    for (of, result, speakers) in [
        (
            "通义听悟",
            json!({"TaskId": "x", "Transcription": {"AudioInfo": {"Duration": 90000}, "Paragraphs": [
                {"ParagraphId": "1", "SpeakerId": "1", "Words": words(&[("大家好，", 500), ("我们", 800), ("开始。", 900)])},
                {"ParagraphId": "2", "SpeakerId": "2", "Words": words(&[("下周三", 80500), ("上线 OK。", 80900)])},
            ]}}),
            ["1", "2"],
        ),
        (
            "火山引擎",
            json!({"audio_info": {"duration": 90000}, "result": {"text": "大家好，我们开始。下周三上线 OK。", "utterances": [
                {"definite": true, "start_time": 500, "end_time": 900, "text": "大家好，我们开始。", "words": [], "additions": {"speaker": "1"}},
                {"definite": true, "start_time": 80500, "end_time": 80900, "text": "下周三上线 OK。", "additions": {"speaker": "2"}},
            ]}}),
            ["1", "2"],
        ),
        (
            "火山引擎",
            json!({"resp": {"code": 1000, "text": "大家好，我们开始。下周三上线 OK。", "utterances": [
                {"start_time": 500, "end_time": 900, "text": "大家好，我们开始。"},
                {"start_time": 80500, "end_time": 80900, "text": "下周三上线 OK。"},
            ]}}),
            ["-", "-"],
        ),
        (
            "Azure Speech",
            json!({"source": "x", "durationInTicks": 900_000_000, "combinedRecognizedPhrases": [{"channel": 0, "display": "x"}], "recognizedPhrases": [
                {"recognitionStatus": "Success", "channel": 0, "speaker": 2, "offset": "PT1M20.5S", "offsetInTicks": 805_000_000.0, "nBest": [{"confidence": 0.9, "lexical": "x", "display": "下周三上线 OK。"}]},
                {"recognitionStatus": "Success", "channel": 0, "speaker": 1, "offset": "PT0.5S", "offsetInTicks": 5_000_000.0, "nBest": [{"confidence": 0.9, "lexical": "x", "display": "大家好，我们开始。"}]},
                {"recognitionStatus": "NoMatch", "channel": 0, "offset": "PT2S", "nBest": []},
            ]}),
            ["1", "2"],
        ),
        (
            "Azure Speech",
            json!({"durationMilliseconds": 90000, "combinedPhrases": [{"text": "x"}], "phrases": [
                {"channel": 0, "offsetMilliseconds": 500, "text": "大家好，我们开始。", "words": []},
                {"channel": 1, "offsetMilliseconds": 80500, "text": "下周三上线 OK。"},
            ]}),
            ["0", "1"],
        ),
        (
            "Deepgram",
            json!({"metadata": {"channels": 1}, "results": {"channels": [{"alternatives": [{"transcript": "x", "words": []}]}], "utterances": [
                {"start": 0.5, "end": 1.0, "channel": 0, "transcript": "大家好，我们开始。", "words": [], "speaker": 0},
                {"start": 80.5, "end": 81.0, "channel": 0, "transcript": "下周三上线 OK。", "words": [], "speaker": 1},
            ]}}),
            ["0", "1"],
        ),
        (
            "Deepgram",
            json!({"results": {"channels": [{"alternatives": [{"transcript": "x", "words": [], "paragraphs": {"transcript": "x", "paragraphs": [
                {"sentences": [{"text": "大家好，", "start": 0.5}, {"text": "我们开始。", "start": 0.8}], "speaker": 0, "start": 0.5, "end": 1.0},
                {"sentences": [{"text": "下周三上线 OK。", "start": 80.5}], "speaker": 1, "start": 80.5, "end": 81.0},
            ]}}]}]}}),
            ["0", "1"],
        ),
        (
            "Amazon Transcribe",
            json!({"jobName": "x", "results": {"transcripts": [{"transcript": "x"}], "items": [], "audio_segments": [
                {"id": 0, "transcript": "大家好，我们开始。", "start_time": "0.5", "end_time": "1.0", "speaker_label": "spk_0", "items": [0]},
                {"id": 1, "transcript": "下周三上线 OK。", "start_time": "80.5", "end_time": "81.0", "speaker_label": "spk_1", "items": [1]},
            ]}}),
            ["spk_0", "spk_1"],
        ),
        (
            "Google Speech-to-Text",
            json!({"results": [
                {"alternatives": [{"transcript": "大家好，我们开始。", "words": [{"startTime": "0.500s", "word": "大家"}]}], "channelTag": 1},
                {"alternatives": [{"transcript": "下周三上线 OK。", "words": [{"startTime": "80.500s", "word": "下周三"}]}], "channelTag": 2},
            ]}),
            ["1", "2"],
        ),
        (
            "阿里云百炼",
            json!({"file_url": "x", "transcripts": [{"channel_id": 0, "text": "x", "sentences": [
                {"begin_time": 500, "end_time": 900, "sentence_id": 1, "speaker_id": 0, "text": "大家好，我们开始。", "words": []},
                {"begin_time": 80500, "end_time": 80900, "sentence_id": 2, "speaker_id": 1, "text": "下周三上线 OK。"},
            ]}]}),
            ["0", "1"],
        ),
        (
            "阿里云",
            json!({"StatusText": "SUCCESS", "Result": {"Sentences": [
                {"BeginTime": 500, "EndTime": 900, "ChannelId": 0, "Text": "大家好，我们开始。"},
                {"BeginTime": 80500, "EndTime": 80900, "ChannelId": 1, "Text": "下周三上线 OK。"},
            ]}}),
            ["0", "1"],
        ),
        (
            "讯飞",
            json!({"code": "000000", "descInfo": "success", "content": {
                "orderInfo": {"orderId": "x", "failType": 0, "status": 4, "originalDuration": 90000, "realDuration": 90000},
                "orderResult": json!({"lattice": [
                    {"json_1best": sentence_of_xunfei("1", "500", &["大家好", "，", "我们", "开始", "。", ""]).to_string()},
                    {"json_1best": sentence_of_xunfei("2", "80500", &["下周三", "上线", " OK", "。"]).to_string()},
                ], "lattice2": [
                    {"lid": "0", "begin": "500", "end": "900", "json_1best": sentence_of_xunfei("1", "500", &["嗯", "大家好"]), "spk": "段落-0"},
                ]}).to_string(),
                "taskEstimateTime": 0,
            }}),
            ["1", "2"],
        ),
        (
            "讯飞",
            json!({"code": 0, "data": {"task_status": "4", "result": {"lattice": [], "lattice2": [
                {"lid": "0", "begin": "500", "end": "900", "json_1best": sentence_of_xunfei("0", "500", &["大家好，我们", "开始。"]), "spk": "段落-0"},
                {"lid": "0", "begin": "80500", "end": "80900", "json_1best": sentence_of_xunfei("0", "80500", &["下周三上线", " OK。"]), "spk": "段落-0"},
            ]}}}),
            ["-", "-"],
        ),
        (
            "讯飞",
            json!({"ok": 0, "err_no": 0, "failed": null, "data": json!([
                {"bg": "500", "ed": "900", "onebest": "大家好，我们开始。", "speaker": "1"},
                {"bg": "80500", "ed": "80900", "onebest": "下周三上线 OK。", "speaker": "0"},
            ]).to_string()}),
            ["1", "-"],
        ),
        (
            "腾讯云",
            json!({"Response": {"Data": {"Result": "x", "ResultDetail": [
                {"FinalSentence": "大家好，我们开始。", "StartMs": 500, "EndMs": 900, "SpeakerId": 0},
                {"FinalSentence": "下周三上线 OK。", "StartMs": 80500, "EndMs": 80900, "SpeakerId": 1},
            ]}}}),
            ["0", "1"],
        ),
        (
            "腾讯会议",
            json!({"minutes": {"paragraphs": [
                {"pid": "0", "start_time": 500, "speaker_info": {"userid": "u1", "username": "张三"}, "sentences": [{"sid": "0", "words": [{"text": "大家好，"}, {"text": "我们开始。"}]}]},
                {"pid": "1", "start_time": 80500, "speaker_info": {"userid": "u2", "username": ""}, "sentences": [{"sid": "0", "words": [{"text": "下周三上线 "}]}, {"words": [{"text": "OK。"}]}]},
            ]}}),
            ["张三", "u2"],
        ),
        (
            "腾讯会议",
            json!({"code": 0, "minutes": {"paragraphs": [
                {"pid": "0", "start_time": "500", "speaker": {"user_name": "张三"}, "sentences": [{"words": [{"text": "大家好，我们开始。"}]}]},
                {"pid": "1", "start_time": "80500", "speaker": {"user_name": "李四"}, "sentences": [{"words": [{"text": "下周三上线 OK。"}]}]},
            ]}}),
            ["张三", "李四"],
        ),
        (
            "FunASR",
            json!([{"key": "x", "text": "大家好，我们开始。下周三上线 OK。", "timestamp": [[500, 600], [600, 700]], "sentence_info": [
                {"text": "大家好，我们开始。", "start": 800, "end": 900, "timestamp": [[500, 600], [800, 900]], "spk": 0},
                {"text": "下周三上线 OK。", "start": 80500, "end": 80900, "timestamp": [[80500, 80900]], "spk": 1},
            ]}]),
            ["0", "1"],
        ),
        (
            "FunASR",
            json!({"mode": "offline", "wav_name": "x", "text": "大家好，我们开始。下周三上线 OK。", "timestamp": "[[500,600]]", "stamp_sents": [
                {"start": 500, "end": 900, "punc": "。", "text_seg": "大 家 好， 我 们 开 始", "ts_list": [[500, 600]]},
                {"start": 80500, "end": 80900, "punc": "。", "text_seg": "下 周 三 上 线 OK", "ts_list": [[80500, 80900]]},
            ]}),
            ["-", "-"],
        ),
    ] {
        let mut expected = two(speakers, TIMES);
        if of == "FunASR" && result.is_object() {
            expected[1].2 = "下周三上线OK。".to_owned();
        }
        for text in [
            result.to_string(),
            serde_json::to_string_pretty(&result).unwrap(),
        ] {
            assert_eq!(turns("a.json", &text), Ok(expected.clone()), "{of}: {text}");
        }
        let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let sink = std::sync::Arc::clone(&told);
        let remarks = Remarks::to(move |remark| sink.lock().unwrap().push(remark.to_string()));
        Transcript::sent("a.json", result.to_string().into_bytes(), &remarks).unwrap();
        let begin = format!("a.json is read as a result of {of}; ");
        assert!(told.lock().unwrap()[0].starts_with(&begin), "{of}");
    }
}

/// Sentences of a text start when their first words do, where each word has a time.
#[test]
fn a_text_with_the_times_of_its_words_is_its_sentences() {
    let read = |times: usize| {
        let times: Vec<Value> = (0..times).map(|i| json!([i * 100, i * 100 + 50])).collect();
        let result =
            json!([{"key": "x", "text": "大家好 hello world。开始吧？", "timestamp": times}]);
        turns("a.json", &result.to_string()).unwrap()
    };
    let turn = |time: &str, text: &str| ("-".to_owned(), time.to_owned(), text.to_owned());
    let first = turn("00:00:00.000", "大家好 hello world。");
    assert_eq!(read(8), [first.clone(), turn("00:00:00.500", "开始吧？")]);
    assert_eq!(read(7), [first, turn("-", "开始吧？")]);
}

/// Some versions of FunASR write the start of the last word of a sentence as its own.
#[test]
fn sentences_start_with_their_first_word() {
    let sentence = json!({"text": "大家好。", "start": 9570, "end": 9810, "timestamp": [[50, 130], [9570, 9810]], "spk": 0});
    for text in [
        json!([sentence]).to_string(),
        sentence.to_string(),
        json!({"text": "大家好。", "sentence_info": [sentence]}).to_string(),
    ] {
        let expected = ("0".to_owned(), "50".to_owned(), "大家好。".to_owned());
        assert_eq!(turns("a.json", &text).unwrap(), [expected], "{text}");
    }
}

#[test]
fn what_is_written_of_a_result_is_a_list_of_objects() {
    let result = json!({"result": {"utterances": [
        {"start_time": 500, "text": "下周三上线。", "additions": {"speaker": "1"}},
        {"start_time": 900, "text": "好。", "additions": {"speaker": "2"}},
    ]}});
    let read = Transcript::sent(
        "a.json",
        result.to_string().into_bytes(),
        &Remarks::unheard(),
    )
    .unwrap();
    assert!(read.is_written_as("json") && !read.is_written_as("srt"));
    let entries = [Entry {
        turn: 1,
        ..Entry::default()
    }];
    let own = read.written(&entries, TranscriptFormat::Own).unwrap();
    let own: Value = serde_json::from_slice(&own).unwrap();
    assert_eq!(
        own,
        json!([{"speaker": "2", "time": "00:00:00.900", "text": "好。"}])
    );
    let markdown = read.written(&entries, TranscriptFormat::Markdown).unwrap();
    assert_eq!(
        String::from_utf8(markdown).unwrap(),
        "- **2 00:00:00.900** 好。\n"
    );
}

/// One text of a whole recording would be one remark, and other JSON none.
#[test]
fn what_has_no_remarks_is_refused_by_name() {
    for (text, told) in [
        (
            json!({"results": {"channels": [{"alternatives": [{"transcript": "大家好", "words": []}]}]}}).to_string(),
            "it is a result of Deepgram with one text",
        ),
        (
            json!({"jobName": "x", "results": {"transcripts": [{"transcript": "大家好"}], "items": []}}).to_string(),
            "it is a result of Amazon Transcribe without its segments",
        ),
        (
            json!({"id": "x", "text": "大家好 开始", "utterances": null, "words": [{"text": "大家好", "start": 1}, {"text": "开始", "start": 2}]}).to_string(),
            "it has one text of the whole recording",
        ),
        (
            json!({"code": "000000", "content": {"orderInfo": {"status": 3}, "orderResult": ""}}).to_string(),
            "it is an order of 讯飞 without a result",
        ),
        (
            json!({"content": {"orderResult": "{\"lattice\":[{\"json_1be"}}).to_string(),
            "it is a result of 讯飞 whose inner text is no JSON",
        ),
        (
            json!({"lattice": [{"json_1best": "{\"st\":"}]}).to_string(),
            "it is a result of 讯飞 whose inner text is no JSON",
        ),
        (json!({"code": 0, "data": {"lattice": []}}).to_string(), "it is JSON in which no list of remarks is known"),
        ("{\n  \"code\": 0,\n  \"data\": []\n}".to_owned(), "it is JSON in which no list of remarks is known"),
        ("[\"大家好\", \"开始\"]".to_owned(), "line 1 is not a JSON object"),
    ] {
        let error = turns("a.json", &text).unwrap_err();
        assert!(error.starts_with("a.json cannot be read: "), "{error}");
        assert!(error.contains(told), "{text}: {error}");
    }
}

/// A line each, and objects that say something by themselves.
#[test]
fn lines_of_results_and_of_remarks() {
    let line =
        |text: &str| json!({"key": "x", "text": text, "timestamp": [[0, 1], [100, 1]]}).to_string();
    let lines = format!("{}\n\n{}\n", line("大家。"), line("开始。"));
    let said: Vec<String> = turns("a.jsonl", &lines)
        .unwrap()
        .into_iter()
        .map(|(.., text)| text)
        .collect();
    assert_eq!(said, ["大家。", "开始。"]);
    let mixed = format!("{}\n{{\"text\":\"好\"}}\n", line("大家。"));
    let error = turns("a.jsonl", &mixed).unwrap_err();
    assert!(error.contains("line 2 is no result of FunASR"), "{error}");
    let plain = "{\"text\":\"大家好\",\"words\":[{\"start\":0,\"word\":\"大家\"},{\"start\":1,\"word\":\"好\"}],\"extra\":{\"phrases\":[{\"text\":\"x\"}],\"combinedPhrases\":[]}}\n{\"text\":\"开始\"}\n";
    assert_eq!(turns("a.jsonl", plain).unwrap().len(), 2);
}

#[test]
fn moments_have_many_units() {
    for (value, unit, expected) in [
        (json!(1.5), 1_000.0, Some(1_500.0)),
        (json!("1.5"), 1_000.0, Some(1_500.0)),
        (json!("1.500s"), 1_000.0, Some(1_500.0)),
        (json!("PT1H2M3.5S"), 1_000.0, Some(3_723_500.0)),
        (json!("PT"), 1.0, Some(0.0)),
        (json!("PT1X"), 1.0, None),
        (json!("soon"), 1.0, None),
        (json!([1]), 1.0, None),
    ] {
        assert_eq!(moment(Some(&value), unit), expected, "{value}");
    }
    assert_eq!(shown(3_723_500.4), "01:02:03.500");
    assert_eq!(shown(80_499.999_9), "00:01:20.500");
    let words = ["Hello", "world.", "How", "好", "OK"];
    assert_eq!(joined(words.into_iter()), "Hello world. How好OK");
}
