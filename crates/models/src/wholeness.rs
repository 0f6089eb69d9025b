//! Whether a folder holds a whole model, as far as that can be told without reading its weights.
//!
//! A folder that a download or a copy was interrupted in has a `config.json` but no model. What is looked at is what an
//! interruption leaves behind: files that are missing, and files that are too short. Sums are for `yuyi models verify`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;
use yuyi_encoder::{is_part_of_vocabulary, open_plain, read_plain};

use crate::defaults::known_folder;
use crate::manifest::{Manifest, is_inside};

/// Most bytes of a list of shards or of modules.
const LONGEST_LIST: u64 = 16 << 20;

/// Most bytes of the header of a safetensors file.
const LONGEST_HEADER: u64 = 64 << 20;

/// The list of modules.
const MODULES: &str = "modules.json";

/// Where weights may be, in the order in which they are taken.
const WEIGHTS: [&str; 4] = [
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
];

/// Where the vocabulary may be.
const VOCABULARIES: [&str; 5] = [
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "sentencepiece.bpe.model",
    "spiece.model",
];

/// What is missing for a whole model; the end of a sentence, such as `model.safetensors is missing`.
///
/// # Errors
/// That.
pub fn check_whole(folder: &Path) -> Result<Option<Manifest>, String> {
    let manifest = Manifest::read(folder)?;
    if let Some(manifest) = &manifest {
        for file in &manifest.files {
            check_size(folder, &file.path, file.size)?;
        }
    }
    let modules = Modules::read(folder);
    let transformer = modules.of("Transformer").next().unwrap_or_default();
    let below = |file: &str| match transformer {
        "" => file.to_owned(),
        base => format!("{base}/{file}"),
    };
    if !folder.join(below("config.json")).is_file() {
        return Err(format!("{} is missing", below("config.json")));
    }
    let weights = WEIGHTS
        .into_iter()
        .find(|file| exists(folder, &below(file)));
    let Some(weights) = weights else {
        return Err(format!("{} is missing", below(WEIGHTS[0])));
    };
    check_weights(folder, transformer, weights)?;
    check_steps(folder, &modules)?;
    let mut vocabularies = VOCABULARIES.into_iter().map(below);
    match vocabularies.find(|file| exists(folder, file)) {
        Some(file) => {
            check_pointer(folder, &file)?;
            check_vocabulary(folder, &file, &below("config.json"))?;
            Ok(manifest)
        }
        None => Err(format!("{} is missing", below(VOCABULARIES[0]))),
    }
}

/// What pointers of Git LFS begin with, which `git clone` leaves in the place of large files where Git LFS is not installed.
const POINTER: &[u8] = b"version https://git-lfs";

/// Whether a file is only a pointer of Git LFS.
pub fn is_lfs_pointer(path: &Path) -> bool {
    let read = || {
        let mut start = [0; POINTER.len()];
        open_plain(path).ok()?.read_exact(&mut start).ok()?;
        Some(start == POINTER)
    };
    read().unwrap_or(false)
}

fn check_pointer(folder: &Path, file: &str) -> Result<(), String> {
    match is_lfs_pointer(&folder.join(file)) {
        true => Err(format!(
            "{file} is a pointer of Git LFS and not the file itself (`git lfs pull` in its folder fetches that)"
        )),
        false => Ok(()),
    }
}

/// A `vocab.txt` has about as many lines as the model has token embeddings.
fn check_vocabulary(folder: &Path, file: &str, config: &str) -> Result<(), String> {
    if !file.ends_with("vocab.txt") {
        return Ok(());
    }
    let read = |file: &str| read_plain(&folder.join(file), LONGEST_LIST);
    // The loader says what is wrong with files that cannot be read.
    let (Ok(config), Ok(tokens)) = (read(config), read(file)) else {
        return Ok(());
    };
    let config: Value = serde_json::from_slice(&config).unwrap_or_default();
    let rows = config["vocab_size"].as_u64().unwrap_or_default();
    let tokens = String::from_utf8_lossy(&tokens).lines().count();
    match is_part_of_vocabulary(tokens, usize::try_from(rows).unwrap_or(usize::MAX)) {
        true => Err(format!(
            "{file} has {tokens} of the {rows} tokens that config.json tells"
        )),
        false => Ok(()),
    }
}

/// A dangling link counts: it is what is wrong then.
fn exists(folder: &Path, file: &str) -> bool {
    folder.join(file).symlink_metadata().is_ok()
}

/// The list of modules.
struct Modules(Value);

impl Modules {
    /// That of a folder; one that is missing or none has no modules.
    fn read(folder: &Path) -> Self {
        let list = read_plain(&folder.join(MODULES), LONGEST_LIST).unwrap_or_default();
        Self(serde_json::from_slice(&list).unwrap_or_default())
    }

    /// The folders of the modules of a kind inside the model's, `""` for the model's own; the loader says what is wrong with one that leads elsewhere.
    fn of(&self, kind: &str) -> impl Iterator<Item = &str> {
        let modules = self.0.as_array().into_iter().flatten();
        let of_kind = modules.filter(move |module| {
            let class = module["type"].as_str().unwrap_or_default();
            class.rsplit_once('.').is_some_and(|(_, name)| name == kind)
        });
        let paths = of_kind.filter_map(|module| module["path"].as_str());
        let paths = paths.map(|path| path.trim_matches('/'));
        paths.filter(|path| is_inside(path))
    }
}

/// The steps behind the Transformer. A library that reads the Transformer alone fetches nothing else, and a Dense changes every vector.
fn check_steps(folder: &Path, modules: &Modules) -> Result<(), String> {
    for kind in ["Pooling", "Dense"] {
        for path in modules.of(kind) {
            let config = format!("{path}/config.json");
            if !folder.join(&config).is_file() {
                return Err(format!("{config} is missing"));
            }
        }
    }
    for path in modules.of("Dense") {
        let weights = |file: &&str| exists(folder, &format!("{path}/{file}"));
        match WEIGHTS.into_iter().find(weights) {
            Some(weights) => check_weights(folder, path, weights)?,
            None => return Err(format!("{path}/{} is missing", WEIGHTS[0])),
        }
    }
    match known_folder(folder).filter(|known| known.has_dense()) {
        Some(known) if !exists(folder, MODULES) => Err(format!(
            "{MODULES} is missing, and with it the Dense that {} has behind its pooling",
            known.name
        )),
        _ => Ok(()),
    }
}

fn check_size(folder: &Path, file: &str, size: u64) -> Result<(), String> {
    match folder.join(file).metadata() {
        Ok(found) if found.is_file() && found.len() == size => Ok(()),
        Ok(found) if found.is_file() => {
            check_pointer(folder, file)?;
            let length = found.len();
            Err(format!("{file} has {length} bytes instead of {size}"))
        }
        Ok(_) => Err(format!("{file} is no file")),
        Err(_) => Err(format!("{file} is missing")),
    }
}

fn check_weights(folder: &Path, base: &str, weights: &str) -> Result<(), String> {
    let below = |file: &str| match base {
        "" => file.to_owned(),
        base => format!("{base}/{file}"),
    };
    if !weights.ends_with(".index.json") {
        return check_complete(folder, &below(weights));
    }
    let damaged = || format!("{} is damaged", below(weights));
    let list = read_plain(&folder.join(below(weights)), LONGEST_LIST).map_err(|_| damaged())?;
    let list: Value = serde_json::from_slice(&list).map_err(|_| damaged())?;
    let map = list["weight_map"].as_object().ok_or_else(damaged)?;
    let shards: BTreeSet<&str> = map.values().filter_map(Value::as_str).collect();
    for shard in shards {
        if !is_inside(shard) {
            return Err(damaged());
        }
        check_complete(folder, &below(shard))?;
    }
    Ok(())
}

/// A file of weights is as long as it says; of other forms than safetensors, it is not empty.
fn check_complete(folder: &Path, file: &str) -> Result<(), String> {
    let path = folder.join(file);
    let missing = |_| format!("{file} is missing");
    path.metadata().map_err(missing)?;
    check_pointer(folder, file)?;
    let unreadable = |error: std::io::Error| format!("{file} cannot be read ({error})");
    let opened = open_plain(&path).map_err(unreadable)?;
    let length = opened.metadata().map_err(unreadable)?.len();
    let wanted = match file.ends_with(".safetensors") {
        true => wanted_length(opened, length),
        false => Some(length.max(1)),
    };
    match wanted {
        None => Err(format!("{file} is damaged, or not all of it is there")),
        Some(wanted) if wanted == length => Ok(()),
        Some(wanted) => Err(format!("{file} has {length} bytes instead of {wanted}")),
    }
}

/// The length that the header of a safetensors file tells.
fn wanted_length(mut file: File, length: u64) -> Option<u64> {
    let mut size = [0; 8];
    file.read_exact(&mut size).ok()?;
    let size = u64::from_le_bytes(size);
    if size > LONGEST_HEADER || size > length {
        return None;
    }
    let mut header = vec![0; usize::try_from(size).ok()?];
    file.read_exact(&mut header).ok()?;
    let header: Value = serde_json::from_slice(&header).ok()?;
    let tensors = header.as_object()?.iter();
    let mut ends = tensors
        .filter(|(name, _)| *name != "__metadata__")
        .map(|(_, tensor)| tensor["data_offsets"][1].as_u64());
    let end = ends.try_fold(0, |most: u64, end| Some(most.max(end?)))?;
    size.checked_add(8)?.checked_add(end)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::fs;

    /// A file of weights with one tensor of four bytes.
    pub(crate) fn weights() -> Vec<u8> {
        let header = br#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header);
        file.extend([0; 4]);
        file
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.json"), "{}").unwrap();
        fs::write(folder.path().join("vocab.txt"), "a\n").unwrap();
        fs::write(folder.path().join("model.safetensors"), weights()).unwrap();
        folder
    }

    #[test]
    fn every_cut_of_the_weights_is_seen() {
        let folder = folder();
        assert_eq!(check_whole(folder.path()), Ok(None));
        let whole = weights();
        for length in 0..whole.len() {
            fs::write(folder.path().join("model.safetensors"), &whole[..length]).unwrap();
            assert!(check_whole(folder.path()).is_err(), "{length} bytes");
        }
        let longer = [whole.as_slice(), &[0]].concat();
        fs::write(folder.path().join("model.safetensors"), longer).unwrap();
        assert!(check_whole(folder.path()).is_err());
    }

    #[test]
    fn a_vocabulary_that_was_cut_is_seen() {
        let folder = folder();
        let config = r#"{"vocab_size": 21128}"#;
        fs::write(folder.path().join("config.json"), config).unwrap();
        for (lines, is_whole) in [(21_128, true), (20_900, true), (15_000, false), (1, false)] {
            fs::write(folder.path().join("vocab.txt"), "字\n".repeat(lines)).unwrap();
            let told = check_whole(folder.path());
            assert_eq!(told.is_ok(), is_whole, "{lines}: {told:?}");
        }
        let told = check_whole(folder.path()).unwrap_err();
        let expected = "vocab.txt has 1 of the 21128 tokens that config.json tells";
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_missing_is_named() {
        for file in ["config.json", "model.safetensors"] {
            let folder = folder();
            fs::remove_file(folder.path().join(file)).unwrap();
            let told = check_whole(folder.path()).unwrap_err();
            assert_eq!(told, format!("{file} is missing"));
        }
        let folder = folder();
        fs::remove_file(folder.path().join("vocab.txt")).unwrap();
        let told = check_whole(folder.path()).unwrap_err();
        assert_eq!(told, "tokenizer.json is missing");
    }

    #[test]
    fn pointers_of_git_lfs_are_called_that() {
        let pointer =
            "version https://git-lfs.github.com/spec/v1\noid sha256:4665\nsize 204557152\n";
        for file in ["model.safetensors", "vocab.txt"] {
            let folder = folder();
            fs::write(folder.path().join(file), pointer).unwrap();
            let told = check_whole(folder.path()).unwrap_err();
            let expected = format!("{file} is a pointer of Git LFS and not the file itself");
            assert!(told.starts_with(&expected), "{told}");
        }
        // Where its length is known, too.
        let folder = folder();
        let manifest = r#"{"version": 1, "name": "m", "files": [{"path": "model.safetensors", "size": 9, "sha256": "00"}]}"#;
        fs::write(folder.path().join(crate::MANIFEST_FILE), manifest).unwrap();
        fs::write(folder.path().join("model.safetensors"), pointer).unwrap();
        let told = check_whole(folder.path()).unwrap_err();
        assert!(told.contains("pointer of Git LFS"), "{told}");
        // Weights of PyTorch have no length of their own.
        fs::remove_file(folder.path().join(crate::MANIFEST_FILE)).unwrap();
        fs::remove_file(folder.path().join("model.safetensors")).unwrap();
        fs::write(folder.path().join("pytorch_model.bin"), pointer).unwrap();
        let told = check_whole(folder.path()).unwrap_err();
        assert!(told.starts_with("pytorch_model.bin is a pointer"), "{told}");
    }

    #[test]
    fn all_shards_have_to_be_there() {
        let folder = folder();
        fs::remove_file(folder.path().join("model.safetensors")).unwrap();
        let list = r#"{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}"#;
        fs::write(folder.path().join("model.safetensors.index.json"), list).unwrap();
        fs::write(folder.path().join("model-1.safetensors"), weights()).unwrap();
        let told = check_whole(folder.path()).unwrap_err();
        assert_eq!(told, "model-2.safetensors is missing");
        fs::write(folder.path().join("model-2.safetensors"), weights()).unwrap();
        assert_eq!(check_whole(folder.path()), Ok(None));
        fs::write(
            folder.path().join("model.safetensors.index.json"),
            r#"{"weight_map": {"a": "../model.safetensors"}}"#,
        )
        .unwrap();
        assert!(check_whole(folder.path()).is_err());
    }

    #[test]
    fn a_transformer_may_lie_in_a_folder_below() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("0_Transformer");
        fs::create_dir(&below).unwrap();
        fs::write(
            folder.path().join("modules.json"),
            r#"[{"type": "sentence_transformers.models.Transformer", "path": "0_Transformer"}]"#,
        )
        .unwrap();
        fs::write(below.join("config.json"), "{}").unwrap();
        let told = check_whole(folder.path()).unwrap_err();
        assert_eq!(told, "0_Transformer/model.safetensors is missing");
        fs::write(below.join("model.safetensors"), weights()).unwrap();
        fs::write(below.join("tokenizer.json"), "{}").unwrap();
        assert_eq!(check_whole(folder.path()), Ok(None));
    }

    #[test]
    fn steps_that_are_listed_or_known_have_to_be_there() {
        let told = |folder: &Path| check_whole(folder).unwrap_err();
        let plain = folder();
        let labse = plain.path().join("LaBSE");
        fs::create_dir(&labse).unwrap();
        for file in ["config.json", "vocab.txt", "model.safetensors"] {
            fs::copy(plain.path().join(file), labse.join(file)).unwrap();
        }
        let expected =
            "modules.json is missing, and with it the Dense that LaBSE has behind its pooling";
        assert_eq!(told(&labse), expected);
        let list = r#"[{"type": "sentence_transformers.models.Transformer", "path": ""},
            {"type": "sentence_transformers.models.Pooling", "path": "pooling"},
            {"type": "sentence_transformers.models.Dense", "path": "dense"}]"#;
        fs::write(labse.join("modules.json"), list).unwrap();
        for file in [
            "pooling/config.json",
            "dense/config.json",
            "dense/model.safetensors",
        ] {
            assert_eq!(told(&labse), format!("{file} is missing"));
            fs::create_dir_all(labse.join(file).parent().unwrap()).unwrap();
            fs::write(labse.join(file), weights()).unwrap();
        }
        assert_eq!(check_whole(&labse), Ok(None));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_no_file() {
        let folder = folder();
        let weights = folder.path().join("model.safetensors");
        fs::remove_file(&weights).unwrap();
        std::os::unix::fs::symlink("../gone", &weights).unwrap();
        let told = check_whole(folder.path()).unwrap_err();
        assert_eq!(told, "model.safetensors is missing");
    }
}
