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
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// What a hub knows the user by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub(crate) secret: Secret,
    /// Where it comes from, for people: a variable, or a file.
    pub(crate) from: String,
}

impl Token {
    /// A token, and where it comes from; `None`: no header can hold it, so it is none.
    pub fn new(text: &str, from: impl Into<String>) -> Option<Self> {
        let is_token = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_token.then(|| Self {
            secret: Secret(text.to_owned()),
            from: from.into(),
        })
    }

    /// Whether it can stand in a cookie, too, which ends at some marks.
    pub(crate) fn fits_cookies(&self) -> bool {
        !self.secret.reveal().contains(['"', ',', ';', '\\'])
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
    pub token: Option<Token>,
    /// What ModelScope does: `MODELSCOPE_API_TOKEN`. It goes to that host alone.
    pub modelscope_token: Option<Token>,
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
    /// When an address is none, or a proxy.
    pub fn from_env() -> Result<Self, Error> {
        let settings = Self::from_variables(|name| {
            let value = env::var(name).ok()?;
            let value = bare(&value);
            (!value.is_empty()).then(|| value.to_owned())
        })?;
        // As it stands there: whoever calls takes no quotation marks off. Without downloads it does not matter.
        let proxy = yuyi_tls::unusable_proxy(|name| env::var(name).ok());
        match proxy.filter(|_| settings.offline.is_none()) {
            None => Ok(settings),
            Some(name) => Err(Error::Proxy {
                variable: name.to_owned(),
            }),
        }
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let offline = ["YUYI_OFFLINE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"];
        let is_on = |name: &&str| variable(name).is_some_and(|value| is_yes(&value));
        let offline = offline.into_iter().find(is_on).map(str::to_owned);
        let silence = variable("HF_HUB_DOWNLOAD_TIMEOUT").and_then(|value| value.parse().ok());
        Ok(Self {
            huggingface: address("HF_ENDPOINT", &variable, HUGGING_FACE)?,
            modelscope: match variable("MODELSCOPE_ENDPOINT") {
                Some(_) => address("MODELSCOPE_ENDPOINT", &variable, MODELSCOPE)?,
                None => address("MODELSCOPE_DOMAIN", &variable, MODELSCOPE)?,
            },
            token: huggingface_token(&variable),
            // Its library keeps one as a pickle of cookies, which nothing but Python should open.
            modelscope_token: token(&["MODELSCOPE_API_TOKEN"], None, &variable),
            offline,
            connect: CONNECT,
            silence: silence.map_or(SILENCE, |seconds: u64| Duration::from_secs(seconds.max(1))),
            pause: PAUSE,
            part: PART,
        })
    }
}

/// A value without blanks and quotation marks around it: `docker run --env-file` and some shells leave them there.
fn bare(value: &str) -> &str {
    value.trim().trim_matches(['"', '\'', '`']).trim()
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

/// The token in the environment, or the one that Hugging Face's command line has kept.
fn huggingface_token(variable: impl Fn(&str) -> Option<String>) -> Option<Token> {
    let path = |name: &str| variable(name).map(PathBuf::from);
    let home = path("HF_HOME")
        .or_else(|| path("HOME").map(|user| user.join(".cache/huggingface")))
        .map(|home| home.join("token"));
    let file = path("HF_TOKEN_PATH").or(home);
    token(&["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"], file, &variable)
}

/// The token of the first variable that is set, else of a file.
fn token(
    names: &[&str],
    file: Option<PathBuf>,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<Token> {
    if let Some((name, value)) = names.iter().find_map(|name| Some((*name, variable(name)?))) {
        return Token::new(&value, name);
    }
    let file = file?;
    let text = fs::read_to_string(&file).ok()?;
    Token::new(text.trim(), file.display().to_string())
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
    fn marks_around_a_value_are_not_part_of_it() {
        for value in [
            " https://h ",
            "\"https://h\"",
            "'https://h'",
            "` https://h`\n",
        ] {
            assert_eq!(bare(value), "https://h");
        }
        assert_eq!(bare("\"\""), "");
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
        fs::write(folder.path().join("token"), "kept\n").unwrap();
        let path = folder.path().join("token").display().to_string();
        let of_hf: fn(Settings) -> Option<Token> = |settings| settings.token;
        let of_ms: fn(Settings) -> Option<Token> = |settings| settings.modelscope_token;
        let home = ("HF_HOME", folder.path().to_str().unwrap());
        let file = of_hf(of(&[home]).unwrap()).unwrap();
        assert_eq!((file.secret.reveal(), &file.from), ("kept", &path));
        for (name, found) in [("HF_TOKEN", of_hf), ("MODELSCOPE_API_TOKEN", of_ms)] {
            let direct = of(&[home, (name, "direct")]).unwrap();
            assert!(!format!("{direct:?}").contains("direct"));
            let direct = found(direct).unwrap();
            assert_eq!((direct.secret.reveal(), &*direct.from), ("direct", name));
            assert!(!format!("{direct:?}").contains("\"direct\""));
            assert_eq!(found(of(&[(name, "a\nb")]).unwrap()), None);
        }
        // Each hub has its own.
        let one = of(&[("HF_TOKEN", "hf")]).unwrap();
        assert_eq!(one.modelscope_token, None);
        let other = of(&[("MODELSCOPE_API_TOKEN", "ms")]).unwrap();
        assert_eq!(other.token, None);
    }

    #[test]
    fn the_home_of_hugging_faces_library_is_looked_in() {
        let user = tempfile::tempdir().unwrap();
        for (folder, token) in [(".cache/huggingface", "hf-1\n"), (".modelscope", "ms-1\n")] {
            let folder = user.path().join(folder);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("token"), token).unwrap();
        }
        let settings = of(&[("HOME", user.path().to_str().unwrap())]).unwrap();
        assert_eq!(settings.token.unwrap().secret.reveal(), "hf-1");
        // Nothing writes such a file.
        assert_eq!(settings.modelscope_token, None);
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
