//! Whether two sentences are of one matter, by the words that they share.

use super::lists::FILLERS;
use crate::plain::Plain;

/// Of what is left of the shorter sentence, the least share that the other has of its characters where both are of one matter.
const OF_ONE_MATTER: f64 = 0.4;

/// What the sentences of one matter may say beside it, each in its own words.
#[rustfmt::skip]
const ASKING: &[&str] = &[
    "在几楼", "在哪一层", "几楼", "哪一层", "哪层", "怎么办理", "办理", "手续", "登记", "流程", "什么时候", "支持", "什么", "哪些", "多少", "几",
];

/// Whether two texts ask for the same matter, whatever numbers, codes and English words they have: A2支持快充吗 and A2电池容量多少 are of two. A text that is too long is of none.
pub fn are_of_one_matter(text_a: &str, text_b: &str) -> bool {
    let matter = |text: &str| {
        let plain = Plain::of(text)?;
        let (ascii, rest): (Vec<char>, Vec<char>) =
            plain.characters.into_iter().partition(char::is_ascii);
        // Of English nothing would be left.
        (ascii.len() <= rest.len()).then(|| without_all(&rest, FILLERS))
    };
    matter(text_a)
        .zip(matter(text_b))
        .is_some_and(|(a, b)| share_a_matter(&a, &b))
}

/// Whether what is left of the shorter sentence stands in the longer one, too, in whatever order. Where nothing is left the kind is all that the sentence is about.
pub(super) fn share_a_matter(a: &[char], b: &[char]) -> bool {
    let (a, b) = (without_all(a, ASKING), without_all(b, ASKING));
    let (shorter, mut longer) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let mut common = 0;
    for c in &shorter {
        if let Some(at) = longer.iter().position(|other| other == c) {
            longer.swap_remove(at);
            common += 1;
        }
    }
    f64::from(common) >= OF_ONE_MATTER * shorter.len() as f64
}

/// A text without these words.
pub(super) fn without_all(text: &[char], words: &[&str]) -> Vec<char> {
    let mut left: String = text.iter().collect();
    for word in words {
        left = left.replace(word, "");
    }
    left.chars().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_matter_has_words_in_common() {
        for (a, b, are) in [
            ("15天内能退货吗", "15天能不能退", true),
            ("不能退货吗", "退货可以不可以", true),
            ("A2支持快充吗", "A2有没有快充", true),
            ("A2支持快充吗", "A2型号电池容量多少", false),
            ("A2支持快充吗", "A2支持5G网络吗", false),
            ("怎么退货", &"字".repeat(1_000), false),
        ] {
            assert_eq!(are_of_one_matter(a, b), are, "{a} / {b}");
        }
    }
}
