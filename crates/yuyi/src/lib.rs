//! How alike texts are, mostly Chinese ones: a model with its calibration behind one interface.
//!
//! ```
//! use yuyi::{BUILTIN_NAME, Model};
//!
//! let model = Model::open(BUILTIN_NAME)?;
//! let score = model.score("今天天气真不错", "外面阳光明媚")?;
//! assert!(score.similarity > 0.5 && score.calibrated);
//!
//! let scores = model.score_one_to_many("怎么开发票", &["如何申请发票", "今天天气真不错"])?;
//! assert!(scores[0].similarity > scores[1].similarity);
//!
//! let vector = model.embed_one("怎么开发票")?.vector;
//! assert_eq!(vector.len(), model.facts().dimension);
//! # Ok::<(), yuyi::Error>(())
//! ```
//!
//! Calls block and need no runtime. A [`Model`] is cheap to clone and may be used by several threads at a time.
//! [`Model::open`] takes the built-in model, one that is installed, a folder, or one that computes elsewhere, such as
//! `remote:qianfan/embedding-v1`, whose calls are made over the network; [`Model::new`] takes anything
//! that embeds: what implements [`Embedder`], of which `facts` and `embed_batch` are all that it must.
//!
//! Vectors that are there already are scored by [`Model::score_vectors`], [`Model::rank_vectors`] and [`Cosines`], and
//! explained by an [`ExplanationPlan`]: for programs that embed texts of many callers together, or keep vectors.

#![warn(missing_debug_implementations)]

mod error;
mod explanation;
mod found;
mod matrix;
mod model;
mod notes;
mod options;
mod rerank_model;
mod score;
mod vector;

pub use error::Error;
pub use explanation::ExplanationPlan;
pub use found::{Found, find};
pub use matrix::{Cosines, Matrix};
pub use model::Model;
pub use notes::notes;
pub use options::OpenOptions;
pub use rerank_model::{PairScore, RerankModel};
pub use score::{Ranked, Score};
pub use vector::{shorten, unscaled};
// Everything that a call of this crate takes or gives, so that nobody needs the crates below it.
pub use yuyi_encoder::{
    Encoded, Error as EncoderError, ErrorKind as EncoderErrorKind, Fingerprint, Folder,
    InvalidFingerprint, KernelPath, LoadProgress, Piece, Place, Pooling, Precision, SpecDefaults,
    States, Tokens,
};
pub use yuyi_kernels::{MatrixMut, MatrixView, Rows, Vectors};
pub use yuyi_models::{
    BUILTIN_NAME, Batch, EmbedOptions, Embedder, Error as EmbedderError, ErrorKind, Input, Inputs,
    Installed, Item, LocalEmbedder, LocalReranker, LongText, Manifest, ManifestFile, ModelFacts,
    ModelKind, ModelOrigin, ModelPlace, Pair, PairTruncation, Prompt, RemoteStats, RerankOptions,
    Reranker, RerankerFacts, Resolved, ScoreActivation, Scored, Side, StoredCalibration,
    TokenizeOptions, VectorSpace, installed, resolve, resolve_installed,
};
pub use yuyi_remote::{Remote, RemoteEmbedder, RemoteOptions, is_remote};
pub use yuyi_tasks::explain::{Explanation, Link, Note, NoteKind, Unknown, WordWeight};
pub use yuyi_tasks::{Calibration, CalibrationFileError, Curve};
// What programs on top of this crate want beside it.
pub use yuyi_encoder::{read_plain, usable_cores};
