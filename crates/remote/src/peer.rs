//! Whether the server of an address is another yuyi, by its own list of models. One takes with each call what its texts are to others
//! (`input_type`), which a server that does not know the field may refuse.

use serde::Deserialize;

/// What stands in its list of models as whose they are.
const OWNER: &str = "yuyi";

/// Another yuyi.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Length of the model's vectors, where it is loaded there.
    pub(crate) dimension: Option<usize>,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    #[serde(default)]
    owned_by: String,
    dimension: Option<usize>,
}

/// The yuyi whose list of models this is; `None`: it is another server's, or none.
pub(crate) fn read(list: &[u8], model: &str) -> Option<Peer> {
    let List { data } = serde_json::from_slice(list).ok()?;
    if data.is_empty() || data.iter().any(|entry| entry.owned_by != OWNER) {
        return None;
    }
    let found = data.into_iter().find(|entry| entry.id == model);
    Some(Peer {
        dimension: found.and_then(|entry| entry.dimension),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_yuyi_is_known_by_its_list() {
        let of = |list: &str| read(list.as_bytes(), "m");
        let yuyi = |dimension| Some(Peer { dimension });
        let loaded = r#"{"object": "list", "data": [{"id": "a", "owned_by": "yuyi", "dimension": 9},
            {"id": "m", "object": "model", "owned_by": "yuyi", "dimension": 384}]}"#;
        assert_eq!(of(loaded), yuyi(Some(384)));
        // Not loaded yet, or asked for by another name.
        assert_eq!(
            of(r#"{"data": [{"id": "x", "owned_by": "yuyi"}]}"#),
            yuyi(None)
        );
        for other in [
            r#"{"data": [{"id": "m", "owned_by": "vllm"}]}"#,
            r#"{"data": [{"id": "m"}]}"#,
            r#"{"data": []}"#,
            r#"{"error": {"code": 404}}"#,
            "<html>",
            "",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
