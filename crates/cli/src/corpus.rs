//! Files of labelled pairs, and the vectors of their texts.

use std::path::PathBuf;

use anyhow::bail;
use yuyi::Model;
use yuyi_tasks::corpus::Corpus;

use crate::args::{FaqSearchArgs, MeasureArgs};
use crate::input::{self, FaqFile, FaqLayout, Format, LabelledPairs, Layout, Questions, Scale};
use crate::progress::Progress;
use crate::terminal::remark;

/// Texts that are computed together, and between two steps of the progress bar.
const BATCH: usize = 512;

/// Reads files of labelled pairs, and says how labels were mapped.
///
/// # Errors
/// As [`LabelledPairs::read`]; or when a file is named twice, whose pairs would count twice.
pub fn read_corpus(
    paths: &[PathBuf],
    format: Option<Format>,
    scale: Option<Scale>,
    layout: &Layout,
) -> anyhow::Result<Corpus> {
    let mut corpus = Corpus::default();
    for (i, path) in paths.iter().enumerate() {
        if paths[..i].contains(path) {
            bail!("{} is named twice.", path.display());
        }
        let input = input::open(path, format, Format::Tsv)?;
        let read = LabelledPairs::read(input, scale, layout)?;
        if let Some(told) = read.scale_remark() {
            remark!("{told}");
        }
        read.add_to(&mut corpus);
    }
    Ok(corpus)
}

/// Reads the FAQ and the questions that are put to it, if there are any.
///
/// # Errors
/// When a file cannot be read, or a label names no entry.
pub fn read_search(
    args: &FaqSearchArgs,
    measure: &MeasureArgs,
) -> anyhow::Result<Option<(FaqFile, Questions)>> {
    // clap asks for both or none.
    let (Some(faq), Some(questions)) = (&args.faq, &args.questions) else {
        return Ok(None);
    };
    let layout = FaqLayout {
        faq: args.faq_columns.clone(),
        questions: args.questions_columns.clone(),
        no_header: measure.layout.no_header,
    };
    let open = |path| input::open(path, measure.format, Format::Tsv);
    let faq = FaqFile::of(open(faq)?, &layout)?;
    let questions = Questions::of(open(questions)?, &faq, &layout)?;
    Ok(Some((faq, questions)))
}

/// Vectors of texts, in order.
pub struct Vectors {
    /// The unit vectors.
    pub all: yuyi::Vectors,
    /// How many texts were cut.
    pub truncated: usize,
}

impl Vectors {
    /// Computes them, with a progress bar.
    pub fn compute(model: &Model, texts: &[String]) -> anyhow::Result<Self> {
        let progress = Progress::of_items(texts.len());
        let mut vectors = Self {
            all: yuyi::Vectors::with_capacity(model.facts().dimension, texts.len()),
            truncated: 0,
        };
        for batch in texts.chunks(BATCH) {
            for encoded in model.embed(batch)? {
                vectors.truncated += usize::from(encoded.truncated);
                vectors.all.push(&encoded.vector);
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
    use yuyi_tasks::corpus::LabelKinds;

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
        let corpus = read_corpus(&paths, None, None, &Layout::default()).unwrap();
        assert_eq!(corpus.texts(), ["一", "二", "三"]);
        let places: Vec<(usize, usize)> = corpus.pairs().iter().map(|p| (p.a, p.b)).collect();
        assert_eq!(places, [(0, 1), (1, 0), (1, 2), (2, 2)]);
        assert_eq!(corpus.labels(), [1.0, 0.0, 1.0, 0.0]);
        assert!(corpus.origin(3).ends_with("b.tsv:2"));
        assert_eq!(corpus.set(), "a.tsv, b.tsv");
        assert_eq!(corpus.kinds(), LabelKinds::YesNo);
        let twice = [paths[0].clone(), paths[0].clone()];
        assert!(
            read_corpus(&twice, None, None, &Layout::default())
                .unwrap_err()
                .to_string()
                .contains("named twice")
        );
    }
}
