//! The tensors of a folder: one safetensors file, or several with an index.

use crate::config::read_json;
use crate::error::Error;
use crate::folder::{FileBytes, Folder};
use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// Prefixes under which checkpoints keep their encoder, in the order in which they are tried.
const PREFIXES: [&str; 5] = ["", "bert.", "roberta.", "model.", "0.auto_model."];

/// Element type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DType {
    /// 32-bit float.
    F32,
    /// Half precision.
    F16,
    /// bfloat16.
    BF16,
    /// Signed byte.
    I8,
    /// Byte.
    U8,
}

impl DType {
    fn of(dtype: Dtype) -> Option<Self> {
        match dtype {
            Dtype::F32 => Some(Self::F32),
            Dtype::F16 => Some(Self::F16),
            Dtype::BF16 => Some(Self::BF16),
            Dtype::I8 => Some(Self::I8),
            Dtype::U8 => Some(Self::U8),
            _ => None,
        }
    }

    /// Bytes of an element.
    fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::BF16 => 2,
            Self::I8 | Self::U8 => 1,
        }
    }
}

/// All tensors of a folder, found by name.
pub struct Tensors {
    files: Vec<File>,
    entries: HashMap<String, Entry>,
    shown: String,
}

struct File {
    shown: String,
    bytes: FileBytes,
}

struct Entry {
    file: usize,
    dtype: Dtype,
    shape: Vec<usize>,
    range: Range<usize>,
}

#[derive(Deserialize)]
struct Index {
    weight_map: HashMap<String, String>,
}

impl Tensors {
    /// Opens `model.safetensors`, or the files of `model.safetensors.index.json`. Only headers are read.
    ///
    /// # Errors
    /// When a file is missing, cut off, or its header is not sound.
    pub fn open(folder: &Folder) -> Result<Self, Error> {
        let index = "model.safetensors.index.json";
        let mut tensors = Self {
            files: Vec::new(),
            entries: HashMap::new(),
            shown: folder.show("model.safetensors"),
        };
        if folder.contains("model.safetensors") || !folder.contains(index) {
            tensors.add(folder, "model.safetensors")?;
            return Ok(tensors);
        }
        let map: Index = read_json(folder, index)?;
        tensors.shown = folder.show(index);
        for file in map.weight_map.values().collect::<BTreeSet<_>>() {
            if file.contains(['/', '\\']) {
                let what = format!("\"{file}\" must be a file beside the index.");
                return Err(Error::file(&tensors.shown, what));
            }
            tensors.add(folder, file)?;
        }
        tensors.check_index(&map)?;
        Ok(tensors)
    }

    fn add(&mut self, folder: &Folder, name: &str) -> Result<(), Error> {
        let (bytes, shown) = (folder.read(name)?, folder.show(name));
        let broken = |e| {
            let what = format!("this is not a sound safetensors file ({e}). Download it again.");
            Error::file(&shown, what)
        };
        // Checks the header's size and JSON, that tensors lie end to end without overlap, that each is as long as its
        // shape says, and that the file ends where the last does.
        let (header, metadata) = SafeTensors::read_metadata(&bytes).map_err(broken)?;
        let start = header + size_of::<u64>();
        for (tensor, info) in metadata.tensors() {
            let range = start + info.data_offsets.0..start + info.data_offsets.1;
            if range.end > bytes.len() {
                return Err(Error::tensor(
                    &shown,
                    &tensor,
                    "it reaches past the end of the file. Download it again.",
                ));
            }
            let entry = Entry {
                file: self.files.len(),
                dtype: info.dtype,
                shape: info.shape.clone(),
                range,
            };
            if self.entries.insert(tensor.clone(), entry).is_some() {
                return Err(Error::tensor(
                    &shown,
                    &tensor,
                    "another file has a tensor of this name too.",
                ));
            }
        }
        self.files.push(File { shown, bytes });
        Ok(())
    }

    fn check_index(&self, map: &Index) -> Result<(), Error> {
        match map
            .weight_map
            .keys()
            .find(|&name| !self.entries.contains_key(name))
        {
            None => Ok(()),
            Some(name) => Err(Error::tensor(
                &self.shown,
                name,
                format!("{} does not have it.", map.weight_map[name]),
            )),
        }
    }

    fn find(&self, name: &str) -> Option<(&str, &Entry)> {
        PREFIXES.iter().find_map(|prefix| {
            let (name, entry) = self.entries.get_key_value(&format!("{prefix}{name}"))?;
            Some((name.as_str(), entry))
        })
    }

    /// Whether there is a tensor of that name, with any of the usual prefixes.
    pub fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// A tensor by name (with any of the usual prefixes) and the shape that it must have.
    ///
    /// # Errors
    /// When it is missing, or has another shape or an unknown type.
    pub fn get(&self, name: &str, shape: &[usize]) -> Result<TensorView<'_>, Error> {
        let Some((name, entry)) = self.find(name) else {
            let what = format!("it is missing; a tensor of shape {shape:?} was expected.");
            return Err(Error::tensor(&self.shown, name, what));
        };
        let file = &self.files[entry.file];
        if entry.shape != shape {
            let what = format!(
                "its shape is {:?}, but config.json asks for {shape:?}.",
                entry.shape
            );
            return Err(Error::tensor(&file.shown, name, what));
        }
        let Some(dtype) = DType::of(entry.dtype) else {
            let what = format!(
                "its type {:?} is not supported; F32, F16, BF16, I8 and U8 are.",
                entry.dtype
            );
            return Err(Error::tensor(&file.shown, name, what));
        };
        let bytes = &file.bytes[entry.range.clone()];
        Ok(TensorView {
            name,
            dtype,
            shape: &entry.shape,
            bytes,
            source: file,
            start: entry.range.start,
        })
    }
}

/// A tensor in its file.
#[derive(Clone, Copy)]
pub struct TensorView<'a> {
    /// Its full name.
    pub name: &'a str,
    /// Element type.
    pub dtype: DType,
    /// Shape, outermost dimension first.
    pub shape: &'a [usize],
    /// The elements, little-endian, not aligned.
    pub bytes: &'a [u8],
    source: &'a File,
    start: usize,
}

impl TensorView<'_> {
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
            DType::F32 => fill(bytes, out, f32::from_le_bytes),
            DType::F16 => fill(bytes, out, |b| f16::from_le_bytes(b).to_f32()),
            DType::BF16 => fill(bytes, out, |b| bf16::from_le_bytes(b).to_f32()),
            DType::I8 | DType::U8 => return Err(self.wrong_type("F32, F16 or BF16")),
        }
        Ok(())
    }

    /// The error for a tensor of another type than `expected`.
    pub(crate) fn wrong_type(&self, expected: &str) -> Error {
        let what = format!("its type is {:?}; {expected} was expected.", self.dtype);
        Error::tensor(&self.source.shown, self.name, what)
    }

    /// The error for an element that is no number.
    pub(crate) fn not_finite(&self, at: usize) -> Error {
        let what = format!(
            "element {at} is not a finite number. The checkpoint is broken; download it again."
        );
        Error::tensor(&self.source.shown, self.name, what)
    }

    /// Lets the operating system take back the mapped memory; see [`FileBytes::release`].
    pub fn release(&self) {
        self.source
            .bytes
            .release(self.start..self.start + self.bytes.len());
    }
}

/// Converts elements of N bytes.
fn fill<const N: usize>(bytes: &[u8], out: &mut [f32], convert: impl Fn([u8; N]) -> f32) {
    let (elements, _) = bytes.as_chunks::<N>();
    out.iter_mut()
        .zip(elements)
        .for_each(|(x, &b)| *x = convert(b));
}
