//! What goes wrong on the way: never a bad model installed, always a sentence that says what to do.

mod disks;
mod hubs;
mod lists;

use yuyi_hub::Source;

use crate::support::{ID, Place, at};

/// The message of a pull that fails and leaves no model.
fn refused(place: &Place) -> String {
    refused_of(place, ID)
}

/// The same of a pull that asks one hub alone.
fn refused_at_hf(place: &Place) -> String {
    let error = place.pull_of(&at(Source::HuggingFace, ID)).unwrap_err();
    assert!(!place.folder("tiny").exists(), "{error}");
    error.to_string()
}

fn refused_of(place: &Place, id: &str) -> String {
    let error = place.pull(id).unwrap_err();
    assert!(!place.folder("tiny").exists(), "{error}");
    error.to_string()
}
