//! Where the calibration of a model is: fitted by the user, or beside the weights.
//!
//! This finds and reads the file; what it says is the business of whoever turns cosines into similarities.

use std::io;
use std::path::{Path, PathBuf};

use yuyi_encoder::{Fingerprint, Folder, read_plain};

use crate::{Error, home};

/// Name of the file in a model's folder.
pub const CALIBRATION_FILE: &str = "calibration.json";

/// Most bytes of a calibration; fitted ones have a few thousand.
const LONGEST: u64 = 1 << 20;

/// A calibration file, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCalibration {
    /// The file, as messages name it.
    pub name: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// Where a calibration that the user fits is kept, whatever the model's folder: `calibrations/FINGERPRINT.json` under
/// the home folder. `None`: no variable says where that is.
pub fn user_calibration(fingerprint: Fingerprint) -> Option<PathBuf> {
    Some(file_under(&home()?, fingerprint))
}

fn file_under(home: &Path, fingerprint: Fingerprint) -> PathBuf {
    home.join("calibrations")
        .join(format!("{fingerprint}.json"))
}

/// The calibration that the user fitted for vectors of this fingerprint, if there is one.
///
/// # Errors
/// When there is one that cannot be read.
pub fn fitted_by_user(fingerprint: Fingerprint) -> Result<Option<StoredCalibration>, Error> {
    match home() {
        Some(home) => fitted_under(&home, fingerprint),
        None => Ok(None),
    }
}

fn fitted_under(home: &Path, fingerprint: Fingerprint) -> Result<Option<StoredCalibration>, Error> {
    let file = file_under(home, fingerprint);
    match read_plain(&file, LONGEST) {
        Ok(content) => {
            let name = file.display().to_string();
            Ok(Some(StoredCalibration { name, content }))
        }
        Err(source) if file.symlink_metadata().is_ok() => {
            Err(Error::CalibrationUnreadable { file, source })
        }
        // None there, or a home that this user may not even enter and so has nothing in.
        Err(_) => Ok(None),
    }
}

/// The calibration of a model: the user's own wins over the one in the folder. The fingerprint, which may mean to read
/// all weights, is asked for only where the user has any.
pub(crate) fn find(
    home: Option<&Path>,
    folder: &Folder,
    fingerprint: impl FnOnce() -> Fingerprint,
) -> Result<Option<StoredCalibration>, Error> {
    if let Some(home) = home.filter(|home| has_any(home))
        && let Some(fitted) = fitted_under(home, fingerprint())?
    {
        return Ok(Some(fitted));
    }
    beside(folder)
}

/// The calibration in a model's folder.
pub(crate) fn beside(folder: &Folder) -> Result<Option<StoredCalibration>, Error> {
    let content = folder.read_optional(CALIBRATION_FILE);
    let content = content.map_err(Error::Encoder)?;
    Ok(content.map(|content| StoredCalibration {
        name: shown(folder),
        content: content.to_vec(),
    }))
}

/// Whether the user has calibrations. A folder that cannot be listed counts: its file may still be there.
fn has_any(home: &Path) -> bool {
    match home.join("calibrations").read_dir() {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) => !matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
        ),
    }
}

fn shown(folder: &Folder) -> String {
    match folder.path() {
        Some(path) => path.join(CALIBRATION_FILE).display().to_string(),
        None => format!("{CALIBRATION_FILE} of {}", folder.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn stored(content: &[u8], path: &Path) -> Option<StoredCalibration> {
        Some(StoredCalibration {
            name: path.display().to_string(),
            content: content.to_vec(),
        })
    }

    #[test]
    fn the_users_own_wins_and_the_weights_are_read_for_it_only() {
        let (home, model) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(model.path().join("config.json"), "{}").unwrap();
        let folder = Folder::open(model.path()).unwrap();
        let unasked = || -> Fingerprint { panic!("the weights need not be read") };
        let found = |fingerprint: [u8; 16]| {
            find(Some(home.path()), &folder, || fingerprint.into()).unwrap()
        };
        assert_eq!(find(Some(home.path()), &folder, unasked).unwrap(), None);
        let own = model.path().join("calibration.json");
        fs::write(&own, "own").unwrap();
        let beside = find(Some(home.path()), &folder, unasked).unwrap();
        assert_eq!(beside, stored(b"own", &own));
        assert_eq!(find(None, &folder, unasked).unwrap(), beside);
        let users = file_under(home.path(), [1; 16].into());
        fs::create_dir(users.parent().unwrap()).unwrap();
        fs::write(&users, "user's").unwrap();
        assert!(users.ends_with("calibrations/01010101010101010101010101010101.json"));
        assert_eq!(found([1; 16]), stored(b"user's", &users));
        assert_eq!(found([2; 16]), beside);
    }

    #[cfg(unix)]
    #[test]
    fn a_home_that_cannot_be_entered_has_no_calibration() {
        let (home, model) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(model.path().join("config.json"), "{}").unwrap();
        let folder = Folder::open(model.path()).unwrap();
        // Permissions do not keep root out; a link to itself does.
        let link = home.path().join("calibrations");
        std::os::unix::fs::symlink(&link, &link).unwrap();
        assert!(has_any(home.path()));
        let found = find(Some(home.path()), &folder, || [1; 16].into());
        assert_eq!(found.unwrap(), None);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error() {
        let (home, model) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(model.path().join("config.json"), "{}").unwrap();
        let folder = Folder::open(model.path()).unwrap();
        let users = file_under(home.path(), [1; 16].into());
        fs::create_dir_all(&users).unwrap();
        let error = find(Some(home.path()), &folder, || [1; 16].into()).unwrap_err();
        let expected = format!("The calibration {} cannot be read", users.display());
        assert_eq!(error.to_string(), expected);
        fs::create_dir(model.path().join("calibration.json")).unwrap();
        assert!(find(None, &folder, || [1; 16].into()).is_err());
    }
}
