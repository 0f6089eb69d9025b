//! Documents of word processors (DOCX): their paragraphs.

use std::io::{Cursor, Read, Write};

use anyhow::{Context, bail};
use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::Line;
use crate::Room;

/// Where the text lies.
const DOCUMENT: &str = "word/document.xml";

/// Bytes of the text when it is unpacked, at most: a small file may claim to be endless.
const MOST_BYTES: u64 = 256 << 20;

/// Bytes that are unpacked at a time.
const PART: usize = 256 << 10;

/// And how often so many they are kept: as they are, and as lines.
const KEPT: usize = 3;

/// The paragraphs of a document; a line that was broken by hand is one of its own.
///
/// # Errors
/// When it is no such document, or a damaged or too large one, or there is no room for it.
pub(super) fn paragraphs(bytes: &[u8], room: &mut Room<'_>) -> anyhow::Result<Vec<Line>> {
    let damaged = "it is no document of a word processor, or damaged. Save it as .docx or .txt";
    let mut archive = ZipArchive::new(Cursor::new(bytes)).context(damaged)?;
    let document = archive.by_name(DOCUMENT).context(damaged)?;
    let mut xml = document.take(MOST_BYTES + 1);
    let mut text = Vec::new();
    loop {
        room.take(KEPT * PART)?;
        let part = xml.by_ref().take(PART as u64).read_to_end(&mut text);
        if part.context(damaged)? == 0 {
            break;
        }
    }
    if text.len() as u64 > MOST_BYTES {
        bail!("its text has more than 256 MiB");
    }
    let text = String::from_utf8(text).context(damaged)?;
    let lines = lines(&text).context(damaged)?;
    Ok((1..).zip(lines).collect())
}

fn lines(xml: &str) -> anyhow::Result<Vec<String>> {
    let mut reader = Reader::from_str(xml);
    let (mut lines, mut line, mut is_text) = (Vec::new(), String::new(), false);
    loop {
        match reader.read_event()? {
            Event::Start(tag) => is_text = tag.local_name().into_inner() == "t",
            Event::Empty(tag) => match tag.local_name().into_inner() {
                "br" | "cr" => lines.push(std::mem::take(&mut line).trim().to_owned()),
                "tab" => line.push(' '),
                "p" => lines.push(String::new()),
                _ => {}
            },
            Event::Text(text) if is_text => line += &text.xml10_content(),
            Event::CData(text) if is_text => line += &text.xml10_content(),
            Event::GeneralRef(reference) if is_text => {
                let character = reference.resolve_char_ref()?;
                match character {
                    Some(character) => line.push(character),
                    None => {
                        line +=
                            quick_xml::escape::resolve_predefined_entity(&reference.xml10_content())
                                .unwrap_or_default()
                    }
                }
            }
            Event::End(tag) => {
                is_text = false;
                if tag.local_name().into_inner() == "p" {
                    lines.push(std::mem::take(&mut line).trim().to_owned());
                }
            }
            Event::Eof => return Ok(lines),
            _ => {}
        }
    }
}

/// A document of these paragraphs.
///
/// # Errors
/// When it cannot be packed.
pub(super) fn document(paragraphs: &[String]) -> anyhow::Result<Vec<u8>> {
    const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
    const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
    let mut text = String::from(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>"#,
    );
    for paragraph in paragraphs {
        let allowed: String = paragraph.chars().filter(|c| !c.is_control()).collect();
        text += &format!(
            r#"<w:p><w:r><w:t xml:space="preserve">{}</w:t></w:r></w:p>"#,
            escape(&allowed)
        );
    }
    text += "</w:body></w:document>";
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", RELATIONS),
        (DOCUMENT, &text),
    ] {
        archive.start_file(name, SimpleFileOptions::default())?;
        archive.write_all(content.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}
