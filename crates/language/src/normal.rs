//! Texts without what only looks different.

use unicode_normalization::UnicodeNormalization;

use crate::words::is_separator;

/// The text in NFKC and lower case, without white space and punctuation; of one that is nothing else, without white
/// space only. Signs such as % and + stay, since they mean something.
pub fn bare(text: &str) -> String {
    let folded: String = folded(text);
    let bare: String = folded.chars().filter(|&c| !is_separator(c)).collect();
    match bare.is_empty() {
        true => folded.split_whitespace().collect(),
        false => bare,
    }
}

/// The text in NFKC and lower case.
pub fn folded(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_case_space_and_punctuation_do_not_count() {
        assert_eq!(bare("ＡＢｃ，  你好！１００％"), "abc你好100%");
        assert_eq!(bare("don't"), "dont");
        assert_eq!(bare("《书》—— 3+5"), "书3+5");
        assert_eq!(bare("ﬁ½"), "fi1⁄2");
        assert_eq!(bare("！ ？"), "!?");
        assert_eq!(bare(" \u{3000}"), "");
    }
}
