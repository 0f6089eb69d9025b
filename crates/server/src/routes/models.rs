//! `GET /v1/models`: OpenAI's list, with the facts of each model beside.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::App;

/// The reply.
#[derive(Serialize)]
pub(crate) struct List {
    object: &'static str,
    data: Vec<Model>,
}

#[derive(Serialize)]
struct Model {
    id: String,
    object: &'static str,
    /// OpenAI's clients require the field; nobody knows when a folder's model was made.
    created: u64,
    owned_by: &'static str,
    loaded: bool,
    calibrated: bool,
    #[serde(flatten)]
    size: Option<Size>,
}

#[derive(Serialize)]
struct Size {
    dimension: usize,
    max_tokens: usize,
    weight_bytes: usize,
}

/// The models that a request may name.
pub(crate) async fn models(State(app): State<App>) -> Json<List> {
    let slot = app.model();
    let size = slot
        .loaded()
        .ok()
        .map(|model| model.facts())
        .map(|facts| Size {
            dimension: facts.dimension,
            max_tokens: facts.max_tokens,
            weight_bytes: facts.weight_bytes,
        });
    let model = Model {
        id: slot.name().to_owned(),
        object: "model",
        created: 0,
        owned_by: "yuyi",
        loaded: size.is_some(),
        calibrated: slot.calibration().is_fitted(),
        size,
    };
    Json(List {
        object: "list",
        data: vec![model],
    })
}
