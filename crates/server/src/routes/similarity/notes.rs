//! What the score of two texts does not show.

use std::sync::Arc;

use serde::Serialize;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;
use yuyi::NoteKind;
use yuyi_encoder::Encoded;
use yuyi_models::{EmbedOptions, Inputs};

use super::details::Details;
use super::request::SimilarityRequest;
use crate::embed::{Embedded, Model};
use crate::{ApiError, App};

/// What the score does not show.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Note {
    kind: Kind,
    /// A sentence for people.
    #[schema(example = "Only A negates: 不能.")]
    message: String,
    /// The words of `sentence_a` that it is about: numbers, negations, what the model does not know, the last that it read.
    #[schema(example = json!(["不能"]))]
    a: Vec<String>,
    /// Those of the other sentence.
    #[schema(example = json!([]))]
    b: Vec<String>,
}

/// What a note is about.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = NoteKind)]
pub(crate) enum Kind {
    /// The numbers differ.
    Number,
    /// Only one sentence negates, or each something else.
    Negation,
    /// A sentence is longer than the model reads at once.
    Truncated,
    /// The model does not know a part.
    Unknown,
}

impl From<yuyi::Note> for Note {
    fn from(note: yuyi::Note) -> Self {
        let kind = match note.kind {
            NoteKind::Number => Kind::Number,
            NoteKind::Negation => Kind::Negation,
            NoteKind::Truncated => Kind::Truncated,
            NoteKind::Unknown => Kind::Unknown,
        };
        let yuyi::Note { message, a, b, .. } = note;
        Self {
            kind,
            message,
            a,
            b,
        }
    }
}

/// Adds to the details of each pair of a request, whose texts were embedded, what its score does not show.
pub(super) async fn add(
    app: &App,
    embedded: &Embedded,
    request: &SimilarityRequest,
    details: &mut [Details],
) -> Result<(), ApiError> {
    let pairs = request.pairs().into_iter().zip(request.places());
    for (details, (texts, places)) in details.iter_mut().zip(pairs) {
        if let (Some((a, b)), Some(places)) = (texts, places) {
            let encoded = places.map(|place| embedded.vectors.get(place).cloned());
            let [Some(of_a), Some(of_b)] = encoded else {
                return Err(ApiError::Internal);
            };
            let found = of(app, &embedded.model, [a, b], [of_a, of_b]).await?;
            details.notes = Some(found);
        }
    }
    Ok(())
}

/// The notes about two texts that were embedded. One that was cut or that the model does not know all of is embedded once
/// more, for the places of its tokens.
async fn of(
    app: &App,
    model: &Model,
    texts: [Arc<str>; 2],
    encoded: [Arc<Encoded>; 2],
) -> Result<Vec<Note>, ApiError> {
    let [of_a, of_b] = encoded;
    let of_a = with_places(app, model, &texts[0], of_a).await?;
    let of_b = with_places(app, model, &texts[1], of_b).await?;
    let find = move || yuyi::notes(texts.each_ref().map(|text| &**text), [&of_a, &of_b]);
    let found = spawn_blocking(find).await.map_err(|_| ApiError::Internal)?;
    Ok(found.into_iter().map(Note::from).collect())
}

/// The text with its last hidden states, if they have something to tell.
async fn with_places(
    app: &App,
    model: &Model,
    text: &str,
    encoded: Arc<Encoded>,
) -> Result<Arc<Encoded>, ApiError> {
    if !encoded.truncated && encoded.unknown == 0 {
        return Ok(encoded);
    }
    let options = EmbedOptions {
        states: true,
        ..EmbedOptions::default()
    };
    let inputs = Inputs::Texts(vec![text.to_owned()]);
    // Like an explanation, with a patience of its own.
    let found = app.vectors(&model.anew(), inputs, options).await?.vectors;
    let found = found.into_iter().next().ok_or(ApiError::Internal)?;
    // A model that computes elsewhere tells no places.
    Ok(match found.states {
        Some(_) => found,
        None => encoded,
    })
}
