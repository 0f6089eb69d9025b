//! Who gives and who is given: 话费转给爸爸 and 爸爸把话费转给我 go opposite ways, whatever else the sentences say.

use std::ops::Range;

use crate::plain::common_ends;

/// Characters of a name at least: of one alone it is not known whether it is one.
const SHORTEST_NAME: usize = 2;

/// Characters of a name at most, and of what may stand in front of it.
const LONGEST_NAME: usize = 12;

/// Words with 给 that give nobody anything.
const OTHERS: [&str; 10] = [
    "供给", "补给", "自给", "给力", "给予", "给定", "给出", "给付", "给水", "配给",
];

/// What may stand between 给 and a name: whose it is. 他人 is a name itself.
const WHOSE: [&str; 12] = [
    "我的",
    "你的",
    "您的",
    "他的",
    "她的",
    "自己的",
    "自己",
    "我",
    "你",
    "您",
    "他",
    "她",
];

/// Who is given something in the place of the one who gives. Others may be him by another name (他), or what is done: 请给起个名字.
const OURSELVES: [&str; 6] = ["我", "你", "您", "咱", "俺", "本人"];

/// A text in which something is given, by its only 给.
struct Giving<'a> {
    text: &'a [char],
    /// What stands in front of it in its text.
    before: Range<usize>,
    /// What stands behind it.
    behind: Range<usize>,
}

/// Where two texts give opposite ways, from the name to what it is given, as they stand there: one is given something in the one and gives in the other.
pub(super) fn opposed(a: &[char], b: &[char]) -> Option<[Range<usize>; 2]> {
    let (of_a, of_b) = (Giving::of(a)?, Giving::of(b)?);
    of_a.is_answered_by(&of_b)
        .or_else(|| of_b.is_answered_by(&of_a).map(|[b, a]| [a, b]))
}

impl<'a> Giving<'a> {
    fn of(text: &'a [char]) -> Option<Self> {
        let mut places = (0..text.len()).filter(|&at| text[at] == '给' && gives(text, at));
        let at = places.next()?;
        // Of several nothing tells which one is meant.
        places.next().is_none().then(|| Self {
            text,
            before: 0..at,
            behind: at + 1..text.len(),
        })
    }

    /// Where the name that is given something here gives there, and somebody else is given it.
    fn is_answered_by(&self, other: &Self) -> Option<[Range<usize>; 2]> {
        let name = self.given();
        let (at, length) = other.longest_of(name)?;
        let behind_there = &other.text[other.behind.clone()];
        let is_another =
            begins_with(behind_there, &OURSELVES) && common(other.given(), name) < SHORTEST_NAME;
        let gives_here = self.longest_of(&name[..length]).is_some();
        (is_another && !gives_here).then(|| {
            let end = self.text.len() - name.len() + length;
            [self.before.end..end, at..other.behind.start]
        })
    }

    /// The name that something is given to, and what follows it, without whose it is.
    fn given(&self) -> &'a [char] {
        let behind = &self.text[self.behind.clone()];
        let whose = WHOSE.iter().map(|word| word.chars().count());
        let whose = WHOSE.iter().zip(whose).find(|(word, length)| {
            let is_longer = behind
                .get(*length)
                .is_some_and(|c| matches!(c, '人' | '们'));
            begins_with(behind, &[word]) && behind.len() >= length + SHORTEST_NAME && !is_longer
        });
        &behind[whose.map_or(0, |(_, length)| length)..]
    }

    /// The longest beginning of a name that stands in front of 给, where it does and how long it is.
    fn longest_of(&self, name: &[char]) -> Option<(usize, usize)> {
        let begins = self.before.clone();
        let found = begins.map(|at| (at, common(&self.text[at..self.before.end], name)));
        let longest = found.max_by_key(|(_, length)| *length)?;
        (longest.1 >= SHORTEST_NAME).then_some(longest)
    }
}

/// Whether the 给 there is a word of its own.
fn gives(text: &[char], at: usize) -> bool {
    let around: String = text[at.saturating_sub(1)..text.len().min(at + 2)]
        .iter()
        .collect();
    !OTHERS.iter().any(|other| around.contains(other))
}

fn begins_with(text: &[char], words: &[&str]) -> bool {
    words.iter().any(|word| {
        let mut characters = text.iter();
        word.chars().all(|c| characters.next() == Some(&c))
    })
}

/// How many characters two texts begin with alike, as names do.
fn common(a: &[char], b: &[char]) -> usize {
    common_ends(a, b).0.min(LONGEST_NAME)
}
