//! Which characters people write, and which words they make.

use std::collections::HashSet;
use std::sync::LazyLock;

use encoding_rs::{BIG5, EUC_KR, Encoding, GB18030};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use yuyi_language::{is_han, is_in_dictionary};

/// The characters of everyday use among those that are many: the Chinese ones of the first levels of GB 2312 and Big5, and the syllables of KS X 1001.
static EVERYDAY: LazyLock<HashSet<char>> = LazyLock::new(|| {
    let simplified = decoded(GB18030, 0xB0..=0xD7, 0xA1..=0xFE);
    let low = decoded(BIG5, 0xA4..=0xC6, 0x40..=0x7E);
    let high = decoded(BIG5, 0xA4..=0xC6, 0xA1..=0xFE);
    let korean = decoded(EUC_KR, 0xB0..=0xC8, 0xA1..=0xFE);
    let all = [simplified, low, high, korean].concat();
    all.chars().filter(|&c| is_han(c) || is_hangul(c)).collect()
});

/// The characters of two bytes in these ranges.
fn decoded(
    encoding: &'static Encoding,
    first: std::ops::RangeInclusive<u8>,
    second: std::ops::RangeInclusive<u8>,
) -> String {
    let pairs = first.flat_map(|a| second.clone().map(move |b| [a, b]));
    let characters = pairs.map(|pair| encoding.decode_without_bom_handling(&pair).0.into_owned());
    characters.collect()
}

/// Whether a character is one of those that texts mostly consist of.
pub(super) fn is_ordinary(c: char) -> bool {
    matches!(c,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{a0}'..='\u{24f}' | '\u{370}'..='\u{4ff}'
        | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{203b}' | '€' | '℃' | '№' | '™'
        | '\u{2150}'..='\u{218b}' | '\u{2190}'..='\u{2199}' | '\u{2201}'..='\u{22ff}'
        | '\u{2460}'..='\u{24ff}' | '\u{2501}'..='\u{25ff}' | '\u{2601}'..='\u{26ff}'
        | '\u{2701}'..='\u{27bf}' | '\u{3000}'..='\u{30ff}'
        | '\u{ff01}'..='\u{ffee}' | '\u{1f300}'..='\u{1faff}')
        || EVERYDAY.contains(&c)
}

/// A Korean syllable.
pub(super) fn is_hangul(c: char) -> bool {
    ('\u{ac00}'..='\u{d7a3}').contains(&c)
}

/// Whether a character is none that texts have.
pub(super) fn is_fault(c: char) -> bool {
    let category = c.general_category();
    let is_none = matches!(
        category,
        GeneralCategory::Control | GeneralCategory::Unassigned | GeneralCategory::PrivateUse
    );
    is_none && !"\t\r\n".contains(c)
}

/// Neighbouring Chinese characters of a text, and how many of those pairs are words.
#[derive(Clone, Copy, Default)]
pub(super) struct Words {
    pub pairs: usize,
    words: usize,
}

/// Of the pairs of a Chinese text, at least this share is words: of simplified texts 30 to 60 %, of traditional ones, whose
/// words the dictionary mostly lacks, 10 to 40 %, and of another text that is read as Chinese hardly any.
const LEAST: f64 = 0.08;

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let mut found = Self::default();
        let mut from: Option<(usize, char)> = None;
        for (at, c) in text.char_indices() {
            if let Some((start, before)) = from
                && is_han(before)
                && is_han(c)
            {
                found.pairs += 1;
                found.words += usize::from(is_in_dictionary(&text[start..at + c.len_utf8()]));
            }
            from = Some((at, c));
        }
        found
    }

    /// The share of the pairs that is words.
    pub(super) fn share(self) -> f64 {
        self.words as f64 / self.pairs.max(1) as f64
    }

    /// Whether the text is Chinese.
    pub(super) fn are_chinese(self) -> bool {
        self.share() >= LEAST
    }
}
