//! Which model: the built-in one, folders on disk, the catalogue of known models, and the
//! [`Embedder`] through which everything above turns texts into vectors; beside it the [`Reranker`], which scores pairs.

mod builtin;
mod cache_layout;
mod caches;
mod calibration;
mod catalogue;
mod defaults;
mod embedder;
mod error;
mod home;
mod installed;
mod licence;
mod local;
mod local_reranker;
mod manifest;
mod pair_scorer;
mod reranker;
mod resolve;
mod space;
mod wholeness;

pub use builtin::{BUILTIN_NAME, CALIBRATION_PAIRS};
pub use calibration::{CALIBRATION_FILE, StoredCalibration, fitted_by_user, user_calibration};
pub use catalogue::{
    BothLanguages, KnownKind, KnownModel, PublishedScores, find_known, find_repository,
    is_non_commercial, known_models, name_of_repository, nearest_known, nearest_name,
};
pub use defaults::defaults;
pub use embedder::{
    Batch, EmbedOptions, Embedder, Input, Inputs, Item, ModelFacts, Prompt, RemoteStats, Side,
    TokenizeOptions,
};
pub use error::{Error, ErrorKind};
pub use home::home;
pub use installed::{Installed, ModelPlace, installed, inventory};
pub use licence::licence_of;
pub use local::LocalEmbedder;
pub use local_reranker::{LocalReranker, ModelKind};
pub use manifest::{
    MANIFEST_FILE, MANIFEST_VERSION, Manifest, ManifestFile, ModelOrigin, is_inside,
};
pub use pair_scorer::PairScorer;
pub use reranker::{RerankOptions, Reranker, RerankerFacts};
pub use resolve::{Resolved, resolve, resolve_installed};
pub use space::VectorSpace;
pub use wholeness::{check_whole, is_lfs_pointer};
pub use yuyi_encoder::{LongText, Pair, PairTruncation, ScoreActivation, Scored};
