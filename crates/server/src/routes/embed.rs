//! `POST /embed`, as TEI's.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use yuyi_encoder::Encoded;
use yuyi_models::EmbedOptions;

use crate::body::JsonBody;
use crate::dimensions::{Dimensions, shorten};
use crate::fields::Fields;
use crate::input::Input;
use crate::options::RefuseCut;
use crate::truncation::{Truncation, named_prompt};
use crate::{ApiError, App, Limits};

/// Vectors of texts, as TEI answers: a list for each input, also for a single one.
#[utoipa::path(
    post,
    path = "/embed",
    tag = "Embeddings",
    request_body = EmbedRequest,
    responses((status = 200, description = "A vector for each input, in order.", body = Vectors)),
)]
pub(crate) async fn embed(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<Json<Vectors>, ApiError> {
    let request = EmbedRequest::read(Fields::of(body, "")?, app.limits())?;
    answer(&app, request).await.map(Json)
}

/// The vectors that a request asks for.
pub(crate) async fn answer(app: &App, request: EmbedRequest) -> Result<Vectors, ApiError> {
    let model = app.model(request.model.as_deref()).await?;
    let dimensions = request.dimensions.of(model.facts().dimension)?;
    let options = EmbedOptions {
        prompt: named_prompt(request.prompt_name.as_deref(), model.facts())?,
        long_text: request.truncation.long_text(),
        states: false,
    };
    request.inputs.check_ids("inputs", model.embedder())?;
    let paths = request.inputs.paths("inputs");
    let embedded = app
        .embed(&model, request.inputs.into(), options)
        .await
        .map_err(|error| error.in_field("inputs"))?;
    if request.truncation.refuses_long_texts() {
        embedded.refuse_cut(paths)?;
    }
    let vector = |text: &Encoded| match request.normalize {
        true => shorten(text.vector.clone(), dimensions),
        false => {
            let numbers = text.vector.iter().take(dimensions);
            numbers.map(|x| x * text.length).collect()
        }
    };
    let vectors = embedded.vectors.iter().map(|text| vector(text));
    Ok(Vectors(vectors.collect()))
}

/// Texts or token ids to embed. Fields that are not known are ignored.
#[derive(ToSchema)]
pub(crate) struct EmbedRequest {
    #[schema(example = json!(["今天天气真不错", "外面阳光明媚"]))]
    inputs: Input,
    #[serde(flatten)]
    truncation: Truncation,
    /// A prompt of the model, by its name in `/info`, that goes in front of each text; absent: the model's
    /// default.
    #[schema(example = json!(null))]
    prompt_name: Option<String>,
    /// Scale vectors to length 1.
    #[serde(default)]
    #[schema(value_type = Option<bool>, default = true)]
    normalize: bool,
    /// Keep the first numbers only; absent: all.
    #[schema(value_type = Option<usize>, minimum = 1, example = json!(null))]
    dimensions: Dimensions,
    /// The model to compute with, by a name of `/v1/models`; absent: the default one.
    #[schema(example = json!(null))]
    model: Option<String>,
}

impl EmbedRequest {
    pub(crate) fn read(mut fields: Fields, limits: &Limits) -> Result<Self, ApiError> {
        let (inputs, path) = fields.required("inputs")?;
        Ok(Self {
            inputs: Input::read(inputs, &path, limits)?,
            truncation: Truncation::read(&mut fields)?,
            prompt_name: fields.optional_text("prompt_name")?,
            normalize: fields.optional_flag("normalize")?.unwrap_or(true),
            dimensions: Dimensions::read(&mut fields)?,
            model: fields.optional_text("model")?,
        })
    }
}

/// A vector for each input.
#[derive(Serialize, ToSchema)]
pub(crate) struct Vectors(Vec<Vec<f32>>);
