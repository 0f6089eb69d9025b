//! Why a call gave no vectors, and what helps.

use std::time::Duration;

/// Why a call gave no vectors; each with what was told or seen of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The provider asks to be asked less often, or later.
    Busy {
        told: String,
        /// When to come again, where it says so.
        wait: Option<Duration>,
    },
    /// It does not answer, or says that it cannot: that may pass.
    Down { told: String },
    /// It answered what cannot be used. The same call would cost as much again and is not made.
    Broken { told: String },
    /// It takes fewer texts at once.
    TooMany { told: String },
    /// A text is too long for it.
    TooLong { told: String },
    /// It does not take a text.
    Refused { told: String },
    /// It does not take the call, whatever its texts.
    Denied { told: String },
}

impl Failure {
    /// Whether the same call is worth making again.
    pub(crate) fn passes(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Down { .. })
    }

    /// Whether a part of the texts by themselves may fare better.
    pub(crate) fn is_of_texts(&self) -> bool {
        matches!(
            self,
            Self::TooMany { .. } | Self::TooLong { .. } | Self::Refused { .. }
        )
    }

    /// What was told or seen, as `change` has it.
    pub(crate) fn retold(mut self, change: impl FnOnce(&str) -> String) -> Self {
        let (Self::Busy { told, .. }
        | Self::Down { told }
        | Self::Broken { told }
        | Self::TooMany { told }
        | Self::TooLong { told }
        | Self::Refused { told }
        | Self::Denied { told }) = &mut self;
        *told = change(told);
        self
    }
}
