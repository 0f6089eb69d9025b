//! What a client may send to `/v1/embeddings`. Unknown fields are ignored, as OpenAI's clients
//! send more with every year.

use utoipa::ToSchema;
use yuyi::{ModelFacts, Prompt, Side};

use crate::ApiError;
use crate::request::dimensions::Dimensions;
use crate::request::input::Input;
use crate::request::json::Json;
use crate::request::truncation::named_prompt;
use crate::request::{Source, choice, is_flag, name, refused, request};

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
        /// The same by Voyage's and Mistral's name.
        #[schema(value_type = Option<crate::request::schemas::LooseDimensions>, example = json!(null))]
        pub(super) output_dimension: Dimensions = Dimensions::take,
        /// Voyage's and NVIDIA's: `query` or `document` (`passage`), for which models may have prompts; others take the default one.
        #[schema(value_type = Option<String>, example = json!(null))]
        input_type: Option<Side> = take_side,
        /// The same by Jina's name: `retrieval.query` or `retrieval.passage`.
        #[schema(value_type = Option<String>, example = json!(null))]
        task: Option<Side> = take_side,
        /// A prompt of the model, by its name in `/info`, that goes in front of each text, before what `input_type` or `task` say; absent: as those say.
        #[schema(example = json!(null))]
        prompt_name: Option<String> = name,
        /// Voyage's and Mistral's: `float`, the only kind of number that there is here.
        #[schema(value_type = Option<String>, example = json!(null))]
        #[expect(dead_code, reason = "refused where it would be told apart")]
        output_dtype: () = refused(is_float, "This server's vectors are of floats. Leave it out, or send \"float\"."),
        /// Jina's: `false`. With `true`, each text would be read together with the others.
        #[schema(value_type = Option<crate::request::schemas::LooseFlag>, example = json!(null))]
        #[expect(dead_code, reason = "refused where it would be told apart")]
        late_chunking: () = refused(is_no, "This server reads each text by itself. Leave it out."),
        /// Jina's: `true`. Vectors have length 1 here.
        #[schema(value_type = Option<crate::request::schemas::LooseFlag>, example = json!(null))]
        #[expect(dead_code, reason = "refused where it would be told apart")]
        normalized: () = refused(is_yes, "The vectors of this route have length 1. Leave it out; POST /embed with normalize=false gives others."),
        /// vLLM's: `-1`. Texts that are longer than the model reads lose their end, and only they.
        #[schema(value_type = Option<i64>, example = json!(null))]
        #[expect(dead_code, reason = "refused where it would be told apart")]
        truncate_prompt_tokens: () = refused(is_all, "This server reads as much of a text as the model can. Leave it out, or send -1."),
    }
}

const ENCODINGS: [(&str, Encoding); 2] = [("float", Encoding::Float), ("base64", Encoding::Base64)];

fn take_type(source: &mut Source<'_>, name: &'static str) -> Result<Option<Encoding>, ApiError> {
    source.fields.loosen(name, |value| match value {
        Json::Array(mut kinds) if kinds.len() == 1 => kinds.remove(0),
        other => other,
    });
    choice(&ENCODINGS)(source, name)
}

/// The side that a text is meant for, by any of the names that clients know it by. What else they may say is no side.
fn take_side(source: &mut Source<'_>, field: &'static str) -> Result<Option<Side>, ApiError> {
    Ok(match name(source, field)?.as_deref() {
        Some("query" | "search_query" | "retrieval.query") => Some(Side::Query),
        Some("document" | "passage" | "search_document" | "retrieval.passage") => {
            Some(Side::Passage)
        }
        _ => None,
    })
}

impl EmbeddingsRequest {
    /// What goes in front of each text.
    ///
    /// # Errors
    /// When a prompt is named that the model does not have.
    pub(super) fn prompt(&self, facts: &ModelFacts) -> Result<Prompt, ApiError> {
        if let Some(name) = &self.prompt_name {
            return named_prompt(Some(name), facts);
        }
        let side = self.input_type.or(self.task);
        Ok(side.map_or(Prompt::Default, |side| {
            Prompt::Text(facts.prompt_of(side).to_owned())
        }))
    }
}

fn is_float(value: &Json) -> bool {
    matches!(value, Json::String(kind) if kind.eq_ignore_ascii_case("float"))
}

fn is_no(value: &Json) -> bool {
    is_flag(value, false)
}

fn is_yes(value: &Json) -> bool {
    is_flag(value, true)
}

fn is_all(value: &Json) -> bool {
    *value == Json::Integer(-1)
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
