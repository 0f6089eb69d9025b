//! Files as they come out of hands and programs that have never heard of one another.

use super::*;

type Expected<'a> = &'a [(Option<&'a str>, Option<&'a str>, &'a str)];

#[test]
fn turns_are_told_from_what_is_said() {
    let cases: &[(&str, Expected<'_>)] = &[
        // A time that somebody says.
        (
            "说话人 1 00:00:01\n我们约在 10:30\n下午碰头\n\n说话人 2 00:00:09\n好的\n\n说话人 1 00:00:12\n散会\n",
            &[
                (
                    Some("说话人 1"),
                    Some("00:00:01"),
                    "我们约在 10:30\n下午碰头",
                ),
                (Some("说话人 2"), Some("00:00:09"), "好的"),
                (Some("说话人 1"), Some("00:00:12"), "散会"),
            ],
        ),
        (
            "张三(00:00:05)：大家好\n结论：先上线\n10:30 再碰\n李四(00:00:09)：好\n王五：我也是\n张三：散会\n",
            &[
                (Some("张三"), Some("00:00:05"), "大家好"),
                (None, None, "结论：先上线\n10:30 再碰"),
                (Some("李四"), Some("00:00:09"), "好\n王五：我也是"),
                (Some("张三"), None, "散会"),
            ],
        ),
        // Turns that say nothing, and without a speaker.
        (
            "说话人 1 00:00:01\n\n说话人 2 00:00:05\n说话人 1 00:00:09\n好\n",
            &[
                (Some("说话人 1"), Some("00:00:01"), ""),
                (Some("说话人 2"), Some("00:00:05"), ""),
                (Some("说话人 1"), Some("00:00:09"), "好"),
            ],
        ),
        (
            "[00:00:01] 张三：大家好\n[00:00:05] （掌声）\n[00:00:09] 李四：好\n",
            &[
                (Some("张三"), Some("00:00:01"), "大家好"),
                (None, Some("00:00:05"), "（掌声）"),
                (Some("李四"), Some("00:00:09"), "好"),
            ],
        ),
        (
            "张三 00:00:01\n大家好\n\n00:00:05\n（掌声）\n\n张三 00:00:09\n好\n",
            &[
                (Some("张三"), Some("00:00:01"), "大家好"),
                (None, Some("00:00:05"), "（掌声）"),
                (Some("张三"), Some("00:00:09"), "好"),
            ],
        ),
        // Hours above 99, names in brackets, and a mark of byte order where two files were put together.
        (
            "说话人1(张三) 99:59:59\n大家好\n\n\u{feff}说话人1(张三) 100:00:05\n好\n",
            &[
                (Some("说话人1(张三)"), Some("99:59:59"), "大家好"),
                (Some("说话人1(张三)"), Some("100:00:05"), "好"),
            ],
        ),
        // Names on lines of their own, without times.
        (
            "主持人：\n大家好，今天讨论预算。\n分三点。\n\n张三：\n我先说。\n\n主持人：\n请。\n",
            &[
                (Some("主持人"), None, "大家好，今天讨论预算。\n分三点。"),
                (Some("张三"), None, "我先说。"),
                (Some("主持人"), None, "请。"),
            ],
        ),
        // Names and times on a line each, as a page has them that was copied.
        (
            "张三\n00:00:01\n大家好\n李四\n00:00:09\n下周三上线\n张三\n00:01:20\n预算还差20万\n",
            &[
                (Some("张三"), Some("00:00:01"), "大家好"),
                (Some("李四"), Some("00:00:09"), "下周三上线"),
                (Some("张三"), Some("00:01:20"), "预算还差20万"),
            ],
        ),
        // What is said above a time is no name.
        (
            "周会\n00:00:01\n大家好\n00:00:09\n下周三上线\n00:01:20\n预算还差20万\n",
            &[
                (None, Some("00:00:01"), "大家好"),
                (None, Some("00:00:09"), "下周三上线"),
                (None, Some("00:01:20"), "预算还差20万"),
            ],
        ),
        // Google Meet and Teams in Chinese, and Otter: what they close with is said by nobody.
        (
            "周会 - 2025/03/05 15:00 CST - 转写文稿\n参会者\n张三, 李四\n转写文稿\n\n00:00:00\n \n张三: 大家好\n李四: 下周三上线\n\n00:05:00\n \n张三: 散会\n\n会议于 00:06:19 后结束 👋\n\n此可编辑的转写文稿由计算机生成，可能包含错误。\n",
            &[
                (Some("张三"), Some("00:00:00"), "大家好"),
                (Some("李四"), Some("00:00:00"), "下周三上线"),
                (Some("张三"), Some("00:05:00"), "散会"),
            ],
        ),
        (
            "周会-20250305-会议脚本\n张三 已开始听录\n\n张三   0:03\n大家好\n\n李四   0:09\n下周三上线\n\n张三 已停止听录\n",
            &[
                (Some("张三"), Some("0:03"), "大家好"),
                (Some("李四"), Some("0:09"), "下周三上线"),
            ],
        ),
        (
            "Ann Li  0:01\nHello.\n\nBob Wu  0:09\nHi.\n\nTranscribed by https://otter.ai\n",
            &[
                (Some("Ann Li"), Some("0:01"), "Hello."),
                (Some("Bob Wu"), Some("0:09"), "Hi."),
            ],
        ),
        // Headings do not come again.
        (
            "背景材料：\n我们去年上线。\n目标说明：\n今年做完。\n",
            &[
                (None, None, "背景材料："),
                (None, None, "我们去年上线。"),
                (None, None, "目标说明："),
                (None, None, "今年做完。"),
            ],
        ),
        // Notes of a list.
        (
            "- 下周三上线\n- 预算还差两万\n  财务在看\n- 1\n",
            &[
                (None, None, "下周三上线"),
                (None, None, "预算还差两万\n财务在看"),
                (None, None, "1"),
            ],
        ),
        (
            "我们 -1\n- 1 也行\n好\n",
            &[
                (None, None, "我们 -1"),
                (None, None, "- 1 也行"),
                (None, None, "好"),
            ],
        ),
        // The numbers of points are not said.
        (
            "周会纪要\n1. 下周三上线\n2.就下周三上线\n3、同意\n（4）3.5 万用户\n",
            &[
                (None, None, "周会纪要"),
                (None, None, "下周三上线"),
                (None, None, "就下周三上线"),
                (None, None, "3、同意"),
                (None, None, "（4）3.5 万用户"),
            ],
        ),
        (
            "1、下周三上线\n   财务在看\n2、预算还差两万\n3、同意\n",
            &[
                (None, None, "下周三上线\n财务在看"),
                (None, None, "预算还差两万"),
                (None, None, "同意"),
            ],
        ),
        (
            "1. 张伟：下周三上线\n2. 王芳：同意\n3. 王芳：同意\n4. 李强：同意\n5. 散会\n",
            &[
                (Some("张伟"), None, "下周三上线"),
                (Some("王芳"), None, "同意"),
                (Some("王芳"), None, "同意"),
                (Some("李强"), None, "同意"),
                (None, None, "散会"),
            ],
        ),
        (
            "（1）张伟 00:01 下周三上线\n（2）王芳 00:09 同意\n（3）结论：下周三上线\n",
            &[
                (Some("张伟"), Some("00:01"), "下周三上线"),
                (Some("王芳"), Some("00:09"), "同意"),
                (None, None, "结论：下周三上线"),
            ],
        ),
        // Points of what one of them says are none of all turns.
        (
            "张伟：三件事\n1. 上线\n2. 预算\n3. 招人\n王芳：好\n李强：好\n张伟：散会\n王芳：好\n李强：好\n",
            &[
                (Some("张伟"), None, "三件事\n1. 上线\n2. 预算\n3. 招人"),
                (Some("王芳"), None, "好"),
                (Some("李强"), None, "好"),
                (Some("张伟"), None, "散会"),
                (Some("王芳"), None, "好"),
                (Some("李强"), None, "好"),
            ],
        ),
        (
            "3.5 万用户\n1.0 版本\n2026.12.1 上线\n",
            &[
                (None, None, "3.5 万用户"),
                (None, None, "1.0 版本"),
                (None, None, "2026.12.1 上线"),
            ],
        ),
        // Names behind times, as recorders write them.
        (
            "00:00:01 张伟\n我们下周三上线新版本\n\n00:00:09 李强\n预算还差两万\n约在 10:30\n\n00:00:20 王芳\n同意\n",
            &[
                (Some("张伟"), Some("00:00:01"), "我们下周三上线新版本"),
                (Some("李强"), Some("00:00:09"), "预算还差两万\n约在 10:30"),
                (Some("王芳"), Some("00:00:20"), "同意"),
            ],
        ),
        (
            "[00:01] 说话人 1\n大家好\n[00:09] 说话人 2\n开始吧\n[00:20] 说话人 1\n好\n",
            &[
                (Some("说话人 1"), Some("00:01"), "大家好"),
                (Some("说话人 2"), Some("00:09"), "开始吧"),
                (Some("说话人 1"), Some("00:20"), "好"),
            ],
        ),
        (
            "00:01 大家好\n00:09 开始吧\n还有一件事\n00:20 好\n",
            &[
                (None, Some("00:01"), "大家好"),
                (None, Some("00:09"), "开始吧\n还有一件事"),
                (None, Some("00:20"), "好"),
            ],
        ),
        // Agreement is no name.
        (
            "00:01 大家好\n今天讨论预算\n\n00:09 同意\n先这样\n",
            &[
                (None, None, "00:01 大家好"),
                (None, None, "今天讨论预算"),
                (None, None, "00:09 同意"),
                (None, None, "先这样"),
            ],
        ),
        // Addresses.
        (
            "张三：看 http://a.cn\nhttp://b.cn\n李四：好\n张三：散会\n",
            &[
                (Some("张三"), None, "看 http://a.cn\nhttp://b.cn"),
                (Some("李四"), None, "好"),
                (Some("张三"), None, "散会"),
            ],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(turns(&read(text)), *expected, "{text}");
        let crlf = text.replace('\n', "\r\n");
        assert_eq!(turns(&read(&crlf)), *expected, "{text}");
    }
}

#[test]
fn subtitles_lose_nothing() {
    let cases: &[(&str, &[&str])] = &[
        // An empty line within a cue, no empty line between cues, cues that overlap, and one before the film.
        (
            "1\n00:00:01,000 --> 00:00:03,000\n大家好\n\n我是张三\n\n2\n00:00:02,000 --> 00:00:05,000\n开始吧\n3\n00:00:05,000 --> 00:00:06,000\n好\n",
            &["大家好\n我是张三", "开始吧", "好"],
        ),
        (
            "WEBVTT\n\n-00:00:01.000 --> 00:00:03.000\n大家好\n\n00:05.000 --> 00:06.000 align:start position:0%\n开始吧\n",
            &["大家好", "开始吧"],
        ),
        (
            "1\n-00:00:01,000 --> 00:00:03,000\n大家好\n\n2\n100:00:05,000 --> 100:00:06,000\n开始吧\n",
            &["大家好", "开始吧"],
        ),
        // Hours that are missing, an arrow that is too short, no head.
        (
            "1\n00:01,000 -> 00:03,000\n大家好\n\n2\n00:05,000 -> 00:06,000\n开始吧\n",
            &["大家好", "开始吧"],
        ),
        (
            "WEBVTT 周会\n00:01.000 --> 00:03.000\n大家好\n\n00:05.000 --> 00:06.000\n开始吧\n",
            &["大家好", "开始吧"],
        ),
        // Elements and signs of pages, comments and styles.
        (
            "WEBVTT\n\nSTYLE\n::cue(b) {\n  color: red;\n}\n\nNOTE\n多行\n说明\n\n00:01.000 --> 00:03.000\n<c.yellow><b>大家好</b></c> A&amp;B &lt;3<br/>换行\n\nNOTE 完\n\n00:05.000 --> 00:06.000\n<lang zh>开始吧</lang>&nbsp;\n",
            &["大家好 A&B <3 换行", "开始吧 "],
        ),
    ];
    for (text, expected) in cases {
        let minutes = read(text);
        let said: Vec<&str> = minutes.turns.iter().map(|turn| &*turn.text).collect();
        assert_eq!(said, *expected, "{text}");
        let written = minutes
            .written(&all(&minutes), TranscriptFormat::Own)
            .unwrap();
        let again = read(std::str::from_utf8(&written).unwrap());
        assert_eq!(turns(&again), turns(&minutes), "{text}");
    }
    for (text, told) in [
        (
            "1\n00:00:01,000 --> 00:00:03,000\n大家好\n\n2\n00:00:0x,000 --> 00:00:05,000\n开始吧\n",
            "line 6 has an arrow",
        ),
        (
            "WEBVTT\n\n00:01.000 --> 00:03.000\n大家好\n\n1:2:3:4:5 --> 00:05.000\n开始吧\n",
            "line 6 has an arrow",
        ),
    ] {
        assert!(
            fails(text.as_bytes()).contains(told),
            "{}",
            fails(text.as_bytes())
        );
    }
}

#[test]
fn a_long_turn_takes_no_time() {
    let mut text = String::new();
    for turn in 0..3_000 {
        text += &format!("说话人 {} 00:00:01\n好\n\n", turn % 3);
    }
    text += "说话人 1 00:00:01\n";
    text += &"我们接着说下去。\n".repeat(97_000);
    let started = std::time::Instant::now();
    let minutes = read(&text);
    assert_eq!(minutes.turns.len(), 3_001);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn line_ends_of_utf_16_are_written_again() {
    let wide: Vec<u8> = "\u{feff}甲：好\r\n乙：好的\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let minutes = Transcript::sent("f", wide, &Remarks::unheard()).unwrap();
    let written = minutes
        .written(&all(&minutes), TranscriptFormat::Own)
        .unwrap();
    assert_eq!(
        String::from_utf8(written).unwrap(),
        "甲：好\r\n乙：好的\r\n"
    );
}

#[test]
fn nothing_that_is_said_is_no_minutes() {
    for text in [
        "\n \n",
        "说话人 1 00:00:01\n\n说话人 2 00:00:05\n",
        "{\"text\": \" \"}\n",
        "start\tend\ttext\n0\t1\t\n",
    ] {
        assert!(fails(text.as_bytes()).ends_with("has no turns."), "{text}");
    }
}

/// Files that would be read as something else than they are, each with what to do.
#[test]
fn what_is_no_text_of_minutes_is_refused() {
    for (bytes, told) in [
        (
            &b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"[..],
            "old word processor (.doc, .wps)",
        ),
        (b"<html><body><p>a: b</p></body></html>", "is a web page"),
        (
            b"\xef\xbb\xbf[Script Info]\nTitle: x\n",
            "Save them as .srt",
        ),
        (b"{\\rtf1\\ansi x}", "is a document in RTF"),
        (b"ID3\x03\0\0\0", "is a recording"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "is a recording"),
    ] {
        let said = fails(bytes);
        assert!(said.contains(told), "{said}");
    }
}

#[test]
fn objects_of_iflytek_are_read() {
    let minutes = read("[{\"bg\":\"0\",\"ed\":\"2500\",\"onebest\":\"大家好\",\"speaker\":\"1\"}]");
    assert_eq!(turns(&minutes), [(Some("1"), Some("0"), "大家好")]);
}

/// Names stand within the marks of subtitles as well.
#[test]
fn speakers_are_found_behind_marks() {
    let cue = |number: u32, said: &str| {
        format!("{number}\n00:00:0{number},000 --> 00:00:0{number},900\n{said}\n\n")
    };
    for (first, second) in [
        ("<i>张三：下周三上线</i>", "<i>李四：预算还差两万</i>"),
        ("<b>张三：</b>下周三上线", "<b>李四：</b> 预算还差两万"),
        (
            "<font color=\"red\">张三：</font>下周三上线",
            "{\\an8}李四：预算还差两万",
        ),
        ("<i>张三</i>\n下周三上线", "<i>李四</i>\n预算还差两万"),
    ] {
        // A name above what is said is one where it comes again.
        let again = [cue(3, first), cue(4, second)].concat();
        let text = cue(1, first) + &cue(2, second) + &again;
        let minutes = read(&text);
        let found: Vec<_> = turns(&minutes)
            .into_iter()
            .map(|(who, _, said)| (who, said))
            .collect();
        let expected = [(Some("张三"), "下周三上线"), (Some("李四"), "预算还差两万")];
        assert_eq!(found[..2], expected, "{text}");
        let written = minutes
            .written(&all(&minutes), TranscriptFormat::Own)
            .unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), text);
    }
}

#[test]
fn what_is_kept_is_written_as_it_was() {
    for text in [
        "\u{feff}1\n00:00:01,000 --> 00:00:02,000\n张三：好\n\n2\n00:00:03,000 --> 00:00:04,000\n\n3\n00:00:05,000 --> 00:00:06,000\n李四：好的\n\n",
        "\u{feff}张三 00:01\n大家好\n\n李四 00:05\n开始吧\n\n",
        "\u{feff}speaker,text\n张三,大家好\n李四,开始吧\n",
    ] {
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            let minutes = read(&text);
            let written = minutes
                .written(&all(&minutes), TranscriptFormat::Own)
                .unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), text);
        }
    }
}

#[test]
fn clocks_of_twelve_hours_are_times() {
    for [first, second] in [
        ["10:59:01 AM", "1:00:05 PM"],
        ["10:59 a.m.", "1:00 p.m."],
        ["10:59:01AM", "1:00:05PM"],
    ] {
        let text = format!("Ann Li {first}\n大家好\n\nBob Wu {second}\n开始吧\n\n");
        let minutes = read(&text);
        let expected = [
            (Some("Ann Li"), Some(first), "大家好"),
            (Some("Bob Wu"), Some(second), "开始吧"),
        ];
        assert_eq!(turns(&minutes), expected, "{text}");
        for format in [TranscriptFormat::Own, TranscriptFormat::Markdown] {
            let written = minutes.written(&all(&minutes), format).unwrap();
            let written = String::from_utf8(written).unwrap();
            assert_eq!(turns(&read(&written)), expected, "{written}");
        }
    }
}

#[test]
fn numbers_of_points_are_written_again() {
    for text in [
        "1. 下周三上线\n2. 预算还差两万\n3. 同意\n",
        "（1）张伟：下周三上线\n（2）王芳：同意\n（3）李强：同意\n",
    ] {
        let minutes = read(text);
        let written = minutes
            .written(&all(&minutes), TranscriptFormat::Own)
            .unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), text);
        let document = Transcript::sent("f", of_paragraphs(text), &Remarks::unheard()).unwrap();
        assert_eq!(turns(&document), turns(&minutes));
    }
}
