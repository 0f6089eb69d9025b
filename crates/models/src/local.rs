//! Models that compute in this process.

use std::time::Instant;

use yuyi_encoder::{
    EncodeOptions, Encoder, EncoderFacts, Fingerprint, Folder, LoadOptions, LoadProgress, Piece,
    Precision, Tokens,
};

use crate::defaults::origin_of;
use crate::{
    Batch, EmbedOptions, Embedder, Error, Input, Item, ModelFacts, Resolved, StoredCalibration,
    TokenizeOptions, calibration, find_known, home,
};

/// An [`Encoder`] with its folder.
///
/// Calls take turns inside the encoder; callers that want fairness or a bound on waiting
/// queue before they call.
pub struct LocalEmbedder {
    encoder: Encoder,
    folder: Folder,
    facts: ModelFacts,
}

impl LocalEmbedder {
    /// Loads a model; `precision` and `threads` as in [`LoadOptions`].
    ///
    /// # Errors
    /// When the folder does not hold a model that can be run.
    pub fn load(
        model: Resolved,
        precision: Option<Precision>,
        threads: Option<usize>,
    ) -> Result<Self, Error> {
        Self::load_watched(model, precision, threads, &LoadProgress::default())
    }

    /// As [`LocalEmbedder::load`], for others to watch.
    ///
    /// # Errors
    /// As [`LocalEmbedder::load`].
    pub fn load_watched(
        model: Resolved,
        precision: Option<Precision>,
        threads: Option<usize>,
        progress: &LoadProgress,
    ) -> Result<Self, Error> {
        let options = LoadOptions {
            precision,
            threads,
            defaults: model.defaults,
            progress: progress.clone(),
        };
        let encoder = Encoder::load(&model.folder, &options).map_err(Error::Encoder)?;
        Ok(Self {
            facts: facts(model.name, EncoderFacts::of_loaded(&encoder)),
            encoder,
            folder: model.folder,
        })
    }
}

impl Resolved {
    /// What the model will be, known without loading it; `precision` and `threads` as in [`LoadOptions`].
    ///
    /// # Errors
    /// When the folder does not hold a model that can be run.
    pub fn facts(
        &self,
        precision: Option<Precision>,
        threads: Option<usize>,
    ) -> Result<ModelFacts, Error> {
        let options = LoadOptions {
            precision,
            threads,
            defaults: self.defaults.clone(),
            ..LoadOptions::default()
        };
        let known = EncoderFacts::of_folder(&self.folder, &options).map_err(Error::Encoder)?;
        Ok(facts(self.name.clone(), known))
    }

    /// What to know before relying on the model, a sentence each.
    ///
    /// # Errors
    /// When its files are missing or broken.
    pub fn remarks(&self) -> Result<Vec<String>, Error> {
        let found = yuyi_encoder::remarks(&self.folder, &self.defaults);
        let mut remarks = found.map_err(Error::Encoder)?;
        remarks.extend(self.is_another());
        Ok(remarks)
    }

    /// That it has the name of a model of the catalogue, and is from another repository.
    fn is_another(&self) -> Option<String> {
        let name = &self.name;
        let known = find_known(name).filter(|known| known.name.eq_ignore_ascii_case(name))?;
        let origin = self.folder.path().and_then(origin_of);
        let origin = origin.filter(|origin| !known.is_repository(origin))?;
        Some(format!(
            "{name} was fetched from {origin}, and is not the model that the catalogue calls {}.",
            known.name
        ))
    }

    /// The calibration in the folder. The user's own, which would win over it, is found by a fingerprint that takes
    /// reading all weights.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    pub fn calibration(&self) -> Result<Option<StoredCalibration>, Error> {
        calibration::beside(&self.folder)
    }
}

impl Embedder for LocalEmbedder {
    fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    fn fingerprint(&self) -> Option<Fingerprint> {
        Some(self.encoder.fingerprint())
    }

    fn is_outdated(&self) -> bool {
        self.encoder.check_files().is_err()
    }

    fn check_tokens(&self, ids: &[u32]) -> Result<(), Error> {
        check_ids(&self.encoder, ids)
    }

    fn calibration(&self) -> Result<Option<StoredCalibration>, Error> {
        calibration::find(home().as_deref(), &self.folder, || {
            self.encoder.fingerprint()
        })
    }

    fn embed_batch(&self, items: &[Item]) -> Result<Batch, Error> {
        let started = Instant::now();
        let (mut sound, mut refused) = (Vec::with_capacity(items.len()), Vec::new());
        for (place, item) in items.iter().enumerate() {
            match tokens(&self.encoder, item) {
                Ok(tokens) => sound.push(tokens),
                Err(error) => refused.push((place, error)),
            }
        }
        let tokenized = Instant::now();
        let encoded = self.encoder.encode_tokens(&sound).map_err(Error::Encoder)?;
        let mut results: Vec<_> = encoded.into_iter().map(Ok).collect();
        // In order of their places, so that each lands on its own.
        for (place, error) in refused {
            results.insert(place, Err(error));
        }
        Ok(Batch {
            results,
            tokenize: tokenized - started,
            compute: tokenized.elapsed(),
        })
    }

    fn split(&self, text: &str, options: &EmbedOptions) -> Result<Option<Tokens>, Error> {
        split(&self.encoder, text, options).map(Some)
    }

    fn tokenize(
        &self,
        texts: &[String],
        options: &TokenizeOptions,
    ) -> Result<Vec<Vec<Piece>>, Error> {
        let prompt = options.prompt.text();
        let pieces = |text: &String| self.encoder.pieces(text, prompt, options.special);
        let split: Result<_, _> = texts.iter().map(pieces).collect();
        split.map_err(Error::Encoder)
    }
}

fn tokens(encoder: &Encoder, item: &Item) -> Result<Tokens, Error> {
    match &item.input {
        Input::Text(text) => split(encoder, text, &item.options),
        Input::Tokens(ids) => {
            check_ids(encoder, ids)?;
            Ok(Tokens {
                ids: ids.to_vec(),
                further: Vec::new(),
                truncated: false,
                unknown: 0,
                places: item.options.states.then(Vec::new),
            })
        }
        Input::Pair(..) | Input::PairTokens(_) => Err(Error::no_pairs()),
    }
}

fn split(encoder: &Encoder, text: &str, options: &EmbedOptions) -> Result<Tokens, Error> {
    let options = EncodeOptions {
        prompt: options.prompt.text().map(str::to_owned),
        long_text: options.long_text,
        states: options.states,
    };
    let tokens = encoder.tokenize_one(text, &options);
    tokens.map_err(Error::Encoder)
}

fn check_ids(encoder: &Encoder, ids: &[u32]) -> Result<(), Error> {
    let checked = encoder.check_ids(ids);
    checked.map_err(|error| Error::InvalidTokens(error.to_string()))
}

fn facts(name: String, of: EncoderFacts) -> ModelFacts {
    let spec = of.spec;
    ModelFacts {
        name,
        dimension: spec.dimension,
        layers: spec.config.layers,
        max_tokens: spec.max_tokens,
        pooling: Some(spec.pooling),
        default_prompt: spec.prompts.default,
        prompts: spec.prompts.named,
        precision: Some(of.precision),
        kernel: Some(of.kernel),
        threads: of.threads,
        weight_bytes: of.weight_bytes,
        scores: None,
    }
}
