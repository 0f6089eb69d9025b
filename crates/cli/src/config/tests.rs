use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use super::*;

#[derive(Args)]
struct Sample {
    #[arg(long)]
    host: Option<String>,
    #[arg(long, default_value_t = 5000)]
    port: u16,
    #[arg(long, value_delimiter = ',')]
    origin: Vec<String>,
    #[arg(long, value_enum)]
    form: Option<Form>,
    #[arg(long, value_parser = FalseyValueParser::new())]
    lazy: bool,
    #[arg(long)]
    config: Option<PathBuf>,
    #[arg(short)]
    short_only: bool,
}

#[derive(Clone, ValueEnum)]
enum Form {
    Text,
    Json,
}

fn command() -> Command {
    Sample::augment_args(Command::new("sample"))
}

fn values(text: &str) -> Vec<(String, Vec<String>)> {
    let plain = |setting: Setting| {
        let values = setting.values.iter();
        let values = values.map(|value| value.to_str().unwrap().to_owned());
        (setting.id.to_string(), values.collect())
    };
    let settings = read(&command(), text).unwrap();
    settings.into_iter().map(plain).collect()
}

fn one(id: &str, value: &str) -> Vec<(String, Vec<String>)> {
    vec![(id.to_owned(), vec![value.to_owned()])]
}

#[test]
fn reads_what_flags_can_be() {
    assert_eq!(values("# nothing\n"), []);
    assert_eq!(values("host = 'a b'"), one("host", "a b"));
    for port in ["80", "\"80\"", "0x50", "8_0"] {
        assert_eq!(values(&format!("port = {port}")), one("port", "80"));
    }
    assert_eq!(values("form = 'json'"), one("form", "json"));
    assert_eq!(values("lazy = true"), one("lazy", "true"));
    assert_eq!(values("lazy = false"), one("lazy", "false"));
    assert_eq!(values("origin = 'a'"), one("origin", "a"));
    let both = vec![("origin".to_owned(), vec!["a".to_owned(), "b".to_owned()])];
    assert_eq!(values("origin = [\n 'a',\n 'b']"), both);
}

#[test]
fn refuses_the_rest_with_its_place() {
    for (text, line, message) in [
        (
            "\nprt = 1",
            2,
            "There is no setting prt. Did you mean port?",
        ),
        (
            "zzz = 1",
            1,
            "There is no setting zzz. The settings are the flags of `yuyi sample --help`, without the dashes.",
        ),
        // What is no setting is neither found nor proposed.
        (
            "config = 'x'",
            1,
            "There is no setting config. The settings are the flags of `yuyi sample --help`, without the dashes.",
        ),
        (
            "host = 5",
            1,
            "The value of host must be a string, not of the type integer.",
        ),
        (
            "\n\nport = true",
            3,
            "The value of port must be a number or a string, not of the type boolean.",
        ),
        (
            "port = [1]",
            1,
            "The value of port must be a number or a string, not of the type array.",
        ),
        (
            "lazy = 'true'",
            1,
            "The value of lazy must be true or false, not of the type string.",
        ),
        (
            "origin = ['a', ['b']]",
            1,
            "The value of origin must be a string, not of the type array.",
        ),
        (
            "[host]\nname = 1",
            1,
            "The value of host must be a string, not of the type table.",
        ),
        (
            "port = 99999",
            1,
            "port: invalid value '99999' for '--port <PORT>': 99999 is not in 0..=65535.",
        ),
        (
            "form = 'jsn'",
            1,
            "form: invalid value 'jsn' for '--form <FORM>' [possible values: text, json].",
        ),
        (
            "port = 1\nport = 2",
            2,
            "This is not valid TOML: duplicate key.",
        ),
        (
            "port",
            1,
            "This is not valid TOML: key with no value, expected `=`.",
        ),
    ] {
        let problem = read(&command(), text).unwrap_err();
        let found = text[..problem.at.start].matches('\n').count() + 1;
        assert_eq!((problem.message.as_str(), found), (message, line), "{text}");
    }
}

#[test]
fn every_flag_of_every_command_can_be_checked() {
    for command in Cli::command().get_subcommands() {
        for arg in keys(command) {
            let default = arg.get_default_values().first();
            let value = default.and_then(|value| value.to_str()).unwrap_or("1");
            let outcome = check(arg, value);
            // Without a default nothing is known to be right, but the flag is named.
            let told = outcome.is_err_and(|reason| {
                default.is_some() || !reason.contains(arg.get_long().unwrap())
            });
            assert!(!told, "{} {value}", arg.get_id());
        }
    }
}
