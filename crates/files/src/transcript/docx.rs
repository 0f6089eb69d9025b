//! Documents of word processors (DOCX): their lines and tables, and the same documents without some of them or with notes.
//!
//! Nothing is written anew: what is left out is cut from the text of the document and notes are put into it, so that styles, pictures, heads of
//! pages and tables stay as they were.

mod edit;
mod parts;

use std::io::{Cursor, Read};
use std::ops::Range;

use anyhow::{Context, bail};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

pub(super) use self::edit::Edits;
use self::parts::Parts;
use crate::Room;

/// Where the text lies.
const DOCUMENT: &str = "word/document.xml";

/// Bytes of the text when it is unpacked, at most: a small file may claim to be endless.
const MOST_BYTES: u64 = 256 << 20;

/// Bytes that are unpacked at a time.
const PART: usize = 256 << 10;

/// And how often so many they are kept: as they are, as lines, and as the places of these.
const KEPT: usize = 4;

/// Bytes that are kept of an element, however short: of an empty paragraph its line and its place.
const OF_ELEMENT: usize = 192;

/// A document.
#[derive(Clone, PartialEq)]
pub(super) struct Document {
    /// The file.
    packed: Vec<u8>,
    /// Its text, as XML.
    xml: String,
    /// All lines, those of tables among them; a line that was broken by hand is one of its own.
    pub(super) lines: Vec<DocumentLine>,
    paragraphs: Vec<Paragraph>,
    /// The outermost tables.
    pub(super) tables: Vec<DocumentTable>,
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DocumentLine {
    /// What it says, without blanks around it.
    pub(super) text: String,
    /// Blank characters that stand in front of that.
    indent: usize,
    /// What it consists of.
    pieces: Vec<Piece>,
    /// The paragraph that it is of.
    paragraph: usize,
    /// The table that it stands in, if any.
    pub(super) table: Option<usize>,
}

/// A stretch of XML that may be cut out: characters within an element of text, or the whole of an empty element.
#[derive(Clone, Debug, PartialEq)]
struct Piece {
    at: Range<usize>,
    /// Characters that it says.
    characters: usize,
    is_text: bool,
}

/// A paragraph.
#[derive(Clone, Debug, PartialEq)]
struct Paragraph {
    at: Range<usize>,
    lines: Range<usize>,
    /// It has more than text, such as a picture or the end of a section, or is the only one that its cell must have.
    stays: bool,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DocumentTable {
    at: Range<usize>,
    pub(super) rows: Vec<DocumentRow>,
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DocumentRow {
    at: Range<usize>,
    pub(super) cells: Vec<DocumentCell>,
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DocumentCell {
    at: Range<usize>,
    /// Its first column, from 0.
    pub(super) column: usize,
    /// How many columns it takes.
    pub(super) span: usize,
    /// It is one with the cell above it.
    pub(super) is_continued: bool,
    pub(super) lines: Range<usize>,
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("lines", &self.lines.len())
            .finish_non_exhaustive()
    }
}

impl Document {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is no such document, or a damaged or too large one, or there is no room for it.
    pub(super) fn of(packed: Vec<u8>, room: &mut Room<'_>) -> anyhow::Result<Self> {
        let damaged = "it is no document of a word processor, or damaged. Save it as .docx or .txt";
        let xml = unpacked(&packed, room, damaged)?;
        let parts = Parts::of(&xml).context(damaged)?;
        Ok(Self {
            packed,
            lines: parts.lines,
            paragraphs: parts.paragraphs,
            tables: parts.tables,
            xml,
        })
    }

    /// The lines of a cell as one text.
    pub(super) fn text(&self, cell: &DocumentCell) -> String {
        let lines = self.lines[cell.lines.clone()].iter();
        let filled = lines.map(|line| line.text.as_str());
        let filled: Vec<&str> = filled.filter(|line| !line.is_empty()).collect();
        filled.join("\n")
    }
}

/// The text of the document, as XML.
fn unpacked(packed: &[u8], room: &mut Room<'_>, damaged: &'static str) -> anyhow::Result<String> {
    let mut archive = ZipArchive::new(Cursor::new(packed)).context(damaged)?;
    let document = archive.by_name(DOCUMENT).context(damaged)?;
    let mut xml = document.take(MOST_BYTES + 1);
    let mut text = Vec::new();
    loop {
        room.take(KEPT * PART)?;
        let part = xml.by_ref().take(PART as u64).read_to_end(&mut text);
        let part = part.context(damaged)?;
        if part == 0 {
            break;
        }
        let new = &text[text.len() - part..];
        let elements = new.iter().filter(|byte| **byte == b'<').count();
        room.take(elements * OF_ELEMENT)?;
    }
    if text.len() as u64 > MOST_BYTES {
        bail!("its text has more than 256 MiB");
    }
    let text = String::from_utf8(text).context(damaged)?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(text) => text.to_owned(),
        None => text,
    })
}
