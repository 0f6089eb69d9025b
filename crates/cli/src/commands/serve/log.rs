//! The log of a server, on standard error.

mod backlog;

use std::io;
use std::panic::{self, PanicHookInfo};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use yuyi_server::TEXTS_LOG;

use self::backlog::{Backlog, Flush};
use crate::args::{LogFormat, ServeArgs};
use crate::misuse::Misuse;

/// Begins the log; what it holds back is written when the result is dropped.
pub fn start(args: &ServeArgs) -> anyhow::Result<Flush> {
    let filter = EnvFilter::try_new(&args.log).map_err(|error| {
        Misuse(format!(
            "--log {:?} cannot be understood: {error}.",
            args.log
        ))
    })?;
    // Whatever else is logged, texts are only when asked for.
    let texts = if args.log_texts {
        LevelFilter::INFO
    } else {
        LevelFilter::OFF
    };
    let filter = filter.add_directive(format!("{TEXTS_LOG}={texts}").parse()?);
    let backlog = Backlog::new();
    let writer = backlog.clone();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || writer.clone());
    match args.log_format {
        LogFormat::Text => log
            .with_ansi(io::IsTerminal::is_terminal(&io::stderr()))
            .init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    let flush = backlog.write_to(io::stderr(), |lines| {
        tracing::warn!(
            lines,
            "lines of the log were lost, since nobody read it in time"
        );
    })?;
    panic::set_hook(Box::new(log_panic));
    Ok(flush)
}

/// Where it happened, but not the message: that may quote a user's text.
fn log_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "a part of the server panicked");
}
