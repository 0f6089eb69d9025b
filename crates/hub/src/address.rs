//! What a user asks for: a name of the catalogue, a repository, or the address of one.

use url::Url;
use yuyi_models::{BUILTIN_NAME, KnownModel, find_known, nearest_known};

use crate::{Error, HubKind, Source};

/// What is to be fetched, and under which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// What it will be called here.
    pub(crate) name: String,
    /// Where to look, in this order.
    pub(crate) sources: Vec<(HubKind, String)>,
    /// A branch, tag or commit that an address names.
    pub(crate) revision: Option<String>,
}

/// Reads what a user wrote.
///
/// # Errors
/// When it is none of these, or has no files.
pub(crate) fn wanted(text: &str, from: Source) -> Result<Wanted, Error> {
    let none = || Error::NoAddress {
        text: text.to_owned(),
    };
    if text.contains("://") {
        return match other_page(text) {
            Some(kind) => Err(Error::OtherPage {
                text: text.to_owned(),
                kind: kind.to_owned(),
            }),
            None => of_page(text).ok_or_else(none),
        };
    }
    let id = text.trim_end_matches('/');
    if id.eq_ignore_ascii_case(BUILTIN_NAME) {
        return Err(Error::BuiltIn {
            name: BUILTIN_NAME.to_owned(),
        });
    }
    match find_known(id) {
        Some(known) if id.eq_ignore_ascii_case(&known.name) || known.is_repository(id) => {
            of_known(known, from)
        }
        _ if is_id(id) => Ok(of_id(id, from)),
        _ if is_name(id) => Err(unknown(id)),
        _ => Err(none()),
    }
}

/// What is said of a name alone that nobody knows.
fn unknown(name: &str) -> Error {
    let text = name.to_owned();
    match nearest_known(name, KnownModel::is_published) {
        Some(known) => Error::Unknown {
            text,
            nearest: known.name.clone(),
        },
        None => Error::NoAddress { text },
    }
}

fn of_known(known: &KnownModel, from: Source) -> Result<Wanted, Error> {
    let huggingface = known.huggingface.clone();
    let modelscope = known.modelscope.clone().or_else(|| huggingface.clone());
    let sources = [
        (HubKind::HuggingFace, huggingface),
        (HubKind::ModelScope, modelscope),
    ];
    let sources = sources.into_iter().filter(|(hub, _)| from.takes(*hub));
    let sources: Vec<_> = sources.filter_map(|(hub, id)| Some((hub, id?))).collect();
    match sources.is_empty() {
        true => Err(Error::NotPublished {
            name: known.name.clone(),
        }),
        false => Ok(Wanted {
            name: known.name.clone(),
            sources,
            revision: None,
        }),
    }
}

fn of_id(id: &str, from: Source) -> Wanted {
    let hubs = [HubKind::HuggingFace, HubKind::ModelScope];
    let hubs = hubs.into_iter().filter(|hub| from.takes(*hub));
    Wanted {
        name: name_of(id),
        sources: hubs.map(|hub| (hub, id.to_owned())).collect(),
        revision: None,
    }
}

/// The name of a repository's model: that of the catalogue if it is that one, else the last component.
fn name_of(id: &str) -> String {
    match find_known(id) {
        Some(known) if known.is_repository(id) => known.name.clone(),
        _ => id.rsplit('/').next().unwrap_or(id).to_owned(),
    }
}

/// `https://huggingface.co/ORG/NAME/tree/REVISION`, the same on a mirror, or `https://modelscope.cn/models/ORG/NAME/summary`.
fn of_page(text: &str) -> Option<Wanted> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?;
    let parts: Vec<&str> = url
        .path()
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    let is_modelscope = host == "modelscope.cn" || host.ends_with(".modelscope.cn");
    let (hub, parts) = match (is_modelscope, parts.as_slice()) {
        (true, ["models", rest @ ..]) => (HubKind::ModelScope, rest),
        (true, _) => return None,
        (false, rest) => (HubKind::HuggingFace, rest),
    };
    let (id, rest) = match parts {
        [owner, name, rest @ ..] => (format!("{owner}/{name}"), rest),
        _ => return None,
    };
    let revision = match rest {
        ["tree" | "blob" | "resolve", revision, ..] => Some((*revision).to_owned()),
        _ => None,
    };
    is_id(&id).then(|| Wanted {
        name: name_of(&id),
        sources: vec![(hub, id.clone())],
        revision,
    })
}

/// What a page of a hub is of that is no model's.
fn other_page(text: &str) -> Option<&'static str> {
    let url = Url::parse(text).ok()?;
    match url.path_segments()?.next()? {
        "datasets" => Some("a data set"),
        "spaces" | "studios" => Some("a space"),
        _ => None,
    }
}

/// `ORG/NAME`, of letters, digits, `-`, `_` and `.`, as hubs have them.
pub(crate) fn is_id(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        (1..=96).contains(&part.len()) && part.chars().all(is_plain) && !part.starts_with('.')
    };
    let parts: Vec<&str> = text.split('/').collect();
    parts.len() == 2 && parts.into_iter().all(is_part)
}

/// Whether a text may be the name of an installed model: one folder, not hidden.
pub(crate) fn is_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    (1..=128).contains(&text.len()) && text.chars().all(is_plain) && !text.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    const HF: HubKind = HubKind::HuggingFace;
    const MS: HubKind = HubKind::ModelScope;

    fn sources(text: &str, from: Source) -> Vec<(HubKind, String)> {
        wanted(text, from).unwrap().sources
    }

    #[test]
    fn names_of_the_catalogue_know_their_repositories() {
        let on_hf = (HF, "thenlper/gte-base-zh".to_owned());
        let on_ms = (MS, "iic/nlp_gte_sentence-embedding_chinese-base".to_owned());
        for text in [
            "gte-base-zh",
            "GTE-base-zh",
            "thenlper/gte-base-zh",
            &on_ms.1,
        ] {
            assert_eq!(sources(text, Source::Auto), [on_hf.clone(), on_ms.clone()]);
            assert_eq!(wanted(text, Source::Auto).unwrap().name, "gte-base-zh");
        }
        assert_eq!(sources("gte-base-zh", Source::ModelScope), [on_ms]);
        assert_eq!(sources("gte-base-zh", Source::HuggingFace), [on_hf]);
        for text in ["e5-small-zh", "E5-small-zh/"] {
            let error = wanted(text, Source::Auto).unwrap_err();
            let expected = "e5-small-zh is built in; nothing needs to be pulled.";
            assert_eq!(error.to_string(), expected);
        }
        let error = wanted("gte-bas-zh", Source::Auto).unwrap_err().to_string();
        assert!(error.contains("The nearest name is gte-base-zh"), "{error}");
        for text in ["ConSERT", "ernie-embedding"] {
            let error = wanted(text, Source::Auto).unwrap_err();
            assert!(
                matches!(error, Error::NotPublished { .. }),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn any_repository_may_be_named() {
        let other = wanted("somebody/gte-base-zh", Source::Auto).unwrap();
        assert_eq!(other.name, "gte-base-zh");
        assert_eq!(other.sources[0].1, "somebody/gte-base-zh");
        for (page, hub, revision) in [
            ("https://huggingface.co/a/b", HF, None),
            ("https://mirror.example/a/b/tree/v1.0", HF, Some("v1.0")),
            ("https://www.modelscope.cn/models/a/b/summary", MS, None),
            ("https://modelscope.cn/models/a/b", MS, None),
        ] {
            let found = wanted(page, Source::Auto).unwrap();
            assert_eq!(found.sources, [(hub, "a/b".to_owned())], "{page}");
            assert_eq!(found.revision.as_deref(), revision);
        }
        for (page, kind) in [
            ("https://huggingface.co/datasets/a/b", "a data set"),
            ("https://hf-mirror.com/spaces/a/b", "a space"),
            ("https://modelscope.cn/studios/a/b", "a space"),
        ] {
            let told = wanted(page, Source::Auto).unwrap_err().to_string();
            let expected = format!("{page:?} is the page of {kind}, and not of a model.");
            assert!(told.starts_with(&expected), "{told}");
        }
        for bad in [
            "",
            "/",
            "a",
            "a/b/c",
            "../x",
            "a/..",
            ".a/b",
            "a b/c",
            "https://x",
            "https://huggingface.co/a",
            "https://modelscope.cn/datasets/a/b",
            "a/b\n",
        ] {
            assert!(wanted(bad, Source::Auto).is_err(), "{bad:?}");
        }
    }
}
