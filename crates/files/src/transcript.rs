//! Minutes of meetings and subtitles: turns with who speaks and when, read and written in the layouts of the programs that export them.
//!
//! A layout is told by what a file holds: DOCX, SRT and VTT by their marks; text by where names and times stand. `说话人 1 00:00:01` above
//! each turn is that of 飞书妙记, 讯飞 and 通义听悟; `张三(00:00:05)：…` or `张三：…` on its line that of others; what has neither is a turn a line.

mod captions;
mod docx;
mod headed;
mod lead;
mod objects;
mod written;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use serde_json::{Map, Value};

use self::objects::Around;
pub use self::written::{Entry, TranscriptFormat};
use crate::input::unreadable;
use crate::{Format, Input, Remarks, Room};

/// Bytes of a file at most: it is held as a whole.
const MOST_BYTES: u64 = 2 << 30;

/// How zip files begin, of which DOCX is one.
const ZIP: &[u8] = b"PK\x03\x04";

/// What stands around the turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TranscriptLayout {
    /// Names and times on lines of their own, above what was said.
    Above,
    /// Names or times on the line of what was said.
    Before,
    /// A turn a line.
    Lines,
    /// SubRip subtitles.
    Srt,
    /// WebVTT subtitles.
    Vtt,
    /// Objects of JSON.
    Objects,
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
    /// What is said; lines are separated by `\n`. The marks of subtitles, such as italics, are no part of it.
    pub text: Box<str>,
    /// The same with its marks, where it has some.
    marked: Option<Box<str>>,
    /// Lines above it, as they stand there.
    above: Option<Box<str>>,
    /// What stands on its line in front of it.
    before: Option<Box<str>>,
    /// The object that it was.
    object: Option<Box<Map<String, Value>>>,
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
    /// Whether lines end as on Windows.
    has_crlf: bool,
    /// What stands around objects of JSON.
    around: Around,
}

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
        if matches!(&*ending, "csv" | "tsv" | "xls" | "xlsx") {
            bail!(
                "{name} is a table, which is not read as minutes. Save its remarks as TXT, one a line, or as JSONL with text, speaker and time."
            );
        }
        let is_document = bytes.starts_with(ZIP);
        let has_crlf = !is_document
            && bytes
                .split(|b| *b == b'\n')
                .next()
                .is_some_and(|line| line.ends_with(b"\r"));
        let lines = match is_document {
            true => docx::paragraphs(&bytes, room).with_context(|| unreadable(name))?,
            false => {
                let input = Input::sent(name, Format::Txt, bytes, remarks, room)?;
                input.into_lines().with_context(|| unreadable(name))?
            }
        };
        let first = lines.iter().find(|(_, line)| !line.trim().is_empty());
        let first = first.map_or(1, |(number, _)| *number);
        let ((layout, head, turns), around) = parsed(lines).with_context(|| unreadable(name))?;
        let is_captions = matches!(layout, TranscriptLayout::Srt | TranscriptLayout::Vtt);
        if matches!(&*ending, "srt" | "vtt") && (!is_captions || turns.is_empty()) {
            let error = anyhow!(
                "line {first} begins no cue, which has times as in 00:00:01,000 --> 00:00:04,000. If these are no subtitles, give the file the ending .txt"
            );
            return Err(error.context(unreadable(name)));
        }
        if turns.is_empty() {
            bail!("{name} has no turns.");
        }
        Ok(Self {
            name: name.to_owned(),
            layout,
            is_document,
            head,
            turns,
            has_crlf,
            around,
        })
    }
}

/// A line and its number.
type Line = (u64, String);

/// Layout, head and turns.
type Parsed = (TranscriptLayout, Vec<String>, Vec<Turn>);

fn parsed(lines: Vec<Line>) -> anyhow::Result<(Parsed, Around)> {
    let mut texts = lines.iter().map(|(_, line)| line.trim());
    let first = texts.find(|line| !line.is_empty()).unwrap_or_default();
    if first.starts_with(['{', '[']) && objects::is_json(&lines) {
        return objects::turns(&lines);
    }
    let is_vtt = first == "WEBVTT" || first.starts_with("WEBVTT ");
    let parsed = match is_vtt {
        true => captions::vtt(&lines),
        false if captions::is_srt(&lines) => captions::srt(&lines),
        false => headed::turns(lines),
    };
    Ok((parsed, Around::Lines))
}

#[cfg(test)]
mod tests;
