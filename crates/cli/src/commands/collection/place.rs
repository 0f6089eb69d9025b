//! The store of a command.

use std::sync::Arc;

use anyhow::{anyhow, bail};
use yuyi_collections::Place;
use yuyi_store::{Error, Store};

use crate::args::PlaceArgs;

/// Where the command line says that collections are kept.
///
/// # Errors
/// When it names no place that can be one.
pub(in crate::commands) fn place(args: &PlaceArgs) -> anyhow::Result<Place> {
    match args.place()? {
        Some(place) => Ok(place),
        None => bail!(
            "There is no home folder to keep collections in. Set YUYI_HOME, or name a folder with --data."
        ),
    }
}

/// The store there, which is made if there is none.
///
/// # Errors
/// When it cannot be used, and what to do where a server has it.
pub(super) fn open(place: &Place) -> anyhow::Result<Arc<dyn Store>> {
    place.open().map_err(unopened)
}

/// The store there.
///
/// # Errors
/// Also when there is none.
pub(in crate::commands) fn open_existing(place: &Place) -> anyhow::Result<Arc<dyn Store>> {
    if !place.is_there() {
        bail!(none_in(place));
    }
    open(place)
}

/// That nothing is there.
pub(super) fn none_in(place: &Place) -> String {
    match place {
        Place::Folder(folder) if !folder.exists() => {
            format!("There are no collections in {place}. There is no such folder.")
        }
        _ if is_file(place) => format!("{place} is no folder. Name the folder of the collections."),
        _ => format!("There are no collections in {place}."),
    }
}

/// Whether the place is a file, which holds no collections.
pub(super) fn is_file(place: &Place) -> bool {
    matches!(place, Place::Folder(folder) if folder.is_file())
}

/// Why a store is not opened, for somebody at a command line.
pub(super) fn unopened(error: Error) -> anyhow::Error {
    match error {
        Error::Locked { folder } => anyhow!(
            "The data folder {} is in use by another process, such as a server. Ask that server over HTTP (/v1/collections), or stop it and try again; `yuyi collection backup` works meanwhile.",
            folder.display()
        ),
        other => other.into(),
    }
}
