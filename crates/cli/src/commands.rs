//! One file a subcommand.

mod chunks;

pub mod bench;
pub mod calibrate;
pub mod compare;
pub mod embed;
pub mod eval;
pub mod health;
pub mod info;
pub mod quantize;
pub mod serve;
pub mod sim;

use chunks::Chunks;

/// Says on standard error how many texts were cut, if any were.
fn report_truncated(truncated: usize, max_tokens: usize) {
    if truncated > 0 {
        eprintln!(
            "yuyi: {truncated} longer than {max_tokens} tokens; what came after was not read."
        );
    }
}
