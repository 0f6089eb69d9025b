//! Flags of `yuyi faq` and of the commands below it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::values::parse_similarity;
use super::{LayoutArgs, ModelArgs};
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
            Some(FaqCommand::Template(_)) => None,
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
