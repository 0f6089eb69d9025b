//! `GET /v1/models`: OpenAI's list, with the facts of each model beside.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::model_slot::ModelStatus;

/// The reply.
#[derive(Serialize, ToSchema)]
#[schema(as = ModelList)]
pub(crate) struct List {
    object: &'static str,
    data: Vec<Model>,
}

#[derive(Serialize, ToSchema)]
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

#[derive(Serialize, ToSchema)]
struct Size {
    dimension: usize,
    max_tokens: usize,
    weight_bytes: usize,
}

/// The models that a request may name.
#[utoipa::path(
    get,
    path = "/v1/models",
    tag = "Server",
    responses((status = 200, description = "The models.", body = List)),
)]
pub(crate) async fn models(State(app): State<App>) -> Json<List> {
    Json(List {
        object: "list",
        data: app.models().into_iter().map(Model::from).collect(),
    })
}

impl From<ModelStatus> for Model {
    fn from(status: ModelStatus) -> Self {
        let size = status.facts.map(|facts| Size {
            dimension: facts.dimension,
            max_tokens: facts.max_tokens,
            weight_bytes: facts.weight_bytes,
        });
        Self {
            id: status.name,
            object: "model",
            created: 0,
            owned_by: "yuyi",
            loaded: size.is_some(),
            calibrated: status.calibrated,
            size,
        }
    }
}
