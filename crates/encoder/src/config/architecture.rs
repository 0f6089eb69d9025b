//! Which architectures there are, by the `model_type` of config.json.

use crate::error::Error;
use serde_json::Value;
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

    /// By a config.json: its `model_type`, or where it has none the class in `architectures`; one that has neither is of BERT's time.
    pub(super) fn of_config(file: &str, config: &Value) -> Result<Self, Error> {
        match config.get("model_type") {
            Some(Value::String(kind)) => Self::of_type(file, kind),
            None | Some(Value::Null) => match config["architectures"][0].as_str() {
                Some(class) => {
                    Self::of_class(class).ok_or_else(|| Error::unsupported(file, unknown(class)))
                }
                None => Ok(Self::Bert),
            },
            Some(other) => Self::of_type(file, &other.to_string()),
        }
    }

    /// By the name of a class of transformers, such as `RobertaForMaskedLM`.
    fn of_class(class: &str) -> Option<Self> {
        let ends = ["For", "LMHeadModel", "Model"];
        let ends = ends.into_iter().filter_map(|end| class.find(end));
        Some(match &class[..ends.min()?] {
            "Bert" => Self::Bert,
            "Roberta" => Self::Roberta,
            "XLMRoberta" => Self::XlmRoberta,
            "Camembert" => Self::Camembert,
            "Ernie" => Self::Ernie,
            "DistilBert" => Self::DistilBert,
            "MPNet" => Self::MpNet,
            "New" | "Gte" => Self::Gte,
            "ModernBert" => Self::ModernBert,
            "Qwen3" => Self::Qwen3,
            _ => return None,
        })
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
            // Those by which others let a token see the ones behind it, as embedding models made of a decoder may want it.
            Self::Qwen3 => &[
                ("use_sliding_window", false),
                ("is_causal", true),
                ("use_bidirectional_attention", false),
            ],
            _ => &[],
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a model does not load that tells its class alone.
fn unknown(class: &str) -> String {
    let names = Architecture::ALL.map(Architecture::name).join(", ");
    format!(
        "there is no model_type, and the class \"{class}\" in architectures is not one that yuyi runs. If the model is of a kind that it \
         runs, add its model_type: one of {names}."
    )
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
    use serde_json::json;

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
    fn where_there_is_no_type_the_class_tells_it() {
        let of = |config: Value| Architecture::of_config("config.json", &config);
        for (class, expected) in [
            ("BertModel", Architecture::Bert),
            ("BertLMHeadModel", Architecture::Bert),
            ("RobertaModel", Architecture::Roberta),
            ("RobertaForMaskedLM", Architecture::Roberta),
            (
                "XLMRobertaForSequenceClassification",
                Architecture::XlmRoberta,
            ),
            ("CamembertModel", Architecture::Camembert),
            ("ErnieForMaskedLM", Architecture::Ernie),
            ("DistilBertModel", Architecture::DistilBert),
            ("MPNetForMaskedLM", Architecture::MpNet),
            ("NewModel", Architecture::Gte),
            ("GteModel", Architecture::Gte),
            ("ModernBertForMaskedLM", Architecture::ModernBert),
            ("Qwen3ForCausalLM", Architecture::Qwen3),
        ] {
            let told = of(json!({"architectures": [class]}));
            assert_eq!(told.unwrap(), expected, "{class}");
        }
        for class in [
            "XLMRobertaXLModel",
            "RobertaPreLayerNormModel",
            "ErnieMModel",
            "JinaBertModel",
            "Qwen3MoeForCausalLM",
            "Bert",
            "",
        ] {
            let told = of(json!({"architectures": [class]})).unwrap_err();
            let expected = format!(
                "config.json: there is no model_type, and the class \"{class}\" in architectures"
            );
            assert!(told.to_string().starts_with(&expected), "{told}");
        }
        let roberta = json!({"model_type": "roberta", "architectures": ["BertModel"]});
        assert_eq!(of(roberta).unwrap(), Architecture::Roberta);
        assert_eq!(of(json!({})).unwrap(), Architecture::Bert);
        assert!(of(json!({"model_type": 3})).is_err());
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
