//! Dates, shares and amounts that have names, and numerals of other kinds.

use std::ops::Range;

use super::{Scanner, Unit, chinese, is_numeral, unit_before};
use crate::words::is_in_dictionary;

/// What a name stands for.
type Named = &'static [(f64, Unit)];

const fn date(month: f64, day: f64) -> [(f64, Unit); 2] {
    [(month, Unit::Month), (day, Unit::Day)]
}

/// Names of days and amounts. They count against another number of their kind alone, since many are words of other things.
#[rustfmt::skip]
const NAMES: &[(&str, Named)] = &[
    ("国庆", &date(10.0, 1.0)), ("元旦", &date(1.0, 1.0)), ("劳动节", &date(5.0, 1.0)), ("五一", &date(5.0, 1.0)),
    ("儿童节", &date(6.0, 1.0)), ("六一", &date(6.0, 1.0)), ("妇女节", &date(3.0, 8.0)), ("三八", &date(3.0, 8.0)),
    ("青年节", &date(5.0, 4.0)), ("五四", &date(5.0, 4.0)), ("建党节", &date(7.0, 1.0)), ("七一", &date(7.0, 1.0)),
    ("建军节", &date(8.0, 1.0)), ("八一", &date(8.0, 1.0)), ("教师节", &date(9.0, 10.0)), ("光棍节", &date(11.0, 11.0)),
    ("双十一", &date(11.0, 11.0)), ("双11", &date(11.0, 11.0)), ("双十二", &date(12.0, 12.0)),
    ("双12", &date(12.0, 12.0)), ("圣诞", &date(12.0, 25.0)), ("平安夜", &date(12.0, 24.0)),
    ("情人节", &date(2.0, 14.0)), ("愚人节", &date(4.0, 1.0)), ("植树节", &date(3.0, 12.0)),
    // Of the lunar calendar, as their dates are said.
    ("端午", &date(5.0, 5.0)), ("七夕", &date(7.0, 7.0)), ("中秋", &date(8.0, 15.0)), ("重阳", &date(9.0, 9.0)),
    ("对折", &[(5.0, Unit::Named("折"))]), ("翻倍", &[(2.0, Unit::Named("倍"))]),
    ("加倍", &[(2.0, Unit::Named("倍"))]), ("双倍", &[(2.0, Unit::Named("倍"))]),
    ("双份", &[(2.0, Unit::Count)]), ("双人", &[(2.0, Unit::Count)]), ("单人", &[(1.0, Unit::Count)]),
    ("全天", &[(1.0, Unit::Named("天"))]), ("整天", &[(1.0, Unit::Named("天"))]),
    ("午夜", &[(0.0, Unit::Hour)]), ("正午", &[(0.0, Unit::Hour)]),
    ("上世纪", &[(20.0, Unit::Named("世纪"))]), ("上个世纪", &[(20.0, Unit::Named("世纪"))]),
    ("20世纪", &[(20.0, Unit::Named("世纪"))]), ("二十世纪", &[(20.0, Unit::Named("世纪"))]),
    ("本世纪", &[(21.0, Unit::Named("世纪"))]), ("21世纪", &[(21.0, Unit::Named("世纪"))]),
    ("二十一世纪", &[(21.0, Unit::Named("世纪"))]),
];

impl Scanner {
    /// What has a name, or 翻一番; where it ends.
    pub(super) fn named(&mut self) -> Option<usize> {
        let start = self.at;
        if self.peek(start) == Some('翻') {
            return self.doubling(start);
        }
        let (name, meanings) = *NAMES.iter().find(|(name, _)| self.starts(start, name))?;
        let end = start + name.chars().count();
        let is_all_numerals = [start, end - 1]
            .iter()
            .all(|&at| self.peek(at).is_some_and(is_numeral));
        if is_all_numerals && !self.is_day_by_numerals(start..end) {
            return None;
        }
        for &(value, unit) in meanings {
            self.add(start..end, value, unit);
            self.mark_incidental(true);
        }
        Some(end)
    }

    /// Whether numerals that name a day (五一) are no part of a number: 五一二, 初五一起, 六一班 are none.
    fn is_day_by_numerals(&self, place: Range<usize>) -> bool {
        let goes_on = |c: char| is_numeral(c) || c.is_ascii_digit() || matches!(c, '起' | '班');
        let has_unit = unit_before(self.rest(place.end), 1.0).is_some();
        let before = self.before(place.start);
        let is_more = before.is_some_and(|c| c.is_ascii_digit() || "初第周期拜老十".contains(c));
        !is_more && !has_unit && !self.peek(place.end).is_some_and(goes_on)
    }

    /// 翻一番, 翻了两番: twice and four times as much; where it ends.
    fn doubling(&mut self, start: usize) -> Option<usize> {
        let from = start + 1 + usize::from(self.peek(start + 1) == Some('了'));
        let (times, end) = self.bare(from)?;
        if self.peek(end) != Some('番') || times > 9.0 {
            return None;
        }
        self.add(start..end + 1, times.exp2(), Unit::Named("倍"));
        self.mark_incidental(true);
        Some(end + 1)
    }

    /// 一打啤酒, but not 一打开 and 一打电话; where it ends.
    pub(super) fn dozens(&mut self, number: Range<usize>, value: f64) -> Option<usize> {
        let verb = [
            self.peek(number.end)?,
            self.peek(number.end + 1).unwrap_or(' '),
        ];
        let is_verb = is_in_dictionary(&String::from_iter(verb));
        if verb[0] != '打' || is_verb || self.before(number.start) == Some('第') {
            return None;
        }
        let end = number.end + 1;
        self.add(number.start..end, 12.0 * value, Unit::None);
        self.mark_incidental(true);
        Some(end)
    }

    /// Whether the 两 at the end of a numeral is the unit of weight: 二两, 一百两, but not 一两天 and 两两.
    pub(super) fn ends_with_liang(&self, numeral: Range<usize>) -> bool {
        let characters = &self.characters[numeral.clone()];
        let is_unit = characters.len() > 1 && characters.last() == Some(&'两');
        is_unit && characters[0] != '两' && unit_before(self.rest(numeral.end), 2.0).is_none()
    }

    /// Whether a 初 before a numeral makes a day of the lunar month of it: 正月初五, but not 最初三天 and 月初五号.
    pub(super) fn is_lunar_day(&self, start: usize) -> bool {
        let Some(first) = start
            .checked_sub(1)
            .filter(|&at| self.peek(at) == Some('初'))
        else {
            return false;
        };
        let end = self.run(start, is_numeral);
        let is_other = match self.before(first) {
            Some('月') => self
                .before(first - 1)
                .is_none_or(|c| !is_numeral(c) && !"正腊冬".contains(c)),
            Some(c) => "最当起年本".contains(c) && !self.ends(first, "大年"),
            None => false,
        };
        !is_other && unit_before(self.rest(end), 1.0).is_none()
    }
}

/// Reads the numerals of cheques (壹佰元, 五仟元) as the usual ones, where there are two and money follows, or three.
pub(super) fn read_cheques(characters: &mut [char]) {
    let is_of_cheque = |c: &char| chinese::of_cheque(*c).is_some();
    let mut at = 0;
    while at < characters.len() {
        let rest = &characters[at..];
        let run = rest
            .iter()
            .take_while(|&c| is_of_cheque(c) || is_numeral(*c))
            .count();
        let is_money = matches!(
            characters.get(at + run),
            Some('元' | '圆' | '角' | '分' | '块')
        );
        let of_cheque = rest[..run].iter().filter(|&c| is_of_cheque(c)).count();
        if run > 1 && (is_money && of_cheque > 0 || of_cheque > 2) {
            for c in &mut characters[at..at + run] {
                *c = chinese::of_cheque(*c).unwrap_or(*c);
            }
        }
        at += run.max(1);
    }
}
