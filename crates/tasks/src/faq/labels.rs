//! What is odd about labelled questions: those that say nothing of a FAQ, and those that contradict one another.

use std::collections::{HashMap, HashSet};

use yuyi_language::bare;

/// Places of labelled questions that are odd, in rising order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// Questions that are wordings of the FAQ, but for white space and punctuation: they are found whatever the limits.
    pub literal: Vec<usize>,
    /// Questions that stand further up with the same label.
    pub repeated: Vec<usize>,
    /// Questions that stand there with several labels, all of each.
    pub contradicting: Vec<Vec<usize>>,
}

impl Oddities {
    /// Those of questions with the places of the entries that answer them, to a FAQ of these wordings.
    pub fn of<'q>(
        questions: impl IntoIterator<Item = (&'q str, &'q [usize])>,
        wordings: impl IntoIterator<Item = &'q str>,
    ) -> Self {
        let wordings: HashSet<String> = wordings.into_iter().map(bare).collect();
        let mut found = Self::default();
        let mut seen: HashMap<String, Vec<(usize, &[usize])>> = HashMap::new();
        for (place, (text, relevant)) in questions.into_iter().enumerate() {
            let text = bare(text);
            if wordings.contains(&text) {
                found.literal.push(place);
            }
            seen.entry(text).or_default().push((place, relevant));
        }
        for same in seen.into_values() {
            let (_, first) = same[0];
            let places = same.iter().map(|(place, _)| *place);
            match same.iter().all(|(_, label)| *label == first) {
                true => found.repeated.extend(places.skip(1)),
                false => found.contradicting.push(places.collect()),
            }
        }
        found.repeated.sort_unstable();
        found.contradicting.sort_unstable();
        found
    }

    /// Whether a question tells nothing of limits: it is found by any, was counted before, or has no one label.
    pub fn is_idle(&self, place: usize) -> bool {
        let holds = |places: &[usize]| places.binary_search(&place).is_ok();
        holds(&self.literal)
            || holds(&self.repeated)
            || self.contradicting.iter().any(|places| holds(places))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_is_found() {
        let (one, two, none): (&[usize], &[usize], &[usize]) = (&[1], &[2], &[]);
        let questions = [
            ("怎么退货？", one),
            ("退 货", one),
            ("开票", two),
            ("开票！", two),
            ("天气", none),
            ("天气", two),
            ("天气?", two),
            ("其他", none),
        ];
        let found = Oddities::of(questions, ["怎么退货", "换货"]);
        assert_eq!(found.literal, [0]);
        assert_eq!(found.repeated, [3]);
        assert_eq!(found.contradicting, [vec![4, 5, 6]]);
        let idle: Vec<usize> = (0..questions.len()).filter(|i| found.is_idle(*i)).collect();
        assert_eq!(idle, [0, 3, 4, 5, 6]);
    }
}
