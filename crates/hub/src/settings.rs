//! What the environment says of hubs: addresses, token, whether to stay offline.

use std::env;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::Error;

/// Where Hugging Face is, if nobody says otherwise.
const HUGGING_FACE: &str = "https://huggingface.co";

/// Where ModelScope is, if nobody says otherwise.
const MODELSCOPE: &str = "https://www.modelscope.cn";

/// How long a host may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a host may be silent in the middle of an answer.
const SILENCE: Duration = Duration::from_secs(30);

/// The pause before something is tried once more; it doubles each time.
const PAUSE: Duration = Duration::from_millis(500);

/// Bytes of a part, of which several are fetched at a time.
const PART: u64 = 16 << 20;

/// A text that stays out of messages.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A text to keep.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// How hubs are reached.
#[derive(Clone)]
pub struct Settings {
    /// Hugging Face or a mirror of it: `HF_ENDPOINT`.
    pub huggingface: Url,
    /// ModelScope: `MODELSCOPE_ENDPOINT`, or the older `MODELSCOPE_DOMAIN`.
    pub modelscope: Url,
    /// What Hugging Face knows the user by: `HF_TOKEN`, else the file that its command line writes. It goes to that host alone.
    pub token: Option<Secret>,
    /// Where the token comes from, for people: the variable, or the file.
    pub token_from: String,
    /// What forbids downloads, such as `HF_HUB_OFFLINE`.
    pub offline: Option<String>,
    /// How long a host may take to accept a connection.
    pub connect: Duration,
    /// How long a host may be silent: `HF_HUB_DOWNLOAD_TIMEOUT`.
    pub silence: Duration,
    /// The pause before something is tried once more; it doubles each time.
    pub pause: Duration,
    /// Bytes of a part, of which several are fetched at a time.
    pub part: u64,
}

impl fmt::Debug for Settings {
    /// Addresses alone, and those without a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("huggingface", &without_user(&self.huggingface).as_str())
            .field("modelscope", &without_user(&self.modelscope).as_str())
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// As the variables of the environment say, which are those of the hubs' own libraries.
    ///
    /// # Errors
    /// When an address is none.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| {
            let value = env::var(name).ok()?;
            let value = value.trim();
            (!value.is_empty()).then(|| value.to_owned())
        })
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let offline = ["YUYI_OFFLINE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"];
        let is_on = |name: &&str| variable(name).is_some_and(|value| is_yes(&value));
        let (token, token_from) = token(&variable).unzip();
        let silence = variable("HF_HUB_DOWNLOAD_TIMEOUT").and_then(|value| value.parse().ok());
        Ok(Self {
            huggingface: address("HF_ENDPOINT", &variable, HUGGING_FACE)?,
            modelscope: match variable("MODELSCOPE_ENDPOINT") {
                Some(_) => address("MODELSCOPE_ENDPOINT", &variable, MODELSCOPE)?,
                None => address("MODELSCOPE_DOMAIN", &variable, MODELSCOPE)?,
            },
            token,
            token_from: token_from.unwrap_or_else(|| "HF_TOKEN".to_owned()),
            offline: offline.into_iter().find(is_on).map(str::to_owned),
            connect: CONNECT,
            silence: silence.map_or(SILENCE, |seconds: u64| Duration::from_secs(seconds.max(1))),
            pause: PAUSE,
            part: PART,
        })
    }
}

fn is_yes(value: &str) -> bool {
    ["1", "on", "yes", "true"].contains(&value.to_lowercase().as_str())
}

/// The address in a variable, which may leave the scheme out.
fn address(
    name: &str,
    variable: impl Fn(&str) -> Option<String>,
    default: &str,
) -> Result<Url, Error> {
    let value = variable(name).unwrap_or_else(|| default.to_owned());
    let whole = match value.contains("://") {
        true => value.clone(),
        false => format!("https://{value}"),
    };
    let parsed = Url::parse(&format!("{}/", whole.trim_end_matches('/'))).ok();
    let usable = parsed.filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    usable.ok_or_else(|| Error::Setting {
        variable: name.to_owned(),
        value: without_user_in(&value),
    })
}

/// An address without the user and the password that it may have, which are for requests and for nobody to read.
pub(crate) fn without_user(url: &Url) -> Url {
    let mut url = url.clone();
    // An address that cannot have a user has none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// The same of a text that is no address, where a password may hold anything.
fn without_user_in(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((before, host)) => {
            let scheme = before.find("://").map_or(0, |at| at + 3);
            format!("{}{host}", &before[..scheme])
        }
        None => text.to_owned(),
    }
}

/// The token in the environment, or the one that Hugging Face's command line has kept; and where it is.
fn token(variable: impl Fn(&str) -> Option<String>) -> Option<(Secret, String)> {
    let names = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"].into_iter();
    let mut set = names.filter_map(|name| Some((variable(name)?, name.to_owned())));
    let direct = set.next();
    let path = |name: &str| variable(name).map(PathBuf::from);
    let file = || {
        let home = path("HF_HOME")
            .or_else(|| path("HOME").map(|user| user.join(".cache/huggingface")))
            .map(|home| home.join("token"));
        let file = path("HF_TOKEN_PATH").or(home)?;
        let text = fs::read_to_string(&file).ok()?;
        let text = text.trim();
        (!text.is_empty()).then(|| (text.to_owned(), file.display().to_string()))
    };
    let (found, from) = direct.or_else(file)?;
    // What no header can hold is no token.
    let is_token = found.bytes().all(|byte| byte.is_ascii_graphic());
    is_token.then(|| (Secret::new(found), from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(set: &[(&str, &str)]) -> Result<Settings, Error> {
        Settings::from_variables(|name| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn addresses_may_leave_their_scheme_out() {
        let none = of(&[]).unwrap();
        assert_eq!(none.huggingface.as_str(), "https://huggingface.co/");
        assert_eq!(none.modelscope.as_str(), "https://www.modelscope.cn/");
        assert_eq!((none.offline, none.token), (None, None));
        for (value, expected) in [
            ("https://hub.example.com/", "https://hub.example.com/"),
            ("http://127.0.0.1:80//", "http://127.0.0.1/"),
            ("hub.example.com/hf", "https://hub.example.com/hf/"),
        ] {
            let settings = of(&[("HF_ENDPOINT", value)]).unwrap();
            assert_eq!(settings.huggingface.as_str(), expected);
        }
        let (new, old) = (
            ("MODELSCOPE_ENDPOINT", "new.example"),
            ("MODELSCOPE_DOMAIN", "old.example"),
        );
        for (set, expected) in [
            (&[new, old][..], "https://new.example/"),
            (&[old], "https://old.example/"),
        ] {
            assert_eq!(of(set).unwrap().modelscope.as_str(), expected);
        }
        for value in ["ftp://x", "https://", "http://[", "a b"] {
            let error = of(&[("HF_ENDPOINT", value)]).unwrap_err().to_string();
            assert!(error.starts_with("HF_ENDPOINT is"), "{error}");
        }
    }

    #[test]
    fn a_password_is_for_requests_alone() {
        let settings = of(&[("HF_ENDPOINT", "https://me:s3cret@hub.example/hf")]).unwrap();
        assert_eq!(settings.huggingface.password(), Some("s3cret"));
        let shown = without_user(&settings.huggingface);
        assert_eq!(shown.as_str(), "https://hub.example/hf/");
        assert!(!format!("{settings:?}").contains("s3cret"));
        for (value, shown) in [
            ("ftp://me:s3cret@hub.example", "\"ftp://hub.example\""),
            ("https://me:s3c/ret@hub.example", "\"https://hub.example\""),
            (
                "https://me:s3c@ret@ hub.example",
                "\"https:// hub.example\"",
            ),
            ("me:s3c ret@hub.example:port", "\"hub.example:port\""),
        ] {
            let error = of(&[("HF_ENDPOINT", value)]).unwrap_err().to_string();
            assert!(error.contains(shown) && !error.contains("s3c"), "{error}");
        }
    }

    #[test]
    fn a_token_is_found_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("token"), "hf_file\n").unwrap();
        let home = ("HF_HOME", folder.path().to_str().unwrap());
        let file = of(&[home]).unwrap();
        assert_eq!(file.token.unwrap().reveal(), "hf_file");
        let path = folder.path().join("token").display().to_string();
        assert_eq!(file.token_from, path);
        let direct = of(&[home, ("HF_TOKEN", "hf_direct")]).unwrap();
        assert_eq!(direct.token.as_ref().unwrap().reveal(), "hf_direct");
        assert_eq!(direct.token_from, "HF_TOKEN");
        assert!(!format!("{direct:?}").contains("hf_direct"));
        assert_eq!(of(&[("HF_TOKEN", "a\nb")]).unwrap().token, None);
    }

    #[test]
    fn what_forbids_downloads_is_named() {
        for (name, value, expected) in [
            ("HF_HUB_OFFLINE", "1", true),
            ("YUYI_OFFLINE", "true", true),
            ("HF_HUB_OFFLINE", "0", false),
        ] {
            let offline = of(&[(name, value)]).unwrap().offline;
            assert_eq!(offline, expected.then(|| name.to_owned()));
        }
    }
}
