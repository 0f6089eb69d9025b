//! Why a model cannot be had or does not answer.

use std::path::PathBuf;

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
    /// A path that leads to no folder.
    #[error("{name} is not a folder. --model takes a model folder, or one of these names: {}.", installed.join(", "))]
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
    #[error("This model does not tell its tokens.")]
    NoTokens,
    /// The computation ended without a result.
    #[error("The computation of the vectors ended early; the log has the reason.")]
    Interrupted,
}
