//! `GET /info`, as TEI's, with more facts of the model beside.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use yuyi::{ModelFacts, Precision};

use crate::{ApiError, App};

/// The default model and the limits of the server, as TEI answers.
#[utoipa::path(
    get,
    path = "/info",
    tag = "Server",
    responses((status = 200, description = "The default model and the limits.", body = Info)),
)]
pub(crate) async fn info(State(app): State<App>) -> Result<Json<Info>, ApiError> {
    // Monitors poll this: it neither loads the model nor keeps it from being unloaded.
    let (status, facts) = app.registry().described().await?;
    let limits = app.limits();
    Ok(Json(Info {
        model_id: status.name.clone(),
        model_sha: None,
        model_dtype: dtype(&facts),
        served_model_name: status.name,
        model_type: ModelType::of(&facts),
        max_concurrent_requests: limits.queue_tokens,
        max_input_length: Some(facts.max_tokens).filter(|&most| most < ModelFacts::NO_LIMIT),
        max_batch_tokens: limits.queue_tokens,
        max_batch_requests: None,
        max_client_batch_size: limits.texts,
        auto_truncate: true,
        // At least one for clients of TEI, also where nothing is split here.
        tokenization_workers: facts.threads.max(1),
        version: env!("CARGO_PKG_VERSION"),
        sha: None,
        docker_label: None,
        dimension: known(facts.dimension).filter(|_| facts.scores.is_none()),
        layers: known(facts.layers),
        precision: facts.precision_name(),
        kernel: facts.kernel_name(),
        threads: known(facts.threads),
        weight_bytes: known(facts.weight_bytes),
        calibrated: status.calibrated,
        default_prompt: facts.default_prompt,
        prompts: facts.prompts,
    }))
}

/// A number, unless nobody tells it.
pub(super) fn known(number: usize) -> Option<usize> {
    (number > 0).then_some(number)
}

/// TEI's names of number formats.
fn dtype(facts: &ModelFacts) -> &'static str {
    match facts.precision {
        Some(Precision::F32) => "float32",
        _ => facts.precision_name(),
    }
}

/// The reply. The fields down to `docker_label` are TEI's.
#[derive(Serialize, ToSchema)]
pub(crate) struct Info {
    #[schema(example = "e5-small-zh")]
    model_id: String,
    /// Always null: models are known by name.
    model_sha: Option<String>,
    /// Number format of the matrix products.
    #[schema(example = "float32")]
    model_dtype: &'static str,
    #[schema(example = "e5-small-zh")]
    served_model_name: String,
    model_type: ModelType,
    /// Requests that may wait; their tokens are what is bounded, and each has at least one.
    max_concurrent_requests: usize,
    /// Most tokens that are read of a text; null: nobody knows, as the model computes elsewhere.
    #[schema(example = 512)]
    max_input_length: Option<usize>,
    /// Tokens that may wait. Batches form by themselves from what is waiting.
    max_batch_tokens: usize,
    /// Always null: batches are bounded in tokens.
    max_batch_requests: Option<usize>,
    /// Texts of a request.
    max_client_batch_size: usize,
    /// Whether texts that are too long are cut unless a request says otherwise.
    auto_truncate: bool,
    tokenization_workers: usize,
    /// Version of this server.
    version: &'static str,
    /// Always null.
    sha: Option<String>,
    /// Always null.
    docker_label: Option<String>,
    /// Length of the vectors; null: the model gives none, or computes elsewhere and was not asked yet.
    #[schema(example = 384)]
    dimension: Option<usize>,
    /// Transformer layers; null: nobody knows, as the model computes elsewhere.
    #[schema(example = 12)]
    layers: Option<usize>,
    /// Number format of the matrix products, by the name that `--precision` takes.
    #[schema(example = "int4")]
    precision: &'static str,
    /// Instruction set that computes.
    kernel: &'static str,
    /// Threads of one forward pass; null: the model computes elsewhere.
    #[schema(example = 2)]
    threads: Option<usize>,
    /// Bytes of weights held in memory; null: the model computes elsewhere.
    #[schema(example = 24_000_000)]
    weight_bytes: Option<usize>,
    /// Whether `similarity` means the same as with other models.
    calibrated: bool,
    /// What goes in front of each text.
    default_prompt: String,
    /// Prompts that requests may name.
    prompts: BTreeMap<String, String>,
}

/// What the model is for.
#[derive(Serialize, ToSchema)]
struct ModelType {
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding: Option<EmbeddingModel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reranker: Option<RerankingModel>,
}

impl ModelType {
    fn of(facts: &ModelFacts) -> Self {
        match facts.scores {
            None => Self {
                embedding: Some(EmbeddingModel {
                    pooling: facts.pooling_name(),
                }),
                reranker: None,
            },
            Some(_) => Self {
                embedding: None,
                reranker: Some(RerankingModel {
                    id2label: BTreeMap::from([("0", "LABEL_0")]),
                    label2id: BTreeMap::from([("LABEL_0", 0)]),
                }),
            },
        }
    }
}

/// The one label of a model that scores pairs.
#[derive(Serialize, ToSchema)]
struct RerankingModel {
    id2label: BTreeMap<&'static str, &'static str>,
    label2id: BTreeMap<&'static str, usize>,
}

/// How a model that makes vectors makes them.
#[derive(Serialize, ToSchema)]
struct EmbeddingModel {
    #[schema(example = "mean")]
    pooling: &'static str,
}
