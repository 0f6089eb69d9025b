//! What the program says, in Chinese.
//!
//! Everything is said in English where it comes up, also by the libraries, which know no languages. What people read is put into
//! theirs where it leaves the program: [`told`] looks a message up in one table, in which each English wording stands beside the
//! Chinese one, both with the same placeholders. What is not in the table stays English. Logs and JSON are not put into anything.
//!
//! Tests hold the table to the program: each English wording is somewhere in the sources, both have the same placeholders, all help is there, and
//! so is every message of this crate.

mod clap_words;
mod help;
mod hub;
mod library;
mod program;
mod template;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::LazyLock;

use clap::builder::StyledStr;
use clap::{Arg, Command};
use unicode_width::UnicodeWidthStr;

use self::template::Template;
use crate::language::Language;

/// An English wording and the Chinese one.
type Entry = (&'static str, &'static str);

/// All parts of the table.
const TABLE: [&[Entry]; 6] = [
    help::HELP,
    hub::HUB,
    program::PROGRAM,
    library::LIBRARY,
    library::SYSTEM,
    clap_words::ERRORS,
];

static TEMPLATES: LazyLock<Vec<(Template, &str)>> = LazyLock::new(|| {
    let entries = TABLE.into_iter().flatten();
    let templates = entries.map(|(english, chinese)| (Template::new(english), *chinese));
    templates.collect()
});

/// A message in the language of the user.
pub fn told(english: &str) -> Cow<'_, str> {
    match Language::of_messages() {
        Language::En => english.into(),
        Language::Zh => chinese(english).map_or(english.into(), Cow::Owned),
    }
}

/// A text of several lines, each of which is a message behind some blanks.
pub fn text(english: &str) -> Cow<'_, str> {
    match Language::of_messages() {
        Language::En => english.into(),
        Language::Zh => lines(english).into(),
    }
}

fn lines(english: &str) -> String {
    let line = |line: &str| {
        let message = line.trim_start();
        let (blanks, end) = line.split_at(line.len() - message.len());
        let message = message.trim_end_matches('\n');
        let end = &end[message.len()..];
        let told = chinese(message).unwrap_or_else(|| message.to_owned());
        format!("{blanks}{told}{end}")
    };
    english.split_inclusive('\n').map(line).collect()
}

/// An error and its causes in one line, in the language of the user.
pub fn chained(parts: &[String]) -> String {
    let told: Vec<Cow<'_, str>> = parts.iter().map(|part| told(part)).collect();
    join(&told, Language::of_messages().pick("：", ": "))
}

/// An error and its causes in one line of English, for another process of this program.
pub fn joined(parts: &[String]) -> String {
    join(parts, ": ")
}

fn join(parts: &[impl AsRef<str>], colon: &str) -> String {
    let mut line = String::new();
    for part in parts {
        if !line.is_empty() {
            line.truncate(line.trim_end_matches(['.', '。']).len());
            line += colon;
        }
        line += part.as_ref();
    }
    line
}

/// Places that a text takes on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// A name in a column of `width`, on its left. A Chinese character takes two places.
pub fn left(english: &str, width: usize) -> String {
    let name = told(english);
    let blanks = width.saturating_sub(name.width());
    format!("{name}{:blanks$}", "")
}

/// The same on its right.
pub fn right(english: &str, width: usize) -> String {
    let name = told(english);
    let blanks = width.saturating_sub(name.width());
    format!("{:blanks$}{name}", "")
}

/// The Chinese wording of a message, if it is known. Of several that fit, the one that leaves least to its placeholders. One that is nothing but
/// placeholders and punctuation (`{file}: {what}`) fits only where a placeholder holds a message: anything may have a colon in it.
fn chinese(english: &str) -> Option<String> {
    wording(english, |_| true)
}

/// The Chinese wording of what stands in a placeholder, if it is a message and not something of the user's.
fn part(english: &str) -> Option<String> {
    wording(english, Template::has_words)
}

/// The Chinese wording by the template that fits best of those that are `wanted`.
fn wording(english: &str, wanted: impl Fn(&Template) -> bool) -> Option<String> {
    let found = fitting(english, wanted);
    // The name of a field in front of a message may be taken for part of it.
    if found
        .as_ref()
        .is_none_or(|(template, ..)| template.begins_with_place())
        && let Some(told) = behind_field(english)
    {
        return Some(told);
    }
    let (template, values, chinese) = found?;
    let is_told = std::cell::Cell::new(template.has_words());
    let filled = template::filled(chinese, &values, |value| {
        // What stands in a message may be one, perhaps without its full stop.
        let is_part = value.len() + 1 < english.len();
        let told = is_part.then(|| part(value).or_else(|| with_or_without_stop(value)))?;
        is_told.set(is_told.get() || told.is_some());
        told
    });
    is_told.get().then_some(filled)
}

/// The Chinese wording of a message behind the name of the field that it is about: `wordings[2]: It is empty.`
fn behind_field(english: &str) -> Option<String> {
    let (field, message) = english.split_once(": ")?;
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.[]".contains(c);
    if !field.starts_with(|c: char| c.is_ascii_lowercase()) || !field.chars().all(is_part) {
        return None;
    }
    // A file called `no: such.csv` is no field.
    if !message.starts_with(|c: char| c.is_ascii_uppercase() || c == '"') {
        return None;
    }
    let told = part(message).or_else(|| chinese_sentence(message))?;
    Some(format!("{field}：{told}"))
}

/// The template that fits best of those that are `wanted`, what stands in its placeholders, and its Chinese wording. One that takes
/// the following sentences for what stands at its end, or half of what stands in brackets, fits only where no other does.
fn fitting(
    english: &str,
    wanted: impl Fn(&Template) -> bool,
) -> Option<(&'static Template, Vec<template::Value<'_>>, &'static str)> {
    let templates = TEMPLATES.iter().filter(|(template, _)| wanted(template));
    let fitting = templates
        .filter_map(|(template, chinese)| Some((template, template.values(english)?, *chinese)));
    // Such a value has the beginning of the sentence behind a field.
    let fitting =
        fitting.filter(|(_, values, _)| values.iter().all(|(_, value)| !value.ends_with(": It")));
    fitting.max_by_key(|(template, values, _)| {
        let takes_more = template.ends_with_place() && values.last().is_some_and(goes_on);
        let is_bounded = !takes_more && values.iter().all(has_whole_brackets);
        (is_bounded, template.letters())
    })
}

/// Whether a value has a whole sentence behind another.
fn goes_on((_, value): &template::Value<'_>) -> bool {
    let mut ends = value.match_indices(". ");
    ends.any(|(end, stop)| value[end + stop.len()..].starts_with(|c: char| c.is_ascii_uppercase()))
}

/// Whether as many brackets are closed in a value as are opened.
fn has_whole_brackets((_, value): &template::Value<'_>) -> bool {
    value.matches('(').count() == value.matches(')').count()
}

/// The Chinese wording of a sentence that has lost its full stop, or of half a sentence that got one.
fn with_or_without_stop(value: &str) -> Option<String> {
    chinese_sentence(value).or_else(|| Some(format!("{}。", part(value.strip_suffix('.')?)?)))
}

/// As [`chinese`], for a sentence without its full stop.
fn chinese_sentence(english: &str) -> Option<String> {
    let told = chinese(&format!("{english}."))?;
    told.strip_suffix('。').map(str::to_owned)
}

/// `program` with its help in the language of the user.
pub fn with_help(program: Command) -> Command {
    match Language::of_messages() {
        Language::En => program,
        Language::Zh => in_chinese(program),
    }
}

fn in_chinese(mut command: Command) -> Command {
    let told = |text: &StyledStr| chinese(&text.to_string());
    if let Some(about) = command.get_about().and_then(told) {
        command = command.about(about);
    }
    let helps = command.get_arguments().filter_map(|argument| {
        let help = argument.get_help().and_then(told)?;
        Some((argument.get_id().clone(), help))
    });
    let helps: Vec<_> = helps.collect();
    for (id, help) in helps {
        command = command.mut_arg(id, |argument: Arg| argument.help(help));
    }
    let names = command.get_subcommands().map(|c| c.get_name().to_owned());
    for name in names.collect::<Vec<_>>() {
        command = command.mut_subcommand(name, in_chinese);
    }
    command
}

/// What clap says of the command line, help or an error, in the language of the user. In English it has its colours.
pub fn of_clap(error: &clap::Error) -> Option<String> {
    match Language::of_messages() {
        Language::En => None,
        Language::Zh => Some(clap_words::in_chinese(&error.render().to_string())),
    }
}
