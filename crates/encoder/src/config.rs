//! `config.json`: the shape of a model.
//!
//! What differs between architectures is said in four places, and nowhere else:
//!
//! | what | where |
//! |---|---|
//! | which there are, what config.json calls their sizes, which positions, token types and activations they have | here |
//! | what checkpoints call their modules, and which of them are stacked into one product | `names.rs` |
//! | what is computed, where it is not what BERT computes | `forward.rs` and the files below it |
//! | what else a fingerprint must tell apart | `fingerprint.rs` |
//!
//! | | positions | norms | feed-forward block | attention |
//! |---|---|---|---|---|
//! | BERT and its family | learned | layer norm, behind | plain | of every token to every other |
//! | GTE ("new") | rotary | layer norm, behind | gated | as BERT's |
//! | ModernBERT | rotary, two bases | layer norm without bias, in front, and a last one | gated, without bias | local in most layers |
//! | Qwen3 | rotary | RMS norm, in front, a last one, and of each head of queries and keys | gated, without bias | causal, heads share keys |

mod architecture;
mod fields;
mod local;
mod rotary;

pub use self::architecture::Architecture;
pub use self::local::LocalAttention;
pub use self::rotary::{NtkScaling, Rotary};

use self::fields::Fields;
use self::local::local_attention;
use self::rotary::rotary;
use crate::error::Error;
use crate::folder::Folder;
use crate::json::read_json;
use crate::modules::Modules;
use serde_json::Value;

/// Larger sizes than any real model's; they keep every product of sizes far from overflow.
const MOST: usize = 1 << 24;

/// What most architectures normalise by.
const LAYER_NORM: NormKind = NormKind {
    centred: true,
    bias: true,
};

/// More classes of distances than there are distances that a class could tell apart.
const MOST_BUCKETS: usize = 256;

/// The activation of the feed-forward block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x · Φ(x) with the error function.
    Gelu,
    /// Its approximation by tanh.
    GeluTanh,
    /// The larger of x and 0.
    Relu,
    /// x · σ(x), also called swish.
    Silu,
}

/// A way in which a folder stores its weights in fewer bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantization {
    /// I8 with an F32 scale for each output (compressed-tensors' naming).
    Int8,
    /// 4-bit blocks of 32 with a half-precision scale each (q4_0).
    Q4,
}

/// How a model knows where a token stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Positions {
    /// A learned embedding for each position.
    Learned {
        /// Rows of the table.
        rows: usize,
        /// Row of the first token's position: 0 for BERT, the padding id + 1 for RoBERTa.
        offset: usize,
    },
    /// Queries and keys are turned by their position (RoPE).
    Rotary {
        /// Tokens of the longest text that the model was made for.
        reach: usize,
        /// By how much they turn, but in local layers.
        rotary: Rotary,
    },
}

/// What a norm does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NormKind {
    /// It takes the mean off: layer norm, and not RMS norm.
    pub centred: bool,
    /// It has a bias.
    pub bias: bool,
}

/// Which of a layer's products have a bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Biases {
    /// Those of attention.
    pub attention: bool,
    /// The first of the feed-forward block.
    pub intermediate: bool,
    /// The second.
    pub output: bool,
}

/// The shape of an encoder.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// Which architecture it is.
    pub architecture: Architecture,
    /// Length of a hidden vector.
    pub hidden_size: usize,
    /// Number of transformer layers.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Those among them that have keys and values of their own; they divide the heads.
    pub key_heads: usize,
    /// Elements of a head.
    pub head_size: usize,
    /// Layers whose attention is local, where there are some.
    pub local: Option<LocalAttention>,
    /// Width of the feed-forward block.
    pub intermediate_size: usize,
    /// Number of token ids.
    pub vocab_size: usize,
    /// How positions are told.
    pub positions: Positions,
    /// Rows of the token type embeddings; 0: there are none.
    pub token_types: usize,
    /// Rows of the task type embeddings, of which every token has the first; 0: there are none.
    pub task_types: usize,
    /// Into so many classes attention parts the distances between tokens, each with a bias for every head; 0: it does not.
    pub distance_buckets: usize,
    /// What the norms of the layers do.
    pub norm: NormKind,
    /// ε of every norm.
    pub layer_norm_eps: f32,
    /// Which products have a bias.
    pub biases: Biases,
    /// Activation of the feed-forward block.
    pub activation: Activation,
    /// How the weights are stored, if not as floats.
    pub quantization: Option<Quantization>,
}

impl ModelConfig {
    /// Reads and checks `config.json`.
    ///
    /// # Errors
    /// When it is missing, broken, impossible, or of an architecture that yuyi does not run.
    pub fn read(folder: &Folder) -> Result<Self, Error> {
        let folder = &Modules::read(folder)?.transformer(folder);
        let file = folder.show("config.json");
        let value: Value = read_json(folder, "config.json")?;
        let Value::Object(values) = &value else {
            return Err(Error::file(&file, "a JSON object was expected."));
        };
        // The architecture first: others lack the fields of this one.
        if value.get("hidden_size").is_none() && is_pooling(&value) {
            let what = "this is the configuration of a Pooling. Name the folder above, which holds the model.";
            return Err(Error::file(&file, what));
        }
        let architecture = Architecture::of_config(&file, &value)?;
        Self::of_fields(&Fields {
            file: &file,
            architecture,
            values,
        })
    }

    fn of_fields(fields: &Fields<'_>) -> Result<Self, Error> {
        let architecture = fields.architecture;
        let (hidden_size, layers) = (
            fields.size("hidden_size")?,
            fields.size("num_hidden_layers")?,
        );
        let heads = fields.size("num_attention_heads")?;
        let config = Self {
            architecture,
            hidden_size,
            layers,
            heads,
            key_heads: key_heads(fields, heads)?,
            head_size: head_size(fields, hidden_size, heads)?,
            local: local_attention(fields, layers)?,
            intermediate_size: fields.size("intermediate_size")?,
            vocab_size: fields.size("vocab_size")?,
            positions: positions(fields)?,
            token_types: token_types(fields)?,
            task_types: task_types(fields)?,
            distance_buckets: distance_buckets(fields)?,
            norm: norm(fields)?,
            layer_norm_eps: layer_norm_eps(fields)?,
            biases: biases(fields)?,
            activation: activation(fields)?,
            quantization: quantization(fields)?,
        };
        check_variant(fields)?;
        config.check_blocks(fields)?;
        Ok(config)
    }

    fn check_blocks(&self, fields: &Fields<'_>) -> Result<(), Error> {
        let sizes: [(&'static str, usize); 3] = [
            ("hidden_size", self.hidden_size),
            ("intermediate_size", self.intermediate_size),
            ("head_dim", self.query_size()),
        ];
        let is_cut = |(_, size): &&(_, usize)| !size.is_multiple_of(32);
        match sizes.iter().find(is_cut) {
            Some((name, size)) if self.quantization == Some(Quantization::Q4) => {
                let name = fields.name(name);
                let what = format!("{name} is {size}; 4-bit blocks need a multiple of 32.");
                Err(Error::file(fields.file, what))
            }
            _ => Ok(()),
        }
    }

    /// Elements of the queries of a token.
    pub(crate) fn query_size(&self) -> usize {
        self.heads * self.head_size
    }

    /// Elements of the queries, keys and values of a token.
    pub(crate) fn attention_size(&self) -> usize {
        (self.heads + 2 * self.key_heads) * self.head_size
    }

    /// The norm behind the embeddings, where there is one.
    pub(crate) fn embedding_norm(&self) -> Option<NormKind> {
        match self.architecture {
            Architecture::Qwen3 => None,
            // Whatever those of the layers are.
            Architecture::Gte => Some(LAYER_NORM),
            _ => Some(self.norm),
        }
    }

    /// Whether layer `index` is local.
    pub(crate) fn is_local(&self, index: usize) -> bool {
        let local = self.local.as_ref();
        local.is_some_and(|local| local.layers.get(index).copied().unwrap_or(false))
    }

    /// Rows of the table of learned positions.
    pub(crate) fn position_rows(&self) -> usize {
        match self.positions {
            Positions::Learned { rows, .. } => rows,
            Positions::Rotary { .. } => 0,
        }
    }

    /// Row of the first token's position in the table of positions, which has those of padding in front.
    pub(crate) fn offset(&self) -> usize {
        match self.positions {
            Positions::Learned { offset, .. } => offset,
            Positions::Rotary { .. } => 0,
        }
    }

    /// The row of the first token's position among those that are kept: behind that of padding, which families other than
    /// BERT give to a padding token, also one inside a text.
    pub(crate) fn first_position(&self) -> usize {
        usize::from(self.offset() > 0)
    }

    /// Rows of positions that are kept: those that a text reaches, and that of padding; none where positions are not learned.
    pub(crate) fn kept_positions(&self) -> usize {
        match self.positions {
            Positions::Learned { rows, offset } => rows - offset + self.first_position(),
            Positions::Rotary { .. } => 0,
        }
    }

    /// The row of a token that has no position of its own, since it is padding.
    pub(crate) fn padding_position(&self, id: usize) -> Option<usize> {
        (self.offset() > 0 && id + 1 == self.offset()).then_some(0)
    }

    /// Tokens of the longest text that the positions reach.
    pub fn reach(&self) -> usize {
        match self.positions {
            Positions::Learned { rows, offset } => rows - offset,
            Positions::Rotary { reach, .. } => reach,
        }
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

/// The heads that have keys of their own: all, but of Qwen3 as many as it says.
fn key_heads(fields: &Fields<'_>, heads: usize) -> Result<usize, Error> {
    let field = "num_key_value_heads";
    let key_heads = match fields.architecture {
        Architecture::Qwen3 => fields.size_or(field, heads)?,
        _ => heads,
    };
    if heads.is_multiple_of(key_heads) {
        return Ok(key_heads);
    }
    let what = format!("num_attention_heads {heads} is not divisible by {field} {key_heads}.");
    Err(Error::file(fields.file, what))
}

/// Heads divide the hidden size, but of Qwen3 they have a size of their own. Those that turn are pairs of elements.
fn head_size(fields: &Fields<'_>, hidden: usize, heads: usize) -> Result<usize, Error> {
    let own = match fields.architecture {
        Architecture::Qwen3 => Some(fields.size_or("head_dim", 128)?),
        _ => None,
    };
    if own.is_none() && !hidden.is_multiple_of(heads) {
        let [size, number] = ["hidden_size", "num_attention_heads"].map(|name| fields.name(name));
        let what = format!("{size} {hidden} is not divisible by {number} {heads}.");
        return Err(Error::file(fields.file, what));
    }
    let size = own.unwrap_or(hidden / heads);
    if size.saturating_mul(heads) > MOST {
        let what = format!("head_dim {size} is too large for {heads} heads.");
        return Err(Error::file(fields.file, what));
    }
    if fields.architecture.has_rotary_positions() && !size.is_multiple_of(2) {
        let what = format!("a head has {size} elements; rotary positions need an even number.");
        return Err(Error::file(fields.file, what));
    }
    Ok(size)
}

/// Rows of the token type embeddings; GTE's models may have none.
fn token_types(fields: &Fields<'_>) -> Result<usize, Error> {
    let field = "type_vocab_size";
    match fields.architecture {
        Architecture::Gte if fields.get(field)? == Some(0) => Ok(0),
        Architecture::Gte => fields.size_or(field, 1),
        other if other.has_token_types() => fields.size_or(field, 2),
        _ => Ok(0),
    }
}

fn norm(fields: &Fields<'_>) -> Result<NormKind, Error> {
    let rms = NormKind {
        centred: false,
        bias: false,
    };
    match fields.architecture {
        Architecture::ModernBert => Ok(NormKind {
            centred: true,
            bias: fields.get("norm_bias")?.unwrap_or(false),
        }),
        Architecture::Qwen3 => Ok(rms),
        Architecture::Gte => {
            let kind: Option<String> = fields.get("layer_norm_type")?;
            match kind.as_deref().unwrap_or("layer_norm") {
                "layer_norm" => Ok(LAYER_NORM),
                "rms_norm" => Ok(rms),
                other => {
                    let what = format!(
                        "layer_norm_type \"{other}\" is not supported. yuyi knows layer_norm and rms_norm."
                    );
                    Err(Error::unsupported(fields.file, what))
                }
            }
        }
        _ => Ok(LAYER_NORM),
    }
}

fn biases(fields: &Fields<'_>) -> Result<Biases, Error> {
    let flag = |field| Ok::<_, Error>(fields.get(field)?.unwrap_or(false));
    let [attention, intermediate, output] = match fields.architecture {
        Architecture::ModernBert => {
            let feed_forward = flag("mlp_bias")?;
            [flag("attention_bias")?, feed_forward, feed_forward]
        }
        Architecture::Qwen3 => [flag("attention_bias")?, false, false],
        Architecture::Gte => [true, false, true],
        _ => [true; 3],
    };
    Ok(Biases {
        attention,
        intermediate,
        output,
    })
}

/// Positions of BERT begin at 0, those of the others behind the padding id.
fn positions(fields: &Fields<'_>) -> Result<Positions, Error> {
    let rows = fields.size("max_position_embeddings")?;
    if fields.architecture.has_rotary_positions() {
        let rotary = rotary(fields)?;
        return Ok(Positions::Rotary {
            reach: rows,
            rotary,
        });
    }
    let padding: Option<usize> = fields.get("pad_token_id")?;
    if padding.is_some_and(|id| id > MOST) {
        let what = format!("pad_token_id must be at most {MOST}.");
        return Err(Error::file(fields.file, what));
    }
    let offset = match fields.architecture {
        Architecture::Bert | Architecture::Ernie | Architecture::DistilBert => 0,
        // Whatever the padding id is.
        Architecture::MpNet => 2,
        _ => padding.unwrap_or(1) + 1,
    };
    if offset >= rows {
        let what = match fields.architecture {
            Architecture::MpNet => "max_position_embeddings leaves no position for a token.",
            _ => "pad_token_id leaves no position embedding for a token.",
        };
        return Err(Error::file(fields.file, what));
    }
    Ok(Positions::Learned { rows, offset })
}

/// Task types of ERNIE, which has them only where `use_task_id` says so.
fn task_types(fields: &Fields<'_>) -> Result<usize, Error> {
    let has =
        fields.architecture == Architecture::Ernie && fields.get("use_task_id")?.unwrap_or(false);
    match has {
        true => fields.size_or("task_type_vocab_size", 3),
        false => Ok(0),
    }
}

/// Half of the classes of distances are for keys behind the query, and half of those for single distances.
fn distance_buckets(fields: &Fields<'_>) -> Result<usize, Error> {
    if fields.architecture != Architecture::MpNet {
        return Ok(0);
    }
    let field = "relative_attention_num_buckets";
    match fields.size_or(field, 32)? {
        buckets @ 4..=MOST_BUCKETS => Ok(buckets),
        buckets => {
            let what = format!("{field} is {buckets}; it must be between 4 and {MOST_BUCKETS}.");
            Err(Error::file(fields.file, what))
        }
    }
}

fn layer_norm_eps(fields: &Fields<'_>) -> Result<f32, Error> {
    let field = "layer_norm_eps";
    let usual = match fields.architecture {
        Architecture::ModernBert => 1e-5,
        Architecture::Qwen3 => 1e-6,
        _ => 1e-12,
    };
    let epsilon = fields.get::<f64>(field)?.unwrap_or(usual) as f32;
    if epsilon.is_finite() && epsilon >= 0.0 {
        return Ok(epsilon);
    }
    let what = format!("{} must be a number of at least 0.", fields.name(field));
    Err(Error::file(fields.file, what))
}

fn check_variant(fields: &Fields<'_>) -> Result<(), Error> {
    let refuse = |what: String| Err(Error::unsupported(fields.file, what));
    let kind: Option<String> = fields.get("position_embedding_type")?;
    let usual = match fields.architecture {
        Architecture::Gte => "rope",
        _ => "absolute",
    };
    if let Some(kind) = kind.filter(|kind| kind != usual) {
        return refuse(format!(
            "position_embedding_type \"{kind}\" is not supported; only \"{usual}\" is."
        ));
    }
    for (field, only) in fields.architecture.only_values() {
        let value: Option<bool> = fields.get(field)?;
        if value.is_some_and(|value| value != *only) {
            return refuse(format!(
                "{field} is {}; yuyi runs models where it is {only}.",
                !only
            ));
        }
    }
    if fields.get("is_decoder")? == Some(true) {
        return refuse("is_decoder is true; yuyi runs encoders only.".into());
    }
    let own = fields.values.get("auto_map");
    // GTE's own code is known, and not needed.
    let is_known = fields.architecture == Architecture::Gte;
    if !is_known && own.is_some_and(|map| map.get("AutoModel").is_some()) {
        return refuse(
            "auto_map names a model in Python code of its own, which yuyi does not run.".into(),
        );
    }
    Ok(())
}

fn activation(fields: &Fields<'_>) -> Result<Activation, Error> {
    let value: Option<Value> = fields.get("hidden_act")?;
    match value.as_ref().map(|v| v.as_str().unwrap_or("?")) {
        None if fields.architecture == Architecture::Qwen3 => Ok(Activation::Silu),
        None | Some("gelu" | "gelu_python") => Ok(Activation::Gelu),
        Some("relu") => Ok(Activation::Relu),
        Some("silu" | "swish") => Ok(Activation::Silu),
        Some(
            "gelu_new" | "gelu_pytorch_tanh" | "gelu_python_tanh" | "gelu_fast" | "gelu_accurate",
        ) => Ok(Activation::GeluTanh),
        Some(other) => {
            let what = format!(
                "{} \"{other}\" is not supported. yuyi knows gelu, gelu_new, gelu_pytorch_tanh, relu and silu.",
                fields.name("hidden_act")
            );
            Err(Error::unsupported(fields.file, what))
        }
    }
}

fn quantization(fields: &Fields<'_>) -> Result<Option<Quantization>, Error> {
    let Some(value) = fields.get::<Value>("quantization_config")? else {
        return Ok(None);
    };
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or("?");
    match (text("quant_method"), text("format")) {
        ("yuyi-q4", "q4_0") => Ok(Some(Quantization::Q4)),
        ("compressed-tensors", "int-quantized") => Ok(Some(Quantization::Int8)),
        (method, format) => {
            let what = format!(
                "quantization_config with quant_method \"{method}\" and format \"{format}\" is not supported. \
                 yuyi reads \"compressed-tensors\" with \"int-quantized\", and \"yuyi-q4\" with \"q4_0\"."
            );
            Err(Error::unsupported(fields.file, what))
        }
    }
}

#[cfg(test)]
mod tests;
