//! Encodings whose characters have one or two bytes: what such bytes are is told by the words that they make.

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, SHIFT_JIS};
use yuyi_language::is_han;

use super::Writing;
use super::ordinary::{Words, is_fault, is_hangul, is_ordinary};

/// Where two encodings make words of a text, the right one makes at least so many times as many.
const CLEARLY: f64 = 3.0;

/// Of a Japanese text, at least this share of what is not ASCII is kana.
const KANA: f64 = 0.2;

/// So many characters make no words that tell.
const FEW: usize = 8;

/// The encoding of bytes that are not UTF-8, from the first on that is not ASCII; `is_gb18030`: all of the file could be that.
/// `None`: nothing tells.
pub(super) fn of(sample: &[u8], is_gb18030: bool) -> Option<Writing> {
    let simplified = decoded(sample, GB18030).filter(|_| is_gb18030);
    let traditional = decoded(sample, BIG5);
    let words = |text: &Option<String>| text.as_deref().map(Words::of).unwrap_or_default();
    let (gb, big5) = (words(&simplified), words(&traditional));
    let wins = |words: Words, other: Words| {
        words.are_chinese() && words.share() >= CLEARLY * other.share()
    };
    if wins(gb, big5) {
        return Some(Writing::In(GB18030));
    }
    if wins(big5, gb) {
        return Some(Writing::In(BIG5));
    }
    let foreign = || foreign(sample).map(|encoding| Writing::Other(encoding.name()));
    let signs = simplified.filter(|text| gb.pairs == 0 && text.chars().all(is_ordinary));
    match signs {
        Some(text) if is_of_few(&text) => Some(Writing::In(GB18030)),
        signs => foreign().or_else(|| signs.map(|_| Writing::In(GB18030))),
    }
}

/// Whether a text has a few Chinese characters, each by itself, and no kana: Korean words have several syllables.
fn is_of_few(text: &str) -> bool {
    let others = text.chars().filter(|c| !c.is_ascii());
    let is_kana = |c: char| ('\u{3041}'..='\u{30ff}').contains(&c);
    !text.contains(is_kana) && (1..=FEW).contains(&others.count())
}

/// The encoding of a Korean or Japanese text.
fn foreign(sample: &[u8]) -> Option<&'static Encoding> {
    let is_syllable = |c: char| is_hangul(c) && is_ordinary(c);
    let is_kana = |c: char| ('\u{3041}'..='\u{30ff}').contains(&c);
    let has = |encoding, wanted: &dyn Fn(char) -> bool, least: f64| {
        let Some(text) = decoded(sample, encoding) else {
            return false;
        };
        let letters = text.chars().filter(|c| !c.is_ascii());
        let count = letters.clone().filter(|&c| wanted(c)).count();
        let is_text = text.chars().all(|c| is_ordinary(c) || is_han(c)) && !text.contains(is_fault);
        count > 0 && is_text && count as f64 >= least * letters.count() as f64
    };
    if has(EUC_KR, &is_syllable, 0.5) {
        return Some(EUC_KR);
    }
    let japanese = [SHIFT_JIS, EUC_JP];
    japanese
        .into_iter()
        .find(|encoding| has(encoding, &is_kana, KANA))
}

/// The text of bytes in an encoding, without a character that is cut at their end; `None`: they are in another one.
fn decoded(sample: &[u8], encoding: &'static Encoding) -> Option<String> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(sample.len())?);
    let (_, _, had_errors) = decoder.decode_to_string(sample, &mut text, false);
    (!had_errors).then_some(text)
}
