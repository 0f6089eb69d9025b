//! What a stand-in tells of its files, in the forms of the hubs.

use std::net::TcpStream;

use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{Behaviour, LARGE, Repository, reply};

pub(super) fn pages(
    stream: &TcpStream,
    all: &[Value],
    page: Option<usize>,
    query: &str,
    path: &str,
) -> Option<()> {
    let Some(page) = page else {
        return reply(stream, 200, &[], json!(all).to_string().as_bytes());
    };
    let from = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("cursor="));
    let from: usize = from.map_or(0, |from| from.parse().unwrap());
    let rest = &all[from..];
    let shown = &rest[..page.min(rest.len())];
    let next = format!(
        "Link: </{path}?recursive=true&cursor={}>; rel=\"next\"",
        from + page
    );
    let links: Vec<&str> = (rest.len() > page)
        .then_some(next.as_str())
        .into_iter()
        .collect();
    reply(stream, 200, &links, json!(shown).to_string().as_bytes())
}

/// Further entries of a list.
pub(super) fn more(behaviour: &Behaviour) -> Vec<Value> {
    match behaviour.more_files {
        "" => Vec::new(),
        text => serde_json::from_str(text).unwrap(),
    }
}

pub(super) fn of_hugging_face(repository: &Repository, behaviour: &Behaviour) -> Vec<Value> {
    let files = repository.files.iter();
    let file = |(path, content): (&String, &Vec<u8>)| match content.len() >= LARGE {
        _ if behaviour.without_sums.contains(&path.as_str()) => {
            json!({"type": "file", "path": path, "size": content.len()})
        }
        true => json!({"type": "file", "path": path, "size": content.len(), "oid": "0".repeat(40),
            "lfs": {"oid": sha256(content), "size": content.len(), "pointerSize": 135}}),
        false => json!({"type": "file", "path": path, "size": content.len(), "oid": git(content)}),
    };
    let folder =
        json!({"type": "directory", "path": "1_Pooling", "oid": "0".repeat(40), "size": 0});
    let all = std::iter::once(folder).chain(files.map(file));
    all.chain(more(behaviour)).collect()
}

pub(super) fn of_modelscope(repository: &Repository, behaviour: &Behaviour) -> Value {
    let files = repository.files.iter();
    let files = files.map(|(path, content)| {
        let is_told = !behaviour.without_sums.contains(&path.as_str());
        let sum = is_told.then(|| sha256(content));
        json!({"Path": path, "Type": "blob", "Size": content.len(), "Sha256": sum})
    });
    let files: Vec<Value> = files.chain(more(behaviour)).collect();
    json!({"Code": 200, "Success": true, "Data": {"Files": files}})
}

/// The pointer of Git LFS that stands in a repository for a large file.
pub fn pointer(content: &[u8]) -> Vec<u8> {
    let (sum, size) = (sha256(content), content.len());
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{sum}\nsize {size}\n")
        .into_bytes()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

pub(super) fn git(content: &[u8]) -> String {
    let header = format!("blob {}\0", content.len());
    hex(&Sha1::digest([header.as_bytes(), content].concat()))
}
