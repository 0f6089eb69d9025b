//! ModelScope's API.

use serde::Deserialize;
use serde_json::Value;

use super::{Repository, untold};
use crate::Error;
use crate::client::Reply;
use crate::listing::{Listing, RemoteFile, Sum, each_once, length};
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
    size: Value,
    sha256: Option<String>,
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
    let files = entries.map(file).collect::<Result<_, _>>();
    let files = files.and_then(each_once);
    let files = files.map_err(|reason| of.no_hub(&reason))?;
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

/// A file of the list; why it is none, as the end of a sentence.
fn file(entry: Entry) -> Result<RemoteFile, String> {
    let path = entry.path;
    let sum = entry.sha256.as_deref().and_then(Sum::sha256);
    Ok(RemoteFile {
        size: length(&path, &entry.size)?,
        // It tells no commit either.
        sum: sum.unwrap_or_else(|| untold(&path, None)),
        path,
    })
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
