//! Instruction sets behind one interface, so that an operation is written once.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod generic;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::Avx512;
pub(crate) use generic::Generic;

/// Vectors of f32 and what the kernels do with them.
///
/// # Safety
/// Every function is unsafe: the CPU must have the set's instructions, and pointers
/// must be good for [`Isa::LANES`] elements (or as many as the function says).
pub(crate) trait Isa: Copy + 'static {
    /// A register of f32.
    type F32: Copy;
    /// Floats in it.
    const LANES: usize;
    /// Rows of the tile of a matrix product (see `tile.rs` for the register arithmetic).
    const TILE_ROWS: usize;
    /// Vectors in a row of that tile.
    const TILE_VECTORS: usize;

    /// All lanes `x`.
    unsafe fn splat(x: f32) -> Self::F32;
    /// Unaligned load.
    unsafe fn load(p: *const f32) -> Self::F32;
    /// Unaligned store.
    unsafe fn store(p: *mut f32, x: Self::F32);
    /// The first `n < LANES` elements, the rest zero; reads nothing beyond them.
    unsafe fn load_partial(p: *const f32, n: usize) -> Self::F32;
    /// Stores the first `n < LANES` elements.
    unsafe fn store_partial(p: *mut f32, x: Self::F32, n: usize);
    /// LANES half-precision numbers, widened exactly.
    unsafe fn load_f16(p: *const u16) -> Self::F32;
    /// a + b
    unsafe fn add(a: Self::F32, b: Self::F32) -> Self::F32;
    /// a − b
    unsafe fn sub(a: Self::F32, b: Self::F32) -> Self::F32;
    /// a · b
    unsafe fn mul(a: Self::F32, b: Self::F32) -> Self::F32;
    /// a / b
    unsafe fn div(a: Self::F32, b: Self::F32) -> Self::F32;
    /// The larger; `b` where either is NaN.
    unsafe fn max(a: Self::F32, b: Self::F32) -> Self::F32;
    /// The smaller; `b` where either is NaN.
    unsafe fn min(a: Self::F32, b: Self::F32) -> Self::F32;
    /// a · b + c, rounded once where the CPU can.
    unsafe fn fma(a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32;
    /// x · 2^n, where n holds whole numbers in −126..=127.
    unsafe fn scale_by_power(x: Self::F32, n: Self::F32) -> Self::F32;
    /// The nearest whole number, halves to even.
    unsafe fn round(x: Self::F32) -> Self::F32;
    /// Sum of the lanes, in a fixed order.
    unsafe fn sum(x: Self::F32) -> f32;
    /// Largest lane.
    unsafe fn largest(x: Self::F32) -> f32;
    /// Hints that the cache line at `p` will be read soon; any address is allowed.
    unsafe fn prefetch(p: *const u8);
}

/// Calls `$full` for each whole vector of `$n` elements with its offset, then `$rest` with the offset and count left, if any.
macro_rules! for_each_vector {
    ($isa:ty, $n:expr, |$i:ident| $full:expr, |$j:ident, $left:ident| $rest:expr) => {{
        let n = $n;
        let mut $i = 0;
        while $i + <$isa>::LANES <= n {
            $full;
            $i += <$isa>::LANES;
        }
        if $i < n {
            let ($j, $left) = ($i, n - $i);
            $rest
        }
    }};
}
pub(crate) use for_each_vector;
