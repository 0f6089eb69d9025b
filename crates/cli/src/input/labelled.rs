//! Files of labelled pairs: two sentences, and how alike a person found them.

use std::path::Path;

use anyhow::bail;

use super::{Columns, Format, Input, Row};
use crate::args::Misuse;

/// The columns of a file of labelled pairs.
const COLUMNS: &[&str] = &["sentence_a", "sentence_b", "label"];

/// A pair with its label.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledPair {
    /// Line of the file, from 1.
    pub line: u64,
    /// First sentence.
    pub sentence_a: String,
    /// Second sentence.
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
    /// Lowest and highest label of the scale that the file uses, which became 0 and 1.
    pub scale: (f64, f64),
}

impl LabelledPairs {
    /// Reads a whole file (TSV, CSV or JSONL; `-`: standard input). Labels may be on any scale: those outside
    /// [0, 1] are mapped to it, from the whole number below the lowest label to the one above the highest, or
    /// from `scale`. `groups` are further columns.
    ///
    /// # Errors
    /// When the file cannot be read, a row lacks a sentence or a label, a label is no number or outside `scale`, or
    /// there is no row at all. The message names the file and the line.
    pub fn read(
        path: &Path,
        format: Option<Format>,
        scale: Option<(f64, f64)>,
        groups: &[&str],
    ) -> anyhow::Result<Self> {
        let input = Input::open(path, format, Format::Tsv)?;
        if input.format == Format::Txt {
            bail!(Misuse(
                "A TXT file has one text a line; labelled pairs need TSV, CSV or JSONL.".into()
            ));
        }
        Self::of(input, scale, groups)
    }

    /// The labelled pairs of a TSV file that is part of the program.
    ///
    /// # Errors
    /// As [`LabelledPairs::read`].
    pub fn of_tsv(name: &str, content: &'static [u8]) -> anyhow::Result<Self> {
        let input = Input::of(name, Format::Tsv, content);
        Self::of(input, None, &[])
    }

    fn of(input: Input, scale: Option<(f64, f64)>, groups: &[&str]) -> anyhow::Result<Self> {
        let file = input.name.clone();
        let columns = Columns {
            needed: COLUMNS,
            number: Some("label"),
            optional: &[],
            further: groups.iter().map(|&group| group.to_owned()).collect(),
        };
        let (rows, mut progress) = input.rows_of(columns);
        let mut pairs = Vec::new();
        for row in rows {
            pairs.push(pair(row?, &file)?);
            progress.add(1);
        }
        progress.finish();
        let scale = match scale {
            Some(scale) => scale,
            None => scale_of(&pairs, &file)?,
        };
        for pair in &mut pairs {
            pair.label = mapped(pair, scale, &file)?;
        }
        Ok(Self { file, pairs, scale })
    }

    /// Whether every label is 0 or 1: yes or no rather than a grade.
    pub fn is_yes_no(&self) -> bool {
        let mut labels = self.pairs.iter().map(|pair| pair.label);
        labels.all(|label| label == 0.0 || label == 1.0)
    }

    /// Says on standard error how the labels were mapped, if they were.
    pub fn report_scale(&self) {
        let (low, high) = self.scale;
        if self.scale != (0.0, 1.0) {
            eprintln!(
                "yuyi: {}: labels from {low} to {high} are mapped to [0, 1].",
                self.file
            );
        }
    }
}

fn pair(row: Row, file: &str) -> anyhow::Result<LabelledPair> {
    let Row { line, cells } = row;
    let mut cells = cells.into_iter();
    let (Some(sentence_a), Some(sentence_b), Some(label)) =
        (cells.next(), cells.next(), cells.next())
    else {
        bail!("{file}:{line}: {} are needed.", COLUMNS.join(", "));
    };
    let number = label.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    let Some(label) = number else {
        bail!("{file}:{line}: the label {label:?} is not a number, such as 0, 0.5 or 1.");
    };
    Ok(LabelledPair {
        line,
        sentence_a,
        sentence_b,
        label,
        groups: cells.collect(),
    })
}

/// [0, 1], or the whole numbers around all labels.
fn scale_of(pairs: &[LabelledPair], file: &str) -> anyhow::Result<(f64, f64)> {
    let labels = || pairs.iter().map(|pair| pair.label);
    let (low, high) = labels().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), label| {
        (low.min(label), high.max(label))
    });
    if pairs.is_empty() {
        bail!("{file} has no pairs.");
    }
    if low >= 0.0 && high <= 1.0 {
        return Ok((0.0, 1.0));
    }
    let scale = (low.floor(), high.ceil());
    if scale.0 == scale.1 {
        bail!("{file}: every label is {low}, which tells nothing about the scale.");
    }
    Ok(scale)
}

fn mapped(pair: &LabelledPair, (low, high): (f64, f64), file: &str) -> anyhow::Result<f64> {
    let (line, label) = (pair.line, pair.label);
    if !(low..=high).contains(&label) {
        bail!("{file}:{line}: the label {label} is outside the scale from {low} to {high}.");
    }
    Ok((label - low) / (high - low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Progress;

    fn read(format: Format, text: &'static str) -> Result<LabelledPairs, String> {
        read_scaled(format, text, None)
    }

    fn read_scaled(
        format: Format,
        text: &'static str,
        scale: Option<(f64, f64)>,
    ) -> Result<LabelledPairs, String> {
        let input = Input::new("f".into(), format, Progress::of(None), text.as_bytes());
        LabelledPairs::of(input, scale, &["kind"]).map_err(|error| format!("{error:#}"))
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
        assert!(plain.is_yes_no());
        let named = "kind,Label,sentence_b,sentence_a\nx,0.25,二,一\n,1,四,三\n";
        let named = read(Format::Csv, named).unwrap();
        let expected = [pair(2, "一", "二", 0.25, "x"), pair(3, "三", "四", 1.0, "")];
        assert_eq!(named.pairs, expected);
        assert!(!named.is_yes_no());
        let objects = "{\"sentence_a\":\"一\",\"sentence_b\":\"二\",\"label\":true,\"kind\":3}\n\n\
                       {\"label\":\"0.5\",\"sentence_a\":\"三\",\"sentence_b\":\"四\"}\n";
        let expected = [pair(1, "一", "二", 1.0, "3"), pair(3, "三", "四", 0.5, "")];
        assert_eq!(read(Format::Jsonl, objects).unwrap().pairs, expected);
    }

    #[test]
    fn labels_of_other_scales_are_mapped() {
        let cases = [
            ("a\tb\t0.2\na\tb\t0.9\n", (0.0, 1.0), vec![0.2, 0.9]),
            ("a\tb\t0.5\na\tb\t4.8\n", (0.0, 5.0), vec![0.1, 0.96]),
            (
                "a\tb\t1\na\tb\t3\na\tb\t5\n",
                (1.0, 5.0),
                vec![0.0, 0.5, 1.0],
            ),
            ("a\tb\t-1\na\tb\t1\n", (-1.0, 1.0), vec![0.0, 1.0]),
        ];
        for (text, scale, labels) in cases {
            let read = read(Format::Tsv, text).unwrap();
            assert_eq!(read.scale, scale);
            let found: Vec<f64> = read.pairs.iter().map(|pair| pair.label).collect();
            assert_eq!(found, labels);
        }
        let told = read_scaled(Format::Tsv, "a\tb\t2\n", Some((1.0, 5.0))).unwrap();
        assert_eq!(told.pairs[0].label, 0.25);
    }

    #[test]
    fn complaints_name_file_and_line() {
        let cases = [
            (
                Format::Tsv,
                "sentence_a\tsentence_b\na\tb\n",
                "f cannot be read further: line 1 names sentence_a, sentence_b but not label; a header row names all of sentence_a, sentence_b, label",
            ),
            (
                Format::Tsv,
                "a\tb\n",
                "f cannot be read further: line 1 has 2 columns; sentence_a, sentence_b, label are needed",
            ),
            (
                Format::Tsv,
                "a\tb\t1\na\tb\tyes\n",
                "f:2: the label \"yes\" is not a number, such as 0, 0.5 or 1.",
            ),
            (
                Format::Csv,
                "a,b,NaN\n",
                "f:1: the label \"NaN\" is not a number, such as 0, 0.5 or 1.",
            ),
            (Format::Csv, "a,b,\n", "f:1: label is empty or blank."),
            (
                Format::Jsonl,
                "{\"sentence_a\":\"a\",\"sentence_b\":\"b\",\"label\":[]}",
                "f cannot be read further: line 1: label is not a number",
            ),
            (
                Format::Jsonl,
                "{\"sentence_a\":\"a\",\"sentence_b\":\"b\"}",
                "f cannot be read further: line 1 has no label",
            ),
            (
                Format::Tsv,
                "sentence_a\tsentence_b\tlabel\n",
                "f has no pairs.",
            ),
            (
                Format::Tsv,
                "a\tb\t3\n",
                "f: every label is 3, which tells nothing about the scale.",
            ),
        ];
        for (format, text, message) in cases {
            assert_eq!(read(format, text).unwrap_err(), message);
        }
        let outside = read_scaled(Format::Tsv, "a\tb\t6\n", Some((1.0, 5.0))).unwrap_err();
        assert_eq!(
            outside,
            "f:1: the label 6 is outside the scale from 1 to 5."
        );
    }
}
