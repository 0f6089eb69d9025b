//! The parts of a workbook before they are read: a zip archive says of its parts what it likes.

use std::io::{Cursor, Read};

use anyhow::bail;
use zip::ZipArchive;

use crate::room::Room;

/// Bytes that all parts of a workbook unpack to, at most.
const MOST: usize = 1 << 30;

/// Bytes that parts unpack to, beyond which they are compared with what they were packed in, and how many times as many they are at most: what people write packs to a tenth.
const LARGE: usize = 256 << 20;
const PACKED: usize = 100;

/// What the reader of workbooks keeps for a byte of a part: of styles and the like it makes structures of short elements, of shared texts
/// strings, and the cells of sheets pass by.
const KEPT_OF_OTHERS: usize = 24;
const KEPT_OF_TEXTS: usize = 4;

/// Unpacks all parts once, into nothing, and takes room for what reading them keeps.
///
/// # Errors
/// When they are more than a workbook has, or there is no room.
pub(super) fn check(bytes: &[u8], room: &mut Room<'_>) -> anyhow::Result<()> {
    // What is no archive is told by whoever opens it.
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else {
        return Ok(());
    };
    let mut unpacked = 0;
    for i in 0..archive.len() {
        let Ok(mut part) = archive.by_index(i) else {
            continue;
        };
        let kept = kept(&part.name().unwrap_or_default());
        let mut block = vec![0; 1 << 16];
        // A damaged part ends here as it will end there.
        while let Some(n) = part.read(&mut block).ok().filter(|&n| n > 0) {
            unpacked += n;
            if unpacked > MOST {
                let gibibytes = MOST >> 30;
                bail!("it unpacks to more than {gibibytes} GiB, which no list of texts does");
            }
            if unpacked > LARGE && unpacked / PACKED > bytes.len() {
                bail!(
                    "it unpacks to more than {PACKED} times what it is, over {} MiB, which no list of texts does. Open it in a spreadsheet program, and save the sheet as CSV in UTF-8",
                    LARGE >> 20
                );
            }
            room.take(n * kept)?;
        }
    }
    Ok(())
}

fn kept(part: &str) -> usize {
    let name = part.to_ascii_lowercase();
    let is_passed_by = |start: &&str| name.starts_with(start);
    let passed_by = [
        "xl/worksheets/sheet",
        "xl/media/",
        "xl/drawings/",
        "docprops/",
    ];
    if passed_by.iter().any(is_passed_by) {
        return 0;
    }
    match name.ends_with("sharedstrings.xml") {
        true => KEPT_OF_TEXTS,
        false => KEPT_OF_OTHERS,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// A workbook with a sheet of so many blanks.
    fn blanks(bytes: usize) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default();
        archive
            .start_file("xl/worksheets/sheet1.xml", options)
            .unwrap();
        archive.write_all(&vec![b' '; bytes]).unwrap();
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn what_unpacks_to_many_times_what_it_is_is_refused_where_it_is_large() {
        let mut room = Room::of(|_| Ok(()));
        assert!(check(&blanks(16 << 20), &mut room).is_ok());
        let told = check(&blanks(LARGE + 1), &mut room)
            .unwrap_err()
            .to_string();
        assert!(
            told.starts_with("it unpacks to more than 100 times"),
            "{told}"
        );
    }
}
