//! Holds the documentation to the command line.
//!
//! `docs/*/cli.md` has every flag with its value and its default. The table of settings in
//! `docs/*/operations.md` is written from the command line: `UPDATE_DOCS=1 cargo test -p yuyi-cli docs`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::builder::ArgAction;
use clap::{Arg, Command, CommandFactory};

use crate::args::{Cli, leaves};
use crate::config::keys;

/// A row of a table of flags: flag with value, default.
type Row = (String, String);

#[test]
fn english_lists_every_flag() {
    check("en");
}

#[test]
fn chinese_lists_every_flag() {
    check("zh");
}

#[test]
fn the_tables_of_settings_are_up_to_date() {
    for (language, heading) in [
        ("en", "| flag | variable | key in the file | default |"),
        ("zh", "| 选项 | 环境变量 | 配置文件中的键 | 默认值 |"),
    ] {
        let path = page(language, "operations.md");
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = text.split_once("<!-- settings -->\n").unwrap();
        let (table, after) = rest.split_once("<!-- end of settings -->").unwrap();
        let written = settings(heading);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            let text =
                format!("{before}<!-- settings -->\n{written}<!-- end of settings -->{after}");
            std::fs::write(&path, text).unwrap();
        } else {
            assert_eq!(
                table, written,
                "docs/{language}/operations.md is out of date: run UPDATE_DOCS=1 cargo test -p yuyi-cli docs"
            );
        }
    }
}

/// The flags of `yuyi serve` that a file may set, with their other names.
fn settings(heading: &str) -> String {
    let command = Cli::command();
    let serve = command.find_subcommand("serve").unwrap();
    let mut table = format!("{heading}\n|---|---|---|---|\n");
    for arg in keys(serve) {
        let key = arg.get_long().unwrap();
        let variable = arg.get_env().unwrap().to_str().unwrap();
        let default = match default(arg) {
            value if value.is_empty() || value == "false" => String::new(),
            value => format!("`{value}`"),
        };
        table += &format!("| `--{key}` | `{variable}` | `{key}` | {default} |\n");
    }
    table
}

fn page(language: &str, name: &str) -> PathBuf {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    docs.join(language).join(name)
}

fn check(language: &str) {
    let page = std::fs::read_to_string(page(language, "cli.md")).unwrap();
    let page = page.replace("\n### `yuyi ", "\n## `yuyi ");
    let mut sections = page.split("\n## ");
    let common = rows(sections.next().unwrap());
    let sections: Vec<&str> = sections.collect();
    let section = |name: &str| {
        let heading = format!("`yuyi {name}`");
        let section = sections.iter().find(|s| s.starts_with(&heading));
        section.unwrap_or_else(|| panic!("docs/{language}/cli.md has no section {heading}"))
    };
    for (name, command) in leaves(&Cli::command()) {
        let flags = flags(&command);
        // The table at the top is for commands that load a model, wherever it computes; another one may share rows of it.
        let has = |flag| command.get_arguments().any(|a| a.get_long() == Some(flag));
        let loads_model = has("model") && has("max-remote-texts");
        // A row of the section is nearer.
        let mut documented = rows(section(&name));
        let above = name.split_once(' ').map(|(above, _)| rows(section(above)));
        for (table, is_whole) in [(&above.unwrap_or_default(), false), (&common, loads_model)] {
            let shared = table.iter().filter(|row| {
                (is_whole || flags.contains(row))
                    && documented.iter().all(|r| name_of(r) != name_of(row))
            });
            let shared: Vec<Row> = shared.cloned().collect();
            documented.extend(shared);
        }
        let differences: Vec<&Row> = documented.symmetric_difference(&flags).collect();
        assert!(
            differences.is_empty(),
            "docs/{language}/cli.md and `yuyi {name} --help` differ in {differences:?}"
        );
    }
}

/// `--precision` of a row about `--precision f32|int8`.
fn name_of((flag, _): &Row) -> Option<&str> {
    flag.split(' ').find(|word| word.starts_with("--"))
}

/// The rows of a page's tables that begin with a flag.
fn rows(text: &str) -> BTreeSet<Row> {
    let row = |line: &str| {
        let line = line.replace("\\|", "\u{1}");
        let mut cells = line.split('|').map(|cell| {
            let cell = cell.trim().trim_matches('`');
            cell.replace('\u{1}', "|")
        });
        let (before, flag, default) = (cells.next()?, cells.next()?, cells.next()?);
        (before.is_empty() && flag.starts_with('-') && flag.contains(char::is_alphabetic))
            .then_some((flag, default))
    };
    text.lines().filter_map(row).collect()
}

fn flags(command: &Command) -> BTreeSet<Row> {
    command
        .get_arguments()
        .filter(|arg| {
            arg.get_long()
                .is_some_and(|l| l != "help" && l != "version")
        })
        .map(|arg| (shown(arg), default(arg)))
        .collect()
}

/// `-o, --output OUT`, with the possible values where there are some.
fn shown(arg: &Arg) -> String {
    let short = arg.get_short().map_or(String::new(), |c| format!("-{c}, "));
    let flag = format!("{short}--{}", arg.get_long().unwrap());
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        return flag;
    }
    let values: Vec<String> = arg
        .get_possible_values()
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect();
    match (values.is_empty(), arg.get_value_names()) {
        (false, _) => format!("{flag} {}", values.join("|")),
        (true, Some([name])) => format!("{flag} {name}"),
        // clap's own name for a value is the flag's.
        (true, _) => format!("{flag} {}", arg.get_id().as_str().to_uppercase()),
    }
}

fn default(arg: &Arg) -> String {
    let values = arg.get_default_values().iter();
    let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
    values.join(",")
}
