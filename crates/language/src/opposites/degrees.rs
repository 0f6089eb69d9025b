//! What is high or low, in front of its name or behind it: 血压高 beside 低血压.

use std::ops::Range;

/// Characters that exclude one another of a measure.
const DEGREES: &[(char, char)] = &[('高', '低'), ('快', '慢')];

/// Between a name and how much it is.
const BETWEEN: &str = "偏太很较过";

/// In front of a degree that is reached and not there: 提高 血压.
const CHANGING: &str = "提升增调减降加缩变最";

/// Characters of what asks or joins, which is no name.
const NO_NAME: &str = "什么怎哪多少几为还是的地得了吗呢能会不没有在";

/// Characters of a name.
const NAME: usize = 2;

/// Where two texts say of one thing that it is high and that it is low, each of them one alone.
pub(super) fn opposed(a: &[char], b: &[char]) -> Option<(Range<usize>, Range<usize>)> {
    DEGREES.iter().find_map(|&(high, low)| {
        let pairs = [(high, low), (low, high)];
        pairs.into_iter().find_map(|(in_a, in_b)| {
            named(a, in_a).find_map(|(name, place)| {
                let is_of = |(other, _): &(&[char], Range<usize>)| *other == name;
                let has = |text, degree| named(text, degree).any(|one| is_of(&one));
                let (_, there) = named(b, in_b).find(is_of)?;
                (!has(a, in_b) && !has(b, in_a)).then_some((place, there))
            })
        })
    })
}

/// The names beside a degree in a text, each with the place of both.
fn named(text: &[char], degree: char) -> impl Iterator<Item = (&[char], Range<usize>)> {
    let places = (0..text.len()).filter(move |&at| text[at] == degree);
    places.flat_map(move |at| {
        let is_changing = at > 0 && CHANGING.contains(text[at - 1]);
        let behind = text.get(at + 1..at + 1 + NAME).filter(|_| !is_changing);
        let behind = behind.map(|name| (name, at..at + 1 + NAME));
        let end = at - usize::from(at > 0 && BETWEEN.contains(text[at - 1]));
        let start = end.checked_sub(NAME);
        let before = start.map(|start| (&text[start..end], start..at + 1));
        let all = behind.into_iter().chain(before.filter(|_| !is_changing));
        all.filter(|(name, _)| !name.iter().any(|c| NO_NAME.contains(*c)))
    })
}
