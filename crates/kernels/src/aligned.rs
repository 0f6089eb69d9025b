//! A growable buffer whose first element sits on a cache line.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Bytes of a cache line, and of the widest vector register.
const LINE: usize = 64;

/// Elements of a cache line.
pub(crate) const fn of_line<T>() -> usize {
    LINE / size_of::<T>()
}

/// Elements from row to row of a matrix with `columns` columns: an odd number of cache lines. A stride that is a multiple of
/// 4 KiB (3072 floats, say) would send the same column of every row to one set of the first-level cache, and products walk
/// several rows at once.
pub(crate) const fn odd_stride<T>(columns: usize) -> usize {
    (columns.div_ceil(of_line::<T>()) | 1) * of_line::<T>()
}

/// Numbers for which all bits zero is the value zero.
pub(crate) trait Plain: Copy + Send + Sync + 'static {}
impl Plain for f32 {}
impl Plain for u16 {}
impl Plain for i8 {}
impl Plain for u8 {}
impl Plain for i32 {}

/// Zeroed memory of a fixed length, aligned to a cache line so that a full vector load never straddles two.
pub(crate) struct AlignedBuffer<T: Plain> {
    data: NonNull<T>,
    len: usize,
}

// SAFETY: the buffer owns its memory, and `T: Plain` is `Send`.
unsafe impl<T: Plain> Send for AlignedBuffer<T> {}
// SAFETY: shared access only reads, and `T: Plain` is `Sync`.
unsafe impl<T: Plain> Sync for AlignedBuffer<T> {}

impl<T: Plain> AlignedBuffer<T> {
    /// `len` zeros.
    pub(crate) fn zeroed(len: usize) -> Self {
        if len == 0 {
            return Self {
                data: NonNull::dangling(),
                len,
            };
        }
        let layout = Self::layout(len);
        // SAFETY: the layout's size is not zero, since len > 0 and no Plain type is zero-sized.
        let raw = unsafe { alloc_zeroed(layout) };
        match NonNull::new(raw.cast::<T>()) {
            Some(data) => Self { data, len },
            None => handle_alloc_error(layout),
        }
    }

    /// Makes the buffer at least `len` long; what it held is lost when it grows.
    pub(crate) fn ensure(&mut self, len: usize) {
        if self.len < len {
            *self = Self::zeroed(0);
            *self = Self::zeroed(len);
        }
    }

    /// Makes the buffer at least `len` long and keeps what it holds; what is new is zero. It grows by half of its length at least, so that growing
    /// little by little copies each element a few times at most.
    pub(crate) fn grow(&mut self, len: usize) {
        if self.len < len {
            let mut longer = Self::zeroed(len.max(self.len + self.len / 2));
            longer[..self.len].copy_from_slice(self);
            *self = longer;
        }
    }

    fn layout(len: usize) -> Layout {
        match Layout::array::<T>(len).and_then(|l| l.align_to(LINE)) {
            Ok(layout) => layout,
            Err(_) => panic!("a buffer of {len} elements does not fit the address space"),
        }
    }
}

impl<T: Plain> Default for AlignedBuffer<T> {
    fn default() -> Self {
        Self::zeroed(0)
    }
}

impl<T: Plain> Drop for AlignedBuffer<T> {
    fn drop(&mut self) {
        if self.len > 0 {
            // SAFETY: allocated in `zeroed` with the same layout, and dropped once.
            unsafe { dealloc(self.data.as_ptr().cast(), Self::layout(self.len)) }
        }
    }
}

impl<T: Plain> Deref for AlignedBuffer<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: `data` points to `len` initialised elements that live as long as self.
        unsafe { std::slice::from_raw_parts(self.data.as_ptr(), self.len) }
    }
}

impl<T: Plain> DerefMut for AlignedBuffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`, and the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.data.as_ptr(), self.len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_aligned_zeroed_and_grows() {
        let mut b = AlignedBuffer::<f32>::zeroed(3);
        assert_eq!(&b[..], &[0.0; 3]);
        b[2] = 5.0;
        b.ensure(2);
        assert_eq!(b[2], 5.0);
        b.ensure(1000);
        assert_eq!(b.as_ptr() as usize % LINE, 0);
        assert!(b.len() == 1000 && b.iter().all(|&x| x == 0.0));
        b[999] = 7.0;
        b.grow(1001);
        assert!(b.len() == 1500 && b[999] == 7.0 && b[1000..].iter().all(|&x| x == 0.0));
        b.grow(10);
        assert_eq!(b.len(), 1500);
    }
}
