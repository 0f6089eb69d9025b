//! One file a subcommand.

mod child;
mod chunks;
mod remarks;

pub mod bench;
pub mod calibrate;
pub mod collection;
pub mod compare;
pub mod dedup;
pub mod embed;
pub mod eval;
pub mod faq;
pub mod health;
pub mod info;
pub mod models;
pub mod pull;
pub mod quantize;
pub mod recommend;
pub mod serve;
pub mod sim;

use yuyi::ModelFacts;

use crate::terminal::remark;
use chunks::Chunks;

/// Says on standard error how many texts the model knows nothing of, if there are any.
fn report_unknown(unknown: usize) {
    if unknown > 0 {
        let (texts, their) = match unknown {
            1 => ("1 text has".to_owned(), "its"),
            n => (format!("{n} texts have"), "their"),
        };
        remark!(
            "{texts} no character that the model knows, so {their} similarity says nothing. Try another model (--model)."
        );
    }
}

/// Says on standard error how many texts were cut, if any were.
fn report_truncated(truncated: usize, max_tokens: usize) {
    if truncated > 0 {
        remark!("{}", truncated_said(truncated, max_tokens));
    }
}

fn truncated_said(truncated: usize, max_tokens: usize) -> String {
    let texts = match truncated {
        1 => "1 text is".to_owned(),
        n => format!("{n} texts are"),
    };
    match max_tokens {
        // Nobody tells the limit: they were cut when the model refused them.
        ModelFacts::NO_LIMIT => {
            format!("{texts} longer than the model reads; what came after was not read.")
        }
        most => format!("{texts} longer than {most} tokens; what came after was not read."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_nobody_tells_is_no_number() {
        assert_eq!(
            truncated_said(1, 512),
            "1 text is longer than 512 tokens; what came after was not read."
        );
        assert_eq!(
            truncated_said(8, ModelFacts::NO_LIMIT),
            "8 texts are longer than the model reads; what came after was not read."
        );
    }
}
