//! `config.json`: the shape of a model.

use crate::error::Error;
use crate::folder::Folder;
use crate::json::read_json;
use crate::modules::Modules;
use serde::Deserialize;
use serde_json::Value;

/// Larger sizes than any real model's; they keep every product of sizes far from overflow.
const MOST: usize = 1 << 24;

/// The activation of the feed-forward block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x · Φ(x) with the error function.
    Gelu,
    /// Its approximation by tanh.
    GeluTanh,
}

/// A way in which a folder stores its weights in fewer bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantization {
    /// I8 with an F32 scale for each output (compressed-tensors' naming).
    Int8,
    /// 4-bit blocks of 32 with a half-precision scale each (q4_0).
    Q4,
}

/// The shape of an encoder of the BERT family.
#[derive(Clone, Debug, PartialEq)]
pub struct BertConfig {
    /// Length of a hidden vector.
    pub hidden_size: usize,
    /// Number of transformer layers.
    pub layers: usize,
    /// Attention heads; they divide the hidden size.
    pub heads: usize,
    /// Width of the feed-forward block.
    pub intermediate_size: usize,
    /// Number of token ids.
    pub vocab_size: usize,
    /// Rows of the position embeddings.
    pub max_position_embeddings: usize,
    /// Row of the first token's position: 0 for BERT, the padding id + 1 for RoBERTa.
    pub position_offset: usize,
    /// Rows of the token type embeddings.
    pub type_vocab_size: usize,
    /// ε of every layer norm.
    pub layer_norm_eps: f32,
    /// Activation of the feed-forward block.
    pub activation: Activation,
    /// How the weights are stored, if not as floats.
    pub quantization: Option<Quantization>,
}

#[derive(Deserialize)]
struct Raw {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: Option<usize>,
    layer_norm_eps: Option<f64>,
    hidden_act: Option<Value>,
    position_embedding_type: Option<String>,
    pad_token_id: Option<usize>,
    is_decoder: Option<bool>,
    auto_map: Option<Value>,
    quantization_config: Option<Value>,
}

impl BertConfig {
    /// Reads and checks `config.json`.
    ///
    /// # Errors
    /// When it is missing, broken, impossible, or of another architecture.
    pub fn read(folder: &Folder) -> Result<Self, Error> {
        let folder = &Modules::read(folder)?.transformer(folder);
        let file = folder.show("config.json");
        // The kind of model first: one of another family lacks the other fields.
        let value: Value = read_json(folder, "config.json")?;
        if !value.is_object() {
            return Err(Error::file(&file, "a JSON object was expected."));
        }
        if value.get("hidden_size").is_none() && is_pooling(&value) {
            let what = "this is the configuration of a Pooling. Name the folder above, which holds the model.";
            return Err(Error::file(&file, what));
        }
        let kind = value
            .get("model_type")
            .and_then(Value::as_str)
            .unwrap_or("bert")
            .to_owned();
        check_family(&file, &kind)?;
        let raw: Raw =
            serde_json::from_value(value).map_err(|e| Error::file(&file, format!("{e}.")))?;
        check_sizes(&file, &raw)?;
        let offset = position_offset(&file, &kind, &raw)?;
        check_variant(&file, &raw)?;
        let epsilon = layer_norm_eps(&file, &raw)?;
        Ok(Self {
            hidden_size: raw.hidden_size,
            layers: raw.num_hidden_layers,
            heads: raw.num_attention_heads,
            intermediate_size: raw.intermediate_size,
            vocab_size: raw.vocab_size,
            max_position_embeddings: raw.max_position_embeddings,
            position_offset: offset,
            type_vocab_size: raw.type_vocab_size.unwrap_or(2),
            layer_norm_eps: epsilon,
            activation: activation(&file, raw.hidden_act.as_ref())?,
            quantization: quantization(&file, &raw)?,
        })
    }

    /// The row of the first token's position among those that are kept: behind that of padding, which families other than
    /// BERT give to a padding token, also one inside a text.
    pub(crate) fn first_position(&self) -> usize {
        usize::from(self.position_offset > 0)
    }

    /// The row of a token that has no position of its own, since it is padding.
    pub(crate) fn padding_position(&self, id: usize) -> Option<usize> {
        (self.position_offset > 0 && id + 1 == self.position_offset).then_some(0)
    }

    /// Tokens of the longest text that the position embeddings reach.
    pub fn reach(&self) -> usize {
        self.max_position_embeddings - self.position_offset
    }
}

/// Whether the file is the one of a module beside the model.
fn is_pooling(value: &Value) -> bool {
    [
        "word_embedding_dimension",
        "embedding_dimension",
        "pooling_mode",
    ]
    .iter()
    .any(|field| value.get(field).is_some())
}

fn check_family(file: &str, kind: &str) -> Result<(), Error> {
    if ["bert", "roberta", "xlm-roberta", "camembert"].contains(&kind) {
        return Ok(());
    }
    let what =
        format!("model_type \"{kind}\" is not supported. yuyi runs bert, roberta and xlm-roberta.");
    Err(Error::unsupported(file, what))
}

fn check_sizes(file: &str, raw: &Raw) -> Result<(), Error> {
    let sizes = [
        ("hidden_size", raw.hidden_size),
        ("num_hidden_layers", raw.num_hidden_layers),
        ("num_attention_heads", raw.num_attention_heads),
        ("intermediate_size", raw.intermediate_size),
        ("vocab_size", raw.vocab_size),
        ("max_position_embeddings", raw.max_position_embeddings),
        ("type_vocab_size", raw.type_vocab_size.unwrap_or(2)),
    ];
    for (name, size) in sizes {
        if size == 0 || size > MOST {
            return Err(Error::file(
                file,
                format!("{name} is {size}; it must be between 1 and {MOST}."),
            ));
        }
    }
    if raw.pad_token_id.is_some_and(|id| id > MOST) {
        return Err(Error::file(
            file,
            format!("pad_token_id must be at most {MOST}."),
        ));
    }
    if !raw.hidden_size.is_multiple_of(raw.num_attention_heads) {
        let (hidden, heads) = (raw.hidden_size, raw.num_attention_heads);
        return Err(Error::file(
            file,
            format!("hidden_size {hidden} is not divisible by num_attention_heads {heads}."),
        ));
    }
    Ok(())
}

/// Row of the first token's position: positions of BERT begin at 0, those of the others behind the padding id.
fn position_offset(file: &str, kind: &str, raw: &Raw) -> Result<usize, Error> {
    let offset = match kind {
        "bert" => 0,
        _ => raw.pad_token_id.unwrap_or(1) + 1,
    };
    if offset >= raw.max_position_embeddings {
        let what = "pad_token_id leaves no position embedding for a token.";
        return Err(Error::file(file, what));
    }
    Ok(offset)
}

fn layer_norm_eps(file: &str, raw: &Raw) -> Result<f32, Error> {
    let epsilon = raw.layer_norm_eps.unwrap_or(1e-12) as f32;
    if epsilon.is_finite() && epsilon >= 0.0 {
        return Ok(epsilon);
    }
    let what = "layer_norm_eps must be a number of at least 0.";
    Err(Error::file(file, what))
}

fn check_variant(file: &str, raw: &Raw) -> Result<(), Error> {
    if let Some(kind) = raw
        .position_embedding_type
        .as_deref()
        .filter(|&k| k != "absolute")
    {
        let what =
            format!("position_embedding_type \"{kind}\" is not supported; only \"absolute\" is.");
        return Err(Error::unsupported(file, what));
    }
    if raw.is_decoder == Some(true) {
        return Err(Error::unsupported(
            file,
            "is_decoder is true; yuyi runs encoders only.",
        ));
    }
    if raw
        .auto_map
        .as_ref()
        .is_some_and(|map| map.get("AutoModel").is_some())
    {
        return Err(Error::unsupported(
            file,
            "auto_map names a model in Python code of its own, which yuyi does not run.",
        ));
    }
    Ok(())
}

fn activation(file: &str, value: Option<&Value>) -> Result<Activation, Error> {
    match value.map(|v| v.as_str().unwrap_or("?")) {
        None | Some("gelu" | "gelu_python") => Ok(Activation::Gelu),
        Some(
            "gelu_new" | "gelu_pytorch_tanh" | "gelu_python_tanh" | "gelu_fast" | "gelu_accurate",
        ) => Ok(Activation::GeluTanh),
        Some(other) => {
            let what = format!(
                "hidden_act \"{other}\" is not supported. yuyi knows gelu, gelu_new and gelu_pytorch_tanh."
            );
            Err(Error::unsupported(file, what))
        }
    }
}

fn quantization(file: &str, raw: &Raw) -> Result<Option<Quantization>, Error> {
    let Some(value) = raw.quantization_config.as_ref().filter(|v| !v.is_null()) else {
        return Ok(None);
    };
    let text = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or("?")
            .to_owned()
    };
    let (method, format) = (text("quant_method"), text("format"));
    match (method.as_str(), format.as_str()) {
        ("yuyi-q4", "q4_0") => check_blocks(file, raw).map(|()| Some(Quantization::Q4)),
        ("compressed-tensors", "int-quantized") => Ok(Some(Quantization::Int8)),
        _ => {
            let what = format!(
                "quantization_config with quant_method \"{method}\" and format \"{format}\" is not supported. \
                 yuyi reads \"compressed-tensors\" with \"int-quantized\", and \"yuyi-q4\" with \"q4_0\"."
            );
            Err(Error::unsupported(file, what))
        }
    }
}

fn check_blocks(file: &str, raw: &Raw) -> Result<(), Error> {
    for (name, size) in [
        ("hidden_size", raw.hidden_size),
        ("intermediate_size", raw.intermediate_size),
    ] {
        if !size.is_multiple_of(32) {
            return Err(Error::file(
                file,
                format!("{name} is {size}; 4-bit blocks need a multiple of 32."),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{config, json_folder};
    use serde_json::json;

    fn read(edits: &[(&str, Value)]) -> Result<BertConfig, Error> {
        let mut value = config();
        for (field, edit) in edits {
            value[*field] = edit.clone();
        }
        BertConfig::read(&json_folder(&[("config.json", value)]))
    }

    #[test]
    fn what_a_file_leaves_out_is_as_in_bert() {
        let config = read(&[]).unwrap();
        let expected = BertConfig {
            hidden_size: 64,
            layers: 2,
            heads: 4,
            intermediate_size: 128,
            vocab_size: 100,
            max_position_embeddings: 130,
            position_offset: 0,
            type_vocab_size: 2,
            layer_norm_eps: 1e-12,
            activation: Activation::Gelu,
            quantization: None,
        };
        assert_eq!(config, expected);
    }

    /// Positions of RoBERTa begin behind the padding id, those of BERT at 0 whatever that is.
    #[test]
    fn positions_by_family() {
        for (kind, padding, offset) in [
            ("bert", Some(1), 0),
            ("roberta", Some(1), 2),
            ("xlm-roberta", None, 2),
            ("camembert", Some(1), 2),
            ("xlm-roberta", Some(0), 1),
        ] {
            let mut edits = vec![("model_type", json!(kind))];
            edits.extend(padding.map(|id| ("pad_token_id", json!(id))));
            let config = read(&edits).unwrap();
            assert_eq!(config.position_offset, offset, "{kind} {padding:?}");
            assert_eq!(config.reach(), 130 - offset);
        }
    }

    #[test]
    fn activations_by_their_names_in_transformers() {
        for (name, activation) in [
            ("gelu", Activation::Gelu),
            ("gelu_new", Activation::GeluTanh),
            ("gelu_pytorch_tanh", Activation::GeluTanh),
            ("gelu_fast", Activation::GeluTanh),
            ("gelu_python", Activation::Gelu),
            ("gelu_python_tanh", Activation::GeluTanh),
            ("gelu_accurate", Activation::GeluTanh),
        ] {
            let config = read(&[("hidden_act", json!(name))]).unwrap();
            assert_eq!(config.activation, activation, "{name}");
        }
        for value in [
            json!("silu"),
            json!("gelu_10"),
            json!("quick_gelu"),
            json!({"gelu": true}),
            json!(1),
        ] {
            let error = read(&[("hidden_act", value)]).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::UnsupportedModel);
        }
    }

    #[test]
    fn quantization_is_that_of_the_file() {
        let q4 = json!({"quant_method": "yuyi-q4", "format": "q4_0", "block_size": 32});
        let config = read(&[("quantization_config", q4)]).unwrap();
        assert_eq!(config.quantization, Some(Quantization::Q4));
        let config = read(&[("quantization_config", Value::Null)]).unwrap();
        assert_eq!(config.quantization, None);
    }
}
