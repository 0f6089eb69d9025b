//! Files as people have them, row by row: tables and JSON in any encoding, and workbooks; pairs, texts, the entries of a FAQ, the items of
//! collections and what users did with them. Every complaint names the file and the line or the row. What a file was read as is told to whoever listens ([`Remarks`]), in
//! English: neither terminals nor HTTP are known here.

mod asked;
mod blank_end;
mod cell;
mod clicks;
mod column_names;
mod columns;
mod content;
mod delimited;
mod encoding;
mod export;
mod faq;
mod fault;
mod halves;
mod header;
mod inference;
mod input;
mod items;
mod json;
mod label;
mod labelled;
mod lines;
mod markdown;
mod misuse;
mod names;
mod origin;
mod quoted;
mod related;
mod remark;
mod repeated;
mod room;
mod scale;
mod separator;
mod sheet;
mod stream;
mod template;
mod transcript;
mod unclear;
mod wrapper;

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

pub use self::clicks::Clicks;
pub use self::column_names::ColumnNames;
pub use self::columns::{Columns, Flags, Layout};
pub use self::export::{Book, TableKind, TableWriter, Value as CellValue};
pub use self::faq::{FaqFile, FaqLayout, Questions};
pub use self::fault::Fault;
pub use self::input::Input;
pub use self::items::{ItemFile, ItemRow, Refused};
pub use self::labelled::LabelledPairs;
pub use self::misuse::Misuse;
pub use self::origin::Origin;
pub use self::related::RelatedNames;
pub use self::remark::{Given, Remark, Remarks, Taken};
pub use self::repeated::{Repeated, SeenIds};
pub use self::room::Room;
pub use self::scale::Scale;
pub use self::template::faq_template;
pub use self::transcript::{
    Entry, Note, NoteLanguage, Numbered, ReadNote, Transcript, TranscriptFormat, TranscriptLayout,
    Turn, joined_notes,
};

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

    /// The one in which a file of this name is read: also Markdown, whose tables are told from CSV by what they hold.
    pub fn read_of(path: &Path) -> Option<Self> {
        let of_markdown = || markdown::is_named(&path.to_string_lossy()).then_some(Self::Csv);
        Self::of(path).or_else(of_markdown)
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
    /// What messages call the columns of a table.
    pub columns: ColumnNames,
    /// Of an object: the needed and the optional columns as JSON has them, `null` where it has not. Elsewhere none.
    pub values: Vec<Value>,
    /// Of a table: whether it has each of the optional and the further columns. Elsewhere none.
    pub has: Arc<[bool]>,
    /// Why the row is of no use.
    pub fault: Option<Fault>,
}

impl Record {
    /// Cells of a line of which nothing else is told.
    fn of_cells(line: u64, cells: Vec<String>) -> Self {
        Self {
            row: Row { line, cells },
            rest: Vec::new(),
            columns: ColumnNames::default(),
            values: Vec::new(),
            has: Arc::default(),
            fault: None,
        }
    }
}

/// The rows of a file, those that are of no use among them. An error ends them.
pub type Records = Box<dyn Iterator<Item = anyhow::Result<Record>>>;

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
                "f:2: column B (sentence_b): It is empty or blank.",
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
                "f cannot be read: line 1 has no sentence_b; it has sentence_a. Where it is called otherwise, --columns says how",
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
