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
}
