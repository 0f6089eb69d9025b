//! One file a subcommand.

mod chunks;
mod remarks;

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
        let texts = match truncated {
            1 => "1 text is".to_owned(),
            n => format!("{n} texts are"),
        };
        eprintln!("yuyi: {texts} longer than {max_tokens} tokens; what came after was not read.");
    }
}
