//! Flags of `yuyi faq` and of the commands below it.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::collection::EmbeddingArgs;
use super::values::{parse_share, parse_similarity};
use super::{LayoutArgs, ModelArgs, PlaceArgs, ReportArgs, RerankArgs};
use crate::input::Format;

/// `yuyi faq`: what stands behind it is a command, or else a file and questions to it.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct FaqArgs {
    #[command(flatten)]
    pub ask: AskArgs,
    /// What to do [default: ask]
    #[command(subcommand)]
    pub command: Option<FaqCommand>,
}

impl FaqArgs {
    /// The threads that are asked for.
    pub fn threads(&self) -> Option<u16> {
        match &self.command {
            None => self.ask.model.compute.threads,
            Some(FaqCommand::Ask(args)) => args.model.compute.threads,
            Some(FaqCommand::Unanswered(args)) => args.model.compute.threads,
            Some(FaqCommand::Test(args)) => args.model.compute.threads,
            Some(FaqCommand::Tune(args)) => args.model.compute.threads,
            Some(FaqCommand::Check(args)) => args.model.compute.threads,
            Some(FaqCommand::Template(_) | FaqCommand::History(_)) => None,
        }
    }
}

/// The commands of `yuyi faq`.
#[derive(Subcommand)]
pub enum FaqCommand {
    /// The entry of a FAQ that answers a question, or why none does
    Ask(AskArgs),
    /// What a FAQ answers to labelled questions: right, wrong, missed, answered though nothing does
    Test(FaqTestArgs),
    /// Threshold and margin for a wished precision, fitted on labelled questions
    Tune(FaqTuneArgs),
    /// Entries of a FAQ that get in each other's way, or never answer
    Check(FaqCheckArgs),
    /// A workbook to fill in with questions and answers, with examples and explanations
    Template(FaqTemplateArgs),
    /// What a collection was asked and nothing answered, put together where one entry would answer it; and entries made of it
    Unanswered(Box<UnansweredArgs>),
    /// How often the entries of a collection answered, or the last questions that one of them answered
    History(HistoryArgs),
}

/// `yuyi faq ask`.
#[derive(Args)]
pub struct AskArgs {
    /// FAQ: question, answer, id, wordings and further fields of its entries (TXT, TSV, CSV, JSON, JSONL or XLSX; `-`: standard input)
    // Not needed by the type, since the command above has it too, where another command may stand in its place.
    #[arg(value_name = "FILE", required = true)]
    pub file: Option<PathBuf>,
    /// Questions, each of which is asked by itself; `-`: one a line of standard input
    #[arg(value_name = "QUESTION", required_unless_present = "questions")]
    pub texts: Vec<String>,
    /// File of questions (TXT, TSV, CSV, JSON, JSONL or XLSX; `-`: standard input)
    #[arg(
        long,
        env = "YUYI_QUESTIONS",
        value_name = "FILE",
        conflicts_with = "texts"
    )]
    pub questions: Option<PathBuf>,
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Answer each question of a message that holds several
    #[arg(long, env = "YUYI_SPLIT", value_parser = crate::switch::parse_yes)]
    pub split: bool,
    /// Format of the FAQ, where its name does not tell
    #[arg(long, env = "YUYI_FORMAT", value_enum)]
    pub format: Option<Format>,
    #[command(flatten)]
    pub layout: LayoutArgs,
    /// Write JSON, one line a question
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub rerank: RerankArgs,
    #[command(flatten)]
    pub model: ModelArgs,
}

/// When an entry answers.
#[derive(Args)]
pub struct LimitArgs {
    /// Least similarity with which an entry answers, unless it has one of its own [default: chosen on development data]
    #[arg(long, env = "YUYI_THRESHOLD", value_name = "S", allow_negative_numbers = true, value_parser = parse_similarity)]
    pub threshold: Option<f64>,
    /// Least by which the second entry has to be farther, in similarity [default: chosen on development data]
    #[arg(long, env = "YUYI_MARGIN", value_name = "S", allow_negative_numbers = true, value_parser = parse_similarity)]
    pub margin: Option<f64>,
    /// Threshold and margin that `yuyi faq tune -o` wrote; those of the command line win
    #[arg(long, env = "YUYI_SETTINGS", value_name = "FILE")]
    pub settings: Option<PathBuf>,
}

/// A FAQ and labelled questions to it.
#[derive(Args)]
pub struct LabelledArgs {
    /// FAQ: question, answer, id, wordings and further fields of its entries (TXT, TSV, CSV, JSON, JSONL or XLSX; `-`: standard input)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Questions: question, and the id or a wording of the entry that answers it; empty or none: no entry does (TSV, CSV, JSON, JSONL or XLSX; `-`: standard input)
    #[arg(value_name = "QUESTIONS")]
    pub questions: PathBuf,
    /// Format of the files, where their names do not tell
    #[arg(long, env = "YUYI_FORMAT", value_enum)]
    pub format: Option<Format>,
    /// Columns of the questions, by name or number from 1 [default: found by their names, else the first ones]
    #[arg(
        long,
        env = "YUYI_QUESTIONS_COLUMNS",
        value_name = "QUESTION,ID",
        value_delimiter = ','
    )]
    pub questions_columns: Vec<String>,
    #[command(flatten)]
    pub layout: LayoutArgs,
}

/// `yuyi faq test`.
#[derive(Args)]
pub struct FaqTestArgs {
    #[command(flatten)]
    pub labelled: LabelledArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Precision of the answers below which the command ends with exit code 1, as in 0.95
    #[arg(long, env = "YUYI_GOAL", value_name = "SHARE", value_parser = parse_share)]
    pub goal: Option<f64>,
    /// Worst errors that are listed
    #[arg(long, env = "YUYI_ERRORS", value_name = "N", default_value_t = 20)]
    pub errors: usize,
    #[command(flatten)]
    pub report: ReportArgs,
    /// Write what became of each question to a workbook (.xlsx)
    #[arg(long, env = "YUYI_XLSX", value_name = "FILE")]
    pub xlsx: Option<PathBuf>,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub rerank: RerankArgs,
    #[command(flatten)]
    pub model: ModelArgs,
}

/// `yuyi faq tune`.
#[derive(Args)]
pub struct FaqTuneArgs {
    #[command(flatten)]
    pub labelled: LabelledArgs,
    /// Wished share of the answers that are right
    #[arg(long, env = "YUYI_GOAL", value_name = "SHARE", default_value_t = 0.95, value_parser = parse_share)]
    pub goal: f64,
    /// Where the settings go, for `--settings` (.json)
    #[arg(short, long, env = "YUYI_OUTPUT", value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// Bootstrap samples of the 95 % intervals of the limits; 0: no intervals
    #[arg(long, env = "YUYI_ROUNDS", value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(..=100_000))]
    pub rounds: u32,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub rerank: RerankArgs,
    #[command(flatten)]
    pub model: ModelArgs,
}

/// `yuyi faq check`.
#[derive(Args)]
pub struct FaqCheckArgs {
    /// FAQ: question, answer, id, wordings and further fields of its entries (TXT, TSV, CSV, JSON, JSONL or XLSX; `-`: standard input)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Questions that were asked, such as a log: entries that none of them finds are told (TXT, TSV, CSV, JSON, JSONL or XLSX; `-`: standard input)
    #[arg(long, env = "YUYI_QUESTIONS", value_name = "FILE")]
    pub questions: Option<PathBuf>,
    #[command(flatten)]
    pub limits: LimitArgs,
    /// From which findings on the command ends with exit code 1
    #[arg(
        long,
        env = "YUYI_FAIL_ON",
        value_enum,
        value_name = "LEVEL",
        default_value = "error"
    )]
    pub fail_on: FailOn,
    /// Format of the FAQ, where its name does not tell
    #[arg(long, env = "YUYI_FORMAT", value_enum)]
    pub format: Option<Format>,
    #[command(flatten)]
    pub layout: LayoutArgs,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub model: ModelArgs,
}

/// Findings that make a check fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// What cannot be meant
    Error,
    /// Also what is likely to answer somebody wrongly
    Warning,
    /// Also what may be as it should be
    Note,
    /// None
    Never,
}

/// `yuyi faq template`.
#[derive(Args)]
pub struct FaqTemplateArgs {
    /// Where the workbook goes (.xlsx; `-`: standard output)
    #[arg(
        short,
        long,
        env = "YUYI_OUTPUT",
        value_name = "OUT",
        default_value = "faq-template.xlsx"
    )]
    pub output: PathBuf,
}

/// `yuyi faq unanswered`.
#[derive(Args)]
pub struct UnansweredArgs {
    /// Name of the collection, which was made with --unanswered
    pub name: String,
    /// Most clusters that are listed
    #[arg(long, env = "YUYI_LIMIT", value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Make an entry of the cluster of this id: its questions become the wordings
    #[arg(
        long,
        env = "YUYI_ENTRY",
        value_name = "ID",
        conflicts_with = "dismiss"
    )]
    pub entry: Option<String>,
    /// Answer of the new entry
    #[arg(long, env = "YUYI_ANSWER", value_name = "TEXT", requires = "entry")]
    pub answer: Option<String>,
    /// Standard question of the new entry [default: the suggested one]
    #[arg(long, env = "YUYI_TEXT", value_name = "TEXT", requires = "entry")]
    pub text: Option<String>,
    /// Id of the new entry [default: a digest of its question]
    #[arg(long, env = "YUYI_ID", value_name = "ID", requires = "entry")]
    pub id: Option<String>,
    /// Category of the new entry
    #[arg(long, env = "YUYI_CATEGORY", value_name = "TEXT", requires = "entry")]
    pub category: Option<String>,
    /// The questions are not to be answered: the new entry turns such ones away
    #[arg(long, env = "YUYI_REJECT", requires = "entry", conflicts_with = "answer", value_parser = crate::switch::parse_yes)]
    pub reject: bool,
    /// Add the questions to the wordings of this entry, in place of making one
    #[arg(long, env = "YUYI_ADD_TO", value_name = "ID", requires = "entry", conflicts_with_all = ["answer", "text", "id", "category", "reject"])]
    pub add_to: Option<String>,
    /// Take the cluster of this id out of the list
    #[arg(long, env = "YUYI_DISMISS", value_name = "ID")]
    pub dismiss: Option<String>,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub model: EmbeddingArgs,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// `yuyi faq history`.
#[derive(Args)]
pub struct HistoryArgs {
    /// Name of the collection, which was made with --unanswered
    pub name: String,
    /// Id of an entry: the last questions that it answered [default: how often each entry did]
    #[arg(value_name = "ENTRY")]
    pub id: Option<String>,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub place: PlaceArgs,
}

impl AskArgs {
    /// The FAQ, for which clap has asked.
    pub fn file(&self) -> PathBuf {
        self.file.clone().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::args::{Cli, Command};

    use super::*;

    fn parsed(line: &str) -> Result<FaqArgs, clap::Error> {
        let cli = Cli::try_parse_from(line.split(' '))?;
        match cli.command {
            Command::Faq(args) => Ok(*args),
            _ => panic!("{line}"),
        }
    }

    #[test]
    fn a_file_may_stand_in_the_place_of_a_command() {
        let short = parsed("yuyi faq faq.tsv 能开票吗 怎么退 --threshold 0.5").unwrap();
        assert!(short.command.is_none());
        assert_eq!(short.ask.file, Some("faq.tsv".into()));
        assert_eq!(short.ask.texts, ["能开票吗", "怎么退"]);
        assert_eq!(short.ask.limits.threshold, Some(0.5));
        let long = parsed("yuyi faq ask faq.tsv --questions q.txt").unwrap();
        let Some(FaqCommand::Ask(args)) = long.command else {
            panic!("it was told")
        };
        assert_eq!(args.file, Some("faq.tsv".into()));
        assert!(long.ask.file.is_none());
        // A file of a command's name has a path.
        assert_eq!(parsed("yuyi faq ./ask x").unwrap().ask.texts, ["x"]);
        for wrong in [
            "yuyi faq",
            "yuyi faq faq.tsv",
            "yuyi faq ask",
            "yuyi faq faq.tsv x --questions q.txt",
            "yuyi faq faq.tsv x --margin 2",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
