//! Calls that are made again where that helps, and never more often.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use yuyi_models::Error;

use crate::answer::Answer;
use crate::budget::Counts;
use crate::call::{Asked, Line};
use crate::failure::Failure;
use crate::gate::{Entry, Gate, doubled};
use crate::peer::Peer;

/// How often a call is made, the first time included.
const ATTEMPTS: u32 = 3;

/// The wait before a call is made again that was not answered, the first time and at most.
const BACK_OFF: Duration = Duration::from_millis(500);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(8);

/// Longest wait that a provider asks for and a call waits out. Who has to wait for longer is told so.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// What is known of a model in this program, whoever asks it.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) gate: Gate,
    pub(crate) counts: Counts,
    /// Most texts of a call.
    batch: AtomicUsize,
    /// Length of the vectors, where an answer had to tell.
    pub(crate) dimension: OnceLock<usize>,
    /// The other yuyi that is asked, if it is one; set when it was answered.
    pub(crate) peer: OnceLock<Option<Peer>>,
}

impl Shared {
    pub(crate) fn new(batch: usize) -> Self {
        Self {
            gate: Gate::default(),
            counts: Counts::default(),
            batch: AtomicUsize::new(batch),
            dimension: OnceLock::new(),
            peer: OnceLock::new(),
        }
    }

    /// Most texts of a call.
    pub(crate) fn batch(&self) -> usize {
        self.batch.load(Ordering::Relaxed).max(1)
    }

    /// So many texts of a call were too many.
    pub(crate) fn lower_batch(&self, texts: usize) {
        self.batch.fetch_min((texts / 2).max(1), Ordering::Relaxed);
    }
}

/// Why there are no vectors.
#[derive(Debug)]
pub(crate) enum NoVectors {
    /// Some of the texts by themselves may have vectors.
    OfTexts(Failure),
    /// None will.
    OfAll(Error),
}

/// Asks a provider.
pub(crate) struct Asker<'a> {
    pub(crate) line: &'a Line,
    pub(crate) shared: &'a Shared,
    /// What messages call the provider.
    pub(crate) whom: &'a str,
    /// How long all attempts may take.
    pub(crate) timeout: Duration,
    /// Most texts that are sent in all.
    pub(crate) max_texts: Option<u64>,
}

impl Asker<'_> {
    /// The vectors of texts.
    pub(crate) fn ask(
        &self,
        texts: &[&str],
        field: Option<(&str, &str)>,
        dimension: Option<usize>,
    ) -> Result<Answer, NoVectors> {
        let latest = Instant::now() + self.timeout;
        let mut last = None;
        for attempt in 0..ATTEMPTS {
            if let Err(error) = self.enter(latest) {
                // What happened says more than that the provider is left alone since.
                return Err(NoVectors::OfAll(
                    last.map_or(error, |last| self.error(last)),
                ));
            }
            self.count(texts.len(), attempt > 0)
                .map_err(NoVectors::OfAll)?;
            let asked = Asked {
                texts: texts.to_vec(),
                field,
                dimension,
                timeout: latest.saturating_duration_since(Instant::now()),
            };
            let failure = match self.line.ask(&asked) {
                Ok(answer) => {
                    self.shared.counts.end(Some(answer.tokens.unwrap_or(0)));
                    self.shared.gate.note(None, Instant::now());
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            self.shared.counts.end(None);
            self.shared.gate.note(Some(&failure), Instant::now());
            if failure.is_of_texts() {
                return Err(NoVectors::OfTexts(failure));
            }
            if !failure.passes() {
                return Err(NoVectors::OfAll(self.error(failure)));
            }
            let is_down = matches!(failure, Failure::Down { .. });
            last = Some(failure);
            if is_down && attempt + 1 < ATTEMPTS && !back_off(attempt, latest) {
                break;
            }
        }
        let last = last.unwrap_or(Failure::Down {
            told: "no answer in time".to_owned(),
        });
        Err(NoVectors::OfAll(self.error(last)))
    }

    /// Waits until a call may be made.
    fn enter(&self, latest: Instant) -> Result<(), Error> {
        loop {
            let now = Instant::now();
            match self.shared.gate.enter(now) {
                Entry::Open => return Ok(()),
                Entry::Busy(wait) if wait <= LONGEST_WAIT && now + wait < latest => {
                    sleep(wait + wait.mul_f64(0.1 * fastrand::f64()));
                }
                Entry::Busy(wait) => {
                    return Err(Error::Unavailable {
                        reason: format!("{} asks to be asked less often.", self.whom),
                        retry_after: Some(wait),
                    });
                }
                Entry::Resting(wait) => {
                    return Err(Error::Unavailable {
                        reason: format!(
                            "{} did not answer several times in a row and is left alone for now.",
                            self.whom
                        ),
                        retry_after: Some(wait),
                    });
                }
            }
        }
    }

    fn count(&self, texts: usize, is_retry: bool) -> Result<(), Error> {
        let counted = self
            .shared
            .counts
            .begin(texts as u64, self.max_texts, is_retry);
        counted.map_err(|sent| {
            self.shared.gate.give_back();
            Error::ProviderFailed {
                reason: format!(
                    "{} was sent {sent} texts, of {} that may be sent; these {texts} would be too many. Raise that limit to go on.",
                    self.whom,
                    self.max_texts.unwrap_or_default(),
                ),
                passes: false,
            }
        })
    }

    /// What callers are told.
    pub(crate) fn error(&self, failure: Failure) -> Error {
        let whom = self.whom;
        match failure {
            Failure::Busy { told, wait } => Error::Unavailable {
                reason: format!("{whom} asks to be asked less often ({told})."),
                retry_after: wait,
            },
            Failure::Down { told } => Error::ProviderFailed {
                reason: format!("{whom} does not answer ({told})."),
                passes: true,
            },
            Failure::Broken { told } => Error::ProviderFailed {
                reason: format!("{whom} {told}."),
                passes: false,
            },
            Failure::Denied { told } => Error::ProviderFailed {
                reason: format!("{whom} refuses the call ({told})."),
                passes: false,
            },
            Failure::TooLong { told } | Failure::TooMany { told } => Error::TextRefused {
                reason: format!("A text is too long for {whom} ({told})."),
            },
            Failure::Refused { told } => Error::TextRefused {
                reason: format!("{whom} does not take a text ({told})."),
            },
        }
    }
}

/// Waits before a call is made again, unless there would be no time left for it.
fn back_off(attempt: u32, latest: Instant) -> bool {
    let wait = doubled(BACK_OFF, attempt, LONGEST_BACK_OFF);
    let wait = wait.mul_f64(0.75 + 0.5 * fastrand::f64());
    let is_in_time = Instant::now() + wait < latest;
    if is_in_time {
        sleep(wait);
    }
    is_in_time
}
