//! What interrupted commands have left below the home folder.

use std::fs;
use std::path::Path;

use yuyi_models::{Manifest, check_whole};

use crate::Error;
use crate::address::is_name;
use crate::parts::progress;
use crate::workspace::{LOCK, Workspace, files_in, is_held, pulls_of};

/// A model of which a part has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// What it will be called.
    pub name: String,
    /// Bytes that are there.
    pub bytes: u64,
    /// Bytes in all; `None`: nobody knows.
    pub total: Option<u64>,
    /// A whole model of that name is installed, which is not what is meant.
    pub is_beside_whole: bool,
    /// A program is at it.
    pub is_running: bool,
    /// The command that goes on with it; `None`: nothing does.
    pub goes_on_by: Option<String>,
}

/// All models below `home` of which a part has come, by name.
pub fn unfinished(home: &Path) -> Vec<Unfinished> {
    let entries = fs::read_dir(pulls_of(home)).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let name = entry.file_name().into_string().ok()?;
        (is_folder && !name.ends_with(LOCK)).then_some(name)
    });
    let mut found: Vec<Unfinished> = names.map(|name| of(home, name)).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Removes what interrupted commands have left of a model, and no model. `name` is compared with what is there and does not lead
/// elsewhere.
///
/// # Errors
/// When a program is at it, there is nothing, or the system refuses.
pub fn remove_leftovers(home: &Path, name: &str) -> Result<(), Error> {
    if !is_name(name) || !pulls_of(home).join(name).exists() {
        let name = name.to_owned();
        return Err(Error::NoLeftovers { name });
    }
    Workspace::open(home, name)?.clear()
}

fn of(home: &Path, name: String) -> Unfinished {
    let root = pulls_of(home).join(&name);
    let whole = bytes_of(&root.join("model"));
    let (there, of_parts) = progress(&root.join("parts"));
    let wanted = Manifest::read(&root).ok().flatten();
    let fetched_by = wanted.and_then(|wanted| wanted.fetched_by(&name));
    let (bytes, total) = match &fetched_by {
        Some(_) => (whole + there, Some(whole + of_parts)),
        // Such as a file that was being unpacked.
        None => (bytes_of(&root), None),
    };
    Unfinished {
        is_beside_whole: check_whole(&home.join("models").join(&name)).is_ok(),
        is_running: is_held(home, &name),
        goes_on_by: fetched_by,
        name,
        bytes,
        total,
    }
}

fn bytes_of(folder: &Path) -> u64 {
    let files = files_in(folder).unwrap_or_default().into_iter();
    let sizes = files.map(|file| folder.join(file).metadata().map_or(0, |file| file.len()));
    sizes.sum()
}
