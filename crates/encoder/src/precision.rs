//! Number formats that a model can compute in.

use crate::config::{ModelConfig, Quantization};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Number format of the matrix products.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats: the answers of the original.
    F32,
    /// 8-bit weights, a scale for each output, and 8-bit activations, a scale for each token.
    Int8,
    /// 4-bit weights in blocks of 32 and 8-bit activations.
    Int4,
}

impl Precision {
    /// Every precision.
    pub const ALL: [Self; 3] = [Self::F32, Self::Int8, Self::Int4];

    /// The name on the command line and in replies.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Int8 => "int8",
            Self::Int4 => "int4",
        }
    }

    /// What a folder is computed in where no precision is asked for: its own scheme if it is quantised, else f32; but of a decoder, which is
    /// several times as large as an encoder and would take seconds for a page, in 8-bit integers.
    pub(crate) fn of(config: &ModelConfig) -> Self {
        match config.quantization {
            None if config.architecture.is_causal() => Self::Int8,
            None => Self::F32,
            Some(Quantization::Int8) => Self::Int8,
            Some(Quantization::Q4) => Self::Int4,
        }
    }
}

impl FromStr for Precision {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|p| p.name() == name);
        known.ok_or_else(|| format!("\"{name}\" is no precision; choose f32, int8 or int4."))
    }
}
