//! A model that computes elsewhere, before it is asked anything.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use yuyi_models::{Error, ModelFacts, StoredCalibration, fitted_by_user};

use crate::call::Line;
use crate::calls::{Asker, NoVectors, Shared};
use crate::embedder::{RemoteEmbedder, facts, fingerprint};
use crate::key::Key;
use crate::peer::{self, Peer};
use crate::spec::{KeySource, LONGEST_VECTOR, PREFIX, Spec};

/// How long a list of models may take.
const LISTING: Duration = Duration::from_secs(5);

/// What is embedded to find out how long vectors are.
const PROBE: &str = "语义";

/// Whether a name is that of a model which computes elsewhere.
pub fn is_remote(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// A model that computes elsewhere, by its name. Clones share what is known of it: how it answers, and what it was sent.
#[derive(Clone, Debug)]
pub struct Remote {
    spec: Arc<Spec>,
    shared: Arc<Shared>,
}

/// How a model that computes elsewhere is asked.
#[derive(Clone, Default)]
pub struct RemoteOptions {
    max_texts: Option<u64>,
    key: Option<String>,
}

/// Without the key.
impl fmt::Debug for RemoteOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut options = f.debug_struct("RemoteOptions");
        options.field("max_texts", &self.max_texts);
        options.finish_non_exhaustive()
    }
}

impl RemoteOptions {
    /// With a limit of the texts that are sent, those of calls that are made again included; `None`: no limit.
    #[must_use]
    pub fn with_max_texts(self, max_texts: Option<u64>) -> Self {
        Self { max_texts, ..self }
    }

    /// With this key in place of the environment's.
    #[must_use]
    pub fn with_key(self, key: &str) -> Self {
        Self {
            key: Some(key.to_owned()),
            ..self
        }
    }
}

impl Remote {
    /// The model of a name, such as `remote:qianfan/embedding-v1` or `remote:https://host/v1#model`. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::NotCallable`] where the name cannot be understood.
    pub fn named(name: &str) -> Result<Self, Error> {
        let spec: Spec = name.parse()?;
        Ok(Self {
            shared: Arc::new(Shared::new(spec.batch)),
            spec: Arc::new(spec),
        })
    }

    /// As it was named.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// Other names that it may be called by where no other model has them: the same without `remote:` in front, and that without its
    /// settings.
    pub fn short_names(&self) -> impl Iterator<Item = &str> {
        let name = self.spec.name.strip_prefix(PREFIX);
        let bare = name.and_then(|name| {
            // A `?` of an address is in front of the model's name.
            let model = name.find('#').unwrap_or_default();
            let end = name[model..].find('?')?;
            Some(&name[..model + end])
        });
        name.into_iter().chain(bare)
    }

    /// Whether a company is paid for it, as far as that is known: whether it is one of the providers that are known.
    pub fn is_commercial(&self) -> bool {
        self.spec.provider.is_some()
    }

    /// Whether there is what a call needs. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::NotCallable`] where a key is missing, or is none, or the environment names a proxy of no known kind.
    pub fn check(&self, options: &RemoteOptions) -> Result<(), Error> {
        self.check_proxy()?;
        self.key(options).map(drop)
    }

    /// Refuses a proxy that would be left out without a word, unless none leads there.
    fn check_proxy(&self) -> Result<(), Error> {
        if self.spec.endpoint.is_here {
            return Ok(());
        }
        match yuyi_tls::unusable_proxy(|name| std::env::var(name).ok()) {
            None => Ok(()),
            Some(variable) => Err(Error::NotCallable {
                reason: format!(
                    "{variable} names no proxy that yuyi can use. Set it to one that begins with http://, https://, socks4:// or socks5://, or unset it."
                ),
            }),
        }
    }

    /// The calibration that the user fitted, as far as that is known without calling anybody.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    pub fn calibration(&self) -> Result<Option<StoredCalibration>, Error> {
        match self.dimension() {
            Some(dimension) => fitted_by_user(fingerprint(&self.spec, dimension)),
            None => Ok(None),
        }
    }

    /// What is known of the model. Nothing is sent: a dimension of 0 means that nobody has told it yet.
    pub fn known_facts(&self) -> ModelFacts {
        facts(&self.spec, self.dimension().unwrap_or(0))
    }

    /// Length of its vectors, where it is known.
    fn dimension(&self) -> Option<usize> {
        let learnt = || self.shared.dimension.get().copied();
        self.spec.dimension.or_else(learnt)
    }

    /// The model, ready to be asked. The server of an address is asked whether it is another yuyi; where nobody tells how long the
    /// vectors are, a text is sent to find out, once.
    ///
    /// # Errors
    /// [`Error::NotCallable`] where a key is missing; otherwise when it does not answer that text.
    pub fn open(&self, options: &RemoteOptions) -> Result<RemoteEmbedder, Error> {
        self.check_proxy()?;
        let line = Line::new(&self.spec, self.key(options)?);
        let max_texts = options.max_texts;
        let peer = self.peer(&line);
        let told = peer.and_then(|peer| peer.dimension);
        if let Some(dimension) = told.filter(|told| (1..=LONGEST_VECTOR).contains(told)) {
            // What an answer told before holds.
            let _ = self.shared.dimension.set(dimension);
        }
        let dimension = match self.dimension() {
            Some(dimension) => dimension,
            None => self.learn_dimension(&line, max_texts)?,
        };
        let spec = match peer {
            Some(_) => Arc::new(self.spec.with_sides()),
            None => Arc::clone(&self.spec),
        };
        let shared = Arc::clone(&self.shared);
        Ok(RemoteEmbedder::new(
            spec, shared, line, max_texts, dimension,
        ))
    }

    /// The other yuyi behind an address, if it is one. Where the name says what goes in front of texts, that holds and nobody is asked.
    fn peer(&self, line: &Line) -> Option<Peer> {
        if self.spec.provider.is_some() || !self.spec.prompts.is_empty() {
            return None;
        }
        if let Some(known) = self.shared.peer.get() {
            return *known;
        }
        // Who does not answer now may do so the next time.
        let list = line.models(self.spec.timeout.min(LISTING))?;
        *(self.shared.peer).get_or_init(|| peer::read(&list, &self.spec.model))
    }

    fn key(&self, options: &RemoteOptions) -> Result<Option<Key>, Error> {
        let not_callable = |reason| Error::NotCallable { reason };
        let (variable, is_needed) = match &self.spec.key {
            KeySource::Needed(variable) => (variable.as_str(), true),
            KeySource::Optional(variable) => (*variable, false),
        };
        let of_environment = || std::env::var(variable).ok();
        let key = options.key.clone().or_else(of_environment);
        match key.filter(|key| !key.trim().is_empty()) {
            None if is_needed => Err(not_callable(format!(
                "{} needs a key, which the variable {variable} must have.",
                self.spec.whom
            ))),
            None => Ok(None),
            Some(key) => match Key::of(&key) {
                Some(key) => Ok(Some(key)),
                None => Err(not_callable(format!(
                    "The key in {variable} has characters that no key has. Copy it anew."
                ))),
            },
        }
    }

    fn learn_dimension(&self, line: &Line, max_texts: Option<u64>) -> Result<usize, Error> {
        let asker = Asker {
            line,
            shared: &self.shared,
            whom: &self.spec.whom,
            timeout: self.spec.timeout,
            max_texts,
        };
        let answer = asker.ask(&[PROBE], None, None);
        let answer = answer.map_err(|none| match none {
            NoVectors::OfAll(error) => error,
            NoVectors::OfTexts(failure) => asker.error(failure),
        })?;
        let dimension = answer.vectors.first().map_or(0, |unit| unit.vector.len());
        if dimension > LONGEST_VECTOR {
            return Err(Error::ProviderFailed {
                reason: format!(
                    "{} answered a vector of {dimension} numbers.",
                    self.spec.whom
                ),
                passes: false,
            });
        }
        Ok(*self.shared.dimension.get_or_init(|| dimension))
    }
}
