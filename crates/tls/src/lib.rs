//! What all calls to others have in common: which certificates are trusted, and what is said where an encrypted connection is not
//! to be had.

use std::sync::OnceLock;

use ureq::Error;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Encryption that trusts what the machine trusts.
pub fn config() -> TlsConfig {
    TlsConfig::builder().root_certs(roots()).build()
}

/// What the machine trusts (`SSL_CERT_FILE`, `SSL_CERT_DIR`, else the system's store), so that a company's proxy may look into
/// connections; where there is nothing, as in a container without a system, Mozilla's list. Read once.
fn roots() -> RootCerts {
    static ROOTS: OnceLock<RootCerts> = OnceLock::new();
    let read = || {
        let found = rustls_native_certs::load_native_certs().certs;
        match found.is_empty() {
            true => RootCerts::WebPki,
            false => found
                .iter()
                .map(|certificate| Certificate::from_der(certificate).to_owned())
                .into(),
        }
    };
    ROOTS.get_or_init(read).clone()
}

/// Variables of a proxy, in the order in which they are taken.
const PROXIES: [&str; 6] = [
    "ALL_PROXY",
    "all_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
];

/// The variable that names a proxy of no known kind: without a word hosts would be asked directly, or by another proxy. `variable`
/// gives what the environment says.
pub fn unusable_proxy(variable: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    for name in PROXIES {
        if let Some(value) = variable(name).filter(|value| !value.is_empty()) {
            return ureq::Proxy::new(&value).is_err().then_some(name);
        }
    }
    None
}

/// What is wrong with the encryption of a connection, in a few words; `None`: something else is wrong.
pub fn problem(error: &Error) -> Option<&'static str> {
    if !matches!(error, Error::Io(_) | Error::Rustls(_) | Error::Tls(_)) {
        return None;
    }
    // Errors pass through the transport as texts.
    let told = error.to_string();
    if let Some((_, certificate)) = told.split_once("invalid peer certificate: ") {
        return Some(of_certificate(certificate));
    }
    let is_plain = ["InvalidContentType", "corrupt message", "InvalidMessage"];
    let is_tls = ["fatal alert", "rustls"];
    match told {
        told if is_plain.iter().any(|word| told.contains(word)) => {
            Some("it does not answer encrypted; is its address one of http://?")
        }
        told if is_tls.iter().any(|word| told.contains(word)) => {
            Some("no encryption could be agreed on with it")
        }
        _ => None,
    }
}

fn of_certificate(told: &str) -> &'static str {
    const UNTRUSTED: &str = "its certificate is not trusted on this machine; SSL_CERT_FILE names the one of a company's proxy";
    const OUTDATED: &str =
        "its certificate is not valid at this time; look at the clock of this machine";
    const FOREIGN: &str = "its certificate is that of another host";
    let known = [
        ("UnknownIssuer", UNTRUSTED),
        ("BadSignature", UNTRUSTED),
        ("xpired", OUTDATED),
        ("NotValidYet", OUTDATED),
        ("not valid yet", OUTDATED),
        ("NotValidForName", FOREIGN),
        ("not valid for name", FOREIGN),
    ];
    let meant = known.iter().find(|(word, _)| told.contains(word));
    meant.map_or("its certificate is not sound", |(_, meant)| meant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn what_is_wrong_with_a_connection_is_told_in_words() {
        let of = |told: &str| problem(&Error::Io(io::Error::other(told.to_owned())));
        for (told, begin) in [
            (
                "invalid peer certificate: UnknownIssuer",
                "its certificate is not trusted",
            ),
            (
                "invalid peer certificate: Expired",
                "its certificate is not valid at",
            ),
            (
                "invalid peer certificate: certificate expired: verification time 9 (UNIX)",
                "its certificate is not valid at",
            ),
            (
                "invalid peer certificate: certificate not valid for name \"a\"",
                "its certificate is that of another host",
            ),
            (
                "invalid peer certificate: BadEncoding",
                "its certificate is not sound",
            ),
            (
                "received corrupt message of type InvalidContentType",
                "it does not answer encrypted",
            ),
            (
                "received fatal alert: HandshakeFailure",
                "no encryption could be",
            ),
        ] {
            assert!(
                of(told).is_some_and(|said| said.starts_with(begin)),
                "{told}"
            );
        }
        assert_eq!(of("Connection reset by peer (os error 104)"), None);
        assert_eq!(problem(&Error::HostNotFound), None);
    }

    #[test]
    fn roots_are_read_once() {
        for _ in 0..2 {
            assert!(matches!(
                roots(),
                RootCerts::Specific(_) | RootCerts::WebPki
            ));
        }
    }

    #[test]
    fn a_proxy_of_no_known_kind_is_told_by_its_variable() {
        let told = |set: &[(&str, &str)]| {
            let variable = |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            unusable_proxy(variable)
        };
        assert_eq!(told(&[("HTTPS_PROXY", "sox://h:1")]), Some("HTTPS_PROXY"));
        assert_eq!(told(&[("http_proxy", "ftp://h:1")]), Some("http_proxy"));
        for sound in ["http://h:1", "https://h", "socks5://u:p@h:1", "h:3128", ""] {
            assert_eq!(told(&[("HTTPS_PROXY", sound)]), None, "{sound}");
        }
        // The first that is set counts.
        let both = [("ALL_PROXY", "socks5://h:1"), ("HTTPS_PROXY", "sox://h")];
        assert_eq!(told(&both), None);
        assert_eq!(told(&[]), None);
    }
}
