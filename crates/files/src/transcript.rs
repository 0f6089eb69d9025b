//! Minutes of meetings and subtitles: turns with who speaks and when, read and written in the layouts of the programs that export them.
//!
//! A layout is told by what a file holds: DOCX, SRT and VTT by their marks, tables by the names of their columns; text by where names and times stand. `说话人 1 00:00:01` above
//! each turn is that of 飞书妙记, 讯飞 and 通义听悟; `张三(00:00:05)：…` or `张三：…` on its line that of others; what has neither is a turn a line.

mod captions;
mod columns;
mod document;
mod docx;
mod entry;
mod fields;
mod headed;
mod lead;
mod note;
mod object;
mod objects;
mod speech;
mod table;
mod written;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, anyhow, bail};

use self::columns::Delimited;
use self::docx::Document;
pub use self::entry::Entry;
pub use self::note::{Note, NoteLanguage, Numbered, ReadNote, joined_notes};
use self::object::Object;
use self::objects::Around;
pub use self::written::TranscriptFormat;
use crate::content::{self, Content};
use crate::input::unreadable;
use crate::{Format, Input, Remarks, Room};

/// Bytes of a file at most: it is held as a whole.
const MOST_BYTES: u64 = 2 << 30;

/// Bytes that are kept of a line beside its text, however short it is: it may be a turn, with what stands around it.
const KEPT_OF_LINE: usize = size_of::<Line>() + 2 * size_of::<Turn>();

/// How zip files begin, of which DOCX is one.
const ZIP: &[u8] = b"PK\x03\x04";

/// How documents of Word before 2007 begin, of WPS, and those with a password.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Marks that no text has, but where files were put together.
const MARKS: [char; 2] = ['\u{feff}', '\u{200b}'];

/// What stands around the turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TranscriptLayout {
    /// Names and times on lines of their own, above what was said.
    Above,
    /// Names or times on the line of what was said.
    Before,
    /// A turn a line.
    #[default]
    Lines,
    /// SubRip subtitles.
    Srt,
    /// WebVTT subtitles.
    Vtt,
    /// Objects of JSON.
    Objects,
    /// Rows of a table whose columns are named, separated by commas, semicolons or tabs.
    Table,
}

/// A turn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// Line of the file that it begins with, from 1; of DOCX the paragraph.
    pub line: u64,
    /// Who speaks.
    pub speaker: Option<Box<str>>,
    /// When, as the file writes it.
    pub time: Option<Box<str>>,
    /// What is said; lines are separated by `\n`. The marks of subtitles, such as italics, are no part of it, nor are notes.
    pub text: Box<str>,
    /// What an earlier run said of it: the parts of the note behind it.
    pub notes: Box<[ReadNote]>,
    /// The text with its marks, where it has some.
    marked: Option<Box<str>>,
    /// Lines above it, as they stand there.
    above: Option<Box<str>>,
    /// What stands on its line in front of it.
    before: Option<Box<str>>,
    /// Lines in front of it that are none of its own, such as comments, and stay whatever becomes of it.
    ahead: Box<[String]>,
    /// The first and the last of its own lines.
    lines: (u64, u64),
    /// The row of a table that it was: which table, and which row.
    row: Option<(u32, u32)>,
    /// The cells of that row.
    cells: Option<Box<[String]>>,
    /// The object that it was.
    object: Option<Object>,
}

/// The turns of a file, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript {
    /// The file, as messages name it.
    pub name: String,
    /// How it is written.
    pub layout: TranscriptLayout,
    /// Whether it is a document of a word processor, whose paragraphs are its lines.
    pub is_document: bool,
    /// Lines above the first turn: a title, a date, keywords.
    pub head: Vec<String>,
    /// The turns.
    pub turns: Vec<Turn>,
    /// Lines below the last turn that nobody said.
    tail: Vec<String>,
    /// Whether lines end as on Windows.
    has_crlf: bool,
    /// Whether it begins with the byte order mark of UTF-8.
    has_mark: bool,
    /// What stands around objects of JSON.
    around: Around,
    /// The table that it is.
    table: Option<Delimited>,
    /// The document that it is.
    document: Option<Document>,
}

/// What was read of a text.
#[derive(Default)]
struct Parsed {
    layout: TranscriptLayout,
    head: Vec<String>,
    turns: Vec<Turn>,
    tail: Vec<String>,
    around: Around,
    table: Option<Delimited>,
    /// The service that made them of speech, in a form of its own.
    service: Option<&'static str>,
}

/// A line and its number.
type Line = (u64, String);

impl Transcript {
    /// Reads the file at `path`, or standard input for `-`.
    ///
    /// # Errors
    /// When it cannot be read, is no transcript, or has no turns.
    pub fn open(path: &Path, remarks: &Remarks) -> anyhow::Result<Self> {
        let standard = path == Path::new("-");
        let name = match standard {
            true => "standard input".to_owned(),
            false => path.display().to_string(),
        };
        if path.is_dir() {
            bail!("{name} is a folder; name a file.");
        }
        let mut bytes = Vec::new();
        let read = match standard {
            true => io::stdin()
                .lock()
                .take(MOST_BYTES + 1)
                .read_to_end(&mut bytes),
            false => {
                File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
            }
        };
        read.with_context(|| unreadable(&name))?;
        if bytes.len() as u64 > MOST_BYTES {
            bail!("{name} has more than 2 GiB. Split it.");
        }
        Self::sent(&name, bytes, remarks)
    }

    /// Reads a whole file of this name.
    ///
    /// # Errors
    /// When it is no transcript, or has no turns.
    pub fn sent(name: &str, bytes: Vec<u8>, remarks: &Remarks) -> anyhow::Result<Self> {
        // It is in memory as a whole already, and its size is bounded.
        Self::sent_within(name, bytes, remarks, &mut Room::bytes(usize::MAX))
    }

    /// The same, for whoever counts memory.
    ///
    /// # Errors
    /// Also where there is no room for it.
    pub fn sent_within(
        name: &str,
        bytes: Vec<u8>,
        remarks: &Remarks,
        room: &mut Room<'_>,
    ) -> anyhow::Result<Self> {
        let ending = Path::new(name)
            .extension()
            .and_then(|ending| ending.to_str());
        let ending = ending.map(str::to_ascii_lowercase).unwrap_or_default();
        if matches!(&*ending, "xls" | "xlsx" | "ods") {
            bail!(
                "{name} is a workbook, which is not read as minutes. Save it as CSV with the columns text, speaker and time, or its remarks as TXT, one a line."
            );
        }
        check_kind(&bytes, name)?;
        let has_mark = bytes.starts_with(b"\xef\xbb\xbf");
        let (has_crlf, document, mut parsed) = if bytes.starts_with(ZIP) {
            let document = Document::of(bytes, room).with_context(|| unreadable(name))?;
            let parsed = document::parsed(&document, name, remarks, room);
            (
                false,
                Some(document),
                parsed.with_context(|| unreadable(name))?,
            )
        } else {
            let has_crlf = has_crlf(&bytes);
            let input = Input::sent(name, Format::Txt, bytes, remarks, room)?;
            let lines = input.into_lines(KEPT_OF_LINE, room);
            let lines = lines.with_context(|| unreadable(name))?;
            let parsed = of_text(without_marks(lines), name, &ending, room)?;
            (has_crlf, None, parsed)
        };
        if let Some(service) = parsed.service {
            remarks.say(format!(
                "{name} is read as a result of {service}; what is written of it is a list of objects with speaker, time and text, or Markdown."
            ));
        }
        without_notes(&mut parsed.turns);
        if parsed.turns.iter().all(|turn| turn.text.trim().is_empty()) {
            bail!("{name} has no turns.");
        }
        Ok(Self {
            name: name.to_owned(),
            layout: parsed.layout,
            is_document: document.is_some(),
            head: parsed.head,
            turns: parsed.turns,
            tail: parsed.tail,
            has_crlf,
            has_mark,
            around: parsed.around,
            table: parsed.table,
            document,
        })
    }
}

/// # Errors
/// When it is a file of a kind that would be read as something else: of old word processors, a page, or subtitles with styles.
fn check_kind(bytes: &[u8], name: &str) -> anyhow::Result<()> {
    if bytes.starts_with(COMPOUND) {
        bail!(
            "{name} is a document of an old word processor (.doc, .wps), or has a password. Save it as .docx without one, or as .txt."
        );
    }
    let head = &bytes[..bytes.len().min(content::HEAD)];
    let begin = String::from_utf8_lossy(head).to_ascii_lowercase();
    let begin = begin.trim_start_matches(MARKS).trim_start();
    if begin.starts_with("[script info]") {
        bail!("{name} is subtitles with styles (.ass, .ssa). Save them as .srt.");
    }
    if let Some(kind) = other_subtitles(begin) {
        bail!("{name} is subtitles in {kind}, which are not read. Save them as .srt.");
    }
    if Content::of(head) == Content::Page {
        bail!("{name} is a web page. Save its text as .txt, or as .docx.");
    }
    Ok(())
}

/// The format of subtitles that begin so, in small letters, and whose lines would be taken for what is said.
fn other_subtitles(begin: &str) -> Option<&'static str> {
    let is_markup = begin.starts_with('<');
    // {0}{25}, from one picture to another.
    let frames = || {
        let frame = |text: &str| {
            let (frame, rest) = text.strip_prefix('{')?.split_once('}')?;
            let is_number = !frame.is_empty() && frame.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| rest.to_owned())
        };
        frame(begin).and_then(|rest| frame(&rest)).is_some()
    };
    match begin {
        _ if is_markup && begin.contains("<tt") && begin.contains("/ns/ttml") => Some("TTML"),
        _ if begin.starts_with("<sami") => Some("SAMI"),
        _ if begin.starts_with("scenarist_scc") => Some("SCC"),
        _ if frames() => Some("MicroDVD"),
        _ => None,
    }
}

/// Whether the first line ends as on Windows, also in UTF-16.
fn has_crlf(bytes: &[u8]) -> bool {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let line = &bytes[..end.unwrap_or_default()];
    line.ends_with(b"\r") || line.ends_with(b"\r\0") || line.ends_with(b"\r\0\0")
}

/// Lines without the marks of byte order that files bring along when they are put together.
fn without_marks(mut lines: Vec<Line>) -> Vec<Line> {
    for (_, line) in &mut lines {
        if line.starts_with(MARKS) {
            *line = line.trim_start_matches(MARKS).to_owned();
        }
    }
    lines
}

/// # Errors
/// When it has the ending of subtitles or tables and is none, or one that is broken.
fn of_text(
    lines: Vec<Line>,
    name: &str,
    ending: &str,
    room: &mut Room<'_>,
) -> anyhow::Result<Parsed> {
    let first = lines.iter().find(|(_, line)| !line.trim().is_empty());
    let first = first.map_or(1, |(number, _)| *number);
    let separator = match ending {
        "csv" => Some(b','),
        "tsv" => Some(b'\t'),
        _ => None,
    };
    let parsed = parsed(lines, separator, room).with_context(|| unreadable(name))?;
    let is_captions = matches!(parsed.layout, TranscriptLayout::Srt | TranscriptLayout::Vtt);
    if matches!(ending, "srt" | "vtt") && (!is_captions || parsed.turns.is_empty()) {
        let error = anyhow!(
            "line {first} begins no cue, which has times as in 00:00:01,000 --> 00:00:04,000. If these are no subtitles, give the file the ending .txt"
        );
        return Err(error.context(unreadable(name)));
    }
    if separator.is_some() && parsed.layout != TranscriptLayout::Table {
        bail!(
            "{name} is a table whose first row does not say which column is what. Name its columns text, speaker and time, or save its remarks as TXT, one a line."
        );
    }
    Ok(parsed)
}

/// The turns of a text. Its ending may say what its columns are separated by.
fn parsed(lines: Vec<Line>, ending: Option<u8>, room: &mut Room<'_>) -> anyhow::Result<Parsed> {
    let mut texts = lines.iter().map(|(_, line)| line.trim());
    let first = texts.find(|line| !line.is_empty()).unwrap_or_default();
    if first.starts_with(['{', '[']) {
        room.take(objects::kept(&lines))?;
        if objects::is_json(&lines) {
            return objects::turns(&lines);
        }
    }
    if let Some(separator) = columns::separator(&lines, ending) {
        return columns::turns(&lines, separator);
    }
    if let Some(labels) = columns::labels(&lines) {
        return Ok(labels);
    }
    parsed_lines(lines)
}

/// Turns of lines, as documents have them as well.
fn parsed_lines(lines: Vec<Line>) -> anyhow::Result<Parsed> {
    let mut texts = lines.iter().map(|(_, line)| line.trim());
    let first = texts.find(|line| !line.is_empty()).unwrap_or_default();
    match captions::is_vtt(first) {
        true => captions::vtt(&lines),
        false if captions::is_srt(&lines) => captions::srt(&lines),
        false => Ok(headed::turns(lines)),
    }
}

/// Takes away what an earlier run wrote behind turns.
fn without_notes(turns: &mut [Turn]) {
    for turn in turns {
        let (said, notes) = note::split(&turn.text);
        if notes.is_empty() {
            continue;
        }
        let said = said.into();
        turn.notes = notes.into();
        turn.text = said;
        if let Some(marked) = &mut turn.marked {
            *marked = note::split(marked).0.into();
            if marked == &turn.text {
                turn.marked = None;
            }
        }
    }
}

#[cfg(test)]
mod tests;
