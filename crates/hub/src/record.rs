//! What is told of a model that is installed: its manifest, and whether the one in its place is the same.

use std::path::Path;

use yuyi_models::{
    CALIBRATION_FILE, MANIFEST_FILE, MANIFEST_VERSION, Manifest, ManifestFile, ModelOrigin,
    check_whole, find_repository, is_non_commercial,
};

use crate::Error;
use crate::hubs::Repository;
use crate::listing::{Listing, Sum};
use crate::selection::Selection;
use crate::settings::without_user;
use crate::sums::sha256;
use crate::workspace::files_in;

/// An earlier installation of the same model.
pub(crate) struct Earlier {
    pub(crate) manifest: Manifest,
    pub(crate) whole: bool,
}

/// What is in the model's place, if anything is.
///
/// # Errors
/// [`Error::Taken`] when it is something else.
pub(crate) fn earlier(target: &Path, name: &str, new: &Manifest) -> Result<Option<Earlier>, Error> {
    if target.symlink_metadata().is_err() {
        return Ok(None);
    }
    let taken = |what: String| Error::Taken {
        name: name.to_owned(),
        folder: target.to_owned(),
        what,
    };
    let whole = check_whole(target);
    let manifest = match &whole {
        Ok(manifest) => manifest.clone(),
        Err(_) => Manifest::read(target).ok().flatten(),
    };
    let origin = |manifest: &Manifest| manifest.origin.clone().map(|origin| origin.repository);
    let Some(manifest) = manifest else {
        return Err(taken("was not put there by `yuyi pull`".to_owned()));
    };
    let is_same_model = match (origin(&manifest), origin(new)) {
        (Some(old), Some(new)) => is_one_model(&old, &new),
        _ => false,
    };
    match is_same_model {
        true => Ok(Some(Earlier {
            whole: whole.is_ok(),
            manifest,
        })),
        false => Err(taken(match origin(&manifest) {
            Some(repository) => format!("was fetched from {repository}"),
            None => "nobody knows where it came from".to_owned(),
        })),
    }
}

/// Whether two repositories have the same model: they are one, or of one hub each.
pub(crate) fn is_one_model(a: &str, b: &str) -> bool {
    a == b || find_repository(a).is_some_and(|known| known.is_repository(b))
}

/// Whether an installed model is the one that would be fetched.
pub(crate) fn is_same(there: &Manifest, new: &Manifest, selection: &Selection) -> bool {
    let commit = |manifest: &Manifest| manifest.origin.clone().and_then(|origin| origin.commit);
    if there.quantized != new.quantized {
        return false;
    }
    if commit(there).is_some() && commit(there) == commit(new) {
        return true;
    }
    let has = |file: ManifestFile| there.files.contains(&file);
    there.quantized.is_none()
        && !selection.weights.is_empty()
        && known_sums(selection).into_iter().all(has)
        && selection
            .weights
            .iter()
            .all(|file| matches!(file.sum, Sum::Sha256(_)))
}

/// The files of which the hub tells SHA-256.
pub(crate) fn known_sums(selection: &Selection) -> Vec<ManifestFile> {
    let known = selection.files().filter_map(|file| match &file.sum {
        Sum::Sha256(sum) => Some(ManifestFile {
            path: file.path.clone(),
            size: file.size,
            sha256: sum.clone(),
        }),
        Sum::GitBlob(_) | Sum::Untold(_) => None,
    });
    known.collect()
}

/// What will be told of a model, without its files.
pub(crate) fn manifest(
    repository: &Repository<'_>,
    listing: &Listing,
    name: &str,
    quantized: Option<String>,
) -> Manifest {
    let known = find_repository(&repository.id);
    // The card of the model wins over the catalogue.
    let licence = listing.licence.clone();
    let licence = licence.or_else(|| known?.licence.clone());
    // A known repository stays known by its name, whatever the hub calls it by now.
    let origin = match known {
        Some(_) => &repository.id,
        None => &listing.repository,
    };
    Manifest {
        version: MANIFEST_VERSION,
        name: name.to_owned(),
        non_commercial: is_non_commercial(&listing.repository, licence.as_deref()),
        licence,
        called: None,
        origin: Some(ModelOrigin {
            hub: repository.hub.name().to_owned(),
            endpoint: without_user(repository.endpoint()).into(),
            repository: origin.clone(),
            revision: repository.revision().to_owned(),
            commit: listing.commit.clone(),
        }),
        quantized,
        files: Vec::new(),
    }
}

/// Writes the manifest of a folder.
///
/// # Errors
/// When the disk cannot be written.
pub(crate) fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<(), Error> {
    let path = folder.join(MANIFEST_FILE);
    let written = std::fs::write(&path, manifest.to_json());
    written.map_err(|error| Error::writing(&path, error))
}

/// The files of a model with their sums, of which some are known; without those that change by themselves.
///
/// # Errors
/// When they cannot be read.
pub(crate) fn files_of(folder: &Path, known: &[ManifestFile]) -> Result<Vec<ManifestFile>, Error> {
    let reading = |error| Error::reading(folder, error);
    let mut files = Vec::new();
    for path in files_in(folder).map_err(reading)? {
        if [MANIFEST_FILE, CALIBRATION_FILE].contains(&path.as_str()) {
            continue;
        }
        match known.iter().find(|file| file.path == path) {
            Some(file) => files.push(file.clone()),
            None => files.push(measured(folder, path)?),
        }
    }
    Ok(files)
}

/// A file with its length and its sum.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn measured(folder: &Path, path: String) -> Result<ManifestFile, Error> {
    let file = folder.join(&path);
    let read = || {
        let opened = std::fs::File::open(&file)?;
        Ok((opened.metadata()?.len(), sha256(opened)?))
    };
    let (size, sha256) = read().map_err(|error| Error::reading(&file, error))?;
    Ok(ManifestFile { path, size, sha256 })
}
