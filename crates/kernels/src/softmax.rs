//! Softmax of a row of attention scores, without the final division.

use crate::exp::exp;
use crate::isa::Simd;
use crate::sum::RowSum;

/// The score of a key that does not exist: as small as a number can be that is finite.
pub(crate) const NO_KEY: f32 = f32::MIN;

/// Replaces each x of a row by e^(x − largest) and returns the sum of those, by which the
/// caller divides once the row has met the values. The row is padded with [`NO_KEY`] to whole vectors, which adds about 10^−38
/// to a sum of at least 1: nothing.
///
/// The sum is NaN when a score is not finite. Neither the largest element nor `exp` would tell: both let go of a NaN.
///
/// # Safety
/// The CPU has I.
///
/// # Panics
/// When the row's length is not a multiple of [`Simd::LANES`].
#[inline(always)]
pub(crate) unsafe fn exp_and_sum<I: Simd>(row: &mut [f32]) -> f32 {
    assert!(row.len().is_multiple_of(I::LANES));
    let p = row.as_mut_ptr();
    // SAFETY: the CPU has I by the caller's promise; whole vectors inside the row, whose length is a multiple of LANES.
    unsafe {
        let (mut top, zero) = (I::splat(NO_KEY), I::splat(0.0));
        let mut wrong = zero;
        for i in (0..row.len()).step_by(I::LANES) {
            let x = I::load(p.add(i));
            top = I::max(top, x);
            wrong = I::fma(x, zero, wrong);
        }
        let top = I::splat(I::largest(top));
        let mut sum = RowSum::<I>::starting_with(wrong);
        for i in (0..row.len()).step_by(I::LANES) {
            let e = exp::<I>(I::sub(I::load(p.add(i)), top));
            I::store(p.add(i), e);
            sum.add(e);
        }
        sum.total()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Isa;
    use crate::kernel::{Kernel, Operation};
    use crate::testing::random;

    struct Softmax<'a>(&'a mut [f32]);
    impl Operation for Softmax<'_> {
        type Output = f32;
        #[inline(always)]
        unsafe fn run<I: Isa>(self) -> f32 {
            // SAFETY: called through a Kernel.
            unsafe { exp_and_sum::<I>(self.0) }
        }
    }

    #[test]
    fn a_score_that_is_not_finite_makes_the_sum_nan() {
        for (kernel, n) in Kernel::all()
            .into_iter()
            .flat_map(|kernel| [1usize, 7, 16, 17, 100].map(|n| (kernel, n)))
        {
            for bad in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                for at in 0..n {
                    let mut row = random(n, 7);
                    row[at] = bad;
                    row.resize(n.next_multiple_of(kernel.lanes()), NO_KEY);
                    let sum = kernel.run(Softmax(&mut row));
                    assert!(sum.is_nan(), "{} {n} [{at}] {bad}: {sum}", kernel.name());
                }
            }
        }
    }

    #[test]
    fn the_ends_of_f32_are_scores_like_others() {
        for kernel in Kernel::all() {
            let tiny = f32::from_bits(1);
            for (scores, want) in [
                ([f32::MIN, f32::MIN], [0.5, 0.5]),
                ([f32::MAX, f32::MAX], [0.5, 0.5]),
                ([f32::MIN, f32::MAX], [0.0, 1.0]),
                ([tiny, -tiny], [0.5, 0.5]),
                ([f32::MIN_POSITIVE, 0.0], [0.5, 0.5]),
            ] {
                // No padding, which would be a key where the scores are the smallest numbers.
                let mut row = scores.repeat(kernel.lanes() / 2);
                let sum = kernel.run(Softmax(&mut row)) / (kernel.lanes() / 2) as f32;
                for (got, want) in row.iter().zip(want) {
                    let error = (got / sum - want).abs();
                    assert!(error < 1e-6, "{} {scores:?}: {got} of {sum}", kernel.name());
                }
            }
        }
    }

    #[test]
    fn equals_the_definition_and_ignores_padding() {
        for kernel in Kernel::all() {
            for n in [1usize, 2, 15, 16, 17, 100, 512] {
                let scores: Vec<f32> = random(n, n as u64).iter().map(|x| x * 30.0).collect();
                let mut row = scores.clone();
                row.resize(n.next_multiple_of(kernel.lanes()), NO_KEY);
                let sum = kernel.run(Softmax(&mut row));
                let top = scores.iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
                let total: f64 = scores.iter().map(|x| f64::from(x - top).exp()).sum();
                for (got, score) in row.iter().zip(&scores) {
                    let want = f64::from(score - top).exp() / total;
                    assert!(
                        (f64::from(got / sum) - want).abs() < 1e-6,
                        "{} {n}",
                        kernel.name()
                    );
                }
            }
        }
    }
}
