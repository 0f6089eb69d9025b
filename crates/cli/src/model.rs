//! The model of a command, loaded.

use std::path::PathBuf;

use anyhow::{Context, anyhow, bail};
use yuyi_encoder::{Encoded, Piece};
use yuyi_models::{
    CALIBRATION_FILE, EmbedOptions, Embedder, Error, Inputs, LocalEmbedder, ModelFacts, Resolved,
    TokenizeOptions, resolve, user_calibration,
};
use yuyi_tasks::Calibration;

use crate::args::{ComputeArgs, ModelArgs};

/// The model that `--model` names.
///
/// # Errors
/// When there is none, as a sentence that speaks of that flag.
pub fn find_model(name: &str) -> anyhow::Result<Resolved> {
    resolve(name).map_err(|error| match error {
        Error::NotAFolder { name, installed } => {
            let installed = installed.join(", ");
            anyhow!(
                "{name} is not a folder. --model takes a model folder, or one of these names: {installed}."
            )
        }
        other => other.into(),
    })
}

/// Says on standard error what to know before relying on a model.
///
/// # Errors
/// When its files are missing or broken.
pub fn tell_remarks(model: &Resolved) -> anyhow::Result<()> {
    for remark in model.remarks()? {
        eprintln!("yuyi: {remark}");
    }
    Ok(())
}

/// A loaded model.
pub struct Model {
    embedder: LocalEmbedder,
    /// The folder of a model that was named by its path.
    folder: Option<PathBuf>,
}

/// Where the calibration of a model goes.
pub struct CalibrationPlace {
    /// The file.
    pub path: PathBuf,
    /// The file that wins over it, if there is one.
    pub hidden_by: Option<PathBuf>,
}

impl Model {
    /// Loads the model that the command line names.
    pub fn load(args: &ModelArgs) -> anyhow::Result<Self> {
        Self::load_resolved(find_model(&args.model)?, &args.compute)
            .with_context(|| format!("The model {} cannot be loaded", args.model))
    }

    /// Loads a model that was found already.
    pub fn load_resolved(model: Resolved, compute: &ComputeArgs) -> anyhow::Result<Self> {
        let folder = model.folder.path().filter(|_| model.by_path);
        let folder = folder.map(PathBuf::from);
        tell_remarks(&model)?;
        Ok(Self {
            folder,
            embedder: LocalEmbedder::load(model, compute.precision(), compute.threads())?,
        })
    }

    /// What is known of the model.
    pub fn facts(&self) -> &ModelFacts {
        self.embedder.facts()
    }

    /// The mapping of its cosines: fitted by the user, or the model's own.
    ///
    /// # Errors
    /// When there is one that is not sound: without it the scores would silently be others.
    pub fn calibration(&self) -> anyhow::Result<Calibration> {
        Ok(match self.embedder.calibration()? {
            Some(file) => Calibration::read(&file.name, &file.content)?,
            None => Calibration::Uncalibrated,
        })
    }

    /// Name of the file that the calibration is from, if there is one.
    ///
    /// # Errors
    /// As [`Model::calibration`].
    pub fn calibration_file(&self) -> anyhow::Result<Option<String>> {
        self.calibration()?;
        Ok(self.embedder.calibration()?.map(|file| file.name))
    }

    /// Where a calibration of this model is found by itself: in its folder, if it was named by its path, else under the
    /// home folder.
    ///
    /// # Errors
    /// When no variable says where that is.
    pub fn calibration_place(&self) -> anyhow::Result<CalibrationPlace> {
        let users = self.embedder.fingerprint().and_then(user_calibration);
        Ok(match (&self.folder, users) {
            (Some(folder), users) => CalibrationPlace {
                path: folder.join(CALIBRATION_FILE),
                hidden_by: users.filter(|users| users.exists()),
            },
            (None, Some(path)) => CalibrationPlace {
                path,
                hidden_by: None,
            },
            (None, None) => bail!(
                "There is no home folder to keep the calibration in. Set YUYI_HOME, or name a file with -o."
            ),
        })
    }

    /// Tokens of a text, without those of the prompt and what the tokenizer puts around both.
    pub fn tokens_of(&self, text: &str) -> anyhow::Result<usize> {
        let options = TokenizeOptions::default();
        let pieces = self.embedder.tokenize(&[text.to_owned()], &options)?;
        let prompt = self.facts().default_prompt.len();
        let own = |piece: &&Piece| !piece.special && piece.end > prompt;
        Ok(pieces.iter().flatten().filter(own).count())
    }

    /// Unit vectors of `texts`, in order.
    pub fn embed(
        &self,
        texts: Vec<String>,
        options: &EmbedOptions,
    ) -> anyhow::Result<Vec<Encoded>> {
        Ok(self.embedder.embed(Inputs::Texts(texts), options)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_without_a_folder_is_called_that() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for path in ["./missing", file.path().to_str().unwrap()] {
            let error = find_model(path).unwrap_err().to_string();
            let expected = format!(
                "{path} is not a folder. --model takes a model folder, or one of these names: e5-small-zh"
            );
            assert!(error.starts_with(&expected), "{error}");
        }
    }
}
