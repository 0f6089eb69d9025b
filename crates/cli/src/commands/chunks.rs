//! The rows of a file, many at a time.

/// Rows that are read, computed and written together: enough to keep all threads busy, and all
/// that is in memory of a file at a time.
const CHUNK: usize = 256;

/// Rows in chunks. A row that is wrong ends the file, but not before the rows above it are handed out.
pub struct Chunks<T> {
    rows: Box<dyn Iterator<Item = anyhow::Result<T>>>,
    failed: Option<anyhow::Error>,
}

impl<T> Chunks<T> {
    /// The chunks of `rows`.
    pub fn new(rows: Box<dyn Iterator<Item = anyhow::Result<T>>>) -> Self {
        Self { rows, failed: None }
    }

    /// The next rows; empty at the end.
    ///
    /// # Errors
    /// That of the first row that is wrong, when all rows before it are handed out.
    pub fn next(&mut self) -> anyhow::Result<Vec<T>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut chunk = Vec::with_capacity(CHUNK);
        for row in self.rows.by_ref().take(CHUNK) {
            match row {
                Ok(row) => chunk.push(row),
                Err(error) if chunk.is_empty() => return Err(error),
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        Ok(chunk)
    }
}
