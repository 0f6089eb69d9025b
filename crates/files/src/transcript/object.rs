//! The object that a turn was.

use serde_json::{Map, Value};

/// The fields of an object, without the room that a map has for more: a million turns have an object each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Object(Box<[(Box<str>, Value)]>);

impl Object {
    pub(super) fn of(map: Map<String, Value>) -> Self {
        Self(map.into_iter().map(|(key, v)| (key.into(), v)).collect())
    }

    /// The same with room for more.
    pub(super) fn to_map(&self) -> Map<String, Value> {
        let fields = self.0.iter();
        fields
            .map(|(key, v)| (key.to_string(), v.clone()))
            .collect()
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        let found = self.0.iter().find(|(known, _)| **known == *key);
        found.map(|(_, value)| value)
    }

    /// Takes fields away.
    pub(super) fn remove(&mut self, keys: &[&str]) {
        let fields = std::mem::take(&mut self.0).into_vec().into_iter();
        self.0 = fields.filter(|(key, _)| !keys.contains(&&**key)).collect();
    }
}
