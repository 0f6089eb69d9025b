//! Signals that end a command that has something to put away.

use std::future::Future;
use std::io;
use std::process;
use std::thread;

use tokio::runtime::Builder;

/// From now on, the first signal to end runs `last` and then ends the program, with the exit code by which shells tell
/// a program that a signal ended: 130 after Ctrl-C, 143 after SIGTERM.
///
/// # Errors
/// When the system does not let signals be waited for.
pub fn before_the_end(last: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let signal = {
        let _inside = runtime.enter();
        signal()?
    };
    let wait = move || {
        let code = runtime.block_on(signal);
        last();
        process::exit(code)
    };
    thread::Builder::new().name("signals".into()).spawn(wait)?;
    Ok(())
}

/// The first signal, as an exit code. It is caught from the call on.
#[cfg(unix)]
fn signal() -> io::Result<impl Future<Output = i32>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        let kind = tokio::select! {
            _ = interrupt.recv() => SignalKind::interrupt(),
            _ = terminate.recv() => SignalKind::terminate(),
        };
        128 + kind.as_raw_value()
    })
}

#[cfg(not(unix))]
fn signal() -> io::Result<impl Future<Output = i32>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        130
    })
}
