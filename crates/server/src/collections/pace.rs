//! How many items are read at a time, where an item may be a word or a book.

/// Items of the first step.
const FIRST: usize = 16;

/// Steps that read about so many bytes each, whatever the size of an item.
#[derive(Debug)]
pub(crate) struct Pace {
    bytes: usize,
    most: usize,
    next: usize,
}

impl Pace {
    /// Steps of about so many bytes and at most so many items.
    pub(crate) fn new(bytes: usize, most: usize) -> Self {
        let next = FIRST.min(most);
        Self { bytes, most, next }
    }

    /// Items of the next step.
    pub(crate) fn next(&self) -> usize {
        self.next
    }

    /// Learns what a step was.
    pub(crate) fn took(&mut self, items: usize, bytes: usize) {
        let of_one = bytes / items.max(1) + 1;
        // No faster than it can be wrong about.
        let next = (self.bytes / of_one).min(4 * self.next);
        self.next = next.clamp(1, self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_items_make_small_steps() {
        let mut pace = Pace::new(1 << 20, 1_000);
        assert_eq!(pace.next(), 16);
        for _ in 0..5 {
            pace.took(pace.next(), 100 * pace.next());
        }
        assert_eq!(pace.next(), 1_000);
        pace.took(1_000, 1_000 << 20);
        assert_eq!(pace.next(), 1);
        pace.took(1, 100);
        assert_eq!(pace.next(), 4);
        assert_eq!(Pace::new(1, 3).next(), 3);
    }
}
