//! Files that could be read in a wrong way whose numbers look right: they are read in the right one, or refused by line, in both languages.

use std::fs;

use crate::files::{Files, PAIR};
use crate::support::Run;

/// More pairs, so that rows below a header tell.
const ROWS: &str =
    "怎么申请退货,如何退款退货\n发票怎么开,是否支持开具发票\n几天能到货,下单后多久能收到\n";

fn sim(files: &Files, name: &str, text: &str, more: &[&str]) -> Run {
    fs::write(files.path(name), text).unwrap();
    files.yuyi(&[&["sim", "--json", "--pairs", name], more].concat())
}

/// The command fails, and says this in English and in Chinese.
fn refused(files: &Files, arguments: &[&str], english: &str, chinese: &str) {
    for (language, says) in [("en", english), ("zh", chinese)] {
        let run = files.yuyi(&[arguments, &["--lang", language]].concat());
        assert!(run.code > 0, "{arguments:?}: {run:?}");
        assert!(run.err.contains(says), "{arguments:?}: {run:?}");
    }
}

fn refused_pairs(files: &Files, name: &str, text: &str, english: &str, chinese: &str) {
    fs::write(files.path(name), text).unwrap();
    refused(files, &["sim", "--pairs", name], english, chinese);
}

#[test]
fn nothing_in_json_is_lost() {
    let files = Files::new();
    let row = format!(r#"{{"q1":"{}","q2":"{}"}}"#, PAIR[0], PAIR[1]);
    for text in [
        format!("[{row}]\n[{row}]"),
        format!("[{row}]\n{row}"),
        format!("{row}\n[{row}]"),
    ] {
        assert_eq!(files.pairs("x.json", text), [PAIR, PAIR]);
    }
    refused_pairs(
        &files,
        "x.json",
        &format!("[{row}]\n]]]"),
        "the value in line 2 is not JSON",
        "第 2 行的值不是 JSON",
    );
    let lists = format!(r#"{{"train":[{row}],"data":[{row},{row}]}}"#);
    assert_eq!(files.pairs("x.json", &lists).len(), 2);
    let run = sim(&files, "x.json", &lists, &["--lang", "zh"]);
    assert!(
        run.err.contains("读取其中的列表 data，不读 train。"),
        "{run:?}"
    );
}

#[test]
fn keys_are_told_and_more_texts_than_two_refused() {
    let files = Files::new();
    let line = format!(r#"{{"question":"{}","answer":"{}"}}"#, PAIR[0], PAIR[1]);
    let run = sim(&files, "x.jsonl", &line, &[]);
    let said = "x.jsonl is read with question as sentence_a, answer as sentence_b.";
    assert!(run.code == 0 && run.err.contains(said), "{run:?}");
    let alpaca = r#"{"instruction":"判断是否相似","input":"怎么退货","output":"如何退款"}"#;
    refused_pairs(
        &files,
        "x.jsonl",
        alpaca,
        "line 1 names the texts ",
        "看不出要比较哪两个；请用 --columns 指明",
    );
    let run = sim(&files, "x.jsonl", alpaca, &["--columns", "input,output"]);
    assert!(run.code == 0 && run.out.contains("怎么退货"), "{run:?}");
    let csv = format!(
        "标准问,相似问,答案,标签\n{},{},七天内,1\n",
        PAIR[0], PAIR[1]
    );
    assert_eq!(files.pairs("x.csv", csv), [PAIR]);
    let csv = format!("q,a,indexes\n{ROWS}");
    refused_pairs(
        &files,
        "x.csv",
        &csv,
        "line 1 names the texts q, a, indexes",
        "第 1 行有多个文本 q、a、indexes",
    );
    let chat = r#"{"messages":[{"role":"user","content":"你好"}]}"#;
    refused_pairs(
        &files,
        "x.jsonl",
        chat,
        "x.jsonl: 1 of 1 rows have no score, the first: line 1: messages is a chat of several messages",
        "第 1 行：messages 是多条消息组成的对话，不是文本",
    );
}

#[test]
fn quotes_behind_blanks_are_quotes() {
    let files = Files::new();
    let (a, b) = (PAIR[0], PAIR[1]);
    for text in [
        format!("\"{a}\", \"{b}\", 1\n"),
        format!("=\"{a}\",\"=\"\"{b}\"\"\",1\n"),
        format!("句子1, \"句子2\"\n{a},\t\"{b}\"\n"),
    ] {
        assert_eq!(files.pairs("x.csv", text), [PAIR]);
    }
    assert_eq!(files.pairs("x.tsv", format!("=\"{a}\"\t{b}\n")), [PAIR]);
}

#[test]
fn a_return_in_a_cell_ends_no_row() {
    let files = Files::new();
    let (a, b) = (PAIR[0], PAIR[1]);
    for end in ["\n", "\r\n"] {
        let text = format!("句子1\t句子2{end}{a}\r{a}\t{b}{end}");
        let pair = [format!("{a}\r{a}"), b.to_owned()];
        assert_eq!(files.pairs("x.tsv", &text), std::slice::from_ref(&pair));
        assert_eq!(files.pairs("x.csv", text.replace('\t', ",")), [pair]);
    }
    // Files that were put together.
    let mixed = format!("句子1\t句子2\r\n{a}\t{b}\r{a}\t{b}\n");
    assert_eq!(files.pairs("x.tsv", mixed), [PAIR, PAIR]);
}

#[test]
fn what_looks_like_a_header_is_no_pair() {
    let files = Files::new();
    for header in [
        "0,1",
        "Original customer utterance,Paraphrase by annotator",
        "What did the user ask?,What is the FAQ?",
        "用户是怎么问的？,标准问题是什么？",
    ] {
        let text = format!("{header}\n{ROWS}");
        refused_pairs(&files, "x.csv", &text, "--columns", "--no-header");
        let run = sim(&files, "x.csv", &text, &["--columns", "1,2"]);
        assert!(run.code == 0 && run.out.lines().count() == 3, "{run:?}");
        let run = sim(&files, "x.csv", &text, &["--no-header"]);
        assert!(run.code == 0 && run.out.lines().count() == 4, "{run:?}");
    }
    let texts = "怎么申请退货退款\n发票应该怎么开\n今天的天气真不错\n几天能到货\n";
    for header in ["0", "name", "col1", "备注"] {
        fs::write(files.path("t.csv"), format!("{header}\n{texts}")).unwrap();
        let command = ["embed", "t.csv", "-o", "-"];
        refused(
            &files,
            &command,
            "line 1 names the columns",
            "第 1 行的列名是",
        );
    }
    for header in ["review", "客户原声"] {
        fs::write(files.path("t.csv"), format!("{header}\n{texts}")).unwrap();
        let run = files.yuyi(&["embed", "t.csv", "-o", "-"]);
        let said = format!("t.csv is read with {header} as text.");
        assert!(
            run.out.lines().count() == 4 && run.err.contains(&said),
            "{run:?}"
        );
    }
}

#[test]
fn titles_and_repeated_headers_are_no_pairs() {
    let files = Files::new();
    let (a, b) = (PAIR[0], PAIR[1]);
    for title in [
        "标注表\n部门：客服\n",
        "# 标注, 第三版, 张三\n# 2024\n",
        "导出时间,2024-03-05,\n",
        "标注表,,\n,,\n制表人：张三,日期：3月5日,\n",
    ] {
        let text = format!("{title}句子1,句子2,标签\n{a},{b},1\n");
        assert_eq!(files.pairs("x.csv", &text), [PAIR], "{title}");
        let run = sim(
            &files,
            "x.csv",
            &text,
            &["--columns", "1,2", "--lang", "zh"],
        );
        assert!(run.out.lines().count() == 1, "{run:?}");
        assert!(run.err.contains("行表头以上的内容不读。"), "{run:?}");
    }
    let twice = format!("句子1,句子2,标签\n{a},{b},1\n\u{feff}句子1,句子2,标签\n{a},{b},1\n");
    assert_eq!(files.pairs("x.csv", &twice), [PAIR, PAIR]);
    let run = sim(&files, "x.csv", &twice, &[]);
    let said = "x.csv: line 3 is the header once more, and is not read.";
    assert!(run.err.contains(said), "{run:?}");
    refused_pairs(
        &files,
        "x.csv",
        &format!("{a},{b},1\n句子1,句子2,标签\n{a},{b},1\n"),
        "line 2 is a header, and line 1 above it seems to be a row of data",
        "第 2 行是表头，而它上面的第 1 行像是数据",
    );
}

#[test]
fn labels_are_sure_or_refused() {
    let files = Files::new();
    let (a, b) = (PAIR[0], PAIR[1]);
    let eval = ["eval", "x.tsv", "--rounds", "0"];
    let written = |header: &str, labels: [&str; 2]| {
        let rows = labels.map(|label| format!("{a}\t{b}\t{label}\n"));
        fs::write(files.path("x.tsv"), format!("{header}\n{}", rows.concat())).unwrap();
    };
    let header = "句子1\t句子2\t标签";
    for labels in [
        ["對", "錯"],
        ["正例", "負例"],
        ["有", "無"],
        ["'1", "'0"],
        ["1（相似）", "0（不相似）"],
        ["90分", "10分"],
    ] {
        written(header, labels);
        let run = files.yuyi(&eval);
        assert!(run.code == 0, "{labels:?}: {run:?}");
    }
    written(header, ["500", "1,000"]);
    refused(
        &files,
        &eval,
        "x.tsv:3: the label \"1,000\" may be",
        "标注 \"1,000\" 可能是一千以上的数",
    );
    written("premise\thypothesis\tlabel", ["0", "1"]);
    refused(&files, &eval, "say --scale 0..1", "请加 --scale 0..1");
    let run = files.yuyi(&[&eval[..], &["--scale", "0..1"]].concat());
    assert!(run.code == 0, "{run:?}");
    written("sentence1\tsentence2\tscore\tgold", ["0.5\t1", "0.5\t0"]);
    refused(
        &files,
        &eval,
        "line 1 names score, gold",
        "第 1 行有 score、gold，看不出哪个是标注",
    );
    fs::write(
        files.path("x.tsv"),
        format!("{header}\n{a}\t{b}\t1\n合计\t共8条\t5\n"),
    )
    .unwrap();
    refused(
        &files,
        &eval,
        "x.tsv:3: this seems to be a row of totals (合计)",
        "这一行像是合计（合计）",
    );
}

#[test]
fn rows_with_another_separator_than_the_header_are_refused() {
    let files = Files::new();
    let text = "句子1,句子2,标签\n怎么退货\t如何退款\t0,1\n发票怎么开\t怎么开票\t0,9\n";
    refused_pairs(
        &files,
        "x.csv",
        text,
        "line 2 has tabs between its columns, and the header has none",
        "第 2 行的列之间是制表符，而表头不是",
    );
    // A tab in a text is none between columns.
    let text = format!("句子1,句子2\n\"{}\t\",{}\n", PAIR[0], PAIR[1]);
    let pair = [format!("{}\t", PAIR[0]), PAIR[1].to_owned()];
    assert_eq!(files.pairs("x.csv", text), [pair]);
}

#[test]
fn small_files_in_gb18030_and_halves_of_characters() {
    let files = Files::new();
    let gb = encoding_rs::GB18030.encode("好\t坏\n").0;
    assert_eq!(files.pairs("x.tsv", gb), [["好", "坏"]]);
    let half = r#"{"q1":"今天\ud83d","q2":"明天"}"#;
    assert_eq!(files.pairs("x.jsonl", half), [["今天\u{fffd}", "明天"]]);
    let run = sim(&files, "x.jsonl", half, &["--lang", "zh"]);
    assert!(run.err.contains("第 1 行有半个字符"), "{run:?}");
}
