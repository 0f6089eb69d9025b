//! One call over HTTP.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::{Map, Value};
use ureq::Agent;
use yuyi_wait::retry_after;

use crate::answer::{self, Answer};
use crate::failure::Failure;
use crate::key::Key;
use crate::refusal;
use crate::spec::{Endpoint, Spec};
use crate::told::shortened;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// Most bytes of an answer: ten times what the vectors of a call of 100 texts take.
const LONGEST_ANSWER: u64 = 64 << 20;

/// Most bytes that are read of an answer that tells a failure.
const LONGEST_REFUSAL: u64 = 64 << 10;

/// Most bytes of a list of models.
const LONGEST_LIST: u64 = 4 << 20;

/// Connections that stay open for further calls.
const KEPT: usize = 8;

/// Characters of a text, one after the other, by which a message is known to quote it; all of a shorter one. Of letters without
/// accents, that messages are written in, it takes more.
const QUOTED: usize = 6;
const QUOTED_ASCII: usize = 14;

/// Characters of a text that may stand in a message by accident.
const LEAST_QUOTED: usize = 4;

/// Calls a provider.
pub(crate) struct Line {
    agent: Agent,
    endpoint: Endpoint,
    key: Option<Key>,
    model: String,
    /// The length of vectors that calls ask for.
    dimension: Option<usize>,
}

/// What a call asks for.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) texts: Vec<&'a str>,
    /// A field of the call with its value.
    pub(crate) field: Option<(&'a str, &'a str)>,
    /// Length of the vectors, where it is known.
    pub(crate) dimension: Option<usize>,
    pub(crate) timeout: Duration,
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<usize>,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

impl Line {
    /// To the provider of `spec`, with the key that it asks for. Nothing is sent yet.
    pub(crate) fn new(spec: &Spec, key: Option<Key>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A call that is sent on elsewhere would take the key there, or lose it.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .tls_config(yuyi_tls::config())
            .timeout_connect(Some(CONNECT))
            .max_idle_connections(KEPT)
            .max_idle_connections_per_host(KEPT)
            .user_agent(concat!("yuyi/", env!("CARGO_PKG_VERSION")));
        let config = match spec.endpoint.is_here {
            true => config.proxy(None),
            false => config,
        };
        Self {
            agent: config.build().new_agent(),
            endpoint: spec.endpoint.clone(),
            key,
            model: spec.model.clone(),
            dimension: spec.dimension.filter(|_| spec.asks_dimension),
        }
    }

    /// The vectors of texts.
    ///
    /// # Errors
    /// What is told of it has neither the key nor what the texts say.
    pub(crate) fn ask(&self, asked: &Asked<'_>) -> Result<Answer, Failure> {
        let outcome = self.send(asked).and_then(|body| {
            let answer = answer::read(&body, asked.texts.len(), asked.dimension);
            // Some tell failures with the status of success.
            answer.map_err(|told| match refusal::meaning(200, None, &body) {
                Failure::Broken { .. } => Failure::Broken { told },
                meant => meant,
            })
        });
        outcome.map_err(|failure| failure.retold(|told| self.discreet(told, asked)))
    }

    /// What is answered where models are listed; empty where that is refused, `None` where nobody answers.
    pub(crate) fn models(&self, timeout: Duration) -> Option<Vec<u8>> {
        let request = self.agent.get(self.endpoint.models());
        let mut request = request
            .config()
            .timeout_global(Some(timeout))
            .build()
            .header("Accept", "application/json");
        if let Some(key) = &self.key {
            request = request.header("Authorization", key.authorization());
        }
        let mut response = request.call().ok()?;
        let is_success = response.status().as_u16() == 200;
        let body = response.body_mut().with_config().limit(LONGEST_LIST);
        // All of it is read, so that the connection serves further calls.
        let list = body.read_to_vec().ok()?;
        Some(if is_success { list } else { Vec::new() })
    }

    fn send(&self, asked: &Asked<'_>) -> Result<Vec<u8>, Failure> {
        let mut request = self
            .agent
            .post(&self.endpoint.url)
            .config()
            .timeout_global(Some(asked.timeout))
            .build()
            .header("Content-Type", "application/json")
            .header("Accept", "application/json");
        if let Some(key) = &self.key {
            request = request.header("Authorization", key.authorization());
        }
        let mut response = request.send(self.body(asked)).map_err(unanswered)?;
        let status = response.status().as_u16();
        let wait = response.headers().get("Retry-After");
        let wait = wait.and_then(|wait| retry_after(wait.to_str().ok()?, SystemTime::now()));
        let is_success = status == 200;
        let most = if is_success {
            LONGEST_ANSWER
        } else {
            LONGEST_REFUSAL
        };
        let body = response.body_mut().with_config().limit(most).read_to_vec();
        match (is_success, body) {
            (true, Ok(body)) => Ok(body),
            (true, Err(ureq::Error::BodyExceedsLimit(_))) => Err(Failure::Broken {
                told: "answered far more than vectors".to_owned(),
            }),
            (true, Err(error)) => Err(unanswered(error)),
            // What was refused is known without its reason.
            (false, body) => Err(refusal::meaning(status, wait, &body.unwrap_or_default())),
        }
    }

    fn body(&self, asked: &Asked<'_>) -> Vec<u8> {
        let fields = asked.field.iter();
        let fields = fields.map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
        let body = Body {
            model: &self.model,
            input: &asked.texts,
            dimensions: self.dimension,
            fields: fields.collect(),
        };
        // Texts and numbers can always be written.
        serde_json::to_vec(&body).unwrap_or_default()
    }

    /// What is told, without the key, and without a message that quotes a text.
    fn discreet(&self, told: &str, asked: &Asked<'_>) -> String {
        let told = match &self.key {
            Some(key) => key.hidden_in(told),
            None => told.to_owned(),
        };
        match asked.texts.iter().any(|text| quotes(&told, text.trim())) {
            true => match told.split_once(',') {
                Some((status, _)) => format!("{status}, with a message that quotes a text"),
                None => "a message that quotes a text".to_owned(),
            },
            false => told,
        }
    }
}

/// Whether a message quotes a text: a part of it, or all of a short one, which has to stand apart from other words.
fn quotes(told: &str, text: &str) -> bool {
    let length = text.chars().count();
    if length < LEAST_QUOTED {
        return stands_apart(told, text);
    }
    let mut short = windows(told, QUOTED.min(length)).filter(|window| !window.is_ascii());
    let mut long = windows(told, QUOTED_ASCII.min(length));
    short.any(|window| text.contains(window)) || long.any(|window| text.contains(window))
}

/// The parts of a text of so many characters.
fn windows(text: &str, size: usize) -> impl Iterator<Item = &str> {
    let starts = text.char_indices().map(|(at, _)| at);
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let spans = starts.zip(ends.skip(size.saturating_sub(1)));
    spans.map(|(start, end)| &text[start..end])
}

/// Whether a text of few characters stands for itself in a message: between quotation marks or the like, and one that is no English
/// word also between blanks. `no` and `a` are words of any message.
fn stands_apart(told: &str, text: &str) -> bool {
    if text.is_empty() {
        return false;
    }
    let mut found = told.match_indices(text);
    found.any(|(at, _)| {
        let before = told[..at].chars().next_back();
        let after = told[at + text.len()..].chars().next();
        let is_mark =
            |c: Option<char>| c.is_some_and(|c| "\"'`“”‘’「」『』《》[]()（）".contains(c));
        let is_apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        match text.is_ascii() {
            true => is_mark(before) && is_mark(after),
            false => is_apart(before) && is_apart(after),
        }
    })
}

/// What it means that there is no answer, or no end of it.
fn unanswered(error: ureq::Error) -> Failure {
    if let Some(problem) = yuyi_tls::problem(&error) {
        let told = problem.to_owned();
        return Failure::Down { told };
    }
    let told = match &error {
        ureq::Error::Timeout(_) => "no answer in time".to_owned(),
        ureq::Error::HostNotFound => "its host is not known".to_owned(),
        ureq::Error::ConnectionFailed => "no connection".to_owned(),
        ureq::Error::Io(error) => match error.kind() {
            std::io::ErrorKind::ConnectionRefused => "no connection".to_owned(),
            std::io::ErrorKind::UnexpectedEof
            | std::io::ErrorKind::ConnectionReset
            | std::io::ErrorKind::ConnectionAborted
            | std::io::ErrorKind::BrokenPipe => "the connection broke off".to_owned(),
            std::io::ErrorKind::NetworkUnreachable | std::io::ErrorKind::HostUnreachable => {
                "no network leads there".to_owned()
            }
            _ => shortened(&error.to_string()),
        },
        ureq::Error::ConnectProxyFailed(told) => {
            format!("the proxy does not let it through, {}", shortened(told))
        }
        ureq::Error::Protocol(_) | ureq::Error::Http(_) => "it does not speak HTTP".to_owned(),
        other => shortened(&other.to_string()),
    };
    Failure::Down { told }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, key: Option<&str>) -> Line {
        Line::new(&name.parse().unwrap(), key.and_then(Key::of))
    }

    fn asked<'a>(texts: &[&'a str], field: Option<(&'a str, &'a str)>) -> Asked<'a> {
        Asked {
            texts: texts.to_vec(),
            field,
            dimension: None,
            timeout: Duration::from_secs(1),
        }
    }

    #[test]
    fn a_body_has_what_was_asked_for_and_no_more() {
        let body = |name, field| {
            let body = line(name, None).body(&asked(&["甲", "b"], field));
            String::from_utf8(body).unwrap()
        };
        assert_eq!(
            body("remote:https://host/v1#m", None),
            r#"{"model":"m","input":["甲","b"]}"#
        );
        assert_eq!(
            body(
                "remote:https://host/v1#m?dimension=3",
                Some(("input_type", "query"))
            ),
            r#"{"model":"m","input":["甲","b"],"dimensions":3,"input_type":"query"}"#
        );
    }

    #[test]
    fn messages_have_neither_key_nor_texts() {
        let line = line("remote:https://host/v1#m", Some("sk-secret"));
        let texts = ["客户张三的电话是一三八", "短"];
        let discreet = |told| line.discreet(told, &asked(&texts, None));
        assert_eq!(
            discreet("HTTP 401, bad key sk-secret"),
            "HTTP 401, bad key ***"
        );
        assert_eq!(
            discreet("HTTP 400, not wanted: 客户张三的电话是一三八"),
            "HTTP 400, with a message that quotes a text"
        );
        assert_eq!(discreet("HTTP 400, 太短"), "HTTP 400, 太短");
        let hidden = "HTTP 400, with a message that quotes a text";
        for told in [
            "HTTP 400, input \"短\" is refused",
            "HTTP 400, 输入“短”不合规",
            "HTTP 400, refused: 短",
            "HTTP 400, …的电话是一三八 is not wanted",
        ] {
            assert_eq!(discreet(told), hidden, "{told}");
        }
        let english = |told| line.discreet(told, &asked(&["no", "a", "", " "], None));
        let told = "HTTP 429, you have no quota (a limit)";
        assert_eq!(english(told), told);
        assert_eq!(english("HTTP 400, bad input: 'no'"), hidden);
    }
}
