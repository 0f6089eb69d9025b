//! Labelled pairs of several files, each text once.

use std::collections::HashMap;
use std::ops::Range;

use yuyi_kernels::Vectors;

use crate::cosine;

/// Two sentences, and how alike a person found them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelledPair<'a> {
    /// Line of its file, from 1.
    pub line: u64,
    /// First sentence.
    pub sentence_a: &'a str,
    /// Second sentence.
    pub sentence_b: &'a str,
    /// From 0, unlike, to 1, alike.
    pub label: f64,
}

/// A pair of a corpus, by the places of its texts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CorpusPair {
    /// First sentence.
    pub a: usize,
    /// Second sentence.
    pub b: usize,
    /// In [0, 1].
    pub label: f64,
    /// Line of its file.
    pub line: u64,
}

/// A file's share of a corpus.
#[derive(Clone, Debug)]
pub struct CorpusFile {
    /// As messages name it.
    pub name: String,
    /// Places of its pairs among those of the corpus.
    pub pairs: Range<usize>,
    /// Ends of the scale of its labels, which became [0, 1].
    pub scale: [f64; 2],
    /// Every label is 0 or 1.
    pub yes_no: bool,
}

/// What the labels of files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelKinds {
    /// How much alike the texts are.
    Grades,
    /// Each is 0 or 1.
    YesNo,
    /// Each in some files, in others not.
    Both,
}

impl LabelKinds {
    /// Of files of which each is yes or no, or graded.
    pub fn of(mut yes_no: impl Iterator<Item = bool> + Clone) -> Self {
        match (
            yes_no.clone().any(|yes_no| yes_no),
            yes_no.all(|yes_no| yes_no),
        ) {
            (true, true) => Self::YesNo,
            (true, false) => Self::Both,
            (false, _) => Self::Grades,
        }
    }
}

/// Texts of which each is there once.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    all: Vec<String>,
    places: HashMap<String, usize>,
}

impl Texts {
    /// The texts, in the order in which they came first.
    pub fn all(&self) -> &[String] {
        &self.all
    }

    /// The place of a text, which it gets now if it has none.
    pub fn place(&mut self, text: &str) -> usize {
        if let Some(&place) = self.places.get(text) {
            return place;
        }
        let place = self.all.len();
        self.all.push(text.to_owned());
        self.places.insert(text.to_owned(), place);
        place
    }
}

/// Labelled pairs of one or several files.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    files: Vec<CorpusFile>,
    pairs: Vec<CorpusPair>,
    texts: Texts,
}

impl Corpus {
    /// Adds the pairs of a file; the labels were on `scale` before they became what they are.
    pub fn add<'a>(
        &mut self,
        name: &str,
        scale: [f64; 2],
        pairs: impl IntoIterator<Item = LabelledPair<'a>>,
    ) {
        let start = self.pairs.len();
        for pair in pairs {
            self.pairs.push(CorpusPair {
                a: self.texts.place(pair.sentence_a),
                b: self.texts.place(pair.sentence_b),
                label: pair.label,
                line: pair.line,
            });
        }
        let labels = self.pairs[start..].iter().map(|pair| pair.label);
        self.files.push(CorpusFile {
            name: name.to_owned(),
            yes_no: is_yes_no(labels),
            pairs: start..self.pairs.len(),
            scale,
        });
    }

    /// The files, in the order in which they were added.
    pub fn files(&self) -> &[CorpusFile] {
        &self.files
    }

    /// The pairs of all files.
    pub fn pairs(&self) -> &[CorpusPair] {
        &self.pairs
    }

    /// The texts of all pairs, each once; pairs refer to them by place.
    pub fn texts(&self) -> &[String] {
        self.texts.all()
    }

    /// The two sentences of a pair.
    pub fn sentences(&self, pair: usize) -> [&str; 2] {
        let CorpusPair { a, b, .. } = self.pairs[pair];
        [a, b].map(|place| self.texts()[place].as_str())
    }

    /// What the labels of the files are.
    pub fn kinds(&self) -> LabelKinds {
        LabelKinds::of(self.files.iter().map(|file| file.yes_no))
    }

    /// Labels of all pairs.
    pub fn labels(&self) -> Vec<f64> {
        self.pairs.iter().map(|pair| pair.label).collect()
    }

    /// Cosines of all pairs; `vectors` are the unit vectors of the texts, in their order.
    ///
    /// # Panics
    /// When there are fewer vectors than texts.
    pub fn cosines(&self, vectors: &Vectors) -> Vec<f64> {
        cosines(vectors, self.pairs.iter().map(|pair| (pair.a, pair.b)))
    }

    /// The names of the files, without the folders, which are private to the user's machine.
    pub fn set(&self) -> String {
        let name = |file: &CorpusFile| {
            let name = std::path::Path::new(&file.name).file_name();
            name.map_or_else(
                || file.name.clone(),
                |name| name.to_string_lossy().into_owned(),
            )
        };
        let names: Vec<String> = self.files.iter().map(name).collect();
        names.join(", ")
    }

    /// `name:line` of a pair.
    pub fn origin(&self, pair: usize) -> String {
        let file = self.files.iter().find(|file| file.pairs.contains(&pair));
        let name = file.map_or("", |file| file.name.as_str());
        format!("{name}:{}", self.pairs[pair].line)
    }
}

/// Whether every label is 0 or 1: yes or no rather than a grade.
pub fn is_yes_no(mut labels: impl Iterator<Item = f64>) -> bool {
    labels.all(|label| label == 0.0 || label == 1.0)
}

/// Cosines of pairs of unit vectors, named by their rows.
///
/// # Panics
/// When there is no such row.
pub fn cosines(vectors: &Vectors, pairs: impl Iterator<Item = (usize, usize)>) -> Vec<f64> {
    let of_pair = |(a, b)| cosine(vectors.row(a), vectors.row(b));
    pairs.map(of_pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair<'a>(line: u64, a: &'a str, b: &'a str, label: f64) -> LabelledPair<'a> {
        LabelledPair {
            line,
            sentence_a: a,
            sentence_b: b,
            label,
        }
    }

    #[test]
    fn pairs_of_all_files_share_their_texts() {
        let mut corpus = Corpus::default();
        corpus.add("x/a.tsv", [0.0, 1.0], [pair(1, "一", "二", 1.0)]);
        let graded = [pair(1, "二", "三", 0.5), pair(4, "三", "三", 1.0)];
        corpus.add("x/b.tsv", [0.0, 5.0], graded);
        assert_eq!(corpus.texts(), ["一", "二", "三"]);
        assert_eq!(corpus.sentences(1), ["二", "三"]);
        assert_eq!(
            (corpus.origin(0), corpus.origin(2)),
            ("x/a.tsv:1".into(), "x/b.tsv:4".into())
        );
        assert_eq!(corpus.set(), "a.tsv, b.tsv");
        assert_eq!(corpus.kinds(), LabelKinds::Both);
        let vectors = Vectors::from_rows([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]);
        let cosines = corpus.cosines(&vectors);
        assert_eq!(cosines[0], 0.0);
        assert!((cosines[1] - 0.8).abs() < 1e-6 && (cosines[2] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn kinds_of_labels() {
        let of = |yes_no: &[bool]| LabelKinds::of(yes_no.iter().copied());
        assert_eq!(of(&[true, true]), LabelKinds::YesNo);
        assert_eq!(of(&[true, false]), LabelKinds::Both);
        assert_eq!(of(&[false]), LabelKinds::Grades);
    }
}
