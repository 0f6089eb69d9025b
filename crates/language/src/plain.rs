//! Texts as they are compared character by character, and what of them stands where.

use std::ops::Range;

use crate::traditional::simplified_character;
use crate::words::is_separator;

/// Characters of a text that is compared: what is longer is no sentence.
const MOST: usize = 300;

/// Signs that say something, as words do.
const ARROWS: [char; 4] = ['→', '➡', '⇒', '>'];

/// The characters of a text without white space and punctuation, in simplified characters and lower case.
pub(crate) struct Plain {
    pub(crate) characters: Vec<char>,
    /// Where each stands in the text, in characters.
    places: Vec<usize>,
    given: Vec<char>,
}

impl Plain {
    /// `None`: it is too long to be compared.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let given: Vec<char> = text.chars().take(MOST + 1).collect();
        if given.len() > MOST {
            return None;
        }
        let plain = |(place, c): (usize, &char)| {
            let mut lower = simplified_character(*c).to_lowercase();
            // What becomes several is no letter of Chinese or English.
            let c = lower
                .next()
                .filter(|_| lower.next().is_none())
                .unwrap_or(*c);
            (!is_separator(c) || ARROWS.contains(&c)).then_some((place, c))
        };
        let (places, characters) = given.iter().enumerate().filter_map(plain).unzip();
        Some(Self {
            characters,
            places,
            given,
        })
    }

    /// Without the characters of which this is said, by their place among all.
    pub(crate) fn without(self, is_left_out: impl Fn(usize, &[char]) -> bool) -> Self {
        let kept = (0..self.characters.len()).filter(|&at| !is_left_out(at, &self.characters));
        let (characters, places) = kept
            .map(|at| (self.characters[at], self.places[at]))
            .unzip();
        Self {
            characters,
            places,
            given: self.given,
        }
    }

    /// Whether no punctuation stands between the characters there.
    pub(crate) fn is_joined(&self, place: Range<usize>) -> bool {
        let mut pairs = self.places[place].windows(2);
        pairs.all(|pair| {
            let mut between = self.given[pair[0] + 1..pair[1]].iter();
            between.all(|c| c.is_whitespace() || !is_separator(*c))
        })
    }

    /// What stands there, as it was given.
    pub(crate) fn given(&self, place: Range<usize>) -> String {
        let first = self.places.get(place.start);
        let last = place
            .end
            .checked_sub(1)
            .and_then(|last| self.places.get(last));
        match (first, last) {
            (Some(&first), Some(&last)) if first <= last => {
                self.given[first..=last].iter().collect()
            }
            _ => String::new(),
        }
    }
}

/// Characters that two texts begin with alike, and of the rest those that they end with alike.
pub(crate) fn common_ends(a: &[char], b: &[char]) -> (usize, usize) {
    let begin = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let ends = a[begin..].iter().rev().zip(b[begin..].iter().rev());
    (begin, ends.take_while(|(a, b)| a == b).count())
}
