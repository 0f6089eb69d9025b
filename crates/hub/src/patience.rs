//! How long a hub is waited for that wants to be left alone, and that whoever watches hears of it.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::watch::{Event, Watch};
use crate::{Error, HubKind};

/// The wait where a hub does not say how long; also the longest one where another hub can be asked.
const SHORT: Duration = Duration::from_secs(5);

/// The longest wait where no other hub can be asked; beyond, the user is told.
const LONGEST: Duration = Duration::from_secs(60);

/// What the user is told to wait where the hub does not say.
const TOLD: Duration = LONGEST;

/// Waits for one hub, as patiently as there is no other.
pub(crate) struct Patience<'a> {
    watch: &'a dyn Watch,
    has_next: bool,
    /// The variable with the token by which the hub knows users.
    variable: &'static str,
    /// Until when it was said that it waits, so that several threads say so once.
    told: Mutex<Option<Instant>>,
}

impl<'a> Patience<'a> {
    /// `has_next`: another hub may be asked.
    pub(crate) fn new(watch: &'a dyn Watch, has_next: bool, hub: HubKind) -> Self {
        Self {
            watch,
            has_next,
            variable: hub.token_variable(),
            told: Mutex::default(),
        }
    }

    /// The wait before a hub is asked again that answers too many requests, and asks to wait so long.
    ///
    /// # Errors
    /// When the user or the next hub is better asked.
    pub(crate) fn with(&self, host: &str, asked: Option<Duration>) -> Result<Duration, Error> {
        let wait = match self.has_next {
            true => asked.filter(|wait| *wait <= SHORT),
            false => Some(asked.unwrap_or(SHORT)).filter(|wait| *wait <= LONGEST),
        };
        wait.ok_or_else(|| self.limited(host, asked))
    }

    /// The error of a host that answers too many requests.
    pub(crate) fn limited(&self, host: &str, asked: Option<Duration>) -> Error {
        Error::RateLimited {
            host: host.to_owned(),
            seconds: asked.unwrap_or(TOLD).as_secs_f64().ceil() as u64,
            variable: self.variable,
        }
    }

    /// Says that it waits for a host, if that was not said already.
    pub(crate) fn tell(&self, host: &str, time: Duration) {
        let now = Instant::now();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|until| until <= now) {
            *told = Some(now + time);
            let seconds = time.as_secs_f64().ceil() as u64;
            self.watch.see(Event::Waits { host, seconds });
        }
    }

    /// Waits, unless somebody asks to stop.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(crate) fn wait(&self, time: Duration) -> Result<(), Error> {
        let until = Instant::now() + time;
        while !self.watch.is_cancelled() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(Duration::from_millis(100)));
        }
        Err(Error::Cancelled)
    }
}
