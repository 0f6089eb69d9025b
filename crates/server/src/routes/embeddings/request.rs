//! What a client may send to `/v1/embeddings`. Unknown fields are ignored, as OpenAI's clients
//! send more with every year.

use utoipa::ToSchema;

use crate::dimensions::Dimensions;
use crate::fields::Fields;
use crate::input::Input;
use crate::json::Json;
use crate::{ApiError, Limits};

/// Texts or token ids to embed. Fields that are not known are ignored.
#[derive(ToSchema)]
pub(crate) struct EmbeddingsRequest {
    #[schema(example = json!(["今天天气真不错", "外面阳光明媚"]))]
    pub(super) input: Input,
    /// The model to compute with, by a name of `/v1/models`; absent: the default one.
    #[schema(example = json!(null))]
    pub(super) model: Option<String>,
    /// How vectors are written; absent: `float`.
    pub(super) encoding_format: Option<Encoding>,
    /// Keep the first numbers only, scaled to length 1 again; absent: all.
    #[schema(value_type = Option<usize>, minimum = 1, example = json!(null))]
    pub(super) dimensions: Dimensions,
}

/// How vectors are written.
#[derive(Clone, Copy, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Encoding {
    /// A list of numbers.
    Float,
    /// The numbers as little-endian f32, in base64.
    Base64,
}

impl EmbeddingsRequest {
    pub(super) fn read(body: Json, limits: &Limits) -> Result<Self, ApiError> {
        let mut fields = Fields::of(body, "")?;
        let (input, path) = fields.required("input")?;
        let encodings = [("float", Encoding::Float), ("base64", Encoding::Base64)];
        Ok(Self {
            input: Input::read(input, &path, limits)?,
            model: fields.optional_text("model")?,
            encoding_format: fields.optional_choice("encoding_format", &encodings)?,
            dimensions: Dimensions::read(&mut fields)?,
        })
    }
}
