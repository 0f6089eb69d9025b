//! What a user asks for: a name of the catalogue, a repository, or the address of one.

use url::Url;
use yuyi_models::{BUILTIN_NAME, KnownModel, find_known, name_of_repository, nearest_known};

use crate::{Error, HubKind, Settings, Source};

/// What is to be fetched, and under which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// What it will be called here.
    pub(crate) name: String,
    /// Where to look, in this order.
    pub(crate) sources: Vec<(HubKind, String)>,
    /// A branch, tag or commit that an address names.
    pub(crate) revision: Option<String>,
    /// The page that was named, of which it is not known yet whether it is a hub's.
    pub(crate) page: Option<Url>,
}

impl Wanted {
    /// Refuses the page of a host that is none of the hubs, nor in place of one by these settings: the model of that name elsewhere may
    /// be another one.
    ///
    /// # Errors
    /// [`Error::OtherHost`].
    pub(crate) fn check_page(&self, settings: &Settings) -> Result<(), Error> {
        let Some(page) = &self.page else {
            return Ok(());
        };
        let host = page.host_str().unwrap_or_default();
        let known = HOSTS.into_iter().chain(settings.huggingface.host_str());
        let mut known = known.chain(settings.modelscope.host_str());
        match is_modelscope(host) || known.any(|known| known == host) {
            true => Ok(()),
            false => Err(Error::OtherHost {
                host: host.to_owned(),
                address: page.origin().ascii_serialization(),
            }),
        }
    }
}

fn is_modelscope(host: &str) -> bool {
    host == "modelscope.cn" || host.ends_with(".modelscope.cn")
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
    if let Some(page) = without_scheme(text) {
        return wanted(&page, from);
    }
    let id = text.trim_end_matches('/');
    if id.eq_ignore_ascii_case(BUILTIN_NAME) {
        return Err(Error::BuiltIn {
            name: BUILTIN_NAME.to_owned(),
        });
    }
    match find_known(id) {
        Some(known) if known.is_meant_by(id) => of_known(known, from),
        _ if is_id(id) => Ok(of_id(id, from)),
        _ if is_name(id) => Err(unknown(id)),
        _ => Err(none()),
    }
}

/// Hosts of hubs, by which an address is known that was written without its scheme.
const HOSTS: [&str; 6] = [
    "huggingface.co",
    "www.huggingface.co",
    "hf.co",
    "hf-mirror.com",
    "modelscope.cn",
    "www.modelscope.cn",
];

/// The address of a page that was written without its scheme: `huggingface.co/ORG/NAME`.
fn without_scheme(text: &str) -> Option<String> {
    let (host, _) = text.split_once('/')?;
    HOSTS.contains(&host).then(|| format!("https://{text}"))
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
            page: None,
        }),
    }
}

fn of_id(id: &str, from: Source) -> Wanted {
    let hubs = [HubKind::HuggingFace, HubKind::ModelScope];
    let hubs = hubs.into_iter().filter(|hub| from.takes(*hub));
    Wanted {
        name: name_of_repository(id),
        sources: hubs.map(|hub| (hub, id.to_owned())).collect(),
        revision: None,
        page: None,
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
    let (hub, parts) = match (is_modelscope(host), parts.as_slice()) {
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
        name: name_of_repository(&id),
        sources: vec![(hub, id.clone())],
        revision,
        page: Some(url.clone()),
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
    fn pages_of_other_hosts_are_refused_by_their_name() {
        let settings = |mirror: Option<&str>| {
            let mut settings = Settings::from_env().unwrap();
            settings.huggingface = Url::parse(mirror.unwrap_or("https://huggingface.co/")).unwrap();
            settings
        };
        let check = |page: &str, mirror| {
            let wanted = wanted(page, Source::Auto).unwrap();
            wanted.check_page(&settings(mirror))
        };
        for page in [
            "https://huggingface.co/a/b",
            "https://hf-mirror.com/a/b",
            "hf.co/a/b",
            "https://modelscope.cn/models/a/b",
            "a/b",
        ] {
            assert!(check(page, None).is_ok(), "{page}");
        }
        let refused = check("https://gitee.com/org/plain", None).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "yuyi knows no hub gitee.com. Name a model of Hugging Face or ModelScope as ORG/NAME. If gitee.com is a mirror of Hugging \
             Face, set HF_ENDPOINT=https://gitee.com."
        );
        let mirror = Some("https://mirror.example/hf/");
        assert!(check("https://mirror.example/a/b", mirror).is_ok());
        assert!(check("https://gitee.com/org/plain", mirror).is_err());
    }

    #[test]
    fn any_repository_may_be_named() {
        let other = wanted("somebody/gte-base-zh", Source::Auto).unwrap();
        assert_eq!(other.name, "somebody--gte-base-zh");
        assert_eq!(other.sources[0].1, "somebody/gte-base-zh");
        for (page, hub, revision) in [
            ("https://huggingface.co/a/b", HF, None),
            ("https://mirror.example/a/b/tree/v1.0", HF, Some("v1.0")),
            ("https://www.modelscope.cn/models/a/b/summary", MS, None),
            ("https://modelscope.cn/models/a/b", MS, None),
            ("huggingface.co/a/b", HF, None),
            ("hf.co/a/b/tree/v1.0", HF, Some("v1.0")),
            ("www.modelscope.cn/models/a/b/files", MS, None),
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
