//! Files as people have them, row by row: tables and JSON in any encoding, and workbooks; pairs, texts, the entries of a FAQ and the items of
//! collections. Every complaint names the file and the line or the row. What a file was read as is told to whoever listens ([`Remarks`]), in
//! English: neither terminals nor HTTP are known here.

mod blank_end;
mod columns;
mod content;
mod delimited;
mod encoding;
mod faq;
mod fault;
mod halves;
mod header;
mod inference;
mod items;
mod json;
mod label;
mod labelled;
mod lines;
mod misuse;
mod names;
mod origin;
mod quoted;
mod remark;
mod scale;
mod separator;
mod sheet;
mod stream;
mod unclear;
mod wrapper;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use encoding_rs::{Encoding, UTF_8};
use serde_json::Value;

use self::blank_end::WithoutBlankEnd;
pub use self::columns::{Columns, Flags, Layout};
use self::content::Content;
use self::encoding::{Survey, Writing, decoded};
pub use self::faq::{FaqFile, FaqLayout, Questions};
use self::fault::Check;
pub use self::fault::Fault;
pub use self::items::{ItemFile, ItemRow, Refused};
pub use self::labelled::LabelledPairs;
use self::lines::Lines;
pub use self::misuse::Misuse;
pub use self::origin::Origin;
pub use self::remark::{Given, Remark, Remarks, Taken};
pub use self::scale::Scale;
use self::stream::Stream;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Format {
    /// A text a line
    Txt,
    /// Columns separated by tabs, without quotes
    Tsv,
    /// Columns separated by commas, quoted where needed
    Csv,
    /// A JSON object a line
    Jsonl,
    /// A JSON array of objects, also in an object, or objects one after another
    Json,
    /// A workbook, of which the first sheet is read
    Xlsx,
}

impl Format {
    /// That of a file's name.
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "txt" => Self::Txt,
            "tsv" | "tab" => Self::Tsv,
            "csv" => Self::Csv,
            "jsonl" | "ndjson" => Self::Jsonl,
            "json" => Self::Json,
            "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" => Self::Xlsx,
            _ => return None,
        })
    }
}

/// The wanted columns of a row: those that are needed, in the order in which they were asked for, then the optional
/// and the further ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Line of the file, from 1.
    pub line: u64,
    /// What it has in them.
    pub cells: Vec<String>,
}

/// The rows of a file.
pub type Rows = Box<dyn Iterator<Item = anyhow::Result<Row>>>;

/// A row, with what else its file says of it.
#[derive(Debug)]
pub struct Record {
    /// The row itself.
    pub row: Row,
    /// The columns that were not asked for, with their names.
    pub rest: Vec<(Arc<str>, Value)>,
    /// Of an object: the needed and the optional columns as JSON has them, `null` where it has not. Elsewhere none.
    pub values: Vec<Value>,
    /// Why the row is of no use.
    pub fault: Option<Fault>,
}

/// The rows of a file, those that are of no use among them. An error ends them.
pub type Records = Box<dyn Iterator<Item = anyhow::Result<Record>>>;

/// A file that is open.
pub struct Input {
    /// What it is read as.
    pub format: Format,
    pub(crate) origin: Origin,
    /// Its lines or rows, where they are known.
    lines: Option<u64>,
    source: Source,
}

/// What is read.
enum Source {
    /// Text in UTF-8.
    Text(Box<dyn BufRead>),
    /// Rows of a workbook.
    Rows(Vec<delimited::Cells>),
}

/// A file as it lies there.
trait Stored: Read + Seek + 'static {}

impl<T: Read + Seek + 'static> Stored for T {}

impl Input {
    /// Opens `path`, or standard input for `-`; `unnamed` is the format of what does not tell. Remarks say which encoding is read if it is
    /// not UTF-8.
    ///
    /// # Errors
    /// When it cannot be read, is nothing that is read, or its name does not tell what it is.
    pub fn open(
        path: &Path,
        format: Option<Format>,
        unnamed: Format,
        remarks: &Remarks,
    ) -> anyhow::Result<Self> {
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
                    "The name {shown} does not tell the file's format; add --format tsv, csv, jsonl, json, xlsx or txt."
                );
                bail!(Misuse(what));
            }
        };
        if standard {
            return Self::of_stream(origin("standard input", remarks), format, io::stdin());
        }
        let origin = origin(&path.display().to_string(), remarks);
        let file = File::open(path).with_context(|| unreadable(&origin.name))?;
        match file.metadata().is_ok_and(|file| file.is_file()) {
            true => Self::stored(origin, format, file),
            false => Self::of_stream(origin, format, file),
        }
    }

    /// A whole file that was sent, of this name.
    ///
    /// # Errors
    /// When it is nothing that is read.
    pub fn sent(
        name: &str,
        format: Format,
        bytes: Vec<u8>,
        remarks: &Remarks,
    ) -> anyhow::Result<Self> {
        Self::stored(origin(name, remarks), format, Cursor::new(bytes))
    }

    /// What can be read several times.
    fn stored(origin: Origin, format: Format, mut file: impl Stored) -> anyhow::Result<Self> {
        let mut head = Vec::new();
        let read = file
            .by_ref()
            .take(content::HEAD as u64)
            .read_to_end(&mut head);
        read.with_context(|| unreadable(&origin.name))?;
        let format = by_content(format, Content::of(&head), &origin)?;
        file.rewind().with_context(|| unreadable(&origin.name))?;
        if format == Format::Xlsx {
            return Self::of_workbook(origin, file);
        }
        let survey = Survey::of(&mut file).with_context(|| unreadable(&origin.name))?;
        file.rewind().with_context(|| unreadable(&origin.name))?;
        let encoding = match survey.writing() {
            Writing::In(encoding) => encoding,
            Writing::Other(encoding) => {
                let told = anyhow!(encoding::unread(encoding));
                return Err(told.context(unreadable(&origin.name)));
            }
        };
        tell_encoding(&origin, encoding);
        Ok(Self {
            format,
            origin,
            lines: Some(survey.lines()),
            source: Source::Text(decoded(file, encoding)),
        })
    }

    /// What can be read once only.
    fn of_stream(
        origin: Origin,
        format: Format,
        stream: impl Read + 'static,
    ) -> anyhow::Result<Self> {
        let reader = BufReader::with_capacity(1 << 16, stream);
        if format == Format::Xlsx {
            return Self::of_workbook(origin, reader);
        }
        let told = origin.clone();
        let text = Stream::new(reader, move |encoding| tell_encoding(&told, encoding));
        Ok(Self {
            format,
            origin,
            lines: None,
            source: Source::Text(Box::new(text)),
        })
    }

    fn of_workbook(mut origin: Origin, reader: impl Read) -> anyhow::Result<Self> {
        let (sheet, rows) = sheet::rows(reader, &origin)?;
        origin.sheet = Some(sheet);
        Ok(Self {
            format: Format::Xlsx,
            origin,
            lines: Some(rows.len() as u64),
            source: Source::Rows(rows),
        })
    }

    /// Text in UTF-8 that is part of the program.
    pub fn of(name: &str, format: Format, content: &'static [u8]) -> Self {
        Self {
            format,
            origin: origin(name, &Remarks::unheard()),
            lines: None,
            source: Source::Text(Box::new(content)),
        }
    }

    /// The file, as messages name it.
    pub fn name(&self) -> &str {
        self.origin.file()
    }

    /// How many lines or rows it has, where that is known before they are read.
    pub fn lines(&self) -> Option<u64> {
        self.lines
    }

    /// The rows. Columns are found by their names in a header row, else they
    /// stand in the order of `columns`; the optional and the further ones may be missing or blank. Any other blank cell is an
    /// error: it has no meaning to compare.
    pub fn rows(self, columns: Columns) -> Rows {
        let name = self.name().to_owned();
        Box::new(self.records(columns).map(move |record| {
            let Record { row, fault, .. } = record?;
            match fault {
                Some(fault) => Err(fault.into_error(&name, row.line)),
                None => Ok(row),
            }
        }))
    }

    /// As [`Input::rows`], with the rows that are of no use and the columns that were not asked for. Blank rows at the end
    /// are left out.
    pub fn records(self, columns: Columns) -> Records {
        let name = self.name().to_owned();
        let is_table = matches!(self.format, Format::Tsv | Format::Csv | Format::Xlsx);
        let check = Check::of(&columns, is_table);
        let records = match self.source {
            Source::Rows(rows) => delimited::table(rows.into_iter(), columns, self.origin),
            Source::Text(reader) => texts(reader, self.format, columns, self.origin),
        };
        let checked = records.map(move |record| {
            let mut record = record.map_err(|error| error.context(unreadable(&name)))?;
            if record.fault.is_none() {
                record.fault = check.fault(&record.row.cells);
            }
            Ok(record)
        });
        Box::new(WithoutBlankEnd::new(checked))
    }
}

fn origin(name: &str, remarks: &Remarks) -> Origin {
    Origin {
        name: name.to_owned(),
        sheet: None,
        remarks: remarks.clone(),
    }
}

/// The records of a text.
fn texts(reader: Box<dyn BufRead>, format: Format, columns: Columns, origin: Origin) -> Records {
    match format {
        Format::Txt => Box::new(Lines::new(reader).map(|line| {
            let (line, text) = line?;
            Ok(Record {
                row: Row {
                    line,
                    cells: vec![text],
                },
                rest: Vec::new(),
                values: Vec::new(),
                fault: None,
            })
        })),
        Format::Tsv => delimited::tsv(reader, columns, origin),
        Format::Csv => delimited::csv(reader, columns, origin),
        Format::Jsonl => json::lines(reader, columns, origin),
        Format::Json | Format::Xlsx => match json::whole(reader, columns, origin) {
            Ok(records) => records,
            Err(error) => Box::new(std::iter::once(Err(error))),
        },
    }
}

fn unreadable(name: &str) -> String {
    format!("{name} cannot be read")
}

/// The format of a file, by what it holds where its name says another one; remarks say what was taken.
///
/// # Errors
/// When it holds nothing that is read.
fn by_content(format: Format, content: Content, origin: &Origin) -> anyhow::Result<Format> {
    let name = origin.file();
    match (content, format) {
        (Content::Workbook, other) if other != Format::Xlsx => {
            origin.say(format!(
                "{name} is a workbook, other than its name says, and is read as one."
            ));
            Ok(Format::Xlsx)
        }
        (Content::Text, Format::Xlsx) => {
            origin.say(format!(
                "{name} is no workbook but text, and is read as CSV."
            ));
            Ok(Format::Csv)
        }
        (Content::Page, Format::Xlsx | Format::Csv | Format::Tsv) => bail!(
            "{name} is a web page with a table, as many systems export them. Open it in a spreadsheet program, and save it as .xlsx, or as CSV in UTF-8."
        ),
        (Content::Other(what), _) => bail!("{name} is {what}, and no table or text."),
        (_, format) => Ok(format),
    }
}

fn tell_encoding(origin: &Origin, encoding: &'static Encoding) {
    if encoding != UTF_8 {
        let (name, encoding) = (origin.file(), encoding.name().to_uppercase());
        origin.say(format!("{name} is read as {encoding}."));
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
        let input = Input::of("f", format, text);
        input
            .rows(Columns::needed(columns))
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
                "f cannot be read: line 2 has 1 column; sentence_a, sentence_b are needed",
            ),
            (
                Format::Tsv,
                b"a\tb\nc\t \n",
                "f:2: sentence_b is empty or blank.",
            ),
            (
                Format::Tsv,
                b"a\tb\n\xff\tb\n",
                "f cannot be read: line 2 is not UTF-8, and the file is neither GB18030 nor UTF-16. Save it once more as UTF-8",
            ),
            (
                Format::Tsv,
                b"sentence_a\ttext_b\na\tb\n",
                "f cannot be read: line 1 names sentence_a but not sentence_b; a header row names all of sentence_a, sentence_b",
            ),
            (
                Format::Csv,
                b"a,b\nc\n",
                "f cannot be read: line 2 has 1 column; sentence_a, sentence_b are needed",
            ),
            (
                Format::Csv,
                b"a,b\n\xff,b\n",
                "f cannot be read: line 2 is not UTF-8, and the file is neither GB18030 nor UTF-16. Save it once more as UTF-8",
            ),
            (
                Format::Jsonl,
                b"{\"sentence_a\":\"x\"}",
                "f cannot be read: line 1 has no sentence_b",
            ),
            (
                Format::Jsonl,
                b"{\"sentence_a\":\"x\",\"sentence_b\":1}",
                "f cannot be read: line 1: sentence_b is not text",
            ),
            (
                Format::Jsonl,
                b"[]",
                "f cannot be read: line 1 is not a JSON object",
            ),
            (
                Format::Jsonl,
                b"\n{",
                "f cannot be read: line 2 is not a JSON object",
            ),
        ];
        for (format, text, message) in cases {
            assert_eq!(read(*format, text, PAIR).unwrap_err(), *message);
        }
    }
}
