//! Sums over a row that have the same bits on every vector width.
//!
//! Element i belongs to part i mod 16, whatever the width of a register is, and the sixteen parts are halved four times: so a machine with
//! AVX-512 computes the same vectors as one with AVX2, and both can share a cache.

use crate::isa::{PARTS, Simd};

/// A sum in [`PARTS`] parts, added a whole register of consecutive elements at a time.
#[derive(Clone, Copy)]
pub(crate) struct RowSum<I: Simd> {
    /// The parts that the next register meets.
    next: I::F32,
    /// The others, if a register does not hold all.
    other: I::F32,
    /// An odd number of registers was added.
    odd: bool,
}

impl<I: Simd> RowSum<I> {
    /// Zero.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    pub(crate) unsafe fn zero() -> Self {
        // SAFETY: the features are the caller's promise.
        unsafe { Self::starting_with(I::splat(0.0)) }
    }

    /// The sum of a register's elements, to which others are added. Where registers have fewer than 16 elements these belong to
    /// the first parts.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    pub(crate) unsafe fn starting_with(first: I::F32) -> Self {
        const { assert!(I::LANES == PARTS || 2 * I::LANES == PARTS) }
        Self {
            next: first,
            // SAFETY: the features are the caller's promise.
            other: unsafe { I::splat(0.0) },
            odd: false,
        }
    }

    /// Adds the next register of the row.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    pub(crate) unsafe fn add(&mut self, x: I::F32) {
        // SAFETY: the features are the caller's promise.
        unsafe { self.replace(I::add(self.next, x)) }
    }

    /// Adds the squares of the next register of the row.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    pub(crate) unsafe fn add_squares(&mut self, x: I::F32) {
        // SAFETY: the features are the caller's promise.
        unsafe { self.replace(I::fma(x, x, self.next)) }
    }

    #[inline(always)]
    fn replace(&mut self, sum: I::F32) {
        if I::LANES == PARTS {
            self.next = sum;
        } else {
            (self.next, self.other, self.odd) = (self.other, sum, !self.odd);
        }
    }

    /// The sum of all parts.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    pub(crate) unsafe fn total(self) -> f32 {
        // SAFETY: the features are the caller's promise.
        unsafe {
            if I::LANES == PARTS {
                return I::sum(self.next);
            }
            let (low, high) = if self.odd {
                (self.other, self.next)
            } else {
                (self.next, self.other)
            };
            I::sum(I::add(low, high))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::{Isa, for_each_vector};
    use crate::kernel::{Kernel, Operation};
    use crate::testing::random;

    struct SumOf<'a>(&'a [f32]);
    impl Operation for SumOf<'_> {
        type Output = f32;
        #[inline(always)]
        unsafe fn run<I: Isa>(self) -> f32 {
            // SAFETY: called through a Kernel; the loads stay inside the row.
            unsafe {
                let (mut sum, p) = (RowSum::<I>::zero(), self.0.as_ptr());
                for_each_vector!(
                    I,
                    self.0.len(),
                    |i| sum.add(I::load(p.add(i))),
                    |i, left| sum.add(I::load_partial(p.add(i), left))
                );
                sum.total()
            }
        }
    }

    /// The definition: sixteen parts, halved four times.
    fn reference(row: &[f32]) -> f32 {
        let mut parts = [0.0f32; PARTS];
        row.iter()
            .enumerate()
            .for_each(|(i, x)| parts[i % PARTS] += x);
        for half in [8, 4, 2, 1] {
            for i in 0..half {
                parts[i] += parts[i + half];
            }
        }
        parts[0]
    }

    #[test]
    fn has_the_bits_of_the_definition_on_every_path() {
        for n in (0..70).chain([384, 768, 777]) {
            let row = random(n, 51 + n as u64);
            for kernel in Kernel::all() {
                let got = kernel.run(SumOf(&row));
                assert_eq!(
                    got.to_bits(),
                    reference(&row).to_bits(),
                    "{} {n}",
                    kernel.name()
                );
            }
        }
    }
}
