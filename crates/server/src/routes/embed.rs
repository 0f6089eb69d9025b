//! `POST /embed`, as TEI's.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use yuyi::EmbedOptions;
use yuyi_serving::Embedded;

use crate::answer;
use crate::request::body::JsonBody;
use crate::request::dimensions::Dimensions;
use crate::request::input::Input;
use crate::request::options::RefuseCut;
use crate::request::truncation::{Truncation, named_prompt};
use crate::request::{Source, flag, name, part, request};
use crate::vectors::VectorLists;
use crate::{ApiError, App};

/// Vectors of texts, as TEI answers: a list for each input, also for a single one.
#[utoipa::path(
    post,
    path = "/embed",
    tag = "Embeddings",
    request_body = EmbedRequest,
    responses((status = 200, description = "A vector for each input, in order.", body = VectorLists)),
)]
pub(crate) async fn embed(State(app): State<App>, body: JsonBody) -> Result<Response, ApiError> {
    let request = Source::read_foreign(body, app.limits(), EmbedRequest::take)?;
    let wanted = answer(&app, request).await?;
    app.answer(wanted.bytes(), move || wanted.vectors()).await
}

/// The same where clients of Hugging Face's pipelines look for it; a single text has a single vector.
#[utoipa::path(
    post,
    path = "/pipeline/feature-extraction/{model}",
    tag = "Embeddings",
    operation_id = "feature_extraction",
    params(("model" = String, Path, description = "A name or an alias of a model.", example = "e5-small-zh")),
    request_body = EmbedRequest,
    responses((status = 200, description = "A vector, or one for each input in order.", body = PipelineReply)),
)]
pub(crate) async fn pipeline(
    State(app): State<App>,
    name: Result<Path<String>, PathRejection>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut request = Source::read_foreign(body, app.limits(), EmbedRequest::take)?;
    // What is no text is no model's name either.
    request.model = Some(name.map(|Path(name)| name).unwrap_or_default());
    let is_single = matches!(request.inputs, Input::One(_));
    let wanted = answer(&app, request).await?;
    let reply = move |wanted: &Wanted| {
        let vectors = wanted.vectors();
        match is_single {
            true => PipelineReply::One(vectors.iter().flatten().copied().collect()),
            false => PipelineReply::Many(vectors),
        }
    };
    app.answer(wanted.bytes(), move || reply(&wanted)).await
}

/// The field of the texts and token ids.
const INPUTS: &str = "inputs";

/// The vectors that a request asks for.
pub(crate) async fn answer(app: &App, request: EmbedRequest) -> Result<Wanted, ApiError> {
    let model = app.model(request.model.as_deref()).await?;
    let dimensions = request.dimensions.of(model.facts().dimension)?;
    let options = EmbedOptions {
        prompt: named_prompt(request.prompt_name.as_deref(), model.facts())?,
        long_text: request.truncation.long_text(),
        states: false,
    };
    request.inputs.check_ids(INPUTS, &model)?;
    let paths = request.inputs.paths(INPUTS);
    let embedded = app
        .embed_input(&model, request.inputs, INPUTS, options)
        .await?;
    if request.truncation.refuses_long_texts() {
        embedded.refuse_cut(paths)?;
    }
    Ok(Wanted {
        embedded,
        dimensions,
        is_normal: request.normalize,
    })
}

/// Vectors, and what a request wants of them.
pub(crate) struct Wanted {
    embedded: Embedded,
    dimensions: usize,
    is_normal: bool,
}

impl Wanted {
    /// Most bytes of the reply.
    pub(crate) fn bytes(&self) -> usize {
        answer::vectors(self.embedded.vectors.len(), self.dimensions)
    }

    /// The reply.
    pub(crate) fn vectors(&self) -> VectorLists {
        match self.is_normal {
            true => VectorLists::shortened(&self.embedded, self.dimensions),
            false => VectorLists::unscaled(&self.embedded, self.dimensions),
        }
    }
}

request! {
    /// Texts or token ids to embed. Fields that are not known are ignored.
    pub(crate) struct EmbedRequest {
        #[schema(example = json!(["今天天气真不错", "外面阳光明媚"]))]
        inputs: Input = Input::take,
        #[serde(flatten)]
        truncation: Truncation = part(Truncation::take),
        /// A prompt of the model, by its name in `/info`, that goes in front of each text; absent: the model's
        /// default.
        #[schema(example = json!(null))]
        prompt_name: Option<String> = name,
        /// Scale vectors to length 1.
        #[serde(default)]
        #[schema(value_type = Option<crate::request::schemas::LooseFlag>, default = true)]
        normalize: bool = flag(true),
        /// Keep the first numbers only; absent: all.
        #[schema(value_type = Option<crate::request::schemas::LooseDimensions>, example = json!(null))]
        dimensions: Dimensions = Dimensions::take,
        /// The model to compute with, by a name of `/v1/models`; absent: the default one.
        #[schema(example = json!(null))]
        model: Option<String> = name,
    }
}

/// A vector, or one for each input.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum PipelineReply {
    One(Vec<f32>),
    #[schema(value_type = Vec<Vec<f32>>)]
    Many(VectorLists),
}
