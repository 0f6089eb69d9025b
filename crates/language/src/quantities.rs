//! Quantities and dates as words.

use std::ops::Range;

use crate::Word;

/// What may follow a number in Chinese and makes one word with it.
const UNITS: &str = "年月日号时点分秒天周岁元块角万亿千百个件台人次位名公斤米%％℃";

/// Units after which a date or time may go on.
const OF_DATES: [char; 7] = ['年', '月', '日', '号', '时', '点', '分'];

/// Characters that a number may have inside: 1.5, 1,000, 15:00, 2024-03-05.
const INSIDE: [char; 6] = ['.', ',', '，', ':', '：', '-'];

/// Characters of the longest quantity: a date with its time, to the second. What is longer is a run of quantities.
const MOST_CHARACTERS: usize = 32;

/// Chinese numerals, which the dictionary cuts into pieces.
const NUMERALS: &str = "零〇一二三四五六七八九十百千万亿两";

/// The words of a text, in order, with a number and its unit as one word, and so all of a date or time (3月5号, 15:00): their
/// parts mean nothing alone.
pub fn join_quantities<'a>(text: &'a str, words: Vec<Word<'a>>) -> Vec<Word<'a>> {
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let byte = |character: usize| *bytes.get(character).unwrap_or(&text.len());
    let characters = |place: &Range<usize>| &text[byte(place.start)..byte(place.end)];
    let mut whole: Vec<Word<'a>> = Vec::new();
    for word in words {
        let joins = |last: &Word| {
            let between = characters(&(last.place.end..word.place.start));
            let fits = word.place.end - last.place.start <= MOST_CHARACTERS;
            fits && goes_on(last.text, between, word.text)
        };
        match whole.last_mut().filter(|last| joins(last)) {
            Some(last) => {
                let place = last.place.start..word.place.end;
                last.text = characters(&place);
                last.place = place;
            }
            None => whole.push(word),
        }
    }
    whole
}

/// Whether `next` goes on with the quantity that `last` begins: its unit, its further digits, the next number of its date.
fn goes_on(last: &str, between: &str, next: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    let is_unit = |c: char| UNITS.contains(c);
    let is_numeral = |c: char| NUMERALS.contains(c);
    if !between.is_empty() {
        let mut inside = between.chars();
        let is_inside =
            inside.next().is_some_and(|c| INSIDE.contains(&c)) && inside.next().is_none();
        return is_inside && last.ends_with(is_digit) && next.starts_with(is_digit);
    }
    let is_quantity = |c: char| is_digit(c) || is_unit(c) || is_numeral(c) || INSIDE.contains(&c);
    if !last.starts_with(|c| is_digit(c) || is_numeral(c)) || !last.chars().all(is_quantity) {
        return false;
    }
    if last.ends_with(is_digit) {
        return next.chars().all(is_unit);
    }
    let goes_on_with_date =
        last.ends_with(OF_DATES) && (next == "半" || next.chars().all(is_digit));
    goes_on_with_date
        || last.ends_with(is_numeral) && next.chars().all(|c| is_numeral(c) || is_unit(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words;

    #[test]
    fn a_run_of_quantities_is_not_one_word() {
        let text = "3月5号".repeat(20_000);
        let joined = join_quantities(&text, words(&text));
        assert!(
            joined
                .iter()
                .all(|word| word.place.len() <= MOST_CHARACTERS)
        );
        assert_eq!(
            joined.iter().map(|word| word.text.len()).sum::<usize>(),
            text.len()
        );
    }
}
