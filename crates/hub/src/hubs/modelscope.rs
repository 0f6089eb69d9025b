//! ModelScope's API.

use serde::Deserialize;

use super::Repository;
use crate::Error;
use crate::client::Reply;
use crate::listing::{Listing, RemoteFile, Sum};
use crate::plain::plain;

/// What every answer stands in. Failures may come with status 200.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<T> {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: Option<String>,
    data: Option<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Files {
    #[serde(default)]
    files: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    path: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    sha256: String,
    #[serde(default, rename = "Type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    #[serde(default)]
    license: Option<String>,
}

/// What a repository holds at its revision.
pub(super) fn list(of: &Repository<'_>) -> Result<Listing, Error> {
    let path = ["api", "v1", "models"].into_iter().chain(of.id.split('/'));
    let mut url = of.at(path.chain(["repo", "files"]))?;
    url.query_pairs_mut()
        .append_pair("Revision", of.revision())
        .append_pair("Recursive", "true");
    let (answer, _): (Envelope<Files>, _) = of.client.json(&url, &of.patience, refused(of))?;
    if ![0, 200].contains(&answer.code) {
        return Err(failure(of, answer.code, answer.message));
    }
    let entries = answer.data.and_then(|data| data.files).unwrap_or_default();
    let entries = entries.into_iter().filter(|entry| entry.kind != "tree");
    let files: Vec<RemoteFile> = entries
        .map(|entry| file(of, entry))
        .collect::<Result<_, _>>()?;
    match files.is_empty() {
        true => Err(of.not_found()),
        false => Ok(Listing {
            repository: of.id.clone(),
            commit: None,
            licence: licence(of),
            files,
        }),
    }
}

fn refused<'a>(of: &'a Repository<'_>) -> impl Fn(&Reply) -> Error + 'a {
    |reply| match (reply.status, &of.revision) {
        (404, Some(_)) => of.no_revision(),
        (status, _) => of.refused(status, None, &of.id),
    }
}

fn failure(of: &Repository<'_>, code: i64, message: Option<String>) -> Error {
    let message = plain(&message.unwrap_or_default());
    // 10010205001: there is no such model, or it is private.
    match (code, message.as_str()) {
        (404 | 10_010_205_001, _) => of.not_found(),
        (_, "") => of.no_hub(&format!("it answers the code {code}")),
        (_, message) => of.no_hub(&format!("it answers the code {code}: {message}")),
    }
}

fn file(of: &Repository<'_>, entry: Entry) -> Result<RemoteFile, Error> {
    let Entry { path, size, .. } = entry;
    match Sum::sha256(&entry.sha256) {
        Some(sum) => Ok(RemoteFile { path, size, sum }),
        None => Err(of.no_hub(&format!("it tells no sum of {}", plain(&path)))),
    }
}

/// The licence, if the hub tells; a model without one is a model.
fn licence(of: &Repository<'_>) -> Option<String> {
    let path = ["api", "v1", "models"].into_iter().chain(of.id.split('/'));
    let url = of.at(path).ok()?;
    let told = of.client.json(&url, &of.patience, refused(of));
    let answer: Envelope<Info> = told.ok()?.0;
    let licence = plain(&answer.data?.license?);
    (!licence.is_empty()).then_some(licence)
}
