//! The configuration file: flags of a command, written down in TOML.
//!
//! A key is the name of a flag, so whatever flag a command has can be set in the file, and the file knows no
//! name of its own. What it says becomes the default of the flag: the command line and the
//! variables of the environment win over it, and clap's own parser reads its values.

use std::any::TypeId;
use std::ffi::OsString;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::builder::ArgAction;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::args::Cli;
use crate::environment::{variable_of, without_addresses};
use crate::messages;
use crate::misuse::Misuse;
use crate::terminal::{self, remark};

/// The flag that names the file, in the commands that can have one.
const FLAG: &str = "config";

/// Flags that make no sense in the file.
const NOT_IN_FILE: [&str; 3] = [FLAG, "help", "version"];

/// Below this likeness of two names, one is hardly the other misspelt.
const LIKENESS: f64 = 0.85;

/// Reads the command line, the environment and the configuration file that they name.
///
/// Like clap, it ends the process when the command line is wrong or asks for help.
///
/// # Errors
/// [`Misuse`], with file, line and key, when the file cannot be read or says what no flag can be.
pub fn parse_command_line() -> Result<Cli, Misuse> {
    let (program, warnings) = without_addresses(messages::with_help(Cli::command()));
    warnings.iter().for_each(|told| remark!("{told}"));
    let mut matches = matches_of(&program);
    let file = matches.subcommand().and_then(|(name, arguments)| {
        let file = arguments.try_get_one::<PathBuf>(FLAG).ok()??;
        Some((name.to_owned(), file.clone()))
    });
    if let Some((name, file)) = file {
        matches = matches_of(&with_file(program, &name, &file)?);
    }
    Cli::from_arg_matches(&matches).map_err(|error| exit(error))
}

/// What the command line and the environment say, or the end of the process.
fn matches_of(program: &Command) -> ArgMatches {
    program.clone().try_get_matches().unwrap_or_else(|error| {
        if let Some(variable) = variable_of(&error, program) {
            remark!("The variable {variable} has a value that its flag cannot take:");
        }
        exit(error)
    })
}

/// Says what clap has to say, and ends the process.
fn exit(mut error: clap::Error) -> ! {
    escape(&mut error);
    let Some(told) = messages::of_clap(&error) else {
        error.exit();
    };
    match error.use_stderr() {
        true => eprint!("{told}"),
        false => print!("{told}"),
    }
    std::process::exit(error.exit_code())
}

/// Escapes control characters in what an error says of arguments, so that they do not move the cursor of a terminal.
fn escape(error: &mut clap::Error) {
    let escaped = error.context().filter_map(|(kind, value)| match value {
        ContextValue::String(text) => Some((kind, text.clone())),
        _ => None,
    });
    let escaped: Vec<(ContextKind, String)> = escaped
        .filter(|(_, text)| text.contains(char::is_control))
        .collect();
    for (kind, text) in &escaped {
        let shown = terminal::escaped(text);
        error.insert(*kind, ContextValue::String(shown));
    }
    if !escaped.is_empty() {
        // A tip repeats the argument.
        error.remove(ContextKind::Suggested);
    }
}

/// The command whose settings a file has.
const CONFIGURED: &str = "serve";

/// `program` with the file's values as defaults of the flags of its subcommand `name`. Another command than the configured one
/// takes those that it knows too.
fn with_file(program: Command, name: &str, file: &Path) -> Result<Command, Misuse> {
    let text = fs::read_to_string(file).map_err(|error| {
        Misuse(format!(
            "The configuration file {} cannot be read: {error}.",
            file.display()
        ))
    })?;
    let command = program
        .find_subcommand(CONFIGURED)
        .cloned()
        .unwrap_or_default();
    let settings = read(&command, &text).map_err(|problem| {
        let line = text[..problem.at.start].matches('\n').count() + 1;
        Misuse(format!("{}:{line}: {}", file.display(), problem.message))
    })?;
    Ok(program.mut_subcommand(name, |command| {
        let known: Vec<clap::Id> = command
            .get_arguments()
            .map(|a| a.get_id().clone())
            .collect();
        let settings = settings.into_iter().filter(|s| known.contains(&s.id));
        settings.fold(command, |command, setting| {
            command.mut_arg(setting.id, |arg| arg.default_values(setting.values))
        })
    }))
}

/// What the file says of one flag.
#[derive(Debug)]
struct Setting {
    /// clap's id of the flag.
    id: clap::Id,
    values: Vec<OsString>,
}

/// What is wrong with the file, and where.
#[derive(Debug)]
struct Problem {
    message: String,
    /// Bytes of the text.
    at: Range<usize>,
}

fn read(command: &Command, text: &str) -> Result<Vec<Setting>, Problem> {
    let table = DeTable::parse(text).map_err(|error| Problem {
        message: format!("This is not valid TOML: {}.", error.message()),
        at: error.span().unwrap_or_default(),
    })?;
    let entries = table.get_ref().iter();
    entries
        .map(|(key, value)| setting(command, key, value))
        .collect()
}

fn setting(
    command: &Command,
    key: &Spanned<impl AsRef<str>>,
    value: &Spanned<DeValue<'_>>,
) -> Result<Setting, Problem> {
    let name = key.get_ref().as_ref();
    let problem = |message| Problem {
        message,
        at: key.span(),
    };
    let arg = keys(command)
        .find(|arg| arg.get_long() == Some(name))
        .ok_or_else(|| problem(unknown(command, name)))?;
    let values = texts(arg, value.get_ref())
        .map_err(|reason| problem(format!("The value of {name} {reason}.")))?;
    for value in &values {
        check(arg, value).map_err(|reason| problem(format!("{name}: {reason}.")))?;
    }
    let values = values.into_iter().map(OsString::from).collect();
    Ok(Setting {
        id: arg.get_id().clone(),
        values,
    })
}

/// The flags that a file may set.
pub fn keys(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| {
        arg.get_long()
            .is_some_and(|name| !NOT_IN_FILE.contains(&name))
    })
}

fn unknown(command: &Command, name: &str) -> String {
    let likeness = |known: &str| strsim::jaro_winkler(known, name);
    let nearest = keys(command)
        .filter_map(Arg::get_long)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .filter(|known| likeness(known) >= LIKENESS);
    let command = command.get_name();
    match nearest {
        Some(known) => format!("There is no setting {name}. Did you mean {known}?"),
        None => format!(
            "There is no setting {name}. The settings are the flags of `yuyi {command} --help`, without the dashes."
        ),
    }
}

/// The value as it would stand on the command line; several for a flag that may be repeated.
fn texts(arg: &Arg, value: &DeValue<'_>) -> Result<Vec<String>, String> {
    let many = matches!(arg.get_action(), ArgAction::Append);
    match value {
        DeValue::Array(items) if many => {
            let items = items.iter();
            items.map(|item| text(arg, item.get_ref())).collect()
        }
        value => Ok(vec![text(arg, value)?]),
    }
}

fn text(arg: &Arg, value: &DeValue<'_>) -> Result<String, String> {
    let (expected, text) = match arg.get_action() {
        ArgAction::SetTrue => (
            "true or false",
            value.as_bool().map(|value| value.to_string()),
        ),
        _ if is_plain_text(arg) => ("a string", value.as_str().map(str::to_owned)),
        _ => ("a number or a string", scalar(value)),
    };
    text.ok_or_else(|| format!("must be {expected}, not of the type {}", value.type_str()))
}

/// Whether every text is taken as it is, so that a number would be a mistake.
fn is_plain_text(arg: &Arg) -> bool {
    let kind = arg.get_value_parser().type_id();
    kind == TypeId::of::<String>()
        || kind == TypeId::of::<PathBuf>()
        || !arg.get_possible_values().is_empty()
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        // Larger than any flag takes: its parser says so.
        DeValue::Integer(number) => Some(
            i128::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| number.as_str().to_owned(), |n| n.to_string()),
        ),
        _ => None,
    }
}

/// Asks the flag's own parser.
fn check(arg: &Arg, value: &str) -> Result<(), String> {
    let long = arg.get_long().unwrap_or_default().to_owned();
    let alone = Arg::new("value")
        .long(long.clone())
        .value_name(value_name(arg))
        .value_parser(arg.get_value_parser().clone());
    let outcome = Command::new("yuyi")
        .no_binary_name(true)
        .arg(alone)
        .try_get_matches_from([format!("--{long}={value}")]);
    outcome.map(drop).map_err(|error| {
        let text = error.to_string();
        let first = text.split("\n\n").next().unwrap_or_default();
        let words: Vec<&str> = first.split_whitespace().collect();
        words.join(" ").trim_start_matches("error: ").to_owned()
    })
}

fn value_name(arg: &Arg) -> String {
    match arg.get_value_names() {
        Some([name]) => name.to_string(),
        _ => arg.get_id().as_str().to_uppercase(),
    }
}

#[cfg(test)]
mod tests;
