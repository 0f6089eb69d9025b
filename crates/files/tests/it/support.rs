use std::io::{Cursor, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use yuyi_files::{Format, Input, ItemFile, Layout, Remarks, Room};
use yuyi_store::{Collection, Item, Role, Space, WordRules};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// What was read of a file.
#[derive(Debug)]
pub struct Read {
    pub items: Vec<Item>,
    /// Their lines.
    pub lines: Vec<u64>,
    /// Why rows were refused, with their places.
    pub refused: Vec<String>,
    /// What was said of it.
    pub told: Vec<String>,
}

/// A collection of a model, without declared fields.
pub fn collection() -> Collection {
    Collection {
        name: "faq".into(),
        number: 1,
        space: Space {
            model: Some("m".into()),
            ..Space::given(2)
        },
        role: Role::Symmetric,
        fields: Vec::new(),
        unanswered: false,
        words: WordRules::default(),
        count: 0,
        generation: 0,
        reindex: None,
        damaged: None,
    }
}

/// Reads a file that was sent, with room for so many bytes.
pub fn read_within(name: &str, bytes: &[u8], room: usize) -> Result<Read, String> {
    read_of(name, |format, remarks| {
        Input::sent(
            name,
            format,
            bytes.to_vec(),
            remarks,
            &mut Room::bytes(room),
        )
    })
}

/// Reads a file that was sent.
pub fn read(name: &str, bytes: impl AsRef<[u8]>) -> Read {
    read_within(name, bytes.as_ref(), 256 << 20).unwrap()
}

/// What is wrong with a file that was sent.
pub fn refused(name: &str, bytes: impl AsRef<[u8]>) -> String {
    read_within(name, bytes.as_ref(), 256 << 20).unwrap_err()
}

/// Reads a file of `tests/data` by its path.
pub fn read_own(name: &str) -> Result<Read, String> {
    let path = data(name);
    read_of(name, |format, remarks| {
        Input::open(&path, Some(format), format, remarks)
    })
}

/// Reads a file of these bytes by its path.
pub fn read_stored(name: &str, bytes: &[u8]) -> Result<Read, String> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    read_of(name, |format, remarks| {
        Input::open(&path, Some(format), format, remarks)
    })
}

/// A file of `tests/data`.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

fn read_of(
    name: &str,
    open: impl FnOnce(Format, &Remarks) -> anyhow::Result<Input>,
) -> Result<Read, String> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let remarks = Remarks::to(move |remark| sink.lock().unwrap().push(remark.to_string()));
    let format = Format::read_of(Path::new(name)).unwrap();
    let folder = format!("{}/", data("").display());
    let folder = folder.replace("//", "/");
    let shown = |error: anyhow::Error| format!("{error:#}").replace(&folder, "");
    let input = open(format, &remarks).map_err(shown)?;
    let file = ItemFile::of(input, &Layout::default(), &collection()).map_err(shown)?;
    let origin = file.origin();
    let (mut items, mut lines, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for row in file {
        let row = row.map_err(shown)?;
        match row.item {
            Ok(item) => {
                items.push(item.item);
                lines.push(row.line);
            }
            Err(why) => refused.push(shown(anyhow::anyhow!(
                "{}: {}",
                origin.at(row.line),
                why.fault.text
            ))),
        }
    }
    let told = told.lock().unwrap().clone();
    let told = told.iter().map(|told: &String| told.replace(&folder, ""));
    let told = told.collect();
    Ok(Read {
        items,
        lines,
        refused,
        told,
    })
}

/// The text, the wordings and the answer of each item.
pub fn entries(read: &Read) -> Vec<(&str, Vec<&str>, &str)> {
    assert!(read.refused.is_empty(), "{read:?}");
    read.items.iter().map(entry).collect()
}

fn entry(item: &Item) -> (&str, Vec<&str>, &str) {
    let wordings = item.wordings.iter().map(String::as_str).collect();
    let answer = item.answer.as_deref().unwrap_or_default();
    (&item.text, wordings, answer)
}

/// A zip archive of these parts, which are packed.
pub fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        match name.strip_suffix('/') {
            Some(folder) => archive
                .add_directory(folder, SimpleFileOptions::default())
                .unwrap(),
            None => {
                archive
                    .start_file(*name, SimpleFileOptions::default())
                    .unwrap();
                archive.write_all(content).unwrap();
            }
        }
    }
    archive.finish().unwrap().into_inner()
}

/// A part of a zip archive, as text.
pub fn part(archive: &[u8], name: &str) -> String {
    let mut archive = ZipArchive::new(Cursor::new(archive)).unwrap();
    let mut text = String::new();
    let mut part = archive.by_name(name).unwrap();
    part.read_to_string(&mut text).unwrap();
    text
}

/// A workbook whose one sheet has this inside, and these shared texts.
pub fn book(sheet: &str, texts: &str) -> Vec<u8> {
    const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
    const MAIN: &str = r#"xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships""#;
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
    let types = format!(
        r#"{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#
    );
    let relation = |id: &str, kind: &str, target: &str| {
        format!(r#"<Relationship Id="{id}" Type="{OFFICE}/{kind}" Target="{target}"/>"#)
    };
    let relations = |inside: &str| {
        format!(r#"{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{inside}</Relationships>"#)
    };
    let root = relations(&relation("rId1", "officeDocument", "xl/workbook.xml"));
    let of_book = relations(&format!(
        "{}{}",
        relation("rId1", "worksheet", "worksheets/sheet1.xml"),
        relation("rId2", "sharedStrings", "sharedStrings.xml")
    ));
    let workbook = format!(
        r#"{HEAD}<workbook {MAIN}><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>"#
    );
    // With a namespace of its own and folders as entries, as WPS writes it.
    let sheet = format!(
        r#"{HEAD}<worksheet {MAIN} xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData"><sheetPr/><sheetData>{sheet}</sheetData></worksheet>"#
    );
    let texts = format!(r#"{HEAD}<sst {MAIN}>{texts}</sst>"#);
    archive(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/", b""),
        ("_rels/.rels", root.as_bytes()),
        ("xl/", b""),
        ("xl/_rels/workbook.xml.rels", of_book.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/worksheets/", b""),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/sharedStrings.xml", texts.as_bytes()),
    ])
}

/// The same as programs write it that put whole paths into relations, and dates in a format of their own.
pub fn odd_book(sheet: &str, texts: &str) -> Vec<u8> {
    let dates = r#"<numFmts count="1"><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/></numFmts><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="176" applyNumberFormat="1"/></cellXfs>"#;
    styled_book(sheet, texts, dates)
}

/// The same with these styles.
pub fn styled_book(sheet: &str, texts: &str, styles: &str) -> Vec<u8> {
    const MAIN: &str = r#"xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:relationships="http://schemas.openxmlformats.org/officeDocument/2006/relationships""#;
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
    let relation = |id: &str, kind: &str, target: &str| {
        format!(r#"<Relationship Id="{id}" Type="{OFFICE}/{kind}" Target="{target}"/>"#)
    };
    let relations = |inside: String| {
        format!(r#"<Relationships xmlns="{PACKAGE}/relationships">{inside}</Relationships>"#)
    };
    let root = relations(relation("rId1", "officeDocument", "/xl/workbook.xml"));
    let of_book = relations(
        relation("rId1", "worksheet", "/xl/worksheets/sheet1.xml")
            + &relation("rId2", "sharedStrings", "/xl/sharedStrings.xml")
            + &relation("rId3", "styles", "/xl/styles.xml"),
    );
    let workbook = format!(
        r#"<workbook {MAIN}><workbookPr/><sheets><sheet name="Sheet1" sheetId="1" relationships:id="rId1"/></sheets></workbook>"#
    );
    let styles = format!("<styleSheet {MAIN}>{styles}</styleSheet>");
    let sheet = format!(r#"<worksheet {MAIN}><sheetData>{sheet}</sheetData></worksheet>"#);
    let texts = format!(r#"<sst {MAIN}>{texts}</sst>"#);
    archive(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", root.as_bytes()),
        ("xl/_rels/workbook.xml.rels", of_book.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/styles.xml", styles.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/sharedStrings.xml", texts.as_bytes()),
    ])
}

/// A row of a sheet with texts.
pub fn row(number: usize, cells: &[&str]) -> String {
    let cell = |(i, text): (usize, &&str)| {
        let column = char::from(b'A' + i as u8);
        format!(
            r#"<c r="{column}{number}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>"#
        )
    };
    let cells: String = cells.iter().enumerate().map(cell).collect();
    format!(r#"<row r="{number}">{cells}</row>"#)
}
