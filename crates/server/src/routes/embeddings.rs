//! `POST /v1/embeddings` and `/embeddings`, as OpenAI's.

mod request;

use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use yuyi_models::EmbedOptions;

use self::request::{EmbeddingsRequest, Encoding};
use crate::body::JsonBody;
use crate::{ApiError, App};

/// The handler.
pub(crate) async fn embeddings(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<Json<Reply>, ApiError> {
    let request = EmbeddingsRequest::read(body, app.limits())?;
    let model = app.model(request.model.as_deref()).await?;
    let dimensions = request.dimensions(model.facts().dimension)?;
    let embedded = app
        .embed(&model, request.inputs, EmbedOptions::default())
        .await?;
    let tokens = embedded.tokens();
    let vectors = embedded
        .vectors
        .iter()
        .map(|text| shorten(text.vector.clone(), dimensions));
    let data = vectors
        .enumerate()
        .map(|(index, vector)| Item::new(index, vector, request.encoding))
        .collect();
    Ok(Json(Reply {
        object: "list",
        data,
        model: model.name().to_owned(),
        usage: Usage {
            prompt_tokens: tokens,
            total_tokens: tokens,
        },
    }))
}

/// The first `dimensions` numbers, scaled to length 1 again.
fn shorten(mut vector: Vec<f32>, dimensions: usize) -> Vec<f32> {
    if dimensions < vector.len() {
        vector.truncate(dimensions);
        let length = vector
            .iter()
            .map(|&x| f64::from(x).powi(2))
            .sum::<f64>()
            .sqrt();
        // Numbers that are all zero have no direction and stay what they are.
        if length > 0.0 {
            vector
                .iter_mut()
                .for_each(|x| *x = (f64::from(*x) / length) as f32);
        }
    }
    vector
}

/// The reply.
#[derive(Serialize)]
pub(crate) struct Reply {
    object: &'static str,
    data: Vec<Item>,
    model: String,
    usage: Usage,
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: usize,
    total_tokens: usize,
}

#[derive(Serialize)]
struct Item {
    object: &'static str,
    index: usize,
    embedding: Embedding,
}

impl Item {
    fn new(index: usize, vector: Vec<f32>, encoding: Encoding) -> Self {
        let embedding = match encoding {
            Encoding::Float => Embedding::Float(vector),
            Encoding::Base64 => Embedding::Base64(base64_of(&vector)),
        };
        Self {
            object: "embedding",
            index,
            embedding,
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Embedding {
    Float(Vec<f32>),
    Base64(String),
}

/// The numbers as little-endian f32, in base64.
fn base64_of(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortened_vectors_are_unit_vectors() {
        let short = shorten(vec![0.36, 0.48, 0.8], 2);
        assert!(
            (short[0] - 0.6).abs() < 1e-6 && (short[1] - 0.8).abs() < 1e-6,
            "{short:?}"
        );
        assert_eq!(shorten(vec![0.6, 0.8], 2), [0.6, 0.8]);
        assert_eq!(shorten(vec![0.0, 1.0], 1), [0.0]);
    }

    #[test]
    fn base64_holds_little_endian_floats() {
        assert_eq!(base64_of(&[1.0, -2.0]), "AACAPwAAAMA=");
    }
}
