//! Numbers in a text, and whether two texts have the same: embeddings hardly tell 3月 from 5月.
//!
//! Written in digits or in Chinese, with the unit that follows; 三月 is 3月, 1.5万 is 15000, 15:00 is 下午三点. A lone
//! numeral of Chinese counts only with a unit or an ordinal, since 一 and 十 are in many words that are no numbers.

mod chinese;
mod scan;
mod units;

use self::scan::Scanner;
use self::units::Unit;

/// A number of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// As it stands in the text, with its unit.
    pub text: String,
    value: Value,
    unit: Unit,
    /// 一 with a measure word, which often is no more than an article (一个).
    is_article: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Number(f64),
    /// What is no single number: a version, an address.
    Literal(String),
}

impl Number {
    /// Whether both say the same: equal values, of one unit or one without.
    fn agrees_with(&self, other: &Self) -> bool {
        let units = self.unit == other.unit || [self.unit, other.unit].contains(&Unit::None);
        units && self.value == other.value
    }

    /// Whether a number without unit is a lone numeral of Chinese there: 续集2 and 续集二.
    fn is_spelt_in(&self, text: &str) -> bool {
        let is_it = |c| {
            let value = chinese::value(&[c]);
            value.is_some_and(|value| self.value == Value::Number(value))
        };
        self.unit == Unit::None && text.chars().any(is_it)
    }
}

/// The numbers of a text, in order.
pub fn numbers(text: &str) -> Vec<Number> {
    Scanner::new(text).numbers()
}

/// Numbers that only one of two texts has.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberDifference {
    /// In the first text alone, as they stand there.
    pub only_a: Vec<String>,
    /// In the second text alone.
    pub only_b: Vec<String>,
}

/// How the numbers of two texts differ; `None`: they have the same. A number counts once, however often it stands there.
pub fn number_difference(text_a: &str, text_b: &str) -> Option<NumberDifference> {
    let (mut a, mut b) = (numbers(text_a), numbers(text_b));
    let (all_a, all_b) = (a.clone(), b.clone());
    let is_in = |number: &Number, others: &[Number], text: &str| {
        others.iter().any(|o| number.agrees_with(o)) || number.is_spelt_in(text)
    };
    a.retain(|number| !is_in(number, &all_b, text_b));
    b.retain(|number| !is_in(number, &all_a, text_a));
    let articles_matter = |number: &Number, others: &[Number]| {
        !number.is_article || others.iter().any(|other| other.unit == number.unit)
    };
    let (rest_a, rest_b) = (a.clone(), b.clone());
    a.retain(|number| articles_matter(number, &rest_b));
    b.retain(|number| articles_matter(number, &rest_a));
    let difference = NumberDifference {
        only_a: texts(a),
        only_b: texts(b),
    };
    (difference.only_a.len() + difference.only_b.len() > 0).then_some(difference)
}

fn texts(numbers: Vec<Number>) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for number in numbers {
        if !texts.contains(&number.text) {
            texts.push(number.text);
        }
    }
    texts
}

#[cfg(test)]
mod tests;
