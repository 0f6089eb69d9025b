//! The weights of a model, packed for the kernels.

use crate::config::BertConfig;
use crate::encoder::Precision;
use crate::table::Table;
use crate::{Error, Tensors};
use yuyi_kernels::{
    BLOCK, Kernel, LayerNorm, PackedLinear, RowWeights, Source, Team, WeightFormat,
};

/// What every layer's packing needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Packing<'a> {
    pub(crate) team: &'a Team,
    pub(crate) kernel: Kernel,
    pub(crate) precision: Precision,
}

// Modules of a layer, as checkpoints name them.
const QUERY: &str = "attention.self.query";
const KEY: &str = "attention.self.key";
const VALUE: &str = "attention.self.value";
const ATTENTION_OUTPUT: &str = "attention.output.dense";
const INTERMEDIATE: &str = "intermediate.dense";
const OUTPUT: &str = "output.dense";

/// The linear modules of a layer with their shapes [outputs, inputs].
pub(crate) fn layer_linears(config: &BertConfig) -> [(&'static str, [usize; 2]); 6] {
    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    [
        (QUERY, [hidden, hidden]),
        (KEY, [hidden, hidden]),
        (VALUE, [hidden, hidden]),
        (ATTENTION_OUTPUT, [hidden, hidden]),
        (INTERMEDIATE, [wide, hidden]),
        (OUTPUT, [hidden, wide]),
    ]
}

/// The layer norms of a layer, after attention and after the feed-forward block.
pub(crate) fn layer_norms() -> [&'static str; 2] {
    ["attention.output.LayerNorm", "output.LayerNorm"]
}

/// One transformer layer.
pub(crate) struct Layer {
    /// Q, K and V side by side: [3 · hidden, hidden].
    pub(crate) qkv: PackedLinear,
    pub(crate) attention_output: PackedLinear,
    pub(crate) attention_norm: LayerNorm,
    pub(crate) intermediate: PackedLinear,
    pub(crate) output: PackedLinear,
    pub(crate) output_norm: LayerNorm,
}

/// Reads layer `index` and packs it; the pages of the file that it came from are given back.
pub(crate) fn load_layer(
    tensors: &Tensors,
    config: &BertConfig,
    index: usize,
    packing: Packing<'_>,
) -> Result<Layer, Error> {
    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    let at = |name: &str| module(index, name);
    let linear = |names: &[&str], outputs, inputs| {
        let names: Vec<String> = names.iter().map(|n| at(n)).collect();
        load_linear(tensors, config, &names, [outputs, inputs], packing)
    };
    let norm = |name: &str| load_norm(tensors, config, &at(name));
    let [attention_norm, output_norm] = layer_norms();
    Ok(Layer {
        qkv: linear(&[QUERY, KEY, VALUE], hidden, hidden)?,
        attention_output: linear(&[ATTENTION_OUTPUT], hidden, hidden)?,
        attention_norm: norm(attention_norm)?,
        intermediate: linear(&[INTERMEDIATE], wide, hidden)?,
        output: linear(&[OUTPUT], hidden, wide)?,
        output_norm: norm(output_norm)?,
    })
}

/// A layer norm by the name of its module.
pub(crate) fn load_norm(
    tensors: &Tensors,
    config: &BertConfig,
    name: &str,
) -> Result<LayerNorm, Error> {
    let vector = |part: &str| {
        tensors
            .get(&format!("{name}.{part}"), &[config.hidden_size])?
            .to_f32()
    };
    Ok(LayerNorm {
        weight: vector("weight")?,
        bias: vector("bias")?,
        epsilon: config.layer_norm_eps,
    })
}

/// What the products of layer `index` will take in memory. Only as much of the weights is read as decides their format.
pub(crate) fn layer_bytes(
    tensors: &Tensors,
    config: &BertConfig,
    index: usize,
    (kernel, precision): (Kernel, Precision),
) -> Result<usize, Error> {
    let product = |(modules, [outputs, inputs]): (&[&str], [usize; 2])| {
        let names: Vec<String> = modules.iter().map(|name| module(index, name)).collect();
        let tables = open_tables(tensors, config, &names, [outputs, inputs])?;
        let (format, _) = choose_storage(&tables, precision, inputs)?;
        tables.iter().for_each(Table::release);
        let shape = [names.len() * outputs, inputs];
        Ok(PackedLinear::bytes_of(kernel, format, shape))
    };
    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    let products: [(&[&str], _); 4] = [
        (&[QUERY, KEY, VALUE], [hidden, hidden]),
        (&[ATTENTION_OUTPUT], [hidden, hidden]),
        (&[INTERMEDIATE], [wide, hidden]),
        (&[OUTPUT], [hidden, wide]),
    ];
    products.into_iter().map(product).sum()
}

/// The full name of a layer's module.
fn module(layer: usize, name: &str) -> String {
    format!("encoder.layer.{layer}.{name}")
}

fn open_tables<'a>(
    tensors: &'a Tensors,
    config: &BertConfig,
    names: &[String],
    shape: [usize; 2],
) -> Result<Vec<Table<'a>>, Error> {
    let open = |name: &String| Table::open(tensors, config, name, shape);
    names.iter().map(open).collect()
}

/// Linear modules of one shape [outputs, inputs], stacked by outputs into one product.
fn load_linear(
    tensors: &Tensors,
    config: &BertConfig,
    names: &[String],
    [outputs, inputs]: [usize; 2],
    packing: Packing<'_>,
) -> Result<PackedLinear, Error> {
    let mut bias = Vec::with_capacity(names.len() * outputs);
    for name in names {
        bias.extend(tensors.get(&format!("{name}.bias"), &[outputs])?.to_f32()?);
    }
    let tables = open_tables(tensors, config, names, [outputs, inputs])?;
    let storage = choose_storage(&tables, packing.precision, inputs)?;
    let shape = [names.len() * outputs, inputs];
    let Packing { team, kernel, .. } = packing;
    let packed = PackedLinear::pack(team, kernel, storage, shape, &bias, |o, row| {
        let (table, o) = (&tables[o / outputs], o % outputs);
        match row {
            RowWeights::Floats(row) => table.copy_row(o, row),
            RowWeights::Int8(row, scale) => table.copy_int8(o, row, scale),
            RowWeights::Int4(row, scales) => table.copy_int4(o, row, scales),
        }
    })?;
    tables.iter().for_each(Table::release);
    Ok(packed)
}

/// How the weights of `tables` are kept for a precision, and what they are read as.
fn choose_storage(
    tables: &[Table<'_>],
    precision: Precision,
    inputs: usize,
) -> Result<(WeightFormat, Source), Error> {
    let source = |quantized| {
        if quantized {
            Source::Quantized
        } else {
            Source::Floats
        }
    };
    match precision {
        Precision::F32 => {
            let mut format = WeightFormat::F16;
            for table in tables {
                if !table.is_exact_in_f16()? {
                    format = WeightFormat::F32;
                }
            }
            Ok((format, Source::Floats))
        }
        Precision::Int8 => Ok((
            WeightFormat::Int8,
            source(tables.iter().all(Table::is_int8)),
        )),
        Precision::Int4 if inputs.is_multiple_of(BLOCK) => Ok((
            WeightFormat::Int4,
            source(tables.iter().all(Table::is_int4)),
        )),
        Precision::Int4 => Err(Error::new(
            crate::ErrorKind::UnsupportedModel,
            format!(
                "Weights with {inputs} inputs cannot be stored in 4-bit blocks of {BLOCK}. Use the precision int8 or f32."
            ),
        )),
    }
}
