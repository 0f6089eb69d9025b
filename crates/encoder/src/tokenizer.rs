//! Text to token ids, by the reference implementation.

mod word_piece;

use crate::error::{Error, ErrorKind};
use crate::folder::Folder;
use crate::spec::ModelSpec;
use tokenizers::Tokenizer;

/// One text as token ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Ids, special tokens and prompt included; at most as many as the model reads.
    pub ids: Vec<u32>,
    /// The text had more tokens than the model reads, and its end was cut off.
    pub truncated: bool,
    /// How many of the ids stand for text unknown to the vocabulary.
    pub unknown: usize,
}

/// A model's tokenizer.
pub struct TextTokenizer {
    inner: Tokenizer,
    max_tokens: usize,
    /// Special tokens at the end of every text; they stay when a text is cut.
    closing: usize,
    unknown: Option<u32>,
}

impl TextTokenizer {
    /// Reads `tokenizer.json`, or makes the tokenizer of `vocab.txt`.
    ///
    /// # Errors
    /// When neither is there or sound, or an id is beyond the model's vocabulary.
    pub fn load(folder: &Folder, spec: &ModelSpec) -> Result<Self, Error> {
        let (file, bytes) = if folder.contains("tokenizer.json") {
            ("tokenizer.json", folder.read("tokenizer.json")?.to_vec())
        } else if folder.contains("vocab.txt") {
            ("vocab.txt", word_piece::from_vocab(folder)?)
        } else {
            let what = format!(
                "{} does not exist, and there is no vocab.txt either.",
                folder.show("tokenizer.json")
            );
            return Err(Error::new(ErrorKind::NotFound, what));
        };
        let shown = folder.show(file);
        let broken = |e: tokenizers::Error| {
            Error::file(&shown, format!("this is not a sound tokenizer: {e}."))
        };
        let mut inner = Tokenizer::from_bytes(&bytes).map_err(broken)?;
        // What the file says on these was meant for training batches.
        inner.with_padding(None);
        inner.with_truncation(None).map_err(broken)?;
        check_ids(&shown, &inner, spec)?;
        let closing = closing_tokens(&inner).map_err(broken)?;
        let unknown = unknown_id(&bytes, &inner);
        if spec.max_tokens <= closing + 1 {
            return Err(Error::file(
                &shown,
                format!(
                    "texts of {} tokens leave no room for a word.",
                    spec.max_tokens
                ),
            ));
        }
        Ok(Self {
            inner,
            max_tokens: spec.max_tokens,
            closing,
            unknown,
        })
    }

    /// The ids of `prompt` followed by `text`.
    ///
    /// # Errors
    /// When the tokenizer fails, which no text is known to cause.
    pub fn encode(&self, prompt: &str, text: &str) -> Result<Tokens, Error> {
        let encoding = if prompt.is_empty() {
            self.inner.encode_fast(text, true)
        } else {
            self.inner.encode_fast(format!("{prompt}{text}"), true)
        };
        let encoding = encoding.map_err(|e| {
            Error::new(
                ErrorKind::InvalidTokens,
                "The text could not be split into tokens.",
            )
            .caused(e)
        })?;
        let mut ids = encoding.get_ids().to_vec();
        let truncated = ids.len() > self.max_tokens;
        if truncated {
            let excess = ids.len() - self.max_tokens;
            let end = ids.len() - self.closing;
            ids.drain(end - excess..end);
        }
        let unknown = ids.iter().filter(|&&id| Some(id) == self.unknown).count();
        Ok(Tokens {
            ids,
            truncated,
            unknown,
        })
    }

    /// Number of token ids.
    pub fn vocab_size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }
}

fn check_ids(file: &str, tokenizer: &Tokenizer, spec: &ModelSpec) -> Result<(), Error> {
    let (most, known) = (
        tokenizer.get_vocab(true).into_values().max(),
        spec.config.vocab_size,
    );
    match most {
        Some(id) if (id as usize) < known => Ok(()),
        Some(id) => Err(Error::file(
            file,
            format!("it gives ids up to {id}, but config.json has a vocab_size of {known}."),
        )),
        None => Err(Error::file(file, "its vocabulary is empty.")),
    }
}

/// How many special tokens the tokenizer puts after a text.
fn closing_tokens(tokenizer: &Tokenizer) -> Result<usize, tokenizers::Error> {
    let encoding = tokenizer.encode("a", true)?;
    Ok(encoding
        .get_special_tokens_mask()
        .iter()
        .rev()
        .take_while(|&&special| special == 1)
        .count())
}

/// The id for unknown text, as the model part of the tokenizer file names it.
fn unknown_id(json: &[u8], tokenizer: &Tokenizer) -> Option<u32> {
    #[derive(serde::Deserialize)]
    struct File {
        model: Model,
    }
    #[derive(serde::Deserialize)]
    struct Model {
        unk_token: Option<String>,
        unk_id: Option<u32>,
    }
    let model = serde_json::from_slice::<File>(json).ok()?.model;
    model
        .unk_id
        .or_else(|| tokenizer.token_to_id(&model.unk_token?))
}
