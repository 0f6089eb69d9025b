//! Files of a FAQ, and of questions of which it is known which entry answers them.

use anyhow::{anyhow, bail};
use yuyi_tasks::faq::{Faq, FaqEntry, FaqError};

use super::cell::{lines, several};
use super::{Columns, Format, Input, Misuse, Origin, Repeated, Row, SeenIds};

/// What the user says of the columns of a FAQ and of the questions to it.
#[derive(Clone, Debug, Default)]
pub struct FaqLayout {
    /// Those of the FAQ; none: they are found.
    pub faq: Vec<String>,
    /// Those of the questions; none: they are found.
    pub questions: Vec<String>,
    /// The first rows are data.
    pub no_header: bool,
}

/// The FAQ of a file.
pub struct FaqFile {
    /// The file, as messages name it.
    pub name: String,
    /// Its entries; those without an id have the number of their line.
    pub faq: Faq,
}

/// A question, and which entries answer it.
#[derive(Debug, PartialEq)]
pub struct Question {
    /// Line of the file, from 1.
    pub line: u64,
    pub text: String,
    /// Places of the entries that answer it; none: it should find nothing.
    pub relevant: Vec<usize>,
}

/// Labelled questions.
pub struct Questions {
    /// The file, as messages name it.
    pub file: String,
    /// The questions, at least one of which has an answer.
    pub questions: Vec<Question>,
}

impl FaqFile {
    /// Reads a whole file with the columns question, answer, id and wordings (separated by `|`, `；` or new lines); all but the first may
    /// be missing.
    ///
    /// # Errors
    /// When the file cannot be read, a question is blank, an id is there twice, or there is no entry.
    pub fn of(input: Input, layout: &FaqLayout) -> anyhow::Result<Self> {
        let origin = input.origin.clone();
        let name = origin.name.clone();
        let columns = columns(&["answer", "id", "wordings"], layout.no_header);
        let columns = columns.chosen("--faq-columns", &layout.faq)?;
        let rows = all_rows(input, columns)?;
        tell_several(&rows, &origin);
        let lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
        let entries: Vec<FaqEntry> = rows.into_iter().map(entry).collect();
        check_ids(&entries, &lines, &origin)?;
        let faq = Faq::new(entries).map_err(|error| match error {
            FaqError::Empty => anyhow!("{name} has no entries."),
            other => anyhow!("{name}: {other}."),
        })?;
        Ok(Self { name, faq })
    }
}

impl Questions {
    /// Reads a whole file with the columns question and id: the id of the entry of `faq` that answers it, or that entry's
    /// question or one of its wordings; empty, `none`, 无 and their like: the question should find nothing.
    ///
    /// # Errors
    /// When the file cannot be read, a question is blank, an id is not known, or no question has a label.
    pub fn of(input: Input, faq: &FaqFile, layout: &FaqLayout) -> anyhow::Result<Self> {
        let file = input.origin.name.clone();
        let columns = Columns {
            telling: Some("id"),
            ..columns(&["id"], layout.no_header)
        };
        let columns = columns.chosen("--questions-columns", &layout.questions)?;
        let rows = all_rows(input, columns)?.into_iter();
        let labelled = rows.map(|Row { line, cells }| {
            let [text, label] = take(cells);
            (line, text, label.trim().to_owned())
        });
        let labelled: Vec<(u64, String, String)> = labelled.collect();
        if labelled.iter().all(|(.., label)| label.is_empty()) {
            bail!(
                "{file}: no question names the entry that answers it; the second column is its id or its question."
            );
        }
        check_labels(&file, &labelled, faq)?;
        let questions = labelled.into_iter().map(|(line, text, label)| Question {
            line,
            text,
            relevant: faq.faq.find(&label).to_vec(),
        });
        let questions = questions.collect();
        Ok(Self { file, questions })
    }
}

/// What people write where nothing answers.
const NOTHING: [&str; 20] = [
    "",
    "none",
    "no match",
    "no_match",
    "nomatch",
    "nothing",
    "oos",
    "out_of_scope",
    "out of scope",
    "n/a",
    "-",
    "—",
    "——",
    "/",
    "无",
    "無",
    "没有",
    "无答案",
    "不回答",
    "拒答",
];

/// Labels name entries or nothing.
///
/// # Errors
/// The first that does not, and how many more do not.
fn check_labels(
    file: &str,
    labelled: &[(u64, String, String)],
    faq: &FaqFile,
) -> anyhow::Result<()> {
    let is_unknown = |label: &str| {
        faq.faq.find(label).is_empty() && !NOTHING.contains(&label.to_lowercase().as_str())
    };
    let mut unknown = labelled.iter().filter(|(.., label)| is_unknown(label));
    let Some((line, _, label)) = unknown.next() else {
        return Ok(());
    };
    match unknown.count() {
        0 => bail!(
            "{file}:{line}: {label:?} is neither an id nor a question of {}.",
            faq.name
        ),
        more => bail!(
            "{file}:{line}: {label:?} is neither an id nor a question of {}; nor are the labels of {more} further lines.",
            faq.name
        ),
    }
}

fn columns(optional: &'static [&'static str], no_header: bool) -> Columns {
    Columns {
        optional,
        no_header,
        ..Columns::needed(&["question"])
    }
}

fn all_rows(input: Input, columns: Columns) -> anyhow::Result<Vec<Row>> {
    if input.format == Format::Txt {
        bail!(Misuse(
            "A TXT file has one text a line; a FAQ and its questions need TSV, CSV, JSON or a workbook."
                .into()
        ));
    }
    input.rows(columns).collect()
}

/// Says that cells of questions hold several, if any do.
fn tell_several(rows: &[Row], origin: &Origin) {
    let name = origin.file();
    let question = |row: &&Row| {
        row.cells
            .first()
            .is_some_and(|cell| lines(cell).count() > 1)
    };
    match rows.iter().filter(question).count() {
        0 => {}
        1 => origin.say(format!(
            "{name}: 1 question has several lines, each of which is read as a wording of it."
        )),
        n => origin.say(format!(
            "{name}: {n} questions have several lines, each of which is read as a wording of theirs."
        )),
    }
}

fn entry(row: Row) -> FaqEntry {
    let [question, answer, id, others] = take(row.cells);
    let mut wordings: Vec<String> = lines(&question).collect();
    wordings.extend(several(&others));
    FaqEntry {
        id: match id.trim() {
            "" => row.line.to_string(),
            id => id.to_owned(),
        },
        wordings,
        answer,
    }
}

/// # Errors
/// When two entries have one id: where both stand.
fn check_ids(entries: &[FaqEntry], lines: &[u64], origin: &Origin) -> anyhow::Result<()> {
    let mut seen = SeenIds::default();
    seen.begin(origin.clone());
    let mut rows = entries.iter().zip(lines);
    let repeated = rows.find_map(|(entry, &line)| seen.see(&*entry.id, &entry.id, line));
    match repeated {
        Some(Repeated { id, at, first }) => {
            bail!("{at}: it has the id {id:?} of {first}. Give each entry an id of its own.")
        }
        None => Ok(()),
    }
}

/// The cells of a row, empty ones where it has fewer.
fn take<const N: usize>(cells: Vec<String>) -> [String; N] {
    let mut cells = cells.into_iter();
    std::array::from_fn(|_| cells.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(format: Format, text: &'static str) -> Input {
        Input::of("f", format, text.as_bytes())
    }

    fn faq(text: &'static str) -> FaqFile {
        FaqFile::of(input(Format::Tsv, text), &FaqLayout::default()).unwrap()
    }

    fn relevant(faq: &FaqFile, text: &'static str) -> Result<Vec<Vec<usize>>, String> {
        let read = Questions::of(input(Format::Tsv, text), faq, &FaqLayout::default())
            .map_err(|e| format!("{e:#}"))?;
        Ok(read.questions.into_iter().map(|q| q.relevant).collect())
    }

    #[test]
    fn entries_have_ids_and_wordings() {
        let plain = faq("怎么退货\t七天内\n怎么开票\t在订单页\tinvoice\t开发票 | 要发票 |\n");
        let ids: Vec<&str> = plain.faq.entries().iter().map(|e| e.id.as_str()).collect();
        assert_eq!(ids, ["1", "invoice"]);
        assert_eq!(
            plain.faq.entries()[1].wordings,
            ["怎么开票", "开发票", "要发票"]
        );
        assert_eq!(plain.faq.entries()[0].answer, "七天内");
        let named = faq("id\tquestion\n7\t怎么退货\n");
        assert_eq!(
            (
                named.faq.entries()[0].id.as_str(),
                named.faq.entries()[0].answer.as_str()
            ),
            ("7", "")
        );
        let json = "{\"question\":\"怎么退货\",\"id\":7,\"wordings\":[\"退货\",\"退\"]}";
        let json = FaqFile::of(input(Format::Jsonl, json), &FaqLayout::default()).unwrap();
        assert_eq!(
            (
                json.faq.entries()[0].id.as_str(),
                json.faq.entries()[0].wordings.len()
            ),
            ("7", 3)
        );
    }

    /// As MaxKB, FastGPT and RAGFlow have them.
    #[test]
    fn other_systems_hold_several_wordings_in_their_ways() {
        let wordings = |format, text| {
            let faq = FaqFile::of(input(format, text), &FaqLayout::default()).unwrap();
            let entries = faq.faq.entries();
            entries
                .iter()
                .map(|entry| (entry.wordings.join("|"), entry.answer.clone()))
                .collect::<Vec<_>>()
        };
        let owned = |wordings: &str, answer: &str| (wordings.to_owned(), answer.to_owned());
        let workbook = "分段标题（选填）,分段内容（必填，问题答案，最长不超过4096个字符）,问题（选填，单元格内一行一个）\n\
                        退货,七天内,\"怎么退货\n退货流程？\n\n能退吗\"\n开票,在订单页,怎么开票\n";
        let expected = [
            owned("怎么退货|退货流程？|能退吗", "七天内"),
            owned("怎么开票", "在订单页"),
        ];
        assert_eq!(wordings(Format::Csv, workbook), expected);
        let fastgpt = "q,a,indexes\n怎么退货,七天内,退货,能退吗\n";
        assert_eq!(
            wordings(Format::Csv, fastgpt),
            [owned("怎么退货|退货|能退吗", "七天内")]
        );
        let fastgpt = "[{\"q\":\"怎么退货\",\"a\":\"七天内\",\"indexes\":[{\"type\":\"custom\",\"text\":\"退货\"},{\"text\":\"能退吗\"}]}]";
        assert_eq!(
            wordings(Format::Json, fastgpt),
            [owned("怎么退货|退货|能退吗", "七天内")]
        );
        let ragflow = "怎么退货\t七天内\n怎么开票\t在订单页\n";
        let expected = [owned("怎么退货", "七天内"), owned("怎么开票", "在订单页")];
        assert_eq!(wordings(Format::Tsv, ragflow), expected);
    }

    #[test]
    fn questions_find_their_entries() {
        let faq = faq("怎么退货\t\ta\t退货\n怎么开票\t\tb\n怎么退货\t\tc\n");
        let questions = "能退吗\ta\n退吗\t退货\n开票\t怎么开票\n退\t怎么退货\n天气\t\n天气\n";
        let found = relevant(&faq, questions).unwrap();
        assert_eq!(
            found,
            [vec![0], vec![0], vec![1], vec![0, 2], vec![], vec![]]
        );
    }

    #[test]
    fn nothing_has_many_names() {
        let faq = faq("怎么退货\t\ta\n无\t\tb\n");
        let found = relevant(&faq, "x\tNone\ny\t拒答\nz\t-\nv\t无\n").unwrap();
        // An entry of that name wins.
        assert_eq!(found, [vec![], vec![], vec![], vec![1]]);
    }

    #[test]
    fn columns_have_the_names_that_people_give_them() {
        let faq = faq(
            "编号\t标准问题\t答案\t相似问法\n7\t怎么退货\t七天内\t退货|能退吗\n9\t怎么开票\t在订单页\t开票\t发票\n",
        );
        let entries = faq.faq.entries();
        assert_eq!(
            (entries[0].id.as_str(), entries[0].answer.as_str()),
            ("7", "七天内")
        );
        assert_eq!(entries[0].wordings, ["怎么退货", "退货", "能退吗"]);
        // A list that goes on in columns of its own.
        assert_eq!(entries[1].wordings, ["怎么开票", "开票", "发票"]);
        // The number of the row is not that of the answer.
        let asked = "id\t用户问题\t标准问\n9\t退不退\t怎么退货\n7\t要发票\t怎么开票\n";
        assert_eq!(relevant(&faq, asked).unwrap(), [vec![0], vec![1]]);
    }

    #[test]
    fn columns_are_chosen_by_name_or_number() {
        let header = "甲\t乙\t丙\n";
        let rows = "x1\t怎么退货\t七天内\nx2\t怎么开票\t在订单页\n";
        let text: &'static str = String::leak(format!("{header}{rows}"));
        for (columns, text, asked) in [
            ("乙,丙,甲", text, "甲\t乙\nx2\t要发票\n"),
            ("2,3,1", rows, "x2\t要发票\n"),
        ] {
            let faq: Vec<String> = columns.split(',').map(str::to_owned).collect();
            let layout = FaqLayout {
                questions: vec![faq[0].clone(), faq[2].clone()],
                faq,
                no_header: false,
            };
            let faq = FaqFile::of(input(Format::Tsv, text), &layout).unwrap();
            let entry = &faq.faq.entries()[1];
            assert_eq!(
                (entry.id.as_str(), entry.answer.as_str()),
                ("x2", "在订单页")
            );
            assert_eq!(entry.wordings, ["怎么开票"]);
            let questions = Questions::of(input(Format::Tsv, asked), &faq, &layout).unwrap();
            assert_eq!(questions.questions[0].relevant, [1]);
            assert_eq!(questions.questions[0].text, "要发票");
        }
        // Without an answer.
        let layout = FaqLayout {
            faq: ["乙", "", "甲"].map(str::to_owned).into(),
            ..FaqLayout::default()
        };
        let faq = FaqFile::of(input(Format::Tsv, text), &layout).unwrap();
        let entry = &faq.faq.entries()[0];
        assert_eq!((entry.id.as_str(), entry.answer.as_str()), ("x1", ""));
        let wrong = FaqLayout {
            faq: vec!["丁".into()],
            ..FaqLayout::default()
        };
        let error = FaqFile::of(input(Format::Tsv, text), &wrong).err().unwrap();
        assert!(
            format!("{error:#}").contains("--faq-columns asks for 丁"),
            "{error:#}"
        );
    }

    #[test]
    fn complaints_say_what_to_do() {
        let faq = faq("怎么退货\t\ta\n");
        assert_eq!(
            relevant(&faq, "x\tz\n").unwrap_err(),
            "f:1: \"z\" is neither an id nor a question of f."
        );
        assert!(
            relevant(&faq, "x\n")
                .unwrap_err()
                .contains("no question names the entry")
        );
        let twice = FaqFile::of(
            input(Format::Tsv, "a\t\t1\nb\t\t1\n"),
            &FaqLayout::default(),
        )
        .err()
        .unwrap();
        assert_eq!(
            twice.to_string(),
            "f:2: it has the id \"1\" of line 1. Give each entry an id of its own."
        );
        assert_eq!(
            relevant(&faq, "x\tz\ny\ta\nv\tw\n").unwrap_err(),
            "f:1: \"z\" is neither an id nor a question of f; nor are the labels of 1 further lines."
        );
        let empty = FaqFile::of(
            input(Format::Tsv, "question\tanswer\n"),
            &FaqLayout::default(),
        )
        .err()
        .unwrap();
        assert_eq!(empty.to_string(), "f has no entries.");
    }
}
