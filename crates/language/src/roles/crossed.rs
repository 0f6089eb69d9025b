//! Clauses whose subjects have changed places: 张三负责前端，李四负责后端 and 李四负责前端，张三负责后端.

use std::ops::Range;

use super::steps::then_at;
use crate::plain::Plain;

/// Parts of the day, with which a clause begins: 上午面试小王下午面试小李.
const DAYTIMES: [&str; 7] = ["上午", "下午", "早上", "中午", "晚上", "今天", "明天"];

/// At the end of a clause, what says nothing of it.
const PARTICLES: &[char] = &['吧', '吗', '呢', '啊', '呀', '哦', '了', '的', '嘛'];

/// Clauses of a text that is compared.
const MOST_CLAUSES: usize = 8;

/// Characters of what is said in a clause at least.
const SHORTEST: usize = 2;

/// Where two texts say each of two things of the other's subject, from the first clause to the last.
pub(super) fn turned(a: &Plain, b: &Plain) -> Option<[Range<usize>; 2]> {
    let (of_a, of_b) = (clauses(a), clauses(b));
    if of_a.len().max(of_b.len()) > MOST_CLAUSES {
        return None;
    }
    let pairs = |count: usize| (0..count).flat_map(move |i| (0..count).map(move |j| (i, j)));
    let mut crossed = pairs(of_a.len()).filter(|(i, j)| i < j).flat_map(|here| {
        let there = pairs(of_b.len()).filter(|(k, l)| k != l);
        there.map(move |there| (here, there))
    });
    let text = |plain: &'_ Plain, place: &Range<usize>| plain.characters[place.clone()].to_vec();
    let ((i, j), (k, l)) = crossed.find(|&((i, j), (k, l))| {
        let here = [text(a, &of_a[i]), text(a, &of_a[j])];
        let there = [text(b, &of_b[k]), text(b, &of_b[l])];
        are_crossed(&here, &there)
    })?;
    let in_b = of_b[k.min(l)].start..of_b[k.max(l)].end;
    Some([of_a[i].start..of_a[j].end, in_b])
}

/// Whether what the first text says in its first clause the other says in its first, and the same of the second clauses, but each of the other's subject.
fn are_crossed(here: &[Vec<char>; 2], there: &[Vec<char>; 2]) -> bool {
    let said = [0, 1].map(|at| common_end(&here[at], &there[at]));
    let subject = |clause: &[Vec<char>; 2], at: usize| -> Vec<char> {
        let end = clause[at].len() - said[at];
        clause[at][..end].to_vec()
    };
    let what = |at: usize| &here[at][here[at].len() - said[at]..];
    let [first, second] = [0, 1].map(|at| subject(here, at));
    let [first_there, second_there] = [0, 1].map(|at| subject(there, at));
    said.iter().all(|&length| length >= SHORTEST)
        && what(0) != what(1)
        && here[0] != there[1]
        && here[1] != there[0]
        && are_one(&first, &second_there)
        && are_one(&second, &first_there)
        && !are_one(&first, &first_there)
        && !are_one(&second, &second_there)
}

/// Whether two subjects may be one, of which the one may have words in front of it: 那张三.
fn are_one(a: &[char], b: &[char]) -> bool {
    !a.is_empty() && !b.is_empty() && (a.ends_with(b) || b.ends_with(a))
}

fn common_end(a: &[char], b: &[char]) -> usize {
    let ends = a.iter().rev().zip(b.iter().rev());
    ends.take_while(|(a, b)| a == b).count()
}

/// The clauses of a text, divided by punctuation, by what leads to a second step and by parts of the day.
fn clauses(text: &Plain) -> Vec<Range<usize>> {
    let all = &text.characters;
    let mut clauses = Vec::new();
    let mut start = 0;
    let mut at = 1;
    while at < all.len() {
        let then = then_at(all, at);
        let begins = DAYTIMES.iter().any(|word| {
            let word: Vec<char> = word.chars().collect();
            all[at..].starts_with(&word)
        });
        if then.is_some() || begins || !text.is_joined(at - 1..at + 1) {
            clauses.push(start..at);
            start = then.unwrap_or(at);
        }
        at = at.max(start) + 1;
    }
    clauses.push(start..all.len());
    let trimmed = clauses.into_iter().map(|Range { start, end }| {
        let particles = all[start..end].iter().rev();
        let particles = particles.take_while(|c| PARTICLES.contains(c)).count();
        start..end - particles
    });
    trimmed.filter(|clause| !clause.is_empty()).collect()
}
