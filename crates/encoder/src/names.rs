//! What checkpoints call the modules of each architecture: the one table that loading, writing and checking of tensors go by.

use crate::config::{Architecture, ModelConfig};

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
    /// The layer norm of the embeddings.
    pub(crate) embedding_norm: &'static str,
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
    /// The layer norms after attention and after the feed-forward block.
    norms: [&'static str; 2],
}

const BERT: Names = Names {
    words: "embeddings.word_embeddings",
    positions: "embeddings.position_embeddings",
    token_types: "embeddings.token_type_embeddings",
    task_types: "embeddings.task_type_embeddings",
    distances: "encoder.relative_attention_bias",
    embedding_norm: "embeddings.LayerNorm",
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
};

const DISTIL_BERT: Names = Names {
    layer: "transformer.layer.",
    attention_input: &["attention.q_lin", "attention.k_lin", "attention.v_lin"],
    attention_output: &["attention.out_lin"],
    intermediate: &["ffn.lin1"],
    output: &["ffn.lin2"],
    norms: ["sa_layer_norm", "output_layer_norm"],
    ..BERT
};

const MPNET: Names = Names {
    attention_input: &["attention.attn.q", "attention.attn.k", "attention.attn.v"],
    attention_output: &["attention.attn.o"],
    norms: ["attention.LayerNorm", "output.LayerNorm"],
    ..BERT
};

impl Names {
    /// Those of an architecture.
    pub(crate) fn of(architecture: Architecture) -> &'static Self {
        match architecture {
            Architecture::Bert
            | Architecture::Roberta
            | Architecture::XlmRoberta
            | Architecture::Camembert
            | Architecture::Ernie => &BERT,
            Architecture::DistilBert => &DISTIL_BERT,
            Architecture::MpNet => &MPNET,
        }
    }

    /// The full name of a layer's module.
    fn in_layer(&self, index: usize, name: &str) -> String {
        format!("{}{index}.{name}", self.layer)
    }

    /// The layer norms of layer `index` by their full names, after attention and after the feed-forward block.
    pub(crate) fn layer_norms(&self, index: usize) -> [String; 2] {
        self.norms.map(|name| self.in_layer(index, name))
    }
}

/// A matrix product: modules of the same inputs, stacked by outputs.
pub(crate) struct Product {
    /// As checkpoints name them, with the outputs of each.
    pub(crate) modules: Vec<(String, usize)>,
    pub(crate) inputs: usize,
    /// A bias is added.
    pub(crate) bias: bool,
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
        let product = |modules: &[&str], outputs: usize, inputs| Product {
            modules: modules
                .iter()
                .map(|name| (names.in_layer(index, name), outputs / modules.len()))
                .collect(),
            inputs,
            bias: true,
        };
        Self {
            attention_input: product(names.attention_input, 3 * hidden, hidden),
            attention_output: product(names.attention_output, hidden, hidden),
            intermediate: product(names.intermediate, wide, hidden),
            output: product(names.output, hidden, wide),
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

/// The linear modules of layer `index` by their full names, with their shapes [outputs, inputs].
pub(crate) fn layer_linears(config: &ModelConfig, index: usize) -> Vec<(String, [usize; 2])> {
    let products = Products::of(config, index);
    let named = |(name, shape): (&str, _)| (name.to_owned(), shape);
    let shapes = products.all().into_iter().flat_map(Product::shapes);
    shapes.map(named).collect()
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
