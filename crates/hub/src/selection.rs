//! Which files of a repository are needed: the model once, in the best form, and what says how to use it.

use serde_json::Value;
use yuyi_models::is_inside;

use crate::listing::RemoteFile;

/// What may lie beside weights and is needed, as long as it is there.
const COMPANIONS: [&str; 14] = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "vocab.txt",
    "modules.json",
    "config_sentence_transformers.json",
    "calibration.json",
    "README.md",
    "LICENSE",
    "LICENSE.txt",
    "NOTICE",
];

/// Forms of weights that other programs read, and what their names end in.
const FOREIGN: [(&str, &str); 7] = [
    (".onnx", "ONNX"),
    (".pdparams", "Paddle"),
    (".pdmodel", "Paddle"),
    (".h5", "TensorFlow"),
    (".msgpack", "Flax"),
    (".gguf", "GGUF"),
    (".bin", "PyTorch, under a name that is not the usual one"),
];

/// The files to fetch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    /// Everything but weights: it says whether the weights are worth fetching.
    pub(crate) companions: Vec<RemoteFile>,
    pub(crate) weights: Vec<RemoteFile>,
}

impl Selection {
    /// All of them.
    pub(crate) fn files(&self) -> impl Iterator<Item = &RemoteFile> {
        self.companions.iter().chain(&self.weights)
    }

    /// Bytes of all of them.
    pub(crate) fn bytes(&self) -> u64 {
        self.files().map(|file| file.size).sum()
    }
}

/// The list of the steps of sentence-transformers.
pub(crate) const MODULES: &str = "modules.json";

/// Whether only the list of steps tells which folders are needed: there is one, and a folder that its name does not tell.
pub(crate) fn needs_modules(files: &[RemoteFile]) -> bool {
    let is_other = |file: &RemoteFile| {
        let folder = file.path.strip_suffix("/config.json");
        folder.is_some_and(|folder| folder.contains('/') || !is_step(folder))
    };
    files.iter().any(|file| file.path == MODULES) && files.iter().any(is_other)
}

/// The folders that a list of steps names; the loader says what is wrong with one that is no list.
pub(crate) fn folders_of(modules: &Value) -> Vec<String> {
    let modules = modules.as_array().into_iter().flatten();
    let paths = modules.filter_map(|module| module["path"].as_str());
    let paths = paths.map(|path| path.trim_matches('/'));
    let inside = paths.filter(|path| !path.is_empty() && is_inside(path));
    inside.map(str::to_owned).collect()
}

/// Chooses among the files of a repository; `steps` are the folders that its list of steps names.
///
/// # Errors
/// What is missing for a model that can be read, as a sentence.
pub(crate) fn select(files: &[RemoteFile], steps: &[String]) -> Result<Selection, String> {
    let mut selection = Selection::default();
    let mut has_config = false;
    let mut has_vocabulary = false;
    let mut adapter = None;
    for base in bases(files, steps) {
        let here = |name: &str| {
            let path = format!("{base}{name}");
            files.iter().find(|file| file.path == path)
        };
        has_config |= here("config.json").is_some();
        has_vocabulary |= here("tokenizer.json").or(here("vocab.txt")).is_some();
        let companions = COMPANIONS.into_iter().filter_map(here);
        selection.companions.extend(companions.cloned());
        let sentence = files
            .iter()
            .filter(|file| is_sentence_config(&file.path, &base));
        selection.companions.extend(sentence.cloned());
        selection.weights.extend(weights(files, &base));
        let mut paths = files.iter().map(|file| &file.path);
        adapter = adapter.or_else(|| paths.find(|path| is_adapter(path, &base)));
    }
    if let Some(adapter) = adapter {
        return Err(match selection.weights.is_empty() {
            true => "it holds an adapter (LoRA or its like) and no model; merge it into its model with merge_and_unload() of peft, and save that.".to_owned(),
            // Without it the model would be another one, and nobody would see that.
            false => format!(
                "an adapter (LoRA or its like) lies beside its weights ({adapter}), and yuyi does not apply it. Merge it in Python with merge_and_unload() of peft, save the whole model, and name its folder."
            ),
        });
    }
    if selection.weights.is_empty()
        && let Some(told) = foreign(files)
    {
        return Err(told);
    }
    if !has_config {
        return Err("it has no config.json.".to_owned());
    }
    if selection.weights.is_empty() {
        return Err("it has no weights (model.safetensors).".to_owned());
    }
    if !has_vocabulary {
        return Err(
            "it has neither tokenizer.json nor vocab.txt; save its tokenizer in the fast form."
                .to_owned(),
        );
    }
    Ok(selection)
}

/// The repository itself, and the folders of the steps of sentence-transformers: those that are named, and those that are called so,
/// such as `1_Pooling/`.
fn bases(files: &[RemoteFile], steps: &[String]) -> Vec<String> {
    let mut bases = vec![String::new()];
    for step in steps {
        let base = format!("{step}/");
        if !bases.contains(&base) {
            bases.push(base);
        }
    }
    for file in files {
        let Some((folder, _)) = file.path.split_once('/') else {
            continue;
        };
        let base = format!("{folder}/");
        if is_step(folder) && is_inside(folder) && !bases.contains(&base) {
            bases.push(base);
        }
    }
    bases
}

/// Whether a folder is called as sentence-transformers calls those of steps.
fn is_step(folder: &str) -> bool {
    let parts = folder.split_once('_');
    parts.is_some_and(|(number, name)| is_number(number) && !name.is_empty())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `sentence_bert_config.json` and its like.
fn is_sentence_config(path: &str, base: &str) -> bool {
    let name = path.strip_prefix(base).filter(|name| !name.contains('/'));
    name.is_some_and(|name| name.starts_with("sentence_") && name.ends_with("_config.json"))
}

/// A file of an adapter beside the weights, which the libraries that a model is made with would apply.
fn is_adapter(path: &str, base: &str) -> bool {
    let name = path.strip_prefix(base).filter(|name| !name.contains('/'));
    name.is_some_and(|name| name == "adapter_config.json" || name.starts_with("adapter_model."))
}

/// The weights of a folder in the first form of these that it has: a safetensors file, several of them, what PyTorch pickles.
fn weights(files: &[RemoteFile], base: &str) -> Vec<RemoteFile> {
    let of = |wanted: &dyn Fn(&str) -> bool| -> Vec<RemoteFile> {
        let here = files.iter().filter(|file| {
            let name = file.path.strip_prefix(base);
            name.is_some_and(|name| is_inside(name) && !name.contains('/') && wanted(name))
        });
        here.cloned().collect()
    };
    let forms: [&dyn Fn(&str) -> bool; 4] = [
        &|name| name == "model.safetensors",
        &|name| is_sharded(name, "model", ".safetensors"),
        &|name| name == "pytorch_model.bin",
        &|name| is_sharded(name, "pytorch_model", ".bin"),
    ];
    let found = forms.into_iter().map(of);
    found
        .into_iter()
        .find(|files| !files.is_empty())
        .unwrap_or_default()
}

/// `model-00001-of-00002.safetensors`, or the list of such files.
fn is_sharded(name: &str, stem: &str, ending: &str) -> bool {
    if name == format!("{stem}{ending}.index.json") {
        return true;
    }
    let middle = name
        .strip_prefix(stem)
        .and_then(|rest| rest.strip_suffix(ending));
    let numbers = middle.and_then(|rest| rest.strip_prefix('-')?.split_once("-of-"));
    numbers.is_some_and(|(part, of)| is_number(part) && is_number(of))
}

/// What is said of weights that other programs read, if there are some.
fn foreign(files: &[RemoteFile]) -> Option<String> {
    let (_, form) = FOREIGN.into_iter().find(|(ending, _)| {
        let mut files = files.iter();
        files.any(|file| file.path.ends_with(ending))
    })?;
    Some(match form {
        "Paddle" => "its weights are for Paddle; yuyi reads model.safetensors and pytorch_model.bin. Baidu's ERNIE models are \
            published so as well, such as nghuyong/ernie-3.0-base-zh."
            .to_owned(),
        _ => format!(
            "its weights are for {form}; yuyi reads model.safetensors and pytorch_model.bin, which the model it was made of may have."
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::Sum;

    fn files(paths: &[&str]) -> Vec<RemoteFile> {
        let file = |path: &&str| RemoteFile {
            path: (*path).to_owned(),
            size: 1,
            sum: Sum::git_blob(&"0".repeat(40)).unwrap(),
        };
        paths.iter().map(file).collect()
    }

    fn chosen(paths: &[&str]) -> Result<Vec<String>, String> {
        let selection = select(&files(paths), &[])?;
        let mut chosen: Vec<String> = selection.files().map(|f| f.path.clone()).collect();
        chosen.sort();
        Ok(chosen)
    }

    #[test]
    fn a_model_is_taken_once() {
        let all = [
            ".gitattributes",
            "1_Pooling/config.json",
            "README.md",
            "chat_template.jinja",
            "checkpoints/adapter_config.json",
            "config.json",
            "config_sentence_transformers.json",
            "flax_model.msgpack",
            "model.fp16.safetensors",
            "model.safetensors",
            "modules.json",
            "onnx/config.json",
            "onnx/model.onnx",
            "openvino/openvino_model.bin",
            "pytorch_model.bin",
            "rust_model.ot",
            "sentence_bert_config.json",
            "sentencepiece.bpe.model",
            "special_tokens_map.json",
            "tf_model.h5",
            "tokenizer.json",
            "tokenizer_config.json",
            "train/sentence_x_config.json",
            "vocab.txt",
            "../../model.safetensors",
        ];
        let expected = [
            "1_Pooling/config.json",
            "README.md",
            "chat_template.jinja",
            "config.json",
            "config_sentence_transformers.json",
            "model.safetensors",
            "modules.json",
            "sentence_bert_config.json",
            "special_tokens_map.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "vocab.txt",
        ];
        assert_eq!(chosen(&all).unwrap(), expected);
    }

    #[test]
    fn folders_are_those_that_the_list_of_steps_names() {
        let listed = serde_json::json!([
            {"path": ""}, {"path": "pooling"}, {"path": "heads/dense/"}, {"path": "../up"}, {"idx": 3},
        ]);
        let steps = folders_of(&listed);
        assert_eq!(steps, ["pooling", "heads/dense"]);
        assert_eq!(folders_of(&serde_json::json!({})), [""; 0]);
        let paths = [
            "config.json",
            "vocab.txt",
            "model.safetensors",
            "modules.json",
            "pooling/config.json",
            "heads/dense/config.json",
            "heads/dense/model.safetensors",
            "onnx/config.json",
        ];
        let all = files(&paths);
        assert!(needs_modules(&all));
        let selection = select(&all, &steps).unwrap();
        let chosen: Vec<&str> = selection.files().map(|file| file.path.as_str()).collect();
        for path in &paths[..7] {
            assert!(chosen.contains(path), "{path}");
        }
        assert_eq!(chosen.len(), 7);
        assert!(!needs_modules(&files(&[
            "modules.json",
            "1_Pooling/config.json"
        ])));
        assert!(!needs_modules(&files(&["onnx/config.json"])));
    }

    #[test]
    fn weights_come_in_the_best_form_of_each_folder() {
        let base = ["config.json", "tokenizer.json"];
        for (paths, expected) in [
            (
                &["pytorch_model.bin", "model-q.safetensors"][..],
                &["pytorch_model.bin"][..],
            ),
            (
                &[
                    "model-00001-of-00002.safetensors",
                    "model-00002-of-00002.safetensors",
                    "model.safetensors.index.json",
                    "pytorch_model.bin",
                ],
                &[
                    "model-00001-of-00002.safetensors",
                    "model-00002-of-00002.safetensors",
                    "model.safetensors.index.json",
                ],
            ),
            (
                &[
                    "model.safetensors",
                    "2_Dense/config.json",
                    "2_Dense/pytorch_model.bin",
                    "2_Dense/model.safetensors",
                ],
                &[
                    "2_Dense/config.json",
                    "2_Dense/model.safetensors",
                    "model.safetensors",
                ],
            ),
            (
                &["model.safetensors", "2_Dense/pytorch_model.bin"],
                &["2_Dense/pytorch_model.bin", "model.safetensors"],
            ),
        ] {
            let mut expected: Vec<&str> = expected.iter().chain(&base).copied().collect();
            expected.sort_unstable();
            let paths: Vec<&str> = paths.iter().chain(&base).copied().collect();
            assert_eq!(chosen(&paths).unwrap(), expected);
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_before_it_is_fetched() {
        for (paths, expected) in [
            (
                &["config.json", "tokenizer.json", "onnx/model.onnx"][..],
                "for ONNX",
            ),
            (
                &["config.json", "vocab.txt", "model_state.pdparams"],
                "for Paddle",
            ),
            (&["config.json", "tokenizer.json"], "no weights"),
            (&["model.safetensors", "tokenizer.json"], "no config.json"),
            (
                &["model.safetensors", "config.json", "spiece.model"],
                "neither tokenizer.json",
            ),
            (&["a.gguf"], "for GGUF"),
            (&["README.md"], "no config.json"),
            (
                &[
                    "adapter_config.json",
                    "adapter_model.safetensors",
                    "tokenizer.json",
                ],
                "it holds an adapter",
            ),
            (
                &["adapter_config.json", "adapter_model.bin"],
                "it holds an adapter",
            ),
            (
                &[
                    "config.json",
                    "tokenizer.json",
                    "model.safetensors",
                    "adapter_config.json",
                ],
                "lies beside its weights (adapter_config.json)",
            ),
            (
                &[
                    "config.json",
                    "tokenizer.json",
                    "0_Transformer/model.safetensors",
                    "0_Transformer/adapter_model.safetensors",
                ],
                "lies beside its weights (0_Transformer/adapter_model.safetensors)",
            ),
        ] {
            let error = chosen(paths).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
