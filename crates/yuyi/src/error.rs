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
    #[error("The model {model:?} does not report what its vectors come from.")]
    NotExplained {
        /// Its name.
        model: String,
    },
    /// A model gave, or a caller handed over, another number of results than there are texts.
    #[error("There are {found} results for {expected} texts; each text needs one.")]
    Miscounted {
        /// Number of texts.
        expected: usize,
        /// Number of their vectors, or lists of tokens.
        found: usize,
    },
}

impl Error {
    /// Whose fault it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Model(error) => error.kind(),
            Self::Calibration(_) | Self::NotExplained { .. } | Self::Miscounted { .. } => {
                ErrorKind::Permanent
            }
        }
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.kind() == ErrorKind::Transient
    }

    /// [`Error::Miscounted`] unless every text has its result.
    pub(crate) fn check_count(expected: usize, found: usize) -> Result<(), Self> {
        match expected == found {
            true => Ok(()),
            false => Err(Self::Miscounted { expected, found }),
        }
    }
}
