//! What checkpoints call the modules of each architecture: the one table that loading, writing and checking of tensors go by.

use crate::activation::DenseActivation;
use crate::config::{Architecture, ModelConfig, NormKind};

/// The names of an architecture's modules, without the prefix that a head puts in front of all of them.
pub(crate) struct Names {
    /// Token embeddings.
    pub(crate) words: &'static str,
    /// Position embeddings.
    pub(crate) positions: &'static str,
    /// Token type embeddings, where the model has them.
    pub(crate) token_types: &'static str,
    /// Task type embeddings, where the model has them.
    pub(crate) task_types: &'static str,
    /// The biases of attention by distance, where the model has them.
    pub(crate) distances: &'static str,
    /// The norm of the embeddings, where the model has one.
    pub(crate) embedding_norm: &'static str,
    /// The norm behind the last layer, where the model has one.
    pub(crate) last_norm: &'static str,
    /// What stands in front of a layer's number.
    pub(crate) layer: &'static str,
    /// Queries, keys and values, which are stacked into one product.
    attention_input: &'static [&'static str],
    /// The output of attention.
    attention_output: &'static [&'static str],
    /// The first product of the feed-forward block.
    intermediate: &'static [&'static str],
    /// Its second product.
    output: &'static [&'static str],
    /// The norms of attention and of the feed-forward block, behind them or in front.
    norms: [&'static str; 2],
    /// The first layer has none for attention: what it reads is normalised already.
    first_is_normalised: bool,
    /// The norms of each head of queries and of keys, where the model has them.
    head_norms: Option<[&'static str; 2]>,
    /// Which half of the first product of the feed-forward block is activated and multiplied by the other; `None`: there is no gate.
    gate: Option<Half>,
    /// The head of a model that scores pairs.
    pub(crate) head: HeadNames,
}

/// A half of the outputs of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    First,
    Second,
}

/// Two products that make a score of a pooled hidden state.
#[derive(Clone, Copy)]
pub(crate) struct HeadNames {
    pub(crate) first: &'static str,
    /// Of the first product, where its configuration does not say.
    pub(crate) activation: DenseActivation,
    /// The norm between the two, where there is one.
    pub(crate) norm: Option<&'static str>,
    pub(crate) second: &'static str,
}

const BERT: Names = Names {
    words: "embeddings.word_embeddings",
    positions: "embeddings.position_embeddings",
    token_types: "embeddings.token_type_embeddings",
    task_types: "embeddings.task_type_embeddings",
    distances: "encoder.relative_attention_bias",
    embedding_norm: "embeddings.LayerNorm",
    last_norm: "",
    layer: "encoder.layer.",
    attention_input: &[
        "attention.self.query",
        "attention.self.key",
        "attention.self.value",
    ],
    attention_output: &["attention.output.dense"],
    intermediate: &["intermediate.dense"],
    output: &["output.dense"],
    norms: ["attention.output.LayerNorm", "output.LayerNorm"],
    first_is_normalised: false,
    head_norms: None,
    gate: None,
    head: HeadNames {
        first: "pooler.dense",
        activation: DenseActivation::Tanh,
        norm: None,
        second: "classifier",
    },
};

const ROBERTA: Names = Names {
    head: HeadNames {
        first: "classifier.dense",
        activation: DenseActivation::Tanh,
        norm: None,
        second: "classifier.out_proj",
    },
    ..BERT
};

const DISTIL_BERT: Names = Names {
    layer: "transformer.layer.",
    attention_input: &["attention.q_lin", "attention.k_lin", "attention.v_lin"],
    attention_output: &["attention.out_lin"],
    intermediate: &["ffn.lin1"],
    output: &["ffn.lin2"],
    norms: ["sa_layer_norm", "output_layer_norm"],
    head: HeadNames {
        first: "pre_classifier",
        activation: DenseActivation::Relu,
        norm: None,
        second: "classifier",
    },
    ..BERT
};

const MPNET: Names = Names {
    attention_input: &["attention.attn.q", "attention.attn.k", "attention.attn.v"],
    attention_output: &["attention.attn.o"],
    norms: ["attention.LayerNorm", "output.LayerNorm"],
    ..ROBERTA
};

const GTE: Names = Names {
    attention_input: &["attention.qkv_proj"],
    attention_output: &["attention.o_proj"],
    intermediate: &["mlp.up_gate_proj"],
    output: &["mlp.down_proj"],
    norms: ["attn_ln", "mlp_ln"],
    gate: Some(Half::Second),
    ..BERT
};

const MODERN_BERT: Names = Names {
    words: "embeddings.tok_embeddings",
    embedding_norm: "embeddings.norm",
    last_norm: "final_norm",
    layer: "layers.",
    attention_input: &["attn.Wqkv"],
    attention_output: &["attn.Wo"],
    intermediate: &["mlp.Wi"],
    output: &["mlp.Wo"],
    norms: ["attn_norm", "mlp_norm"],
    first_is_normalised: true,
    gate: Some(Half::First),
    head: HeadNames {
        first: "head.dense",
        activation: DenseActivation::Gelu,
        norm: Some("head.norm"),
        second: "classifier",
    },
    ..BERT
};

const QWEN3: Names = Names {
    words: "embed_tokens",
    last_norm: "norm",
    layer: "layers.",
    attention_input: &["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
    attention_output: &["self_attn.o_proj"],
    intermediate: &["mlp.gate_proj", "mlp.up_proj"],
    output: &["mlp.down_proj"],
    norms: ["input_layernorm", "post_attention_layernorm"],
    head_norms: Some(["self_attn.q_norm", "self_attn.k_norm"]),
    gate: Some(Half::First),
    // Of what it would write next; conversions to a classifier have one row for that.
    head: HeadNames {
        first: "score",
        activation: DenseActivation::Identity,
        norm: None,
        second: "score",
    },
    ..BERT
};

impl Names {
    /// Those of an architecture.
    pub(crate) fn of(architecture: Architecture) -> &'static Self {
        match architecture {
            Architecture::Bert | Architecture::Ernie => &BERT,
            Architecture::Roberta | Architecture::XlmRoberta | Architecture::Camembert => &ROBERTA,
            Architecture::DistilBert => &DISTIL_BERT,
            Architecture::MpNet => &MPNET,
            Architecture::Gte => &GTE,
            Architecture::ModernBert => &MODERN_BERT,
            Architecture::Qwen3 => &QWEN3,
        }
    }

    /// The full name of a layer's module.
    fn in_layer(&self, index: usize, name: &str) -> String {
        format!("{}{index}.{name}", self.layer)
    }
}

/// A norm by its full name.
pub(crate) struct Norm {
    pub(crate) name: String,
    /// Elements that it normalises together.
    pub(crate) size: usize,
    pub(crate) kind: NormKind,
}

/// The norms of a layer.
pub(crate) struct LayerNorms {
    /// Behind attention, or in front of it; `None` where that is normalised already.
    pub(crate) attention: Option<Norm>,
    /// Behind the feed-forward block, or in front of it.
    pub(crate) feed_forward: Norm,
    /// Of each head of queries, and of keys.
    pub(crate) heads: Option<[Norm; 2]>,
}

impl LayerNorms {
    /// Those of layer `index`.
    pub(crate) fn of(config: &ModelConfig, index: usize) -> Self {
        let names = Names::of(config.architecture);
        let norm = |name: &str, size| Norm {
            name: names.in_layer(index, name),
            size,
            kind: config.norm,
        };
        let [attention, feed_forward] = names.norms;
        let is_left_out = names.first_is_normalised && index == 0;
        Self {
            attention: (!is_left_out).then(|| norm(attention, config.hidden_size)),
            feed_forward: norm(feed_forward, config.hidden_size),
            heads: names
                .head_norms
                .map(|both| both.map(|name| norm(name, config.head_size))),
        }
    }

    fn all(self) -> impl Iterator<Item = Norm> {
        let heads = self.heads.into_iter().flatten();
        self.attention
            .into_iter()
            .chain([self.feed_forward])
            .chain(heads)
    }
}

/// The norm behind the embeddings, where there is one.
pub(crate) fn embedding_norm(config: &ModelConfig) -> Option<Norm> {
    let name = Names::of(config.architecture).embedding_norm.to_owned();
    let size = config.hidden_size;
    let norm = |kind| Norm { name, size, kind };
    config.embedding_norm().map(norm)
}

/// The norm behind the last layer, where there is one.
pub(crate) fn last_norm(config: &ModelConfig) -> Option<Norm> {
    let norm = || Norm {
        name: Names::of(config.architecture).last_norm.to_owned(),
        size: config.hidden_size,
        kind: config.norm,
    };
    config.architecture.normalises_first().then(norm)
}

/// The norms of a model with `layers` layers.
pub(crate) fn norms(config: &ModelConfig, layers: usize) -> Vec<Norm> {
    let of_layers = (0..layers).flat_map(|index| LayerNorms::of(config, index).all());
    let outside = [embedding_norm(config), last_norm(config)];
    outside.into_iter().flatten().chain(of_layers).collect()
}

/// A matrix product: modules of the same inputs, stacked by outputs.
pub(crate) struct Product {
    /// As checkpoints name them, with the outputs of each.
    pub(crate) modules: Vec<(String, usize)>,
    pub(crate) inputs: usize,
    /// A bias is added.
    pub(crate) bias: bool,
    /// The half of the outputs that is activated and multiplied by the other; `None`: there is no gate.
    pub(crate) gate: Option<Half>,
}

impl Product {
    /// Outputs of all modules together.
    pub(crate) fn outputs(&self) -> usize {
        self.modules.iter().map(|(_, outputs)| outputs).sum()
    }

    /// The modules by their names, with their shapes [outputs, inputs].
    pub(crate) fn shapes(&self) -> impl Iterator<Item = (&str, [usize; 2])> {
        let modules = self.modules.iter();
        modules.map(|(name, outputs)| (name.as_str(), [*outputs, self.inputs]))
    }
}

/// The products of a layer.
pub(crate) struct Products {
    /// Queries with keys and values.
    pub(crate) attention_input: Product,
    /// The output of attention.
    pub(crate) attention_output: Product,
    /// The first of the feed-forward block.
    pub(crate) intermediate: Product,
    /// The second.
    pub(crate) output: Product,
}

impl Products {
    /// Those of layer `index`.
    pub(crate) fn of(config: &ModelConfig, index: usize) -> Self {
        let names = Names::of(config.architecture);
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let product = |modules: &[&str], outputs: &[usize], inputs, bias| Product {
            modules: modules
                .iter()
                .zip(outputs)
                .map(|(name, outputs)| (names.in_layer(index, name), *outputs))
                .collect(),
            inputs,
            bias,
            gate: None,
        };
        let (queries, keys) = (config.query_size(), config.key_heads * config.head_size);
        let input: &[usize] = match names.attention_input.len() {
            1 => &[config.attention_size()],
            _ => &[queries, keys, keys],
        };
        let first: &[usize] = match (names.gate, names.intermediate.len()) {
            (Some(_), 1) => &[2 * wide],
            _ => &[wide; 2],
        };
        let biases = config.biases;
        Self {
            attention_input: product(names.attention_input, input, hidden, biases.attention),
            attention_output: product(names.attention_output, &[hidden], queries, biases.attention),
            intermediate: Product {
                gate: names.gate,
                ..product(names.intermediate, first, hidden, biases.intermediate)
            },
            output: product(names.output, &[hidden], wide, biases.output),
        }
    }

    /// In the order in which they are computed.
    pub(crate) fn all(&self) -> [&Product; 4] {
        [
            &self.attention_input,
            &self.attention_output,
            &self.intermediate,
            &self.output,
        ]
    }
}

/// The linear modules of layer `index` by their full names, with their shapes [outputs, inputs] and whether they have a bias.
pub(crate) fn layer_linears(config: &ModelConfig, index: usize) -> Vec<(String, [usize; 2], bool)> {
    let products = Products::of(config, index);
    let named = |product: &Product| {
        let bias = product.bias;
        let shapes = product.shapes();
        shapes
            .map(|(name, shape)| (name.to_owned(), shape, bias))
            .collect::<Vec<_>>()
    };
    products.all().into_iter().flat_map(named).collect()
}

/// The tables beside the layers by their names, with their shapes.
pub(crate) fn tables(config: &ModelConfig) -> Vec<(&'static str, [usize; 2])> {
    let (names, hidden) = (Names::of(config.architecture), config.hidden_size);
    let tables = [
        (names.words, [config.vocab_size, hidden]),
        (names.positions, [config.position_rows(), hidden]),
        (names.token_types, [config.token_types, hidden]),
        (names.task_types, [config.task_types, hidden]),
        (names.distances, [config.distance_buckets, config.heads]),
    ];
    let present = |&(_, [rows, _]): &(_, [usize; 2])| rows > 0;
    tables.into_iter().filter(present).collect()
}
