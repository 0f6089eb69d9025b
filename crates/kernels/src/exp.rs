//! e^x and 2^x for a vector.

use crate::isa::Simd;

/// e^x, within 2 ULP for x in −87..=88; below it stays at e^−87 (about 10^−38), above at e^88.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2, and e^x = 2^n · e^r, e^r by the degree-6 minimax
/// polynomial of the Cephes library (`expf`). ln 2 is split in two so that n·ln 2 is exact enough.
///
/// # Safety
/// The CPU has I.
#[inline(always)]
pub(crate) unsafe fn exp<I: Simd>(x: I::F32) -> I::F32 {
    const POLYNOMIAL: [f32; 6] = [
        1.987_569_1e-4,
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ];
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // SAFETY: the features are the caller's promise.
    unsafe {
        let x = I::min(I::max(x, I::splat(-87.0)), I::splat(88.0));
        let n = I::round(I::mul(x, I::splat(std::f32::consts::LOG2_E)));
        let r = I::fma(n, I::splat(-LN2_HIGH), x);
        let r = I::fma(n, I::splat(-LN2_LOW), r);
        let mut p = I::splat(POLYNOMIAL[0]);
        for &c in &POLYNOMIAL[1..] {
            p = I::fma(p, r, I::splat(c));
        }
        let e = I::add(I::fma(p, I::mul(r, r), r), I::splat(1.0));
        I::scale_by_power(e, n)
    }
}

/// 2^x, within a relative 8e-5, for x ≤ 0; below −125 it stays at 2^−125. For results that become bytes.
///
/// The end is not −126, from which the polynomial's error leads to a number below the smallest normal one: CPUs of Intel
/// compute with those a hundred times more slowly, and scores of keys that do not exist are all at the end.
///
/// x = n + r with |r| ≤ 1/2, and 2^r by the cubic with the smallest relative error (found by Lawson's iteration).
///
/// # Safety
/// The CPU has I.
#[inline(always)]
pub(crate) unsafe fn power_of_two<I: Simd>(x: I::F32) -> I::F32 {
    const CUBIC: [f32; 4] = [0.055_171_67, 0.242_611_12, 0.693_260_99, 0.999_928_07];
    // SAFETY: the features are the caller's promise.
    unsafe {
        let x = I::max(x, I::splat(-125.0));
        let n = I::round(x);
        let r = I::sub(x, n);
        let mut p = I::splat(CUBIC[0]);
        for &c in &CUBIC[1..] {
            p = I::fma(p, r, I::splat(c));
        }
        I::scale_by_power(p, n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Isa;
    use crate::kernel::{Kernel, Operation};
    use crate::testing::ulps;

    struct Exp(f32);
    impl Operation for Exp {
        type Output = f32;
        #[inline(always)]
        unsafe fn run<I: Isa>(self) -> f32 {
            // SAFETY: called through a Kernel.
            unsafe { I::largest(exp::<I>(I::splat(self.0))) }
        }
    }

    #[test]
    fn is_within_two_ulp() {
        for kernel in Kernel::all() {
            for i in -8_700..=8_800 {
                let x = i as f32 / 100.0 + 0.0007;
                let x = x.clamp(-87.0, 88.0);
                let error = ulps(kernel.run(Exp(x)), f64::from(x).exp());
                assert!(
                    error <= 2.0,
                    "{}: exp({x}) off by {error} ULP",
                    kernel.name()
                );
            }
        }
    }

    struct PowerOfTwo(f32);
    impl Operation for PowerOfTwo {
        type Output = f32;
        #[inline(always)]
        unsafe fn run<I: Isa>(self) -> f32 {
            // SAFETY: called through a Kernel.
            unsafe { I::largest(power_of_two::<I>(I::splat(self.0))) }
        }
    }

    #[test]
    fn powers_of_two_are_close_and_bounded() {
        for kernel in Kernel::all() {
            for i in 0..=12_500 {
                let x = -i as f32 / 100.0;
                let got = f64::from(kernel.run(PowerOfTwo(x)));
                let error = (got / f64::from(x).exp2() - 1.0).abs();
                assert!(error < 8e-5, "{}: 2^{x} off by {error}", kernel.name());
            }
            for end in [f32::NEG_INFINITY, f32::NAN] {
                let got = kernel.run(PowerOfTwo(end));
                assert!(got < 4e-38 && got.is_normal(), "{}: {got}", kernel.name());
            }
        }
    }

    #[test]
    fn ends_are_finite() {
        for kernel in Kernel::all() {
            assert!(kernel.run(Exp(f32::NEG_INFINITY)) < 1e-37);
            assert!(kernel.run(Exp(f32::INFINITY)).is_finite());
            assert_eq!(kernel.run(Exp(0.0)), 1.0);
        }
    }
}
