//! Numbers in, numbers out: the kernels of a transformer encoder on a CPU.
//!
//! Every operation is a safe function over [`Matrix`] views and a [`Team`] of
//! threads. Each is written once, generic over an instruction set, and compiled
//! for every [`Kernel`] path; beside it stands a naive reference that its tests
//! compare against. The sum over the inner dimension always runs in the same order,
//! so a row's result depends neither on the other rows nor on the number of threads.

mod aligned;
mod attention;
mod codes;
mod cores;
mod dot;
mod exp;
mod gelu;
mod isa;
mod kernel;
mod layer_norm;
mod linear;
mod matrix;
mod packed;
mod pairs;
mod quantize;
mod rope;
mod row_scale;
mod row_set;
mod scan;
mod scratch;
mod softmax;
mod sum;
mod team;
mod tile;
mod vectors;

#[cfg(test)]
mod testing;

pub use attention::{
    AttentionFormat, AttentionMask, AttentionShape, DistanceBias, INTEGER_TOKENS, attention,
    attention_with_bias,
};
pub use codes::{Codes, EncodedRow};
pub use cores::usable_cores;
pub use dot::{as_cosine, cosine, dot, dot_each, dots};
pub use gelu::Activation;
pub use kernel::{Kernel, KernelPath};
pub use layer_norm::{LayerNorm, add_layer_norm, layer_norm, layer_norm_heads, layer_norm_to};
pub use linear::{linear, linear_add};
pub use matrix::{Matrix, MatrixMut, MatrixView};
pub use packed::{LinearShape, PackedLinear, RowWeights, Source, WeightFormat};
pub use pairs::{Floats, Pair, PairSearch};
pub use quantize::{
    BLOCK, INT8_LIMIT, LANE_SUM, LEVELS, QuantizedMatrix, fits_int8, quantize_int4, quantize_int8,
};
pub use rope::{Rope, rotate};
pub use row_set::RowSet;
pub use scan::{Hit, scan};
pub use team::Team;
pub use vectors::{Rows, Vectors};
