//! What a model that computes elsewhere is named by.
//!
//! ```text
//! remote:PROVIDER/MODEL[?SETTING=VALUE&…]      remote:qianfan/embedding-v1
//! remote:URL#MODEL[?SETTING=VALUE&…]           remote:https://host/v1#model?dimension=512
//! ```

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use ureq::http::Uri;
use yuyi_models::Error;

use crate::length::Limits;
use crate::providers::{self, Known, Provider};

/// What names of models that compute elsewhere begin with.
pub(crate) const PREFIX: &str = "remote:";

/// The variable that has the key of a provider that is not known.
pub(crate) const KEY_VARIABLE: &str = "YUYI_REMOTE_KEY";

/// Texts of a call where nobody tells how many may be: what the servers of this kind take that take few.
const BATCH: usize = 32;

/// How long a call may take, those that are made again for it included.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Most numbers of a vector.
pub(crate) const LONGEST_VECTOR: usize = 65_536;

/// A model that computes elsewhere, as far as its name tells.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    /// As it was written.
    pub(crate) name: String,
    pub(crate) provider: Option<&'static Provider>,
    /// What messages call whoever is asked: the provider, or the host.
    pub(crate) whom: String,
    /// Where `/embeddings` is asked.
    pub(crate) endpoint: Endpoint,
    /// The model's name in calls.
    pub(crate) model: String,
    /// Length of the vectors, where it is known.
    pub(crate) dimension: Option<usize>,
    /// Calls ask for this length.
    pub(crate) asks_dimension: bool,
    pub(crate) limits: Limits,
    pub(crate) batch: usize,
    pub(crate) batch_tokens: Option<usize>,
    pub(crate) key: KeySource,
    pub(crate) revision: String,
    pub(crate) timeout: Duration,
    /// What goes in front of texts by name. One of the form `field=value` is a field of the call instead.
    pub(crate) prompts: BTreeMap<String, String>,
    pub(crate) default_prompt: String,
}

/// Where embeddings are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    /// The same machine, to which no proxy leads.
    pub(crate) is_here: bool,
    host: String,
}

/// Where the key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// In this variable, which must be set.
    Needed(String),
    /// In this variable, if it is set.
    Optional(&'static str),
}

impl FromStr for Spec {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        parse(name).map_err(|reason| Error::NotCallable {
            reason: format!("{}: {reason}", shown(name)),
        })
    }
}

/// A name as messages repeat it: without what may be a key that somebody wrote there.
fn shown(name: &str) -> &str {
    match name.split_once('?').map_or(name, |(shown, _)| shown) {
        shown if shown.contains('@') => PREFIX,
        shown => shown,
    }
}

fn parse(name: &str) -> Result<Spec, String> {
    let rest = name.strip_prefix(PREFIX).unwrap_or(name);
    let is_url = rest.starts_with("http://") || rest.starts_with("https://");
    let (place, rest) = match is_url {
        true => rest.split_once('#').ok_or(
            "The name of the model is missing; put it behind a #, as in remote:https://host/v1#model.",
        )?,
        false => rest.split_once('/').unwrap_or((rest, "")),
    };
    let (model, settings) = rest.split_once('?').unwrap_or((rest, ""));
    if model.is_empty() {
        let example = if is_url {
            "https://host/v1#model"
        } else {
            "qianfan/embedding-v1"
        };
        return Err(format!(
            "The name of the model is missing, as in {PREFIX}{example}."
        ));
    }
    let mut spec = match is_url {
        true => Spec::elsewhere(name, Endpoint::of(place)?, model),
        false => Spec::of_provider(name, provider(place)?, model)?,
    };
    for setting in settings.split('&').filter(|setting| !setting.is_empty()) {
        let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
        spec.set(key, value)?;
    }
    Ok(spec)
}

fn provider(name: &str) -> Result<&'static Provider, String> {
    providers::find(name).ok_or_else(|| {
        let known: Vec<&str> = providers::names().collect();
        format!(
            "There is no provider {name:?}. Known: {}. Any other is named by its address, as in {PREFIX}https://host/v1#model.",
            known.join(", ")
        )
    })
}

impl Spec {
    fn of_provider(name: &str, provider: &'static Provider, model: &str) -> Result<Self, String> {
        let known = provider.model(model);
        let spec = Self::elsewhere(name, Endpoint::of(provider.url)?, model);
        Ok(Self {
            whom: provider.name.to_owned(),
            provider: Some(provider),
            dimension: known.dimension,
            limits: Limits {
                tokens: known.tokens,
                characters: known.characters,
            },
            batch: known.batch.or(provider.batch).unwrap_or(BATCH),
            batch_tokens: provider.batch_tokens,
            key: KeySource::Needed(provider.key_variable.to_owned()),
            prompts: prompts(&known),
            ..spec
        })
    }

    fn elsewhere(name: &str, endpoint: Endpoint, model: &str) -> Self {
        Self {
            name: name.to_owned(),
            provider: None,
            whom: endpoint.host.clone(),
            endpoint,
            model: model.to_owned(),
            dimension: None,
            asks_dimension: false,
            limits: Limits::default(),
            batch: BATCH,
            batch_tokens: None,
            key: KeySource::Optional(KEY_VARIABLE),
            revision: String::new(),
            timeout: TIMEOUT,
            prompts: BTreeMap::new(),
            default_prompt: String::new(),
        }
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "url" => self.endpoint = Endpoint::of(value)?,
            "key" => self.key = KeySource::Needed(variable(value)?),
            "dimension" => {
                self.dimension = Some(number(key, value, LONGEST_VECTOR)?);
                self.asks_dimension = true;
            }
            "batch" => self.batch = number(key, value, 10_000)?,
            "max-tokens" => self.limits.tokens = Some(number(key, value, 1_000_000)?),
            "revision" => self.revision = value.to_owned(),
            "timeout" => {
                self.timeout = Duration::from_secs(number(key, value, 3_600)? as u64);
            }
            "prompt" => self.default_prompt = value.to_owned(),
            "query" | "passage" => {
                self.prompts.insert(key.to_owned(), value.to_owned());
            }
            _ => {
                return Err(format!(
                    "There is no setting {key:?}. There are: url, key, dimension, batch, max-tokens, revision, timeout, prompt, query, passage."
                ));
            }
        }
        Ok(())
    }

    /// The same of a server that takes with each call what its texts are to others, as another yuyi does.
    pub(crate) fn with_sides(&self) -> Self {
        let side = |name: &str| (name.to_owned(), format!("input_type={name}"));
        Self {
            prompts: ["query", "passage"].map(side).into(),
            ..self.clone()
        }
    }

    /// What its vectors are known by beside their length: who computes them, by which model, and the revision where it is told.
    pub(crate) fn identity(&self) -> [&str; 3] {
        let who = self
            .provider
            .map_or(self.endpoint.url.as_str(), |provider| provider.name);
        [who, &self.model, &self.revision]
    }
}

/// A whole number from 1 to `most`.
fn number(key: &str, value: &str, most: usize) -> Result<usize, String> {
    let number = value.parse().ok().filter(|n| (1..=most).contains(n));
    number.ok_or_else(|| format!("{key} must be a whole number from 1 to {most}, not {value:?}."))
}

/// The name of a variable of the environment. Whoever writes the key itself there is told without repeating it.
fn variable(value: &str) -> Result<String, String> {
    let is_name = !value.is_empty()
        && !value.starts_with(|c: char| c.is_ascii_digit())
        && value
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    match is_name {
        true => Ok(value.to_owned()),
        false => Err("key is the name of a variable of the environment that has the key, in capitals, such as MY_API_KEY.".to_owned()),
    }
}

/// The provider's own words for the two sides.
fn prompts(known: &Known) -> BTreeMap<String, String> {
    let mut prompts = BTreeMap::new();
    if let Some(sides) = known.sides {
        for (name, value) in [("query", sides.query), ("passage", sides.passage)] {
            prompts.insert(name.to_owned(), format!("{}={value}", sides.field));
        }
    }
    prompts
}

/// The field and the value of a prompt that is a field of the call.
pub(crate) fn field(prompt: &str) -> Option<(&str, &str)> {
    let (field, value) = prompt.split_once('=')?;
    let is_name = |text: &str, more: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    (is_name(field, "_") && is_name(value, "_-.")).then_some((field, value))
}

impl Endpoint {
    /// Where the models are listed.
    pub(crate) fn models(&self) -> String {
        let (path, query) = match self.url.split_once('?') {
            Some((path, query)) => (path, format!("?{query}")),
            None => (self.url.as_str(), String::new()),
        };
        let base = path.strip_suffix("/embeddings").unwrap_or(path);
        format!("{base}/models{query}")
    }

    fn of(url: &str) -> Result<Self, String> {
        let unusable = || {
            "The address must be that of an API, such as https://host/v1, without name and password."
                .to_owned()
        };
        let uri: Uri = url.parse().map_err(|_| unusable())?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        let authority = uri.authority().filter(|_| is_http).ok_or_else(unusable)?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(unusable());
        }
        let host = authority.host().trim_matches(['[', ']']);
        let address = host.parse::<std::net::IpAddr>();
        let path = uri.path().trim_end_matches('/');
        let path = path.strip_suffix("/embeddings").unwrap_or(path);
        let query = uri.query().map(|query| format!("?{query}"));
        let scheme = uri.scheme_str().unwrap_or_default();
        Ok(Self {
            url: format!(
                "{scheme}://{authority}{path}/embeddings{}",
                query.unwrap_or_default()
            ),
            is_here: host == "localhost" || address.is_ok_and(|address| address.is_loopback()),
            host: authority.as_str().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(name: &str) -> Spec {
        name.parse().unwrap()
    }

    fn error(name: &str) -> String {
        name.parse::<Spec>().unwrap_err().to_string()
    }

    #[test]
    fn a_provider_is_known_by_its_name() {
        let ernie = spec("remote:qianfan/embedding-v1");
        assert_eq!(
            ernie.endpoint.url,
            "https://qianfan.baidubce.com/v2/embeddings"
        );
        assert_eq!((ernie.model.as_str(), ernie.batch), ("embedding-v1", 16));
        assert_eq!(ernie.key, KeySource::Needed("QIANFAN_API_KEY".into()));
        assert_eq!(spec("remote:qianfan/tao-8k").batch, 1);
        let v4 = spec("remote:dashscope/text-embedding-v4");
        assert_eq!(
            (v4.batch, v4.dimension, v4.asks_dimension),
            (10, Some(1_024), false)
        );
        let bge = spec("remote:siliconflow/BAAI/bge-m3");
        assert_eq!(
            (bge.model.as_str(), bge.limits.tokens),
            ("BAAI/bge-m3", Some(8_192))
        );
        let jina = spec("remote:jina/jina-embeddings-v3");
        assert_eq!(jina.prompts["query"], "task=retrieval.query");
    }

    #[test]
    fn any_other_is_known_by_its_address() {
        for (name, url, is_here) in [
            (
                "remote:https://host/v1#m",
                "https://host/v1/embeddings",
                false,
            ),
            (
                "remote:https://host:8080/v1/#m",
                "https://host:8080/v1/embeddings",
                false,
            ),
            (
                "remote:http://127.0.0.1:5000/v1/embeddings#m",
                "http://127.0.0.1:5000/v1/embeddings",
                true,
            ),
            ("remote:http://[::1]:1#m", "http://[::1]:1/embeddings", true),
            (
                "remote:http://localhost/v1?api-version=2#m",
                "http://localhost/v1/embeddings?api-version=2",
                true,
            ),
        ] {
            let spec = spec(name);
            assert_eq!(
                (spec.endpoint.url.as_str(), spec.endpoint.is_here),
                (url, is_here)
            );
            assert_eq!((spec.model.as_str(), spec.name.as_str()), ("m", name));
            let models = url.replace("/embeddings", "/models");
            assert_eq!(spec.endpoint.models(), models);
            assert_eq!(spec.key, KeySource::Optional(KEY_VARIABLE));
        }
    }

    #[test]
    fn settings_stand_behind() {
        let set = spec(
            "remote:dashscope/text-embedding-v4?dimension=512&batch=5&key=MY_KEY&timeout=9&max-tokens=100&revision=2025&query=input_type=query&passage=找：&url=http://127.0.0.1:1/v1",
        );
        assert_eq!(
            (set.dimension, set.asks_dimension, set.batch),
            (Some(512), true, 5)
        );
        assert_eq!(set.key, KeySource::Needed("MY_KEY".into()));
        assert_eq!(set.timeout, Duration::from_secs(9));
        assert_eq!(set.limits.tokens, Some(100));
        assert_eq!(set.prompts["query"], "input_type=query");
        assert_eq!(set.prompts["passage"], "找：");
        assert_eq!(set.endpoint.url, "http://127.0.0.1:1/v1/embeddings");
        assert_eq!(set.identity(), ["dashscope", "text-embedding-v4", "2025"]);
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        for (name, expected) in [
            ("remote:", "The name of the model is missing"),
            ("remote:qianfan", "The name of the model is missing"),
            ("remote:qianfan/", "The name of the model is missing"),
            ("remote:https://host/v1", "put it behind a #"),
            (
                "remote:https://host/v1#",
                "The name of the model is missing",
            ),
            (
                "remote:baidu/m",
                "There is no provider \"baidu\". Known: qianfan, ",
            ),
            ("remote:https://#m", "The address must be"),
            (
                "remote:https://user:secret@host/v1#m",
                "The address must be",
            ),
            ("remote:qianfan/m?url=ftp://host", "The address must be"),
            ("remote:qianfan/m?size=3", "There is no setting \"size\""),
            (
                "remote:qianfan/m?dimension=0",
                "dimension must be a whole number from 1",
            ),
            ("remote:qianfan/m?batch=x", "batch must be a whole number"),
            (
                "remote:qianfan/m?timeout=",
                "timeout must be a whole number",
            ),
        ] {
            let error = error(name);
            assert!(error.contains(expected), "{error}");
            assert!(error.starts_with(shown(name)), "{error}");
        }
    }

    #[test]
    fn a_key_in_the_wrong_place_is_not_repeated() {
        for name in [
            "remote:https://user:sk-secret@host/v1#m",
            "remote:qianfan/m?key=sk-secret",
            "remote:qianfan/m?key=SK_SECRET&key=sk-secret",
        ] {
            let error = error(name);
            assert!(!error.contains("sk-secret"), "{error}");
        }
    }

    #[test]
    fn a_field_is_told_from_a_text() {
        assert_eq!(field("input_type=query"), Some(("input_type", "query")));
        assert_eq!(
            field("task=retrieval.query"),
            Some(("task", "retrieval.query"))
        );
        for text in [
            "",
            "query: ",
            "a=",
            "=b",
            "为这个句子=检索",
            "a = b",
            "a=b c",
        ] {
            assert_eq!(field(text), None, "{text}");
        }
    }
}
