//! What two texts differ in that embeddings hardly show.

use crate::{
    NegationDifference, NumberDifference, OppositeDifference, RoleDifference, TimeDifference,
    negation_difference, number_difference, opposite_difference, role_difference, time_difference,
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
        self.numbers.is_none()
            && self.times.is_none()
            && self.negation.is_none()
            && self.opposites.is_none()
            && self.roles.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
