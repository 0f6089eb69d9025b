//! A tensor where it lies in its file.

use super::{DType, FLOATS, File};
use crate::error::Error;
use half::{bf16, f16};

/// Bytes of a tensor that are looked at, and given back to the operating system, at a time; a multiple of each type's size.
pub(super) const CHUNK: usize = 1 << 20;

/// A tensor in its file.
#[derive(Clone, Copy)]
pub struct TensorView<'a> {
    /// As it stands in the file, with its prefix.
    pub name: &'a str,
    /// Type of each element.
    pub dtype: DType,
    /// Shape, outermost dimension first.
    pub shape: &'a [usize],
    /// The elements, little-endian, not aligned.
    pub bytes: &'a [u8],
    pub(super) source: &'a File,
    pub(super) start: usize,
}

impl TensorView<'_> {
    /// The tensor itself, if its type is one of `expected`.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn of_type(self, expected: &[DType]) -> Result<Self, Error> {
        if expected.contains(&self.dtype) {
            return Ok(self);
        }
        let names: Vec<String> = expected.iter().map(|t| format!("{t:?}")).collect();
        let what = format!(
            "its type is {:?}; expected {}.",
            self.dtype,
            names.join(", ")
        );
        Err(Error::tensor(&self.source.shown, self.name, what))
    }

    /// All elements as f32.
    ///
    /// # Errors
    /// When one is NaN or infinite, or the type is no float.
    pub fn to_f32(&self) -> Result<Vec<f32>, Error> {
        let mut values = vec![0.0; self.bytes.len() / self.dtype.size()];
        self.widen(self.bytes, &mut values)?;
        match values.iter().position(|x| !x.is_finite()) {
            None => Ok(values),
            Some(at) => Err(self.not_finite(at)),
        }
    }

    /// Looks at all elements without keeping them, and gives the memory back as it goes on.
    ///
    /// # Errors
    /// When one is NaN or infinite, or the type is no float.
    pub(crate) fn check_finite(&self) -> Result<(), Error> {
        let size = self.of_type(&FLOATS)?.dtype.size();
        for (i, chunk) in self.bytes.chunks(CHUNK).enumerate() {
            let bad = match self.dtype {
                DType::F64 => {
                    first_not_finite(chunk, |b| (f64::from_le_bytes(b) as f32).is_finite())
                }
                DType::F32 => first_not_finite(chunk, |b| f32::from_le_bytes(b).is_finite()),
                DType::F16 => first_not_finite(chunk, |b| f16::from_le_bytes(b).is_finite()),
                DType::BF16 => first_not_finite(chunk, |b| bf16::from_le_bytes(b).is_finite()),
                DType::I8 | DType::U8 => None,
            };
            if let Some(at) = bad {
                return Err(self.not_finite(i * (CHUNK / size) + at));
            }
            let start = self.start + i * CHUNK;
            self.source.bytes.release(start..start + chunk.len());
        }
        Ok(())
    }

    /// Row `i` of a matrix as f32, unchecked for NaN; `out` is as long as a row.
    ///
    /// # Errors
    /// When the type is no float.
    pub fn copy_row_f32(&self, i: usize, out: &mut [f32]) -> Result<(), Error> {
        let row = out.len() * self.dtype.size();
        self.widen(&self.bytes[i * row..][..row], out)
    }

    fn widen(&self, bytes: &[u8], out: &mut [f32]) -> Result<(), Error> {
        match self.dtype {
            DType::F64 => fill(bytes, out, |b| f64::from_le_bytes(b) as f32),
            DType::F32 => fill(bytes, out, f32::from_le_bytes),
            DType::F16 => fill(bytes, out, |b| f16::from_le_bytes(b).to_f32()),
            DType::BF16 => fill(bytes, out, |b| bf16::from_le_bytes(b).to_f32()),
            DType::I8 | DType::U8 => drop(self.of_type(&FLOATS)?),
        }
        Ok(())
    }

    /// The error for an element that is no number.
    pub(crate) fn not_finite(&self, at: usize) -> Error {
        let what = format!(
            "element {at} is not a finite number. The checkpoint is broken; download it again."
        );
        Error::tensor(&self.source.shown, self.name, what)
    }

    /// The error for an element with which products would overflow.
    pub(crate) fn too_large(&self, at: usize, value: f32) -> Error {
        let what = format!(
            "element {at} is {value:e}, with which products overflow. The checkpoint is broken; download it again."
        );
        Error::tensor(&self.source.shown, self.name, what)
    }

    /// The error for integers in a folder whose configuration knows of none.
    pub(crate) fn unannounced(&self) -> Error {
        let what = format!(
            "its type is {:?}, but config.json has no quantization_config that says what the integers stand for. \
             Use the config.json that came with these weights.",
            self.dtype
        );
        Error::tensor(&self.source.shown, self.name, what)
    }

    /// Lets the operating system take back the mapped memory; see `FileBytes::release`.
    pub fn release(&self) {
        self.source
            .bytes
            .release(self.start..self.start + self.bytes.len());
    }
}

/// The first element of N bytes that is no finite number. All are looked at before one is looked for, which compilers make one
/// comparison of many.
fn first_not_finite<const N: usize>(
    bytes: &[u8],
    is_finite: impl Fn([u8; N]) -> bool,
) -> Option<usize> {
    let (elements, _) = bytes.as_chunks::<N>();
    let all = elements.iter().fold(true, |all, &b| all & is_finite(b));
    if all {
        return None;
    }
    elements.iter().position(|&b| !is_finite(b))
}

/// Converts elements of N bytes.
fn fill<const N: usize>(bytes: &[u8], out: &mut [f32], convert: impl Fn([u8; N]) -> f32) {
    let (elements, _) = bytes.as_chunks::<N>();
    out.iter_mut()
        .zip(elements)
        .for_each(|(x, &b)| *x = convert(b));
}
