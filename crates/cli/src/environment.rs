//! The variables of the environment behind the flags: which are not ours, and which one an error is about.

use std::env;
use std::ffi::OsString;

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command, Error};

/// The flags whose variables Kubernetes sets for a service of the name `yuyi`: `YUYI_PORT=tcp://10.0.0.7:5000`.
const OF_SERVICES: [&str; 2] = ["host", "port"];

/// `program` without the variables that are an address of some service, and what to tell of them.
pub fn without_addresses(program: Command) -> (Command, Vec<String>) {
    without(program, |name| env::var_os(name))
}

fn without(
    mut program: Command,
    value: impl Fn(&str) -> Option<OsString>,
) -> (Command, Vec<String>) {
    let mut told = Vec::new();
    let names: Vec<String> = program
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    for name in names {
        program = program.mut_subcommand(name, |command| {
            let addressed = OF_SERVICES.into_iter().filter(|flag| {
                let mut arguments = command.get_arguments();
                let flag = arguments.find(|argument| argument.get_id() == flag);
                let variable = flag.and_then(Arg::get_env).and_then(|name| name.to_str());
                let address = variable.and_then(|name| Some((name, value(name)?)));
                let Some((name, address)) = address else {
                    return false;
                };
                let is_address = address.to_string_lossy().contains("://");
                let warning = format!(
                    "The variable {name} is {}, as Kubernetes sets it for a service of this name; it is ignored. Set enableServiceLinks: false, or give the service another name.",
                    address.to_string_lossy()
                );
                if is_address && !told.contains(&warning) {
                    told.push(warning);
                }
                is_address
            });
            let addressed: Vec<&str> = addressed.collect();
            addressed.into_iter().fold(command, |command, flag| {
                command.mut_arg(flag, |argument| argument.env(Resettable::Reset))
            })
        });
    }
    (program, told)
}

/// The variable that an error of the command line is about, if the value comes from one.
pub fn variable_of(error: &Error, program: &Command) -> Option<String> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let (flag, value) = (
        text(ContextKind::InvalidArg)?,
        text(ContextKind::InvalidValue)?,
    );
    let long = flag.trim_start_matches("--").split([' ', '=']).next()?;
    let is_meant = |argument: &&Arg| argument.get_long() == Some(long);
    let variable = arguments(program)
        .into_iter()
        .filter(is_meant)
        .find_map(|a| a.get_env()?.to_str());
    variable
        .filter(|name| env::var(name).is_ok_and(|set| set.contains(value)))
        .map(str::to_owned)
}

/// The arguments of all commands, also of those below others.
fn arguments(program: &Command) -> Vec<&Arg> {
    let below = program.get_subcommands().flat_map(arguments);
    program.get_arguments().chain(below).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::CommandFactory;

    #[test]
    fn addresses_of_services_are_no_ports() {
        let of_kubernetes = |name: &str| match name {
            "YUYI_PORT" => Some("tcp://10.0.0.7:5000".into()),
            "YUYI_HOST" => Some("0.0.0.0".into()),
            _ => None,
        };
        let (program, told) = without(Cli::command(), of_kubernetes);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].starts_with("The variable YUYI_PORT is tcp://"),
            "{told:?}"
        );
        let serve = program.find_subcommand("serve").unwrap();
        let variable = |flag: &str| {
            let mut arguments = serve.get_arguments();
            let flag = arguments.find(|argument| argument.get_id() == flag);
            flag.unwrap().get_env().map(|name| name.to_owned())
        };
        assert_eq!(variable("port"), None);
        assert_eq!(variable("host"), Some("YUYI_HOST".into()));
    }
}
