//! What the routes of TEI do with texts that are longer than the model reads, and what goes in front of them.

use utoipa::ToSchema;
use yuyi_models::{LongText, ModelFacts, Prompt};

use crate::ApiError;
use crate::request::{choice, optional_flag, request};
use crate::shown::Shown;

request! {
    /// What happens to texts that are longer than the model reads.
    #[derive(Default)]
    pub(crate) struct Truncation {
        /// Cut them (absent: yes), or refuse them.
        #[schema(value_type = Option<crate::request::schemas::LooseFlag>)]
        truncate: Option<bool> = optional_flag,
        /// Which end is cut off; absent: the right one.
        truncation_direction: Option<Direction> = choice(&DIRECTIONS),
    }
}

const DIRECTIONS: [(&str, Direction); 2] = [("Left", Direction::Left), ("Right", Direction::Right)];

/// An end of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
enum Direction {
    Left,
    Right,
}

impl Truncation {
    /// How the texts are embedded.
    pub(crate) fn long_text(&self) -> LongText {
        match self.truncation_direction {
            Some(Direction::Left) => LongText::CutStart,
            Some(Direction::Right) | None => LongText::CutEnd,
        }
    }

    /// Whether a text that does not fit is refused.
    pub(crate) fn refuses_long_texts(&self) -> bool {
        self.truncate == Some(false)
    }
}

/// The prompt that a request names, or the model's default.
pub(crate) fn named_prompt(name: Option<&str>, facts: &ModelFacts) -> Result<Prompt, ApiError> {
    let Some(name) = name else {
        return Ok(Prompt::Default);
    };
    match facts.prompts.get(name) {
        Some(text) => Ok(Prompt::Text(text.clone())),
        None => {
            let known: Vec<String> = facts
                .prompts
                .keys()
                .map(|name| format!("{name:?}"))
                .collect();
            let reason = match known.is_empty() {
                true => "This model has no prompts. Leave the field out.".to_owned(),
                false => format!(
                    "{:?} is no prompt of this model; it has {}.",
                    Shown(name),
                    known.join(", ")
                ),
            };
            Err(ApiError::InvalidValue {
                field: "prompt_name".to_owned(),
                reason,
            })
        }
    }
}
