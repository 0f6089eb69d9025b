//! Softmax of a row of attention scores, without the final division.

use crate::exp::exp;
use crate::isa::Isa;
use crate::sum::RowSum;

/// Replaces each x of a row by e^(x − largest) and returns the sum of those, by which the
/// caller divides once the row has met the values. The row's length is a multiple of
/// [`Isa::LANES`] and it is padded with −∞, which adds about 10^−38 to a sum of at least 1: nothing.
///
/// # Safety
/// The CPU has I.
#[inline(always)]
pub(crate) unsafe fn exp_and_sum<I: Isa>(row: &mut [f32]) -> f32 {
    debug_assert_eq!(row.len() % I::LANES, 0);
    let p = row.as_mut_ptr();
    // SAFETY: whole vectors inside the row, whose length is a multiple of LANES.
    unsafe {
        let mut top = I::splat(f32::NEG_INFINITY);
        for i in (0..row.len()).step_by(I::LANES) {
            top = I::max(top, I::load(p.add(i)));
        }
        let top = I::splat(I::largest(top));
        let mut sum = RowSum::<I>::zero();
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
    fn equals_the_definition_and_ignores_padding() {
        for kernel in Kernel::all() {
            for n in [1usize, 2, 15, 16, 17, 100, 512] {
                let scores: Vec<f32> = random(n, n as u64).iter().map(|x| x * 30.0).collect();
                let mut row = scores.clone();
                row.resize(n.next_multiple_of(kernel.lanes()), f32::NEG_INFINITY);
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
