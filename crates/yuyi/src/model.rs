//! A model with its calibration.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use yuyi_encoder::{Encoded, Piece};
use yuyi_models::{
    EmbedOptions, Embedder, Error as EmbedderError, Input, Inputs, ModelFacts, TokenizeOptions,
};
use yuyi_tasks::Calibration;
use yuyi_tasks::explain::Explanation;

use crate::score::rank;
use crate::{Error, ExplanationPlan, Found, Matrix, OpenOptions, Ranked, Score, find};

/// A model with its calibration: embeds texts, and says how alike they are. Cheap to clone.
#[derive(Clone)]
pub struct Model {
    inner: Arc<Inner>,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut model = f.debug_struct("Model");
        model.field("facts", self.facts());
        model.field("calibration_file", &self.calibration_file());
        model.finish_non_exhaustive()
    }
}

struct Inner {
    embedder: Arc<dyn Embedder>,
    calibration: Calibration,
    calibration_file: Option<String>,
}

impl Model {
    /// Opens the built-in model, one that is installed under this name, a model folder, or one that computes elsewhere
    /// (`remote:…`).
    ///
    /// # Errors
    /// When there is no such model, it does not load or answer, or its calibration is not sound.
    pub fn open(name_or_folder: &str) -> Result<Self, Error> {
        Self::open_with(name_or_folder, &OpenOptions::default())
    }

    /// As [`Model::open`], as the caller wants it.
    ///
    /// # Errors
    /// As [`Model::open`].
    pub fn open_with(name_or_folder: &str, options: &OpenOptions) -> Result<Self, Error> {
        Self::load(find(name_or_folder)?, options)
    }

    /// Loads a model that was found before.
    ///
    /// # Errors
    /// When it does not load, or its calibration is not sound.
    pub fn load(found: impl Into<Found>, options: &OpenOptions) -> Result<Self, Error> {
        let embedder = found.into().load(options)?;
        if embedder.facts().scores.is_some() {
            let name = embedder.facts().name.clone();
            return Err(EmbedderError::NoVectors { name }.into());
        }
        match options.uncalibrated {
            false => Self::new(embedder),
            true => Ok(Self::uncalibrated(embedder)),
        }
    }

    /// A model of any kind with the calibration that counts for it now.
    ///
    /// # Errors
    /// When there is a calibration that is not sound.
    pub fn new(embedder: Arc<dyn Embedder>) -> Result<Self, Error> {
        let Some(file) = embedder.calibration()? else {
            return Ok(Self::uncalibrated(embedder));
        };
        let calibration = Calibration::read(&file.name, &file.content)?;
        let inner = Inner {
            embedder,
            calibration,
            calibration_file: Some(file.name),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// A model of any kind whose calibration, if it has one, is left aside.
    pub fn uncalibrated(embedder: Arc<dyn Embedder>) -> Self {
        let inner = Inner {
            embedder,
            calibration: Calibration::Uncalibrated,
            calibration_file: None,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    // --- what it is ------------------------------------------------------------------------

    /// What is known of the model.
    pub fn facts(&self) -> &ModelFacts {
        self.inner.embedder.facts()
    }

    /// The mapping of its cosines to similarities.
    pub fn calibration(&self) -> &Calibration {
        &self.inner.calibration
    }

    /// The file that its calibration is from, as messages name it.
    pub fn calibration_file(&self) -> Option<&str> {
        self.inner.calibration_file.as_deref()
    }

    /// What computes its vectors.
    pub fn embedder(&self) -> &Arc<dyn Embedder> {
        &self.inner.embedder
    }

    // --- texts -----------------------------------------------------------------------------

    /// Unit vectors of `texts`, in order, each [`ModelFacts::dimension`] long.
    ///
    /// # Errors
    /// When the model fails.
    pub fn embed(&self, texts: &[impl AsRef<str>]) -> Result<Vec<Encoded>, Error> {
        self.embed_with(texts, &EmbedOptions::default())
    }

    /// As [`Model::embed`], as the caller wants it.
    ///
    /// # Errors
    /// When the model fails.
    pub fn embed_with(
        &self,
        texts: &[impl AsRef<str>],
        options: &EmbedOptions,
    ) -> Result<Vec<Encoded>, Error> {
        let shared = texts.iter().map(|text| Input::Text(text.as_ref().into()));
        let inputs = Inputs::Mixed(shared.collect());
        let encoded = self.inner.embedder.embed(inputs, options)?;
        Error::check_count(texts.len(), encoded.len())?;
        Ok(encoded)
    }

    /// What comes of each of `texts`, in order: its unit vector, or why it has none. A text that is refused does not take the others
    /// along.
    ///
    /// # Errors
    /// When the model fails for all of them.
    pub fn embed_separately(
        &self,
        texts: &[impl AsRef<str>],
    ) -> Result<Vec<Result<Encoded, Error>>, Error> {
        let shared = texts.iter().map(|text| Input::Text(text.as_ref().into()));
        let inputs = Inputs::Mixed(shared.collect());
        let items = inputs.into_items(&EmbedOptions::default());
        let results = self.inner.embedder.embed_batch(&items)?.results;
        Error::check_count(texts.len(), results.len())?;
        let results = results
            .into_iter()
            .map(|result| result.map_err(Error::from));
        Ok(results.collect())
    }

    /// The unit vector of a text.
    ///
    /// # Errors
    /// When the model fails.
    pub fn embed_one(&self, text: &str) -> Result<Encoded, Error> {
        let [encoded] = self.embed_each([text], &EmbedOptions::default())?;
        Ok(encoded)
    }

    /// All tokens of a text as the model reads it, each with its place in the text; also of a text that is longer than
    /// the model reads. Those of the prompt in front and those that the tokenizer puts around are not among them.
    ///
    /// # Errors
    /// When the model does not tell its tokens, as one that computes elsewhere.
    pub fn tokens(&self, text: &str) -> Result<Vec<Piece>, Error> {
        let mut split = self.tokens_with(&[text.to_owned()], &TokenizeOptions::default())?;
        let prompt = self.facts().default_prompt.len();
        let mut pieces = split.pop().unwrap_or_default();
        pieces.retain(|piece| !piece.special && piece.end > prompt);
        for piece in &mut pieces {
            piece.start = piece.start.saturating_sub(prompt);
            piece.end -= prompt;
        }
        Ok(pieces)
    }

    /// All tokens of each text, in order, as the caller wants them, with their places in prompt and text.
    ///
    /// # Errors
    /// As [`Model::tokens`].
    pub fn tokens_with(
        &self,
        texts: &[String],
        options: &TokenizeOptions,
    ) -> Result<Vec<Vec<Piece>>, Error> {
        let split = self.inner.embedder.tokenize(texts, options)?;
        Error::check_count(texts.len(), split.len())?;
        Ok(split)
    }

    /// How alike two texts are.
    ///
    /// # Errors
    /// When the model fails.
    pub fn score(&self, a: &str, b: &str) -> Result<Score, Error> {
        let [a, b] = self.embed_each([a, b], &EmbedOptions::default())?;
        Ok(self.score_vectors(&a, &b))
    }

    /// How alike a text is to each of the others, in their order.
    ///
    /// # Errors
    /// When the model fails.
    pub fn score_one_to_many(
        &self,
        one: &str,
        others: &[impl AsRef<str>],
    ) -> Result<Vec<Score>, Error> {
        let one = self.embed_one(one)?;
        let others = self.embed(others)?;
        let scores = others.iter().map(|other| self.score_vectors(&one, other));
        Ok(scores.collect())
    }

    /// The texts by how alike they are to the query, the best first.
    ///
    /// # Errors
    /// When the model fails.
    pub fn rank(&self, query: &str, texts: &[impl AsRef<str>]) -> Result<Vec<Ranked>, Error> {
        let query = self.embed_one(query)?;
        Ok(self.rank_vectors(&query, &self.embed(texts)?))
    }

    /// How alike every text of `rows` is to every text of `columns`.
    ///
    /// # Errors
    /// When the model fails.
    pub fn matrix(
        &self,
        rows: &[impl AsRef<str>],
        columns: &[impl AsRef<str>],
    ) -> Result<Matrix, Error> {
        let (rows, columns) = (self.embed(rows)?, self.embed(columns)?);
        Ok(Matrix::of(&rows, &columns, self.calibration()))
    }

    /// Why two texts score as they do: the words that count, and what the model is known to miss. Embeds the texts once
    /// more without each of their words.
    ///
    /// # Errors
    /// [`Error::NotExplained`] when the model does not tell what its vectors come from; otherwise when it fails.
    pub fn explain(&self, a: &str, b: &str) -> Result<Explanation, Error> {
        let texts = [a, b];
        let whole = self.embed_each(texts, &ExplanationPlan::<Encoded>::options())?;
        let plan = ExplanationPlan::new(&self.facts().name, texts, whole)?;
        let mut without = self.embed(&plan.texts())?;
        without.extend(self.embed(&plan.further(&without)?)?);
        plan.finish(&without)
    }

    // --- vectors ---------------------------------------------------------------------------

    /// How alike two texts are that this model embedded.
    ///
    /// # Panics
    /// When the vectors are not of one length: those of two models have no score.
    pub fn score_vectors(&self, a: &Encoded, b: &Encoded) -> Score {
        Score::of(self.calibration(), a, b)
    }

    /// Texts that this model embedded, by how alike they are to the query, the best first; of equals, the one that came
    /// first.
    ///
    /// # Panics
    /// As [`Model::score_vectors`].
    pub fn rank_vectors<T: Borrow<Encoded>>(&self, query: &Encoded, texts: &[T]) -> Vec<Ranked> {
        rank(self.calibration(), query, texts)
    }

    fn embed_each<const N: usize>(
        &self,
        texts: [&str; N],
        options: &EmbedOptions,
    ) -> Result<[Encoded; N], Error> {
        let encoded = self.embed_with(&texts, options)?;
        let miscounted = |encoded: Vec<Encoded>| Error::Miscounted {
            expected: N,
            found: encoded.len(),
        };
        encoded.try_into().map_err(miscounted)
    }
}
