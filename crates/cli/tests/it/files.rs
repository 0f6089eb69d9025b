//! Files as people have them: their encodings, line ends, headers, labels and broken rows.

use std::fs;
use std::path::PathBuf;

use crate::support::{Run, command};
use serde_json::Value;

/// A folder with files.
pub struct Files(tempfile::TempDir);

impl Files {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The command in this folder.
    pub fn yuyi(&self, arguments: &[&str]) -> Run {
        let mut command = command();
        command.current_dir(self.0.path());
        command.args(arguments).output().unwrap().into()
    }

    /// Writes a file and scores its pairs, as JSON.
    pub fn pairs(&self, name: &str, content: impl AsRef<[u8]>) -> Vec<[String; 2]> {
        fs::write(self.path(name), content).unwrap();
        let run = self.yuyi(&["sim", "--json", "--pairs", name]);
        assert_eq!(run.code, 0, "{run:?}");
        let lines = run
            .out
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines
            .map(|pair| {
                ["sentence_a", "sentence_b"].map(|side| pair[side].as_str().unwrap().to_owned())
            })
            .collect()
    }
}

pub const PAIR: [&str; 2] = ["今天天气不错", "今天天气很好"];

#[test]
fn headers_in_other_words_are_known() {
    let files = Files::new();
    let (a, b) = (PAIR[0], PAIR[1]);
    for (name, text) in [
        ("句子.csv", format!("句子1,句子2\n{a},{b}\n")),
        (
            "文本.tsv",
            format!("序号\t文本1\t文本2\t标签\n1\t{a}\t{b}\t1\n"),
        ),
        ("faq.csv", format!("问题,答案\n{a},{b}\n")),
        (
            "lcqmc.tsv",
            format!("question1\tquestion2\tlabel\n{a}\t{b}\t1\n"),
        ),
        ("s.csv", format!("id,s2,s1,score\n7,{b},{a},0.5\n")),
        ("query.csv", format!("doc,query\n{b},{a}\n")),
        ("fastgpt.csv", format!("q,a\n{a},{b}\n")),
        ("logs.csv", format!("用户问题,标准问\n{a},{b}\n")),
        (
            "titled.csv",
            format!("相似度测试集,,\n句子一,句子二,相似度(0-5)\n{a},{b},4\n"),
        ),
        (
            "sts.jsonl",
            format!("{{\"sentence1\":\"{a}\",\"sentence2\":\"{b}\",\"label\":1}}\n"),
        ),
        (
            "list.json",
            format!("[\n{{\"text1\":\"{a}\",\n\"text2\":\"{b}\"}}\n]\n"),
        ),
        ("lines.json", format!("{{\"s1\":\"{a}\",\"s2\":\"{b}\"}}\n")),
        ("mac.tsv", format!("sentence_a\tsentence_b\r{a}\t{b}\r")),
        ("blank.csv", format!("\n{a},{b}\n,,\n\n")),
    ] {
        assert_eq!(files.pairs(name, text), [PAIR], "{name}");
    }
}

#[test]
fn encodings_are_read_and_told() {
    let files = Files::new();
    let text = format!("句子1\t句子2\r\n{}\t{}\r\n", PAIR[0], PAIR[1]);
    let gb = encoding_rs::GB18030.encode(&text).0;
    assert_eq!(files.pairs("gb.tsv", &gb), [PAIR]);
    let run = files.yuyi(&["sim", "--pairs", "gb.tsv"]);
    assert!(run.err.contains("gb.tsv is read as GB18030."), "{run:?}");
    let wide: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(files.pairs("wide.txt.tsv", wide), [PAIR]);
}

#[test]
fn columns_are_chosen_by_name_or_number() {
    let files = Files::new();
    let text = format!("原稿,甲稿,乙稿\n7,{},{}\n8,a,b\n", PAIR[0], PAIR[1]);
    fs::write(files.path("x.csv"), text).unwrap();
    for columns in ["甲稿,乙稿", "2,3"] {
        let run = files.yuyi(&["sim", "--pairs", "x.csv", "--columns", columns]);
        assert_eq!(run.out.lines().count(), 3, "{run:?}");
        assert!(
            run.out.starts_with(
                "sentence_a,sentence_b,similarity,cosine,原稿\n今天天气不错,今天天气很好,0."
            ),
            "{run:?}"
        );
    }
    let unknown = files.yuyi(&["sim", "--pairs", "x.csv", "--columns", "甲,乙"]);
    assert!(
        unknown.code == 1 && unknown.err.contains("--columns asks for 甲, 乙"),
        "{unknown:?}"
    );
    let unsaid = files.yuyi(&["sim", "--pairs", "x.csv"]);
    assert!(
        unsaid.code == 1
            && unsaid
                .err
                .contains("names the columns 原稿, 甲稿, 乙稿, but not")
            && unsaid.err.contains("--no-header"),
        "{unsaid:?}"
    );
    let few = files.yuyi(&["sim", "--pairs", "x.csv", "--columns", "1"]);
    assert_eq!(few.code, 2, "{few:?}");
    let data = files.yuyi(&["sim", "--pairs", "x.csv", "--columns", "2,3", "--no-header"]);
    assert_eq!(data.out.lines().count(), 4, "{data:?}");
}

#[test]
fn arrays_in_objects_and_semicolons_are_read() {
    let files = Files::new();
    let [a, b] = PAIR;
    let row = format!(r#"{{"sentence_a": "{a}", "sentence_b": "{b}"}}"#);
    for json in [
        format!("{{\"data\": [{row}]}}"),
        format!("{{\"code\": 0, \"result\": {{\"pairs\": [\n{row}\n], \"total\": 1}}}}"),
        format!("{{\"items\": [[\"{a}\", \"{b}\"]]}}"),
    ] {
        assert_eq!(files.pairs("x.json", json), [PAIR]);
    }
    let wrong = format!("{{\"data\": [\n{row},\n{{\"sentence_a\": 1}}]}}");
    fs::write(files.path("wrong.json"), wrong).unwrap();
    let run = files.yuyi(&["sim", "--strict", "--pairs", "wrong.json"]);
    assert!(
        run.code == 1 && run.err.contains("line 3: sentence_a is not text"),
        "{run:?}"
    );
    let two = format!("{{\"train\": [{row}], \"test\": [{row}]}}");
    fs::write(files.path("two.json"), two).unwrap();
    let run = files.yuyi(&["sim", "--pairs", "two.json"]);
    assert!(
        run.code == 1 && run.err.contains("it holds several lists: "),
        "{run:?}"
    );

    for text in [
        format!("句子1;句子2;分数\n{a};\"{b}\";0,85\n"),
        format!("sep=;\r\nsentence_a;sentence_b\r\n{a};{b}\r\n"),
        format!("{a};{b};0,85\n"),
    ] {
        assert_eq!(files.pairs("x.csv", text), [PAIR]);
    }
    let graded = format!("句子1;句子2;分数\n{a};{b};0,85\n你好;再见;0,1\n");
    fs::write(files.path("graded.csv"), graded).unwrap();
    let run = files.yuyi(&["eval", "graded.csv", "--rounds", "0", "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.err
            .contains("graded.csv is read with semicolons between its columns."),
        "{run:?}"
    );
    let mixed = format!("{a},\"{b};x\",1\n");
    assert_eq!(
        files.pairs("x.csv", mixed),
        [[a.to_owned(), format!("{b};x")]]
    );
}

#[test]
fn columns_of_a_faq_are_chosen_too() {
    let files = Files::new();
    let faq = "x1,怎么退货,七天内\nx2,怎么开发票,在订单页\n";
    let asked = "x2,我要发票\nx1,能退货吗\n";
    let run = |more: &[&str]| {
        let search = [
            "eval",
            "--faq",
            "faq.csv",
            "--questions",
            "asked.csv",
            "--rounds",
            "0",
            "--json",
        ];
        files.yuyi(&[&search, more].concat())
    };
    for (header, faq_columns, questions) in [
        (["甲,乙,丙\n", "甲,乙\n"], "乙,丙,甲", "乙,甲"),
        (["", ""], "2,,1", "2,1"),
    ] {
        fs::write(files.path("faq.csv"), format!("{}{faq}", header[0])).unwrap();
        fs::write(files.path("asked.csv"), format!("{}{asked}", header[1])).unwrap();
        let found = run(&[
            "--faq-columns",
            faq_columns,
            "--questions-columns",
            questions,
        ]);
        assert_eq!(found.code, 0, "{found:?}");
        let report: Value = serde_json::from_str(&found.out).unwrap();
        let retrieval = &report["retrieval"];
        assert_eq!(
            (&retrieval["entries"], &retrieval["answerable"]),
            (&2.into(), &2.into())
        );
    }
    let few = run(&["--faq-columns", "2,3,1", "--questions-columns", "1,2,3"]);
    assert!(
        few.code == 2 && few.err.contains("--questions-columns names 3 columns"),
        "{few:?}"
    );
    let pairs = run(&["--columns", "1,2"]);
    assert!(
        pairs.code == 2 && pairs.err.contains("Say --faq-columns"),
        "{pairs:?}"
    );
}

#[test]
fn rows_without_a_score_are_marked() {
    let files = Files::new();
    let text = "编号,句子1,句子2\n1,一样,一样\n2,只有,\n3,多,出,来\n4,一样,一样\n";
    fs::write(files.path("x.csv"), text).unwrap();
    let run = files.yuyi(&["sim", "--pairs", "x.csv", "-o", "y.csv"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{run:?}");
    assert!(
        run.err.contains(
            "x.csv: 2 of 4 rows have no score, the first in line 3: column C (句子2): It is empty or blank."
        ),
        "{run:?}"
    );
    let written = fs::read_to_string(files.path("y.csv")).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines[0], "sentence_a,sentence_b,similarity,cosine,编号");
    assert_eq!(
        lines[2],
        "只有,,error: column C (句子2): It is empty or blank.,,2"
    );
    assert!(
        lines[3].contains("error: line 4 has 4 columns, and the header 3")
            && lines[3].ends_with(",3"),
        "{written}"
    );
    assert!(
        lines[4].starts_with("一样,一样,1.000000") && lines[4].ends_with(",4"),
        "{written}"
    );
    let json = files.yuyi(&["sim", "--pairs", "x.csv", "--json"]);
    let second: Value = serde_json::from_str(json.out.lines().nth(1).unwrap()).unwrap();
    assert_eq!(
        (&second["error"], &second["line"], &second["编号"]),
        (
            &"column C (句子2): It is empty or blank.".into(),
            &3.into(),
            &"2".into()
        )
    );
    let strict = files.yuyi(&["sim", "--pairs", "x.csv", "--strict"]);
    assert_eq!(
        (strict.code, strict.out.lines().count()),
        (1, 2),
        "{strict:?}"
    );
    fs::write(files.path("none.csv"), "一,\n二,\n").unwrap();
    let none = files.yuyi(&["sim", "--pairs", "none.csv"]);
    assert_eq!((none.code, none.out.lines().count()), (1, 3), "{none:?}");
}

#[test]
fn a_quote_that_swallows_rows_is_refused() {
    let files = Files::new();
    fs::write(
        files.path("x.csv"),
        "句子1,句子2,label\n一,\"二,1\n三,四,0\n",
    )
    .unwrap();
    let run = files.yuyi(&["eval", "x.csv"]);
    assert!(
        run.code == 1 && run.err.contains("line 2: a quote opens a cell here"),
        "{run:?}"
    );
}

#[test]
fn labels_are_read_as_people_write_them() {
    let files = Files::new();
    for labels in [
        ["相似", "不相似"],
        ["对", "错"],
        ["85%", "10%"],
        ["0,85", "0,1"],
        ["１", "０"],
        ["TRUE", "FALSE"],
    ] {
        let [high, low] = labels;
        let text = format!("文本1\t文本2\t标签\n天气好\t天气不错\t{high}\n天气好\t发票呢\t{low}\n");
        fs::write(files.path("x.tsv"), text).unwrap();
        let run = files.yuyi(&["eval", "x.tsv", "--json", "--rounds", "0"]);
        assert_eq!(run.code, 0, "{labels:?}: {run:?}");
        let reply: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(
            reply["files"][0]["auc"]["value"], 1.0,
            "{labels:?}: {}",
            run.out
        );
    }
    fs::write(files.path("x.tsv"), "a\tb\t85%\nc\td\t4\n").unwrap();
    let mixed = files.yuyi(&["eval", "x.tsv"]);
    assert!(
        mixed
            .err
            .contains("x.tsv:2: labels are either percentages or other numbers"),
        "{mixed:?}"
    );
}

#[test]
fn a_workbook_is_read() {
    let files = Files::new();
    fs::write(files.path("x.xlsx"), include_bytes!("../data/pairs.xlsx")).unwrap();
    let run = files.yuyi(&["sim", "--pairs", "x.xlsx"]);
    assert_eq!(run.code, 0, "{run:?}");
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(
        lines[0],
        "sentence_a,sentence_b,similarity,cosine,序号,相似度"
    );
    assert!(
        lines[1].starts_with("今天天气不错,今天天气很好,0.") && lines[1].ends_with(",1,0.9"),
        "{run:?}"
    );
    assert_eq!(
        lines[2],
        "只有一句,,error: column C (句子2): It is empty or blank.,,2,"
    );
    assert!(run.err.contains("the first in line 4"), "{run:?}");
}

#[test]
fn a_faq_shows_every_missed_question() {
    let files = Files::new();
    fs::write(
        files.path("faq.csv"),
        "问题,答案\n怎么退货,七天内\n怎么开发票,在订单页\n",
    )
    .unwrap();
    fs::write(
        files.path("asked.csv"),
        "用户问题,标准问\n怎么退货,怎么退货\n如何开发票,怎么退货\n",
    )
    .unwrap();
    let arguments = ["eval", "--faq", "faq.csv", "--questions", "asked.csv"];
    let json = files.yuyi(&[&arguments[..], &["--json", "--rounds", "0"]].concat());
    let reply: Value = serde_json::from_str(&json.out).unwrap();
    let missed = &reply["retrieval"]["missed"];
    assert_eq!(missed.as_array().map(Vec::len), Some(1), "{json:?}");
    assert_eq!(
        (
            &missed[0]["question"],
            &missed[0]["found"],
            &missed[0]["rank"]
        ),
        (&"如何开发票".into(), &"怎么开发票".into(), &2.into())
    );
    assert_eq!(missed[0]["expected"], "怎么退货");
    let told = files.yuyi(&arguments);
    assert!(
        told.out.contains("missed: 1")
            && told
                .out
                .contains("asked.csv:3: \"如何开发票\" found \"怎么开发票\""),
        "{told:?}"
    );
}

/// Nobody waits for the answer of a process whose parent was ended.
#[cfg(target_os = "linux")]
#[test]
fn an_ended_comparison_leaves_no_child() {
    use std::time::{Duration, Instant};

    let files = Files::new();
    fs::write(
        files.path("x.tsv"),
        "今天天气好\t今天天气不错\t1\n".repeat(2_000) + "怎么退货\t天气\t0\n",
    )
    .unwrap();
    let mut parent = command();
    parent.current_dir(files.0.path());
    let mut parent = parent.args(["compare", "x.tsv"]).spawn().unwrap();
    let children = format!("/proc/{0}/task/{0}/children", parent.id());
    let started = Instant::now();
    let child: u32 = loop {
        assert!(started.elapsed() < Duration::from_secs(60), "no child");
        let listed = fs::read_to_string(&children).unwrap_or_default();
        match listed.split_whitespace().next() {
            Some(child) => break child.parse().unwrap(),
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    // It looks for its parent as soon as it runs.
    std::thread::sleep(Duration::from_millis(300));
    parent.kill().unwrap();
    parent.wait().unwrap();
    let process = PathBuf::from(format!("/proc/{child}"));
    let is_running = || {
        let state = fs::read_to_string(process.join("stat")).unwrap_or_default();
        process.exists() && !state.contains(") Z ")
    };
    let ended = Instant::now();
    while is_running() {
        assert!(
            ended.elapsed() < Duration::from_secs(5),
            "the child goes on"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
