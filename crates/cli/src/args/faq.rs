//! Flags of `yuyi faq` and of the commands below it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::collection::EmbeddingArgs;
use super::values::parse_similarity;
use super::{LayoutArgs, ModelArgs, PlaceArgs};
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
            Some(FaqCommand::Template(_) | FaqCommand::History(_)) => None,
        }
    }
}

/// The commands of `yuyi faq`.
#[derive(Subcommand)]
pub enum FaqCommand {
    /// The entry of a FAQ that answers a question, or why none does
    Ask(AskArgs),
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
    /// Least similarity with which an entry answers, unless it has one of its own [default: chosen on development data]
    #[arg(long, env = "YUYI_THRESHOLD", value_name = "S", value_parser = parse_similarity)]
    pub threshold: Option<f64>,
    /// Least by which the second entry has to be farther, in similarity [default: chosen on development data]
    #[arg(long, env = "YUYI_MARGIN", value_name = "S", value_parser = parse_similarity)]
    pub margin: Option<f64>,
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
    pub model: ModelArgs,
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
        assert_eq!(short.ask.threshold, Some(0.5));
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
