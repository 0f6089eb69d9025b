//! How many items are read at a time, where an item may be a word or a book.

use serde_json::Value;
use yuyi_store::{Item, VectorItem};

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

/// About how many bytes an item and its vectors take.
pub(crate) fn bytes_of(item: &VectorItem) -> usize {
    let numbers: usize = item.vectors.iter().map(Vec::len).sum();
    bytes_of_item(&item.item) + numbers * size_of::<f32>()
}

/// About how many bytes an item takes.
pub(crate) fn bytes_of_item(item: &Item) -> usize {
    /// Of what stands around texts and values.
    const HEAD: usize = 256;
    let texts: usize = item.texts().map(str::len).sum();
    let answer = item.answer.as_ref().map_or(0, String::len);
    let payload: usize = item
        .payload
        .iter()
        .map(|(name, value)| name.len() + bytes_of_value(value))
        .sum();
    HEAD + item.id.len() + texts + answer + payload
}

fn bytes_of_value(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::String(text) => text.len(),
            Value::Array(list) => list.iter().map(bytes_of_value).sum(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| name.len() + bytes_of_value(value))
                .sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
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
