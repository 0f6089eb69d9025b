//! What becomes of x·Wᵀ + b.

use crate::gelu::Activation;
use crate::isa::Simd;

/// What is done with the result of a product.
#[derive(Clone, Copy)]
pub(super) struct Finish {
    pub(super) activation: Option<Activation>,
    pub(super) merge: Merge,
}

/// How the result meets what is in its place.
#[derive(Clone, Copy)]
pub(super) enum Merge {
    /// It replaces it.
    Write,
    /// It is added to it.
    Add,
    /// It is multiplied by it.
    Multiply,
}

impl Finish {
    /// What is done in a panel of this part of the layer: the second part of a gated one multiplies what the first has left.
    #[inline(always)]
    pub(super) fn of_part(self, part: usize) -> Self {
        match part {
            0 => self,
            _ => Self {
                activation: None,
                merge: Merge::Multiply,
            },
        }
    }

    /// # Safety
    /// The CPU has I, and `to` is good for LANES elements.
    #[inline(always)]
    pub(super) unsafe fn store<I: Simd>(self, y: I::F32, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe {
            let y = self.activate::<I>(y);
            let y = match self.merge {
                Merge::Write => y,
                Merge::Add => I::add(I::load(to), y),
                Merge::Multiply => I::mul(I::load(to), y),
            };
            I::store(to, y);
        }
    }

    /// As [`Finish::store`] of the first `left` elements.
    ///
    /// # Safety
    /// The CPU has I, and `to` is good for `left` elements, fewer than LANES.
    #[inline(always)]
    pub(super) unsafe fn store_partial<I: Simd>(self, y: I::F32, to: *mut f32, left: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let y = self.activate::<I>(y);
            let y = match self.merge {
                Merge::Write => y,
                Merge::Add => I::add(I::load_partial(to, left), y),
                Merge::Multiply => I::mul(I::load_partial(to, left), y),
            };
            I::store_partial(to, y, left);
        }
    }

    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn activate<I: Simd>(self, y: I::F32) -> I::F32 {
        match self.activation {
            // SAFETY: the features are the caller's promise.
            Some(activation) => unsafe { activation.apply::<I>(y) },
            None => y,
        }
    }
}
