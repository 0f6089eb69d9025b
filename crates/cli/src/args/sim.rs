//! Flags of `yuyi sim`.

use std::path::PathBuf;

use clap::Args;

use yuyi_tasks::lexical::Method;

use super::LayoutArgs;
use super::{MethodArg, ModelArgs};
use crate::input::Format;

/// `yuyi sim`.
#[derive(Args)]
pub struct SimArgs {
    /// First sentence
    #[arg(
        required_unless_present = "pairs",
        conflicts_with = "pairs",
        requires = "b"
    )]
    pub a: Option<String>,
    /// Second sentence
    pub b: Option<String>,
    /// File of pairs (TSV, CSV, JSON, JSONL or XLSX; `-`: standard input)
    #[arg(long, env = "YUYI_PAIRS", value_name = "FILE")]
    pub pairs: Option<PathBuf>,
    /// Format of the file, where its name does not tell
    #[arg(long, env = "YUYI_FORMAT", value_enum)]
    pub format: Option<Format>,
    #[command(flatten)]
    pub layout: LayoutArgs,
    /// Where the scores of a file go [default: standard output]
    #[arg(
        short,
        long,
        env = "YUYI_OUTPUT",
        value_name = "OUT",
        requires = "pairs"
    )]
    pub output: Option<PathBuf>,
    /// End at the first row that cannot be scored, instead of marking it
    #[arg(long, env = "YUYI_STRICT", value_parser = crate::switch::parse_yes)]
    pub strict: bool,
    /// Comparisons of characters and words beside the score: jaccard, edit, tfidf, tfidf_words
    #[arg(
        long,
        env = "YUYI_METHODS",
        value_name = "METHOD",
        value_delimiter = ',',
        value_parser = parse_method
    )]
    pub methods: Vec<Method>,
    /// Tell which words the score comes from
    #[arg(long, env = "YUYI_EXPLAIN", value_parser = crate::switch::parse_yes)]
    pub explain: bool,
    /// Write JSON, one line a pair
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub model: ModelArgs,
}

/// A method that needs nothing but the two texts.
fn parse_method(name: &str) -> Result<Method, String> {
    match MethodArg::with_file(name, "jaccard, edit, tfidf, tfidf_words.")?.method {
        Method::Word2vec => Err("word2vec reads a file of word vectors: use yuyi compare".into()),
        method => Ok(method),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods() {
        assert_eq!(parse_method("tfidf-words"), Ok(Method::TfidfWords));
        assert_eq!(parse_method("tfidf_words"), Ok(Method::TfidfWords));
        for bad in ["", "cosine", "word2vec", "word2vec:f", "edit:f"] {
            assert!(parse_method(bad).is_err(), "{bad}");
        }
        assert_eq!(
            parse_method("edit:f"),
            "edit:f".parse::<MethodArg>().map(|arg| arg.method)
        );
    }
}
