//! Flags of `yuyi eval`.

use std::path::PathBuf;

use clap::Args;

use super::{MeasureArgs, ModelArgs, ReportArgs, RerankArgs};

/// `yuyi eval`.
#[derive(Args)]
pub struct EvalArgs {
    /// Files of labelled pairs: sentence_a, sentence_b, label (TSV, CSV, JSON, JSONL or XLSX; `-`: standard input)
    #[arg(value_name = "FILE", required_unless_present_any = ["faq", "questions"])]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub search: FaqSearchArgs,
    /// Worst errors of each kind that are listed
    #[arg(long, env = "YUYI_ERRORS", value_name = "N", default_value_t = 20)]
    pub errors: usize,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub measure: MeasureArgs,
    #[command(flatten)]
    pub report: ReportArgs,
    #[command(flatten)]
    pub rerank: RerankArgs,
    #[command(flatten)]
    pub model: ModelArgs,
}

/// A FAQ and questions to it.
#[derive(Args)]
pub struct FaqSearchArgs {
    /// FAQ to search: question, answer, id, wordings
    #[arg(long, env = "YUYI_FAQ", value_name = "FILE", requires = "questions")]
    pub faq: Option<PathBuf>,
    /// Questions to the FAQ: question, and the id or the question of the entry that answers it; empty: none does
    #[arg(long, env = "YUYI_QUESTIONS", value_name = "FILE", requires = "faq")]
    pub questions: Option<PathBuf>,
    /// Columns of the FAQ, by name or number from 1, as in 2,3,1; an empty one is not there [default: found by their names, else the first ones]
    #[arg(
        long,
        env = "YUYI_FAQ_COLUMNS",
        value_name = "QUESTION,ANSWER,ID,WORDINGS",
        value_delimiter = ',',
        requires = "faq"
    )]
    pub faq_columns: Vec<String>,
    /// Columns of the questions, likewise
    #[arg(
        long,
        env = "YUYI_QUESTIONS_COLUMNS",
        value_name = "QUESTION,ID",
        value_delimiter = ',',
        requires = "questions"
    )]
    pub questions_columns: Vec<String>,
    /// First entries of each question that a reranker orders
    #[arg(long, env = "YUYI_CANDIDATES", value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub candidates: u32,
}
