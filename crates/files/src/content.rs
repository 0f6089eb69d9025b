//! What a file holds, whatever its name says.

/// What the first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Content {
    Text,
    /// Of a spreadsheet program.
    Workbook,
    /// HTML, or a table in XML, which web systems and old programs call a workbook.
    Page,
    /// Something that is no table, by what it is.
    Other(&'static str),
}

/// How files begin that are no text.
const OTHERS: [(&[u8], &str); 23] = [
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh9", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a rar archive"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3\0", "a database of SQLite"),
    (b"\x93NUMPY", "a matrix of NumPy"),
    (b"\x80\x04\x95", "a pickle of Python"),
    (b"\x80\x05\x95", "a pickle of Python"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"ID3", "a recording"),
    (b"OggS\0", "a recording"),
    (b"fLaC", "a recording"),
    (b"{\\rtf", "a document in RTF"),
    // Without the container of later ones.
    (
        b"\x09\x08\x08\x00",
        "a workbook as Excel wrote them before 1997",
    ),
    (
        b"\x09\x04\x06\x00",
        "a workbook as Excel wrote them before 1997",
    ),
    (
        b"\x09\x02\x06\x00",
        "a workbook as Excel wrote them before 1997",
    ),
    (
        b"\x09\x00\x04\x00",
        "a workbook as Excel wrote them before 1997",
    ),
];

/// How zip files and the older workbooks of Excel begin.
const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"];

/// How pages begin.
const PAGES: [&str; 7] = [
    "<!doctype html",
    "<html",
    "<head>",
    "<meta",
    "<table",
    "<?xml",
    "<workbook",
];

/// Bytes that tell.
pub(super) const HEAD: usize = 256;

impl Content {
    /// That of a file that begins with these bytes.
    pub(super) fn of(head: &[u8]) -> Self {
        if WORKBOOKS.iter().any(|begin| head.starts_with(begin)) {
            return Self::Workbook;
        }
        if let Some((_, what)) = OTHERS.iter().find(|(begin, _)| head.starts_with(begin)) {
            return Self::Other(what);
        }
        // MPEG-4, in which what follows has a length in front.
        if head.get(4..8) == Some(b"ftyp") {
            return Self::Other("a recording");
        }
        // Also in UTF-16, of which every other byte is 0.
        let letters = head.iter().filter(|byte| byte.is_ascii() && **byte != 0);
        let letters: String = letters.map(|&byte| char::from(byte)).collect();
        let begin = letters.trim_start().to_ascii_lowercase();
        match PAGES.iter().any(|page| begin.starts_with(page)) {
            true => Self::Page,
            false => Self::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell() {
        for (head, content) in [
            (&b"sentence_a,sentence_b\n"[..], Content::Text),
            (b"", Content::Text),
            (b"PK\x03\x04\x14", Content::Workbook),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Content::Workbook),
            (b"\xef\xbb\xbf\r\n<HTML xmlns:x=\"\">", Content::Page),
            (b"\xff\xfe<\0t\0a\0b\0l\0e\0>\0", Content::Page),
            (b"<?xml version=\"1.0\"?><Workbook>", Content::Page),
            (b"PAR1\x15", Content::Other("a Parquet file")),
            (b"<p>a text</p>,b\n", Content::Text),
            (b"\0\0\0\x20ftypM4A ", Content::Other("a recording")),
            ("|退货|\n|开票|\n".as_bytes(), Content::Text),
            (b"ID3\x03", Content::Other("a recording")),
            (b"{\\rtf1", Content::Other("a document in RTF")),
            (
                b"\x09\x08\x08\0\0\x05",
                Content::Other("a workbook as Excel wrote them before 1997"),
            ),
        ] {
            assert_eq!(Content::of(head), content, "{head:?}");
        }
    }
}
