//! What two texts differ in that embeddings hardly show.

use crate::{
    CodeDifference, NegationDifference, NumberDifference, OppositeDifference, RoleDifference,
    TimeDifference, Unit, code_difference, negation_difference, number_difference, numbers,
    opposite_difference, role_difference, time_difference,
};

/// Why one of two texts cannot stand for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Contradiction {
    /// They tell other numbers.
    Number,
    /// They tell other dates, days or times.
    Date,
    /// One of them negates.
    Negation,
    /// They name other codes of products.
    Code,
    /// Words at the same place exclude one another.
    Opposite,
    /// The same words have other roles.
    Role,
}

/// Differences between two texts that leave their vectors near to each other but change what they say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Differences {
    /// Numbers that only one of them has.
    pub numbers: Option<NumberDifference>,
    /// Times that both name by words, and that exclude one another.
    pub times: Option<TimeDifference>,
    /// Negating words, where only one of them negates.
    pub negation: Option<NegationDifference>,
    /// Codes of products that only one of them has.
    pub codes: Option<CodeDifference>,
    /// Words at the same place that exclude one another.
    pub opposites: Option<OppositeDifference>,
    /// The same words in other roles.
    pub roles: Option<RoleDifference>,
}

impl Differences {
    /// The differences between two texts. A difference that may be one of style alone (3月 and March, 没问题 and 可以) is
    /// none. Opposites and roles are looked for where nothing else contradicts, which tells more: 允许 beside 不允许 is a negation.
    pub fn between(text_a: &str, text_b: &str) -> Self {
        let told = Self {
            numbers: number_difference(text_a, text_b),
            times: time_difference(text_a, text_b),
            negation: negation_difference(text_a, text_b),
            codes: code_difference(text_a, text_b),
            ..Self::default()
        };
        match told.contradict() {
            true => told,
            false => Self {
                opposites: opposite_difference(text_a, text_b),
                roles: role_difference(text_a, text_b),
                ..told
            },
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the texts say different things, each in its place, as [`contradiction`](Self::contradiction) tells.
    pub fn contradict(&self) -> bool {
        self.contradiction().is_some()
    }

    /// Why the texts say different things, each in its place: one that leaves out what the other tells (能退货 beside 14天内能退货) asks for less, and contradicts
    /// nothing, nor does a date or a time that has gone by beside a limit (我1月3号买的 beside 14天内).
    pub fn contradiction(&self) -> Option<Contradiction> {
        let may_lie_within = self.numbers.as_ref().is_some_and(|n| n.may_lie_within);
        let counts =
            |only_a: &[String], only_b: &[String]| !only_a.is_empty() && !only_b.is_empty();
        self.why(counts, !may_lie_within)
    }

    /// Why the first text cannot stand for both: they contradict one another, or what the second tells would be lost. What the first tells
    /// beside would be told for both.
    pub fn loss(&self) -> Option<Contradiction> {
        self.why(|_, only_b| !only_b.is_empty(), true)
    }

    /// The first reason there is; `counts` says of what only either text has whether it is one, and `numbers_count` whether numbers are any.
    fn why(
        &self,
        counts: impl Fn(&[String], &[String]) -> bool,
        numbers_count: bool,
    ) -> Option<Contradiction> {
        let codes = self.codes.as_ref();
        let numbers = self.numbers.as_ref();
        let code = codes.is_some_and(|codes| counts(&codes.only_a, &codes.only_b));
        let number = numbers_count
            && numbers.is_some_and(|numbers| counts(&numbers.only_a, &numbers.only_b));
        let of_time = || numbers.is_some_and(|numbers| are_of_time(&numbers.only_b));
        let date = self.times.is_some() || number && of_time();
        [
            (code, Contradiction::Code),
            (number && !date, Contradiction::Number),
            (date, Contradiction::Date),
            (self.negation.is_some(), Contradiction::Negation),
            (self.opposites.is_some(), Contradiction::Opposite),
            (self.roles.is_some(), Contradiction::Role),
        ]
        .into_iter()
        .find_map(|(is_there, why)| is_there.then_some(why))
    }
}

/// Whether all of these numbers are parts of dates or times.
fn are_of_time(texts: &[String]) -> bool {
    let is_of_time = |text: &String| {
        let first = numbers(text).into_iter().next();
        let unit = first.and_then(|number| Some(number.readings().first()?.unit));
        matches!(
            unit,
            Some(Unit::Year | Unit::Month | Unit::Day | Unit::Weekday | Unit::Hour | Unit::Minute)
        )
    };
    texts.iter().all(is_of_time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_text_leaves_out_contradicts_nothing() {
        for (a, b, contradict) in [
            ("14天内能退货吗", "15天内能退货吗", true),
            ("14天内能退货吗", "能退货吗", false),
            ("A1能退货吗", "A2能退货吗", true),
            ("A1能退货吗", "能退货吗", false),
            ("能退货", "不能退货", true),
            ("14天内可以退货吗", "我1月3号买的能退货吗", false),
            ("14天内可以退货吗", "东西才买了3天可以退货吗", false),
            ("七天无理由退货", "三天前买的能退货吗", false),
            ("14天内可以退货吗", "1月3号前可以退货吗", true),
            ("买了3天能退货吗", "买了30天能退货吗", true),
            ("从北京到上海", "从上海到北京", true),
        ] {
            let found = Differences::between(a, b);
            assert!(!found.is_empty(), "{a} / {b}");
            assert_eq!(found.contradict(), contradict, "{a} / {b}");
        }
        assert!(!Differences::default().contradict());
    }

    #[test]
    fn what_the_second_tells_would_be_lost() {
        for (a, b, contradiction, loss) in [
            ("14天内能退货吗", "能退货吗", None, None),
            (
                "能退货吗",
                "14天内能退货吗",
                None,
                Some(Contradiction::Number),
            ),
            (
                "3月上线",
                "5月上线",
                Some(Contradiction::Date),
                Some(Contradiction::Date),
            ),
            (
                "今天发",
                "明天发",
                Some(Contradiction::Date),
                Some(Contradiction::Date),
            ),
            (
                "A1能退",
                "A2能退",
                Some(Contradiction::Code),
                Some(Contradiction::Code),
            ),
            (
                "打开手机消息通知",
                "3天内关闭手机消息通知",
                Some(Contradiction::Opposite),
                Some(Contradiction::Number),
            ),
            (
                "从北京到上海",
                "从上海到北京",
                Some(Contradiction::Role),
                Some(Contradiction::Role),
            ),
        ] {
            let found = Differences::between(a, b);
            assert_eq!(
                (found.contradiction(), found.loss()),
                (contradiction, loss),
                "{a} / {b}"
            );
        }
    }

    #[test]
    fn numbers_and_negation_are_told_apart() {
        for (a, b, numbers, negation) in [
            ("3月5日能退货", "三月五号能退货", false, false),
            ("3月5日能退货", "5月5日能退货", true, false),
            ("能退货", "不能退货", false, true),
            ("7天内能退货", "8天内不能退货", true, true),
        ] {
            let found = Differences::between(a, b);
            assert_eq!(
                (found.numbers.is_some(), found.negation.is_some()),
                (numbers, negation),
                "{a} / {b}"
            );
            assert_eq!(found.is_empty(), !numbers && !negation, "{a} / {b}");
        }
    }
}
