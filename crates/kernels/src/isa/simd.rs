//! Registers of floats and what can be done with them.

/// Vectors of f32 and what the kernels do with them.
///
/// # Safety
/// Every function is unsafe: the CPU must have the set's instructions, and pointers
/// must be good for [`Simd::LANES`] elements (or as many as the function says).
pub(crate) trait Simd: Copy + 'static {
    /// A register of f32.
    type F32: Copy;
    /// Floats in it.
    const LANES: usize;

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
    /// Which lanes of a are not less than those of b (a NaN is not), the first lane in the lowest bit.
    unsafe fn not_less(a: Self::F32, b: Self::F32) -> u32;
    /// Sum of the lanes: the upper half is added to the lower, until one is left.
    unsafe fn sum(x: Self::F32) -> f32;
    /// Largest lane.
    unsafe fn largest(x: Self::F32) -> f32;
    /// LANES i32 as f32, each the nearest.
    unsafe fn load_i32(p: *const i32) -> Self::F32;
    /// The largest of `rows` i32 in each lane, `stride` i32 apart, as f32, each the nearest.
    unsafe fn largest_i32(p: *const i32, stride: usize, rows: usize) -> Self::F32;
    /// LANES i8 as f32: byte `byte` (0..=3) of each four from `p` on, all of which may be read.
    unsafe fn load_i8(p: *const i8, byte: usize) -> Self::F32;
    /// The nearest whole numbers, halves to even, as u8; what is not in 0..=255 becomes any byte.
    unsafe fn store_u8(p: *mut u8, x: Self::F32);
    /// The nearest whole numbers, halves to even, as i8; lanes are in −128..=127 or NaN, which becomes any byte.
    unsafe fn store_i8(p: *mut i8, x: Self::F32);
    /// As [`Simd::store_i8`] for four vectors at once: the bytes of lane 0 of each, then those of lane 1, and so on.
    unsafe fn store_i8_words(p: *mut u32, x: [Self::F32; 4]);
    /// Splits 4 · LANES bytes into nibbles, each minus 8: the low ones go to `low`, the high ones to `high`.
    unsafe fn unpack_nibbles(from: *const u8, low: *mut i8, high: *mut i8);
    /// Hints that the cache line at `p` will be read soon; any address is allowed.
    unsafe fn prefetch(p: *const u8);
    /// As [`Simd::prefetch`], for a line that will be written.
    unsafe fn prefetch_write(p: *const u8);
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
