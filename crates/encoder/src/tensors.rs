//! The tensors of a folder: one safetensors file or checkpoint of PyTorch, or several with an index.

mod header;
mod pickle;
mod torch;

use crate::error::{Error, ErrorKind};
use crate::folder::{FileBytes, Folder};
use crate::json::read_json;
use crate::modules::Modules;
use half::{bf16, f16};
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

/// Files in which weights may be instead, which yuyi does not read.
const OTHER_FORMATS: [&str; 9] = [
    "tf_model.h5",
    "flax_model.msgpack",
    "model.onnx",
    "onnx/model.onnx",
    "model_optimized.onnx",
    "model_state.pdparams",
    "model.pdparams",
    "openvino_model.xml",
    "openvino/openvino_model.xml",
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
            check_format(folder)?;
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

/// Tells apart a folder whose weights are in another format from one without weights.
fn check_format(folder: &Folder) -> Result<(), Error> {
    let Some(other) = OTHER_FORMATS.iter().find(|file| folder.contains(file)) else {
        return Ok(());
    };
    let convert = match *other {
        "tf_model.h5" => ", from_tf=True",
        "flax_model.msgpack" => ", from_flax=True",
        _ => {
            let what = format!(
                "{} does not exist, and yuyi does not read {other}. Download the model with its safetensors, as \
                 published for transformers.",
                folder.show("model.safetensors")
            );
            return Err(Error::new(ErrorKind::NotFound, what));
        }
    };
    let what = format!(
        "{} does not exist, and yuyi does not read {other}. Convert it in Python: \
         AutoModel.from_pretrained(FOLDER{convert}).save_pretrained(FOLDER).",
        folder.show("model.safetensors")
    );
    Err(Error::new(ErrorKind::NotFound, what))
}

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
    source: &'a File,
    start: usize,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use serde_json::json;

    /// Files of weights with tensors [2, 2] of these names, types and bytes.
    fn file(tensors: &[(&str, &str, &[u8])]) -> Vec<u8> {
        let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
        for (name, dtype, bytes) in tensors {
            let offsets = [data.len(), data.len() + bytes.len()];
            let info = json!({"dtype": dtype, "shape": [2, 2], "data_offsets": offsets});
            header.insert((*name).to_owned(), info);
            data.extend_from_slice(bytes);
        }
        let header = serde_json::to_vec(&header).unwrap();
        let length = (header.len() as u64).to_le_bytes();
        [&length[..], &header, &data].concat()
    }

    fn open(tensors: &[(&str, &str, &[u8])]) -> Tensors {
        let bytes = file(tensors);
        Tensors::open(&testing::folder(&[("model.safetensors", &bytes)])).unwrap()
    }

    #[test]
    fn names_with_and_without_a_prefix() {
        for prefix in PREFIXES {
            let name = format!("{prefix}a.weight");
            let tensors = open(&[(&name, "U8", &[1, 2, 3, 4])]);
            assert!(tensors.contains("a.weight"));
            assert_eq!(tensors.get("a.weight", &[2, 2]).unwrap().name, name);
        }
        let tensors = open(&[("cls.a.weight", "U8", &[1, 2, 3, 4])]);
        assert!(!tensors.contains("a.weight"));
    }

    /// A pretraining checkpoint may have a tensor of the bare name that is something else.
    #[test]
    fn the_bare_name_is_tried_first() {
        let tensors = open(&[("a", "U8", &[1; 4]), ("bert.a", "U8", &[2; 4])]);
        assert_eq!(tensors.get("a", &[2, 2]).unwrap().bytes, [1; 4]);
    }

    #[test]
    fn every_float_type_is_widened() {
        let values = [1.0f32, -0.5, 2.0f32.powi(-14), 96.0];
        let f32s: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        let f16s = values.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes());
        let bf16s = values.iter().flat_map(|&x| bf16::from_f32(x).to_le_bytes());
        let (f16s, bf16s): (Vec<u8>, Vec<u8>) = (f16s.collect(), bf16s.collect());
        let tensors = open(&[
            ("a", "F32", &f32s),
            ("b", "F16", &f16s),
            ("c", "BF16", &bf16s),
        ]);
        for (name, dtype) in [("a", DType::F32), ("b", DType::F16), ("c", DType::BF16)] {
            let view = tensors.get(name, &[2, 2]).unwrap();
            assert_eq!(view.dtype, dtype);
            assert_eq!(view.to_f32().unwrap(), values, "{dtype:?}");
            let mut row = [0.0; 2];
            view.copy_row_f32(1, &mut row).unwrap();
            assert_eq!(row, values[2..], "{dtype:?}");
        }
    }

    #[test]
    fn a_single_file_wins_over_an_index() {
        let bytes = file(&[("a", "U8", &[7; 4])]);
        let index = b"{\"weight_map\": {\"a\": \"absent.safetensors\"}}";
        let folder = testing::folder(&[
            ("model.safetensors", &bytes),
            ("model.safetensors.index.json", index),
        ]);
        assert!(Tensors::open(&folder).unwrap().contains("a"));
    }

    #[test]
    fn tensors_are_found_in_every_file_of_an_index() {
        let index = json!({"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}).to_string();
        let (first, second) = (file(&[("a", "U8", &[1; 4])]), file(&[("b", "U8", &[2; 4])]));
        let folder = testing::folder(&[
            ("1.safetensors", &first),
            ("2.safetensors", &second),
            ("model.safetensors.index.json", index.as_bytes()),
        ]);
        let tensors = Tensors::open(&folder).unwrap();
        assert_eq!(tensors.get("a", &[2, 2]).unwrap().bytes, [1; 4]);
        assert_eq!(tensors.get("b", &[2, 2]).unwrap().bytes, [2; 4]);
    }
}
