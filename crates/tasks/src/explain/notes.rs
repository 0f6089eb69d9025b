//! What a score does not show.

use std::fmt;

use serde::Serialize;
use yuyi_language::{
    Differences, NegationDifference, NumberDifference, OppositeDifference, RoleDifference,
    TimeDifference,
};

/// Most pieces of text that a message quotes.
const MOST_QUOTED: usize = 5;

/// Something about two texts, A and B, that a reader of their score should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(description = "What the score does not show. A is `sentence_a`, B the other sentence.")
)]
pub struct Note {
    #[expect(missing_docs, reason = "described by its type")]
    pub kind: NoteKind,
    /// A sentence for people.
    #[cfg_attr(feature = "schema", schema(example = "Only A negates: 不能."))]
    pub message: String,
    /// The words of A that it is about: numbers, times, negations, what the model does not know, the last that it read.
    #[cfg_attr(feature = "schema", schema(example = json!(["不能"])))]
    pub a: Vec<String>,
    /// Those of B.
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
    /// Both name a time, and not the same: 昨天 and 今天.
    Time,
    /// Only one text negates, or each something else.
    Negation,
    /// Both are nearly the same, with words that exclude one another at the same place: 开启 and 关闭.
    Opposite,
    /// The same words have other roles: 北京到上海 and 上海到北京.
    Order,
    /// A text is longer than the model reads.
    Truncated,
    /// The model's vocabulary does not know a part.
    Unknown,
}

impl Note {
    /// A note about one of the two texts, and words of it.
    pub(super) fn about_one(
        name: TextName,
        kind: NoteKind,
        message: String,
        words: Vec<String>,
    ) -> Self {
        let (a, b) = match name {
            TextName::A => (words, Vec::new()),
            TextName::B => (Vec::new(), words),
        };
        Self {
            kind,
            message,
            a,
            b,
        }
    }
}

/// What messages call either of the two texts.
#[derive(Clone, Copy)]
pub(super) enum TextName {
    A,
    B,
}

impl fmt::Display for TextName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::B => "B",
        })
    }
}

/// The notes about what two texts differ in that a model hardly sees.
pub(super) fn about_differences(a: &str, b: &str) -> Vec<Note> {
    let differences = Differences::between(a, b);
    let number = differences.numbers.map(about_numbers);
    let negation = differences.negation.map(about_negation);
    let time = differences.times.map(about_times);
    let opposites = differences.opposites.map(about_opposites);
    let roles = differences.roles.map(about_roles);
    let notes = [number, time, negation, opposites, roles];
    notes.into_iter().flatten().collect()
}

fn about_numbers(difference: NumberDifference) -> Note {
    let NumberDifference { only_a, only_b, .. } = difference;
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

fn about_times(difference: TimeDifference) -> Note {
    let TimeDifference { only_a, only_b } = difference;
    Note {
        kind: NoteKind::Time,
        message: format!(
            "The times differ: {} in A, {} in B.",
            quoted(&only_a),
            quoted(&only_b)
        ),
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

fn about_opposites(difference: OppositeDifference) -> Note {
    let OppositeDifference { a, b } = difference;
    Note {
        kind: NoteKind::Opposite,
        message: format!("These exclude one another: {a} in A, {b} in B."),
        a: vec![a],
        b: vec![b],
    }
}

fn about_roles(difference: RoleDifference) -> Note {
    let RoleDifference { a, b } = difference;
    Note {
        kind: NoteKind::Order,
        message: format!("The same words have other roles: {a} in A, {b} in B."),
        a: vec![a],
        b: vec![b],
    }
}

pub(super) fn quoted(pieces: &[String]) -> String {
    let shown = pieces.iter().take(MOST_QUOTED).map(String::as_str);
    let more = (pieces.len() > MOST_QUOTED).then_some("…");
    shown.chain(more).collect::<Vec<_>>().join(", ")
}
