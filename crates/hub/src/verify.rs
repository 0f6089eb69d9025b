//! Whether an installed model still has the bytes that were installed.

use std::path::Path;

use yuyi_models::{Installed, Manifest, ModelPlace, check_whole};

use crate::Error;
use crate::listing::Sum;
use crate::sums::has_sum;
use crate::workspace::{Workspace, files_in};

/// What was found of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Files that were compared with their sums.
    pub compared: usize,
    /// What is wrong, each as the end of a sentence.
    pub problems: Vec<String>,
}

/// Reads all of a model and compares it with what was installed. Without a manifest only its wholeness is looked at; files of Hugging
/// Face's cache are called by their sums.
///
/// # Errors
/// When its files cannot be read.
pub fn verify(model: &Installed) -> Result<Verified, Error> {
    let mut verified = Verified::default();
    let Some(folder) = &model.folder else {
        return Ok(verified);
    };
    if let Err(problem) = check_whole(folder) {
        verified.problems.push(problem);
    }
    let files: Vec<(String, u64, Sum)> = match &model.manifest {
        Some(manifest) => {
            let files = manifest.files.iter();
            let file =
                files.map(|file| Some((file.path.clone(), file.size, Sum::sha256(&file.sha256)?)));
            file.flatten().collect()
        }
        None if model.place == ModelPlace::HuggingFaceCache => linked(folder)?,
        None => Vec::new(),
    };
    for (path, size, sum) in files {
        let file = folder.join(&path);
        match has_sum(&file, size, &sum) {
            Ok(true) => verified.compared += 1,
            Ok(false) => verified.add(format!("{path} is not what was installed")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                verified.add(format!("{path} is missing"));
            }
            Err(error) => return Err(Error::reading(&file, error)),
        }
    }
    Ok(verified)
}

/// Whether all files of a manifest have their sums; one that cannot be read has not.
pub(crate) fn is_sound(folder: &Path, manifest: &Manifest) -> bool {
    manifest.files.iter().all(|file| {
        let sum = Sum::sha256(&file.sha256);
        sum.is_none_or(|sum| has_sum(&folder.join(&file.path), file.size, &sum).unwrap_or(false))
    })
}

impl Verified {
    /// Adds a problem that the look at wholeness has not told already.
    fn add(&mut self, problem: String) {
        let path = problem.split(' ').next().unwrap_or_default();
        if !self.problems.iter().any(|known| known.starts_with(path)) {
            self.problems.push(problem);
        }
    }
}

/// The files of a snapshot, by the sums that the blobs behind its links are called by.
fn linked(folder: &Path) -> Result<Vec<(String, u64, Sum)>, Error> {
    let files = files_in(folder).map_err(|error| Error::reading(folder, error))?;
    let file = |path: String| {
        let link = folder.join(&path);
        let target = link.read_link().ok()?;
        let name = target.file_name()?.to_str()?;
        let sum = Sum::sha256(name).or_else(|| Sum::git_blob(name))?;
        Some((path, link.metadata().ok()?.len(), sum))
    };
    Ok(files.into_iter().filter_map(file).collect())
}

/// Removes a model under the home folder, and what an interrupted download has left of it. `name` is compared with what is there and
/// does not lead elsewhere.
///
/// # Errors
/// When there is none, it is being fetched, or the system refuses.
pub fn remove(home: &Path, name: &str) -> Result<(), Error> {
    let not_there = || Error::NotInstalled {
        name: name.to_owned(),
    };
    if !crate::address::is_name(name) {
        return Err(not_there());
    }
    match Workspace::open(home, name)?.remove_model()? {
        true => Ok(()),
        false => Err(not_there()),
    }
}
