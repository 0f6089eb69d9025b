//! The weights of a model, packed for the kernels.

use crate::config::{BertConfig, Quantization};
use crate::precision::Precision;
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

/// A matrix product of a layer: modules of one shape, stacked by outputs.
struct Product {
    /// As checkpoints name them.
    modules: &'static [&'static str],
    /// Of each module: [outputs, inputs].
    shape: [usize; 2],
}

impl Product {
    /// The names of the modules in layer `index`.
    fn names(&self, index: usize) -> Vec<String> {
        let modules = self.modules.iter();
        modules.map(|name| layer_module(index, name)).collect()
    }

    /// Of all modules together: [outputs, inputs].
    fn stacked(&self) -> [usize; 2] {
        let [outputs, inputs] = self.shape;
        [self.modules.len() * outputs, inputs]
    }
}

/// The products of a layer: queries with keys and values, the output of attention, and the two of the feed-forward block.
fn products(config: &BertConfig) -> [Product; 4] {
    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    let product = |modules, outputs, inputs| Product {
        modules,
        shape: [outputs, inputs],
    };
    [
        product(
            &[
                "attention.self.query",
                "attention.self.key",
                "attention.self.value",
            ],
            hidden,
            hidden,
        ),
        product(&["attention.output.dense"], hidden, hidden),
        product(&["intermediate.dense"], wide, hidden),
        product(&["output.dense"], hidden, wide),
    ]
}

/// The linear modules of layer `index` by their full names, with their shapes [outputs, inputs].
pub(crate) fn layer_linears(config: &BertConfig, index: usize) -> Vec<(String, [usize; 2])> {
    let named = |product: Product| {
        let names = product.names(index).into_iter();
        names.map(move |name| (name, product.shape))
    };
    products(config).into_iter().flat_map(named).collect()
}

/// The layer norms of layer `index` by their full names, after attention and after the feed-forward block.
pub(crate) fn layer_norms(index: usize) -> [String; 2] {
    ["attention.output.LayerNorm", "output.LayerNorm"].map(|name| layer_module(index, name))
}

/// The full name of a layer's module.
fn layer_module(index: usize, name: &str) -> String {
    format!("encoder.layer.{index}.{name}")
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
    let [qkv, attention_output, intermediate, output] = products(config);
    let linear = |product: Product| load_product(tensors, config, (index, product), packing);
    let [attention_norm, output_norm] = layer_norms(index);
    let norm = |name: String| load_norm(tensors, config, &name);
    Ok(Layer {
        qkv: linear(qkv)?,
        attention_output: linear(attention_output)?,
        attention_norm: norm(attention_norm)?,
        intermediate: linear(intermediate)?,
        output: linear(output)?,
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
    let bytes = |product: Product| {
        let tables = open_tables(tensors, config, &product.names(index), product.shape)?;
        let (format, _) = choose_storage(&tables, config, precision, product.shape[1])?;
        tables.iter().for_each(Table::release);
        Ok(PackedLinear::bytes_of(kernel, format, product.stacked()))
    };
    products(config).into_iter().map(bytes).sum()
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

/// A product of layer `index`, packed.
fn load_product(
    tensors: &Tensors,
    config: &BertConfig,
    (index, product): (usize, Product),
    packing: Packing<'_>,
) -> Result<PackedLinear, Error> {
    let (names, [outputs, inputs]) = (product.names(index), product.shape);
    let mut bias = Vec::with_capacity(names.len() * outputs);
    for name in &names {
        bias.extend(tensors.get(&format!("{name}.bias"), &[outputs])?.to_f32()?);
    }
    let tables = open_tables(tensors, config, &names, product.shape)?;
    let storage = choose_storage(&tables, config, packing.precision, inputs)?;
    let shape = product.stacked();
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

/// How the weights of `tables` are kept for a precision, and what they are read as. What a folder of 4-bit blocks has in
/// floats was left so since four bits are too few for it, so it is kept in eight.
fn choose_storage(
    tables: &[Table<'_>],
    config: &BertConfig,
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
    let is_left_out =
        config.quantization == Some(Quantization::Q4) && !tables.iter().all(Table::is_int4);
    match precision {
        Precision::Int4 if is_left_out => Ok((WeightFormat::Int8, Source::Floats)),
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
