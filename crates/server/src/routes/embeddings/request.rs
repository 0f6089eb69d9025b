//! What a client may send to `/v1/embeddings`. Unknown fields are ignored, as OpenAI's clients
//! send more with every year.

use utoipa::ToSchema;

use crate::ApiError;
use crate::request::dimensions::Dimensions;
use crate::request::input::Input;
use crate::request::json::Json;
use crate::request::{Source, choice, name, request};

request! {
    /// Texts or token ids to embed. Fields that are not known are ignored.
    pub(crate) struct EmbeddingsRequest {
        #[schema(example = json!(["今天天气真不错", "外面阳光明媚"]))]
        pub(super) input: Input = Input::take,
        /// The model to compute with, by a name of `/v1/models`; absent: the default one.
        #[schema(example = json!(null))]
        pub(super) model: Option<String> = name,
        /// How vectors are written; absent: `float`.
        pub(super) encoding_format: Option<Encoding> = choice(&ENCODINGS),
        /// The same by Jina's name, also as a list of one.
        #[schema(example = json!(null))]
        pub(super) embedding_type: Option<Encoding> = take_type,
        /// Keep the first numbers only, scaled to length 1 again; absent: all.
        #[schema(value_type = Option<crate::request::schemas::LooseDimensions>, example = json!(null))]
        pub(super) dimensions: Dimensions = Dimensions::take,
    }
}

const ENCODINGS: [(&str, Encoding); 2] = [("float", Encoding::Float), ("base64", Encoding::Base64)];

fn take_type(source: &mut Source<'_>, name: &'static str) -> Result<Option<Encoding>, ApiError> {
    source.fields.loosen(name, |value| match value {
        Json::Array(mut kinds) if kinds.len() == 1 => kinds.remove(0),
        other => other,
    });
    source.fields.optional_choice(name, &ENCODINGS)
}

/// How vectors are written.
#[derive(Clone, Copy, Debug, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Encoding {
    /// A list of numbers.
    Float,
    /// The numbers as little-endian f32, in base64.
    Base64,
}
