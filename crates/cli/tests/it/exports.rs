//! Files as other programs export them: what is sure is read and said, and what is not is refused with what to do.

use std::fs;

use encoding_rs::{BIG5, EUC_KR, GB18030};

use crate::files::{Files, PAIR};
use crate::support::Run;

/// What a command says of a file.
fn told(files: &Files, name: &str, content: impl AsRef<[u8]>, more: &[&str]) -> Run {
    fs::write(files.path(name), content).unwrap();
    files.yuyi(&[&["sim", "--pairs", name], more].concat())
}

fn refused(files: &Files, name: &str, content: impl AsRef<[u8]>, more: &[&str], says: &str) {
    let run = told(files, name, content, more);
    assert!(
        run.code > 0 && run.err.contains(says),
        "{name} {more:?}: {run:?}"
    );
    assert!(run.out.is_empty(), "{name} {more:?}: {run:?}");
}

#[test]
fn headers_are_no_pairs() {
    let files = Files::new();
    let (a, b) = (PAIR[0], PAIR[1]);
    for header in [
        "x,y",
        "A,B",
        "hyp,ref",
        "candidate,reference",
        "Original text,Translation",
        "客户问题,标准话术",
        "第一句,第二句",
        "問題,答案",
        "用户输入,标准句",
        "src,tgt",
        "anchor,positive",
        "text_a,text_b",
        "源文本,目标文本",
    ] {
        let text = format!("{header}\n{a},{b}\n");
        assert_eq!(files.pairs("x.csv", text), [PAIR], "{header}");
        let [one, other] = header.split(',').collect::<Vec<_>>()[..] else {
            panic!("{header}");
        };
        let lists = format!(r#"[["{one}", "{other}"], ["{a}", "{b}"]]"#);
        assert_eq!(files.pairs("x.json", &lists), [PAIR], "{header}");
        let split = format!(
            r#"{{"columns": ["{one}", "{other}"], "index": [0], "data": [["{a}", "{b}"]]}}"#
        );
        assert_eq!(files.pairs("split.json", &split), [PAIR], "{header}");
    }
    for header in ["原始提问,机器人回复,是否正确", "premise,hypothesis,label"] {
        let text = format!("{header}\n{a},{b},1\n");
        assert_eq!(files.pairs("x.csv", text), [PAIR], "{header}");
    }
    let rows = format!("{a},{b}\n今天怎么申请退货,能不能申请退货\n如何开具发票,怎么开发票\n");
    for header in [
        "utterance,intent",
        "foo,bar",
        "客户说法,智能理解",
        "甲方,丁方",
        "text,text",
    ] {
        let text = format!("{header}\n{rows}");
        refused(&files, "x.csv", text, &[], "--columns");
    }
    // As knowledge bases have them.
    let sections = "分段标题（选填）,分段内容（必填，问题答案，最长不超过4096个字符）,问题（选填，单元格内一行一个）\n退货,七天内可以退,怎么退货\n";
    refused(&files, "x.csv", sections, &[], "--columns");
    // Data all the same.
    let data = format!("你好,再见\n{a},{b}\n");
    assert_eq!(files.pairs("x.csv", data).len(), 2);
}

#[test]
fn numbers_are_no_texts() {
    let files = Files::new();
    let (a, b) = (PAIR[0], PAIR[1]);
    for text in [
        format!("7\t{a}\t{b}\n8\t{a}\t{b}\n"),
        format!("q-1\t{a}\t{b}\t1\nq-2\t{a}\t{b}\t0\n"),
    ] {
        assert_eq!(files.pairs("x.tsv", &text), [PAIR, PAIR]);
        let run = told(&files, "x.tsv", &text, &[]);
        assert!(
            run.err
                .contains("x.tsv is read with column 2 as sentence_a, column 3 as sentence_b."),
            "{run:?}"
        );
    }
    refused(
        &files,
        "x.tsv",
        "1\t今天\n2\t明天\n",
        &[],
        "column 1 has only numbers",
    );
    let several = format!("1\t{a}\t{b}\t多余\n2\t{a}\t{b}\t多余的\n");
    refused(&files, "x.tsv", several, &[], "column 1 has only numbers");
    assert_eq!(files.pairs("x.tsv", "110\t120\n119\t122\n").len(), 2);
    let rows = format!("[[1, \"{a}\", \"{b}\"], [2, \"{a}\", \"{b}\"]]");
    assert_eq!(files.pairs("x.json", rows), [PAIR, PAIR]);
    fs::write(
        files.path("x.tsv"),
        format!("1\t{a}\t{b}\t1\n2\t{a}\t退货\t0\n"),
    )
    .unwrap();
    let run = files.yuyi(&["eval", "x.tsv", "--rounds", "0"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.contains("column 4 as label"), "{run:?}");
}

#[test]
fn columns_that_are_not_there_are_refused() {
    let files = Files::new();
    let table = "甲稿,乙稿,备注\n今天天气,明天天气,x\n";
    let object = "{\"甲稿\": \"今天\", \"乙稿\": \"明天\"}\n";
    for (columns, says) in [
        ("1,1", "--columns names the column 1 twice"),
        ("甲稿,甲稿", "--columns names the column 甲稿 twice"),
        ("甲稿,1", "--columns names the column 甲稿 twice"),
        ("1,9", "--columns asks for column 9, and the file has 3."),
        ("0,1", "--columns asks for 0, 1"),
        ("甲稿,乙稿 --no-header", "--columns takes their numbers"),
        ("甲稿,丙稿", "--columns asks for 甲稿, 丙稿"),
    ] {
        let more: Vec<&str> = columns.split(' ').collect();
        refused(
            &files,
            "x.csv",
            table,
            &[&["--columns"], &more[..]].concat(),
            says,
        );
    }
    let run = told(&files, "x.jsonl", object, &["--columns", "甲稿,丙稿"]);
    let says = "line 1 has no 丙稿, which --columns asks for; it has 乙稿, 甲稿";
    assert!(run.code == 1 && run.err.contains(says), "{run:?}");
    let lists = "[[1, \"今天\", \"明天\"], [2, \"退货\", \"换货\"]]";
    for (name, text) in [("x.json", lists), ("x.jsonl", "[1, \"今天\", \"明天\"]\n")] {
        let run = told(&files, name, text, &["--columns", "3,2"]);
        assert!(
            run.code == 0 && run.out.contains("\"sentence_a\":\"明天\""),
            "{run:?}"
        );
    }
    refused(
        &files,
        "x.json",
        lists,
        &["--columns", "2,4"],
        "asks for column 4",
    );
}

#[test]
fn a_second_column_of_questions_has_to_be_known() {
    let files = Files::new();
    fs::write(
        files.path("faq.csv"),
        "问题,答案\n怎么退货,七天内\n怎么开发票,在订单页\n",
    )
    .unwrap();
    let search = [
        "eval",
        "--faq",
        "faq.csv",
        "--questions",
        "asked.csv",
        "--rounds",
        "0",
    ];
    fs::write(
        files.path("asked.csv"),
        "question,whatever\n能退吗,怎么退货\n",
    )
    .unwrap();
    let run = files.yuyi(&search);
    assert!(
        run.code == 1
            && run
                .err
                .contains("none of them is known to say which entry answers")
            && run.err.contains("--questions-columns"),
        "{run:?}"
    );
    fs::write(
        files.path("asked.csv"),
        "用户说法问题,对应标准问题\n能退吗,怎么退货\n",
    )
    .unwrap();
    let run = files.yuyi(&search);
    assert_eq!(run.code, 0, "{run:?}");
    // Wordings that go on in columns of their own.
    let faq = "问题,答案,相似问1,相似问2\n怎么退货,七天内,能退吗,退得了吗\n";
    fs::write(files.path("faq.csv"), faq).unwrap();
    fs::write(files.path("asked.csv"), "question,id\n退得了吗,退得了吗\n").unwrap();
    let run = files.yuyi(&search);
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn other_separators_are_found() {
    let files = Files::new();
    let [a, b] = PAIR;
    for text in [
        format!("{a}\t{b}\n{a}\t{b}\n"),
        format!("{a}|{b}\n{a}|{b}\n"),
        format!("|句子1|句子2|\n|---|---|\n|{a}|{b}|\n|{a}|{b}|\n"),
        format!("句子1，句子2\n{a}，{b}\n{a}，{b}\n"),
    ] {
        assert_eq!(files.pairs("x.csv", &text), [PAIR, PAIR], "{text}");
    }
    let run = told(&files, "x.csv", format!("{a}，{b}\n{a}，{b}\n"), &[]);
    assert!(
        run.code == 1 && run.err.contains("； are others"),
        "{run:?}"
    );
}

#[test]
fn files_are_what_they_hold() {
    let files = Files::new();
    let [a, b] = PAIR;
    let run = told(&files, "x.csv", include_bytes!("../data/pairs.xlsx"), &[]);
    assert!(
        run.code == 0 && run.err.contains("x.csv is a workbook"),
        "{run:?}"
    );
    for name in ["x.xlsx", "x.xls"] {
        let text = format!("句子1\t句子2\n{a}\t{b}\n");
        assert_eq!(files.pairs(name, GB18030.encode(&text).0), [PAIR]);
        let run = told(&files, name, &text, &[]);
        assert!(run.err.contains("is no workbook but text"), "{run:?}");
    }
    let page = format!("<html><table><tr><td>{a}</td><td>{b}</td></tr></table></html>");
    refused(
        &files,
        "x.xls",
        page,
        &[],
        "x.xls is a web page with a table",
    );
    refused(
        &files,
        "x.csv",
        b"PAR1\x15\x04",
        &[],
        "x.csv is a Parquet file",
    );
    refused(
        &files,
        "x.xlsx",
        b"PK\x03\x04nothing",
        &[],
        "cannot be read as a workbook: it is none",
    );
}

#[test]
fn hidden_sheets_and_failed_formulas() {
    let files = Files::new();
    let book = include_bytes!("../data/hidden.xlsx");
    let run = told(&files, "x.xlsx", book, &[]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("今天天气不错,今天天气很好,0."), "{run:?}");
    assert!(
        run.out.contains("error: column B (句子2): #N/A stands for"),
        "{run:?}"
    );
    assert!(
        run.err
            .contains("is read from its sheet \"句对\"; 1 more sheet is not read"),
        "{run:?}"
    );
    let run = told(&files, "x.csv", "今天,#REF!\n今天,明天\nNULL,明天\n", &[]);
    assert!(
        run.code == 0 && run.err.contains("2 of 3 rows have no score"),
        "{run:?}"
    );
}

#[test]
fn encodings_that_are_not_sure_are_refused() {
    let files = Files::new();
    let text =
        "問題1,問題2\n今天天氣真的很好,我們去公園散步吧\n如何申請補發信用卡,信用卡遺失要怎麼辦\n";
    let big5 = told(&files, "x.csv", BIG5.encode(text).0, &[]);
    assert!(
        big5.code == 0 && big5.err.contains("x.csv is read as BIG5."),
        "{big5:?}"
    );
    assert!(
        big5.out.contains("今天天氣真的很好,我們去公園散步吧"),
        "{big5:?}"
    );
    let korean = EUC_KR
        .encode("오늘 날씨가 정말 좋네요,환불은 어떻게 하나요\n")
        .0;
    refused(
        &files,
        "x.csv",
        korean,
        &[],
        "it seems to be written in EUC-KR",
    );
    let utf32: Vec<u8> = "\u{feff}a,b\n"
        .chars()
        .flat_map(|c| u32::from(c).to_le_bytes())
        .collect();
    refused(&files, "x.csv", utf32, &[], "iconv -f UTF-32 -t UTF-8");
    let wide: Vec<u8> = "一个\t退货\n退\t一\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let run = told(&files, "x.tsv", wide, &[]);
    assert!(
        run.code == 0 && run.out.contains("一个\t退货\t0."),
        "{run:?}"
    );
}

#[test]
fn files_without_rows_fail() {
    let files = Files::new();
    for text in ["", "句子1,句子2\n", "\n\n"] {
        refused(
            &files,
            "x.csv",
            text,
            &["-o", "y.csv"],
            "x.csv has no pairs.",
        );
        assert!(!files.path("y.csv").exists());
    }
}

#[test]
fn scores_have_the_format_of_their_name() {
    let files = Files::new();
    for name in ["x.npy", "x.json", "x.xlsx", "x.parquet", "x.html"] {
        let run = told(&files, "p.tsv", "今天\t明天\n", &["-o", name]);
        assert!(run.code == 2 && run.err.contains("name"), "{name}: {run:?}");
        assert!(!files.path(name).exists());
    }
    let run = told(&files, "p.tsv", "今天\t明天\n", &["-o", "x.csv", "--json"]);
    assert!(run.code == 2 && run.err.contains(".jsonl"), "{run:?}");
    for (name, begin) in [
        ("x.jsonl", "{\"sentence_a\""),
        ("x.csv", "sentence_a,"),
        ("x", "sentence_a\t"),
    ] {
        let run = told(&files, "p.tsv", "今天\t明天\n", &["-o", name]);
        assert_eq!(run.code, 0, "{run:?}");
        let written = fs::read_to_string(files.path(name)).unwrap();
        assert!(written.starts_with(begin), "{name}: {written}");
    }
}

/// `DataFrame.to_json` in each of its forms.
#[test]
fn what_pandas_writes_is_read_or_refused_with_the_form_to_write() {
    let files = Files::new();
    let by_column = r#"{"sentence_a":{"0":"今天天气不错","1":"好"},"sentence_b":{"0":"今天天气很好","1":"坏"}}"#;
    let by_number = r#"{"0":{"sentence_a":"今天天气不错","sentence_b":"今天天气很好"},"1":{"sentence_a":"好","sentence_b":"坏"}}"#;
    for text in [by_column, by_number] {
        for name in ["x.json", "x.jsonl"] {
            let run = told(&files, name, text, &["--strict"]);
            assert_eq!((run.code, run.out.as_str()), (1, ""), "{run:?}");
            assert!(run.err.contains("orient=\"records\""), "{run:?}");
        }
    }
    let split = r#"{"columns":["sentence_a","sentence_b"],"index":[0],"data":[["今天天气不错","今天天气很好"]]}"#;
    let table = r#"{"schema":{"fields":[{"name":"index","type":"integer"}],"primaryKey":["index"]},"data":[{"index":0,"sentence_a":"今天天气不错","sentence_b":"今天天气很好"}]}"#;
    for text in [split, table] {
        assert_eq!(
            files.pairs("x.json", text),
            [PAIR.map(str::to_owned)],
            "{text}"
        );
    }
    let texts = r#"{"text":{"0":"一","1":"二"}}"#;
    fs::write(files.path("t.json"), texts).unwrap();
    let run = files.yuyi(&["embed", "t.json", "-o", "-"]);
    assert!(
        run.code == 1 && run.err.contains("orient=\"records\""),
        "{run:?}"
    );
}

/// 2 is a contradiction, not the most alike.
#[test]
fn classes_of_inference_are_no_grades() {
    let files = Files::new();
    let rows = [
        "他在跑步\t他在运动",
        "他在跑步\t他在公园",
        "他在跑步\t他在睡觉",
    ];
    let labelled = |header: &str, labels: [&str; 3]| {
        let rows = rows
            .iter()
            .zip(labels)
            .map(|(row, label)| format!("{row}\t{label}\n"));
        format!("{header}\n{}", rows.collect::<String>())
    };
    let headers = [
        "premise\thypothesis\tlabel",
        "sentence1\tsentence2\tgold_label",
    ];
    let labels = [
        ["0", "1", "2"],
        ["entailment", "neutral", "contradiction"],
        ["蕴含", "中立", "矛盾"],
    ];
    for header in headers {
        for labels in labels {
            fs::write(files.path("x.tsv"), labelled(header, labels)).unwrap();
            for command in ["eval", "calibrate"] {
                let run = files.yuyi(&[command, "x.tsv"]);
                assert_eq!((run.code, run.out.as_str()), (1, ""), "{run:?}");
                assert!(
                    run.err.contains("Write 1 for") || run.err.contains("write 1 for"),
                    "{run:?}"
                );
            }
        }
    }
    let run = files.yuyi(&["eval", "x.tsv", "--scale", "0..2"]);
    assert_eq!(run.code, 1, "words are no numbers: {run:?}");
    fs::write(files.path("x.tsv"), labelled(headers[0], ["0", "1", "2"])).unwrap();
    let run = files.yuyi(&["eval", "x.tsv", "--scale", "0..2"]);
    assert_eq!(run.code, 0, "{run:?}");
}

/// As data for training have them: a cell of several texts would be scored as one, brackets and all.
#[test]
fn lists_in_cells_are_no_texts() {
    let files = Files::new();
    for list in [r#""[""退货流程"", ""怎么退""]""#, "['退货流程']"] {
        let text = format!("query,pos,neg\n怎么退货,{list},天气\n怎么退,退货流程,天气\n");
        let run = told(&files, "x.csv", text, &[]);
        assert_eq!(run.code, 0, "{run:?}");
        let said = "1 of 2 rows have no score, the first in line 2: column B (pos): This is a list of texts";
        assert!(run.err.contains(said), "{run:?}");
    }
    for text in ["[图片] 你好", "[1]", "['", "[\"a\"] b"] {
        let pair = files.pairs("x.tsv", format!("{text}\t你好\n"));
        assert_eq!(pair[0][0], text);
    }
}
