//! What happens during a pull, for whoever watches.

use crate::Error;

/// What was found, before anything large is fetched.
#[derive(Clone, Debug)]
pub struct Found {
    /// What the model will be called here.
    pub name: String,
    /// The repository.
    pub repository: String,
    /// The hub's host.
    pub host: String,
    /// The commit, where the hub tells.
    pub commit: Option<String>,
    /// Bytes of the files that are needed.
    pub bytes: u64,
    /// The licence, where it is known.
    pub licence: Option<String>,
    /// The licence, or what is known of the model, forbids commercial use.
    pub non_commercial: bool,
}

/// Something that happens.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A hub does not do, and the next one is tried.
    NextHub {
        /// Why.
        error: &'a Error,
        /// The host that is tried next.
        next: &'a str,
    },
    /// A host answers too many requests for now, and is asked again after a wait.
    Waits {
        /// The host.
        host: &'a str,
        /// How long.
        seconds: u64,
    },
    /// The host tells no sum of a file that is needed, and only its length is compared.
    NoSum {
        /// The host.
        host: &'a str,
        /// The file.
        path: &'a str,
    },
    /// The model was found.
    Found(&'a Found),
    /// The download begins.
    Begins {
        /// Bytes in all.
        bytes: u64,
        /// Bytes that are there from an earlier attempt.
        there: u64,
    },
    /// Further bytes have come.
    Came {
        /// How many.
        bytes: u64,
    },
    /// Bytes that came are worth nothing and come again.
    Lost {
        /// How many.
        bytes: u64,
    },
    /// Something that whoever uses the model should know, such as what was taken from a known one where its files leave it out.
    Remark {
        /// A sentence.
        told: &'a str,
    },
    /// All is there; it is checked and brought into its form.
    Finishing,
}

/// Watches a pull, and may stop it. Called from several threads.
pub trait Watch: Sync {
    /// Something happens.
    fn see(&self, event: Event<'_>);

    /// Whether to stop.
    fn is_cancelled(&self) -> bool {
        false
    }
}
