//! Why a model cannot be had or does not answer.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Why a model cannot be had or does not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No model of that name is installed.
    #[error("There is no model {name:?}. Installed: {}. A path to a model folder works too.", installed.join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
        /// Names that would work.
        installed: Vec<String>,
    },
    /// A known model that is not installed.
    #[error("The model {name} is not installed. `yuyi pull {name}` fetches it.")]
    NotInstalled {
        /// Its name in the catalogue.
        name: String,
    },
    /// An installed model of which not all is there.
    #[error("The model {name} is not whole: {problem}. {mending}")]
    Broken {
        /// Its name.
        name: String,
        /// What is missing or wrong.
        problem: String,
        /// What to do, as a sentence.
        mending: String,
    },
    /// A path that leads to no folder.
    #[error("{name} is not a folder. Name a model folder, or one of these: {}.", installed.join(", "))]
    NotAFolder {
        /// The path.
        name: String,
        /// Names that would work.
        installed: Vec<String>,
    },
    /// A folder cannot be listed.
    #[error("The folder {} cannot be read", folder.display())]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A calibration that the user fitted cannot be read.
    #[error("The calibration {} cannot be read", file.display())]
    CalibrationUnreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A model's folder does not load, or the model fails.
    #[error(transparent)]
    Encoder(yuyi_encoder::Error),
    /// Token ids that the model does not have, or too many of them.
    #[error("{0}")]
    InvalidTokens(String),
    /// The model computes elsewhere, where nobody tells how it splits texts.
    #[error("This model does not report its tokens.")]
    NoTokens,
    /// A model that computes elsewhere does not answer, or asks to be asked less often.
    #[error("{reason}{}", Again(*retry_after))]
    Unavailable {
        /// A sentence for people.
        reason: String,
        /// When to come again, where it says so.
        retry_after: Option<Duration>,
    },
    /// A model that computes elsewhere failed, or its answer cannot be used.
    #[error("{reason}")]
    ProviderFailed {
        /// A sentence for people.
        reason: String,
        /// The same call may succeed later.
        passes: bool,
    },
    /// A model that computes elsewhere does not take this text.
    #[error("{reason}")]
    TextRefused {
        /// A sentence for people.
        reason: String,
    },
    /// What names a model that computes elsewhere cannot be understood, or something is missing to call it.
    #[error("{reason}")]
    NotCallable {
        /// A sentence for people.
        reason: String,
    },
    /// The model scores pairs of texts and gives no vectors.
    #[error(
        "{name} is a reranker: it scores how well a document answers a query, and gives no vectors. Name an embedding model here, or use it with the rerank routes of yuyi serve."
    )]
    NoVectors {
        /// Its name.
        name: String,
    },
    /// The model gives vectors and does not read two texts together.
    #[error(
        "{name} is an embedding model: it gives vectors, and does not read a question and a text together. Name a reranker here, such as bge-reranker-base."
    )]
    NoScores {
        /// Its name.
        name: String,
    },
    /// The computation ended without a result.
    #[error("The computation of the vectors ended early; the log has the reason.")]
    Interrupted,
}

/// When to come again, as a sentence behind another.
struct Again(Option<Duration>);

impl fmt::Display for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Who waits whole seconds has waited long enough.
        match self.0.map(|wait| wait.as_millis().div_ceil(1_000)) {
            None => Ok(()),
            Some(0 | 1) => f.write_str(" Try again in a second."),
            Some(seconds) => write!(f, " Try again in {seconds} seconds."),
        }
    }
}

/// Whose fault an error is, and so what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Of the moment: the same call may succeed later. Smaller calls at once would only be more calls.
    Transient,
    /// The input's, as far as can be told: others may succeed, and of several a smaller call tells which it is.
    Input,
    /// The model's or its settings': it fails whatever it is asked, until somebody changes that.
    Permanent,
}

impl Error {
    /// What an embedding model says of a pair.
    pub fn no_pairs() -> Self {
        Self::InvalidTokens("This model embeds texts; it does not score pairs.".to_owned())
    }

    /// Whose fault it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unavailable { .. } | Self::ProviderFailed { passes: true, .. } => {
                ErrorKind::Transient
            }
            Self::InvalidTokens(_) | Self::TextRefused { .. } | Self::Interrupted => {
                ErrorKind::Input
            }
            Self::Encoder(error) => match error.kind() {
                yuyi_encoder::ErrorKind::Compute | yuyi_encoder::ErrorKind::InvalidTokens => {
                    ErrorKind::Input
                }
                yuyi_encoder::ErrorKind::Changed => ErrorKind::Transient,
                _ => ErrorKind::Permanent,
            },
            Self::Unknown { .. }
            | Self::NotInstalled { .. }
            | Self::Broken { .. }
            | Self::NotAFolder { .. }
            | Self::Unreadable { .. }
            | Self::CalibrationUnreadable { .. }
            | Self::ProviderFailed { passes: false, .. }
            | Self::NotCallable { .. }
            | Self::NoVectors { .. }
            | Self::NoScores { .. }
            | Self::NoTokens => ErrorKind::Permanent,
        }
    }

    /// Whether one of the inputs is at fault beyond doubt, not the call as a whole.
    pub fn is_of_an_input(&self) -> bool {
        match self {
            Self::InvalidTokens(_) | Self::TextRefused { .. } => true,
            Self::Encoder(error) => error.kind() == yuyi_encoder::ErrorKind::InvalidTokens,
            _ => false,
        }
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.kind() == ErrorKind::Transient
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_is_worth_another_try() {
        let busy = Error::Unavailable {
            reason: "Too many requests.".into(),
            retry_after: Some(Duration::from_secs(1)),
        };
        assert!(busy.is_retryable());
        assert_eq!(
            busy.to_string(),
            "Too many requests. Try again in a second."
        );
        let told = |wait: Option<Duration>| {
            let reason = "It rests.".to_owned();
            let retry_after = wait;
            Error::Unavailable {
                reason,
                retry_after,
            }
            .to_string()
        };
        let seconds = Duration::from_millis(39_001);
        assert_eq!(told(Some(seconds)), "It rests. Try again in 40 seconds.");
        assert_eq!(told(None), "It rests.");
        for error in [
            Error::InvalidTokens("9 is unknown.".into()),
            Error::Interrupted,
        ] {
            assert_eq!(error.kind(), ErrorKind::Input);
            assert!(!error.is_retryable());
        }
        assert!(Error::InvalidTokens("9 is unknown.".into()).is_of_an_input());
        assert!(!Error::Interrupted.is_of_an_input() && !busy.is_of_an_input());
        assert_eq!(Error::NoTokens.kind(), ErrorKind::Permanent);
    }
}
