//! What a score does not show.

use std::ops::Range;

use serde::Serialize;
use yuyi_language::{Differences, NegationDifference, NumberDifference};

use super::{Side, unknown_share};

/// Most pieces of text that a message quotes.
const MOST_QUOTED: usize = 5;

/// Something that a reader of the score should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// What it is about.
    pub kind: NoteKind,
    /// A sentence for people, which calls the texts A and B.
    pub message: String,
}

/// What a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NoteKind {
    /// The numbers differ.
    Number,
    /// Only one text negates.
    Negation,
    /// A text is longer than the model reads.
    Truncated,
    /// The model's vocabulary does not know a part.
    Unknown,
}

/// The notes about two texts.
pub(super) fn about(a: &Side<'_>, b: &Side<'_>) -> Vec<Note> {
    let differences = Differences::between(a.outline.text(), b.outline.text());
    let number = differences.numbers.map(about_numbers);
    let negation = differences.negation.map(about_negation);
    let mut notes: Vec<Note> = number.into_iter().chain(negation).collect();
    for (side, name) in [(a, "A"), (b, "B")] {
        notes.extend(about_length(side, name));
    }
    for (side, name) in [(a, "A"), (b, "B")] {
        notes.extend(about_unknown(side, name));
    }
    notes
}

fn about_numbers(difference: NumberDifference) -> Note {
    let NumberDifference { only_a, only_b } = difference;
    let message = match (only_a.is_empty(), only_b.is_empty()) {
        (false, false) => format!(
            "The numbers differ: {} in A, {} in B.",
            quoted(&only_a),
            quoted(&only_b)
        ),
        (false, true) => format!("Only A has these numbers: {}.", quoted(&only_a)),
        (true, _) => format!("Only B has these numbers: {}.", quoted(&only_b)),
    };
    Note {
        kind: NoteKind::Number,
        message,
    }
}

fn about_negation(difference: NegationDifference) -> Note {
    let (name, words) = match difference {
        NegationDifference::OnlyA(words) => ("A", words),
        NegationDifference::OnlyB(words) => ("B", words),
    };
    Note {
        kind: NoteKind::Negation,
        message: format!("Only {name} negates: {}.", quoted(&words)),
    }
}

fn about_length(side: &Side<'_>, name: &str) -> Option<Note> {
    side.truncated.then(|| Note {
        kind: NoteKind::Truncated,
        message: format!(
            "{name} is longer than the model reads at once; only its {} are explained.",
            characters(&side.outline.read)
        ),
    })
}

fn characters(read: &Range<usize>) -> String {
    match read.start {
        0 => format!("first {} characters", read.end),
        start => format!("characters {} to {}", start + 1, read.end),
    }
}

fn about_unknown(side: &Side<'_>, name: &str) -> Option<Note> {
    let unknown = side.outline.tokens().iter().filter(|token| token.unknown);
    let mut pieces: Vec<String> = Vec::new();
    for piece in unknown.map(|token| side.outline.characters_of(token)) {
        if !piece.is_empty() && !pieces.iter().any(|known| known == piece) {
            pieces.push(piece.to_owned());
        }
    }
    (!pieces.is_empty()).then(|| {
        let share = 100.0 * unknown_share(side.outline);
        Note {
            kind: NoteKind::Unknown,
            message: format!(
                "The model does not know {share:.0} % of {name}: {}.",
                quoted(&pieces)
            ),
        }
    })
}

fn quoted(pieces: &[String]) -> String {
    let shown = pieces.iter().take(MOST_QUOTED).map(String::as_str);
    let more = (pieces.len() > MOST_QUOTED).then_some("…");
    shown.chain(more).collect::<Vec<_>>().join(", ")
}
