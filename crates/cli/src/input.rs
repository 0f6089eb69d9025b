//! Reads files of pairs and texts row by row; every complaint names the file and the line.

mod delimited;
mod faq;
mod jsonl;
mod labelled;
mod scale;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use clap::ValueEnum;
use yuyi_language::is_blank;

pub use self::faq::{FaqFile, Questions};
pub use self::labelled::LabelledPairs;
pub use self::scale::Scale;
use crate::misuse::Misuse;
use crate::progress::Progress;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A text a line
    Txt,
    /// Columns separated by tabs, without quotes
    Tsv,
    /// Columns separated by commas, quoted where needed
    Csv,
    /// A JSON object a line
    Jsonl,
}

impl Format {
    fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "txt" => Self::Txt,
            "tsv" => Self::Tsv,
            "csv" => Self::Csv,
            "jsonl" | "ndjson" => Self::Jsonl,
            _ => return None,
        })
    }
}

/// What is read of the rows of a file.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Columns that must be there; they stand in this order where there is no header.
    pub needed: &'static [&'static str],
    /// The one of them that JSON writes as a number.
    pub number: Option<&'static str>,
    /// Columns that may be missing, or blank in a row; they follow where there is no header.
    pub optional: &'static [&'static str],
    /// Columns that are read where a header or an object names them; elsewhere their cells are empty.
    pub further: Vec<String>,
}

impl Columns {
    /// Columns of text that must be there.
    pub fn needed(needed: &'static [&'static str]) -> Self {
        Self {
            needed,
            number: None,
            optional: &[],
            further: Vec::new(),
        }
    }
}

/// The wanted columns of a row: those that are needed, in the order in which they were asked for, then the optional
/// and the further ones.
#[derive(Debug, PartialEq)]
pub struct Row {
    /// Line of the file, from 1.
    pub line: u64,
    pub cells: Vec<String>,
}

/// The rows of a file.
pub type Rows = Box<dyn Iterator<Item = anyhow::Result<Row>>>;

/// A file that is open.
pub struct Input {
    pub format: Format,
    pub progress: Progress,
    name: String,
    reader: Box<dyn BufRead>,
}

impl Input {
    /// Opens `path`, or standard input for `-`; `unnamed` is the format of what does not tell.
    pub fn open(path: &Path, format: Option<Format>, unnamed: Format) -> anyhow::Result<Self> {
        let standard = path == Path::new("-");
        if path.is_dir() {
            bail!("{} is a folder; name a file.", path.display());
        }
        let format = match format.or_else(|| Format::of(path)) {
            Some(format) => format,
            None if standard => unnamed,
            None => {
                let shown = path.display();
                let what = format!(
                    "The name {shown} does not tell the file's format; add --format tsv, csv, jsonl or txt."
                );
                bail!(Misuse(what));
            }
        };
        if standard {
            let progress = Progress::of(None);
            let reader = progress.reader(io::stdin());
            return Ok(Self::new("standard input".into(), format, progress, reader));
        }
        let name = path.display().to_string();
        let file = File::open(path).with_context(|| format!("{name} cannot be read"))?;
        let progress = Progress::of(Some(&file));
        let reader = progress.reader(file);
        Ok(Self::new(name, format, progress, reader))
    }

    /// What is part of the program.
    pub fn of(name: &str, format: Format, content: &'static [u8]) -> Self {
        Self::new(name.to_owned(), format, Progress::of(None), content)
    }

    fn new(name: String, format: Format, progress: Progress, reader: impl Read + 'static) -> Self {
        Self {
            format,
            progress,
            name,
            reader: Box::new(BufReader::with_capacity(1 << 16, reader)),
        }
    }

    /// The rows, and the progress bar. Columns are found by their names in a header row, else they
    /// stand in the order of `columns`. A blank cell is an error: it has no meaning to compare.
    pub fn rows(self, columns: &'static [&'static str]) -> (Rows, Progress) {
        self.rows_of(Columns::needed(columns))
    }

    /// As [`Input::rows`]; the optional and the further columns may be missing or blank.
    pub fn rows_of(self, columns: Columns) -> (Rows, Progress) {
        let (name, needed) = (self.name, columns.needed);
        let rows: Rows = match self.format {
            Format::Txt => Box::new(Lines::new(self.reader).map(|line| {
                let (line, text) = line?;
                Ok(Row {
                    line,
                    cells: vec![text],
                })
            })),
            Format::Tsv => delimited::tsv(self.reader, columns),
            Format::Csv => delimited::csv(self.reader, columns),
            Format::Jsonl => jsonl::rows(self.reader, columns),
        };
        let checked = rows.map(move |row| {
            let row = row.map_err(|error| error.context(format!("{name} cannot be read further")));
            let row = row?;
            let mut cells = needed.iter().zip(&row.cells);
            match cells.find(|(_, cell)| is_blank(cell)) {
                None => Ok(row),
                Some((column, _)) => {
                    Err(anyhow!("{name}:{}: {column} is empty or blank.", row.line))
                }
            }
        });
        (Box::new(checked), self.progress)
    }
}

/// Numbered lines without their ends; a byte order mark is taken away.
struct Lines {
    reader: Box<dyn BufRead>,
    line: u64,
}

impl Lines {
    fn new(reader: Box<dyn BufRead>) -> Self {
        Self { reader, line: 0 }
    }

    fn read(&mut self) -> anyhow::Result<Option<(u64, String)>> {
        let mut bytes = Vec::new();
        self.line += 1;
        let line = self.line;
        if self.reader.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        let text = String::from_utf8(bytes).map_err(|_| not_utf8(line))?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let text = if line == 1 {
            text.trim_start_matches('\u{feff}')
        } else {
            text
        };
        Ok(Some((line, text.to_owned())))
    }
}

/// What most such files need.
fn not_utf8(line: u64) -> anyhow::Error {
    anyhow!(
        "line {line} is not UTF-8. A file in GBK or GB18030 becomes UTF-8 by: iconv -f GB18030 -t UTF-8 OLD > NEW (one in UTF-16 by -f UTF-16)"
    )
}

impl Iterator for Lines {
    type Item = anyhow::Result<(u64, String)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIR: &[&str] = &["sentence_a", "sentence_b"];

    fn read(
        format: Format,
        text: &'static [u8],
        columns: &'static [&'static str],
    ) -> Result<Vec<Row>, String> {
        let input = Input::new("f".into(), format, Progress::of(None), text);
        input
            .rows(columns)
            .0
            .collect::<anyhow::Result<_>>()
            .map_err(|e| format!("{e:#}"))
    }

    fn row(line: u64, a: &str, b: &str) -> Row {
        Row {
            line,
            cells: vec![a.into(), b.into()],
        }
    }

    #[test]
    fn columns_by_position_or_by_name() {
        let plain = vec![row(1, "一", "二"), row(2, "三", "\"四")];
        assert_eq!(
            read(Format::Tsv, "一\t二\t1\n三\t\"四\r\n".as_bytes(), PAIR),
            Ok(plain)
        );
        let named = vec![row(2, "一", "二")];
        let text = "\u{feff}label\tSentence_B\tsentence_a\n1\t二\t一".as_bytes();
        assert_eq!(read(Format::Tsv, text, PAIR), Ok(named));
        let quoted = vec![row(2, "一\n,", "二"), row(4, "三", "四")];
        let text = "sentence_a,sentence_b\n\"一\n,\",二\n三,四\n".as_bytes();
        assert_eq!(read(Format::Csv, text, PAIR), Ok(quoted));
        let json = vec![row(1, "一", "二"), row(3, "三", "四")];
        let text = "{\"sentence_b\":\"二\",\"sentence_a\":\"一\",\"x\":1}\n\n{\"sentence_a\":\"三\",\"sentence_b\":\"四\"}\n".as_bytes();
        assert_eq!(read(Format::Jsonl, text, PAIR), Ok(json));
        let lines = vec![Row {
            line: 1,
            cells: vec!["a\tb".into()],
        }];
        assert_eq!(read(Format::Txt, b"a\tb\n", &["text"]), Ok(lines));
        assert_eq!(read(Format::Tsv, b"", PAIR), Ok(vec![]));
    }

    #[test]
    fn complaints_name_file_and_line() {
        let cases: &[(Format, &'static [u8], &str)] = &[
            (
                Format::Tsv,
                b"a\tb\nc\n",
                "f cannot be read further: line 2 has 1 column; sentence_a, sentence_b are needed",
            ),
            (
                Format::Tsv,
                b"a\tb\nc\t \n",
                "f:2: sentence_b is empty or blank.",
            ),
            (
                Format::Tsv,
                b"a\tb\n\xff\tb\n",
                "f cannot be read further: line 2 is not UTF-8. A file in GBK or GB18030 becomes UTF-8 by: iconv -f GB18030 -t UTF-8 OLD > NEW (one in UTF-16 by -f UTF-16)",
            ),
            (
                Format::Tsv,
                b"sentence_a\ttext_b\na\tb\n",
                "f cannot be read further: line 1 names sentence_a but not sentence_b; a header row names all of sentence_a, sentence_b",
            ),
            (
                Format::Csv,
                b"a,b\nc\n",
                "f cannot be read further: line 2 has 1 column; sentence_a, sentence_b are needed",
            ),
            (
                Format::Csv,
                b"a,b\n\xff,b\n",
                "f cannot be read further: line 2 is not UTF-8. A file in GBK or GB18030 becomes UTF-8 by: iconv -f GB18030 -t UTF-8 OLD > NEW (one in UTF-16 by -f UTF-16)",
            ),
            (
                Format::Jsonl,
                b"{\"sentence_a\":\"x\"}",
                "f cannot be read further: line 1 has no sentence_b",
            ),
            (
                Format::Jsonl,
                b"{\"sentence_a\":\"x\",\"sentence_b\":1}",
                "f cannot be read further: line 1: sentence_b is not text",
            ),
            (
                Format::Jsonl,
                b"[]",
                "f cannot be read further: line 1 is not a JSON object",
            ),
            (
                Format::Jsonl,
                b"\n{",
                "f cannot be read further: line 2 is not a JSON object",
            ),
        ];
        for (format, text, message) in cases {
            assert_eq!(read(*format, text, PAIR).unwrap_err(), *message);
        }
    }
}
