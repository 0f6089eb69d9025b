//! How a model is opened.

use yuyi_encoder::{LoadProgress, Precision};
use yuyi_remote::RemoteOptions;

/// How a model is opened.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// Number format of the matrix products; `None`: the model's own.
    pub precision: Option<Precision>,
    /// Threads of one computation; `None`: as many as physical cores that may be used.
    pub threads: Option<usize>,
    /// Told how far the weights are loaded.
    pub progress: LoadProgress,
    /// Leave the calibration aside, even one that is not sound: a similarity is then the cosine, cut at 0.
    pub uncalibrated: bool,
    /// How a model that computes elsewhere is asked.
    pub remote: RemoteOptions,
}
