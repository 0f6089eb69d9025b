//! Which connections are open.

use tokio::sync::watch;

/// The connections that are open, and the word that they shall close.
pub(super) struct Connections(watch::Sender<bool>);

impl Connections {
    /// None yet.
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// For the task of a connection; it counts as open until this is dropped.
    pub(super) fn open(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }

    /// Each ends with the answer that it is at, if it is at one.
    pub(super) fn close(&self) {
        self.0.send_replace(true);
    }

    /// Waits until none is open.
    pub(super) async fn ended(&self) {
        self.0.closed().await;
    }
}
