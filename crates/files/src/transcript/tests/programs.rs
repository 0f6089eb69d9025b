//! What programs export, as their samples in public repositories look.

use serde_json::Value;

use super::*;

#[test]
fn minutes_of_many_programs() {
    let two = |speakers: [&'static str; 2], times: [&'static str; 2]| {
        [0, 1].map(|i| {
            (
                Some(speakers[i]).filter(|s| !s.is_empty()),
                Some(times[i]),
                ["大家好。", "开始吧。"][i],
            )
        })
    };
    for (text, layout, expected) in [
        // 飞书妙记, with its heading, and with what is said behind the time.
        (
            "产品周会\n2026年6月15日 下午 11:32|1小时 8分钟 33秒\n\n关键词:\n缓存、上线\n\n文字记录:\n说话人 1 00:02\n大家好。\n\n说话人 2 00:03\n开始吧。\n",
            TranscriptLayout::Above,
            two(["说话人 1", "说话人 2"], ["00:02", "00:03"]),
        ),
        (
            "文字记录：周会 2026年6月18日\n\n说话人 1 00:00:00大家好。\n\n说话人 2 00:09:44开始吧。\n",
            TranscriptLayout::Before,
            two(["说话人 1", "说话人 2"], ["00:00:00", "00:09:44"]),
        ),
        // 通义听悟, also with its chapters, and as Markdown.
        (
            "周会\n2025-03-05 10:00\n\n章节速览\n00:00 开场\n\n发言人 1  00:00\n大家好。\n\n发言人 2  00:18\n开始吧。\n",
            TranscriptLayout::Above,
            two(["发言人 1", "发言人 2"], ["00:00", "00:18"]),
        ),
        (
            "- **发言人1 00:00** \n大家好。\n- **发言人2 00:18** \n开始吧。\n",
            TranscriptLayout::Above,
            two(["发言人1", "发言人2"], ["00:00", "00:18"]),
        ),
        // 腾讯会议.
        (
            "会议主题：周会\n会议时间：2025/03/05 10:00-11:00\n参会人：张三、李四\n\n张三(00:00:05)：大家好。\n李四(00:00:09)：开始吧。\n",
            TranscriptLayout::Before,
            two(["张三", "李四"], ["00:00:05", "00:00:09"]),
        ),
        (
            "张三(00:00:05):\n大家好。\n\n李四(00:00:09):\n开始吧。\n",
            TranscriptLayout::Above,
            two(["张三", "李四"], ["00:00:05", "00:00:09"]),
        ),
        // Chats, with dates.
        (
            "张三 2025-03-05 10:00:33\n大家好。\n\n李四 2025-03-05 10:00:41\n开始吧。\n",
            TranscriptLayout::Above,
            two(["张三", "李四"], ["10:00:33", "10:00:41"]),
        ),
        // Google Meet, with a time now and then, and the sentences it closes with.
        (
            "周会 (2024-07-18 16:06 GMT-7) - Transcript\nAttendees\nAnn Li, Bob Wu\nTranscript\n00:00:00\n \nAnn Li: 大家好。\n00:05:03\n\nBob Wu: 开始吧。\n\nMeeting ended after 00:06:19 👋\n\nThis editable transcript was computer generated and might contain errors. People can also change the text after it was created.\n",
            TranscriptLayout::Before,
            two(["Ann Li", "Bob Wu"], ["00:00:00", "00:05:03"]),
        ),
        (
            "# 📖 Transcript\n\nJul 18, 2025\n\n## 周会 - Transcript\n\n### 00:00:00\n\n**Ann Li:** 大家好。\n\n### 00:05:03\n\n**Bob Wu:** 开始吧。\n\n### Transcription ended after 00:26:28\n\n*This editable transcript was computer generated and might contain errors.*\n",
            TranscriptLayout::Before,
            two(["Ann Li", "Bob Wu"], ["00:00:00", "00:05:03"]),
        ),
        // Zoom's captions and its chat.
        (
            "[Ann Li] 14:02:11\n大家好。\n\n[Bob Wu] 14:02:15\n开始吧。\n\n",
            TranscriptLayout::Above,
            two(["Ann Li", "Bob Wu"], ["14:02:11", "14:02:15"]),
        ),
        (
            "14:02:11\t From  Ann Li : 大家好。\n14:02:15\t From  Bob Wu : 开始吧。\n",
            TranscriptLayout::Before,
            two(["Ann Li", "Bob Wu"], ["14:02:11", "14:02:15"]),
        ),
        // 讯飞听见, with its heading; and with start and end.
        (
            "周会录音\n2025-03-05 10:00:00\n\n说话人1 00:00\n大家好。\n\n说话人2 00:18\n开始吧。\n",
            TranscriptLayout::Above,
            two(["说话人1", "说话人2"], ["00:00", "00:18"]),
        ),
        (
            "[00:00:01,000-->00:00:02,500] 说话人1：大家好。\n[00:00:03,000-->00:00:04,000] 说话人2：开始吧。\n",
            TranscriptLayout::Before,
            two(["说话人1", "说话人2"], ["00:00:01,000", "00:00:03,000"]),
        ),
        // Times of full width.
        (
            "说话人 1 ００：００：０１\n大家好。\n\n说话人 2 ００：００：０９\n开始吧。\n",
            TranscriptLayout::Above,
            two(
                ["说话人 1", "说话人 2"],
                ["００：００：０１", "００：００：０９"],
            ),
        ),
        // Times as people say them, and those of YouTube's captions (.sbv).
        (
            "说话人 1 0分2秒\n大家好。\n\n说话人 2 01分20秒\n开始吧。\n",
            TranscriptLayout::Above,
            two(["说话人 1", "说话人 2"], ["0分2秒", "01分20秒"]),
        ),
        (
            "张三（1小时2分3秒）：大家好。\n李四（1小时2分9秒）：开始吧。\n",
            TranscriptLayout::Before,
            two(["张三", "李四"], ["1小时2分3秒", "1小时2分9秒"]),
        ),
        (
            "- **张三 1分20秒** 大家好。\n- **李四 1分30秒** 开始吧。\n",
            TranscriptLayout::Before,
            two(["张三", "李四"], ["1分20秒", "1分30秒"]),
        ),
        (
            "0:00:00.500,0:00:02.000\n大家好。\n\n0:01:20.500,0:01:22.000\n开始吧。\n",
            TranscriptLayout::Above,
            two(["", ""], ["0:00:00.500", "0:01:20.500"]),
        ),
        (
            "[00:00.50]大家好。\n[01:20.50]开始吧。\n",
            TranscriptLayout::Before,
            two(["", ""], ["00:00.50", "01:20.50"]),
        ),
        // Whisper's table, its lines on the screen, and the lines of others with times of hours or of minutes.
        (
            "start\tend\ttext\n0\t2000\t大家好。\n2000\t4000\t开始吧。\n",
            TranscriptLayout::Table,
            two(["", ""], ["0", "2000"]),
        ),
        (
            "start,end,speaker,text\n0,2000,\"甲\",\"大家好。\"\n2000,4000,乙,开始吧。\n",
            TranscriptLayout::Table,
            two(["甲", "乙"], ["0", "2000"]),
        ),
        (
            "发言人;时间;内容\n甲;00:01;大家好。\n乙;00:02;开始吧。\n",
            TranscriptLayout::Table,
            two(["甲", "乙"], ["00:01", "00:02"]),
        ),
        (
            "[00:00.000 --> 00:02.000]  大家好。\n[00:02.000 --> 00:04.000]  开始吧。\n",
            TranscriptLayout::Before,
            two(["", ""], ["00:00.000", "00:02.000"]),
        ),
        (
            "00:00:00.000 --> 00:00:02.000 大家好。\n00:00:02.000 --> 00:00:04.000 开始吧。\n",
            TranscriptLayout::Before,
            two(["", ""], ["00:00:00.000", "00:00:02.000"]),
        ),
        // Whisper's own lines.
        (
            "[00:00:00.000 --> 00:00:02.000]   大家好。\n[00:00:02.000 --> 00:00:04.000]   开始吧。\n",
            TranscriptLayout::Before,
            two(["", ""], ["00:00:00.000", "00:00:02.000"]),
        ),
        // Teams, a document of today and one of before.
        (
            "周会-20260615_133555-会议脚本\n15 June 2026, 03:35am\n27m 42s\nAnn Li started transcription\nAnn Li   0:03\n大家好。\nBob Wu   0:07\n开始吧。\n",
            TranscriptLayout::Above,
            two(["Ann Li", "Bob Wu"], ["0:03", "0:07"]),
        ),
        // Zoom's and Teams' subtitles.
        (
            "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\nAnn Li: 大家好。\n\n2\n00:00:02.500 --> 00:00:03.000\nBob Wu: 开始吧。\n",
            TranscriptLayout::Vtt,
            two(["Ann Li", "Bob Wu"], ["00:00:01.000", "00:00:02.500"]),
        ),
        (
            "WEBVTT\n\n6a1f-22/9-0\n00:00:01.000 --> 00:00:02.000\n<v Ann Li>大家好。</v>\n\n6a1f-22/9-1\n00:00:02.500 --> 00:00:03.000\n<v Bob Wu>开始吧。</v>\n",
            TranscriptLayout::Vtt,
            two(["Ann Li", "Bob Wu"], ["00:00:01.000", "00:00:02.500"]),
        ),
    ] {
        for written in [
            text.to_owned(),
            text.replace('\n', "\r\n"),
            format!("\u{feff}{text}"),
        ] {
            let minutes = read(&written);
            assert_eq!(minutes.layout, layout, "{written:?}");
            assert_eq!(turns(&minutes), expected, "{written:?}");
            let again = minutes
                .written(&all(&minutes), TranscriptFormat::Own)
                .unwrap();
            let again = String::from_utf8(again).unwrap();
            assert_eq!(
                again.contains("\r\n"),
                written.contains("\r\n"),
                "{written:?}"
            );
            assert_eq!(turns(&read(&again)), expected, "{again:?}");
        }
    }
}

#[test]
fn objects_of_programs_for_speech_keep_what_stands_around_them() {
    for (text, speaker, time) in [
        (
            "{\"text\": \" 大家好 开始\", \"segments\": [{\"id\": 0, \"start\": 0.5, \"text\": \" 大家好\"}, {\"id\": 1, \"start\": 2, \"text\": \" 开始\"}], \"language\": \"zh\"}",
            None,
            "0.5",
        ),
        (
            "{\n  \"language\": \"zh\",\n  \"transcription\": [\n{\"timestamps\": {\"from\": \"00:00:00,500\", \"to\": \"00:00:02,000\"}, \"text\": \" 大家好\"},\n{\"text\": \"开始\"}]\n}",
            None,
            "00:00:00,500",
        ),
        (
            "{\"language\": \"zh\", \"text\": \" 大家好\", \"chunks\": [{\"timestamp\": [0.5, 2.0], \"text\": \" 大家好\"}, {\"timestamp\": [2.0, null], \"text\": \"开始\"}]}",
            None,
            "0.5",
        ),
        (
            "{\"language\": \"zh\", \"utterances\": [{\"speaker\": \"A\", \"start\": 500, \"text\": \"大家好\"}, {\"text\": \"开始\"}]}",
            Some("A"),
            "500",
        ),
    ] {
        let minutes = read(text);
        assert_eq!(
            turns(&minutes)[0],
            (speaker, Some(time), "大家好"),
            "{text}"
        );
        let mut entries = all(&minutes);
        entries.truncate(1);
        entries[0].fields.push(("votes", Value::Bool(true)));
        let written = minutes.written(&entries, TranscriptFormat::Own).unwrap();
        let whole: Value = serde_json::from_slice(&written).unwrap();
        assert_eq!(whole["language"], "zh");
        assert!(whole.get("text").is_none_or(|text| text == " 大家好"));
        let again = read(std::str::from_utf8(&written).unwrap());
        assert_eq!(turns(&again), turns(&minutes)[..1]);
    }
    let list = "[{\"text\":\"a\"}]";
    let written = read(list)
        .written(&all(&read(list)), TranscriptFormat::Own)
        .unwrap();
    assert!(serde_json::from_slice::<Vec<Value>>(&written).is_ok());
}
