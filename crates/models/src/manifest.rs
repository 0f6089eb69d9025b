//! What an installed model's folder says of how it came there: `yuyi-model.json`.

use std::path::Path;

use serde::{Deserialize, Serialize};
use yuyi_encoder::read_plain;

use crate::catalogue::{find_repository, name_of_repository};

/// Name of the file in a model's folder.
pub const MANIFEST_FILE: &str = "yuyi-model.json";

/// Version of the file's form.
pub const MANIFEST_VERSION: u32 = 1;

/// Most bytes of a manifest; real ones have some thousands.
const LONGEST: u64 = 4 << 20;

/// Where a model came from, and which files make it up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this form.
    pub version: u32,
    /// What the model is called here.
    pub name: String,
    /// What it was called where it was exported, if it has another name here and no origin: what the catalogue knows of that name holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<String>,
    /// Where it was fetched; `None`: nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<ModelOrigin>,
    /// The licence of its weights, as far as told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// The licence, or what is known of the model, forbids commercial use.
    #[serde(default)]
    pub non_commercial: bool,
    /// Number format that the weights were brought into here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantized: Option<String>,
    /// Its files but for this one and `calibration.json`.
    pub files: Vec<ManifestFile>,
}

/// Where a model was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelOrigin {
    /// `huggingface` or `modelscope`.
    pub hub: String,
    /// Address of the hub, or of its mirror.
    pub endpoint: String,
    /// The repository there.
    pub repository: String,
    /// The branch, tag or commit that was asked for.
    pub revision: String,
    /// The commit, where the hub told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

impl ModelOrigin {
    /// Whether the newest version was asked for, and no other branch, tag or commit.
    pub fn is_newest(&self) -> bool {
        ["main", "master"].contains(&self.revision.as_str())
    }
}

/// A file of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Its name in the folder, with `/`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
}

impl Manifest {
    /// The manifest of a folder, if it has one.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn read(folder: &Path) -> Result<Option<Self>, String> {
        let path = folder.join(MANIFEST_FILE);
        if path.symlink_metadata().is_err() {
            return Ok(None);
        }
        let bytes = read_plain(&path, LONGEST).map_err(|error| damaged(&error))?;
        Self::parse(&bytes).map(Some)
    }

    /// A manifest from its file's bytes.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| damaged(&error))?;
        if manifest.version > MANIFEST_VERSION {
            return Err(format!("{MANIFEST_FILE} was written by a newer yuyi"));
        }
        match manifest.files.iter().find(|file| !is_inside(&file.path)) {
            Some(file) => Err(damaged(&format!("{:?} leaves the folder", file.path))),
            None => Ok(manifest),
        }
    }

    /// As the file has it.
    pub fn to_json(&self) -> String {
        // Strings and numbers, which JSON can always say.
        let json = serde_json::to_string_pretty(self).unwrap_or_default();
        json + "\n"
    }

    /// The command that fetches the model as it was, to be called `name`; `None`: nobody knows where it came from.
    pub fn fetched_by(&self, name: &str) -> Option<String> {
        let origin = self.origin.as_ref()?;
        let repository = &origin.repository;
        let known = find_repository(repository);
        let wanted = known.map_or(repository, |known| &known.name);
        let mut command = format!("yuyi pull {wanted}");
        if name_of_repository(repository) != name {
            command += &format!(" --name {name}");
        }
        if known.is_none() && origin.hub == "modelscope" {
            command += " --from modelscope";
        }
        if !origin.is_newest() {
            command += &format!(" --revision {}", origin.revision);
        }
        if let Some(format) = &self.quantized {
            command += &format!(" --quantize {format}");
        }
        Some(command)
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

fn damaged(reason: &dyn std::fmt::Display) -> String {
    format!("{MANIFEST_FILE} is damaged ({reason})")
}

/// Whether a name from elsewhere is one of a file inside a folder, on every system: parts of plain names between single `/`.
pub fn is_inside(path: &str) -> bool {
    let is_plain = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && !part.contains(['\\', ':', '\0'])
            && !part.chars().any(char::is_control)
    };
    path.len() <= 512 && path.split('/').all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn manifest(path: &str) -> Manifest {
        Manifest {
            version: MANIFEST_VERSION,
            name: "m".into(),
            called: None,
            origin: None,
            licence: None,
            non_commercial: false,
            quantized: None,
            files: vec![ManifestFile {
                path: path.into(),
                size: 3,
                sha256: "00".into(),
            }],
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Manifest::read(folder.path()), Ok(None));
        let written = manifest("1_Pooling/config.json");
        fs::write(folder.path().join(MANIFEST_FILE), written.to_json()).unwrap();
        assert_eq!(Manifest::read(folder.path()), Ok(Some(written)));
        for bad in ["", "{", "[]", r#"{"version": 9, "name": "m", "files": []}"#] {
            fs::write(folder.path().join(MANIFEST_FILE), bad).unwrap();
            assert!(Manifest::read(folder.path()).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_never_lead_out_of_the_folder() {
        for good in [
            "a",
            "a b/c.json",
            "1_Pooling/config.json",
            "模型",
            "..a",
            "a..",
        ] {
            assert!(is_inside(good), "{good}");
        }
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../a",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            "C:/a",
            "a\\b",
            "a\0",
            "a\nb",
        ] {
            assert!(!is_inside(bad), "{bad:?}");
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(MANIFEST_FILE), manifest(bad).to_json()).unwrap();
            assert!(Manifest::read(folder.path()).is_err(), "{bad:?}");
        }
    }
}
