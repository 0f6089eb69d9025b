//! Names of hosts, as settings and requests have them.

/// A host, or with `*.` in front all that lie below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HostPattern {
    /// In lower case.
    One(String),
    /// What they end with, in lower case, with the dot in front.
    Below(String),
}

impl HostPattern {
    /// Reads a name or an address without a port; `None`: it is neither, or too much would lie below it.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        match text.strip_prefix("*.") {
            None => is_host(&text).then_some(Self::One(text)),
            // What lies below `com` belongs to many.
            Some(domain) => (is_name(domain) && (domain.contains('.') || domain == "localhost"))
                .then(|| Self::Below(format!(".{domain}"))),
        }
    }

    /// Whether a host in lower case is meant.
    pub(crate) fn matches(&self, host: &str) -> bool {
        match self {
            Self::One(name) => name == host,
            Self::Below(end) => host.strip_suffix(end.as_str()).is_some_and(is_name),
        }
    }
}

/// Whether it is a name, or an address as URLs have them.
pub(crate) fn is_host(text: &str) -> bool {
    match text.strip_prefix('[') {
        Some(rest) => rest
            .strip_suffix(']')
            .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok()),
        None => is_name(text),
    }
}

/// Whether it is made of labels that names of hosts have.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    text.split('.')
        .all(|label| !label.is_empty() && label.bytes().all(plain))
}

/// A host without its port, if what stands behind the colon is one.
pub(crate) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_host_or_what_lies_below_one() {
        for (pattern, host, matches) in [
            ("shop.example", "shop.example", true),
            ("Shop.Example", "shop.example", true),
            ("shop.example", "a.shop.example", false),
            ("[::1]", "[::1]", true),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("*.example.com", "evilexample.com", false),
            ("*.example.com", "evil/.example.com", false),
            ("*.example.com", "a.example.com.evil.org", false),
            ("*.localhost", "app.localhost", true),
        ] {
            let pattern = HostPattern::new(pattern).unwrap();
            assert_eq!(pattern.matches(host), matches, "{pattern:?} {host}");
        }
        for bad in [
            "",
            "*",
            "*.",
            "*.com",
            "a.*.com",
            "a b",
            "a:80",
            "a..b",
            "[x]",
            "https://a",
        ] {
            assert_eq!(HostPattern::new(bad), None, "{bad}");
        }
    }

    #[test]
    fn ports_are_taken_off() {
        for (host, name) in [
            ("a:80", "a"),
            ("a", "a"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("a:b", "a:b"),
        ] {
            assert_eq!(without_port(host), name);
        }
    }
}
