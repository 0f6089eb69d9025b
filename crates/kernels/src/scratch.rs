//! Working memory.

use crate::aligned::AlignedBuffer;
use crate::row_scale::RowScale;

/// Working memory of one thread, kept from step to step.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) weights: AlignedBuffer<f32>,
    pub(crate) output: AlignedBuffer<f32>,
    pub(crate) keys: AlignedBuffer<f32>,
    pub(crate) values: AlignedBuffer<f32>,
    pub(crate) sums: AlignedBuffer<f32>,
    pub(crate) integers: IntegerScratch,
}

/// What attention in integers needs besides.
#[derive(Default)]
pub(crate) struct IntegerScratch {
    /// One row of keys.
    pub(crate) row: AlignedBuffer<i8>,
    pub(crate) queries: AlignedBuffer<u8>,
    /// What the bytes of each query stand for.
    pub(crate) query_scales: Vec<RowScale>,
    pub(crate) key_scales: AlignedBuffer<f32>,
    pub(crate) key_sums: AlignedBuffer<f32>,
    pub(crate) value_scales: AlignedBuffer<f32>,
    /// Softmax weights.
    pub(crate) weights: AlignedBuffer<u8>,
    /// What a block's weights are multiplied by, and their sum before that.
    pub(crate) factors: AlignedBuffer<f32>,
    pub(crate) block_sums: AlignedBuffer<f32>,
}
