//! The activation between the two products of a feed-forward block.

use crate::exp::exp;
use crate::isa::Simd;

/// Which activation a model was trained with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x · Φ(x), with the error function (`gelu`).
    Gelu,
    /// x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))) (`gelu_new`, `gelu_pytorch_tanh`).
    GeluTanh,
    /// x / (1 + e^−x) (`silu`, `swish`).
    Silu,
    /// The larger of x and 0 (`relu`).
    Relu,
}

impl Activation {
    /// Applies it to a vector.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    pub(crate) unsafe fn apply<I: Simd>(self, x: I::F32) -> I::F32 {
        // SAFETY: the features are the caller's promise.
        unsafe {
            let curve = match self {
                Self::Gelu => erf::<I>(I::mul(x, I::splat(std::f32::consts::FRAC_1_SQRT_2))),
                Self::GeluTanh => {
                    let cube = I::mul(I::mul(x, x), x);
                    let inner = I::fma(cube, I::splat(0.044_715), x);
                    tanh::<I>(I::mul(inner, I::splat(0.797_884_6)))
                }
                Self::Silu => {
                    let e = exp::<I>(I::sub(I::splat(0.0), x));
                    return I::div(x, I::add(I::splat(1.0), e));
                }
                Self::Relu => {
                    let zero = I::splat(0.0);
                    // The product is NaN where x is not finite, which a maximum can let go of.
                    return I::fma(x, zero, I::max(x, zero));
                }
            };
            let half = I::mul(x, I::splat(0.5));
            I::fma(half, curve, half)
        }
    }
}

/// erf(x), absolute error below 3e-7: the odd rational approximation x·P(x²)/Q(x²) with the
/// coefficients of Eigen's `erf`, on |x| ≤ 4. Beyond, it stays at its value there, ±(1 − 6e-8), so that
/// the GELU of a large −x is up to 6e-8 of x away from 0.
///
/// # Safety
/// The CPU has I.
#[inline(always)]
unsafe fn erf<I: Simd>(x: I::F32) -> I::F32 {
    const P: [f32; 7] = [
        -2.726_142_4e-10,
        2.770_681_4e-8,
        -2.101_024e-6,
        -5.692_506_5e-5,
        -7.349_906_5e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    const Q: [f32; 5] = [
        -1.456_607_2e-5,
        -2.133_740_6e-4,
        -1.682_827e-3,
        -7.373_329e-3,
        -1.426_474e-2,
    ];
    // SAFETY: the features are the caller's promise.
    unsafe {
        let x = I::min(I::max(x, I::splat(-4.0)), I::splat(4.0));
        let square = I::mul(x, x);
        let mut p = I::splat(P[0]);
        for &c in &P[1..] {
            p = I::fma(p, square, I::splat(c));
        }
        let mut q = I::splat(Q[0]);
        for &c in &Q[1..] {
            q = I::fma(q, square, I::splat(c));
        }
        I::div(I::mul(x, p), q)
    }
}

/// tanh(x) = 1 − 2 / (e^(2x) + 1), absolute error below 3e-7.
///
/// # Safety
/// The CPU has I.
#[inline(always)]
unsafe fn tanh<I: Simd>(x: I::F32) -> I::F32 {
    // SAFETY: the features are the caller's promise.
    unsafe {
        let x = I::min(I::max(x, I::splat(-10.0)), I::splat(10.0));
        let e = exp::<I>(I::add(x, x));
        let one = I::splat(1.0);
        I::sub(one, I::div(I::splat(2.0), I::add(e, one)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::Isa;
    use crate::kernel::{Kernel, Operation};

    struct Apply(Activation, f32);
    impl Operation for Apply {
        type Output = f32;
        #[inline(always)]
        unsafe fn run<I: Isa>(self) -> f32 {
            // SAFETY: called through a Kernel.
            unsafe { I::largest(self.0.apply::<I>(I::splat(self.1))) }
        }
    }

    /// erf in f64 by its Maclaurin series, good to 1e-12 for |x| ≤ 4; ±1 beyond 6.
    fn erf_reference(x: f64) -> f64 {
        if x.abs() > 5.0 {
            return x.signum();
        }
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * 2.0 / std::f64::consts::PI.sqrt()
    }

    const SMOOTH: [Activation; 3] = [Activation::Gelu, Activation::GeluTanh, Activation::Silu];

    fn reference(activation: Activation, x: f64) -> f64 {
        let curve = match activation {
            Activation::Gelu => erf_reference(x / std::f64::consts::SQRT_2),
            Activation::GeluTanh => {
                ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x)).tanh()
            }
            // x · σ(x), since 2σ(x) − 1 = tanh(x / 2).
            Activation::Silu => (x / 2.0).tanh(),
            Activation::Relu => return x.max(0.0),
        };
        0.5 * x * (1.0 + curve)
    }

    #[test]
    fn is_close_to_the_formula() {
        for kernel in Kernel::all() {
            for activation in SMOOTH.into_iter().chain([Activation::Relu]) {
                for i in -700..=700 {
                    let x = i as f32 / 100.0 + 0.003;
                    let got = f64::from(kernel.run(Apply(activation, x)));
                    let want = reference(activation, f64::from(x));
                    let bound = 4e-7 * f64::from(x.abs()).max(1.0);
                    assert!(
                        (got - want).abs() < bound,
                        "{} {activation:?}({x}): {got} {want}",
                        kernel.name()
                    );
                }
            }
        }
    }

    /// One element alone in its vector; a maximum over lanes would hide a NaN.
    fn apply(kernel: Kernel, activation: Activation, x: f32) -> f32 {
        struct Lanes(Activation, f32);
        impl Operation for Lanes {
            type Output = [f32; 16];
            #[inline(always)]
            unsafe fn run<I: Isa>(self) -> [f32; 16] {
                let mut out = [0.0; 16];
                // SAFETY: called through a Kernel; no register is longer than 16 elements.
                unsafe { I::store(out.as_mut_ptr(), self.0.apply::<I>(I::splat(self.1))) }
                out
            }
        }
        kernel.run(Lanes(activation, x))[0]
    }

    #[test]
    fn what_is_not_finite_stays_so_and_denormals_are_halved() {
        for kernel in Kernel::all() {
            for activation in SMOOTH {
                let place = format!("{} {activation:?}", kernel.name());
                for bad in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                    let got = apply(kernel, activation, bad);
                    assert!(!got.is_finite(), "{place}({bad}): {got}");
                }
                for tiny in [
                    f32::MIN_POSITIVE,
                    -f32::MIN_POSITIVE,
                    f32::from_bits(1 << 20),
                ] {
                    let got = apply(kernel, activation, tiny);
                    let error = (got - tiny / 2.0).abs();
                    assert!(error <= f32::from_bits(1), "{place}({tiny}): {got}");
                }
            }
        }
    }

    #[test]
    fn a_rectifier_keeps_what_is_positive_and_what_is_not_finite() {
        for kernel in Kernel::all() {
            let relu = |x| apply(kernel, Activation::Relu, x);
            for x in [0.0, f32::from_bits(1), 1.5, f32::MAX] {
                assert_eq!((relu(x), relu(-x)), (x, 0.0));
            }
            for bad in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                assert!(!relu(bad).is_finite(), "{} {bad}", kernel.name());
            }
        }
    }

    #[test]
    fn far_values_are_identity_or_zero() {
        for kernel in Kernel::all() {
            for activation in SMOOTH {
                assert_eq!(kernel.run(Apply(activation, 0.0)), 0.0);
                assert!((kernel.run(Apply(activation, 60.0)) - 60.0).abs() < 6e-5);
                assert!(kernel.run(Apply(activation, -60.0)).abs() < 1e-4);
                assert!(kernel.run(Apply(activation, f32::MAX)).is_finite());
                for far in [-1e3, -1e10, f32::MIN] {
                    let got = kernel.run(Apply(activation, far));
                    assert!(
                        got.abs() <= 1e-7 * far.abs(),
                        "{activation:?}({far}): {got}"
                    );
                }
            }
        }
    }
}
