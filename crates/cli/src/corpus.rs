//! Labelled pairs of several files, each text once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::bail;
use yuyi_models::EmbedOptions;

use crate::input::{Format, LabelledPairs, Scale};
use crate::model::Model;
use crate::progress::Progress;

/// Texts that are computed together, and between two steps of the progress bar.
const BATCH: usize = 512;

/// A pair, by the places of its texts.
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
#[derive(Debug)]
pub struct CorpusFile {
    /// As messages name it.
    pub name: String,
    /// Its pairs.
    pub pairs: std::ops::Range<usize>,
    /// The scale of its labels, which became [0, 1].
    pub scale: Scale,
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
#[derive(Debug, Default)]
pub struct Texts {
    /// The texts.
    pub all: Vec<String>,
    places: HashMap<String, usize>,
}

impl Texts {
    /// The place of a text.
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
#[derive(Debug, Default)]
pub struct Corpus {
    /// The files.
    pub files: Vec<CorpusFile>,
    /// The pairs of all files.
    pub pairs: Vec<CorpusPair>,
    /// Their texts.
    pub texts: Texts,
}

impl Corpus {
    /// Reads files of labelled pairs, and says how labels were mapped.
    ///
    /// # Errors
    /// As [`LabelledPairs::read`]; or when a file is named twice, whose pairs would count twice.
    pub fn read(
        paths: &[PathBuf],
        format: Option<Format>,
        scale: Option<Scale>,
    ) -> anyhow::Result<Self> {
        let mut corpus = Self::default();
        for (i, path) in paths.iter().enumerate() {
            if paths[..i].contains(path) {
                bail!("{} is named twice.", path.display());
            }
            let read = LabelledPairs::read(path, format, scale, &[])?;
            read.report_scale();
            corpus.add(&read);
        }
        Ok(corpus)
    }

    /// Labelled pairs that are read already.
    pub fn of(files: &[LabelledPairs]) -> Self {
        let mut corpus = Self::default();
        files.iter().for_each(|file| corpus.add(file));
        corpus
    }

    fn add(&mut self, file: &LabelledPairs) {
        let start = self.pairs.len();
        for pair in &file.pairs {
            self.pairs.push(CorpusPair {
                a: self.texts.place(&pair.sentence_a),
                b: self.texts.place(&pair.sentence_b),
                label: pair.label,
                line: pair.line,
            });
        }
        self.files.push(CorpusFile {
            name: file.file.clone(),
            pairs: start..self.pairs.len(),
            scale: file.scale,
            yes_no: file.is_yes_no(),
        });
    }

    /// What the labels of the files are.
    pub fn kinds(&self) -> LabelKinds {
        LabelKinds::of(self.files.iter().map(|file| file.yes_no))
    }

    /// Labels of all pairs.
    pub fn labels(&self) -> Vec<f64> {
        self.pairs.iter().map(|pair| pair.label).collect()
    }

    /// The names of the files, without the folders, which are nobody else's business.
    pub fn set(&self) -> String {
        let name = |file: &CorpusFile| {
            let name = Path::new(&file.name).file_name();
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

/// Vectors of texts, in order.
pub struct Vectors {
    /// The unit vectors.
    pub all: Vec<Vec<f32>>,
    /// How many texts were cut.
    pub truncated: usize,
}

impl Vectors {
    /// Computes them, with a progress bar.
    pub fn compute(model: &Model, texts: &[String]) -> anyhow::Result<Self> {
        let progress = Progress::of_items(texts.len());
        let mut vectors = Self {
            all: Vec::with_capacity(texts.len()),
            truncated: 0,
        };
        for batch in texts.chunks(BATCH) {
            for encoded in model.embed(batch.to_vec(), &EmbedOptions::default())? {
                vectors.truncated += usize::from(encoded.truncated);
                vectors.all.push(encoded.vector);
            }
            progress.step(batch.len());
        }
        progress.finish();
        Ok(vectors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_there_once() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [
            ("a.tsv", "一\t二\t1\n二\t一\t0\n"),
            ("b.tsv", "二\t三\t5\n三\t三\t0\n"),
        ];
        let paths = paths.map(|(name, text)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        });
        let corpus = Corpus::read(&paths, None, None).unwrap();
        assert_eq!(corpus.texts.all, ["一", "二", "三"]);
        let places: Vec<(usize, usize)> = corpus.pairs.iter().map(|p| (p.a, p.b)).collect();
        assert_eq!(places, [(0, 1), (1, 0), (1, 2), (2, 2)]);
        assert_eq!(corpus.labels(), [1.0, 0.0, 1.0, 0.0]);
        assert!(corpus.origin(3).ends_with("b.tsv:2"));
        assert_eq!(corpus.set(), "a.tsv, b.tsv");
        assert_eq!(corpus.kinds(), LabelKinds::YesNo);
        let twice = [paths[0].clone(), paths[0].clone()];
        assert!(
            Corpus::read(&twice, None, None)
                .unwrap_err()
                .to_string()
                .contains("named twice")
        );
    }
}
