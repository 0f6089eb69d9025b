//! Files that a command line names. What they were read as is said on standard error, in the language of the user.

use std::path::Path;

pub use yuyi_files::{
    Clicks, Columns, FaqFile, FaqLayout, Fault, Flags, Format, Input, ItemFile, ItemRow,
    LabelledPairs, Layout, Origin, Questions, Record, Records, Refused, Row, Rows, Scale,
};
use yuyi_files::{Given, Remark, Remarks, Taken, Transcript};

use crate::language::Language;
use crate::terminal::remark;

/// Opens `path`, or standard input for `-`; `unnamed` is the format of what does not tell.
///
/// # Errors
/// When it cannot be read, is nothing that is read, or its name does not tell what it is.
pub fn open(path: &Path, format: Option<Format>, unnamed: Format) -> anyhow::Result<Input> {
    Input::open(path, format, unnamed, &Remarks::to(say))
}

/// Opens it once more, to read what has been told of it already.
///
/// # Errors
/// As [`open`].
pub fn open_silently(
    path: &Path,
    format: Option<Format>,
    unnamed: Format,
) -> anyhow::Result<Input> {
    Input::open(path, format, unnamed, &Remarks::unheard())
}

/// Reads minutes at `path`, or from standard input for `-`.
///
/// # Errors
/// When they cannot be read, or are none.
pub fn open_transcript(path: &Path) -> anyhow::Result<Transcript> {
    Transcript::open(path, &Remarks::to(say))
}

fn say(told: Remark) {
    match told {
        Remark::Told(text) => remark!("{text}"),
        Remark::Columns { file, taken } => {
            let language = Language::of_messages();
            let taken: Vec<String> = taken.iter().map(|taken| shown(taken, language)).collect();
            let comma = language.pick("，", ", ");
            remark!("{file} is read with {}.", taken.join(comma));
        }
    }
}

fn shown(taken: &Taken, language: Language) -> String {
    let column = &taken.column;
    let in_chinese = match &taken.given {
        Given::Name(name) => format!("{name} 作为 {column}"),
        Given::Number(number) => format!("第 {number} 列 作为 {column}"),
    };
    language.pick(in_chinese, taken.to_string())
}
