//! What the score of two texts does not show.

use yuyi_encoder::{Encoded, Place};
use yuyi_tasks::explain::{self, Note, Reading, Token};

/// What to look at with one's own eyes before a score is believed: numbers and negations that differ, and what the model did
/// not read or does not know of two texts, A and B, that were embedded. It needs no model, and takes time in proportion to
/// the texts' length.
///
/// What was not read or understood is named if the vectors came with their last hidden states
/// ([`EmbedOptions::states`](crate::EmbedOptions::states)).
pub fn notes([a, b]: [&str; 2], [of_a, of_b]: [&Encoded; 2]) -> Vec<Note> {
    let tokens = [of_a, of_b].map(tokens);
    let [tokens_a, tokens_b] = tokens.each_ref().map(Option::as_deref);
    explain::notes(&reading(a, of_a, tokens_a), &reading(b, of_b, tokens_b))
}

fn reading<'a>(text: &'a str, encoded: &Encoded, tokens: Option<&'a [Token]>) -> Reading<'a> {
    let unknown = match tokens {
        Some(all) if all.len() == encoded.tokens => explain::unknown_share(all),
        // None are known, or those of the first window.
        _ => encoded.unknown as f64 / encoded.tokens.max(1) as f64,
    };
    Reading {
        text,
        start: 0,
        truncated: encoded.truncated,
        unknown,
        tokens,
    }
}

/// The tokens that the model read of a text; `None` when its states were not asked for.
pub(crate) fn tokens(encoded: &Encoded) -> Option<Vec<Token>> {
    let places = &encoded.states.as_ref()?.places;
    let token = |place: &Place| Token {
        characters: place.characters.clone(),
        unknown: place.unknown,
    };
    Some(places.iter().map(token).collect())
}
