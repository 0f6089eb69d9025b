//! Numbers in words of English.

use super::{Scanner, Unit, english};

impl Scanner {
    /// The word of letters at a place, in lower case, and where it ends.
    pub(super) fn word_at(&self, from: usize) -> Option<(String, usize)> {
        let end = self.run(from, |c| c.is_ascii_alphabetic());
        let word: String = self.characters.get(from..end)?.iter().collect();
        (end > from).then(|| (word.to_lowercase(), end))
    }

    /// The word behind a space or a hyphen.
    fn next_word(&self, end: usize) -> Option<(String, usize)> {
        let from = self.run(end, |c| matches!(c, ' ' | '-'));
        (from > end).then(|| self.word_at(from))?
    }

    /// A word of letters, which may begin a number; where what was read ends.
    pub(super) fn word(&mut self) -> usize {
        let start = self.at;
        let Some((word, end)) = self.word_at(start) else {
            return start;
        };
        // 3D, 5G and B2B are names.
        if self
            .before(start)
            .is_some_and(|c| c.is_ascii_alphanumeric())
        {
            return end;
        }
        if let Some(to) = self.month(&word, start..end) {
            return to;
        }
        if let Some(day) = english::weekday(&word) {
            self.add(start..end, day, Unit::Weekday);
            return end;
        }
        match word.as_str() {
            "half" => self.half_word(start, end),
            "quarter" => self.quarter_past(start, end),
            "a" | "an" => self.article(start, end),
            "once" | "twice" => {
                let times = if word == "once" { 1.0 } else { 2.0 };
                self.add(start..end, times, Unit::Named("次"));
                self.mark_incidental(true);
                end
            }
            _ => self.number_words(start, &word, end),
        }
    }

    /// Two hundred and five, with its unit; first, second; where it ends.
    fn number_words(&mut self, start: usize, first: &str, end: usize) -> usize {
        if let Some(place) = english::ordinal(first) {
            self.add(start..end, place, Unit::Ordinal);
            self.or_else_means(place, Unit::Named("层"));
            self.mark_incidental(true);
            return end;
        }
        let Some(mut sum) = english::Sum::of(first) else {
            return end;
        };
        let mut to = end;
        let mut half = 0.0;
        while let Some((word, end)) = self.next_word(to) {
            if let Some(end) = self.and_a_half(&word, end) {
                (half, to) = (0.5, end);
                break;
            }
            let (word, end) = match word.as_str() {
                "and" => match self.next_word(end) {
                    Some(next) if sum.has_scale() => next,
                    _ => break,
                },
                _ => (word, end),
            };
            if !sum.add(&word) {
                break;
            }
            to = end;
        }
        let is_incidental = matches!(first, "one" | "zero") && to == end;
        let after = self.with_unit(start..to, sum.value() + half, is_incidental);
        self.mark_incidental(is_incidental);
        after
    }

    /// Where the half of "two and a half" ends.
    fn and_a_half(&self, and: &str, end: usize) -> Option<usize> {
        let (a, end) = self.next_word(end).filter(|_| and == "and")?;
        let (half, end) = self.next_word(end)?;
        (a == "a" && half == "half").then_some(end)
    }

    /// An hour, a hundred, a dozen, a couple; where it ends.
    fn article(&mut self, start: usize, end: usize) -> usize {
        let Some((word, to)) = self.next_word(end) else {
            return end;
        };
        if word == "half" {
            return self.half_word(start, to);
        }
        let scale = english::scale(&word).or((word == "couple").then_some(2.0));
        let found = match (scale, english::unit(&word)) {
            (Some(scale), _) => Some((scale, Unit::None)),
            (None, Some(unit)) if word != "second" && unit.is_measure() => Some((1.0, unit)),
            _ => None,
        };
        match found {
            Some((value, Unit::None)) => {
                self.with_unit(start..to, value, false);
            }
            Some((value, unit)) => self.add(start..to, value, unit),
            None => return end,
        }
        self.mark_incidental(true);
        self.found.last().map_or(to, |last| last.place.end)
    }

    /// Half an hour, half of them, half past three; where it ends.
    fn half_word(&mut self, start: usize, end: usize) -> usize {
        match self.next_word(end) {
            Some((past, to)) if past == "past" => {
                self.add(start..to, 30.0, Unit::Minute);
                to
            }
            Some((word, to)) => {
                let unit = match word.as_str() {
                    "a" | "an" => self.next_word(to),
                    _ => Some((word, to)),
                };
                match unit.and_then(|(word, to)| Some((english::unit(&word)?, to))) {
                    Some((unit, to)) => {
                        self.add(start..to, 0.5, unit);
                        to
                    }
                    None => self.half_of_all(start, end),
                }
            }
            None => self.half_of_all(start, end),
        }
    }

    /// A quarter past three; where it ends.
    fn quarter_past(&mut self, start: usize, end: usize) -> usize {
        let past = self.next_word(end).filter(|(word, _)| word == "past");
        past.map_or(end, |(_, to)| {
            self.add(start..to, 15.0, Unit::Minute);
            to
        })
    }

    fn half_of_all(&mut self, start: usize, end: usize) -> usize {
        self.add(start..end, 50.0, Unit::Named("%"));
        self.mark_incidental(true);
        end
    }

    /// The factor of a word or letter behind digits (5 million, 10k, 3w), and where it ends.
    pub(super) fn scale_word(&self, from: usize) -> (f64, usize) {
        if let Some((letter, end)) = self.word_at(from) {
            return match letter.as_str() {
                "k" => (1e3, end),
                "w" => (1e4, end),
                _ => (1.0, from),
            };
        }
        match self.next_word(from) {
            Some((word, end)) => english::scale(&word).map_or((1.0, from), |scale| (scale, end)),
            None => (1.0, from),
        }
    }
}
