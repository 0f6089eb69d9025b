//! `yuyi faq test`, `tune` and `check`: what labelled questions come to, limits for a wished precision, entries that get in each other's way.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Run, yuyi, yuyi_with_input};

/// A folder with files in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {} {}", run.out, run.err))
}

/// Entries, and an example of what is not answered.
const FAQ: &str = "编号,标准问,相似问,答案,是否启用,拒答\n\
    fp,是否支持开具发票？,怎么开票,在订单页申请,,\n\
    th,怎么退货,14天内能退货吗,七天内,,\n\
    zx,怎么注销账号,,在设置里,,\n\
    gj,可以寄到国外吗,,可以,否,\n\
    xh,讲个笑话,说个段子,,,是\n";

/// With names of columns and of nothing in Chinese, and titles above.
const QUESTIONS: &str = "用户问题,期望编号,备注\n\
    你们的产品能开发票吗？,fp,\n\
    退货怎么办理,怎么退货,\n\
    15天内能退货吗,th,\n\
    给我讲个笑话吧,无,\n\
    今天天气真不错,,\n\
    能寄到国外吗,gj,\n\
    怎么开票,拒答,\n\
    怎么开票,fp,\n";

#[test]
fn questions_come_to_one_of_five() {
    let folder = Folder::new();
    let (faq, questions) = (folder.file("faq.csv", FAQ), folder.file("q.csv", QUESTIONS));
    let run = yuyi(&["faq", "test", &faq, &questions, "--json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let told = json(&run);
    let rows = told["rows"].as_array().unwrap();
    let verdicts: Vec<(u64, &str, &str)> = rows
        .iter()
        .map(|row| {
            let reason = row["reason"].as_str().unwrap_or("");
            let verdict = row["verdict"].as_str().unwrap();
            (row["line"].as_u64().unwrap(), verdict, reason)
        })
        .collect();
    assert_eq!(
        verdicts,
        [
            (2, "correct", ""),
            (3, "correct", ""),
            (4, "missed", "guarded"),
            (5, "refused", "rejected"),
            (6, "refused", "below_threshold"),
            (7, "missed", "below_threshold"),
            (8, "falsely_answered", ""),
            (9, "correct", ""),
        ]
    );
    assert_eq!(told["totals"]["correct"], 3);
    assert_eq!(told["missed"]["guarded"], 1);
    assert_eq!(told["refused"]["rejected"], 1);
    assert_eq!(told["precision"]["value"], 0.75);
    assert_eq!(told["curve"].as_array().unwrap().len(), 101);
    assert_eq!(rows[2]["contradictions"][0]["kind"], "number");
    assert_eq!(rows[2]["rank"], 1);
    assert_eq!(told["confusions"][0]["expected"], Value::Null);
    for said in [
        "word for word: 2 (lines 8, 9)",
        "one question has several labels (lines 8, 9)",
        "switched off, or not valid now: 1",
    ] {
        assert!(run.err.contains(said), "{said}: {}", run.err);
    }
    let run = yuyi(&[
        "faq", "test", &faq, &questions, "--goal", "0.9", "--lang", "zh",
    ]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(
        run.err.contains("回答的正确率是 75.0%，低于想要的 90.0%"),
        "{}",
        run.err
    );
    assert!(
        run.out.contains("误答 1") && run.out.contains("命中拒答示例 1"),
        "{}",
        run.out
    );
}

#[test]
fn a_test_is_written_as_report_and_workbook() {
    let folder = Folder::new();
    let (faq, questions) = (folder.file("faq.csv", FAQ), folder.file("q.csv", QUESTIONS));
    let (report, book) = (folder.path("r.html"), folder.path("r.xlsx"));
    let run = yuyi(&[
        "faq", "test", &faq, &questions, "--report", &report, "--xlsx", &book,
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let html = fs::read_to_string(&report).unwrap();
    for told in ["FAQ", "15天内能退货吗", "<svg", "怎么开票"] {
        assert!(html.contains(told), "{told}");
    }
    // What it writes is a workbook that is read: its questions, asked again.
    let bytes = fs::read(&book).unwrap();
    assert_eq!(&bytes[..2], b"PK");
    for (flag, name, said) in [
        ("--xlsx", "r.csv", "name it .xlsx"),
        ("--xlsx", "r.html", "name it .xlsx"),
        ("--report", "q.csv", "is to be read"),
    ] {
        let run = yuyi(&["faq", "test", &faq, &questions, flag, &folder.path(name)]);
        assert!(run.code == 2 && run.err.contains(said), "{}", run.err);
    }
    assert_eq!(fs::read_to_string(questions).unwrap(), QUESTIONS);
}

#[test]
fn labels_that_name_nothing_are_told() {
    let folder = Folder::new();
    let faq = folder.file("faq.csv", FAQ);
    let test = |text: &str| {
        let run = yuyi_with_input(&["faq", "test", &faq, "-", "--format", "csv"], text);
        (run.code, run.err)
    };
    let (code, err) = test("question,id\n退货,th\n开票,gone\n寄到国外,also\n");
    assert_eq!(code, 1);
    let said = "-:3: \"gone\" is neither an id nor a question";
    assert!(
        err.contains(&said[2..]) && err.contains("1 further line"),
        "{err}"
    );
    let (code, err) = test("question,id\n退货,\n开票,\n");
    assert!(
        code == 1 && err.contains("no question names the entry"),
        "{err}"
    );
    let (code, err) = test("question,id\n,th\n");
    assert!(
        code == 1 && err.contains(":2: column A (question): It is empty"),
        "{err}"
    );
    // All of one label, which is none.
    let (code, err) = test("question,id\n今天天气真不错,none\n");
    assert_eq!(code, 0, "{err}");
    let run = yuyi(&["faq", "test", "-", "-"]);
    assert!(
        run.code == 2 && run.err.contains("Standard input"),
        "{}",
        run.err
    );
}

fn development() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.join("models/builtin/development")
}

/// The FAQs of the development data as one, without every fifth entry, and a question to each entry, of which a third has no answer: those of the entries
/// that are left out, and as many of those that are far from all.
fn a_third_without_answer() -> (String, Vec<String>) {
    let (mut entries, mut questions) = (String::from("id\tquestion\twordings\n"), Vec::new());
    let mut files: Vec<PathBuf> = fs::read_dir(development().join("faq"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for (file, path) in files.iter().enumerate() {
        for (row, line) in fs::read_to_string(path).unwrap().lines().enumerate() {
            let cells: Vec<&str> = line.split('\t').collect();
            let id = format!("{file}-{row}");
            let is_there = row % 5 != 0;
            if is_there {
                entries += &format!("{id}\t{}\t{}\n", cells[0], cells[1]);
            }
            let label = if is_there { &id } else { "none" };
            // The last one is a whole sentence.
            let asked = cells[3].split('|').next_back().unwrap();
            questions.push(format!("{asked}\t{label}\n"));
        }
    }
    let unanswered = fs::read_to_string(development().join("unanswered.tsv")).unwrap();
    let far = unanswered
        .lines()
        .filter_map(|line| line.strip_prefix("far\t"));
    questions.extend(far.take(80).map(|question| format!("{question}\tnone\n")));
    let without = questions.iter().filter(|line| line.ends_with("\tnone\n"));
    assert_eq!(3 * without.count(), questions.len());
    (entries, questions)
}

/// The proof of tuning: what is fitted on one half holds on the other.
#[test]
fn tuned_limits_hold_on_questions_that_were_not_seen() {
    let folder = Folder::new();
    let (entries, questions) = a_third_without_answer();
    let faq = folder.file("faq.tsv", &entries);
    let half = |odd: usize| {
        let lines = questions.iter().skip(odd).step_by(2);
        format!("question\tid\n{}", lines.cloned().collect::<String>())
    };
    let (fitted, held) = (
        folder.file("a.tsv", &half(0)),
        folder.file("b.tsv", &half(1)),
    );
    let settings = folder.path("settings.json");
    let goal = 0.9;
    let run = yuyi(&[
        "faq", "tune", &faq, &fitted, "--goal", "0.9", "-o", &settings, "--json",
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let tuned = json(&run);
    assert_eq!(tuned["choice"]["is_sure"], true, "{tuned}");
    assert_eq!(tuned["calibrated"], true);
    let written: Value = serde_json::from_str(&fs::read_to_string(&settings).unwrap()).unwrap();
    assert_eq!(written["threshold"], tuned["choice"]["threshold"]["value"]);
    let low = tuned["choice"]["threshold"]["low"].as_f64().unwrap();
    assert!(low <= written["threshold"].as_f64().unwrap());
    let run = yuyi(&[
        "faq",
        "test",
        &faq,
        &held,
        "--settings",
        &settings,
        "--json",
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let tested = json(&run);
    assert_eq!(tested["threshold"], written["threshold"]);
    let precision = tested["precision"]["value"].as_f64().unwrap();
    assert!(precision >= goal - 0.03, "{precision}: {tuned}");
    assert!(
        tested["totals"]["correct"].as_u64().unwrap() > 50,
        "{}",
        tested["totals"]
    );
}

#[test]
fn few_questions_and_goals_out_of_reach_are_told() {
    let folder = Folder::new();
    let (faq, questions) = (folder.file("faq.csv", FAQ), folder.file("q.csv", QUESTIONS));
    let run = yuyi(&["faq", "tune", &faq, &questions]);
    assert_eq!(run.code, 1);
    let said = "limits are fitted on 20 questions that an entry answers, or more, and there are";
    assert!(run.err.contains(said), "{}", run.err);
    // Every second label is wrong.
    let mut text = String::from("question,id\n");
    for i in 0..30 {
        text += &format!(
            "第{i}次问怎么退货,{}\n",
            if i % 2 == 0 { "th" } else { "zx" }
        );
    }
    let file = folder.file("wrong.csv", &text);
    let settings = folder.path("settings.json");
    let run = yuyi(&["faq", "tune", &faq, &file, "-o", &settings, "--lang", "zh"]);
    assert_eq!(run.code, 1, "{}", run.out);
    assert!(
        run.err.contains("没有哪组阈值和差距能使回答有 95.0% 正确"),
        "{}",
        run.err
    );
    assert!(!Path::new(&settings).exists());
}

#[test]
fn settings_are_those_of_their_model() {
    let folder = Folder::new();
    let faq = folder.file("faq.csv", FAQ);
    let ask = |settings: &str, flags: &[&str]| {
        let file = folder.file("s.json", settings);
        yuyi(&[&["faq", &faq, "能开发票吗", "--settings", &file], flags].concat())
    };
    assert!(
        ask(r#"{"threshold": 1, "margin": 0}"#, &[])
            .out
            .starts_with('-')
    );
    let won = ask(r#"{"threshold": 1}"#, &["--threshold", "0.3"]);
    assert!(won.out.contains("\tfp\t"), "{}", won.out);
    let other = ask(
        r#"{"threshold": 0.3, "model": "gte", "fingerprint": "0"}"#,
        &[],
    );
    assert!(other.err.contains("were fitted with gte"), "{}", other.err);
    for (text, said) in [
        (r#"{"threshhold": 0.5}"#, "holds no settings"),
        ("0.5", "holds no settings"),
        (r#"{"margin": 2}"#, "margin is not between 0 and 1"),
    ] {
        let run = ask(text, &[]);
        assert!(run.code == 2 && run.err.contains(said), "{}", run.err);
    }
}

/// Entries with something wrong in most of them.
const WRONG: &str = r#"{"id":"a","text":"怎么退货","wordings":["如何退货","怎么退货？"],"answer":"七天内可以退"}
{"id":"b","text":"退货要怎么办","answer":"十五天内可以退","related":["gone"]}
{"id":"c","text":"如何退货！","answer":"联系客服"}
{"id":"d","text":"春节几号放假","answer":"见公告","valid_until":"2020-01-31"}
{"id":"e","text":"可以寄顺丰吗","answer":"可以","not_words":["顺丰"]}
{"id":"f","text":"可以寄到国外吗","answer":"可以","enabled":false}
{"id":"g","text":"怎么注销账号"}
{"id":"h","text":"讲个笑话","reject":true}
"#;

#[test]
fn a_check_finds_what_is_wrong() {
    let folder = Folder::new();
    let faq = folder.file("faq.jsonl", WRONG);
    let asked = folder.file("log.txt", "我要退货\n账号怎么注销\n");
    let run = yuyi(&["faq", "check", &faq, "--questions", &asked, "--json"]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(
        run.err.contains("findings that make the check fail: 2"),
        "{}",
        run.err
    );
    let told = json(&run);
    let found = told["findings"].as_array().unwrap();
    let has = |kind: &str, id: &str| found.iter().any(|f| f["kind"] == kind && f["id"] == id);
    for (kind, id) in [
        ("shared_wording", "c"),
        ("excludes_itself", "e"),
        ("conflicting_answers", "b"),
        ("unknown_related", "b"),
        ("no_answer", "g"),
        ("expired", "d"),
        ("repeated_wording", "a"),
        ("never_found", "e"),
        ("disabled", "f"),
    ] {
        assert!(has(kind, id), "{kind} {id}: {told}");
    }
    assert!(!has("never_found", "g") && !has("no_answer", "h"), "{told}");
    assert_eq!(told["errors"], 2);
    let conflicting = found.iter().find(|f| f["kind"] == "conflicting_answers");
    assert_eq!(conflicting.unwrap()["contradictions"][0]["kind"], "number");
    let run = yuyi(&["faq", "check", &faq, "--fail-on", "never", "--lang", "zh"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.starts_with("错误：“可以寄顺丰吗”〔e〕"),
        "{}",
        run.out
    );
}

#[test]
fn a_sound_faq_passes_its_check() {
    let folder = Folder::new();
    let faq = folder.file(
        "faq.csv",
        "id,question,answer\na,怎么退货,七天内\nb,怎么开票,在订单页\n",
    );
    let run = yuyi(&["faq", "check", &faq, "--fail-on", "note"]);
    assert_eq!(run.code, 0, "{} {}", run.out, run.err);
    assert!(
        run.out.contains("2 entries; errors 0, warnings 0, notes 0"),
        "{}",
        run.out
    );
    let twice = folder.file(
        "twice.csv",
        "id,question,answer\na,怎么退货,七天内\na,怎么开票,在订单页\n",
    );
    let run = yuyi(&["faq", "check", &twice]);
    assert!(
        run.code == 1 && run.out.contains("the id a is there more than once"),
        "{}",
        run.out
    );
}
