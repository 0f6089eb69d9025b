//! Text to token ids, by the reference implementation.

mod bounds;
mod charsmap;
mod fields;
mod long;
mod pairs;
mod parts;
mod pipeline;
mod settings;
mod trie;
mod unigram;
mod word_piece;

pub use long::LongText;
pub use pairs::{Pair, PairTruncation};

use self::long::Parts as LongParts;
use self::pairs::Frame;
use self::parts::Parts;
use self::pipeline::Pipeline;
use self::settings::{NamedToken, Settings};
use crate::FileBytes;
use crate::asked::Wrapping;
use crate::config::ModelConfig;
use crate::error::{Error, ErrorKind};
use crate::folder::Folder;
use crate::json::{check_contents, without_mark};
use crate::modules::Modules;
use crate::spec::ModelSpec;
use crate::states::Place;
use std::borrow::Cow;
use std::fmt::Display;
use tokenizers::Encoding;

/// The file of a vocabulary alone.
const VOCABULARY: &str = "vocab.txt";

/// One text as token ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Ids, special tokens and prompt included; at most as many as the model reads.
    pub ids: Vec<u32>,
    /// Further windows of a text that is read in several, each like `ids`.
    pub further: Vec<Vec<u32>>,
    /// The text had more tokens than the model reads, and its end was cut off.
    pub truncated: bool,
    /// How many of the ids stand for text unknown to the vocabulary.
    pub unknown: usize,
    /// What each of `ids` stands for, if that was asked for.
    pub places: Option<Vec<Place>>,
}

impl Tokens {
    /// What the model reads: one list of ids, or several windows of a long text.
    pub fn windows(&self) -> impl Iterator<Item = &[u32]> {
        std::iter::once(&self.ids)
            .chain(&self.further)
            .map(Vec::as_slice)
    }
}

/// A token and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its row in the vocabulary.
    pub id: u32,
    /// What stands there in the text (the prompt in front); of a special token, its name.
    pub text: String,
    /// Put there by the tokenizer, not by the text.
    pub special: bool,
    /// First byte in the prompt and the text behind it.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// Splits texts into the tokens of one model, with a prompt in front and special tokens around them.
pub struct TextTokenizer {
    inner: Pipeline,
    /// What stands around two texts; `None` where the file does not say how they are put together.
    frame: Option<Frame>,
    /// What is written around each of them before it is split.
    wrapping: Wrapping,
    /// The file's name in messages.
    shown: String,
    /// Of the files that it was made from.
    digest: [u8; 32],
    max_tokens: usize,
    /// Special tokens in front of every text; they stay when a text is cut.
    opening: usize,
    /// Special tokens at the end of every text; they stay too.
    closing: usize,
    unknown: Option<u32>,
    /// The folder says that texts lose their beginning.
    cuts_start: bool,
}

impl TextTokenizer {
    /// Reads `tokenizer.json`, or makes the tokenizer of `vocab.txt`, and applies what the files beside it say.
    ///
    /// # Errors
    /// When neither is there or sound, or a token that is put around texts is beyond the model's vocabulary.
    pub fn load(folder: &Folder, spec: &ModelSpec) -> Result<Self, Error> {
        Self::load_for(folder, &spec.config, spec.max_tokens)
    }

    /// As [`TextTokenizer::load`], for a model of this shape whose longest text is known.
    pub(crate) fn load_for(
        folder: &Folder,
        config: &ModelConfig,
        max_tokens: usize,
    ) -> Result<Self, Error> {
        let folder = &Modules::read(folder)?.transformer(folder);
        let (file, bytes) = read_file(folder)?;
        let shown = folder.show(file);
        let broken =
            |e: &dyn Display| Error::file(&shown, format!("this is not a sound tokenizer: {e}."));
        check_contents(&shown, &bytes)?;
        let json = without_mark(&bytes);
        let parts: Parts = serde_json::from_slice(json).map_err(|e| broken(&e))?;
        charsmap::check(&parts.normalizer).map_err(|e| broken(&e))?;
        bounds::check(&parts.normalizer, &parts.pre_tokenizer, &parts.model)
            .map_err(|what| Error::unsupported(&shown, format!("{what}.")))?;
        let settings = Settings::read(folder, config.architecture, parts.direction())?;
        let mut inner = Pipeline::read(json, parts.model.is_unigram()).map_err(|e| broken(&e))?;
        settings
            .check_normalizer(&parts.normalizer)
            .map_err(|what| Error::unsupported(&shown, format!("{what}.")))?;
        let known = parts.model.check_unknown(|token| inner.has(token));
        known.map_err(|what| Error::file(&shown, format!("{what}.")))?;
        let changes = inner.apply(&settings).map_err(|e| broken(&e))?;
        let probe = inner.encode("a", true).map_err(|e| broken(&e))?;
        check_ids(&shown, &parts, &probe, config)?;
        if let (VOCABULARY, Some(last)) = (file, parts.model.last_id()) {
            check_whole(&shown, last as usize + 1, config.vocab_size)?;
        }
        check_named(&shown, &parts, &probe, &settings)?;
        let mask = probe.get_special_tokens_mask();
        let (opening, closing) = (special_run(mask.iter()), special_run(mask.iter().rev()));
        let unknown = parts.model.unknown_id(|token| inner.id(token));
        check_room(&shown, max_tokens, opening + closing)?;
        let digest = digest(json, &changes, settings.cuts_start);
        let frame = frame(&inner, config, &settings).map_err(|e| broken(&e))?;
        bytes.check(&shown)?;
        bytes.release(0..bytes.len());
        Ok(Self {
            digest,
            inner,
            frame,
            wrapping: Wrapping::default(),
            shown,
            max_tokens,
            opening,
            closing,
            unknown,
            cuts_start: settings.cuts_start,
        })
    }

    /// Digest of the files that it was made from.
    pub(crate) fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The ids of `prompt` followed by `text`.
    ///
    /// # Errors
    /// When the tokenizer fails, which no text is known to cause.
    pub fn encode(&self, prompt: &str, text: &str, long_text: LongText) -> Result<Tokens, Error> {
        let ids = self.ids(&joined(prompt, text))?;
        let prompt_tokens = || self.prompt_tokens(prompt, &ids);
        let (windows, truncated) = self.windows(&ids, long_text, prompt_tokens)?;
        Ok(self.tokens(windows, truncated))
    }

    /// As [`TextTokenizer::encode`], with what each token stands for.
    ///
    /// # Errors
    /// As [`TextTokenizer::encode`].
    pub fn encode_with_places(
        &self,
        prompt: &str,
        text: &str,
        long_text: LongText,
    ) -> Result<Tokens, Error> {
        let joined = joined(prompt, text);
        let encoding = self.inner.encode_characters(&joined).map_err(unsplit)?;
        let ids = encoding.get_ids();
        let places = self.places(&encoding, prompt.chars().count());
        let tokens: Vec<(u32, Place)> = ids.iter().copied().zip(places).collect();
        let prompt_tokens = || self.prompt_tokens(prompt, ids);
        let (windows, truncated) = self.windows(&tokens, long_text, prompt_tokens)?;
        let places = windows.first().into_iter().flatten();
        let places = places.map(|(_, place)| place.clone()).collect();
        let ids = |window: Vec<(u32, Place)>| window.into_iter().map(|(id, _)| id).collect();
        Ok(Tokens {
            places: Some(places),
            ..self.tokens(windows.into_iter().map(ids).collect(), truncated)
        })
    }

    /// Where the tokens stand in the text behind a prompt of so many characters.
    fn places(&self, encoding: &Encoding, prompt: usize) -> impl Iterator<Item = Place> {
        let marks = encoding.get_special_tokens_mask().iter();
        let tokens = encoding.get_ids().iter().zip(encoding.get_offsets());
        tokens
            .zip(marks)
            .map(move |((id, &(start, end)), &special)| {
                let end = if special == 1 { 0 } else { end };
                Place {
                    characters: start.saturating_sub(prompt)..end.saturating_sub(prompt),
                    unknown: Some(*id) == self.unknown,
                }
            })
    }

    /// What the model reads at once, and whether the text was cut. `prompt` counts the prompt's tokens.
    fn windows<T: Clone>(
        &self,
        tokens: &[T],
        long_text: LongText,
        prompt: impl Fn() -> Result<usize, Error>,
    ) -> Result<(Vec<Vec<T>>, bool), Error> {
        if tokens.len() <= self.max_tokens {
            return Ok((vec![tokens.to_vec()], false));
        }
        let parts = LongParts {
            tokens,
            opening: self.opening,
            prompt: 0,
            closing: self.closing,
        };
        Ok(match long_text {
            LongText::CutEnd if !self.cuts_start => (vec![parts.cut_end(self.max_tokens)], true),
            LongText::CutEnd | LongText::CutStart => (vec![parts.cut_start(self.max_tokens)], true),
            LongText::Mean => {
                let prompt = prompt()?;
                let parts = LongParts { prompt, ..parts };
                (parts.windows(self.max_tokens), false)
            }
        })
    }

    fn tokens(&self, windows: Vec<Vec<u32>>, truncated: bool) -> Tokens {
        let is_unknown = |id: &&u32| Some(**id) == self.unknown;
        let unknown = windows.iter().flatten().filter(is_unknown).count();
        let mut windows = windows.into_iter();
        Tokens {
            ids: windows.next().unwrap_or_default(),
            further: windows.collect(),
            truncated,
            unknown,
            places: None,
        }
    }

    /// The tokens of `prompt` followed by `text`, all of them, each with its place.
    ///
    /// # Errors
    /// As [`TextTokenizer::encode`].
    pub fn pieces(&self, prompt: &str, text: &str, special: bool) -> Result<Vec<Piece>, Error> {
        let text = joined(prompt, text);
        let encoding = self.inner.encode(&text, special).map_err(unsplit)?;
        let places = encoding.get_offsets().iter();
        let names = encoding
            .get_tokens()
            .iter()
            .zip(encoding.get_special_tokens_mask());
        let tokens = encoding.get_ids().iter().zip(places).zip(names);
        let piece =
            |((&id, &(start, end)), (name, &special)): ((_, &(usize, usize)), (&String, _))| {
                let shown = text.get(start..end).filter(|_| special == 0);
                Piece {
                    id,
                    text: shown.unwrap_or(name).to_owned(),
                    special: special == 1,
                    start,
                    end,
                }
            };
        Ok(tokens.map(piece).collect())
    }

    fn ids(&self, text: &str) -> Result<Vec<u32>, Error> {
        let encoding = self.inner.encode_fast(text, true).map_err(unsplit)?;
        Ok(encoding.get_ids().to_vec())
    }

    /// How many of the ids behind the opening ones are the prompt's. A token that holds the end of the prompt
    /// and the beginning of the text is the text's.
    fn prompt_tokens(&self, prompt: &str, ids: &[u32]) -> Result<usize, Error> {
        if prompt.is_empty() {
            return Ok(0);
        }
        let alone = self.ids(prompt)?;
        let end = alone.len() - self.closing;
        let pairs = alone[self.opening..end].iter().zip(&ids[self.opening..]);
        Ok(pairs.take_while(|(a, b)| a == b).count())
    }
}

/// What stands around two texts, with types of tokens where model and settings have them.
fn frame(
    inner: &Pipeline,
    config: &ModelConfig,
    settings: &Settings,
) -> tokenizers::Result<Option<Frame>> {
    let alone = inner.encode("a", false)?;
    let frame = Frame::of(&inner.encode_pair("a", "a")?, alone.len());
    let typed = config.token_types > 0 && settings.token_types;
    Ok(frame.map(|frame| if typed { frame } else { frame.of_one_type() }))
}

/// Digest of a tokenizer.json and of what is done otherwise than it says.
fn digest(json: &[u8], changes: &str, cuts_start: bool) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(json).update(changes.as_bytes());
    if cuts_start {
        hasher.update(b"left");
    }
    *hasher.finalize().as_bytes()
}

/// The contents of a tokenizer.json, the folder's or made from its vocab.txt, and which of the two there is.
fn read_file(folder: &Folder) -> Result<(&'static str, FileBytes), Error> {
    let [json, vocabulary] = ["tokenizer.json", VOCABULARY];
    if folder.contains(json) {
        return Ok((json, folder.read(json)?));
    }
    if folder.contains(vocabulary) {
        let made = word_piece::from_vocab(folder)?;
        return Ok((vocabulary, FileBytes::Read(made.into())));
    }
    let others = [
        "sentencepiece.bpe.model",
        "spiece.model",
        "tokenizer.model",
        "vocab.json",
    ];
    let what = match others.into_iter().find(|file| folder.contains(file)) {
        None => format!(
            "{} does not exist, and there is no vocab.txt either.",
            folder.show(json)
        ),
        Some(other) => format!(
            "{} does not exist, and yuyi does not read {other}. Make it in Python: \
             AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER).",
            folder.show(json)
        ),
    };
    Err(Error::new(ErrorKind::NotFound, what))
}

/// Checks that a text of the model's length has room for more than the special tokens around it.
fn check_room(file: &str, max_tokens: usize, around: usize) -> Result<(), Error> {
    if max_tokens > around {
        return Ok(());
    }
    Err(Error::file(
        file,
        format!("texts of {max_tokens} tokens leave no room for a word."),
    ))
}

/// Whether a `vocab.txt` of so many tokens is only a part of what a model with so many token embeddings was made with. Tables have some
/// more rows than there are tokens, such as up to a multiple of 128, and no published model has a quarter more.
pub fn is_part_of_vocabulary(tokens: usize, rows: usize) -> bool {
    tokens.saturating_mul(4) < rows.saturating_mul(3)
}

/// Refuses a file that was cut: what it lacks would be read as unknown, and nobody would see that.
fn check_whole(file: &str, tokens: usize, rows: usize) -> Result<(), Error> {
    if !is_part_of_vocabulary(tokens, rows) {
        return Ok(());
    }
    let what = format!(
        "it has {tokens} tokens, but config.json has a vocab_size of {rows}: not all of it is there. Fetch the file once more."
    );
    Err(Error::file(file, what))
}

/// Checks the ids that are put around every text, and that there are others. Tokens of the vocabulary may be beyond the
/// model's: texts without them can be read, as by the library that the model was made with.
fn check_ids(
    file: &str,
    parts: &Parts,
    probe: &Encoding,
    config: &ModelConfig,
) -> Result<(), Error> {
    let known = config.vocab_size;
    if parts.model.last_id().is_none() {
        return Err(Error::file(file, "its vocabulary is empty."));
    }
    let marks = probe.get_special_tokens_mask();
    let around = probe
        .get_ids()
        .iter()
        .zip(marks)
        .filter(|&(_, &special)| special == 1);
    match around.map(|(&id, _)| id).max() {
        Some(id) if (id as usize) >= known => Err(Error::file(
            file,
            format!("it gives ids up to {id}, but config.json has a vocab_size of {known}."),
        )),
        _ => Ok(()),
    }
}

/// Checks that the files beside a tokenizer.json name the tokens that it uses. Where they do not, transformers 4 does as tokenizer.json
/// says and 5 as they do.
fn check_named(
    file: &str,
    parts: &Parts,
    probe: &Encoding,
    settings: &Settings,
) -> Result<(), Error> {
    let marks = probe.get_special_tokens_mask();
    let around = |place: Option<usize>| {
        let token = probe.get_tokens().get(place?)?;
        (marks.get(place?) == Some(&1)).then_some(token.as_str())
    };
    let is_other = |named: &&NamedToken| {
        let own = match named.name {
            "cls_token" => around(Some(0)),
            "sep_token" => around(marks.len().checked_sub(1)),
            _ => parts.model.unknown_token(),
        };
        own.is_some_and(|own| own != named.token)
    };
    match settings.named.iter().find(is_other) {
        None => Ok(()),
        Some(NamedToken {
            name,
            token,
            file: by,
        }) => Err(Error::unsupported(
            by,
            format!(
                "its {name} is {token:?}, and {file} has another, which transformers 4 and 5 read differently. Make them the same."
            ),
        )),
    }
}

/// How many special tokens stand at the beginning of a mask.
fn special_run<'a>(mask: impl Iterator<Item = &'a u32>) -> usize {
    mask.take_while(|&&special| special == 1).count()
}

fn joined<'a>(prompt: &str, text: &'a str) -> Cow<'a, str> {
    match prompt {
        "" => Cow::Borrowed(text),
        prompt => Cow::Owned(format!("{prompt}{text}")),
    }
}

fn unsplit(cause: tokenizers::Error) -> Error {
    Error::new(
        ErrorKind::InvalidTokens,
        "The text could not be split into tokens.",
    )
    .caused(cause)
}
