//! Flags of `yuyi compare`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use yuyi::BUILTIN_NAME;
use yuyi_tasks::lexical::Method;

use super::{ComputeArgs, FaqSearchArgs, MeasureArgs, ReportArgs};

/// `yuyi compare`.
#[derive(Args)]
pub struct CompareArgs {
    /// Files of labelled pairs: sentence_a, sentence_b, label (TSV, CSV or JSONL; `-`: standard input)
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Models to compare, separated by commas: built-in or installed ones, model folders, or those that compute elsewhere (remote:…)
    #[arg(long, env = "YUYI_MODELS", value_name = "NAME|DIR", value_delimiter = ',', default_value = BUILTIN_NAME)]
    pub models: Vec<String>,
    /// Comparisons of characters and words beside them: jaccard, edit, tfidf, tfidf_words, word2vec:FILE
    #[arg(
        long,
        env = "YUYI_METHODS",
        value_name = "METHOD",
        value_delimiter = ','
    )]
    pub methods: Vec<MethodArg>,
    /// All of these methods that need no file
    #[arg(long, env = "YUYI_BASELINES", value_parser = crate::switch::parse_yes)]
    pub baselines: bool,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub search: FaqSearchArgs,
    #[command(flatten)]
    pub measure: MeasureArgs,
    #[command(flatten)]
    pub report: ReportArgs,
    /// How the models compute.
    #[command(flatten)]
    pub compute: ComputeArgs,
}

impl CompareArgs {
    /// The literal methods: those that are named, and with `--baselines` all others that need no file.
    pub fn all_methods(&self) -> Vec<MethodArg> {
        let mut all = self.methods.clone();
        if self.baselines {
            let others = Method::ALL.into_iter().filter(|method| {
                *method != Method::Word2vec && !self.methods.iter().any(|arg| arg.method == *method)
            });
            all.extend(others.map(|method| MethodArg { method, file: None }));
        }
        all
    }
}

/// The part of `yuyi compare` that measures one contestant, in a process of its own.
#[derive(Args)]
pub struct ContestantArgs {
    /// The model
    #[arg(long, required_unless_present = "method")]
    pub model: Option<String>,
    /// The method
    #[arg(long, conflicts_with = "model")]
    pub method: Option<MethodArg>,
    /// How a model computes.
    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// A way to compare texts without a model, with the file that it needs.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodArg {
    pub method: Method,
    /// Word vectors; with [`Method::Word2vec`] alone.
    pub file: Option<PathBuf>,
}

impl MethodArg {
    /// A method, with the file behind a colon that one of them reads. `names` are those that may stand there.
    pub(super) fn with_file(text: &str, names: &str) -> Result<Self, String> {
        let (name, file) = text.split_once(':').unwrap_or((text, ""));
        let method: Method = name
            .parse()
            .map_err(|_| format!("{name:?} is none of {names}"))?;
        let file = (!file.is_empty()).then(|| PathBuf::from(file));
        match (method, &file) {
            (Method::Word2vec, _) | (_, None) => Ok(Self { method, file }),
            _ => Err(format!("{name} takes no file")),
        }
    }
}

impl FromStr for MethodArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let arg = Self::with_file(text, "jaccard, edit, tfidf, tfidf_words, word2vec:FILE")?;
        match (arg.method, &arg.file) {
            (Method::Word2vec, None) => {
                Err("word2vec needs a file of word vectors: word2vec:FILE".into())
            }
            _ => Ok(arg),
        }
    }
}

impl fmt::Display for MethodArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.method.name();
        match &self.file {
            Some(file) => write!(f, "{name}:{}", file.display()),
            None => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods() {
        for name in ["jaccard", "tfidf_words", "word2vec:a:b.txt"] {
            assert_eq!(name.parse::<MethodArg>().unwrap().to_string(), name);
        }
        assert_eq!(
            "tfidf-words".parse::<MethodArg>().unwrap().method,
            Method::TfidfWords
        );
        for bad in ["", "cosine", "word2vec", "word2vec:", "edit:f"] {
            assert!(bad.parse::<MethodArg>().is_err(), "{bad}");
        }
    }
}
