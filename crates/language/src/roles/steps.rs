//! What comes first and what then: 先上线再测试 and 先测试再上线, whatever stands round them (那我们先测试再上线吧).

use std::ops::Range;

/// What follows the first of two steps, the longest first.
const THEN: [&str; 6] = ["然后再", "然后", "接着", "再", "后", "才"];

/// Behind 后 and in front of it, what makes another word of it: 后端, 最后.
const NO_THEN_BEHIND: &str = "端台天面来续期勤备门者盾悔果半不";
const NO_THEN_BEFORE: &str = "最背售落随往今此稍久";

/// Behind 先 and in front of it, what makes another word of it (先生, 优先) or denies it (不要先上线).
const NO_FIRST_BEHIND: &str = "生进后前例";
const NO_FIRST_BEFORE: [&str; 8] = ["优", "预", "领", "原", "不", "别", "不要", "不能"];

/// Characters of a step that both texts have at least: 上线.
const SHORTEST: usize = 2;

/// Characters of a step at most.
const LONGEST: usize = 12;

/// Two steps of a text.
struct Steps {
    first: Range<usize>,
    second: Range<usize>,
}

/// Where two texts have the same two steps the other way round, as they stand there.
pub(super) fn turned(a: &[char], b: &[char]) -> Option<[Range<usize>; 2]> {
    let (of_a, of_b) = (Steps::of(a)?, Steps::of(b)?);
    let is_rather = |here: &Range<usize>, other: &Range<usize>, same: &Range<usize>| {
        let here = &a[here.clone()];
        let as_other = shared(here, &b[other.clone()]);
        as_other >= SHORTEST && as_other > shared(here, &b[same.clone()])
    };
    let is_turned = is_rather(&of_a.first, &of_b.second, &of_b.first)
        && is_rather(&of_a.second, &of_b.first, &of_b.second);
    is_turned.then(|| [of_a.place(), of_b.place()])
}

impl Steps {
    /// Behind 先, or round a 后 where there is none: 审批后盖章.
    fn of(text: &[char]) -> Option<Self> {
        let begin = (0..text.len()).find(|&at| is_first(text, at));
        let from = begin.map_or(0, |at| at + 1);
        let mut places = from + 1..text.len();
        let then = places.find_map(|at| {
            let end = then_at(text, at)?;
            (begin.is_some() || text[at] == '后').then_some(at..end)
        })?;
        let first = from.max(then.start.saturating_sub(LONGEST))..then.start;
        let second = then.end..text.len().min(then.end + LONGEST);
        Some(Self { first, second })
    }

    fn place(&self) -> Range<usize> {
        self.first.start..self.second.end
    }
}

fn is_first(text: &[char], at: usize) -> bool {
    let before: String = text[at.saturating_sub(2)..at].iter().collect();
    let is_other = text
        .get(at + 1)
        .is_some_and(|c| NO_FIRST_BEHIND.contains(*c))
        || NO_FIRST_BEFORE.iter().any(|word| before.ends_with(word));
    text[at] == '先' && !is_other
}

/// Where a word ends that begins there and leads to a second step.
pub(super) fn then_at(text: &[char], at: usize) -> Option<usize> {
    let mut words = THEN.iter().map(|word| word.chars().collect::<Vec<char>>());
    let word = words.find(|word| text[at..].starts_with(word))?;
    let end = at + word.len();
    let is_part = |c: Option<&char>, of: &str| c.is_some_and(|c| of.contains(*c));
    let before = at.checked_sub(1).and_then(|before| text.get(before));
    let is_other = word == ['后']
        && (is_part(text.get(end), NO_THEN_BEHIND) || is_part(before, NO_THEN_BEFORE));
    (!is_other && end < text.len()).then_some(end)
}

/// Characters of the longest stretch that two texts share.
fn shared(a: &[char], b: &[char]) -> usize {
    let ends = (0..a.len()).flat_map(|i| (0..b.len()).map(move |j| (i, j)));
    let common = ends.map(|(i, j)| {
        let pairs = a[i..].iter().zip(&b[j..]);
        pairs.take_while(|(a, b)| a == b).count()
    });
    common.max().unwrap_or_default()
}
