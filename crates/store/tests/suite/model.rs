//! A store in plain Rust: a map and loops.

use std::collections::{BTreeMap, HashMap};

use yuyi_kernels::{Kernel, as_cosine, dot};
use yuyi_store::{Filter, Fusion, Hit, VectorItem};

use super::examples::collection;

/// A collection with neither words of its own nor synonyms.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub items: BTreeMap<String, VectorItem>,
}

/// An id with its score.
pub type Scored = (String, f64);

impl Model {
    pub fn upsert(&mut self, batch: &[VectorItem], dimension: usize) {
        for item in batch {
            let mut item = item.clone();
            item.prepare(dimension).unwrap();
            self.items.insert(item.item.id.clone(), item);
        }
    }

    pub fn matching(&self, filter: Option<&Filter>) -> Vec<&VectorItem> {
        let fields = collection("").fields;
        let filter = filter.map(|filter| filter.on(&fields));
        let is_meant = |item: &&VectorItem| {
            let filter = filter.as_ref();
            filter.is_none_or(|filter| filter.matches(&item.item))
        };
        self.items.values().filter(is_meant).collect()
    }

    pub fn delete_matching(&mut self, filter: &Filter) -> u64 {
        let before = self.items.len();
        let fields = collection("").fields;
        let filter = filter.on(&fields);
        self.items.retain(|_, item| !filter.matches(&item.item));
        (before - self.items.len()) as u64
    }

    /// All items that are meant, by the cosine of the nearest text.
    pub fn dense(&self, query: &[f32], filter: Option<&Filter>) -> Vec<Scored> {
        let norm = query
            .iter()
            .map(|x| f64::from(*x) * f64::from(*x))
            .sum::<f64>()
            .sqrt();
        let query: Vec<f32> = query
            .iter()
            .map(|x| (f64::from(*x) / norm) as f32)
            .collect();
        let cosine = |vector: &Vec<f32>| as_cosine(dot(Kernel::of_process(), &query, vector));
        let score = |item: &VectorItem| item.vectors.iter().map(cosine).fold(f64::MIN, f64::max);
        sorted(
            self.matching(filter)
                .into_iter()
                .map(|item| (item.item.id.clone(), score(item))),
        )
    }

    /// All items that are meant and have one of the words, by BM25 (k1 = 1.2, b = 0.75) of the best text.
    pub fn lexical(&self, query: &str, filter: Option<&Filter>) -> Vec<Scored> {
        let texts = self.texts();
        let weights = weights(&texts, query);
        let score_text = |text: &str| bm25(&texts, &weights, &words(text));
        let score = |item: &VectorItem| item.item.texts().map(score_text).fold(0.0, f64::max);
        let scored = self
            .matching(filter)
            .into_iter()
            .map(|item| (item.item.id.clone(), score(item)));
        sorted(scored.filter(|(_, score)| *score > 0.0))
    }

    /// All items that are meant, by both; fewer than the fusion looks at.
    pub fn hybrid(
        &self,
        vector: &[f32],
        query: &str,
        filter: Option<&Filter>,
        fusion: Fusion,
    ) -> Vec<Scored> {
        let (dense, lexical) = (self.dense(vector, filter), self.lexical(query, filter));
        assert!(dense.len() < fusion.depth);
        let texts = self.texts();
        let weights = weights(&texts, query);
        let most: f64 = weights.values().sum();
        let own = bm25(&texts, &weights, &words(query));
        let lexical: HashMap<String, f64> = lexical.into_iter().collect();
        let score = |(id, cosine): &Scored| {
            let by_words = lexical.get(id).map_or(0.0, |bm25| bm25.min(own) / most);
            let by_vectors = ((cosine - fusion.base) / (1.0 - fusion.base)).max(0.0);
            let by_words = (1.0 - fusion.dense_weight) * by_words.powf(fusion.words_power);
            let sum = fusion.dense_weight * by_vectors + by_words;
            (id.clone(), sum.powf(1.0 / fusion.words_power))
        };
        sorted(dense.iter().map(score))
    }

    fn texts(&self) -> Vec<Vec<String>> {
        let texts = self.items.values().flat_map(|item| item.item.texts());
        texts.map(words).collect()
    }
}

/// What each word of a question is worth among texts.
fn weights(texts: &[Vec<String>], query: &str) -> BTreeMap<String, f64> {
    let weight = |word: String| {
        let with = texts.iter().filter(|text| text.contains(&word)).count() as f64;
        let weight = (1.0 + (texts.len() as f64 - with + 0.5) / (with + 0.5)).ln();
        (word, weight)
    };
    words(query).into_iter().map(weight).collect()
}

/// What a text has of words with these weights, among others.
fn bm25(texts: &[Vec<String>], weights: &BTreeMap<String, f64>, text: &[String]) -> f64 {
    let mean = texts.iter().map(Vec::len).sum::<usize>() as f64 / texts.len() as f64;
    let length = text.len() as f64;
    let part = |(word, weight): (&String, &f64)| {
        let count = text.iter().filter(|other| *other == word).count() as f64;
        weight * count / (count + 1.2 * (0.25 + 0.75 * length / mean))
    };
    weights.iter().map(part).sum()
}

fn words(text: &str) -> Vec<String> {
    let text = yuyi_language::folded(text);
    yuyi_language::words(&text)
        .into_iter()
        .map(|word| word.text.to_owned())
        .collect()
}

fn sorted(scored: impl Iterator<Item = Scored>) -> Vec<Scored> {
    let mut scored: Vec<Scored> = scored.collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    scored
}

/// Whether hits are the first `limit` of the model's list. Scores may differ in their last digits, and so may the order of items with equal ones.
pub fn assert_ranked(hits: &[Hit], value: impl Fn(&Hit) -> f64, expected: &[Scored], limit: usize) {
    assert_eq!(hits.len(), expected.len().min(limit), "number of hits");
    let scores: HashMap<&String, f64> = expected.iter().map(|(id, score)| (id, *score)).collect();
    for (hit, (_, score)) in hits.iter().zip(expected) {
        assert!(
            (value(hit) - score).abs() < 1e-9,
            "{} is not {score}",
            value(hit)
        );
        assert!(
            (value(hit) - scores[&hit.item.id]).abs() < 1e-9,
            "score of {}",
            hit.item.id
        );
    }
    for pair in hits.windows(2) {
        let (a, b) = (value(&pair[0]), value(&pair[1]));
        assert!(
            a > b || (a == b && pair[0].item.id < pair[1].item.id),
            "order"
        );
    }
}
