//! The parts of a workbook before they are read: a zip archive says of its parts what it likes.

use std::io::{Cursor, Read};

use anyhow::bail;
use zip::ZipArchive;

use crate::room::Room;

/// Bytes that all parts of a workbook unpack to, at most.
const MOST: usize = 1 << 30;

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
