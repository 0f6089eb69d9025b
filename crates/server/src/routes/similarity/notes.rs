//! What the score of two texts does not show.

use std::sync::Arc;

use yuyi::{EmbedOptions, Encoded, Note};
use yuyi_serving::{Embedded, Errand, ModelHandle, Turns};

use super::request::Texts;
use crate::answer::{AROUND, written};
use crate::work::run;
use crate::{ApiError, App};

/// Most bytes of a note in a reply.
pub(super) fn bytes_of(note: &Note) -> usize {
    let texts = note.a.iter().chain(&note.b).chain([&note.message]);
    AROUND + texts.map(|text| 1 + written(text)).sum::<usize>()
}

/// What the score of each pair does not show, from the vectors of all texts; `places` tells each pair's among them. A text that was cut or that the
/// model does not know all of is embedded once more, with the same options, for the places of its tokens.
pub(super) async fn of(
    app: &App,
    embedded: &Embedded,
    pairs: Vec<Texts>,
    places: Vec<Option<[usize; 2]>>,
    options: EmbedOptions,
    mut errand: Errand,
) -> Result<Vec<Option<Vec<Note>>>, ApiError> {
    let mut notes = Vec::with_capacity(pairs.len());
    for pair in pairs.into_iter().zip(places) {
        let (Some((a, b)), Some(places)) = pair else {
            notes.push(None);
            continue;
        };
        let encoded = places.map(|place| embedded.vectors.get(place).cloned());
        let [Some(of_a), Some(of_b)] = encoded else {
            return Err(ApiError::Internal);
        };
        let of_a = with_places(app, &embedded.model, &a, of_a, &options).await?;
        let of_b = with_places(app, &embedded.model, &b, of_b, &options).await?;
        let find = move |_: &mut Turns| Ok(yuyi::notes([&a, &b], [&of_a, &of_b]));
        let found = run(&mut errand, find).await?;
        notes.push(Some(found));
    }
    Ok(notes)
}

/// The text with its last hidden states, if they have something to tell.
async fn with_places(
    app: &App,
    model: &ModelHandle,
    text: &str,
    encoded: Arc<Encoded>,
    options: &EmbedOptions,
) -> Result<Arc<Encoded>, ApiError> {
    if !encoded.truncated && encoded.unknown == 0 {
        return Ok(encoded);
    }
    let options = EmbedOptions {
        states: true,
        ..options.clone()
    };
    let texts = vec![text.to_owned()];
    // Like an explanation, with a patience of its own.
    let found = app
        .embed_derived(&model.anew(), texts, options)
        .await?
        .vectors;
    let found = found.into_iter().next().ok_or(ApiError::Internal)?;
    // A model that computes elsewhere tells no places.
    Ok(match found.states {
        Some(_) => found,
        None => encoded,
    })
}
