//! Why a model gives no answer.

use yuyi_models::ErrorKind;

/// Why a model cannot be had or gives no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The model cannot be had, or does not embed.
    #[error(transparent)]
    Model(#[from] yuyi_models::Error),
    /// Its calibration is not sound. Without it the scores would silently be others.
    #[error(transparent)]
    Calibration(#[from] yuyi_tasks::CalibrationFileError),
    /// A model that computes elsewhere tells nothing but vectors.
    #[error("The model {model:?} does not tell what its vectors come from.")]
    NotExplained {
        /// Its name.
        model: String,
    },
}

impl Error {
    /// Whose fault it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Model(error) => error.kind(),
            Self::Calibration(_) | Self::NotExplained { .. } => ErrorKind::Permanent,
        }
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.kind() == ErrorKind::Transient
    }

    /// There are not as many vectors as texts.
    pub(crate) fn miscounted() -> Self {
        Self::Model(yuyi_models::Error::Interrupted)
    }
}
