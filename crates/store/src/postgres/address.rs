//! The address of servers, `postgres://user:password@host:port,host:port/database?option=value`.
//!
//! Of each server there is a configuration of its own, so that one that does not answer costs its own time and not that of the next. Messages name the
//! option or the host at fault, never the password or a part of it.

use rustls_tokio_postgres::{MakeRustlsConnect, config_from_ca_cert, config_no_verify};
use tokio_postgres::Config;
use tokio_postgres::config::{LoadBalanceHosts, SslMode};

use crate::error::{Error, Result};

/// One or several servers, of which one is wanted.
pub(super) struct Address {
    pub(super) servers: Vec<Server>,
    /// How connections are encrypted. [`SslMode`] says whether they are.
    pub(super) tls: MakeRustlsConnect,
}

pub(super) struct Server {
    /// As the address has it.
    pub(super) name: String,
    pub(super) config: Config,
}

/// An address in pieces.
struct Parts<'a> {
    scheme: &'a str,
    /// With its `@`; empty: there is none.
    user: &'a str,
    hosts: &'a str,
    /// With its slash.
    path: &'a str,
    options: Vec<&'a str>,
}

impl Address {
    /// # Errors
    /// [`Invalid`](Error::Invalid) where the address cannot be read, or an option has no effect here.
    pub(super) fn parse(url: &str) -> Result<Self> {
        let mut parts = Parts::split(url)?;
        let (tls, mode) = encryption(parts.take("sslmode")?, parts.take("sslrootcert")?)?;
        let server = |host: &str| {
            let config: Config =
                parts
                    .of_host(host)
                    .parse()
                    .map_err(|error: tokio_postgres::Error| {
                        let source = error.into_source().map(|source| source.to_string());
                        invalid(format!("{}.", source.unwrap_or_default()))
                    })?;
            Ok(Server {
                name: host.to_owned(),
                config: complete(config, mode)?,
            })
        };
        Ok(Self {
            servers: parts.hosts.split(',').map(server).collect::<Result<_>>()?,
            tls,
        })
    }
}

impl<'a> Parts<'a> {
    fn split(url: &'a str) -> Result<Self> {
        let scheme = ["postgres://", "postgresql://"]
            .into_iter()
            .find(|scheme| url.starts_with(scheme))
            .ok_or_else(|| invalid("It does not begin with postgres://."))?;
        let rest = &url[scheme.len()..];
        let (user, rest) = rest.split_at(rest.rfind('@').map_or(0, |at| at + 1));
        let user_name = user.strip_suffix('@').unwrap_or(user);
        if user_name.contains(['@', '/', '?', '#']) {
            return Err(invalid(
                "One of @ / ? # stands in the user or the password. Write it as %40 %2F %3F %23.",
            ));
        }
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (hosts, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Ok(Self {
            scheme,
            user,
            hosts,
            path,
            options: options.split('&').filter(|each| !each.is_empty()).collect(),
        })
    }

    /// Takes an option out, which may stand there once.
    fn take(&mut self, name: &str) -> Result<Option<&'a str>> {
        let value = |option: &&'a str| option.strip_prefix(name)?.strip_prefix('=');
        let found: Vec<&str> = self.options.iter().filter_map(value).collect();
        self.options.retain(|option| value(option).is_none());
        match found[..] {
            [] => Ok(None),
            [value] => Ok(Some(value)),
            _ => Err(invalid(format!("{name} stands there more than once."))),
        }
    }

    /// The address of one of its servers.
    fn of_host(&self, host: &str) -> String {
        let Self {
            scheme, user, path, ..
        } = self;
        format!("{scheme}{user}{host}{path}?{}", self.options.join("&"))
    }
}

fn complete(mut config: Config, mode: SslMode) -> Result<Config> {
    if config.get_load_balance_hosts() != LoadBalanceHosts::Disable {
        let reason = "load_balance_hosts has no effect: the servers are tried in order.";
        return Err(invalid(reason));
    }
    if config.get_application_name().is_none() {
        config.application_name("yuyi");
    }
    config.ssl_mode(mode);
    Ok(config)
}

/// What `sslmode` and `sslrootcert` ask for. As libpq has it, except that certificates of authorities have no meaning but with `verify-full`.
fn encryption(
    mode: Option<&str>,
    authorities: Option<&str>,
) -> Result<(MakeRustlsConnect, SslMode)> {
    let any_certificate = || MakeRustlsConnect::new(config_no_verify());
    match (mode.unwrap_or("prefer"), authorities) {
        ("verify-full", Some(file)) => {
            let config = config_from_ca_cert(file)
                .map_err(|error| invalid(format!("sslrootcert={file}: {error}.")))?;
            Ok((MakeRustlsConnect::new(config), SslMode::Require))
        }
        ("verify-full", None) => Err(invalid(
            "sslmode=verify-full needs sslrootcert=FILE, the certificates of the authorities to trust, such as /etc/ssl/certs/ca-certificates.crt.",
        )),
        ("disable" | "prefer" | "require", Some(_)) => Err(invalid(
            "sslrootcert has no effect without sslmode=verify-full.",
        )),
        ("disable", None) => Ok((any_certificate(), SslMode::Disable)),
        ("prefer", None) => Ok((any_certificate(), SslMode::Prefer)),
        ("require", None) => Ok((any_certificate(), SslMode::Require)),
        _ => Err(invalid(
            "sslmode is one of disable, prefer, require and verify-full.",
        )),
    }
}

fn invalid(reason: impl Into<String>) -> Error {
    Error::invalid("store", reason)
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::Host;

    use super::*;

    fn refused(url: &str) -> String {
        match Address::parse(url) {
            Ok(_) => panic!("{url} was taken"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn each_server_has_its_own() {
        let url = "postgresql://u:p%40ss@a,b:6432,[::1]:7/db?connect_timeout=3&sslmode=require";
        let address = Address::parse(url).unwrap();
        let seen = |server: &Server| {
            let config = &server.config;
            assert_eq!(config.get_password(), Some(&b"p@ss"[..]));
            assert_eq!(config.get_dbname(), Some("db"));
            assert_eq!(config.get_ssl_mode(), SslMode::Require);
            (config.get_hosts().to_vec(), config.get_ports().to_vec())
        };
        let host = |name: &str, port| (vec![Host::Tcp(name.into())], vec![port]);
        let found: Vec<_> = address.servers.iter().map(seen).collect();
        assert_eq!(found, [host("a", 5432), host("b", 6432), host("::1", 7)]);
        let socket = Address::parse("postgres:///db?host=/run/postgresql").unwrap();
        assert_eq!(socket.servers.len(), 1);
    }

    #[test]
    fn what_has_no_effect_is_refused() {
        for (url, expected) in [
            ("mysql://a/b", "It does not begin with postgres://."),
            (
                "postgres://a?sslmode=verify-ca",
                "sslmode is one of disable, prefer, require and verify-full.",
            ),
            (
                "postgres://a?sslmode=require&sslmode=disable",
                "sslmode stands there more than once.",
            ),
            (
                "postgres://a?sslrootcert=x&sslmode=require",
                "sslrootcert has no effect without sslmode=verify-full.",
            ),
            (
                "postgres://a,b?load_balance_hosts=random",
                "load_balance_hosts has no effect: the servers are tried in order.",
            ),
        ] {
            assert_eq!(refused(url), format!("store: {expected}"));
        }
        assert!(refused("postgres://a?sslmode=verify-full").contains("needs sslrootcert=FILE"));
        let missing = refused("postgres://a?sslmode=verify-full&sslrootcert=missing.pem");
        assert!(missing.contains("missing.pem"), "{missing}");
        assert!(refused("postgres://a?colour=red").contains("colour"));
    }

    #[test]
    fn no_message_has_a_part_of_the_password() {
        for url in [
            "postgres://u:hush@x@a/db",
            "postgres://u:hush/x@a/db",
            "postgres://u:x?hush=1@a/db",
            "postgres://u:#hush@a/db",
            "postgres://u:hush@a:port/db",
            "postgres://u:hush@a/db?colour=red",
            "postgres://u:hush@a/db?sslmode=verify-full",
            "postgres://u:hush%ff@a/%ff",
            "postgres://u:hush",
            "hush://u:hush@a",
        ] {
            let message = refused(url);
            assert!(!message.contains("hush"), "{message}");
        }
    }
}
