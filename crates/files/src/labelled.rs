//! Files of labelled pairs: two sentences, and how alike a person found them.

use anyhow::{anyhow, bail};
use yuyi_tasks::corpus::{self, Corpus};

use super::inference::Inference;
use super::label::{self, Kind};
use super::{Columns, Format, Input, Layout, Misuse, Row, Rows, Scale};

/// The columns of a file of labelled pairs.
const COLUMNS: &[&str] = &["sentence_a", "sentence_b", "label"];

/// A pair with its label.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledPair {
    /// Line of the file, from 1.
    pub line: u64,
    pub sentence_a: String,
    pub sentence_b: String,
    /// From 0, unlike, to 1, alike.
    pub label: f64,
    /// What it says in the columns of groups; empty where there is no such column.
    pub groups: Vec<String>,
}

/// The labelled pairs of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledPairs {
    /// The file, as messages name it.
    pub file: String,
    /// The pairs, in the order of the file; at least one.
    pub pairs: Vec<LabelledPair>,
    /// The scale that the file uses, which became [0, 1].
    pub scale: Scale,
    /// Nobody said what the scale is: it was read from the labels.
    pub guessed: bool,
}

impl LabelledPairs {
    /// Reads a whole file. Labels may be on any scale: those outside
    /// [0, 1] are mapped to it from `scale`, or from what [`Scale::of`] makes of them.
    ///
    /// # Errors
    /// When the file cannot be read, a row lacks a sentence or a label, a label is no number or outside `scale`, a few
    /// are far from all others, or there is no row at all. The message names the file and the line.
    pub fn read(input: Input, scale: Option<Scale>, layout: &Layout) -> anyhow::Result<Self> {
        if input.format == Format::Txt {
            bail!(Misuse(
                "A TXT file has one text a line; labelled pairs need TSV, CSV, JSON or a workbook."
                    .into()
            ));
        }
        Self::of(input, scale, layout, &[])
    }

    /// The labelled pairs of a TSV file that is part of the program.
    ///
    /// # Errors
    /// As [`LabelledPairs::read`].
    pub fn of_tsv(name: &str, content: &'static [u8]) -> anyhow::Result<Self> {
        let input = Input::of(name, Format::Tsv, content);
        Self::of(input, None, &Layout::default(), &[])
    }

    fn of(
        input: Input,
        scale: Option<Scale>,
        layout: &Layout,
        groups: &[&str],
    ) -> anyhow::Result<Self> {
        let file = input.name().to_owned();
        let (input, inference) = Inference::watch(input, layout);
        let columns = Columns {
            number: Some("label"),
            further: groups.iter().map(|&group| group.to_owned()).collect(),
            ..Columns::needed(COLUMNS)
        };
        let rows = input.rows(columns.chosen_by(layout)?);
        let (mut pairs, written) = read_pairs(rows, &file)?;
        let guessed = scale.is_none();
        if guessed && written == Some(Kind::Number) {
            inference.check(
                &pairs.iter().map(|pair| pair.label).collect::<Vec<_>>(),
                &file,
            )?;
        }
        let scale = match written {
            // Yes and no are the ends of any scale, and percentages tell theirs.
            Some(Kind::Word | Kind::Percent) => Scale::UNIT,
            _ => scale.map_or_else(|| Scale::of(&labels(&pairs), &file), Ok)?,
        };
        for pair in &mut pairs {
            pair.label = mapped(pair, scale, &file)?;
        }
        if pairs.is_empty() {
            bail!("{file} has no pairs.");
        }
        Ok(Self {
            file,
            pairs,
            scale,
            guessed,
        })
    }

    /// Adds the pairs to a corpus.
    pub fn add_to(&self, corpus: &mut Corpus) {
        let Scale { low, high } = self.scale;
        let pairs = self.pairs.iter().map(|pair| corpus::LabelledPair {
            line: pair.line,
            sentence_a: &pair.sentence_a,
            sentence_b: &pair.sentence_b,
            label: pair.label,
        });
        corpus.add(&self.file, [low, high], pairs);
    }

    /// How the labels were mapped, if they were.
    pub fn scale_remark(&self) -> Option<String> {
        let Scale { low, high } = self.scale;
        let more = match self.guessed && !self.scale.is_usual() {
            true => " If the scale goes further, name its ends, as in --scale 0..5.",
            false => "",
        };
        let file = &self.file;
        (self.scale != Scale::UNIT)
            .then(|| format!("{file}: labels from {low} to {high} are mapped to [0, 1].{more}"))
    }
}

/// All pairs of a file, and how their labels are written.
fn read_pairs(rows: Rows, file: &str) -> anyhow::Result<(Vec<LabelledPair>, Option<Kind>)> {
    let mut pairs = Vec::new();
    // A number among words or percentages, or the other way round, says two things.
    let mut written = None;
    for row in rows {
        let (pair, kind) = pair(row?, file)?;
        if let Some(others) = written.filter(|others| *others != kind) {
            let kinds = match [others, kind].contains(&Kind::Word) {
                true => "yes and no or numbers",
                false => "percentages or other numbers",
            };
            bail!(
                "{file}:{}: labels are either {kinds}, and here both are mixed.",
                pair.line
            );
        }
        written = Some(kind);
        pairs.push(pair);
    }
    Ok((pairs, written))
}

/// The labels with their lines.
fn labels(pairs: &[LabelledPair]) -> Vec<(u64, f64)> {
    pairs.iter().map(|pair| (pair.line, pair.label)).collect()
}

/// A pair, and how its label is written.
fn pair(row: Row, file: &str) -> anyhow::Result<(LabelledPair, Kind)> {
    let Row { line, cells } = row;
    let mut cells = cells.into_iter();
    let (Some(sentence_a), Some(sentence_b), Some(label)) =
        (cells.next(), cells.next(), cells.next())
    else {
        bail!("{file}:{line}: {} are needed.", COLUMNS.join(", "));
    };
    let (label, kind) = label::read(&label).ok_or_else(|| no_label(&label, line, file))?;
    let pair = LabelledPair {
        line,
        sentence_a,
        sentence_b,
        label,
        groups: cells.collect(),
    };
    Ok((pair, kind))
}

/// What is wrong with a label that is none.
fn no_label(label: &str, line: u64, file: &str) -> anyhow::Error {
    if label::is_unclear(label) {
        return anyhow!(
            "{file}:{line}: the label {label:?} may be a thousand or more, or a number with three decimals. \
             Write it without a comma, with a point for the decimals."
        );
    }
    if label::is_class(label) {
        return anyhow!(
            "{file}:{line}: the label {label:?} is a class of inference and says not how alike the sentences are. \
             Write 1 for the classes that count as the same and 0 for the others."
        );
    }
    let header = match line {
        1 => format!(
            " If line 1 is a header, its names have to be {}.",
            COLUMNS.join(", ")
        ),
        _ => String::new(),
    };
    anyhow!(
        "{file}:{line}: the label {label:?} is neither a number, such as 0, 0.5 or 1, nor yes or no.{header}"
    )
}

fn mapped(pair: &LabelledPair, scale: Scale, file: &str) -> anyhow::Result<f64> {
    let (line, label) = (pair.line, pair.label);
    match scale.map(label) {
        Some(mapped) => Ok(mapped),
        None => bail!("{file}:{line}: the label {label} is outside the scale {scale}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_yes_no(read: &LabelledPairs) -> bool {
        corpus::is_yes_no(read.pairs.iter().map(|pair| pair.label))
    }

    fn read(format: Format, text: &'static str) -> Result<LabelledPairs, String> {
        read_scaled(format, text, None)
    }

    fn read_scaled(
        format: Format,
        text: &'static str,
        scale: Option<Scale>,
    ) -> Result<LabelledPairs, String> {
        let input = Input::of("f", format, text.as_bytes());
        LabelledPairs::of(input, scale, &Layout::default(), &["kind"])
            .map_err(|error| format!("{error:#}"))
    }

    fn pair(line: u64, a: &str, b: &str, label: f64, kind: &str) -> LabelledPair {
        LabelledPair {
            line,
            sentence_a: a.into(),
            sentence_b: b.into(),
            label,
            groups: vec![kind.into()],
        }
    }

    #[test]
    fn reads_every_format_with_and_without_names() {
        let plain = read(Format::Tsv, "一\t二\t1\n\n三\t四\t0\r\n").unwrap();
        let expected = [pair(1, "一", "二", 1.0, ""), pair(3, "三", "四", 0.0, "")];
        assert_eq!(plain.pairs, expected);
        assert!(is_yes_no(&plain));
        let named = "kind,Label,sentence_b,sentence_a\nx,0.25,二,一\n,1,四,三\n";
        let named = read(Format::Csv, named).unwrap();
        let expected = [pair(2, "一", "二", 0.25, "x"), pair(3, "三", "四", 1.0, "")];
        assert_eq!(named.pairs, expected);
        assert!(!is_yes_no(&named));
        let objects = "{\"sentence_a\":\"一\",\"sentence_b\":\"二\",\"label\":true,\"kind\":3}\n\n\
                       {\"label\":\"0.5\",\"sentence_a\":\"三\",\"sentence_b\":\"四\"}\n";
        let expected = [pair(1, "一", "二", 1.0, "3"), pair(3, "三", "四", 0.5, "")];
        assert_eq!(read(Format::Jsonl, objects).unwrap().pairs, expected);
    }

    #[test]
    fn labels_of_other_scales_are_mapped() {
        let cases = [
            ("a\tb\t0.2\na\tb\t0.9\n", vec![0.2, 0.9]),
            ("a\tb\t0.5\na\tb\t4.8\n", vec![0.1, 0.96]),
            ("a\tb\t-1\na\tb\t1\n", vec![0.0, 1.0]),
            ("a\tb\tYes\na\tb\tfalse\na\tb\t是\n", vec![1.0, 0.0, 1.0]),
        ];
        for (text, labels) in cases {
            let read = read(Format::Tsv, text).unwrap();
            let found: Vec<f64> = read.pairs.iter().map(|pair| pair.label).collect();
            assert_eq!(found, labels);
            assert!(read.guessed);
        }
        let mixed = read(Format::Tsv, "a\tb\tyes\na\tb\t5\n").unwrap_err();
        assert!(mixed.starts_with("f:2: labels are either"), "{mixed}");
        let (low, high) = (1.0, 5.0);
        let words = read_scaled(
            Format::Tsv,
            "a\tb\tY\na\tb\t不同\n",
            Some(Scale { low, high }),
        );
        assert!(is_yes_no(&words.unwrap()));
        let told = read_scaled(Format::Tsv, "a\tb\t2\n", Some(Scale { low, high })).unwrap();
        assert_eq!((told.pairs[0].label, told.guessed), (0.25, false));
        let empty = read_scaled(Format::Tsv, "", Some(Scale { low, high }));
        assert_eq!(empty.unwrap_err(), "f has no pairs.");
    }

    #[test]
    fn zero_and_one_of_inference_are_said_to_be_a_scale() {
        let text = "premise,hypothesis,label\na,b,0\na,c,1\n";
        let labels = |read: LabelledPairs| -> Vec<f64> {
            read.pairs.iter().map(|pair| pair.label).collect()
        };
        let told = read_scaled(Format::Csv, text, Some(Scale::UNIT)).unwrap();
        assert_eq!(labels(told), [0.0, 1.0]);
        for refused in [
            "{\"hypothesis\":\"b\",\"premise\":\"a\",\"label\":1}\n",
            "{\"question\":\"b\",\"sentence\":\"a\",\"label\":0}\n",
        ] {
            let error = read(Format::Jsonl, refused).unwrap_err();
            assert!(error.contains("--scale 0..1"), "{error}");
        }
        let layout = Layout {
            columns: ["前提", "假设", "label"].map(str::to_owned).into(),
            ..Layout::default()
        };
        let chosen = Input::of(
            "f",
            Format::Csv,
            "前提,假设,label\na,b,0\na,c,1\n".as_bytes(),
        );
        let error = LabelledPairs::of(chosen, None, &layout, &[]).unwrap_err();
        assert!(error.to_string().contains("--scale 0..1"), "{error:#}");
        for grades in [
            "premise,hypothesis,label\na,b,0.3\na,c,1\n",
            "premise,hypothesis,label\na,b,yes\na,c,no\n",
            "sentence1,sentence2,label\na,b,0\na,c,1\n",
        ] {
            assert!(read(Format::Csv, grades).is_ok(), "{grades}");
        }
    }

    #[test]
    fn complaints_name_file_and_line() {
        let cases = [
            (
                Format::Tsv,
                "sentence_a\tsentence_b\na\tb\n",
                "f cannot be read: line 1 names sentence_a, sentence_b but not label; a header row names all of sentence_a, sentence_b, label",
            ),
            (
                Format::Tsv,
                "a\tb\n",
                "f cannot be read: line 1 has 2 columns; sentence_a, sentence_b, label are needed",
            ),
            (
                Format::Tsv,
                "a\tb\t1\na\tb\tmaybe\n",
                "f:2: the label \"maybe\" is neither a number, such as 0, 0.5 or 1, nor yes or no.",
            ),
            (
                Format::Csv,
                "premise,hypothesis,gold_label\na,b,entailment\n",
                "f:2: the label \"entailment\" is a class of inference and says not how alike the sentences are. Write 1 for the classes that count as the same and 0 for the others.",
            ),
            (
                Format::Csv,
                "premise,hypothesis,label\na,b,0\na,c,1\na,d,2\n",
                "f: the labels are 0, 1, 2, which number classes (entailment, neutral, contradiction) as well as grades. If they are grades, name the ends of their scale, as in --scale 0..2; of classes, write 1 for those that count as the same and 0 for the others, and leave out pairs with -1.",
            ),
            (
                Format::Csv,
                "a,b,NaN\n",
                "f:1: the label \"NaN\" is neither a number, such as 0, 0.5 or 1, nor yes or no. If line 1 is a header, its names have to be sentence_a, sentence_b, label.",
            ),
            (
                Format::Csv,
                "a,b,\n",
                "f:1: column C (label): It is empty or blank.",
            ),
            (
                Format::Tsv,
                "a\tb\t500\na\tb\t1,000\n",
                "f:2: the label \"1,000\" may be a thousand or more, or a number with three decimals. Write it without a comma, with a point for the decimals.",
            ),
            (
                Format::Csv,
                "s1,s2,score\na,b,1\n合计,8条,5\n",
                "f:3: this seems to be a row of totals (合计), and no pair; take it out.",
            ),
            (
                Format::Csv,
                "s1,s2,score,gold\na,b,0.5,1\n",
                "f cannot be read: line 1 names score, gold, and nothing tells which one is the label; say it with --columns, as in --columns s1,s2,score",
            ),
            (
                Format::Csv,
                "premise,hypothesis,label\na,b,0\na,c,1\n",
                "f: the labels of premise, hypothesis are 0 and 1, and sets of inference such as RTE have 0 for what follows. If 1 is the same in yours, say --scale 0..1; if not, exchange 0 and 1.",
            ),
            (
                Format::Jsonl,
                "{\"sentence_a\":\"a\",\"sentence_b\":\"b\",\"label\":[]}",
                "f cannot be read: line 1: label is neither a number nor yes or no",
            ),
            (
                Format::Jsonl,
                "{\"sentence_a\":\"a\",\"sentence_b\":\"b\"}",
                "f cannot be read: line 1 has no label",
            ),
            (
                Format::Tsv,
                "sentence_a\tsentence_b\tlabel\n",
                "f has no pairs.",
            ),
            (
                Format::Tsv,
                "a\tb\t3\n",
                "f: every label is 3, which tells nothing about the scale. Name its ends, as in --scale 0..5.",
            ),
        ];
        for (format, text, message) in cases {
            assert_eq!(read(format, text).unwrap_err(), message);
        }
        let (low, high) = (1.0, 5.0);
        let outside = read_scaled(Format::Tsv, "a\tb\t6\n", Some(Scale { low, high }));
        assert_eq!(
            outside.unwrap_err(),
            "f:1: the label 6 is outside the scale 1..5."
        );
    }
}
