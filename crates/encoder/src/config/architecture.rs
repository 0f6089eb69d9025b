//! Which architectures there are, by the `model_type` of config.json.

use crate::error::Error;
use std::fmt;

/// An architecture, as transformers names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// BERT.
    Bert,
    /// RoBERTa: positions begin behind the padding id.
    Roberta,
    /// XLM-RoBERTa: RoBERTa in many languages.
    XlmRoberta,
    /// CamemBERT: RoBERTa in French.
    Camembert,
    /// ERNIE: BERT with an embedding of the task, where the configuration asks for it.
    Ernie,
    /// DistilBERT: BERT without token types.
    DistilBert,
    /// MPNet: no token types, and a bias by distance in attention.
    MpNet,
    /// GTE's own encoder, whose model_type is `new` or `gte`: BERT with rotary positions and a gated feed-forward block.
    Gte,
    /// ModernBERT: rotary positions, norms in front, gated feed-forward blocks, and local attention in most layers.
    ModernBert,
    /// Qwen3: a decoder, so that a token sees those before it.
    Qwen3,
}

impl Architecture {
    /// Every architecture.
    pub const ALL: [Self; 10] = [
        Self::Bert,
        Self::Roberta,
        Self::XlmRoberta,
        Self::Camembert,
        Self::Ernie,
        Self::DistilBert,
        Self::MpNet,
        Self::Gte,
        Self::ModernBert,
        Self::Qwen3,
    ];

    /// The `model_type` in config.json.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bert => "bert",
            Self::Roberta => "roberta",
            Self::XlmRoberta => "xlm-roberta",
            Self::Camembert => "camembert",
            Self::Ernie => "ernie",
            Self::DistilBert => "distilbert",
            Self::MpNet => "mpnet",
            Self::Gte => "new",
            Self::ModernBert => "modernbert",
            Self::Qwen3 => "qwen3",
        }
    }

    /// By the `model_type` of `file`.
    pub(super) fn of_type(file: &str, kind: &str) -> Result<Self, Error> {
        // Copies of GTE's code have their own name for it.
        let kind_name = if kind == "gte" { "new" } else { kind };
        let known = Self::ALL
            .into_iter()
            .find(|known| known.name() == kind_name);
        known.ok_or_else(|| Error::unsupported(file, refusal(kind)))
    }

    /// What config.json calls a field; some have names of their own.
    pub(super) fn field(self, field: &'static str) -> &'static str {
        match (self, field) {
            (Self::DistilBert, "hidden_size") => "dim",
            (Self::DistilBert, "num_hidden_layers") => "n_layers",
            (Self::DistilBert, "num_attention_heads") => "n_heads",
            (Self::DistilBert, "intermediate_size") => "hidden_dim",
            (Self::DistilBert, "hidden_act") => "activation",
            (Self::ModernBert, "hidden_act") => "hidden_activation",
            (Self::ModernBert, "layer_norm_eps") => "norm_eps",
            (Self::Qwen3, "layer_norm_eps") => "rms_norm_eps",
            _ => field,
        }
    }

    /// Whether a token can be of the first text of a pair or of the second.
    pub(super) fn has_token_types(self) -> bool {
        !matches!(
            self,
            Self::DistilBert | Self::MpNet | Self::ModernBert | Self::Qwen3
        )
    }

    /// Whether queries and keys are turned by their position.
    pub(super) fn has_rotary_positions(self) -> bool {
        matches!(self, Self::Gte | Self::ModernBert | Self::Qwen3)
    }

    /// Whether norms stand in front of attention and of the feed-forward block, and one behind the last layer.
    pub(crate) fn normalises_first(self) -> bool {
        matches!(self, Self::ModernBert | Self::Qwen3)
    }

    /// Whether a token sees only those before it.
    pub fn is_causal(self) -> bool {
        self == Self::Qwen3
    }

    /// Fields by which a configuration can ask for what is not supported, with the value that is.
    pub(super) fn only_values(self) -> &'static [(&'static str, bool)] {
        match self {
            Self::Gte => &[("logn_attention_scale", false), ("pack_qkv", true)],
            Self::Qwen3 => &[("use_sliding_window", false)],
            _ => &[],
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a model of another architecture does not load, and what would.
fn refusal(kind: &str) -> String {
    let names = Architecture::ALL.map(Architecture::name);
    let (last, others) = names.split_last().unwrap_or((&"", &[]));
    let (others, nearest) = (others.join(", "), nearest(kind));
    format!(
        "model_type \"{kind}\" is not supported. yuyi runs {others} and {last}; the nearest to it is {nearest}."
    )
}

/// The architecture that is made for the same as one that is not supported.
fn nearest(kind: &str) -> Architecture {
    let begins = |names: &[&str]| names.iter().any(|name| kind.starts_with(name));
    if begins(&["distil", "mobilebert", "squeezebert"]) {
        return Architecture::DistilBert;
    }
    if begins(&[
        "xlm",
        "xlnet",
        "mt5",
        "t5",
        "umt5",
        "m2m",
        "mbart",
        "deberta-v2",
        "xmod",
    ]) {
        return Architecture::XlmRoberta;
    }
    if begins(&["roberta", "deberta", "longformer", "big_bird", "bart"]) {
        return Architecture::Roberta;
    }
    if begins(&["ernie"]) {
        return Architecture::Ernie;
    }
    if begins(&["qwen", "llama", "mistral", "gemma", "gpt", "phi", "minicpm"]) {
        return Architecture::Qwen3;
    }
    if begins(&["nomic", "jina", "eurobert", "neobert"]) {
        return Architecture::ModernBert;
    }
    Architecture::Bert
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_supported_is_named_with_the_nearest_that_is() {
        for (kind, nearest) in [
            ("albert", "bert"),
            ("deberta-v2", "xlm-roberta"),
            ("deberta", "roberta"),
            ("ernie_m", "ernie"),
            ("t5", "xlm-roberta"),
            ("mobilebert", "distilbert"),
            ("qwen2", "qwen3"),
            ("nomic_bert", "modernbert"),
        ] {
            let error = Architecture::of_type("config.json", kind).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "config.json: model_type \"{kind}\" is not supported. yuyi runs bert, roberta, xlm-roberta, \
                     camembert, ernie, distilbert, mpnet, new, modernbert and qwen3; the nearest to it is {nearest}."
                )
            );
        }
    }

    #[test]
    fn each_is_found_by_its_name() {
        for architecture in Architecture::ALL {
            let name = architecture.name();
            assert_eq!(Architecture::of_type("", name).unwrap(), architecture);
        }
        let gte = Architecture::of_type("", "gte");
        assert_eq!(gte.unwrap(), Architecture::Gte);
    }
}
