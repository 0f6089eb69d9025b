//! UTF-16 and UTF-32 without a mark: read both ways, they make a text one way and nonsense the other.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use yuyi_language::is_han;

use super::ordinary::{is_fault, is_ordinary};

/// Of the bytes of UTF-16 with tabs, digits or line ends, at least this share is 0.
const ZEROES: f64 = 0.01;

/// Of the characters of a text with such bytes, at least this share is ordinary.
const ORDINARY: f64 = 0.5;

/// The same where nothing else tells the text from one in another encoding.
const NEARLY_ALL: f64 = 0.9;

/// How many more of the characters are ordinary the right way than the other.
const CLEARLY: f64 = 0.3;

/// Of the characters, at most this share is none that texts have: a symbol of a font of one's own.
const FAULTS: f64 = 0.01;

/// The encoding of bytes that are not UTF-8; with `is_ascii`, of bytes that are ASCII, with bytes of 0 among them.
pub(super) fn of(head: &[u8], is_ascii: bool) -> Option<&'static Encoding> {
    let zeroes = head.iter().filter(|&&byte| byte == 0).count();
    let has_zeroes = zeroes > 0 && zeroes as f64 >= ZEROES * head.len() as f64;
    let least = match (has_zeroes, is_ascii) {
        (true, false) => ORDINARY,
        (false, true) => return None,
        _ => NEARLY_ALL,
    };
    let [little, big] = [UTF_16LE, UTF_16BE].map(|encoding| share(head, encoding));
    let wins = |one: Option<f64>, other: Option<f64>| {
        let other = other.unwrap_or(-CLEARLY);
        one.is_some_and(|one| one >= least && one >= other + CLEARLY)
    };
    match (wins(little, big), wins(big, little)) {
        (true, _) => Some(UTF_16LE),
        (_, true) => Some(UTF_16BE),
        _ => None,
    }
}

/// Whether bytes are those of UTF-32: read four by four, all are characters, and most of them ordinary or Chinese ones.
pub(super) fn is_of_four_bytes(head: &[u8]) -> bool {
    let read = |unit: fn([u8; 4]) -> u32| {
        let units = head.chunks_exact(4);
        let characters = units.map(|bytes| char::from_u32(unit(bytes.try_into().ok()?)));
        characters.collect::<Option<Vec<char>>>()
    };
    let is_text = |text: &Vec<char>| {
        let usual = text.iter().filter(|&&c| is_ordinary(c) || is_han(c));
        !text.is_empty() && usual.count() as f64 >= NEARLY_ALL * text.len() as f64
    };
    [u32::from_le_bytes, u32::from_be_bytes]
        .into_iter()
        .filter_map(read)
        .any(|text| is_text(&text))
}

/// The share of ordinary characters in a text of this encoding; `None`: it is none.
fn share(head: &[u8], encoding: &'static Encoding) -> Option<f64> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(head.len())?);
    let (_, _, had_errors) = decoder.decode_to_string(head, &mut text, false);
    let count = |wanted: fn(char) -> bool| text.chars().filter(|&c| wanted(c)).count() as f64;
    let all = text.chars().count() as f64;
    let is_text = !had_errors && all > 0.0 && count(is_fault) <= FAULTS * all;
    is_text.then(|| count(is_ordinary) / all)
}
