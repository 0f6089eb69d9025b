//! What a score does not show.

use std::ops::Range;

use serde::Serialize;
use yuyi_language::{Differences, NegationDifference, NumberDifference};

use super::{Side, unknown_share};

/// Most pieces of text that a message quotes.
const MOST_QUOTED: usize = 5;

/// Something about two texts, A and B, that a reader of their score should know. It is described in the words that clients of a
/// service read: there A is `sentence_a`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(description = "What the score does not show.")
)]
pub struct Note {
    #[expect(missing_docs, reason = "described by its type")]
    pub kind: NoteKind,
    /// A sentence for people.
    #[cfg_attr(feature = "schema", schema(example = "Only A negates: 不能."))]
    pub message: String,
    /// The words of `sentence_a` that it is about: numbers, negations, what the model does not know, the last that it read.
    #[cfg_attr(feature = "schema", schema(example = json!(["不能"])))]
    pub a: Vec<String>,
    /// Those of the other sentence.
    #[cfg_attr(feature = "schema", schema(example = json!([])))]
    pub b: Vec<String>,
}

/// What a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum NoteKind {
    /// The numbers differ.
    Number,
    /// Only one text negates, or each something else.
    Negation,
    /// A text is longer than the model reads.
    Truncated,
    /// The model's vocabulary does not know a part.
    Unknown,
}

/// The notes about two texts.
pub(super) fn about(a: &Side<'_>, b: &Side<'_>) -> Vec<Note> {
    let mut notes = about_differences(a.outline.text(), b.outline.text());
    for (side, name) in [(a, "A"), (b, "B")] {
        notes.extend(about_length(side, name));
    }
    for (side, name) in [(a, "A"), (b, "B")] {
        notes.extend(about_unknown(side, name));
    }
    notes
}

/// The notes about what two texts differ in that a model hardly sees.
pub(super) fn about_differences(a: &str, b: &str) -> Vec<Note> {
    let differences = Differences::between(a, b);
    let number = differences.numbers.map(about_numbers);
    let negation = differences.negation.map(about_negation);
    number.into_iter().chain(negation).collect()
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
        a: only_a,
        b: only_b,
    }
}

fn about_negation(difference: NegationDifference) -> Note {
    let (message, a, b) = match difference {
        NegationDifference::OnlyA(words) => (
            format!("Only A negates: {}.", quoted(&words)),
            words,
            Vec::new(),
        ),
        NegationDifference::OnlyB(words) => (
            format!("Only B negates: {}.", quoted(&words)),
            Vec::new(),
            words,
        ),
        NegationDifference::Swapped { a, b } => (
            format!("Each negates what the other affirms: {a} in A, {b} in B."),
            vec![a],
            vec![b],
        ),
    };
    Note {
        kind: NoteKind::Negation,
        message,
        a,
        b,
    }
}

fn about_length(side: &Side<'_>, name: &str) -> Option<Note> {
    side.truncated.then(|| Note {
        kind: NoteKind::Truncated,
        message: format!(
            "{name} is longer than the model reads at once; only its {} are explained.",
            characters(&side.outline.read)
        ),
        a: Vec::new(),
        b: Vec::new(),
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
            a: only(name == "A", &pieces),
            b: only(name == "B", &pieces),
        }
    })
}

/// The words, if they are of this side.
pub(super) fn only(is_side: bool, words: &[String]) -> Vec<String> {
    match is_side {
        true => words.to_vec(),
        false => Vec::new(),
    }
}

pub(super) fn quoted(pieces: &[String]) -> String {
    let shown = pieces.iter().take(MOST_QUOTED).map(String::as_str);
    let more = (pieces.len() > MOST_QUOTED).then_some("…");
    shown.chain(more).collect::<Vec<_>>().join(", ")
}
