//! Turns in the layout that they were read in, or as Markdown.

use std::path::Path;

use super::entry::Entry;
use super::lead::is_time_of_turn;
use super::object::Object;
use super::{Transcript, TranscriptLayout, Turn, document, objects};

/// How turns are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TranscriptFormat {
    /// As they were read.
    Own,
    /// As a list in Markdown.
    Markdown,
}

impl TranscriptFormat {
    /// That of a file's name.
    pub fn of(path: &Path) -> Self {
        let ending = path.extension().and_then(|ending| ending.to_str());
        match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("md" | "markdown") => Self::Markdown,
            _ => Self::Own,
        }
    }
}

impl Transcript {
    /// Some of the turns, in the order in which they were read, as the bytes of a file. A document stays as it is but for the others and the notes.
    ///
    /// # Errors
    /// When a document cannot be packed, or a table cannot be written.
    pub fn written(&self, entries: &[Entry], format: TranscriptFormat) -> anyhow::Result<Vec<u8>> {
        let own = format == TranscriptFormat::Own;
        if let Some(document) = self.document.as_ref().filter(|_| own) {
            return document::written(document, &self.turns, entries);
        }
        if let Some(table) = self.table.as_ref().filter(|_| own) {
            let rows = self.said(entries).map(|(turn, said, _)| (turn, said));
            let mut bytes = self.byte_order_mark().as_bytes().to_vec();
            bytes.extend(table.written(rows, self.has_crlf)?);
            return Ok(bytes);
        }
        let text = match (format, self.layout) {
            (TranscriptFormat::Markdown, _) => return Ok(self.markdown(entries).into_bytes()),
            (_, TranscriptLayout::Objects) => return self.objects(entries),
            (_, TranscriptLayout::Srt | TranscriptLayout::Vtt) => self.captions(entries),
            _ => self.lines(entries),
        };
        let text = format!("{}{text}", self.byte_order_mark());
        match self.has_crlf {
            true => Ok(text.replace('\n', "\r\n").into_bytes()),
            false => Ok(text.into_bytes()),
        }
    }

    /// What it begins with, if the file did: by that programs of Windows know UTF-8.
    fn byte_order_mark(&self) -> &'static str {
        if self.has_mark { "\u{feff}" } else { "" }
    }

    /// Whether it is written in its own format to files with this ending.
    pub fn is_written_as(&self, ending: &str) -> bool {
        match ending {
            "docx" => self.is_document,
            _ if self.is_document => false,
            "srt" => self.layout == TranscriptLayout::Srt,
            "vtt" => self.layout == TranscriptLayout::Vtt,
            "json" | "jsonl" | "ndjson" => self.layout == TranscriptLayout::Objects,
            "csv" | "tsv" => self
                .table
                .as_ref()
                .is_some_and(|table| table.is_written_as(ending)),
            "txt" => true,
            _ => false,
        }
    }

    /// The turns that are written, each with its words and its note, and with what stands in front of it: also in front of those that are left out between.
    fn said<'a>(
        &'a self,
        entries: &'a [Entry],
    ) -> impl Iterator<Item = (&'a Turn, String, String)> {
        let mut next = 0;
        entries.iter().map(move |entry| {
            let turn = &self.turns[entry.turn];
            let ahead = self.ahead(next..entry.turn + 1);
            next = entry.turn + 1;
            let note = entry.note.as_ref().map(|note| format!(" {note}"));
            let before = turn.before.as_deref().unwrap_or_default();
            let text = turn.marked.as_ref().unwrap_or(&turn.text);
            let said = format!("{text}{}", note.unwrap_or_default());
            // What is indented below a point of a list belongs to it.
            let is_point = match self.layout {
                TranscriptLayout::Lines => !before.is_empty(),
                TranscriptLayout::Before => before.starts_with("- "),
                _ => false,
            };
            let said = match is_point {
                true => said.replace('\n', "\n  "),
                false => said,
            };
            let said = format!("{before}{said}");
            (turn, said, ahead)
        })
    }

    /// What stands in front of turns and is none of theirs.
    fn ahead(&self, turns: std::ops::Range<usize>) -> String {
        let turns = self.turns.get(turns).unwrap_or_default().iter();
        let lines = turns.flat_map(|turn| turn.ahead.iter());
        lines.map(|line| format!("{line}\n")).collect()
    }

    /// The head, with an empty line behind.
    fn head(&self) -> String {
        let mut head: String = self.head.iter().map(|line| format!("{line}\n")).collect();
        if !head.is_empty() {
            head.push('\n');
        }
        head
    }

    /// What stands below the last of these turns: in front of those that are left out at the end, and behind all.
    fn foot(&self, entries: &[Entry]) -> String {
        let next = entries.last().map_or(0, |entry| entry.turn + 1);
        let tail = self.tail.iter().map(|line| format!("{line}\n"));
        self.ahead(next..self.turns.len()) + &tail.collect::<String>()
    }

    fn lines(&self, entries: &[Entry]) -> String {
        let mut text = self.head();
        for (turn, said, ahead) in self.said(entries) {
            text += &ahead;
            match &turn.above {
                Some(above) => text += &format!("{above}\n{said}\n\n"),
                None => text += &format!("{said}\n"),
            }
        }
        let foot = self.foot(entries);
        if !foot.is_empty() && !text.ends_with("\n\n") {
            text.push('\n');
        }
        text + &foot
    }

    fn captions(&self, entries: &[Entry]) -> String {
        let mut text = self.head();
        for (number, (turn, said, ahead)) in (1..).zip(self.said(entries)) {
            if !ahead.is_empty() {
                text += &format!("{ahead}\n");
            }
            if self.layout == TranscriptLayout::Srt {
                text += &format!("{number}\n");
            }
            let times = turn.above.as_deref().unwrap_or_default();
            text += &match said.is_empty() {
                true => format!("{times}\n\n"),
                false => format!("{times}\n{said}\n\n"),
            };
        }
        let foot = self.foot(entries);
        text + &foot
    }

    fn objects(&self, entries: &[Entry]) -> anyhow::Result<Vec<u8>> {
        let object = |entry: &Entry| {
            let object = self.turns[entry.turn].object.as_ref();
            let mut object = object.map(Object::to_map).unwrap_or_default();
            let left_out = entry.stands_for.iter().map(|&turn| &self.turns[turn]);
            for object_left_out in left_out.filter_map(|turn| turn.object.as_ref()) {
                objects::inherit(&mut object, object_left_out);
            }
            let fields = entry.fields.iter().map(|(key, value)| (*key, value));
            objects::add(&mut object, fields);
            object
        };
        objects::written(entries.iter().map(object), &self.around)
    }

    fn markdown(&self, entries: &[Entry]) -> String {
        // That of subtitles says how they look.
        let mut text = match self.layout {
            TranscriptLayout::Vtt => String::new(),
            _ => self.head(),
        };
        for entry in entries {
            let turn = &self.turns[entry.turn];
            let who = point_lead(turn);
            let note = entry.note.as_ref().map(|note| format!(" *{note}*"));
            // An empty line would end the point.
            let lines = turn.text.lines().map(str::trim);
            let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
            let said = lines.join("  \n  ");
            text += &format!("- {who}{said}{}\n", note.unwrap_or_default());
        }
        text
    }
}

/// Who speaks and when, as it stands in front of a point of a list. Behind a name that ends with a number and has no time stands a colon, or the number would
/// be read as one: 说话人 1.
fn point_lead(turn: &Turn) -> String {
    let bold = |who: &str| format!("**{who}** ");
    match (turn.speaker.as_deref(), turn.time.as_deref()) {
        (None, None) => String::new(),
        (None, Some(time)) => bold(time),
        (Some(speaker), Some(time)) => bold(&format!("{speaker} {time}")),
        (Some(speaker), None) => {
            let last = speaker.rsplit(' ').next().unwrap_or_default();
            match is_time_of_turn(last) {
                true => bold(&format!("{speaker}：")),
                false => bold(speaker),
            }
        }
    }
}
