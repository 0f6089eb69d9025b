//! What a score does not show, without an explanation of the score.

use super::notes::{about_differences, only, quoted};
use super::{Note, NoteKind, Token};

/// Characters that are quoted of where a model stopped reading.
const QUOTED: usize = 10;

/// Characters of a text that are compared with the other: no model reads more, and the time has a bound.
const MOST_COMPARED: usize = 10_000;

/// A text, and what a model read of it.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// The whole text.
    pub text: &'a str,
    /// The text is longer than what the model read.
    pub truncated: bool,
    /// Share of the tokens that the vocabulary does not know, in [0, 1].
    pub unknown: f64,
    /// The tokens that were read, where they are known: only then are words named that were not understood.
    pub tokens: Option<&'a [Token]>,
}

/// The notes about two texts, A and B. They take time in proportion to the texts' length; of very long ones the beginnings are
/// compared.
pub fn notes(a: &Reading<'_>, b: &Reading<'_>) -> Vec<Note> {
    let mut notes = about_differences(beginning(a.text), beginning(b.text));
    let sides = [(a, "A"), (b, "B")];
    let lengths = sides.iter().filter(|(side, _)| side.truncated);
    notes.extend(lengths.map(|(side, name)| about_length(side, name)));
    let unknown = sides.iter().filter(|(side, _)| side.unknown > 0.0);
    notes.extend(unknown.map(|(side, name)| about_unknown(side, name)));
    notes
}

fn beginning(text: &str) -> &str {
    let end = text.char_indices().nth(MOST_COMPARED).map(|(at, _)| at);
    &text[..end.unwrap_or(text.len())]
}

fn about_length(side: &Reading<'_>, name: &str) -> Note {
    let last: Vec<String> = side
        .tokens
        .map(|tokens| last_read(side.text, tokens))
        .into_iter()
        .collect();
    let place = match &last[..] {
        [last] => format!(" “{last}”"),
        _ => " its limit".to_owned(),
    };
    Note {
        kind: NoteKind::Truncated,
        message: format!(
            "{name} is longer than the model reads; what follows{place} does not count."
        ),
        a: only(name == "A", &last),
        b: only(name == "B", &last),
    }
}

/// The last characters that were read.
fn last_read(text: &str, tokens: &[Token]) -> String {
    let end = tokens
        .iter()
        .map(|token| token.characters.end)
        .max()
        .unwrap_or(0);
    text.chars()
        .take(end)
        .skip(end.saturating_sub(QUOTED))
        .collect()
}

fn about_unknown(side: &Reading<'_>, name: &str) -> Note {
    let pieces = unknown_pieces(side.text, side.tokens.unwrap_or_default());
    let named = match pieces.is_empty() {
        true => String::new(),
        false => format!(": {}", quoted(&pieces)),
    };
    let percent = (100.0 * side.unknown).max(1.0);
    Note {
        kind: NoteKind::Unknown,
        message: format!("The model does not know {percent:.0} % of {name}{named}."),
        a: only(name == "A", &pieces),
        b: only(name == "B", &pieces),
    }
}

/// The parts of a text that the vocabulary does not know, each once.
fn unknown_pieces(text: &str, tokens: &[Token]) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut pieces: Vec<String> = Vec::new();
    for token in tokens.iter().filter(|token| token.unknown) {
        let piece = characters.get(token.characters.clone()).unwrap_or_default();
        let piece: String = piece.iter().collect();
        if !piece.is_empty() && !pieces.contains(&piece) {
            pieces.push(piece);
        }
    }
    pieces
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
}
