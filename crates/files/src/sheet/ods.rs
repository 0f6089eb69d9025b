//! Merged cells of OpenDocument spreadsheets (.ods), which the reader of workbooks passes over.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use calamine::Dimensions;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

/// What such a file says it is.
const KIND: &str = "application/vnd.oasis.opendocument.spreadsheet";

/// The merged cells of a sheet, by its name.
type OfSheet = (String, Vec<Dimensions>);

/// The merged cells of each sheet; none where the workbook is of another kind.
///
/// # Errors
/// When it is damaged.
pub(super) fn merged(bytes: &[u8]) -> anyhow::Result<Vec<OfSheet>> {
    let Some(xml) = content(bytes)? else {
        return Ok(Vec::new());
    };
    let mut reader = Reader::from_str(&xml);
    let mut sheets = Sheets::default();
    loop {
        match reader.read_event()? {
            Event::Start(tag) => sheets.start(&tag),
            Event::Empty(tag) => {
                sheets.start(&tag);
                sheets.end(tag.name().into_inner());
            }
            Event::End(tag) => sheets.end(tag.name().into_inner()),
            Event::Eof => return Ok(sheets.all),
            _ => {}
        }
    }
}

/// The text of the workbook, as XML.
fn content(bytes: &[u8]) -> anyhow::Result<Option<String>> {
    let Some(mut archive) = opened(bytes)? else {
        return Ok(None);
    };
    let mut xml = String::new();
    archive.by_name("content.xml")?.read_to_string(&mut xml)?;
    Ok(Some(xml))
}

/// Whether a file says that it is such a one.
pub(super) fn is(bytes: &[u8]) -> bool {
    opened(bytes).is_ok_and(|archive| archive.is_some())
}

/// The parts of such a file; `None`: it is of another kind.
fn opened(bytes: &[u8]) -> anyhow::Result<Option<ZipArchive<Cursor<&[u8]>>>> {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else {
        return Ok(None);
    };
    let mut kind = Vec::new();
    if let Ok(part) = archive.by_name("mimetype") {
        part.take(KIND.len() as u64).read_to_end(&mut kind)?;
    }
    Ok((kind == KIND.as_bytes()).then_some(archive))
}

/// Sheets, while they are read.
#[derive(Default)]
struct Sheets {
    all: Vec<OfSheet>,
    /// Tables that are open: a cell may hold one.
    depth: usize,
    /// The row and the column of the next cell, from 0, and how many rows this one is.
    row: u32,
    column: u32,
    rows: u32,
}

impl Sheets {
    fn start(&mut self, tag: &BytesStart<'_>) {
        match tag.name().into_inner() {
            "table:table" => {
                self.depth += 1;
                if self.depth == 1 {
                    let name = attribute(tag, "table:name").unwrap_or_default();
                    self.all.push((name, Vec::new()));
                    self.row = 0;
                }
            }
            "table:table-row" if self.depth == 1 => {
                self.column = 0;
                self.rows = number(tag, "table:number-rows-repeated");
            }
            "table:table-cell" | "table:covered-table-cell" if self.depth == 1 => {
                self.cell(
                    number(tag, "table:number-rows-spanned"),
                    number(tag, "table:number-columns-spanned"),
                );
                let repeated = number(tag, "table:number-columns-repeated");
                self.column = self.column.saturating_add(repeated);
            }
            _ => {}
        }
    }

    /// A cell that takes so many.
    fn cell(&mut self, rows: u32, columns: u32) {
        let start = (self.row, self.column);
        let end = (
            start.0.saturating_add(rows - 1),
            start.1.saturating_add(columns - 1),
        );
        if let Some((_, merged)) = self.all.last_mut().filter(|_| start != end) {
            merged.push(Dimensions { start, end });
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "table:table" => self.depth = self.depth.saturating_sub(1),
            "table:table-row" if self.depth == 1 => self.row = self.row.saturating_add(self.rows),
            _ => {}
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes().flatten();
    let found = attributes.find(|attribute| attribute.key.into_inner() == name)?;
    let told = unescape(&found.value).map(Cow::into_owned);
    Some(told.unwrap_or_else(|_| found.value.into_owned()))
}

/// A number of cells, 1 where it is not told.
fn number(tag: &BytesStart<'_>, name: &str) -> u32 {
    let told = attribute(tag, name).and_then(|told| told.parse().ok());
    told.unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn book(kind: &str, tables: &str) -> Vec<u8> {
        let xml = format!(
            r#"<?xml version="1.0" encoding="UTF-8"?><office:document-content><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"#
        );
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in [("mimetype", kind), ("content.xml", xml.as_str())] {
            archive
                .start_file(name, SimpleFileOptions::default())
                .unwrap();
            archive.write_all(content.as_bytes()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn merged_cells_are_counted_through_what_is_repeated() {
        let cell = |attributes: &str| {
            format!("<table:table-cell {attributes}><text:p>x</text:p></table:table-cell>")
        };
        let sub = "<table:table-cell><table:table table:name=\"in\"><table:table-row><table:table-cell table:number-rows-spanned=\"9\"/></table:table-row></table:table></table:table-cell>";
        let tables = [
            "<table:table table:name=\"A &amp; B\">",
            "<table:table-row table:number-rows-repeated=\"3\"><table:table-cell table:number-columns-repeated=\"1024\"/></table:table-row>",
            "<table:table-row>",
            &cell("table:number-columns-repeated=\"2\""),
            sub,
            &cell("table:number-rows-spanned=\"2\" table:number-columns-spanned=\"1\""),
            "</table:table-row><table:table-row>",
            &cell("table:number-columns-spanned=\"2\""),
            "<table:covered-table-cell table:number-columns-repeated=\"3\"/></table:table-row>",
            "</table:table><table:table table:name=\"C\"/>",
        ];
        let found = merged(&book(KIND, &tables.concat())).unwrap();
        let dimensions = |start, end| Dimensions { start, end };
        assert_eq!(
            found,
            [
                (
                    "A & B".to_owned(),
                    vec![dimensions((3, 3), (4, 3)), dimensions((4, 0), (4, 1))]
                ),
                ("C".to_owned(), vec![]),
            ]
        );
        assert_eq!(merged(&book("application/zip", "<a")).unwrap(), []);
        assert_eq!(merged(b"no archive").unwrap(), []);
        assert!(merged(&book(KIND, "<table:table></x>")).is_err());
    }
}
