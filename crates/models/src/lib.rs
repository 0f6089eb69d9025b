//! Which model: the built-in one, folders on disk, the catalogue of known models, and the
//! [`Embedder`] through which everything above turns texts into vectors; beside it the [`Reranker`], which scores pairs.

mod builtin;
mod calibration;
mod catalogue;
mod embedder;
mod error;
mod home;
mod local;
mod local_reranker;
mod reranker;
mod resolve;
mod space;

pub use builtin::{BUILTIN_NAME, CALIBRATION_PAIRS};
pub use calibration::{CALIBRATION_FILE, StoredCalibration, fitted_by_user, user_calibration};
pub use catalogue::{KnownModel, find_known};
pub use embedder::{
    Batch, EmbedOptions, Embedder, Input, Inputs, Item, ModelFacts, Prompt, RemoteStats, Side,
    TokenizeOptions,
};
pub use error::{Error, ErrorKind};
pub use home::home;
pub use local::LocalEmbedder;
pub use local_reranker::{LocalReranker, ModelKind};
pub use reranker::{RerankOptions, Reranker, RerankerFacts};
pub use resolve::{Installed, Resolved, installed, resolve, resolve_installed};
pub use space::VectorSpace;
pub use yuyi_encoder::{LongText, Pair, PairTruncation, ScoreActivation, Scored};
