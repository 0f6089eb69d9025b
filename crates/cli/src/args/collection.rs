//! Flags of `yuyi collection` and of the commands below it.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use yuyi_collections::Mode;
use yuyi_store::{Field, FieldType, Role};

use super::LayoutArgs;
use super::{ComputeArgs, PlaceArgs, RerankArgs};
use crate::input::Format;

/// `yuyi collection`.
#[derive(Args)]
pub struct CollectionArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: CollectionCommand,
}

/// The commands of `yuyi collection`.
#[derive(Subcommand)]
pub enum CollectionCommand {
    /// The collections that there are
    List(ListArgs),
    /// Make a collection
    Create(CreateArgs),
    /// Remove a collection with all that it holds
    Drop(DropArgs),
    /// Bring the rows of files into a collection
    Import(Box<ImportArgs>),
    /// Write the items of a collection to a file that can be imported again
    Export(ExportArgs),
    /// What of a collection is nearest to a question, by meaning and by words
    Search(SearchArgs),
    /// Move a collection to the vectors of another model
    Reindex(ReindexArgs),
    /// Copy collections to one file, also while a server has them open
    Backup(BackupArgs),
    /// Whether a data folder is sound
    Check(CheckArgs),
}

impl CollectionCommand {
    /// The threads that are asked for.
    pub fn threads(&self) -> Option<u16> {
        match self {
            Self::Create(args) => args.model.compute.threads,
            Self::Import(args) => args.model.compute.threads,
            Self::Search(args) => args.model.compute.threads,
            Self::Reindex(args) => args.model.compute.threads,
            Self::List(_) | Self::Drop(_) | Self::Export(_) | Self::Backup(_) | Self::Check(_) => {
                None
            }
        }
    }
}

/// Which model embeds, and how it computes.
#[derive(Args)]
pub struct EmbeddingArgs {
    /// Built-in or installed model, or a model folder [default: that of the collection, for a new one the built-in model]
    #[arg(long, env = "YUYI_MODEL", value_name = "NAME|DIR")]
    pub model: Option<String>,
    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// `yuyi collection list`.
#[derive(Args)]
pub struct ListArgs {
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// `yuyi collection create`.
#[derive(Args)]
pub struct CreateArgs {
    /// Name of the collection: 1 to 64 letters of any script, digits, `-` and `_`
    pub name: String,
    /// Which texts are compared with which
    #[arg(long, env = "YUYI_ROLE", value_enum, default_value = "symmetric")]
    pub role: RoleArg,
    /// Payload field to index, with its type: keyword, number or time, as in price:number; may be repeated
    #[arg(long, env = "YUYI_FIELD", value_name = "NAME:TYPE", value_delimiter = ',', value_parser = parse_field)]
    pub field: Vec<Field>,
    /// Keep what it is asked over HTTP: questions without an answer in a list, those with one with their entry; phone and order numbers are masked
    #[arg(long, env = "YUYI_UNANSWERED", value_parser = crate::switch::parse_yes)]
    pub unanswered: bool,
    /// Elements of vectors that items bring; the collection has no model then
    #[arg(long, env = "YUYI_DIMENSION", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16_000))]
    pub dimension: Option<u32>,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub model: EmbeddingArgs,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Which texts are compared with which.
#[derive(Clone, Copy, ValueEnum)]
pub enum RoleArg {
    /// Texts of one kind with each other: questions with questions
    Symmetric,
    /// Questions with articles
    Passage,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Symmetric => Self::Symmetric,
            RoleArg::Passage => Self::Passage,
        }
    }
}

/// A declared field of `price:number`.
fn parse_field(text: &str) -> Result<Field, String> {
    let unknown =
        || format!("{text:?} is no field such as price:number, category:keyword or published:time");
    let (name, kind) = text.rsplit_once(':').ok_or_else(unknown)?;
    let kind = match kind {
        "keyword" => FieldType::Keyword,
        "number" => FieldType::Number,
        "time" => FieldType::Time,
        _ => return Err(unknown()),
    };
    let name = name.to_owned();
    Ok(Field { name, kind })
}

/// `yuyi collection drop`.
#[derive(Args)]
pub struct DropArgs {
    /// Name of the collection
    pub name: String,
    /// Do not ask
    #[arg(long, env = "YUYI_YES", value_parser = crate::switch::parse_yes)]
    pub yes: bool,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// `yuyi collection import`.
#[derive(Args)]
pub struct ImportArgs {
    /// Name of the collection, which is made if it is not there
    pub name: String,
    /// Files of texts or of entries of a FAQ (TXT, TSV, CSV, JSON, JSONL or XLSX; `-`: standard input)
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Format of the files, where their names do not tell
    #[arg(long, env = "YUYI_FORMAT", value_enum)]
    pub format: Option<Format>,
    #[command(flatten)]
    pub layout: LayoutArgs,
    /// Pass over rows that are refused, and write them to this file with the reason, as lines of JSON
    #[arg(long, env = "YUYI_SKIP_BAD", value_name = "FILE")]
    pub skip_bad: Option<PathBuf>,
    /// Write a summary to standard output as JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub model: EmbeddingArgs,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// A JSON object a line
    Jsonl,
    /// A workbook
    Xlsx,
    /// Columns separated by commas, quoted where needed
    Csv,
    /// Columns separated by tabs, without quotes
    Tsv,
}

/// `yuyi collection export`.
#[derive(Args)]
pub struct ExportArgs {
    /// Name of the collection
    pub name: String,
    /// Where the items go [default: standard output]
    #[arg(short, long, env = "YUYI_OUTPUT", value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// Format of what is written [default: that of the file's name, else jsonl]
    #[arg(long, env = "YUYI_FORMAT", value_enum)]
    pub format: Option<ExportFormat>,
    /// Write a summary to standard output as JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// `yuyi collection search`.
#[derive(Args)]
pub struct SearchArgs {
    /// Name of the collection
    pub name: String,
    /// Questions, each of which is asked by itself; `-`: one a line of standard input
    #[arg(value_name = "TEXT", required = true)]
    pub texts: Vec<String>,
    /// By what is searched [default: by meaning and by words, or by what there is]
    #[arg(long, env = "YUYI_MODE", value_enum)]
    pub mode: Option<ModeArg>,
    /// Most items that are found
    #[arg(long, env = "YUYI_LIMIT", value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Only among the items that it means: JSON with must, should and must_not
    #[arg(long, env = "YUYI_FILTER", value_name = "JSON")]
    pub filter: Option<String>,
    /// Write JSON, one line a question
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub rerank: RerankArgs,
    #[command(flatten)]
    pub model: EmbeddingArgs,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// By what is searched.
#[derive(Clone, Copy, ValueEnum)]
pub enum ModeArg {
    /// By meaning and by words
    Hybrid,
    /// By meaning
    Dense,
    /// By words
    Lexical,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Hybrid => Self::Hybrid,
            ModeArg::Dense => Self::Dense,
            ModeArg::Lexical => Self::Lexical,
        }
    }
}

/// `yuyi collection reindex`.
#[derive(Args)]
pub struct ReindexArgs {
    /// Name of the collection
    pub name: String,
    /// Give up the move that is under way; the collection keeps its vectors
    #[arg(long, env = "YUYI_ABANDON", value_parser = crate::switch::parse_yes)]
    pub abandon: bool,
    /// Write a summary to standard output as JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub model: TargetArgs,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// The model that a collection moves to, and how it computes.
#[derive(Args)]
pub struct TargetArgs {
    /// Model to move to: a built-in or installed one, or a model folder
    #[arg(
        long,
        env = "YUYI_MODEL",
        value_name = "NAME|DIR",
        required_unless_present = "abandon"
    )]
    pub model: Option<String>,
    #[command(flatten)]
    pub compute: ComputeArgs,
}

/// `yuyi collection backup`.
#[derive(Args)]
pub struct BackupArgs {
    /// Name of the collection; `all`: everything
    pub name: String,
    /// File to write, which must not be there
    #[arg(short, long, env = "YUYI_OUTPUT", value_name = "FILE")]
    pub output: PathBuf,
    /// Write a summary to standard output as JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// `yuyi collection check`.
#[derive(Args)]
pub struct CheckArgs {
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub place: PlaceArgs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_a_name_and_a_type() {
        for (text, name, kind) in [
            ("price:number", "price", FieldType::Number),
            ("author.name:keyword", "author.name", FieldType::Keyword),
            ("时间:time", "时间", FieldType::Time),
            ("a:b:time", "a:b", FieldType::Time),
        ] {
            let name = name.to_owned();
            assert_eq!(parse_field(text), Ok(Field { name, kind }));
        }
        for bad in ["price", "price:float", ":", ""] {
            assert!(parse_field(bad).is_err(), "{bad}");
        }
    }
}
