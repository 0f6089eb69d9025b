//! The best texts by their words (BM25), as the embedded engine ranks them.
//!
//! The server adds up what the words are worth in whatever order suits it; the texts that may be among the best are then added up here, word by word, so
//! that the last bit is the embedded engine's, too.
//!
//! Words that many texts have (的, 怎么) cost most and say least. Where the best by the others stand so far above that common words cannot bring another text
//! among them, only these are looked up for the common ones (MaxScore: Turtle and Flood 1995): a text without any other word has less than
//! the common words' weights together, since a word adds less than its weight.

use std::collections::HashMap;

use tokio_postgres::types::Type;

use super::search::Searcher;
use crate::error::Result;
use crate::key::VectorKey;
use crate::ranking::{B, K1, inverse_frequency, saturation};
use crate::words::Analyzer;

/// A word is common if one text in so many has it.
const COMMON: i64 = 20;

/// Texts that are added up here, at most.
const CANDIDATES: usize = 4000;

/// What the order of adding may change, with room to spare.
const SLACK: f64 = 1e-9;

/// The words of a question, the same place in each list.
struct Words {
    terms: Vec<i64>,
    weights: Vec<f64>,
    /// Texts that have the word.
    with: Vec<i64>,
    /// Words of a text in the mean.
    mean_length: f64,
}

impl Searcher<'_> {
    /// The best `k` texts for the words of a question, best first, with what they are worth; and what a text could be worth at most.
    pub(super) fn rank_by_words(
        &self,
        text: &str,
        only: Option<&Vec<i64>>,
        k: usize,
    ) -> Result<(Vec<(VectorKey, f64)>, f64)> {
        let words = self.words_of(text)?;
        let most = words.weights.iter().sum();
        let keys = match self.candidates_by_rare(&words, only, k)? {
            Some(keys) => keys,
            None => self.candidates_by_all(&words, only, k)?,
        };
        let mut found = self.add_up(&words, &keys)?;
        found
            .sort_by(|(key, score), (other, than)| than.total_cmp(score).then(key.0.cmp(&other.0)));
        found.truncate(k);
        Ok((found, most))
    }

    fn words_of(&self, text: &str) -> Result<Words> {
        let query = Analyzer::new(&self.counted.stored.words).document(text);
        let terms: Vec<i64> = query
            .terms
            .iter()
            .map(|(term, _)| term.cast_signed())
            .collect();
        let sql = format!(
            "SELECT term, count(*) FROM {} WHERE term = ANY($1) GROUP BY term",
            self.counted.tables().terms
        );
        let rows = self.query(&sql, &[(&terms, Type::INT8_ARRAY)])?;
        let counts: HashMap<i64, i64> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let with: Vec<i64> = terms
            .iter()
            .map(|term| counts.get(term).copied().unwrap_or_default())
            .collect();
        let docs = self.counted.docs as u64;
        Ok(Words {
            weights: with
                .iter()
                .map(|&with| inverse_frequency(docs, with as u64))
                .collect(),
            mean_length: self.counted.length as f64 / (docs as f64).max(1.0),
            terms,
            with,
        })
    }

    /// Keys of texts among which the best are, found without the common words; None where these may decide.
    fn candidates_by_rare(
        &self,
        words: &Words,
        only: Option<&Vec<i64>>,
        k: usize,
    ) -> Result<Option<Vec<i64>>> {
        let bound = self.counted.docs / COMMON;
        let (common, rare): (Vec<usize>, Vec<usize>) =
            (0..words.terms.len()).partition(|&place| words.with[place] > bound);
        if k == 0 || rare.is_empty() || common.is_empty() {
            return Ok(None);
        }
        let rest: f64 = common.iter().map(|&place| words.weights[place]).sum();
        let found = self.highest(words, &rare, only, CANDIDATES)?;
        let Some(&(_, least)) = found.get(k - 1) else {
            return Ok(None);
        };
        let may_be_best = found.partition_point(|&(_, score)| score >= least - rest - SLACK);
        let is_all = may_be_best < CANDIDATES;
        Ok((least > rest + SLACK && is_all).then(|| keys_of(&found[..may_be_best])))
    }

    fn candidates_by_all(
        &self,
        words: &Words,
        only: Option<&Vec<i64>>,
        k: usize,
    ) -> Result<Vec<i64>> {
        let all: Vec<usize> = (0..words.terms.len()).collect();
        let found = self.highest(words, &all, only, CANDIDATES.max(k))?;
        let least = k.checked_sub(1).and_then(|last| found.get(last));
        let least = least.map_or(f64::NEG_INFINITY, |&(_, score)| score);
        let may_be_best = found.partition_point(|&(_, score)| score >= least - SLACK);
        Ok(keys_of(&found[..may_be_best]))
    }

    /// The first texts by the sum over some of the words, best first. Sums that only the order of adding can tell apart go by the key.
    fn highest(
        &self,
        words: &Words,
        places: &[usize],
        only: Option<&Vec<i64>>,
        limit: usize,
    ) -> Result<Vec<(i64, f64)>> {
        let terms: Vec<i64> = places.iter().map(|&place| words.terms[place]).collect();
        let weights: Vec<f64> = places.iter().map(|&place| words.weights[place]).collect();
        let filter = match only {
            Some(_) => "WHERE t.key >> 10 = ANY($6)",
            None => "WHERE $6::bigint[] IS NULL",
        };
        let sql = format!(
            "SELECT key, score FROM (
                 SELECT t.key, sum(w.weight * t.count / (t.count + $3 + $4 * t.length)) AS score
                 FROM unnest($1::bigint[], $2::double precision[]) AS w (term, weight) JOIN {} t USING (term) {filter} GROUP BY t.key
             ) AS added
             ORDER BY (score / {SLACK:e}::double precision)::bigint DESC, key LIMIT $5",
            self.counted.tables().terms
        );
        let of_no_length = K1 * (1.0 - B);
        let of_a_word = K1 * B / words.mean_length;
        let limit = limit as i64;
        let rows = self.query(
            &sql,
            &[
                (&terms, Type::INT8_ARRAY),
                (&weights, Type::FLOAT8_ARRAY),
                (&of_no_length, Type::FLOAT8),
                (&of_a_word, Type::FLOAT8),
                (&limit, Type::INT8),
                (&only, Type::INT8_ARRAY),
            ],
        )?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// What texts are worth, their words in the order of the question's.
    fn add_up(&self, words: &Words, keys: &[i64]) -> Result<Vec<(VectorKey, f64)>> {
        let sql = format!(
            "SELECT key, term, count, length FROM {} WHERE term = ANY($1) AND key = ANY($2)",
            self.counted.tables().terms
        );
        let rows = self.query(
            &sql,
            &[(&words.terms, Type::INT8_ARRAY), (&keys, Type::INT8_ARRAY)],
        )?;
        let places: HashMap<i64, usize> = words.terms.iter().copied().zip(0..).collect();
        let mut parts: Vec<(i64, usize, f64)> = Vec::with_capacity(rows.len());
        for row in &rows {
            let place = places[&row.get::<_, i64>(1)];
            let (count, length): (i32, i32) = (row.get(2), row.get(3));
            let part = saturation(
                count.cast_unsigned(),
                length.cast_unsigned(),
                words.mean_length,
            );
            parts.push((row.get(0), place, words.weights[place] * part));
        }
        parts.sort_unstable_by_key(|&(key, place, _)| (key, place));
        let of_one = parts.chunk_by(|(one, ..), (other, ..)| one == other);
        Ok(of_one
            .map(|parts| {
                let score = parts.iter().map(|&(.., part)| part).sum();
                (VectorKey(parts[0].0), score)
            })
            .collect())
    }
}

fn keys_of(found: &[(i64, f64)]) -> Vec<i64> {
    found.iter().map(|&(key, _)| key).collect()
}
