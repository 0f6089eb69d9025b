//! One file a subcommand.

pub mod bench;
pub mod embed;
pub mod health;
pub mod info;
pub mod quantize;
pub mod serve;
pub mod sim;

/// Rows that are read, computed and written together: enough to keep all threads busy, and all
/// that is in memory of a file at a time.
const CHUNK: usize = 256;

/// The next rows, at most [`CHUNK`] of them; empty at the end.
fn next_chunk(rows: &mut crate::input::Rows) -> anyhow::Result<Vec<crate::input::Row>> {
    rows.take(CHUNK).collect()
}

/// Says on standard error how many texts were cut, if any were.
fn report_truncated(truncated: usize, max_tokens: usize) {
    if truncated > 0 {
        eprintln!(
            "yuyi: {truncated} longer than {max_tokens} tokens; what came after was not read."
        );
    }
}
