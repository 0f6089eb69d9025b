//! Sums of files.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::listing::Sum;

/// Bytes that are read at a time.
const BUFFER: usize = 1 << 20;

/// Whether the content of a file has a sum. `size` is the file's, and all that is compared where nobody tells a sum.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn has_sum(path: &Path, size: u64, sum: &Sum) -> io::Result<bool> {
    let file = File::open(path)?;
    if file.metadata()?.len() != size {
        return Ok(false);
    }
    let found = match sum {
        Sum::Untold(_) => return Ok(true),
        Sum::Sha256(_) => digest(file, Sha256::new())?,
        Sum::GitBlob(_) => {
            let mut hasher = Sha1::new();
            hasher.update(format!("blob {size}\0"));
            digest(file, hasher)?
        }
    };
    Ok(found == sum.text())
}

/// SHA-256 of what a reader gives.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn sha256(reader: impl Read) -> io::Result<String> {
    digest(reader, Sha256::new())
}

fn digest<D: Digest>(mut reader: impl Read, mut hasher: D) -> io::Result<String> {
    let mut buffer = vec![0; BUFFER];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(hex(&hasher.finalize())),
            Ok(n) => hasher.update(&buffer[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_git_and_of_sha256sum() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "abc\n").unwrap();
        for (sum, expected) in [
            (
                Sum::git_blob("8baef1b4abc478178b004d62031cf7fe6db6f903"),
                true,
            ),
            (
                Sum::sha256("edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb"),
                true,
            ),
            (Sum::git_blob(&"0".repeat(40)), false),
            (Sum::sha256(&"0".repeat(64)), false),
        ] {
            assert_eq!(has_sum(&path, 4, &sum.unwrap()).unwrap(), expected);
        }
        let right = Sum::git_blob("8baef1b4abc478178b004d62031cf7fe6db6f903").unwrap();
        assert!(!has_sum(&path, 5, &right).unwrap());
    }
}
