//! The weights of a model, packed for the kernels.

use crate::config::{BertConfig, Quantization};
use crate::tensors::{DType, FLOATS, TensorView};
use crate::{Error, Tensors};
use half::f16;
use yuyi_kernels::{Kernel, LayerNorm, PackedLinear, Team, WeightFormat};

/// Values of a 4-bit block (q4_0): they share one scale.
pub(crate) const BLOCK: usize = 32;

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
    team: &Team,
    kernel: Kernel,
) -> Result<Layer, Error> {
    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    let at = |name: &str| format!("encoder.layer.{index}.{name}");
    let linear = |names: &[&str], outputs, inputs| {
        let names: Vec<String> = names.iter().map(|n| at(n)).collect();
        load_linear(tensors, config, &names, [outputs, inputs], team, kernel)
    };
    let norm = |name: &str| load_norm(tensors, config, &at(name));
    Ok(Layer {
        qkv: linear(
            &[
                "attention.self.query",
                "attention.self.key",
                "attention.self.value",
            ],
            hidden,
            hidden,
        )?,
        attention_output: linear(&["attention.output.dense"], hidden, hidden)?,
        attention_norm: norm("attention.output.LayerNorm")?,
        intermediate: linear(&["intermediate.dense"], wide, hidden)?,
        output: linear(&["output.dense"], hidden, wide)?,
        output_norm: norm("output.LayerNorm")?,
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

/// Linear modules of one shape [outputs, inputs], stacked by outputs into one product.
fn load_linear(
    tensors: &Tensors,
    config: &BertConfig,
    names: &[String],
    [outputs, inputs]: [usize; 2],
    team: &Team,
    kernel: Kernel,
) -> Result<PackedLinear, Error> {
    let mut bias = Vec::with_capacity(names.len() * outputs);
    let mut tables = Vec::with_capacity(names.len());
    for name in names {
        bias.extend(tensors.get(&format!("{name}.bias"), &[outputs])?.to_f32()?);
        tables.push(Table::open(tensors, config, name, [outputs, inputs])?);
    }
    let mut format = WeightFormat::F16;
    for table in &tables {
        if !table.is_exact_in_f16()? {
            format = WeightFormat::F32;
        }
    }
    let shape = [names.len() * outputs, inputs];
    let packed = PackedLinear::pack(team, kernel, format, shape, &bias, |o, row| {
        tables[o / outputs].copy_row(o % outputs, row)
    })?;
    tables.iter().for_each(Table::release);
    Ok(packed)
}

/// A matrix in the file whose rows are read one at a time.
pub(crate) enum Table<'a> {
    /// Floats.
    Plain(TensorView<'a>),
    /// 4-bit blocks: `packed` U8 [rows, columns / 2], `scale` F16 [rows, columns / 32].
    Q4 {
        packed: TensorView<'a>,
        scale: TensorView<'a>,
    },
}

impl<'a> Table<'a> {
    /// The weight of module `name`, [rows, columns], in whichever form the file has it.
    pub(crate) fn open(
        tensors: &'a Tensors,
        config: &BertConfig,
        name: &str,
        [rows, columns]: [usize; 2],
    ) -> Result<Self, Error> {
        let packed = format!("{name}.weight_q4");
        if config.quantization != Some(Quantization::Q4) || !tensors.contains(&packed) {
            let view = tensors.get(&format!("{name}.weight"), &[rows, columns])?;
            return Ok(Self::Plain(view.of_type(&FLOATS)?));
        }
        Ok(Self::Q4 {
            packed: tensors
                .get(&packed, &[rows, columns / 2])?
                .of_type(&[DType::U8])?,
            scale: tensors
                .get(&format!("{packed}_scale"), &[rows, columns / BLOCK])?
                .of_type(&[DType::F16])?,
        })
    }

    /// Row `i` as f32. A value that is not finite is an error.
    pub(crate) fn copy_row(&self, i: usize, out: &mut [f32]) -> Result<(), Error> {
        match self {
            Self::Plain(view) => view.copy_row_f32(i, out)?,
            Self::Q4 { packed, scale } => dequantize_row(packed, scale, i, out),
        }
        match out.iter().position(|x| !x.is_finite()) {
            None => Ok(()),
            Some(at) => Err(self.not_finite(i * out.len() + at)),
        }
    }

    /// Whether every value survives a round trip through half precision. A 4-bit value does not
    /// always: its scale has 11 significant bits and the product with −8..=7 up to 14.
    fn is_exact_in_f16(&self) -> Result<bool, Error> {
        let view = match self {
            Self::Q4 { .. } => return Ok(false),
            Self::Plain(view) if view.dtype == DType::F16 => return Ok(true),
            Self::Plain(view) => view,
        };
        let (rows, columns) = (view.shape[0], view.shape[1]);
        let mut row = vec![0.0; columns];
        for i in 0..rows {
            self.copy_row(i, &mut row)?;
            if row.iter().any(|&x| f16::from_f32(x).to_f32() != x) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The error for value `at`, counted over the whole matrix.
    fn not_finite(&self, at: usize) -> Error {
        match self {
            Self::Plain(view) => view.not_finite(at),
            Self::Q4 { scale, .. } => scale.not_finite(at / BLOCK),
        }
    }

    fn release(&self) {
        match self {
            Self::Plain(view) => view.release(),
            Self::Q4 { packed, scale } => {
                packed.release();
                scale.release();
            }
        }
    }
}

/// Row `i` of a 4-bit table: in each block the low nibbles are its first 16 values, the high ones its
/// last 16, each worth (nibble − 8) · scale.
fn dequantize_row(packed: &TensorView<'_>, scale: &TensorView<'_>, i: usize, out: &mut [f32]) {
    let blocks = out.len() / BLOCK;
    let bytes = &packed.bytes[i * out.len() / 2..][..out.len() / 2];
    let scales = &scale.bytes[i * blocks * 2..][..blocks * 2];
    let rows = out
        .chunks_exact_mut(BLOCK)
        .zip(bytes.chunks_exact(BLOCK / 2))
        .zip(scales.chunks_exact(2));
    for ((values, nibbles), d) in rows {
        let d = f16::from_le_bytes([d[0], d[1]]).to_f32();
        let (low, high) = values.split_at_mut(BLOCK / 2);
        for ((low, high), &byte) in low.iter_mut().zip(high).zip(nibbles) {
            *low = (f32::from(byte & 15) - 8.0) * d;
            *high = (f32::from(byte >> 4) - 8.0) * d;
        }
    }
}
