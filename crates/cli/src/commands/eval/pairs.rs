//! Scores of labelled pairs, and what is said of them.

use std::ops::Range;
use std::time::Instant;

use serde::Serialize;
use yuyi_tasks::corpus::Corpus;
use yuyi_tasks::evaluation::{PairScores, PairThreshold, Quality, RawScale, RawScore, ScoredPairs};
use yuyi_tasks::metrics::{Bin, RocPoint, Threshold};

use super::Rater;
use crate::args::EvalArgs;
use crate::corpus::Vectors;
use crate::reranking::{ManyScores, similarity_of};

/// What is said of the pairs of a file, or of all files.
#[derive(Serialize)]
pub struct EvaluatedFile {
    /// The file; absent of all files together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Every label is 0 or 1.
    pub yes_no: bool,
    /// The scale of the labels, which became [0, 1].
    pub scale: [f64; 2],
    #[serde(flatten)]
    pub quality: Quality,
    /// The threshold of the best F1.
    pub threshold: Option<PairThreshold>,
    /// Similarity beside grade.
    pub reliability: Vec<Bin>,
}

/// A pair on the wrong side of the threshold.
#[derive(Clone, Serialize)]
pub struct PairError {
    /// Where it stands.
    pub origin: String,
    pub sentence_a: String,
    pub sentence_b: String,
    /// In [0, 1].
    pub similarity: f64,
    /// What the model gives.
    #[serde(flatten)]
    pub raw: RawScore,
    /// In [0, 1].
    pub label: f64,
}

/// What is drawn in the report.
#[derive(Default)]
pub struct Drawn {
    /// Similarity of the pairs that are the same.
    pub same: Vec<f64>,
    /// Similarity of the others.
    pub different: Vec<f64>,
    /// The ROC curve, each point behind its threshold in similarity.
    pub roc: Vec<(f64, RocPoint)>,
    /// What each threshold does, behind it in similarity.
    pub thresholds: Vec<(f64, Threshold)>,
    /// Label and similarity of some pairs.
    pub dots: Vec<(f64, f64)>,
}

/// All of the pairs.
#[derive(Serialize)]
pub struct EvaluatedPairs {
    /// Each file.
    pub files: Vec<EvaluatedFile>,
    /// All of them.
    pub all: EvaluatedFile,
    /// How long a thousand pairs took, in seconds.
    pub seconds_per_1000_pairs: f64,
    /// Different pairs of high similarity, the worst first.
    pub false_positives: Vec<PairError>,
    /// Same pairs of low similarity, the worst first.
    pub false_negatives: Vec<PairError>,
    /// For the report.
    #[serde(skip)]
    pub drawn: Drawn,
}

/// Scores of all pairs.
struct Scores {
    raw: Vec<f64>,
    scale: RawScale,
    similarity: Vec<f64>,
    label: Vec<f64>,
    /// How long they took.
    seconds: f64,
}

impl Scores {
    /// Those of a part of the pairs.
    fn part(&self, range: Range<usize>) -> PairScores<'_> {
        PairScores {
            raw: &self.raw[range.clone()],
            scale: self.scale,
            similarity: &self.similarity[range.clone()],
            grade: &self.label[range],
        }
    }
}

/// Most dots of the plot of similarity over label; more would only be a bigger file.
const MOST_DOTS: usize = 1500;

impl EvaluatedPairs {
    /// Scores and measures; also says how many texts were cut.
    pub fn of(args: &EvalArgs, corpus: &Corpus, rater: &Rater) -> anyhow::Result<(Self, usize)> {
        match rater {
            Rater::Model(model) => {
                let calibration = model.calibration();
                let started = Instant::now();
                let vectors = Vectors::compute(model, corpus.texts())?;
                let raw = corpus.cosines(&vectors.all);
                let scores = Scores {
                    seconds: started.elapsed().as_secs_f64(),
                    similarity: calibration.similarities(&raw),
                    scale: RawScale::Cosine,
                    raw,
                    label: corpus.labels(),
                };
                let similarity = |cosine| calibration.similarity(cosine);
                Ok((
                    measure(args, corpus, similarity, &scores),
                    vectors.truncated,
                ))
            }
            Rater::Reranker(reranker) => {
                let pairs = (0..corpus.pairs().len()).map(|i| corpus.sentences(i).into());
                let pairs: Vec<(&str, &str)> = pairs.collect();
                let said = ManyScores::of(reranker, &pairs)?;
                let scores = Scores {
                    seconds: said.seconds,
                    similarity: said.logits.iter().copied().map(similarity_of).collect(),
                    scale: RawScale::Logit,
                    raw: said.logits,
                    label: corpus.labels(),
                };
                Ok((
                    measure(args, corpus, similarity_of, &scores),
                    said.truncated,
                ))
            }
        }
    }
}

fn measure(
    args: &EvalArgs,
    corpus: &Corpus,
    similarity: impl Fn(f64) -> f64,
    scores: &Scores,
) -> EvaluatedPairs {
    let sampling = args.measure.sampling();
    let same_from = args.measure.same_from;
    let evaluated = |range: Range<usize>| {
        let scored = ScoredPairs::new(scores.part(range), same_from);
        let quality = scored.quality(sampling);
        let file = EvaluatedFile {
            file: None,
            yes_no: true,
            scale: [0.0, 1.0],
            threshold: quality.threshold(&similarity),
            reliability: scored.reliability.bins(&vec![1; quality.pairs]).to_vec(),
            quality,
        };
        (file, scored)
    };
    let files = corpus.files().iter().map(|file| EvaluatedFile {
        file: Some(file.name.clone()),
        yes_no: file.yes_no,
        scale: file.scale,
        ..evaluated(file.pairs.clone()).0
    });
    let files: Vec<EvaluatedFile> = files.collect();
    let (mut all, scored) = evaluated(0..corpus.pairs().len());
    all.yes_no = files.iter().all(|file| file.yes_no);
    let is_error = |same: bool| errors(args, corpus, scores, &all, same);
    EvaluatedPairs {
        false_positives: is_error(false),
        false_negatives: is_error(true),
        drawn: drawn(&scored, &similarity, scores, same_from),
        seconds_per_1000_pairs: 1000.0 * scores.seconds / scores.raw.len().max(1) as f64,
        files,
        all,
    }
}

/// The pairs on the wrong side of the threshold: those of too high a similarity, or of too low a one.
fn errors(
    args: &EvalArgs,
    corpus: &Corpus,
    scores: &Scores,
    all: &EvaluatedFile,
    same: bool,
) -> Vec<PairError> {
    let Some(threshold) = all.threshold else {
        return Vec::new();
    };
    let all = scores.part(0..corpus.pairs().len());
    let wrong = all.misjudged(threshold.raw.value(), args.measure.same_from, same);
    let error = |i: usize| {
        let [sentence_a, sentence_b] = corpus.sentences(i).map(str::to_owned);
        PairError {
            origin: corpus.origin(i),
            sentence_a,
            sentence_b,
            similarity: scores.similarity[i],
            raw: RawScore::of(scores.scale, scores.raw[i]),
            label: scores.label[i],
        }
    };
    wrong.into_iter().take(args.errors).map(error).collect()
}

fn drawn(
    scored: &ScoredPairs,
    similarity_of: &impl Fn(f64) -> f64,
    scores: &Scores,
    same_from: f64,
) -> Drawn {
    let all = scored.all();
    let of = |same: bool| {
        let both = scores.similarity.iter().zip(&scores.label);
        let chosen = both.filter(|&(_, &label)| (label >= same_from) == same);
        chosen.map(|(&similarity, _)| similarity).collect()
    };
    let thresholds = scored.ranking.thresholds(&all).unwrap_or_default();
    let roc = scored.ranking.roc(&all).unwrap_or_default();
    // The first point of the ROC curve accepts nothing.
    let similarity = |raw: f64| match raw.is_finite() {
        true => similarity_of(raw),
        false => raw,
    };
    let step = scores.label.len().div_ceil(MOST_DOTS).max(1);
    let dots = scores.label.iter().zip(&scores.similarity).step_by(step);
    Drawn {
        same: of(true),
        different: of(false),
        roc: roc
            .into_iter()
            .map(|point| (similarity(point.threshold), point))
            .collect(),
        thresholds: thresholds
            .into_iter()
            .map(|point| (similarity(point.threshold), point))
            .collect(),
        dots: dots
            .map(|(&label, &similarity)| (label, similarity))
            .collect(),
    }
}
