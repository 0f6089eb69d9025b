//! Where the lines, paragraphs and tables of a document stand in its XML.

use super::*;

/// Paragraphs that stand within one another, at most.
const DEEPEST: usize = 64;

/// Columns of a table; word processors make 63 at most.
const MOST_COLUMNS: usize = 256;

/// What a document consists of, while it is read.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) lines: Vec<DocumentLine>,
    pub(super) paragraphs: Vec<Paragraph>,
    pub(super) tables: Vec<DocumentTable>,
    /// Paragraphs that are open: a frame within one has its own.
    open: Vec<Open>,
    /// Elements that are open and say nothing: the form of a paragraph, what was moved away, and frames once more for older programs.
    unsaid: usize,
    /// Tables that are open.
    depth: usize,
    is_text: bool,
}

/// A paragraph that is open.
#[derive(Default)]
struct Open {
    start: usize,
    first_line: usize,
    text: String,
    pieces: Vec<Piece>,
    /// Lines that ended in it, since those of paragraphs within it come between.
    ended: Vec<DocumentLine>,
    stays: bool,
}

impl Parts {
    pub(super) fn of(xml: &str) -> anyhow::Result<Self> {
        let mut reader = Reader::from_str(xml);
        let mut parts = Self::default();
        loop {
            let start = reader.buffer_position() as usize;
            let event = reader.read_event()?;
            let at = start..reader.buffer_position() as usize;
            match event {
                Event::Start(tag) if is_of_words(tag.name().into_inner()) => {
                    parts.start(tag.local_name().into_inner(), at);
                    if parts.open.len() > DEEPEST {
                        bail!("its paragraphs stand too deep within one another");
                    }
                }
                Event::Empty(tag) if is_of_words(tag.name().into_inner()) => parts.empty(&tag, at),
                Event::Text(text) if parts.is_said() => parts.say(&text.xml10_content(), at),
                // Its marks are no text.
                Event::CData(text) if parts.is_said() => {
                    let said = text.xml10_content();
                    parts.push(&said, at, false);
                }
                Event::GeneralRef(reference) if parts.is_said() => {
                    let said = match reference.resolve_char_ref()? {
                        Some(character) => character.to_string(),
                        None => {
                            let name = reference.xml10_content();
                            let said = quick_xml::escape::resolve_predefined_entity(&name);
                            said.unwrap_or_default().to_owned()
                        }
                    };
                    parts.say(&said, at);
                }
                Event::End(tag) if is_of_words(tag.name().into_inner()) => {
                    parts.end(tag.local_name().into_inner(), at);
                }
                Event::Eof => return Ok(parts),
                _ => {}
            }
        }
    }

    fn is_said(&self) -> bool {
        self.is_text && self.unsaid == 0
    }

    fn say(&mut self, said: &str, at: Range<usize>) {
        self.push(said, at, true);
    }

    fn push(&mut self, said: &str, at: Range<usize>, is_text: bool) {
        if let Some(open) = self.open.last_mut() {
            open.text += said;
            open.pieces.push(Piece {
                at,
                characters: said.chars().count(),
                is_text,
            });
        }
    }

    fn start(&mut self, name: &str, at: Range<usize>) {
        self.is_text = name == "t";
        match name {
            "Fallback" | "moveFrom" | "pPr" => self.unsaid += 1,
            "p" => self.start_paragraph(at.start),
            "drawing" | "object" | "pict" | "sectPr" => self.stays(),
            "tbl" => {
                self.depth += 1;
                if self.depth == 1 {
                    self.tables.push(DocumentTable {
                        at: at.clone(),
                        rows: Vec::new(),
                    });
                }
            }
            "tr" if self.depth == 1 => {
                if let Some(table) = self.tables.last_mut() {
                    table.rows.push(DocumentRow {
                        at: at.start..at.start,
                        cells: Vec::new(),
                    });
                }
            }
            "tc" if self.depth == 1 => self.start_cell(at.start),
            _ => {}
        }
    }

    fn start_paragraph(&mut self, start: usize) {
        self.open.push(Open {
            start,
            first_line: self.lines.len(),
            ..Open::default()
        });
    }

    fn start_cell(&mut self, start: usize) {
        let line = self.lines.len();
        if let Some(row) = self.row() {
            let behind = |cell: &DocumentCell| (cell.column + cell.span).min(MOST_COLUMNS);
            let column = row.cells.last().map_or(0, behind);
            row.cells.push(DocumentCell {
                at: start..start,
                column,
                span: 1,
                is_continued: false,
                lines: line..line,
            });
        }
    }

    fn empty(&mut self, tag: &BytesStart<'_>, at: Range<usize>) {
        let value = || {
            let value = tag.attributes().flatten();
            let mut value = value.filter(|a| a.key.local_name().into_inner() == "val");
            value.next().map(|a| a.value.into_owned())
        };
        match tag.local_name().into_inner() {
            "br" | "cr" if self.unsaid == 0 => self.break_line(at),
            "tab" if self.unsaid == 0 => self.push(" ", at, false),
            "p" => {
                self.start_paragraph(at.start);
                self.end_paragraph(at.end);
            }
            "sectPr" => self.stays(),
            "gridSpan" if self.depth == 1 => {
                let span = value().and_then(|span| span.parse::<usize>().ok());
                if let Some(cell) = self.cell() {
                    cell.span = span.unwrap_or(1).min(MOST_COLUMNS);
                }
            }
            "vMerge" if self.depth == 1 => {
                let is_first = value().is_some_and(|value| value == "restart");
                if let Some(cell) = self.cell() {
                    cell.is_continued = !is_first;
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str, at: Range<usize>) {
        self.is_text = false;
        let lines = self.lines.len();
        match name {
            "Fallback" | "moveFrom" | "pPr" => self.unsaid = self.unsaid.saturating_sub(1),
            "p" => self.end_paragraph(at.end),
            "tbl" => {
                self.depth = self.depth.saturating_sub(1);
                if let (0, Some(table)) = (self.depth, self.tables.last_mut()) {
                    table.at.end = at.end;
                }
            }
            "tr" if self.depth == 1 => {
                if let Some(row) = self.row() {
                    row.at.end = at.end;
                }
            }
            "tc" if self.depth == 1 => {
                if let Some(cell) = self.cell() {
                    cell.at.end = at.end;
                    cell.lines.end = lines;
                }
                // A cell ends in a paragraph, whatever is in it.
                if let Some(last) = self.paragraphs.last_mut() {
                    last.stays = true;
                }
            }
            _ => {}
        }
    }

    /// The row that is open.
    fn row(&mut self) -> Option<&mut DocumentRow> {
        self.tables.last_mut()?.rows.last_mut()
    }

    /// The cell that is open.
    fn cell(&mut self) -> Option<&mut DocumentCell> {
        self.row()?.cells.last_mut()
    }

    /// The paragraphs that are open have more than text.
    fn stays(&mut self) {
        self.open.iter_mut().for_each(|open| open.stays = true);
    }

    fn break_line(&mut self, at: Range<usize>) {
        let table = self.depth.checked_sub(1).map(|_| self.tables.len() - 1);
        if let Some(open) = self.open.last_mut() {
            open.pieces.push(Piece {
                at,
                characters: 0,
                is_text: false,
            });
            let line = open.line(table);
            open.ended.push(line);
        }
    }

    fn end_paragraph(&mut self, end: usize) {
        let table = self.depth.checked_sub(1).map(|_| self.tables.len() - 1);
        let Some(mut open) = self.open.pop() else {
            return;
        };
        let last = open.line(table);
        open.ended.push(last);
        let number = self.paragraphs.len();
        let first = self.lines.len();
        let has_inner = open.first_line < first;
        for mut line in open.ended {
            line.paragraph = number;
            self.lines.push(line);
        }
        self.paragraphs.push(Paragraph {
            at: open.start..end,
            lines: first..self.lines.len(),
            stays: open.stays || has_inner,
        });
    }
}

impl Open {
    /// The line that ends here.
    fn line(&mut self, table: Option<usize>) -> DocumentLine {
        let said = std::mem::take(&mut self.text);
        let trimmed = said.trim_start();
        DocumentLine {
            indent: said.chars().count() - trimmed.chars().count(),
            text: trimmed.trim_end().to_owned(),
            pieces: std::mem::take(&mut self.pieces),
            paragraph: 0,
            table,
        }
    }
}

/// Whether an element is of the vocabulary of texts: drawings have paragraphs of their own (`a:p`), which say nothing here.
fn is_of_words(name: &str) -> bool {
    !name.starts_with("a:")
}
