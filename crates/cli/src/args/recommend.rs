//! Flags of `yuyi recommend` and of the commands below it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use yuyi_collections::RECOMMENDED;
use yuyi_tasks::metrics::Sampling;

use super::values::{parse_days, parse_part};
use super::{ModelArgs, ReportArgs};
use crate::input::{Flags, Format, Layout};

/// `yuyi recommend`: what stands behind it is a command, or else a file of items.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct RecommendArgs {
    #[command(flatten)]
    pub next: NextArgs,
    /// What to do [default: next]
    #[command(subcommand)]
    pub command: Option<RecommendCommand>,
}

impl RecommendArgs {
    /// The threads that are asked for.
    pub fn threads(&self) -> Option<u16> {
        match &self.command {
            None => self.next.model.compute.threads,
            Some(RecommendCommand::Next(args)) => args.model.compute.threads,
            Some(RecommendCommand::Eval(args)) => args.model.compute.threads,
        }
    }
}

/// The commands of `yuyi recommend`.
#[derive(Subcommand)]
pub enum RecommendCommand {
    /// What to show users next, with what it is near to
    Next(NextArgs),
    /// How good recommendations would have been on a log, beside simpler ways
    Eval(RecommendEvalArgs),
}

/// Which columns of the two files are read.
#[derive(Args)]
pub struct RecommendLayoutArgs {
    /// Columns of the items: text, answer, id, wordings, by name or number from 1 [default: found by their names, else the first ones]
    #[arg(
        long,
        env = "YUYI_ITEM_COLUMNS",
        value_name = "A,B",
        value_delimiter = ','
    )]
    pub item_columns: Vec<String>,
    /// The first row of the items is data, whatever it looks like
    #[arg(long, env = "YUYI_NO_ITEM_HEADER", value_parser = crate::switch::parse_yes)]
    pub no_item_header: bool,
    /// Columns of what users did: user, item, type, time, weight, by name or number from 1 [default: found by their names, else the first ones]
    #[arg(
        long,
        env = "YUYI_CLICK_COLUMNS",
        value_name = "A,B",
        value_delimiter = ','
    )]
    pub click_columns: Vec<String>,
    /// The first row of what users did is data, whatever it looks like
    #[arg(long, env = "YUYI_NO_CLICK_HEADER", value_parser = crate::switch::parse_yes)]
    pub no_click_header: bool,
}

impl RecommendLayoutArgs {
    /// That of the items.
    pub fn items(&self) -> Layout {
        Layout {
            columns: self.item_columns.clone(),
            no_header: self.no_item_header,
            flags: Flags {
                columns: "--item-columns",
                no_header: "--no-item-header",
            },
            of_faq: false,
        }
    }

    /// That of what users did.
    pub fn clicks(&self) -> Layout {
        Layout {
            columns: self.click_columns.clone(),
            no_header: self.no_click_header,
            flags: Flags {
                columns: "--click-columns",
                no_header: "--no-click-header",
            },
            of_faq: false,
        }
    }
}

/// `yuyi recommend next`.
#[derive(Args)]
pub struct NextArgs {
    /// Items: text, id, time and anything else (TXT, TSV, CSV, JSON, JSONL or XLSX; `-`: standard input)
    // Not needed by the type, since a command may stand in its place.
    #[arg(value_name = "ITEMS", required = true)]
    pub items: Option<PathBuf>,
    /// What users did: user, item, type (click, read, like, skip), time and weight (TSV, CSV, JSON, JSONL or XLSX)
    #[arg(long, env = "YUYI_CLICKS", value_name = "FILE")]
    pub clicks: Option<PathBuf>,
    /// Whom to recommend something; may be said several times [default: all users of the clicks]
    #[arg(long, env = "YUYI_USER", value_name = "USER")]
    pub user: Vec<String>,
    /// What is wanted: the id of an item, or a text; may be said several times
    #[arg(long, env = "YUYI_POSITIVE", value_name = "ID|TEXT")]
    pub positive: Vec<String>,
    /// What is not wanted, likewise
    #[arg(long, env = "YUYI_NEGATIVE", value_name = "ID|TEXT")]
    pub negative: Vec<String>,
    /// Most results
    #[arg(long, env = "YUYI_LIMIT", value_name = "N", default_value_t = RECOMMENDED, value_parser = parse_limit)]
    pub limit: usize,
    /// Days after which what was done counts half [default: 7]
    #[arg(long, env = "YUYI_HALF_LIFE", value_name = "DAYS", value_parser = parse_days)]
    pub half_life: Option<f64>,
    /// Format of the items, where the name does not tell
    #[arg(long, env = "YUYI_FORMAT", value_enum)]
    pub format: Option<Format>,
    #[command(flatten)]
    pub layouts: RecommendLayoutArgs,
    /// Write JSON, one line a user
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub model: ModelArgs,
}

/// `yuyi recommend eval`.
#[derive(Args)]
pub struct RecommendEvalArgs {
    /// Log of what users did: user, item, time, type and weight (TSV, CSV, JSON, JSONL or XLSX; `-`: standard input)
    #[arg(value_name = "LOG")]
    pub log: PathBuf,
    /// The items of the log: text, id, time
    #[arg(long, env = "YUYI_ITEMS", value_name = "FILE")]
    pub items: PathBuf,
    /// Share of the events, the earliest ones, from which is recommended what comes after them
    #[arg(long, env = "YUYI_BEFORE", value_name = "SHARE", default_value_t = 0.8, value_parser = parse_part)]
    pub before: f64,
    /// Length of a list
    #[arg(long, env = "YUYI_LIMIT", value_name = "N", default_value_t = RECOMMENDED, value_parser = parse_limit)]
    pub limit: usize,
    /// Most users who are looked at
    #[arg(long, env = "YUYI_USERS", value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub users: u32,
    /// Bootstrap samples of the 95 % intervals; 0: no intervals
    #[arg(long, env = "YUYI_ROUNDS", value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(..=100_000))]
    pub rounds: u32,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub layouts: RecommendLayoutArgs,
    #[command(flatten)]
    pub report: ReportArgs,
    #[command(flatten)]
    pub model: ModelArgs,
}

impl RecommendEvalArgs {
    /// Always the same samples: two runs on the same data say the same.
    pub fn sampling(&self) -> Sampling {
        Sampling {
            rounds: self.rounds as usize,
            seed: 20,
        }
    }
}

fn parse_limit(text: &str) -> Result<usize, String> {
    let most = yuyi_collections::MOST_RECOMMENDED;
    match text.parse() {
        Ok(limit) if (1..=most).contains(&limit) => Ok(limit),
        _ => Err(format!("it is not between 1 and {most}")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    fn parsed(line: &str) -> Result<RecommendArgs, clap::Error> {
        let cli = Cli::try_parse_from(line.split(' '))?;
        match cli.command {
            Command::Recommend(args) => Ok(*args),
            _ => panic!("{line}"),
        }
    }

    #[test]
    fn items_may_stand_in_the_place_of_a_command() {
        let next = parsed("yuyi recommend news.csv --clicks c.csv --user a --user b").unwrap();
        assert!(next.command.is_none());
        assert_eq!(next.next.items, Some("news.csv".into()));
        assert_eq!(
            (next.next.user, next.next.limit),
            (vec!["a".into(), "b".into()], 10)
        );
        let eval = parsed("yuyi recommend eval log.csv --items news.csv").unwrap();
        let Some(RecommendCommand::Eval(args)) = eval.command else {
            panic!("it was told")
        };
        assert_eq!((args.before, args.limit), (0.8, 10));
        for wrong in [
            "yuyi recommend",
            "yuyi recommend eval log.csv",
            "yuyi recommend eval log.csv --items x --before 2",
            "yuyi recommend eval log.csv --items x --before 1",
            "yuyi recommend eval log.csv --items x --limit 0",
            "yuyi recommend eval log.csv --items x --users 0",
            "yuyi recommend news.csv --limit 0",
            "yuyi recommend news.csv --half-life 0",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
