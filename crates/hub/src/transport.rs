//! Connections to hubs: redirects and statuses are left to whoever asks, and silence has a bound.
//!
//! The client bounds whole answers, which of large files may take hours. What tells a dead host from a slow one is how long it is
//! silent, so every connection is wrapped in one that waits for the next bytes no longer than that.

use std::time::Duration;

use ureq::Agent;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport,
};

use crate::Settings;

/// What hubs and their logs see of the program.
const USER_AGENT: &str = concat!("yuyi/", env!("CARGO_PKG_VERSION"));

/// A client that follows no redirects and takes every status for an answer.
pub(crate) fn agent(settings: &Settings) -> Agent {
    let config = Agent::config_builder()
        .tls_config(yuyi_tls::config())
        .user_agent(USER_AGENT)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_resolve(Some(settings.connect))
        .timeout_connect(Some(settings.connect))
        .build();
    let connector = DefaultConnector::default().chain(Patience(settings.silence));
    Agent::with_parts(config, connector, Names::default())
}

/// Looks names up, and calls it that when there is no answer: the client counts the time of a connection from here on too, and
/// tells the end of both alike.
#[derive(Debug, Default)]
struct Names(DefaultResolver);

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.0.resolve(uri, config, timeout);
        found.map_err(|error| match error {
            ureq::Error::Timeout(_) | ureq::Error::Io(_) => ureq::Error::HostNotFound,
            other => other,
        })
    }
}

/// Wraps connections in ones that bear no longer silence.
#[derive(Debug)]
struct Patience(Duration);

impl<In: Transport> Connector<In> for Patience {
    type Out = Patient<In>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let patience = self.0;
        Ok(chained.map(|inner| Patient { inner, patience }))
    }
}

#[derive(Debug)]
struct Patient<T> {
    inner: T,
    patience: Duration,
}

impl<T> Patient<T> {
    fn bounded(&self, timeout: NextTimeout) -> NextTimeout {
        NextTimeout {
            after: timeout.after.min(self.patience.into()),
            reason: timeout.reason,
        }
    }
}

impl<T: Transport> Transport for Patient<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let timeout = self.bounded(timeout);
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let timeout = self.bounded(timeout);
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}
