//! Numbers inside words.

use super::{Found, Scanner, unit_before};
use crate::words::{is_han, phrases};

/// Characters of the shortest word in which a number may be no number.
const SHORTEST: usize = 3;

/// Idioms that are all numerals and units.
const IDIOMS: [&str; 4] = ["半斤八两", "一五一十", "三三两两", "七七八八"];

impl Scanner {
    /// Numbers inside a word of the dictionary that they do not fill (五台山, 四分五裂, 三番五次) say little of how many.
    pub(super) fn mark_parts_of_words(&mut self) {
        if self.found.is_empty() {
            return;
        }
        let covered = self.covered();
        let text: String = self.characters.iter().collect();
        let mut found = self.found.iter_mut().peekable();
        for word in phrases(&text) {
            let place = word.place;
            while found
                .next_if(|number| number.place.start < place.start)
                .is_some()
            {}
            let is_filled = covered[place.clone()].iter().all(|&covered| covered);
            let is_number = is_filled && !IDIOMS.contains(&word.text);
            let is_word = place.len() >= SHORTEST && word.text.chars().all(is_han);
            if is_word && !is_number {
                let is_inside = |number: &&mut Found| number.place.end <= place.end;
                while let Some(number) = found.next_if(is_inside) {
                    number.number.is_incidental = true;
                }
            }
        }
    }

    /// Which characters are of numbers, with what is between them and their units: 第三次, 十几个.
    fn covered(&self) -> Vec<bool> {
        let is_more = |c: &char| matches!(c, '几' | '多' | '来' | '余' | '半' | '数');
        let mut covered: Vec<bool> = self.characters.iter().map(is_more).collect();
        for Found { place, .. } in &self.found {
            let unit = unit_before(self.rest(place.end), 1.0).map_or(0, |(_, length)| length);
            covered[place.start..place.end + unit].fill(true);
        }
        covered
    }
}
