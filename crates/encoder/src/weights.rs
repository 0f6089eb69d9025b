//! The weights of a model, packed for the kernels.

use crate::config::{ModelConfig, Quantization};
use crate::names::{Half, LayerNorms, Norm, Product, Products};
use crate::precision::Precision;
use crate::table::Table;
use crate::{Error, Tensors};
use yuyi_kernels::{
    BLOCK, Kernel, LayerNorm, LinearShape, PackedLinear, RowWeights, Source, Team, WeightFormat,
};

/// What every layer's packing needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Packing<'a> {
    pub(crate) team: &'a Team,
    pub(crate) kernel: Kernel,
    pub(crate) precision: Precision,
}

/// One transformer layer.
pub(crate) struct Layer {
    /// Q, K and V side by side.
    pub(crate) qkv: PackedLinear,
    /// Of each head of queries, and of keys.
    pub(crate) head_norms: Option<[LayerNorm; 2]>,
    pub(crate) attention_output: PackedLinear,
    /// Behind attention, or in front of it; `None` where what comes in is normalised already.
    pub(crate) attention_norm: Option<LayerNorm>,
    /// Gated, where the architecture has gates.
    pub(crate) intermediate: PackedLinear,
    pub(crate) output: PackedLinear,
    pub(crate) output_norm: LayerNorm,
}

/// Reads layer `index` and packs it; the pages of the file that it came from are given back.
pub(crate) fn load_layer(
    tensors: &Tensors,
    config: &ModelConfig,
    index: usize,
    packing: Packing<'_>,
) -> Result<Layer, Error> {
    let products = Products::of(config, index);
    let linear = |product: &Product| load_product(tensors, config, product, packing);
    let norms = LayerNorms::of(config, index);
    let norm = |norm: &Norm| load_norm(tensors, config, norm);
    let head_norms = match &norms.heads {
        Some([queries, keys]) => Some([norm(queries)?, norm(keys)?]),
        None => None,
    };
    Ok(Layer {
        qkv: linear(&products.attention_input)?,
        head_norms,
        attention_output: linear(&products.attention_output)?,
        attention_norm: norms.attention.as_ref().map(norm).transpose()?,
        intermediate: linear(&products.intermediate)?,
        output: linear(&products.output)?,
        output_norm: norm(&norms.feed_forward)?,
    })
}

/// A norm; one without a bias has zeros for it.
pub(crate) fn load_norm(
    tensors: &Tensors,
    config: &ModelConfig,
    norm: &Norm,
) -> Result<LayerNorm, Error> {
    let Norm { name, size, kind } = norm;
    let vector = |part: &str| tensors.get(&format!("{name}.{part}"), &[*size])?.to_f32();
    Ok(LayerNorm {
        weight: vector("weight")?,
        bias: match kind.bias {
            true => vector("bias")?,
            false => vec![0.0; *size],
        },
        epsilon: config.layer_norm_eps,
        centred: kind.centred,
    })
}

/// What the products of layer `index` will take in memory. Only as much of the weights is read as decides their format.
pub(crate) fn layer_bytes(
    tensors: &Tensors,
    config: &ModelConfig,
    index: usize,
    (kernel, precision): (Kernel, Precision),
) -> Result<usize, Error> {
    let bytes = |product: &Product| linear_bytes(tensors, config, product, (kernel, precision));
    Products::of(config, index)
        .all()
        .into_iter()
        .map(bytes)
        .sum()
}

/// What a product will take in memory.
pub(crate) fn linear_bytes(
    tensors: &Tensors,
    config: &ModelConfig,
    product: &Product,
    (kernel, precision): (Kernel, Precision),
) -> Result<usize, Error> {
    let tables = open_tables(tensors, config, product)?;
    let (format, _) = choose_storage(&tables, config, precision, product.inputs)?;
    tables.iter().for_each(Table::release);
    Ok(PackedLinear::bytes_of(kernel, format, shape_of(product)))
}

fn shape_of(product: &Product) -> LinearShape {
    let shape = [product.outputs(), product.inputs];
    match product.gate {
        Some(_) => LinearShape::gated(shape),
        None => shape.into(),
    }
}

fn open_tables<'a>(
    tensors: &'a Tensors,
    config: &ModelConfig,
    product: &Product,
) -> Result<Vec<Table<'a>>, Error> {
    let open = |(name, shape)| Table::open(tensors, config, name, shape);
    product.shapes().map(open).collect()
}

/// A product, packed.
pub(crate) fn load_product(
    tensors: &Tensors,
    config: &ModelConfig,
    product: &Product,
    packing: Packing<'_>,
) -> Result<PackedLinear, Error> {
    let all = product.outputs();
    // Of each module its first output.
    let mut starts = Vec::with_capacity(product.modules.len());
    let mut bias = Vec::with_capacity(all);
    for (name, outputs) in &product.modules {
        starts.push(bias.len());
        match product.bias {
            true => {
                let tensor = tensors.get(&format!("{name}.bias"), &[*outputs])?;
                bias.extend(tensor.to_f32()?);
            }
            false => bias.resize(bias.len() + outputs, 0.0),
        }
    }
    // A gated layer wants the half that is activated first.
    let turn = match product.gate {
        Some(Half::Second) => all / 2,
        Some(Half::First) | None => 0,
    };
    bias.rotate_left(turn);
    let tables = open_tables(tensors, config, product)?;
    let storage = choose_storage(&tables, config, packing.precision, product.inputs)?;
    let Packing { team, kernel, .. } = packing;
    let shape = shape_of(product);
    let packed = PackedLinear::pack(team, kernel, storage, shape, &bias, |o, row| {
        let o = if o + turn < all {
            o + turn
        } else {
            o + turn - all
        };
        let module = starts.partition_point(|&start| start <= o) - 1;
        let (table, o) = (&tables[module], o - starts[module]);
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
    config: &ModelConfig,
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
