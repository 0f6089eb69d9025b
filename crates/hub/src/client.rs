//! Requests to hubs. Redirects are followed here and not by the HTTP client, since what hubs do with them decides: which host has
//! the data, and to whom the token may go.

use std::io::Read;
use std::time::{Duration, Instant, SystemTime};

use serde::de::DeserializeOwned;
use ureq::http::{HeaderMap, HeaderName, header};
use ureq::{Agent, Body, BodyReader};
use url::Url;
use yuyi_wait::retry_after;

use crate::patience::Patience;
use crate::settings::Token;
use crate::transport::agent;
use crate::{Error, HubKind, Settings};

/// Most redirects of a request; hubs need three.
const HOPS: usize = 10;

/// Most bytes of a list of files.
const LONGEST_JSON: u64 = 64 << 20;

/// How often a list is asked for.
const TRIES: u32 = 3;

/// Asks hubs; threads share it.
pub(crate) struct Client {
    agent: Agent,
    settings: Settings,
}

/// An answer, whatever its status.
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: HeaderMap,
    body: Body,
    /// Who answers, after redirects.
    pub(crate) url: Url,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Silence {
    /// A host cannot be reached, or its answer breaks.
    Unreachable { host: String, reason: String },
    /// Redirects lead nowhere.
    Redirects { host: String, reason: String },
}

impl Silence {
    /// The error of a request to `hub`.
    pub(crate) fn of(self, hub: &str) -> Error {
        match self {
            Self::Unreachable { host, reason } if host == hub => {
                Error::Unreachable { host, reason }
            }
            Self::Unreachable { host, reason } => Error::DataHost {
                hub: hub.to_owned(),
                host,
                reason,
            },
            Self::Redirects { host, reason } => Error::Redirects { host, reason },
        }
    }
}

impl Reply {
    /// A header, if it is there and text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How long the host asks to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        retry_after(self.header("retry-after")?, SystemTime::now())
    }

    pub(crate) fn into_reader(self) -> BodyReader<'static> {
        self.body.into_reader()
    }

    fn into_bytes(self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let mut reader = self.into_reader().take(LONGEST_JSON);
        match reader.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(told(&error.into())),
        }
    }
}

/// The host of an address, with the port where it is an unusual one.
pub(crate) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

impl Client {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            agent: agent(&settings),
            settings,
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Asks for bytes `from..=to` of an address, for all of them without a range, and follows redirects.
    pub(crate) fn get(&self, url: &Url, range: Option<(u64, u64)>) -> Result<Reply, Silence> {
        let mut url = url.clone();
        for _ in 0..HOPS {
            let reply = self.ask(&url, range)?;
            let Some(location) = redirect(&reply) else {
                return Ok(reply);
            };
            url = self.follow(&url, location)?;
        }
        let reason = "in a circle".to_owned();
        let host = host(&url);
        Err(Silence::Redirects { host, reason })
    }

    /// One request, without redirects.
    fn ask(&self, url: &Url, range: Option<(u64, u64)>) -> Result<Reply, Silence> {
        let mut request = self
            .agent
            .get(url.as_str())
            .header(header::ACCEPT_ENCODING, "identity");
        for (name, value) in self.names_user(url) {
            request = request.header(name, value);
        }
        if let Some((from, to)) = range {
            request = request.header(header::RANGE, format!("bytes={from}-{to}"));
        }
        let began = Instant::now();
        let answered = request.call().map_err(|error| {
            let reason = match told(&error) {
                // The client says so too where its addresses have kept silent, one after the other.
                told if told == REFUSED && began.elapsed() >= self.settings.connect / 2 => {
                    NO_CONNECTION.to_owned()
                }
                told => told,
            };
            Silence::Unreachable {
                host: host(url),
                reason: self.through_proxy(url, reason),
            }
        })?;
        let (parts, body) = answered.into_parts();
        Ok(Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
            url: url.clone(),
        })
    }

    /// A reason, with the proxy that may be the real one.
    fn through_proxy(&self, url: &Url, reason: String) -> String {
        let uri = url.as_str().parse();
        let proxy = self.agent.config().proxy();
        let used = proxy.filter(|proxy| uri.is_ok_and(|uri| !proxy.is_no_proxy(&uri)));
        match used {
            Some(proxy) => format!(
                "{reason}, through the proxy {}:{}",
                proxy.host(),
                proxy.port()
            ),
            None => reason,
        }
    }

    /// The token of a host, for that host and no other.
    fn token_for(&self, url: &Url) -> Option<(HubKind, &Token)> {
        let settings = &self.settings;
        let tokens = [
            (HubKind::HuggingFace, &settings.huggingface, &settings.token),
            (
                HubKind::ModelScope,
                &settings.modelscope,
                &settings.modelscope_token,
            ),
        ];
        let mut meant = tokens
            .into_iter()
            .filter(|(_, hub, _)| url.origin() == hub.origin());
        meant.find_map(|(hub, _, token)| Some((hub, token.as_ref()?)))
    }

    /// Headers by which a host knows the user. ModelScope's older addresses go by a cookie, its newer ones by what all others go by,
    /// and its library sends both.
    fn names_user(&self, url: &Url) -> Vec<(HeaderName, String)> {
        let Some((hub, token)) = self.token_for(url) else {
            return Vec::new();
        };
        let secret = token.secret.reveal();
        let mut headers = vec![(header::AUTHORIZATION, format!("Bearer {secret}"))];
        if hub == HubKind::ModelScope && token.fits_cookies() {
            headers.push((header::COOKIE, format!("m_session_id={secret}")));
        }
        headers
    }

    /// Where a redirect leads, which may be relative.
    fn follow(&self, from: &Url, location: &str) -> Result<Url, Silence> {
        let refuse = |reason: String| {
            let host = host(from);
            Err(Silence::Redirects { host, reason })
        };
        let Ok(to) = from.join(location) else {
            return refuse("to what is no address".to_owned());
        };
        match (from.scheme(), to.scheme()) {
            (_, "https") | ("http", "http") => Ok(to),
            (_, "http") => refuse(format!(
                "from an encrypted connection to one without encryption, on {}",
                host(&to)
            )),
            _ => refuse("to what is no address of the web".to_owned()),
        }
    }

    /// A JSON document and its answer's `Link` to the next page; what passes is tried again, with `patience`. Other statuses than 200
    /// are for `refused` to tell.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn json<T: DeserializeOwned>(
        &self,
        url: &Url,
        patience: &Patience<'_>,
        refused: impl Fn(&Reply) -> Error,
    ) -> Result<(T, Option<Url>), Error> {
        let hub = host(url);
        let mut pause = self.settings.pause;
        let mut tries = 0;
        loop {
            tries += 1;
            let passing = match self.get(url, None) {
                Ok(reply) if reply.status == 200 => {
                    let next = next_page(&reply);
                    match reply.into_bytes() {
                        Ok(bytes) => return parsed(&bytes, &hub).map(|read| (read, next)),
                        Err(reason) => Error::Unreachable {
                            host: hub.clone(),
                            reason,
                        },
                    }
                }
                Ok(reply) if reply.status == 429 => {
                    let asked = reply.retry_after();
                    pause = pause.max(patience.with(&hub, asked)?);
                    patience.limited(&hub, asked)
                }
                Ok(reply) if reply.status >= 500 => refused(&reply),
                Ok(reply) => return Err(refused(&reply)),
                Err(silence) => silence.of(&hub),
            };
            // A host that does not even accept connections was waited for long enough.
            if tries == TRIES || matches!(passing, Error::Redirects { .. }) || is_dead(&passing) {
                return Err(passing);
            }
            if matches!(passing, Error::RateLimited { .. }) {
                patience.tell(&hub, pause);
            }
            patience.wait(pause)?;
            pause *= 2;
        }
    }
}

/// What is tried once more in vain.
pub(crate) fn is_dead(error: &Error) -> bool {
    let reason = match error {
        Error::Unreachable { reason, .. } | Error::DataHost { reason, .. } => reason,
        _ => return false,
    };
    [NO_ADDRESS, NO_CONNECTION, NO_WAY]
        .iter()
        .any(|dead| reason.starts_with(dead))
}

fn parsed<T: DeserializeOwned>(bytes: &[u8], host: &str) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error::NoHubAnswer {
        host: host.to_owned(),
        reason: match bytes.trim_ascii_start().first() {
            Some(b'<') => "a web page came".to_owned(),
            _ if error.is_data() => "its answer has another form".to_owned(),
            _ => "its answer is no JSON, or not all of it".to_owned(),
        },
    })
}

/// Where the answer sends, if it does.
fn redirect(reply: &Reply) -> Option<&str> {
    let redirects = [301, 302, 303, 307, 308];
    let location = reply.header("location")?;
    redirects.contains(&reply.status).then_some(location)
}

/// `Link: <ADDRESS>; rel="next"`.
fn next_page(reply: &Reply) -> Option<Url> {
    let links = reply.header("link")?.split(',');
    let mut next = links.filter(|link| link.contains("rel=\"next\""));
    let (address, _) = next.next()?.trim().strip_prefix('<')?.split_once('>')?;
    let next = reply.url.join(address).ok()?;
    // A further page of another host would be another's list.
    (next.origin() == reply.url.origin()).then_some(next)
}

const NO_ADDRESS: &str = "there is no host of that name";
const NO_CONNECTION: &str = "it does not accept connections in time";
const REFUSED: &str = "it refuses connections";
const NO_WAY: &str = "no network leads there";
const BROKEN: &str = "the connection broke";

/// What happened, in a few words.
pub(crate) fn told(error: &ureq::Error) -> String {
    use ureq::{Error, Timeout};
    if let Some(problem) = yuyi_tls::problem(error) {
        return problem.to_owned();
    }
    match error {
        Error::HostNotFound => NO_ADDRESS.to_owned(),
        // What takes too long to look up is not found; this is a connection of which the time counts from there.
        Error::Timeout(Timeout::Resolve | Timeout::Connect) => NO_CONNECTION.to_owned(),
        Error::Timeout(_) => "it has gone silent".to_owned(),
        Error::Io(error) => match error.kind() {
            std::io::ErrorKind::ConnectionRefused => REFUSED.to_owned(),
            std::io::ErrorKind::TimedOut => "it has gone silent".to_owned(),
            std::io::ErrorKind::UnexpectedEof
            | std::io::ErrorKind::ConnectionReset
            | std::io::ErrorKind::ConnectionAborted
            | std::io::ErrorKind::BrokenPipe => BROKEN.to_owned(),
            std::io::ErrorKind::NetworkUnreachable | std::io::ErrorKind::HostUnreachable => {
                NO_WAY.to_owned()
            }
            _ => error.to_string(),
        },
        Error::ConnectionFailed => REFUSED.to_owned(),
        Error::BodyStalled => BROKEN.to_owned(),
        Error::ConnectProxyFailed(told) => format!("the proxy does not let it through, {told}"),
        Error::Protocol(_) | Error::Http(_) => "it does not speak HTTP".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(endpoint: &str) -> Client {
        let mut settings = Settings::from_env().unwrap();
        settings.huggingface = Url::parse(endpoint).unwrap();
        settings.token = Token::new("hf_x", "HF_TOKEN");
        settings.modelscope = Url::parse("https://www.modelscope.cn/").unwrap();
        settings.modelscope_token = Token::new("ms_x", "MODELSCOPE_API_TOKEN");
        Client::new(settings)
    }

    #[test]
    fn each_token_goes_to_its_host_alone() {
        let client = client("https://huggingface.co/");
        let sent = |url: &str| {
            let headers = client.names_user(&Url::parse(url).unwrap());
            let shown = headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}"));
            shown.collect::<Vec<_>>()
        };
        let hf = ["authorization: Bearer hf_x"];
        assert_eq!(sent("https://huggingface.co/a/b"), hf);
        let ms = ["authorization: Bearer ms_x", "cookie: m_session_id=ms_x"];
        assert_eq!(sent("https://www.modelscope.cn/api/v1/models"), ms);
        for other in [
            "http://huggingface.co/a",
            "https://huggingface.co:8443/a",
            "https://cdn.huggingface.co/a",
            "https://huggingface.co.example/a",
            "http://www.modelscope.cn/a",
            "https://modelscope.cn/a",
            "https://cdn-lfs-cn-1.modelscope.cn/a",
            "https://modelhub.oss-cn-hangzhou.aliyuncs.com/a",
        ] {
            assert!(sent(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn a_token_that_would_end_a_cookie_is_in_none() {
        let mut client = client("https://huggingface.co/");
        client.settings.modelscope_token = Token::new("a;b", "MODELSCOPE_API_TOKEN");
        let headers = client.names_user(&client.settings.modelscope);
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn redirects_never_leave_encryption() {
        let client = client("https://huggingface.co/");
        let from = Url::parse("https://huggingface.co/a/b?c").unwrap();
        let follow = |to: &str| client.follow(&from, to).map(|url| url.to_string());
        assert_eq!(follow("/x?y=1").unwrap(), "https://huggingface.co/x?y=1");
        assert_eq!(follow("https://d/x").unwrap(), "https://d/x");
        for bad in ["http://d/x", "file:///etc/passwd", "https://"] {
            assert!(follow(bad).is_err(), "{bad}");
        }
    }
}
