//! What two texts differ in that embeddings hardly show.

use crate::{
    CodeDifference, NegationDifference, NumberDifference, OppositeDifference, RoleDifference,
    TimeDifference, code_difference, negation_difference, number_difference, opposite_difference,
    role_difference, time_difference,
};

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
    /// none. Opposites and roles are looked for where nothing else differs, which tells more: 允许 beside 不允许 is a negation.
    pub fn between(text_a: &str, text_b: &str) -> Self {
        let told = Self {
            numbers: number_difference(text_a, text_b),
            times: time_difference(text_a, text_b),
            negation: negation_difference(text_a, text_b),
            codes: code_difference(text_a, text_b),
            ..Self::default()
        };
        match told.is_empty() {
            true => Self {
                opposites: opposite_difference(text_a, text_b),
                roles: role_difference(text_a, text_b),
                ..told
            },
            false => told,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the texts say different things, each in its place: one that leaves out what the other tells (能退货 beside 14天内能退货) asks for less, and contradicts
    /// nothing.
    pub fn contradict(&self) -> bool {
        let both = |a: &[String], b: &[String]| !a.is_empty() && !b.is_empty();
        let numbers = self.numbers.as_ref();
        let codes = self.codes.as_ref();
        numbers.is_some_and(|numbers| both(&numbers.only_a, &numbers.only_b))
            || codes.is_some_and(|codes| both(&codes.only_a, &codes.only_b))
            || self.times.is_some()
            || self.negation.is_some()
            || self.opposites.is_some()
            || self.roles.is_some()
    }
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
            ("从北京到上海", "从上海到北京", true),
        ] {
            let found = Differences::between(a, b);
            assert!(!found.is_empty(), "{a} / {b}");
            assert_eq!(found.contradict(), contradict, "{a} / {b}");
        }
        assert!(!Differences::default().contradict());
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
