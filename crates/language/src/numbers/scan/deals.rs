//! Two numbers in one: deals, scores and shares.

use std::ops::Range;

use super::{Reading, Scanner, Unit, chinese, is_numeral, unit_before};

/// Between two numerals of a deal or a score: 买三送一, 三选一, 二比一.
const DEALS: [char; 11] = [
    '送', '赠', '减', '选', '合', '拖', '抵', '免', '换', '发', '比',
];

impl Scanner {
    /// 买三送一, 满100减20, 三选一, 二比一: two numbers without units; where the second ends.
    pub(super) fn deal(&mut self, first: Range<usize>, value: f64) -> Option<usize> {
        let verb = self.peek(first.end).filter(|c| DEALS.contains(c))?;
        let before = self.before(first.start);
        // 统一比一下, 发一发, 十发一: a word, or a verb twice.
        let is_word = before.is_some_and(|c| c == verb || "统唯专单同万第".contains(c));
        let (second, end) = self.bare(first.end + 1)?;
        let is_verb_twice = matches!(self.peek(end), Some('下' | '些' | '点' | '比'));
        if is_word || is_verb_twice || verb == '发' && before != Some('拍') {
            return None;
        }
        let from = first.start - usize::from(matches!(before, Some('买' | '满' | '拍')));
        let units = match verb {
            '比' => [Unit::None; 2],
            _ => [Unit::Bought, Unit::Given],
        };
        let score = format!("{value}:{second}");
        for (value, unit) in [value, second].into_iter().zip(units) {
            self.add(from..end, value, unit);
            if verb == '比' {
                self.or_else_reads(Reading::literal(score.clone()));
            }
        }
        Some(end)
    }

    /// A number by itself, in digits or in Chinese, and where it ends.
    pub(super) fn bare(&self, from: usize) -> Option<(f64, usize)> {
        if self.peek(from)?.is_ascii_digit() {
            let (end, points) = self.digits_and_points(from);
            return (points < 2)
                .then(|| self.number(from..end))?
                .map(|value| (value, end));
        }
        let end = self.run(from, is_numeral);
        let value = chinese::value(self.characters.get(from..end)?).filter(|_| end > from);
        value.map(|value| (value, end))
    }

    /// 三七分, 四六开: two shares that make ten; where it ends.
    pub(super) fn shares(&mut self, start: usize, end: usize) -> Option<usize> {
        let &[first, second] = &self.characters[start..end] else {
            return None;
        };
        let (first, second) = (chinese::digit(first)?, chinese::digit(second)?);
        let is_unit = unit_before(self.rest(end), 1.0).is_some_and(|(_, length)| length > 1);
        if first + second != 10 || !matches!(self.peek(end), Some('分' | '开')) || is_unit {
            return None;
        }
        for share in [first, second] {
            self.add(start..end + 1, f64::from(share), Unit::None);
        }
        Some(end + 1)
    }
}
