//! Weights in formats that other programs read, and what to do about them.

use crate::error::{Error, ErrorKind};
use crate::folder::Folder;
use crate::json::read_json;
use serde_json::Value;

/// Files in which weights may be instead, which yuyi does not read.
const FILES: [(&str, Format); 9] = [
    ("tf_model.h5", Format::TensorFlow),
    ("flax_model.msgpack", Format::Flax),
    ("model.onnx", Format::Compiled),
    ("onnx/model.onnx", Format::Compiled),
    ("model_optimized.onnx", Format::Compiled),
    ("model_state.pdparams", Format::Paddle),
    ("model.pdparams", Format::Paddle),
    ("openvino_model.xml", Format::Compiled),
    ("openvino/openvino_model.xml", Format::Compiled),
];

#[derive(Clone, Copy)]
enum Format {
    TensorFlow,
    Flax,
    /// ONNX and OpenVINO: made of a model for running it, with names and shapes of their own.
    Compiled,
    Paddle,
}

/// Tells apart a folder whose weights are in another format from one without weights.
///
/// # Errors
/// For the former, with what to do.
pub(super) fn refuse(folder: &Folder) -> Result<(), Error> {
    let Some((other, format)) = FILES.iter().find(|(file, _)| folder.contains(file)) else {
        return Ok(());
    };
    let missing = folder.show("model.safetensors");
    let what = match (format, origin(folder)) {
        (Format::TensorFlow, _) => format!(
            "{missing} does not exist, and yuyi does not read {other}. Convert it in Python, with pip install \"transformers<5\" torch tensorflow: \
             AutoModel.from_pretrained(FOLDER, from_tf=True).save_pretrained(FOLDER)."
        ),
        (Format::Flax, _) => format!(
            "{missing} does not exist, and yuyi does not read {other}. Convert it in Python, with pip install \"transformers<5\" torch flax: \
             AutoModel.from_pretrained(FOLDER, from_flax=True).save_pretrained(FOLDER)."
        ),
        (Format::Compiled, Some(origin)) => format!(
            "{missing} does not exist, and yuyi does not read {other}, which cannot be turned back. Fetch the model that it was made of: \
             `yuyi pull {origin}`."
        ),
        (Format::Compiled, None) => format!(
            "{missing} does not exist, and yuyi does not read {other}, which cannot be turned back. Fetch the model that it was made of, \
             with its safetensors, by its repository: `yuyi pull ORG/NAME`."
        ),
        (Format::Paddle, _) => format!(
            "{missing} does not exist, and yuyi does not read {other}. Baidu's ERNIE models are published for transformers, too: \
             `yuyi pull nghuyong/ernie-3.0-base-zh`; convert.py of github.com/nghuyong/ERNIE-Pytorch converts one of your own."
        ),
    };
    Err(Error::new(ErrorKind::NotFound, what))
}

/// The repository that the configuration says the model was made of. A path of whoever made it is none.
fn origin(folder: &Folder) -> Option<String> {
    let config: Value = read_json(folder, "config.json").ok()?;
    let origin = config.get("_name_or_path")?.as_str()?;
    let (owner, name) = origin.split_once('/')?;
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    (is_name(owner) && is_name(name)).then(|| origin.to_owned())
}
