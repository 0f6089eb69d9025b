//! What a score does not show, from what a model read of two texts.

use std::ops::Range;

use super::notes::{TextName, about_differences, quoted};
use super::{Note, NoteKind, Token};
use crate::beginning::beginning;

/// Characters that are quoted of where a model stopped reading.
const QUOTED: usize = 10;

/// Characters of a text that are compared with the other: no model reads more, and the time has a bound.
const MOST_COMPARED: usize = 10_000;

/// A text, and what a model read of it.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// The text, or the part of it that is to be looked at.
    pub text: &'a str,
    /// The character of the whole text with which that part begins.
    pub start: usize,
    /// The whole text is longer than what the model read.
    pub truncated: bool,
    /// Share of the tokens that the vocabulary does not know, in [0, 1]; where all tokens are known, their [`unknown_share`].
    pub unknown: f64,
    /// The tokens that were read, where they are known: only then are words named that were not understood.
    pub tokens: Option<&'a [Token]>,
}

/// The notes about two texts, A and B. They take time in proportion to the texts' length; of very long ones the beginnings are
/// compared.
pub fn notes(a: &Reading<'_>, b: &Reading<'_>) -> Vec<Note> {
    notes_with(a, b, about_what_counts)
}

/// The same, where only what was read is explained.
pub(super) fn notes_of_explained(a: &Reading<'_>, b: &Reading<'_>) -> Vec<Note> {
    notes_with(a, b, about_what_is_explained)
}

fn notes_with(
    a: &Reading<'_>,
    b: &Reading<'_>,
    about_length: fn(&Reading<'_>, TextName) -> Note,
) -> Vec<Note> {
    let mut notes = about_differences(
        beginning(a.text, MOST_COMPARED),
        beginning(b.text, MOST_COMPARED),
    );
    let sides = [(a, TextName::A), (b, TextName::B)];
    let lengths = sides.iter().filter(|(side, _)| side.truncated);
    notes.extend(lengths.map(|&(side, name)| about_length(side, name)));
    let unknown = sides.iter().filter(|(side, _)| side.unknown > 0.0);
    notes.extend(unknown.map(|&(side, name)| about_unknown(side, name)));
    notes
}

fn about_what_counts(side: &Reading<'_>, name: TextName) -> Note {
    let last: Vec<String> = side
        .tokens
        .map(|tokens| last_read(side, tokens))
        .into_iter()
        .collect();
    let place = match &last[..] {
        [last] => format!(" “{last}”"),
        _ => " its limit".to_owned(),
    };
    let message =
        format!("{name} is longer than the model reads; what follows{place} does not count.");
    Note::about_one(name, NoteKind::Truncated, message, last)
}

/// The last characters that were read.
fn last_read(side: &Reading<'_>, tokens: &[Token]) -> String {
    let ends = tokens.iter().map(|token| token.characters.end);
    let end = ends.max().unwrap_or(0).saturating_sub(side.start);
    let read = side.text.chars().take(end);
    read.skip(end.saturating_sub(QUOTED)).collect()
}

fn about_what_is_explained(side: &Reading<'_>, name: TextName) -> Note {
    let (start, end) = (side.start, side.start + side.text.chars().count());
    let characters = match start {
        0 => format!("first {end} characters"),
        _ => format!("characters {} to {end}", start + 1),
    };
    let message = format!(
        "{name} is longer than the model reads at once; only its {characters} are explained."
    );
    Note::about_one(name, NoteKind::Truncated, message, Vec::new())
}

fn about_unknown(side: &Reading<'_>, name: TextName) -> Note {
    let pieces = unknown_pieces(side);
    let named = match pieces.is_empty() {
        true => String::new(),
        false => format!(": {}", quoted(&pieces)),
    };
    // A note that says 0 % would contradict itself.
    let percent = (100.0 * side.unknown).max(1.0);
    let message = format!("The model does not know {percent:.0} % of {name}{named}.");
    Note::about_one(name, NoteKind::Unknown, message, pieces)
}

/// The parts of a text that the vocabulary does not know, each once.
fn unknown_pieces(side: &Reading<'_>) -> Vec<String> {
    let characters: Vec<char> = side.text.chars().collect();
    let tokens = side.tokens.unwrap_or_default().iter();
    let mut pieces: Vec<String> = Vec::new();
    for token in tokens.filter(|token| token.unknown) {
        let Range { start, end } = token.characters;
        let place = start.saturating_sub(side.start)..end.saturating_sub(side.start);
        let piece: String = characters.get(place).unwrap_or_default().iter().collect();
        if !piece.is_empty() && !pieces.contains(&piece) {
            pieces.push(piece);
        }
    }
    pieces
}

/// Share of the tokens that the vocabulary does not know, of those that stand for characters of the text; in [0, 1].
pub fn unknown_share(tokens: &[Token]) -> f64 {
    let of_text = tokens.iter().filter(|token| !token.characters.is_empty());
    let unknown = of_text.clone().filter(|token| token.unknown).count();
    unknown as f64 / of_text.count().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(a: &Reading<'_>, b: &Reading<'_>) -> Vec<(NoteKind, String, String, String)> {
        let notes = notes(a, b).into_iter();
        let tuple = |note: Note| (note.kind, note.message, note.a.join(" "), note.b.join(" "));
        notes.map(tuple).collect()
    }

    fn read(text: &str) -> Reading<'_> {
        Reading {
            text,
            start: 0,
            truncated: false,
            unknown: 0.0,
            tokens: None,
        }
    }

    #[test]
    fn differences_are_told_with_their_words() {
        let found = told(&read("3月起可以随时取消"), &read("5月起不可以随时取消"));
        let numbers = "The numbers differ: 3月 in A, 5月 in B.";
        let expected = [
            (
                NoteKind::Number,
                numbers.to_owned(),
                "3月".to_owned(),
                "5月".to_owned(),
            ),
            (
                NoteKind::Negation,
                "Only B negates: 不.".to_owned(),
                String::new(),
                "不".to_owned(),
            ),
        ];
        assert_eq!(found, expected);
        assert_eq!(told(&read("可以取消"), &read("能取消")), []);
        let swapped = told(&read("能打电话，不能上网"), &read("能上网，不能打电话"));
        assert_eq!((&*swapped[0].2, &*swapped[0].3), ("不能上网", "不能打电话"));
    }

    #[test]
    fn what_was_not_read_or_understood_is_named_where_tokens_tell_it() {
        let token = |i| Token {
            characters: i..i + 1,
            unknown: i == 2,
        };
        let tokens: Vec<Token> = (0..12).map(token).collect();
        let long = Reading {
            truncated: true,
            unknown: 1.0 / 12.0,
            tokens: Some(&tokens),
            ..read("今天龘的天气真的非常不错。明天呢")
        };
        let found = told(&read("天气"), &long);
        let kinds: Vec<NoteKind> = found.iter().map(|note| note.0).collect();
        assert_eq!(kinds, [NoteKind::Truncated, NoteKind::Unknown]);
        assert_eq!(found[0].3, "龘的天气真的非常不错");
        assert!(
            found[0].1.contains("“龘的天气真的非常不错”"),
            "{}",
            found[0].1
        );
        assert_eq!(found[1].1, "The model does not know 8 % of B: 龘.");
        assert_eq!((&*found[1].2, &*found[1].3), ("", "龘"));
        let silent = Reading {
            tokens: None,
            ..long
        };
        let found = told(&silent, &read("天气"));
        assert_eq!(found[1].1, "The model does not know 8 % of A.");
        assert!(found.iter().all(|note| note.2.is_empty()));
    }

    #[test]
    fn places_count_from_where_the_part_begins() {
        let token = |i| Token {
            characters: i..i + 1,
            unknown: i == 7,
        };
        let tokens: Vec<Token> = (5..9).map(token).collect();
        let part = Reading {
            start: 5,
            truncated: true,
            unknown: unknown_share(&tokens),
            tokens: Some(&tokens),
            ..read("天气龘好")
        };
        let found = notes_of_explained(&read("天气"), &part);
        let messages: Vec<&str> = found.iter().map(|note| &*note.message).collect();
        let expected = [
            "B is longer than the model reads at once; only its characters 6 to 9 are explained.",
            "The model does not know 25 % of B: 龘.",
        ];
        assert_eq!(messages, expected);
        assert_eq!(told(&read("天气"), &part)[0].3, "天气龘好");
    }
}
