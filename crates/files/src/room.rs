//! What an open file may take. A workbook of a few kilobytes can unpack to gigabytes, and one text can stand in a million cells.

use anyhow::bail;

/// Counts what a workbook takes, and ends its reading before it is too much.
pub struct Room<'a> {
    take: Box<dyn FnMut(usize) -> anyhow::Result<()> + 'a>,
}

impl<'a> Room<'a> {
    /// Asks `take` for more bytes of memory before they are used.
    pub fn of(take: impl FnMut(usize) -> anyhow::Result<()> + 'a) -> Self {
        Self {
            take: Box::new(take),
        }
    }

    /// So many bytes of memory.
    pub fn bytes(most: usize) -> Self {
        let mut left = most;
        Self::of(move |bytes| {
            let Some(rest) = left.checked_sub(bytes) else {
                let mebibytes = most >> 20;
                bail!(
                    "it takes more than {mebibytes} MiB of memory to read it. Write it in parts, or save it as CSV in UTF-8"
                );
            };
            left = rest;
            Ok(())
        })
    }

    pub(crate) fn take(&mut self, bytes: usize) -> anyhow::Result<()> {
        (self.take)(bytes)
    }
}
