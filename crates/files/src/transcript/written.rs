//! Turns in the layout that they were read in, or as Markdown.

use std::path::Path;

use serde_json::{Map, Value};

use super::{Transcript, TranscriptLayout, Turn, docx, objects};

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

/// A turn that is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// Its place among the turns.
    pub turn: usize,
    /// What stands behind what is said.
    pub note: Option<String>,
    /// What an object of JSON has beside its own fields.
    pub fields: Map<String, Value>,
}

impl Transcript {
    /// Some of the turns, in this order, as the bytes of a file.
    ///
    /// # Errors
    /// When a document cannot be packed.
    pub fn written(&self, entries: &[Entry], format: TranscriptFormat) -> anyhow::Result<Vec<u8>> {
        let text = match (format, self.layout) {
            (TranscriptFormat::Markdown, _) => return Ok(self.markdown(entries).into_bytes()),
            (_, TranscriptLayout::Objects) => return self.objects(entries),
            (_, TranscriptLayout::Srt | TranscriptLayout::Vtt) => self.captions(entries),
            _ => self.lines(entries),
        };
        match self.is_document {
            true => {
                let paragraphs: Vec<String> = text.lines().map(str::to_owned).collect();
                docx::document(&paragraphs)
            }
            false if self.has_crlf => Ok(text.replace('\n', "\r\n").into_bytes()),
            false => Ok(text.into_bytes()),
        }
    }

    fn turns_of<'a>(&'a self, entries: &'a [Entry]) -> impl Iterator<Item = (&'a Turn, String)> {
        entries.iter().map(|entry| {
            let turn = &self.turns[entry.turn];
            let note = entry.note.as_ref().map(|note| format!(" {note}"));
            let before = turn.before.as_deref().unwrap_or_default();
            let text = turn.marked.as_ref().unwrap_or(&turn.text);
            let said = format!("{before}{text}{}", note.unwrap_or_default());
            (turn, said)
        })
    }

    /// The head, with an empty line behind.
    fn head(&self) -> String {
        let mut head: String = self.head.iter().map(|line| format!("{line}\n")).collect();
        if !head.is_empty() {
            head.push('\n');
        }
        head
    }

    fn lines(&self, entries: &[Entry]) -> String {
        let mut text = self.head();
        for (turn, said) in self.turns_of(entries) {
            match &turn.above {
                Some(above) => text += &format!("{above}\n{said}\n\n"),
                None => text += &format!("{said}\n"),
            }
        }
        text
    }

    fn captions(&self, entries: &[Entry]) -> String {
        let mut text = self.head();
        for (number, (turn, said)) in (1..).zip(self.turns_of(entries)) {
            if self.layout == TranscriptLayout::Srt {
                text += &format!("{number}\n");
            }
            let times = turn.above.as_deref().unwrap_or_default();
            text += &format!("{times}\n{said}\n\n");
        }
        text
    }

    fn objects(&self, entries: &[Entry]) -> anyhow::Result<Vec<u8>> {
        let object = |entry: &Entry| {
            let object = self.turns[entry.turn].object.as_deref();
            let mut object = object.cloned().unwrap_or_default();
            object.extend(entry.fields.clone());
            object
        };
        objects::written(entries.iter().map(object).collect(), &self.around)
    }

    fn markdown(&self, entries: &[Entry]) -> String {
        let mut text = self.head();
        for entry in entries {
            let turn = &self.turns[entry.turn];
            let who = [turn.speaker.as_deref(), turn.time.as_deref()];
            let who: Vec<&str> = who.into_iter().flatten().collect();
            let who = match who.is_empty() {
                true => String::new(),
                false => format!("**{}** ", who.join(" ")),
            };
            let note = entry.note.as_ref().map(|note| format!(" *{note}*"));
            let said = turn.text.replace('\n', "  \n  ");
            text += &format!("- {who}{said}{}\n", note.unwrap_or_default());
        }
        text
    }
}
