//! The tensors of a folder: one safetensors file or checkpoint of PyTorch, or several with an index.

mod foreign;
mod header;
mod pickle;
mod torch;
mod view;

pub use self::view::TensorView;

use crate::error::Error;
use crate::folder::{FileBytes, Folder};
use crate::json::read_json;
use crate::modules::Modules;
use safetensors::Dtype;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// Prefixes under which checkpoints keep their encoder, in the order in which they are tried.
const PREFIXES: [&str; 9] = [
    "",
    "bert.",
    "roberta.",
    "ernie.",
    "distilbert.",
    "mpnet.",
    "new.",
    "model.",
    "0.auto_model.",
];

/// Types whose elements are numbers by themselves; others need a scale.
pub(crate) const FLOATS: [DType; 4] = [DType::F32, DType::F16, DType::BF16, DType::F64];

/// Element type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DType {
    /// 64-bit float; read as the nearest 32-bit one.
    F64,
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
            Dtype::F64 => Some(Self::F64),
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
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::BF16 => 2,
            Self::I8 | Self::U8 => 1,
        }
    }
}

impl From<DType> for Dtype {
    fn from(dtype: DType) -> Self {
        match dtype {
            DType::F64 => Self::F64,
            DType::F32 => Self::F32,
            DType::F16 => Self::F16,
            DType::BF16 => Self::BF16,
            DType::I8 => Self::I8,
            DType::U8 => Self::U8,
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

/// A format of weights.
#[derive(Clone, Copy)]
enum Format {
    Safetensors,
    /// What `torch.save` writes.
    Torch,
}

impl Format {
    /// The file that has all tensors.
    fn whole(self) -> &'static str {
        match self {
            Self::Safetensors => "model.safetensors",
            Self::Torch => "pytorch_model.bin",
        }
    }

    /// The list of several files.
    fn index(self) -> String {
        format!("{}.index.json", self.whole())
    }
}

#[derive(Deserialize)]
struct Index {
    weight_map: HashMap<String, String>,
}

impl Tensors {
    /// Opens `model.safetensors` or `pytorch_model.bin`, or the files of an index of either. Only headers are read.
    ///
    /// # Errors
    /// When a file is missing, cut off, or its header is not sound.
    pub fn open(folder: &Folder) -> Result<Self, Error> {
        Self::open_beside(&Modules::read(folder)?.transformer(folder))
    }

    /// As [`Tensors::open`], of the files in exactly this folder.
    pub(crate) fn open_beside(folder: &Folder) -> Result<Self, Error> {
        let mut tensors = Self {
            files: Vec::new(),
            entries: HashMap::new(),
            shown: folder.show(Format::Safetensors.whole()),
        };
        // As transformers does: safetensors before all else, one file before several.
        let found = [Format::Safetensors, Format::Torch]
            .into_iter()
            .find_map(|format| {
                let names = [format.whole().to_owned(), format.index()];
                let name = names.into_iter().find(|name| folder.contains(name))?;
                Some((format, name))
            });
        let Some((format, name)) = found else {
            foreign::refuse(folder)?;
            tensors.add(folder, Format::Safetensors.whole(), Format::Safetensors)?;
            return Ok(tensors);
        };
        tensors.shown = folder.show(&name);
        if name == format.whole() {
            tensors.add(folder, &name, format)?;
            return Ok(tensors);
        }
        let map: Index = read_json(folder, &name)?;
        for file in map.weight_map.values().collect::<BTreeSet<_>>() {
            if file.contains(['/', '\\']) {
                let what = format!("\"{file}\" must be a file beside the index.");
                return Err(Error::file(&tensors.shown, what));
            }
            tensors.add(folder, file, format)?;
        }
        tensors.check_index(&map)?;
        Ok(tensors)
    }

    /// The bytes of each file, in the order of their names.
    pub(crate) fn files(&self) -> impl Iterator<Item = &FileBytes> {
        self.files.iter().map(|file| &file.bytes)
    }

    /// Checks that what was read of the files so far is what they had when they were opened.
    ///
    /// # Errors
    /// As [`FileBytes::check`].
    pub fn check(&self) -> Result<(), Error> {
        self.files
            .iter()
            .try_for_each(|file| file.bytes.check(&file.shown))
    }

    fn add(&mut self, folder: &Folder, name: &str, format: Format) -> Result<(), Error> {
        match format {
            Format::Safetensors => self.add_safetensors(folder, name),
            Format::Torch => self.add_torch(folder, name),
        }
    }

    fn add_safetensors(&mut self, folder: &Folder, name: &str) -> Result<(), Error> {
        let (bytes, shown) = (folder.read(name)?, folder.show(name));
        let (header, metadata) = header::read(&shown, &bytes)?;
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
        // The first by name: a map has no order, and the same folder should give the same error.
        let absent = |name: &&String| !self.entries.contains_key(*name);
        match map.weight_map.keys().filter(absent).min() {
            None => Ok(()),
            Some(name) => Err(Error::tensor(
                &self.shown,
                name,
                format!("{} does not have it.", map.weight_map[name]),
            )),
        }
    }

    fn find(&self, name: &str) -> Option<(&str, &Entry)> {
        self.find_as(name)
            .or_else(|| self.find_as(&name.replace("LayerNorm.weight", "LayerNorm.gamma")))
            .or_else(|| self.find_as(&name.replace("LayerNorm.bias", "LayerNorm.beta")))
    }

    /// By exactly this name behind a prefix. Layer norms have had two names for each tensor.
    fn find_as(&self, name: &str) -> Option<(&str, &Entry)> {
        PREFIXES.iter().find_map(|prefix| {
            let (name, entry) = self.entries.get_key_value(&format!("{prefix}{name}"))?;
            Some((name.as_str(), entry))
        })
    }

    /// The names of all tensors, without the usual prefixes.
    pub(crate) fn bare_names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(|name| {
            let prefixes = PREFIXES.iter().filter(|prefix| !prefix.is_empty());
            let mut bare = prefixes.filter_map(|prefix| name.strip_prefix(prefix));
            bare.next().unwrap_or(name)
        })
    }

    /// The error for a tensor by its name without prefix.
    pub(crate) fn error(&self, bare: &str, what: &str) -> Error {
        let (shown, name) = match self.find(bare) {
            Some((name, entry)) => (&self.files[entry.file].shown, name),
            None => (&self.shown, bare),
        };
        Error::tensor(shown, name, what)
    }

    /// How many layers the files have weights of; `layer` stands in front of their numbers.
    pub(crate) fn layers(&self, layer: &str) -> usize {
        let number = |name: &String| {
            let rest = PREFIXES
                .iter()
                .find_map(|prefix| name.strip_prefix(prefix)?.strip_prefix(layer))?;
            rest.split('.').next()?.parse::<usize>().ok()
        };
        let numbers: BTreeSet<_> = self.entries.keys().filter_map(number).collect();
        numbers.len()
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
                "its type {:?} is not supported; F32, F16, BF16, F64, I8 and U8 are.",
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

#[cfg(test)]
mod tests;
