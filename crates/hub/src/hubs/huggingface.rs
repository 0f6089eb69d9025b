//! Hugging Face's API, and that of its mirrors.

use serde::Deserialize;
use serde_json::Value;

use super::{Repository, untold};
use crate::Error;
use crate::address::is_id;
use crate::client::Reply;
use crate::listing::{Listing, RemoteFile, Sum, each_once, length};
use crate::plain::plain;

/// Most pages of a list; each has up to a thousand files.
const PAGES: usize = 20;

#[derive(Default, Deserialize)]
struct Info {
    id: Option<String>,
    sha: Option<String>,
    #[serde(default, rename = "cardData")]
    card: Value,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    #[serde(default)]
    size: Value,
    oid: Option<String>,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    oid: Option<String>,
    #[serde(default)]
    size: Value,
}

/// What a repository holds at its revision.
pub(super) fn list(of: &Repository<'_>) -> Result<Listing, Error> {
    let info = match info(of) {
        // Some mirrors have the list of files and nothing else.
        Err(Error::NotFound { .. }) => Info::default(),
        other => other?,
    };
    let licence = licence(&info);
    let revision = info.sha.filter(|sha| is_commit(sha));
    let id = info.id.filter(|id| is_id(id));
    Ok(Listing {
        repository: id.unwrap_or_else(|| of.id.clone()),
        files: files(of, revision.as_deref())?,
        commit: revision,
        licence,
    })
}

/// Whether a text may be the name of a commit: a sum in hexadecimal digits.
fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn refused<'a>(of: &'a Repository<'_>) -> impl Fn(&Reply) -> Error + 'a {
    |reply| of.refused(reply.status, reply.header("x-error-code"), &of.id)
}

fn info(of: &Repository<'_>) -> Result<Info, Error> {
    let id = of.id.split('/');
    let path = ["api", "models"].into_iter().chain(id);
    let url = of.at(path.chain(["revision", of.revision()]))?;
    Ok(of.client.json(&url, &of.patience, refused(of))?.0)
}

fn files(of: &Repository<'_>, commit: Option<&str>) -> Result<Vec<RemoteFile>, Error> {
    let id = of.id.split('/');
    let path = ["api", "models"].into_iter().chain(id);
    let mut url = of.at(path.chain(["tree", commit.unwrap_or(of.revision())]))?;
    url.query_pairs_mut().append_pair("recursive", "true");
    let mut files = Vec::new();
    for _ in 0..PAGES {
        let (entries, next): (Vec<Entry>, _) = of.client.json(&url, &of.patience, refused(of))?;
        for entry in entries.into_iter().filter(|entry| entry.kind == "file") {
            let read = file(entry, commit);
            files.push(read.map_err(|reason| of.no_hub(&reason))?);
        }
        match next {
            Some(next) => url = next,
            None => return each_once(files).map_err(|reason| of.no_hub(&reason)),
        }
    }
    Err(of.no_hub("its list of files has no end"))
}

/// A file of the list; why it is none, as the end of a sentence.
fn file(entry: Entry, commit: Option<&str>) -> Result<RemoteFile, String> {
    let path = entry.path;
    let (size, sum) = match &entry.lfs {
        Some(lfs) => {
            let oid = lfs.oid.as_deref().unwrap_or_default();
            let digits = oid.strip_prefix("sha256:").unwrap_or(oid);
            let size = if lfs.size.is_null() {
                &entry.size
            } else {
                &lfs.size
            };
            (size, Sum::sha256(digits))
        }
        None => (&entry.size, entry.oid.as_deref().and_then(Sum::git_blob)),
    };
    Ok(RemoteFile {
        size: length(&path, size)?,
        sum: sum.unwrap_or_else(|| untold(&path, commit)),
        path,
    })
}

/// The licence of the card, or the tag that is made of it.
fn licence(info: &Info) -> Option<String> {
    let card = match &info.card["license"] {
        Value::String(text) => Some(text.clone()),
        Value::Array(several) => several.first().and_then(Value::as_str).map(str::to_owned),
        _ => None,
    };
    // "other" says that the name stands beside it.
    let named = info.card["license_name"].as_str().map(str::to_owned);
    let card = match card {
        Some(text) if text == "other" => named.or(Some(text)),
        card => card,
    };
    let told = card.or_else(|| {
        let mut tags = info.tags.iter();
        tags.find_map(|tag| tag.strip_prefix("license:"))
            .map(str::to_owned)
    });
    told.map(|told| plain(&told))
        .filter(|told| !told.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_stand_in_the_card_or_in_a_tag() {
        for (info, expected) in [
            (r#"{"cardData": {"license": "mit"}}"#, Some("mit")),
            (r#"{"cardData": {"license": ["mit", "x"]}}"#, Some("mit")),
            (
                r#"{"cardData": null, "tags": ["license:apache-2.0"]}"#,
                Some("apache-2.0"),
            ),
            (
                r#"{"cardData": {"license": "other", "license_name": "n-nc-1"}}"#,
                Some("n-nc-1"),
            ),
            (
                "{\"cardData\": {\"license\": \"mit\\u001b[2J\\n\"}}",
                Some("mit[2J"),
            ),
            ("{\"cardData\": {\"license\": \"\\u0007\"}}", None),
            (r"{}", None),
        ] {
            let info: Info = serde_json::from_str(info).unwrap();
            assert_eq!(licence(&info).as_deref(), expected);
        }
    }
}
