//! Numbers of which the order counts: 2比1, 3/4, 3楼到7楼.

use super::units::Unit;
use super::{Number, NumberDifference};
use crate::words::is_separator;

/// What stands between two numbers of which the first is not the second.
const BETWEEN: [&str; 14] = [
    ":", "：", "比", "/", "-", "–", "—", "~", "～", "到", "至", "→", "->", "to",
];

/// Ends of what stands between what was and what is: 从2号楼改到3号楼, 2号楼变成3号楼.
const CHANGES: [&str; 5] = ["到", "至", "成", "为", "往"];

/// Most characters between what was and what is.
const MOST_BETWEEN: usize = 10;

/// Most ordered pairs of a text that are held against those of the other.
const MOST_PAIRS: usize = 50;

/// Two numbers in their order.
struct Ordered<'a> {
    first: &'a Number,
    second: &'a Number,
    /// Both, as they stand in the text.
    text: String,
}

impl Ordered<'_> {
    fn is_same_as(&self, other: &Self) -> bool {
        self.first.agrees_with(other.first) && self.second.agrees_with(other.second)
    }

    fn is_reverse_of(&self, other: &Self) -> bool {
        self.first.agrees_with(other.second) && self.second.agrees_with(other.first)
    }
}

/// The numbers of two texts that are the same but for their order: 甲80分乙90分 and 甲90分乙80分.
pub(super) fn exchanged(a: (&str, &[Number]), b: (&str, &[Number])) -> Option<NumberDifference> {
    let (of_a, of_b) = (in_order(a.1), in_order(b.1));
    if of_a.len() != of_b.len() || around(a.0, &of_a) != around(b.0, &of_b) {
        return None;
    }
    let pairs = of_a.iter().zip(&of_b);
    let different: Vec<_> = pairs.filter(|(a, b)| !a.agrees_with(b)).collect();
    let texts = |side: fn(&(&&Number, &&Number)) -> String| different.iter().map(side).collect();
    (!different.is_empty()).then(|| NumberDifference {
        only_a: texts(|(a, _)| a.text.clone()),
        only_b: texts(|(_, b)| b.text.clone()),
        may_lie_within: false,
    })
}

/// Numbers from the left, one for each place.
fn in_order(numbers: &[Number]) -> Vec<&Number> {
    let mut all: Vec<&Number> = numbers.iter().collect();
    all.sort_by_key(|number| number.place.start);
    all.dedup_by_key(|number| number.place.start);
    all
}

/// What stands around the numbers of a text, in small letters and without separators.
fn around(text: &str, numbers: &[&Number]) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let starts = std::iter::once(0).chain(numbers.iter().map(|number| number.place.end));
    let ends = numbers.iter().map(|number| number.place.start);
    let gaps = starts.zip(ends.chain([characters.len()]));
    let kept = |(from, to): (usize, usize)| {
        let gap = characters.get(from..to).unwrap_or_default().iter();
        let kept: String = gap.filter(|c| !is_separator(**c)).collect();
        kept.to_lowercase()
    };
    gaps.map(kept).collect()
}

/// Two numbers that stand in one order in the first text and in the other order in the second, where each text has them once.
pub(super) fn reversed(a: (&str, &[Number]), b: (&str, &[Number])) -> Option<NumberDifference> {
    let (of_a, of_b) = (ordered(a.0, a.1), ordered(b.0, b.1));
    let is_only = |pair: &Ordered<'_>, others: &[Ordered<'_>]| {
        !pair.first.readings[0].agrees_with(&pair.second.readings[0])
            && !others.iter().any(|other| pair.is_same_as(other))
    };
    let turned = of_a
        .iter()
        .filter(|pair| is_only(pair, &of_b))
        .find_map(|pair| {
            let there = of_b.iter().find(|other| pair.is_reverse_of(other))?;
            is_only(there, &of_a).then_some((pair, there))
        });
    turned.map(|(a, b)| NumberDifference {
        only_a: vec![a.text.clone()],
        only_b: vec![b.text.clone()],
        may_lie_within: false,
    })
}

/// The ordered pairs of a text, with its numbers.
fn ordered<'a>(text: &str, numbers: &'a [Number]) -> Vec<Ordered<'a>> {
    let characters: Vec<char> = text.chars().collect();
    let pairs = numbers.windows(2).filter_map(|pair| {
        let [first, second] = pair else { return None };
        let is_one = first.place == second.place
            && [first, second]
                .iter()
                .all(|n| n.readings[0].unit == Unit::None);
        let between: String = characters
            .get(first.place.end..second.place.start)
            .unwrap_or_default()
            .iter()
            .collect();
        let between = between.trim();
        let is_change = CHANGES.iter().any(|change| between.ends_with(change))
            && between.chars().count() <= MOST_BETWEEN;
        (is_one || is_change || BETWEEN.contains(&between)).then(|| Ordered {
            first,
            second,
            text: characters[first.place.start..second.place.end]
                .iter()
                .collect(),
        })
    });
    pairs.take(MOST_PAIRS).collect()
}
