//! Text to unit vector.
//!
//! A [`Folder`] is read into a [`ModelSpec`] (what the files say) and a set of
//! tensors; [`Encoder`] packs the weights for the kernels and turns texts into
//! unit vectors. No network, no HTTP.

mod activation;
mod asked;
mod config;
mod cross_encoder;
mod dense;
mod encoder;
mod error;
mod facts;
mod fingerprint;
mod folder;
mod forward;
mod json;
mod modules;
mod names;
mod pace;
mod passes;
mod pooling;
mod precision;
mod progress;
mod projection;
mod quantize;
mod remarks;
mod sentence;
mod spec;
mod states;
mod surplus;
mod table;
mod tensors;
#[cfg(test)]
mod testing;
mod tokenizer;
mod weights;

pub use activation::DenseActivation;
pub use asked::{Answer, PairTemplate};
pub use config::{
    Activation, Architecture, Biases, LocalAttention, ModelConfig, NormKind, NtkScaling, Positions,
    Quantization, Rotary,
};
pub use cross_encoder::{
    CrossEncoder, CrossFacts, CrossSpec, HeadSpec, ProductsSpec, ScoreActivation, Scored,
};
pub use encoder::{EncodeOptions, Encoded, Encoder, LoadOptions};
pub use error::{Error, ErrorKind};
pub use facts::EncoderFacts;
pub use fingerprint::{Fingerprint, InvalidFingerprint};
pub use folder::{FileBytes, FileMap, Folder, open_plain, read_plain};
pub use precision::Precision;
pub use progress::LoadProgress;
pub use quantize::{Agreement, check_quantizable, quantize_folder};
pub use remarks::remarks;
pub use spec::{DenseSpec, Likeness, ModelSpec, Pooling, Prompts, SpecDefaults, Step};
pub use states::{Place, States};
pub use tensors::{DType, TensorView, Tensors};
pub use tokenizer::{
    LongText, Pair, PairTruncation, Piece, TextTokenizer, Tokens, is_part_of_vocabulary,
};
pub use yuyi_kernels::{KernelPath, usable_cores};
