//! Room for what is read.

/// Whether there is room for so many bytes more.
pub type Room<'a> = &'a (dyn Fn(usize) -> bool + 'a);
