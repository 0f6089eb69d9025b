//! What every request of our own routes may ask beside its texts.

use utoipa::ToSchema;
use yuyi::EmbedOptions;
use yuyi_serving::Embedded;

use crate::ApiError;
use crate::request::{choice, name, request};

request! {
    /// What every request of our own routes may ask beside its texts.
    #[derive(Default)]
    pub(crate) struct Options {
        /// The model to compute with, by a name of `/v1/models`; absent: the default one.
        #[schema(example = json!(null))]
        pub(crate) model: Option<String> = name,
        /// What happens to a text that is longer than the model reads; absent: `truncate`.
        pub(crate) long_text: Option<LongText> = choice(&LONG_TEXT),
    }
}

const LONG_TEXT: [(&str, LongText); 3] = [
    ("truncate", LongText::Truncate),
    ("mean", LongText::Mean),
    ("error", LongText::Error),
];

/// What happens to a text that is longer than the model reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LongText {
    /// Its end is cut off.
    Truncate,
    /// It is read in windows, and their vectors are averaged.
    Mean,
    /// It is refused.
    Error,
}

impl Options {
    /// How the texts are embedded.
    pub(crate) fn embed_options(&self) -> EmbedOptions {
        let long_text = match self.long_text {
            Some(LongText::Mean) => yuyi::LongText::Mean,
            Some(LongText::Truncate | LongText::Error) | None => yuyi::LongText::CutEnd,
        };
        EmbedOptions {
            long_text,
            ..EmbedOptions::default()
        }
    }

    /// Whether a text that does not fit is refused.
    pub(crate) fn refuses_long_texts(&self) -> bool {
        self.long_text == Some(LongText::Error)
    }
}

/// What becomes of texts that were cut.
pub(crate) trait RefuseCut {
    /// Refuses what was cut; `field` names the field of each input.
    fn refuse_cut(&self, field: impl Fn(usize) -> String) -> Result<(), ApiError>;
}

impl RefuseCut for Embedded {
    fn refuse_cut(&self, field: impl Fn(usize) -> String) -> Result<(), ApiError> {
        match self.vectors.iter().position(|encoded| encoded.truncated) {
            None => Ok(()),
            Some(index) => Err(ApiError::TooManyTokens {
                field: field(index),
                limit: self.model.facts().max_tokens,
            }),
        }
    }
}
