//! A document without some of its turns, and with notes.

use std::collections::BTreeSet;
use std::io::{Cursor, Write};

use quick_xml::escape::escape;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::*;

/// What becomes of a document.
pub(in super::super) struct Edits<'d> {
    document: &'d Document,
    /// Whether each of its lines is left out.
    lines: Vec<bool>,
    /// Tables and rows that are left out.
    rows: BTreeSet<(usize, usize)>,
    changes: Vec<Change>,
}

/// A stretch of the XML, and what stands there instead.
struct Change {
    at: Range<usize>,
    text: String,
}

impl<'d> Edits<'d> {
    pub(in super::super) fn of(document: &'d Document) -> Self {
        Self {
            document,
            lines: vec![false; document.lines.len()],
            rows: BTreeSet::new(),
            changes: Vec::new(),
        }
    }

    /// Leaves out lines.
    pub(in super::super) fn leave_out(&mut self, lines: impl IntoIterator<Item = usize>) {
        for line in lines {
            self.lines[line] = true;
        }
    }

    /// Leaves out a row of a table.
    pub(in super::super) fn leave_out_row(&mut self, table: usize, row: usize) {
        self.rows.insert((table, row));
    }

    /// Cuts off what stands in a line behind so many characters.
    pub(in super::super) fn cut(&mut self, line: usize, characters: usize) {
        let line = &self.document.lines[line];
        let mut left = line.indent + characters;
        for piece in &line.pieces {
            let kept = left.min(piece.characters);
            left -= kept;
            if kept < piece.characters {
                let start = match kept {
                    0 => piece.at.start,
                    _ => self.byte_of(piece, kept),
                };
                self.change(start..piece.at.end, String::new());
            }
        }
    }

    /// The byte at which the characters of a piece end that are kept.
    fn byte_of(&self, piece: &Piece, kept: usize) -> usize {
        let said = &self.document.xml[piece.at.clone()];
        let byte = said.char_indices().nth(kept).map(|(byte, _)| byte);
        piece.at.start + byte.unwrap_or(said.len())
    }

    /// Puts a text behind a line, which looks like its last word.
    pub(in super::super) fn put(&mut self, line: usize, text: &str) {
        let pieces = self.document.lines[line].pieces.iter();
        if let Some(last) = pieces.rev().find(|piece| piece.is_text) {
            let allowed: String = text.chars().filter(|c| !c.is_control()).collect();
            self.change(last.at.end..last.at.end, escape(&allowed).into_owned());
        }
    }

    fn change(&mut self, at: Range<usize>, text: String) {
        self.changes.push(Change { at, text });
    }

    /// The document as a file.
    ///
    /// # Errors
    /// When it cannot be packed.
    pub(in super::super) fn finish(mut self) -> anyhow::Result<Vec<u8>> {
        self.cut_paragraphs();
        self.cut_rows();
        let xml = self.changed();
        let mut archive = ZipArchive::new(Cursor::new(&self.document.packed))?;
        let mut written = ZipWriter::new(Cursor::new(Vec::new()));
        for place in 0..archive.len() {
            let part = archive.by_index_raw(place)?;
            if part.name_raw() == DOCUMENT.as_bytes() {
                written.start_file(DOCUMENT, SimpleFileOptions::default())?;
                written.write_all(xml.as_bytes())?;
            } else {
                written.raw_copy_file(part)?;
            }
        }
        Ok(written.finish()?.into_inner())
    }

    /// Paragraphs of which all lines are left out, and lines of others.
    fn cut_paragraphs(&mut self) {
        let document = self.document;
        for paragraph in &document.paragraphs {
            let is_out = |line: usize| self.lines[line];
            if !paragraph.lines.clone().any(is_out) {
                continue;
            }
            if !paragraph.stays && paragraph.lines.clone().all(is_out) {
                self.change(paragraph.at.clone(), String::new());
                continue;
            }
            for line in paragraph.lines.clone().filter(|line| self.lines[*line]) {
                let pieces = &document.lines[line].pieces;
                let cut = pieces.iter().map(|piece| Change {
                    at: piece.at.clone(),
                    text: String::new(),
                });
                self.changes.extend(cut);
            }
        }
    }

    fn cut_rows(&mut self) {
        let document = self.document;
        for (number, table) in document.tables.iter().enumerate() {
            let is_out = |row: usize| self.rows.contains(&(number, row));
            let out: Vec<bool> = (0..table.rows.len()).map(is_out).collect();
            if out.iter().all(|is_out| *is_out) && !out.is_empty() {
                self.change(table.at.clone(), String::new());
                continue;
            }
            for (row, _) in out.iter().enumerate().filter(|(_, is_out)| **is_out) {
                self.change(table.rows[row].at.clone(), String::new());
                self.hand_down(table, row, &out);
            }
        }
    }

    /// What stands in cells of a row that are one with those below goes on to the first of these that is kept.
    fn hand_down(&mut self, table: &DocumentTable, row: usize, out: &[bool]) {
        for cell in &table.rows[row].cells {
            if cell.is_continued {
                continue;
            }
            let below = |row: usize| {
                let mut cells = table.rows[row].cells.iter();
                cells.find(|below| below.column == cell.column && below.is_continued)
            };
            let heirs = (row + 1..table.rows.len()).map_while(|row| Some((row, below(row)?)));
            let heir = heirs.into_iter().find(|(row, _)| !out[*row]);
            if let Some((_, heir)) = heir {
                let text = self.document.xml[cell.at.clone()].to_owned();
                self.change(heir.at.clone(), text);
            }
        }
    }

    /// The XML with all changes. One within a stretch that is cut out is none.
    fn changed(&mut self) -> String {
        let xml = &self.document.xml;
        // Of those that begin together the longest comes first, but what is cut in front of a note is cut before it.
        self.changes
            .sort_by_key(|change| (change.at.start, std::cmp::Reverse(change.at.end)));
        let mut written = String::with_capacity(xml.len());
        let mut done = 0;
        for change in &self.changes {
            if change.at.start < done {
                continue;
            }
            written += &xml[done..change.at.start];
            written += &change.text;
            done = change.at.end;
        }
        written += &xml[done..];
        written
    }
}
