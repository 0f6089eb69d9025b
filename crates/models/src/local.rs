//! Models that compute in this process.

use std::sync::Arc;

use tokio::task::spawn_blocking;
use yuyi_encoder::{
    EncodeOptions, Encoded, Encoder, ErrorKind, LoadOptions, ModelSpec, Piece, Precision,
};

use crate::{
    EmbedFuture, EmbedOptions, Embedder, Error, Inputs, ModelFacts, Resolved, TokenizeFuture,
    TokenizeOptions,
};

/// An [`Encoder`] behind tokio's pool of blocking threads.
///
/// Calls take turns inside the encoder; callers that want fairness or a bound on waiting
/// queue before they call.
pub struct LocalEmbedder {
    encoder: Arc<Encoder>,
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
        let options = LoadOptions {
            precision,
            threads,
            defaults: model.defaults,
        };
        let encoder = Encoder::load(&model.folder, &options).map_err(Error::Encoder)?;
        Ok(Self {
            facts: facts(model.name, &encoder),
            encoder: Arc::new(encoder),
        })
    }
}

impl Embedder for LocalEmbedder {
    fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    fn embed(&self, inputs: Inputs, options: EmbedOptions) -> EmbedFuture<'_> {
        let encoder = Arc::clone(&self.encoder);
        Box::pin(async move {
            let computed = spawn_blocking(move || encode(&encoder, &inputs, options)).await;
            computed.map_err(|_| Error::Interrupted)?
        })
    }

    fn tokenize(&self, texts: Vec<String>, options: TokenizeOptions) -> TokenizeFuture<'_> {
        let encoder = Arc::clone(&self.encoder);
        Box::pin(async move {
            let split = spawn_blocking(move || pieces(&encoder, &texts, options)).await;
            split.map_err(|_| Error::Interrupted)?
        })
    }
}

fn pieces(
    encoder: &Encoder,
    texts: &[String],
    options: TokenizeOptions,
) -> Result<Vec<Vec<Piece>>, Error> {
    let prompt = options.prompt.text();
    let pieces = |text: &String| encoder.pieces(text, prompt.as_deref(), options.special);
    texts
        .iter()
        .map(pieces)
        .collect::<Result<_, _>>()
        .map_err(Error::Encoder)
}

fn encode(
    encoder: &Encoder,
    inputs: &Inputs,
    options: EmbedOptions,
) -> Result<Vec<Encoded>, Error> {
    let encoded = match inputs {
        Inputs::Texts(texts) => {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let options = EncodeOptions {
                prompt: options.prompt.text(),
                long_text: options.long_text,
            };
            encoder.encode(&texts, &options)
        }
        Inputs::Tokens(tokens) => {
            let tokens: Vec<&[u32]> = tokens.iter().map(Vec::as_slice).collect();
            encoder.encode_ids(&tokens)
        }
    };
    encoded.map_err(|error| match error.kind() {
        ErrorKind::InvalidTokens => Error::InvalidTokens(error.to_string()),
        _ => Error::Encoder(error),
    })
}

fn facts(name: String, encoder: &Encoder) -> ModelFacts {
    let spec: &ModelSpec = encoder.spec();
    ModelFacts {
        name,
        dimension: encoder.dimension(),
        layers: spec.config.layers,
        max_tokens: spec.max_tokens,
        pooling: spec.pooling.name().to_owned(),
        default_prompt: spec.prompts.default.clone(),
        prompts: spec.prompts.named.clone(),
        precision: encoder.precision().name().to_owned(),
        kernel: encoder.kernel().to_owned(),
        threads: encoder.threads(),
        weight_bytes: encoder.weight_bytes(),
    }
}
