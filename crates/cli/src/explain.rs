//! Why two sentences score as they do.

use anyhow::Context;
use yuyi_encoder::{Encoded, Place, States};
use yuyi_models::EmbedOptions;
use yuyi_tasks::explain::{Explanation, Outline, Side, Token, explain};

use crate::model::Model;

/// Explains the score of two sentences: embeds them with their last hidden states, and without each word in turn.
pub fn explain_pair(model: &Model, a: &str, b: &str) -> anyhow::Result<Explanation> {
    let options = EmbedOptions {
        states: true,
        ..EmbedOptions::default()
    };
    let whole = model.embed(vec![a.to_owned(), b.to_owned()], &options)?;
    explained(model, [a, b], &whole)?.context("The model does not tell what its vectors come from.")
}

fn explained(
    model: &Model,
    texts: [&str; 2],
    whole: &[Encoded],
) -> anyhow::Result<Option<Explanation>> {
    let outline = |i: usize| {
        let states = whole.get(i)?.states.as_ref()?;
        Some(Outline::of(texts[i], tokens(states)))
    };
    let [Some(first), Some(second)] = [outline(0), outline(1)] else {
        return Ok(None);
    };
    let mut left_out = first.without();
    let of_first = left_out.len();
    left_out.extend(second.without());
    let without = match left_out.is_empty() {
        true => Vec::new(),
        false => model.embed(left_out, &EmbedOptions::default())?,
    };
    let vectors: Vec<&[f32]> = without.iter().map(|encoded| &*encoded.vector).collect();
    let (without_first, without_second) = vectors.split_at(of_first);
    let a = side(&first, &whole[0], without_first);
    let b = side(&second, &whole[1], without_second);
    Ok(a.zip(b).map(|(a, b)| explain(&a, &b)))
}

fn tokens(states: &States) -> Vec<Token> {
    let token = |place: &Place| Token {
        characters: place.characters.clone(),
        unknown: place.unknown,
    };
    states.places.iter().map(token).collect()
}

/// An embedded text; `None` when its states were not asked for.
fn side<'a>(
    outline: &'a Outline,
    encoded: &'a Encoded,
    without: &'a [&'a [f32]],
) -> Option<Side<'a>> {
    Some(Side {
        outline,
        hidden: &encoded.states.as_ref()?.hidden,
        vector: &encoded.vector,
        without,
        truncated: encoded.truncated,
    })
}
