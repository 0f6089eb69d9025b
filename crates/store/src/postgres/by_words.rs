//! The best texts by their words (BM25), as the embedded engine ranks them, to the last bit: what it adds up is added up here, in the same order.
//!
//! All rows of the question's words are read, three bytes or a few more for each text that has one. They say how many texts have a word and what it is worth there,
//! so nothing is counted beside them. Where common words (的, 怎么) decide which texts are among the best few hundred, bounds leave hardly any of their texts out, and what is
//! read is added up sooner than looked up.
//!
//! What there is of all words together says how much that can be. Where it is more than a search may hold, it reads one piece of the collection after the other, and
//! again, once all is counted, those that it could not keep.

use std::collections::HashMap;
use std::ops::Range;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::postings::{self, BLOCK, Posting, block_of, place_of};
use super::search::Searcher;
use crate::best::Best;
use crate::error::Result;
use crate::finder::ByWords;
use crate::key::VectorKey;
use crate::ranking::{Worth, inverse_frequency, saturation};

/// Bytes that a word of a text takes, about.
const OF_A_WORD: usize = 4;

/// Blocks that are read at once.
struct Piece {
    blocks: Range<i64>,
    /// What was read of them, where there was room to keep it.
    rows: Option<Vec<Row>>,
}

/// The texts of a block that have a word.
struct List<'a> {
    block: i64,
    /// The place of the word in the question.
    word: usize,
    postings: &'a [u8],
}

impl Searcher<'_> {
    /// The best `k` texts for the words of a question, best first.
    pub(super) fn rank_by_words(
        &self,
        text: &str,
        only: Option<&Vec<i64>>,
        k: usize,
    ) -> Result<ByWords> {
        let query = self.counted.stored.words.analyzer().document(text);
        let terms = query.terms.iter().map(|(term, _)| term.cast_signed());
        let terms: Vec<i64> = terms.collect();
        let mut pieces = self.pieces();
        let weights = self.weigh(&terms, &mut pieces)?;
        let mean_length = self.counted.length as f64 / (self.counted.docs as f64).max(1.0);
        let mut ranking = Ranking {
            weights: &weights,
            mean_length,
            only: only.map(Vec::as_slice),
            scores: Scores::default(),
            best: Best::new(k),
        };
        for piece in pieces {
            let rows = match piece.rows {
                Some(rows) => rows,
                None => self.rows_of(&terms, &piece.blocks)?,
            };
            ranking.add(&lists(&terms, &rows));
        }
        let found = ranking.best.into_sorted().into_iter();
        let found = found.map(|(score, key)| (key, score)).collect();
        Ok((found, Worth::of(&query, weights, mean_length)))
    }

    /// The pieces in which the collection is read: one, unless its words are too many.
    fn pieces(&self) -> Vec<Piece> {
        let blocks = block_of(self.counted.stored.next_key) + 1;
        let bytes = (self.counted.length as usize).saturating_mul(OF_A_WORD);
        let pieces = bytes.div_ceil(self.words_at_once.max(1));
        let step = (blocks as usize).div_ceil(pieces.max(1));
        let piece = |first: i64| Piece {
            blocks: first..first + step as i64,
            rows: None,
        };
        (0..blocks).step_by(step).map(piece).collect()
    }

    fn rows_of(&self, terms: &[i64], blocks: &Range<i64>) -> Result<Vec<Row>> {
        self.caller.go_on()?;
        let sql = format!(
            "SELECT term, block, postings FROM {} WHERE term = ANY($1) AND block >= $2 AND block < $3",
            self.counted.tables().terms
        );
        let values = [
            (&terms as _, Type::INT8_ARRAY),
            (&blocks.start as _, Type::INT8),
            (&blocks.end as _, Type::INT8),
        ];
        self.query(&sql, &values)
    }

    /// What words are worth, by the texts that have them. Keeps of what it reads what there is room for.
    fn weigh(&self, terms: &[i64], pieces: &mut [Piece]) -> Result<Vec<f64>> {
        let (mut with, mut bytes) = (vec![0; terms.len()], 0);
        for piece in pieces {
            let rows = self.rows_of(terms, &piece.blocks)?;
            for list in lists(terms, &rows) {
                with[list.word] += postings::count(list.postings)?;
                bytes += list.postings.len();
            }
            piece.rows = (bytes <= self.words_at_once).then_some(rows);
        }
        let docs = self.counted.docs as u64;
        let weigh = |with| inverse_frequency(docs, with);
        Ok(with.into_iter().map(weigh).collect())
    }
}

/// What was read, block by block, the words in the order in which they are added up.
fn lists<'a>(terms: &[i64], rows: &'a [Row]) -> Vec<List<'a>> {
    let places: HashMap<i64, usize> = terms.iter().copied().zip(0..).collect();
    let list = |row: &'a Row| List {
        block: row.get(1),
        word: places[&row.get::<_, i64>(0)],
        postings: row.get(2),
    };
    let mut lists: Vec<List<'a>> = rows.iter().map(list).collect();
    lists.sort_unstable_by_key(|list| (list.block, list.word));
    lists
}

/// How texts are ranked.
struct Ranking<'a> {
    weights: &'a [f64],
    /// Words of a text in the mean.
    mean_length: f64,
    /// The items that may be found, in ascending order, unless all may.
    only: Option<&'a [i64]>,
    scores: Scores,
    best: Best<VectorKey>,
}

impl Ranking<'_> {
    /// Ranks the texts of some blocks.
    fn add(&mut self, lists: &[List<'_>]) {
        for of_block in lists.chunk_by(|one, other| one.block == other.block) {
            let block = of_block[0].block;
            let Some(wanted) = Wanted::of(self.only, block) else {
                continue;
            };
            for list in of_block {
                let weight = self.weights[list.word];
                for posting in postings::each(list.postings) {
                    let part = saturation(posting.count, posting.length, self.mean_length);
                    self.scores.add(&posting, weight * part);
                }
            }
            self.scores.take(|posting, score| {
                if wanted.has(posting.place) {
                    self.best.offer(score, posting.key(block));
                }
            });
        }
    }
}

/// Which items of a block are wanted.
enum Wanted {
    All,
    These(Box<[bool; BLOCK]>),
}

impl Wanted {
    /// Those of the items `only`, which are in ascending order; `None`: none is.
    fn of(only: Option<&[i64]>, block: i64) -> Option<Self> {
        let Some(only) = only else {
            return Some(Self::All);
        };
        let first = only.partition_point(|&item| block_of(item) < block);
        let here = only[first..]
            .iter()
            .take_while(|&&item| block_of(item) == block);
        let mut these = Box::new([false; BLOCK]);
        let mut any = false;
        for &item in here {
            these[place_of(item)] = true;
            any = true;
        }
        any.then_some(Self::These(these))
    }

    fn has(&self, place: usize) -> bool {
        match self {
            Self::All => true,
            Self::These(these) => these[place],
        }
    }
}

/// What the texts of a block are worth so far.
#[derive(Default)]
struct Scores {
    /// Those of the items' texts, then those of their first wordings, and so on.
    all: Vec<f64>,
    /// The texts that have any.
    some: Vec<Posting>,
}

impl Scores {
    fn add(&mut self, posting: &Posting, part: f64) {
        let at = at(posting);
        if at >= self.all.len() {
            self.all.resize((posting.wording + 1) * BLOCK, 0.0);
        }
        if self.all[at] == 0.0 {
            self.some.push(*posting);
        }
        self.all[at] += part;
    }

    /// Shows all, and forgets them.
    fn take(&mut self, mut show: impl FnMut(&Posting, f64)) {
        for posting in self.some.drain(..) {
            let score = std::mem::take(&mut self.all[at(&posting)]);
            if score > 0.0 {
                show(&posting, score);
            }
        }
    }
}

fn at(posting: &Posting) -> usize {
    posting.wording * BLOCK + posting.place
}
