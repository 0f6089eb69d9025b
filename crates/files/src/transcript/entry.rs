//! What is written of a turn.

use serde_json::Value;

/// A turn that is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// Its place among the turns.
    pub turn: usize,
    /// Turns that are left out since this one says the same: whom an earlier run named in them is named here.
    pub stands_for: Vec<usize>,
    /// What stands behind what is said.
    pub note: Option<String>,
    /// What an object of JSON has beside its own fields. Not a map: of a million turns each may have some.
    pub fields: Vec<(&'static str, Value)>,
}
