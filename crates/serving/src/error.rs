//! Why texts do not become vectors.

use std::time::Duration;

use yuyi::EmbedderError;

/// Why texts do not become vectors, or a model does not come or go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No model of that name is served.
    #[error("The model {name:?} is not served. Served: {}.", served.join(", "))]
    ModelNotFound {
        /// The name asked for.
        name: String,
        /// Names that would work.
        served: Vec<String>,
    },
    /// The model is on its way into memory.
    #[error("The model {model} is still being loaded.")]
    Loading {
        /// Its name.
        model: String,
        /// How far it is; 0: it has not begun.
        percent: u8,
    },
    /// The model does not load.
    #[error("The model {model} cannot be loaded{}.", because(reason.as_deref()))]
    ModelLoadFailed {
        /// Its name.
        model: String,
        /// Why, for whoever runs the service; `None`: only the log tells.
        reason: Option<String>,
    },
    /// Too much work waits.
    #[error("Too much work is waiting.")]
    QueueFull {
        /// Seconds until what the request would have waited for is probably done.
        retry_after: u32,
    },
    /// The turn did not come in time.
    #[error("No turn came within {seconds} seconds.")]
    QueueTimeout {
        /// How long it was waited for.
        seconds: u64,
        /// Seconds until what it would wait for now is probably done.
        retry_after: u32,
    },
    /// It would take one thread longer than a request may.
    #[error("This would take about {seconds} seconds of work; a request may take {most}.")]
    TooMuchWork {
        /// How long, by an estimate from above.
        seconds: u64,
        /// How long it may.
        most: u64,
    },
    /// Token ids that the model does not have, or too many of them.
    #[error("{reason}")]
    InvalidTokens {
        /// A sentence for people.
        reason: String,
    },
    /// The model does not tell its tokens.
    #[error("{reason}")]
    NoTokens {
        /// A sentence for people.
        reason: String,
    },
    /// The model computes elsewhere and is left alone for a while, or asks to be asked less often.
    #[error("{reason}")]
    Unavailable {
        /// A sentence for people.
        reason: String,
        /// Seconds after which it may be asked again, where it says so.
        retry_after: Option<u32>,
    },
    /// The model computes elsewhere and failed, or its answer cannot be used.
    #[error("{reason}")]
    ProviderFailed {
        /// A sentence for people.
        reason: String,
    },
    /// The model computes elsewhere and does not take a text.
    #[error("{reason}")]
    TextRefused {
        /// A sentence for people.
        reason: String,
    },
    /// The model failed; the log tells why.
    #[error("The model failed; the log tells why.")]
    Failed,
}

fn because(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| {
        format!(": {}", reason.trim_end_matches('.'))
    })
}

/// Whole seconds, so that whoever waits them has waited long enough.
fn seconds(wait: Duration) -> u32 {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

impl Error {
    /// What those are told who wait for a vector that does not come.
    pub(crate) fn of_embedder(error: &EmbedderError) -> Self {
        match error {
            EmbedderError::InvalidTokens(reason) => Self::InvalidTokens {
                reason: reason.clone(),
            },
            EmbedderError::TextRefused { reason } => Self::TextRefused {
                reason: reason.clone(),
            },
            error => Self::of_provider(error).unwrap_or(Self::Failed),
        }
    }

    /// What a provider's failure is, whatever it was called for; `None`: it is none of a provider.
    pub(crate) fn of_provider(error: &EmbedderError) -> Option<Self> {
        match error {
            EmbedderError::Unavailable {
                reason,
                retry_after,
            } => Some(Self::Unavailable {
                reason: reason.clone(),
                retry_after: retry_after.map(seconds),
            }),
            EmbedderError::ProviderFailed { reason, .. } => Some(Self::ProviderFailed {
                reason: reason.clone(),
            }),
            _ => None,
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Loading { .. }
            | Self::QueueFull { .. }
            | Self::QueueTimeout { .. }
            | Self::Unavailable { .. } => true,
            Self::ModelNotFound { .. }
            | Self::ModelLoadFailed { .. }
            | Self::TooMuchWork { .. }
            | Self::InvalidTokens { .. }
            | Self::ProviderFailed { .. }
            | Self::TextRefused { .. }
            | Self::NoTokens { .. }
            | Self::Failed => false,
        }
    }
}
