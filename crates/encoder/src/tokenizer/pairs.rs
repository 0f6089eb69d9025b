//! Two texts for a model that reads both at once.

use super::{TextTokenizer, unsplit};
use crate::asked::PairTemplate;
use crate::config::ModelConfig;
use crate::error::Error;
use std::ops::Range;
use tokenizers::Encoding;

/// Which text of a pair that is too long loses its end (or its beginning, where the folder says so).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PairTruncation {
    /// The longer one, and when both have the same length left, both: as transformers does. Of models that are asked in the words of
    /// a template the document, as that stands at the end of what transformers cuts.
    #[default]
    LongestFirst,
    /// The document, unless the query leaves no room for one.
    Document,
}

/// A pair as a model reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    ids: Vec<u32>,
    types: Vec<u8>,
    truncated: bool,
}

impl Pair {
    /// Ids of both texts, special tokens included.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Of each its type.
    pub fn types(&self) -> &[u8] {
        &self.types
    }

    /// One of the texts was cut.
    pub fn truncated(&self) -> bool {
        self.truncated
    }
}

/// What stands around and between two texts.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// Special tokens in front, between the texts, and at the end, each with its type.
    specials: [Vec<(u32, u8)>; 3],
    /// Types of the two texts' tokens.
    types: [u8; 2],
    /// It is the document that is cut, whatever is asked for.
    cuts_document: bool,
}

/// Texts by which is seen that splitting a template part by part gives what splitting it whole does.
const SAMPLES: [(&str, &str); 3] = [
    ("语义?", "(词) 2"),
    ("a", "b\n"),
    ("Is it 1,000?\n", "\n«1,000.»  "),
];

impl Frame {
    /// By a pair of equal texts of so many tokens; `None` when they are not to be found in it.
    pub(super) fn of(pair: &Encoding, tokens: usize) -> Option<Self> {
        let special = pair.get_special_tokens_mask();
        let run = |from: usize, wanted: u32| {
            let marks = special.get(from..)?.iter();
            Some(from..from + marks.take_while(|&&mark| mark == wanted).count())
        };
        let opening = run(0, 1)?;
        let first = opening.end..opening.end + tokens;
        let middle = run(first.end, 1)?;
        let second = middle.end..middle.end + tokens;
        let closing = run(second.end, 1)?;
        let complete = closing.end == special.len() && tokens > 0;
        let is_text = |range: &Range<usize>| special[range.clone()].iter().all(|&mark| mark == 0);
        let kind = |i: usize| u8::try_from(pair.get_type_ids()[i]).unwrap_or(u8::MAX);
        let tokens = |range: Range<usize>| range.map(|i| (pair.get_ids()[i], kind(i))).collect();
        (complete && is_text(&first) && is_text(&second)).then(|| Self {
            types: [kind(first.start), kind(second.start)],
            specials: [opening, middle, closing].map(tokens),
            cuts_document: false,
        })
    }

    /// Of the words of a template.
    fn of_words(words: [Vec<u32>; 3]) -> Self {
        Self {
            specials: words.map(|ids| ids.into_iter().map(|id| (id, 0)).collect()),
            types: [0; 2],
            cuts_document: true,
        }
    }

    /// The same where all tokens are of the first type.
    pub(super) fn of_one_type(mut self) -> Self {
        self.types = [0; 2];
        let specials = self.specials.iter_mut().flatten();
        specials.for_each(|(_, kind)| *kind = 0);
        self
    }

    /// Special tokens around a pair.
    fn len(&self) -> usize {
        self.specials.iter().map(Vec::len).sum()
    }

    fn last_type(&self) -> u8 {
        let specials = self.specials.iter().flatten().map(|&(_, kind)| kind);
        specials.chain(self.types).max().unwrap_or(0)
    }
}

impl TextTokenizer {
    /// Checks that the tokenizer can put two texts together for a model.
    pub(crate) fn check_pairs(&self, config: &ModelConfig) -> Result<(), Error> {
        let refuse = |what: String| Err(Error::unsupported(&self.shown, what));
        let Some(frame) = &self.frame else {
            return refuse("it does not say how two texts are put together.".into());
        };
        if frame.len() + 2 > self.max_tokens {
            let what = format!(
                "pairs of {} tokens leave no room for two words.",
                self.max_tokens
            );
            return Err(Error::file(&self.shown, what));
        }
        let (last, known) = (usize::from(frame.last_type()), config.token_types.max(1));
        if last < known {
            return Ok(());
        }
        refuse(format!(
            "it gives token type {last}, but config.json has a type_vocab_size of {known}."
        ))
    }

    /// Puts texts together in the words of a template from now on.
    ///
    /// # Errors
    /// When the vocabulary is not one for that template.
    pub(crate) fn ask_by(&mut self, template: &PairTemplate) -> Result<(), Error> {
        let mut tokens = PairTemplate::TOKENS.into_iter();
        if let Some(token) = tokens.find(|token| self.inner.id(token).is_none()) {
            let what = format!("it has no token \"{token}\", which Qwen3-Reranker is asked with.");
            return Err(Error::file(&self.shown, what));
        }
        let [opening, middle, closing] = template.specials();
        let words = [
            self.alone(&opening)?,
            self.alone(&middle)?,
            self.alone(&closing)?,
        ];
        self.wrapping = template.wrapping();
        for (query, document) in SAMPLES {
            let texts = [self.query(query)?, self.document(document)?];
            let parts = [&words[0], &texts[0], &words[1], &texts[1], &words[2]];
            if parts.map(Vec::as_slice).concat() != self.alone(&template.whole(query, document))? {
                let what = "it splits texts otherwise than Qwen's tokenizers, and the words in which the model is asked would not be \
                    those of its makers.";
                return Err(Error::unsupported(&self.shown, what));
            }
        }
        self.frame = Some(Frame::of_words(words));
        Ok(())
    }

    /// Tokens around the two texts of a pair.
    pub(crate) fn tokens_around_pairs(&self) -> usize {
        self.frame.as_ref().map_or(0, Frame::len)
    }

    /// The ids of "yes" and "no".
    ///
    /// # Errors
    /// When the vocabulary has one of them not.
    pub(crate) fn answers(&self) -> Result<[u32; 2], Error> {
        let id = |word: &str| {
            self.inner.id(word).ok_or_else(|| {
                let what = format!("it has no token \"{word}\", by which the model is scored.");
                Error::file(&self.shown, what)
            })
        };
        Ok([id("yes")?, id("no")?])
    }

    /// The ids of a query, without what stands around it.
    pub(crate) fn query(&self, text: &str) -> Result<Vec<u32>, Error> {
        self.wrapped(self.wrapping.query, text)
    }

    /// The ids of a document, without what stands around it.
    pub(crate) fn document(&self, text: &str) -> Result<Vec<u32>, Error> {
        self.wrapped(self.wrapping.document, text)
    }

    fn wrapped(&self, [before, behind]: [&str; 2], text: &str) -> Result<Vec<u32>, Error> {
        match (before, behind) {
            ("", "") => self.alone(text),
            _ => self.alone(&format!("{before}{text}{behind}")),
        }
    }

    /// The ids of a text, without special tokens.
    fn alone(&self, text: &str) -> Result<Vec<u32>, Error> {
        let encoding = self.inner.encode_fast(text, false).map_err(unsplit)?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Two texts with what stands around them, cut to the longest input.
    pub(crate) fn pair(&self, query: &[u32], document: &[u32], truncation: PairTruncation) -> Pair {
        let Some(frame) = &self.frame else {
            unreachable!("asked only of tokenizers that `check_pairs` has passed")
        };
        let truncation = match frame.cuts_document {
            true => PairTruncation::Document,
            false => truncation,
        };
        let room = self.max_tokens - frame.len();
        let lengths = [query.len(), document.len()];
        let kept = kept(lengths, room, truncation);
        let cut = |text: &'_ [u32], kept: usize| match self.cuts_start {
            true => text[text.len() - kept..].to_vec(),
            false => text[..kept].to_vec(),
        };
        let texts = [cut(query, kept[0]), cut(document, kept[1])];
        let mut pair = Pair {
            ids: Vec::with_capacity(frame.len() + kept[0] + kept[1]),
            types: Vec::with_capacity(frame.len() + kept[0] + kept[1]),
            truncated: kept != lengths,
        };
        for (i, specials) in frame.specials.iter().enumerate() {
            for &(id, kind) in specials {
                pair.ids.push(id);
                pair.types.push(kind);
            }
            if let Some(text) = texts.get(i) {
                pair.ids.extend(text);
                pair.types.resize(pair.ids.len(), frame.types[i]);
            }
        }
        pair
    }
}

/// How many tokens of each text stay, where there is room for so many.
fn kept([query, document]: [usize; 2], room: usize, truncation: PairTruncation) -> [usize; 2] {
    if query + document <= room {
        return [query, document];
    }
    if truncation == PairTruncation::Document && query < room {
        return [query, room - query];
    }
    // The shorter stays whole as long as the other is not cut below it; then both are cut to half, the longer one to the
    // larger half.
    let shorter = query.min(document);
    let (less, more) = match room.saturating_sub(shorter) {
        rest if rest >= shorter => (shorter, rest),
        _ => (room / 2, room - room / 2),
    };
    match query > document {
        true => [more, less],
        false => [less, more],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CrossSpec, Folder};
    use tokenizers::{TruncationDirection, TruncationParams, TruncationStrategy};

    /// As the tokenizers library cuts, with which transformers cuts.
    #[test]
    fn the_longer_text_is_cut_as_the_library_cuts() {
        for room in 2..12 {
            for (query, document) in (0..15).flat_map(|q| (0..15).map(move |d| (q, d))) {
                let of = |n: usize| {
                    let words: Vec<String> = (0..n).map(|i| i.to_string()).collect();
                    Encoding::new(
                        (0..n as u32).collect(),
                        vec![0; n],
                        words,
                        vec![None; n],
                        vec![(0, 0); n],
                        vec![0; n],
                        vec![1; n],
                        Vec::new(),
                        Default::default(),
                    )
                };
                let cut = tokenizers::utils::truncation::truncate_encodings(
                    of(query),
                    Some(of(document)),
                    &TruncationParams {
                        max_length: room,
                        strategy: TruncationStrategy::LongestFirst,
                        stride: 0,
                        direction: TruncationDirection::Right,
                    },
                );
                let (first, second) = cut.unwrap();
                let expected = [first.len(), second.unwrap().len()];
                let got = kept([query, document], room, PairTruncation::LongestFirst);
                assert_eq!(got, expected, "{query} and {document} in {room}");
            }
        }
    }

    /// Texts of pieces that tokenizers put together with their neighbours.
    #[test]
    fn a_template_is_split_part_by_part_as_it_is_whole() {
        let fixture = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/fixtures/rerankers/qwen3-reranker-bf16"
        );
        let folder = Folder::open(fixture).unwrap();
        let spec = CrossSpec::read(&folder).unwrap();
        let template = spec.template.unwrap();
        let mut tokenizer = TextTokenizer::load_for(&folder, &spec.config, 4096).unwrap();
        tokenizer.ask_by(&template).unwrap();
        let pieces = [
            "\n",
            "\r\n",
            " ",
            "  ",
            "\t",
            "a",
            "yes",
            "天气",
            "1",
            "20",
            "?",
            "？",
            "<",
            ":",
            "'s",
            "\u{301}",
            "é",
            "<|im_end|>",
            "<|im_start|>",
            "</think>",
            "<Document>:",
            "\u{3000}",
        ];
        let mut seed = 7_u64;
        let mut text = || {
            let mut next = |below: u64| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (seed >> 33) % below
            };
            let count = next(7);
            (0..count)
                .map(|_| pieces[next(pieces.len() as u64) as usize])
                .collect::<String>()
        };
        for _ in 0..2_000 {
            let (query, document) = (text(), text());
            let [one, two] = [tokenizer.query(&query), tokenizer.document(&document)];
            let pair = tokenizer.pair(&one.unwrap(), &two.unwrap(), PairTruncation::default());
            let whole = tokenizer.alone(&template.whole(&query, &document)).unwrap();
            assert_eq!(pair.ids(), whole, "{query:?} {document:?}");
        }
    }

    #[test]
    fn the_query_stays_whole_where_it_can() {
        let kept = |query, document| kept([query, document], 10, PairTruncation::Document);
        assert_eq!(kept(4, 6), [4, 6]);
        assert_eq!(kept(4, 60), [4, 6]);
        assert_eq!(kept(9, 60), [9, 1]);
        assert_eq!(kept(10, 60), [5, 5]);
        assert_eq!(kept(60, 3), [7, 3]);
    }
}
