//! Writing a model folder whose linear weights are integers.
//!
//! The folder is an ordinary one: the same files, with `quantization_config` in config.json and each linear
//! `X.weight` [out, in] replaced by integers and scales. Embeddings, norms and biases stay as they are.
//!
//! | precision | tensors |
//! |---|---|
//! | int8 | `X.weight` I8 [out, in], `X.weight_scale` F32 [out, 1] (compressed-tensors' naming) |
//! | int4 | `X.weight_q4` U8 [out, in / 2], `X.weight_q4_scale` F16 [out, in / 32] (q4_0 in two tensors) |

mod agreement;
mod projection;
mod told;

pub use self::agreement::Agreement;

use crate::asked;
use crate::config::{ModelConfig, Quantization};
use crate::cross_encoder::head;
use crate::error::{Error, ErrorKind};
use crate::json::{read_json, read_optional_json};
use crate::modules::{ModuleKind, Modules};
use crate::names::{Norm, layer_linears, norms, tables};
use crate::precision::Precision;
use crate::spec::{COMPLETE, PROMPTS};
use crate::table::Table;
use crate::tensors::TensorView;
use crate::{CrossSpec, Folder, HeadSpec, ModelSpec, SpecDefaults, Tensors};
use half::f16;
use safetensors::Dtype;
use safetensors::tensor::{TensorView as Stored, serialize};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::path::Path;
use yuyi_kernels::{BLOCK, quantize_int4, quantize_int8};

/// Files that a Transformer may have beside config and weights, and that go along unchanged.
const OF_TRANSFORMER: [&str; 12] = [
    "tokenizer.json",
    "vocab.txt",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_camembert_config.json",
    "sentence_albert_config.json",
    "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
];

/// Files that the folder of the whole model may have.
const OF_MODEL: [&str; 4] = [PROMPTS, "calibration.json", "LICENSE", "NOTICE"];

/// Where a copy has the module that makes a score of what a model would write next.
const LOGIT_SCORE: &str = "1_LogitScore";

/// What a folder's model gives, and so what is copied and compared.
enum Kind {
    Vectors(Box<ModelSpec>),
    Scores(Box<CrossSpec>),
}

impl Kind {
    fn of(from: &Folder, defaults: &SpecDefaults) -> Result<Self, Error> {
        match CrossSpec::is_cross_encoder(from)? {
            true => Ok(Self::Scores(Box::new(CrossSpec::read(from)?))),
            false => Ok(Self::Vectors(Box::new(ModelSpec::read(from, defaults)?))),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Vectors(spec) => &spec.name,
            Self::Scores(spec) => &spec.name,
        }
    }

    fn config(&self) -> &ModelConfig {
        match self {
            Self::Vectors(spec) => &spec.config,
            Self::Scores(spec) => &spec.config,
        }
    }

    /// The head that scores, where there is one.
    fn head(&self) -> Option<HeadSpec> {
        match self {
            Self::Vectors(_) => None,
            Self::Scores(spec) => Some(spec.head),
        }
    }

    /// Writes what stands behind the transformer in files of its own.
    fn write_modules(&self, from: &Folder, to: &Path) -> Result<(), Error> {
        let Self::Vectors(spec) = self else {
            return match Modules::read(from)?.scores {
                Some(place) => copy_module(from, &place, &to.join(LOGIT_SCORE)),
                None => Ok(()),
            };
        };
        make_folder(&to.join("1_Pooling")).map_err(|e| write_failed(to, e))?;
        // What the catalogue knows of the original's folder it does not know of the copy's, whose name is another.
        let pooling = spec.pooling.configuration(spec.config.hidden_size);
        write_json(&to.join("1_Pooling/config.json"), &pooling)?;
        projection::copy_modules(from, spec, to)
    }

    /// Marks the configuration of the copy, which may be called as it likes.
    fn mark(&self, config: &mut Value) {
        match self {
            Self::Vectors(_) => config[COMPLETE] = true.into(),
            // It has no card to be known by.
            Self::Scores(spec) if spec.template.is_some() => {
                config[asked::MARK] = asked::NAME.into();
            }
            Self::Scores(_) => {}
        }
    }

    fn compare(
        &self,
        from: &Folder,
        to: &Path,
        defaults: &SpecDefaults,
    ) -> Result<Agreement, Error> {
        let to = Folder::open(to)?;
        match self {
            Self::Vectors(_) => Agreement::of_vectors(from, defaults, &to),
            Self::Scores(_) => Agreement::of_scores([from, &to]),
        }
    }
}

/// Writes the model of `from` with integer weights into the folder `to`, which is empty, or new in a folder that is there. The head of a
/// reranker, which is small and decides alone, stays in floats.
///
/// # Errors
/// When the model cannot be loaded, is quantised already, or does not fit the precision; of the kind
/// [`ErrorKind::Unwritable`] when `to` cannot be written.
pub fn quantize_folder(
    from: &Folder,
    to: &Path,
    precision: Precision,
    defaults: &SpecDefaults,
) -> Result<Agreement, Error> {
    let kind = Kind::of(from, defaults)?;
    let scheme = scheme(from, kind.config(), precision)?;
    let failed = |e: std::io::Error| write_failed(to, e);
    make_folder(to).map_err(failed)?;
    let tensors = Tensors::open(from)?;
    let model = (kind.config(), kind.head());
    write_weights(&tensors, model, scheme, &to.join("model.safetensors"))?;
    let transformer = Modules::read(from)?.transformer(from);
    told::copy_files(&transformer, &OF_TRANSFORMER, to)?;
    told::copy_files(from, &OF_MODEL, to)?;
    if let Some(mut modules) = read_optional_json(from, "modules.json")? {
        move_modules(&mut modules);
        write_json(&to.join("modules.json"), &modules)?;
    }
    kind.write_modules(from, to)?;
    let mut config: Value = read_json(&transformer, "config.json")?;
    config["quantization_config"] = quantization_config(scheme);
    kind.mark(&mut config);
    write_json(&to.join("config.json"), &config)?;
    if let Kind::Vectors(spec) = &kind {
        told::complete(spec, to)?;
    }
    tensors.check()?;
    let agreement = kind.compare(from, to, defaults)?;
    std::fs::write(to.join("README.md"), readme(kind.name(), scheme, agreement)).map_err(failed)?;
    Ok(agreement)
}

/// Checks that [`quantize_folder`] can make a copy, by the small files of a folder: its weights need not be there.
///
/// # Errors
/// When the model is of a kind that cannot be run, is quantised already, or does not fit the precision.
pub fn check_quantizable(
    from: &Folder,
    precision: Precision,
    defaults: &SpecDefaults,
) -> Result<(), Error> {
    let kind = Kind::of(from, defaults)?;
    scheme(from, kind.config(), precision).map(drop)
}

/// Leads a list of modules to where the copy has them.
fn move_modules(modules: &mut Value) {
    let mut dense = 0..;
    for module in modules.as_array_mut().into_iter().flatten() {
        let path = match module["type"].as_str().and_then(ModuleKind::of_class) {
            Some(ModuleKind::Transformer) => String::new(),
            Some(ModuleKind::Pooling) => "1_Pooling".into(),
            Some(ModuleKind::Dense) => projection::place(dense.next().unwrap_or_default()),
            Some(ModuleKind::LogitScore) => LOGIT_SCORE.into(),
            _ => continue,
        };
        module["path"] = path.into();
    }
}

/// How the weights are to be stored.
fn scheme(
    from: &Folder,
    config: &ModelConfig,
    precision: Precision,
) -> Result<Quantization, Error> {
    let refuse = |what: &str| Err(Error::unsupported(&from.show("config.json"), what));
    if config.quantization.is_some() {
        return refuse(
            "the weights are quantised already. Name the folder of the original checkpoint.",
        );
    }
    let whole_blocks = layer_linears(config, 0)
        .iter()
        .all(|(_, [_, inputs], _)| inputs.is_multiple_of(BLOCK));
    match precision {
        Precision::F32 => refuse("f32 is no quantisation. Choose int8 or int4."),
        Precision::Int4 if !whole_blocks => refuse(
            "hidden_size and intermediate_size must be multiples of 32 for 4-bit blocks. Choose int8.",
        ),
        Precision::Int8 => Ok(Quantization::Int8),
        Precision::Int4 => Ok(Quantization::Q4),
    }
}

/// Makes a folder unless it is there. Not those above it: a caller that gives up takes them away.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    match std::fs::create_dir(folder) {
        Err(error) if !folder.is_dir() => Err(error),
        _ => Ok(()),
    }
}

/// Copies the configuration of a module that has nothing else.
fn copy_module(from: &Folder, place: &str, to: &Path) -> Result<(), Error> {
    let file = from.read(&format!("{place}/config.json"))?;
    let written = make_folder(to).and_then(|()| std::fs::write(to.join("config.json"), &*file));
    written.map_err(|e| write_failed(to, e))
}

fn write_failed(path: &Path, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(
        ErrorKind::Unwritable,
        format!("{} cannot be written", path.display()),
    )
    .caused(cause)
}

fn write_json(path: &Path, value: &Value) -> Result<(), Error> {
    std::fs::write(path, format!("{value:#}\n")).map_err(|e| write_failed(path, e))
}

fn quantization_config(scheme: Quantization) -> Value {
    match scheme {
        Quantization::Q4 => {
            json!({"quant_method": "yuyi-q4", "format": "q4_0", "bits": 4, "block_size": BLOCK})
        }
        Quantization::Int8 => json!({
            "quant_method": "compressed-tensors",
            "format": "int-quantized",
            "quantization_status": "compressed",
            "config_groups": {"group_0": {
                "targets": ["Linear"],
                "weights": {"num_bits": 8, "type": "int", "symmetric": true, "strategy": "channel", "dynamic": false},
                "input_activations": {"num_bits": 8, "type": "int", "symmetric": false, "strategy": "token", "dynamic": true},
            }},
        }),
    }
}

/// A tensor on its way into the file.
struct Written<'a> {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Cow<'a, [u8]>,
}

impl Written<'_> {
    /// Tensor `suffix` of module `module`.
    fn made(module: &str, suffix: &str, dtype: Dtype, shape: [usize; 2], bytes: Vec<u8>) -> Self {
        Self {
            name: format!("{module}.{suffix}"),
            dtype,
            shape: shape.to_vec(),
            bytes: Cow::Owned(bytes),
        }
    }
}

fn write_weights(
    tensors: &Tensors,
    (config, head): (&ModelConfig, Option<HeadSpec>),
    scheme: Quantization,
    path: &Path,
) -> Result<(), Error> {
    let mut written = copied(tensors, config, head)?;
    for layer in 0..config.layers {
        for (name, shape, _) in layer_linears(config, layer) {
            let table = Table::open(tensors, config, &name, shape)?;
            written.extend(match scheme {
                Quantization::Q4 => int4(&name, shape, &table)?,
                Quantization::Int8 => int8(&name, shape, &table)?,
            });
            table.release();
        }
    }
    write_file(&written, path)
}

/// Writes tensors into one file.
fn write_file(written: &[Written<'_>], path: &Path) -> Result<(), Error> {
    let views = written
        .iter()
        .map(|w| {
            Ok((
                w.name.as_str(),
                Stored::new(w.dtype, w.shape.clone(), &w.bytes)?,
            ))
        })
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let metadata = Some([("format".to_owned(), "pt".to_owned())].into());
    // The library's own way to a file keeps other users from reading it.
    let file = views
        .and_then(|views| serialize(views, metadata))
        .map_err(|e| write_failed(path, e))?;
    std::fs::write(path, file).map_err(|e| write_failed(path, e))
}

/// What is not quantised: embeddings, norms, biases, and the head that scores.
fn copied<'a>(
    tensors: &'a Tensors,
    config: &ModelConfig,
    head: Option<HeadSpec>,
) -> Result<Vec<Written<'a>>, Error> {
    let tables = tables(config).into_iter();
    let mut wanted: Vec<(String, Vec<usize>)> = tables
        .map(|(name, shape)| (format!("{name}.weight"), shape.to_vec()))
        .collect();
    let head_norm = head.and_then(|_| head::norm(config));
    for Norm { name, size, kind } in norms(config, config.layers).into_iter().chain(head_norm) {
        wanted.push((format!("{name}.weight"), vec![size]));
        if kind.bias {
            wanted.push((format!("{name}.bias"), vec![size]));
        }
    }
    for layer in 0..config.layers {
        let linears = layer_linears(config, layer).into_iter();
        for (name, [outputs, _], _) in linears.filter(|(.., bias)| *bias) {
            wanted.push((format!("{name}.bias"), vec![outputs]));
        }
    }
    wanted.extend(
        head.into_iter()
            .flat_map(|head| head::tensors(config, head)),
    );
    wanted
        .into_iter()
        .map(|(name, shape)| copy(tensors, name, shape))
        .collect()
}

fn copy(tensors: &Tensors, name: String, shape: Vec<usize>) -> Result<Written<'_>, Error> {
    let TensorView { dtype, bytes, .. } = tensors.get(&name, &shape)?;
    Ok(Written {
        name,
        dtype: dtype.into(),
        shape,
        bytes: Cow::Borrowed(bytes),
    })
}

fn int8(
    name: &str,
    [outputs, inputs]: [usize; 2],
    table: &Table<'_>,
) -> Result<[Written<'static>; 2], Error> {
    let (mut row, mut integers) = (vec![0.0; inputs], vec![0; inputs]);
    let (mut weight, mut scales) = (
        Vec::with_capacity(outputs * inputs),
        Vec::with_capacity(4 * outputs),
    );
    for i in 0..outputs {
        table.copy_row(i, &mut row)?;
        scales.extend(quantize_int8(&row, &mut integers).to_le_bytes());
        weight.extend(integers.iter().map(|&q| q as u8));
    }
    Ok([
        Written::made(name, "weight", Dtype::I8, [outputs, inputs], weight),
        Written::made(name, "weight_scale", Dtype::F32, [outputs, 1], scales),
    ])
}

fn int4(
    name: &str,
    [outputs, inputs]: [usize; 2],
    table: &Table<'_>,
) -> Result<[Written<'static>; 2], Error> {
    let mut row = vec![0.0; inputs];
    let mut packed = vec![0; outputs * inputs / 2];
    let mut scales = vec![f16::ZERO; outputs * inputs / BLOCK];
    let rows = packed
        .chunks_exact_mut(inputs / 2)
        .zip(scales.chunks_exact_mut(inputs / BLOCK));
    for (i, (packed, scales)) in rows.enumerate() {
        table.copy_row(i, &mut row)?;
        quantize_int4(&row, packed, scales);
    }
    let scales = scales.iter().flat_map(|s| s.to_le_bytes()).collect();
    Ok([
        Written::made(name, "weight_q4", Dtype::U8, [outputs, inputs / 2], packed),
        Written::made(
            name,
            "weight_q4_scale",
            Dtype::F16,
            [outputs, inputs / BLOCK],
            scales,
        ),
    ])
}

fn readme(name: &str, scheme: Quantization, agreement: Agreement) -> String {
    let (precision, layout) = match scheme {
        Quantization::Q4 => (
            Precision::Int4,
            "| `X.weight_q4` | U8 | [out, in / 2] |\n| `X.weight_q4_scale` | F16 | [out, in / 32] |\n\n\
             A block of 32 weights along `in` is 16 bytes: byte j holds weight j in its low nibble and weight j + 16 in its high\n\
             one; a weight is (nibble - 8) · scale.\n",
        ),
        Quantization::Int8 => (
            Precision::Int8,
            "| `X.weight` | I8 | [out, in] |\n| `X.weight_scale` | F32 | [out, 1] |\n\n\
             A weight is integer · scale. No integer is beyond ±127, and of each eight weights along `in` the positive ones among\n\
             {0, 1, 4, 5} and among {2, 3, 6, 7} add up to 227 at most, and so do the absolute values of the negative ones: products\n\
             with activations of up to 144 then fit 16 bits.\n",
        ),
    };
    let precision = precision.name();
    format!(
        "# {name}, {precision}\n\nMade from {name} by yuyi. Each linear `X.weight` [out, in] of the original is two tensors:\n\n\
         | tensor | type | shape |\n|---|---|---|\n{layout}\n\
         Everything else is as in the original.\n\n\
         {agreement}\n"
    )
}

#[cfg(test)]
mod tests;
