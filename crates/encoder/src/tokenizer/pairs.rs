//! Two texts for a model that reads both at once.

use super::{TextTokenizer, unsplit};
use crate::config::ModelConfig;
use crate::error::Error;
use std::ops::Range;
use tokenizers::Encoding;

/// Which text of a pair that is too long loses its end (or its beginning, where the folder says so).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PairTruncation {
    /// The longer one, and when both have the same length left, both: as transformers does.
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
}

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
        })
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

    /// The ids of a text, without special tokens.
    pub(crate) fn alone(&self, text: &str) -> Result<Vec<u32>, Error> {
        let encoding = self.inner.encode_fast(text, false).map_err(unsplit)?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Two texts with what stands around them, cut to the longest input.
    pub(crate) fn pair(&self, query: &[u32], document: &[u32], truncation: PairTruncation) -> Pair {
        let Some(frame) = &self.frame else {
            unreachable!("asked only of tokenizers that `check_pairs` has passed")
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
