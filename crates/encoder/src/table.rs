//! Matrices of a checkpoint in each form that files have them.

use crate::config::{ModelConfig, Quantization};
use crate::tensors::{DType, FLOATS, TensorView};
use crate::{Error, Tensors};
use half::f16;
use yuyi_kernels::{BLOCK, fits_int8, quantize_int8};

/// The largest scale of integers. Those of real models are below 1; from here on a product could leave the range of f32
/// though the scale and each weight are in it: with the most inputs, 2²⁴, a sum of weights is 2·10³³.
const LARGEST_SCALE: f32 = 1e24;

/// A matrix in the file whose rows are read one at a time.
pub(crate) enum Table<'a> {
    /// Floats.
    Plain(TensorView<'a>),
    /// Integers with a scale for each row: `weight` I8 [rows, columns], `scale` F32 [rows, 1].
    Int8 {
        weight: TensorView<'a>,
        scale: TensorView<'a>,
    },
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
        config: &ModelConfig,
        name: &str,
        [rows, columns]: [usize; 2],
    ) -> Result<Self, Error> {
        let packed = format!("{name}.weight_q4");
        let unquantised = config.quantization.is_none();
        let has = |suffix: &str| tensors.contains(&format!("{name}.{suffix}"));
        if unquantised && has("weight_q4") && !has("weight") {
            let packed = tensors.get(&packed, &[rows, columns / 2])?;
            return Err(packed.unannounced());
        }
        if config.quantization != Some(Quantization::Q4) || !tensors.contains(&packed) {
            let weight = tensors.get(&format!("{name}.weight"), &[rows, columns])?;
            if unquantised && weight.dtype == DType::I8 {
                return Err(weight.unannounced());
            }
            if config.quantization != Some(Quantization::Int8) || weight.dtype != DType::I8 {
                return Ok(Self::Plain(weight.of_type(&FLOATS)?));
            }
            let scale = tensors
                .get(&format!("{name}.weight_scale"), &[rows, 1])?
                .of_type(&FLOATS)?;
            return Ok(Self::Int8 { weight, scale });
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
            Self::Int8 { weight, scale } => {
                let scale = scale_of(scale, i)?;
                let row = &weight.bytes[i * out.len()..][..out.len()];
                let value = |&byte: &u8| f32::from(byte as i8) * scale;
                out.iter_mut()
                    .zip(row.iter().map(value))
                    .for_each(|(x, w)| *x = w);
            }
            Self::Q4 { packed, scale } => widen_blocks(packed, scale, i, out),
        }
        match out.iter().position(|x| !x.is_finite()) {
            None => Ok(()),
            Some(at) => Err(self.not_finite(i * out.len() + at, out.len())),
        }
    }

    /// Looks at all numbers of a matrix that stays in the file, where rows are read much later.
    ///
    /// # Errors
    /// When one is not finite, or a scale is too large.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Plain(view) => view.check_finite(),
            Self::Int8 { weight, scale } => {
                (0..weight.shape[0]).try_for_each(|i| scale_of(scale, i).map(drop))
            }
            Self::Q4 { scale, .. } => scale.check_finite(),
        }
    }

    /// Whether rows can be read by [`Self::copy_int8`].
    pub(crate) fn is_int8(&self) -> bool {
        matches!(self, Self::Int8 { .. })
    }

    /// Whether rows can be read by [`Self::copy_int4`].
    pub(crate) fn is_int4(&self) -> bool {
        matches!(self, Self::Q4 { .. })
    }

    /// Row `i` as integers and their scale. Integers that the kernels cannot take as they are (of another
    /// program's making, beyond their limits) are quantised anew.
    pub(crate) fn copy_int8(&self, i: usize, out: &mut [i8], scale: &mut f32) -> Result<(), Error> {
        let Self::Int8 {
            weight,
            scale: scales,
        } = self
        else {
            unreachable!("asked only of tables that are int8")
        };
        let row = &weight.bytes[i * out.len()..][..out.len()];
        out.iter_mut()
            .zip(row)
            .for_each(|(q, &byte)| *q = byte as i8);
        *scale = scale_of(scales, i)?;
        if !fits_int8(out) {
            let mut floats = vec![0.0; out.len()];
            self.copy_row(i, &mut floats)?;
            *scale = quantize_int8(&floats, out);
        }
        Ok(())
    }

    /// Row `i` as 4-bit blocks and their scales.
    pub(crate) fn copy_int4(
        &self,
        i: usize,
        out: &mut [u8],
        scales: &mut [f16],
    ) -> Result<(), Error> {
        let Self::Q4 { packed, scale } = self else {
            unreachable!("asked only of tables of 4-bit blocks")
        };
        out.copy_from_slice(&packed.bytes[i * out.len()..][..out.len()]);
        let bytes = &scale.bytes[2 * i * scales.len()..][..2 * scales.len()];
        for (j, (to, &bytes)) in scales.iter_mut().zip(bytes.as_chunks::<2>().0).enumerate() {
            *to = f16::from_le_bytes(bytes);
            if !to.is_finite() {
                return Err(scale.not_finite(i * scale.shape[1] + j));
            }
        }
        Ok(())
    }

    /// Whether every value survives a round trip through half precision. A 4-bit value does not
    /// always: its scale has 11 significant bits and the product with −8..=7 up to 14.
    pub(crate) fn is_exact_in_f16(&self) -> Result<bool, Error> {
        let view = match self {
            Self::Q4 { .. } | Self::Int8 { .. } => return Ok(false),
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

    /// The error for value `at`, counted over the whole matrix, whose rows have `columns` values.
    fn not_finite(&self, at: usize, columns: usize) -> Error {
        match self {
            Self::Plain(view) => view.not_finite(at),
            Self::Int8 { scale, .. } => scale.not_finite(at / columns),
            Self::Q4 { scale, .. } => scale.not_finite(at / BLOCK),
        }
    }

    pub(crate) fn release(&self) {
        match self {
            Self::Plain(view) => view.release(),
            Self::Int8 { weight, scale } => {
                weight.release();
                scale.release();
            }
            Self::Q4 { packed, scale } => {
                packed.release();
                scale.release();
            }
        }
    }
}

/// Element `i` of the scales of a matrix of integers.
fn scale_of(scales: &TensorView<'_>, i: usize) -> Result<f32, Error> {
    let mut value = [0.0];
    scales.copy_row_f32(i, &mut value)?;
    match value[0] {
        scale if !scale.is_finite() => Err(scales.not_finite(i)),
        scale if scale.abs() > LARGEST_SCALE => Err(scales.too_large(i, scale)),
        scale => Ok(scale),
    }
}

/// Row `i` of a 4-bit table: in each block the low nibbles are its first 16 values, the high ones its
/// last 16, each worth (nibble − 8) · scale.
fn widen_blocks(packed: &TensorView<'_>, scale: &TensorView<'_>, i: usize, out: &mut [f32]) {
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
