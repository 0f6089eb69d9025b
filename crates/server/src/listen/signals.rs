//! The signals of the operating system: those that end the server, and the one that has keys read again.

use std::io;

use yuyi_serving::Stop;

use crate::Keys;

/// The signals that end the server.
pub(crate) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    pub(crate) async fn next(&mut self) {
        // Where Ctrl-C cannot be waited for, the process ends by other means.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Reads the key files again at every SIGHUP. Without such a file the signal keeps its meaning, the
/// end of the terminal.
#[cfg(unix)]
pub(crate) async fn reload_keys(keys: std::sync::Arc<Keys>, mut stop: Stop) {
    use tokio::signal::unix::{SignalKind, signal};
    if !keys.can_reload() {
        return;
    }
    let mut hangup = match signal(SignalKind::hangup()) {
        Ok(hangup) => hangup,
        Err(error) => {
            tracing::error!(%error, "SIGHUP cannot be waited for; a changed key file needs a restart");
            return;
        }
    };
    loop {
        tokio::select! {
            Some(()) = hangup.recv() => {}
            () = stop.requested() => return,
        }
        match keys.reload() {
            Ok(count) => tracing::info!(count, "the key files were read again"),
            Err(error) => tracing::error!("{error} The keys from before stay in force."),
        }
    }
}

#[cfg(not(unix))]
pub(crate) async fn reload_keys(_: std::sync::Arc<Keys>, _: Stop) {}
