//! From scores to a ranking.

use serde::Serialize;
use yuyi::{Remote, is_remote, resolve};
use yuyi_models::{KnownModel, find_known, is_non_commercial, licence_of};
use yuyi_tasks::corpus::Corpus;
use yuyi_tasks::evaluation::{
    FirstStage, PairScores, Quality, RawScale, RerankedQuestion, ScoredPairs, SearchQuality,
    reranked_questions, search_quality,
};
use yuyi_tasks::lexical::Method;
use yuyi_tasks::metrics::{Estimate, Sampling, spearman};

use super::exchange::{Contestant, Costs, Facts, Measured, SearchTask, Searched};
use crate::args::MeasureArgs;
use crate::report::Language;

/// A contestant with everything that is said of it.
#[derive(Serialize)]
pub struct Ranked {
    /// As the user names it.
    pub name: String,
    /// What the report calls it: of a folder the last component, where that is no other's.
    #[serde(skip)]
    pub label: String,
    /// A model, rather than a literal method.
    pub is_model: bool,
    /// A model that computes elsewhere.
    pub is_remote: bool,
    /// The mean of word vectors, which are between the two.
    #[serde(skip)]
    pub is_word_vectors: bool,
    /// Why it could not be measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What was measured.
    #[serde(flatten)]
    pub measured: Option<Standing>,
    /// SPDX identifier of the licence, where it is known.
    pub licence: Option<String>,
    /// That licence, or what is known of the model, forbids commercial use.
    pub non_commercial: bool,
    /// What it suits, in Chinese and English, where it is known.
    #[serde(skip)]
    pub suited_for: Option<(&'static str, &'static str)>,
}

impl Ranked {
    /// What to say where texts were cut.
    pub fn truncation(&self, language: Language) -> Option<String> {
        let truncated = self.measured.as_ref()?.truncated;
        let name = &self.label;
        (truncated > 0).then(|| {
            language.pick(
                format!("{name}：有 {truncated} 条文本超出长度上限，超出部分没有读。"),
                format!("{name}: {truncated} of the texts are longer than it reads and were cut."),
            )
        })
    }
}

/// How good it is, and what it costs.
#[derive(Serialize)]
pub struct Standing {
    /// On all pairs.
    pub quality: Quality,
    /// Similarity of the threshold of the best F1.
    pub best_similarity: Option<f64>,
    /// Spearman above that of the best contestant (at most 0), over the same samples; absent of the best itself.
    pub spearman_above_best: Option<Estimate>,
    /// Spearman on each file, in their order.
    pub spearman_by_file: Vec<Option<f64>>,
    /// Facts of a model.
    pub model: Option<Facts>,
    /// What it takes.
    #[serde(flatten)]
    pub costs: Costs,
    /// Texts that were cut.
    pub truncated: usize,
    /// Similarity of each of the examples of the report.
    pub examples: Vec<f64>,
    /// How well questions find their entries in a FAQ, where there are some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retrieval: Option<Retrieval>,
}

/// How well questions find their entries.
#[derive(Serialize)]
pub struct Retrieval {
    /// The model that found the entries which a reranker ordered; absent of a model that finds them itself.
    pub first_stage: Option<String>,
    /// The metrics; thresholds of a reranker are in the sigmoid of its logit.
    #[serde(flatten)]
    pub quality: SearchQuality,
    /// Seconds for a thousand pairs of a question and an entry, of a reranker.
    pub seconds_per_1000_pairs: Option<f64>,
}

impl Retrieval {
    /// What came of a search; `first` is the name of the first stage with what it found.
    fn of(
        searched: Searched,
        task: &SearchTask,
        first: Option<&(String, Vec<FirstStage>)>,
        sampling: Sampling,
    ) -> Option<Self> {
        match (searched, first) {
            (Searched::Found { answers, .. }, _) => Some(Self {
                first_stage: None,
                quality: search_quality(&answers, sampling),
                seconds_per_1000_pairs: None,
            }),
            (
                Searched::Reordered {
                    logits,
                    seconds_per_1000_pairs,
                },
                Some((name, found)),
            ) => {
                let logits = logits.chunks(task.candidates.max(1));
                let questions = task.questions.iter().zip(found).zip(logits);
                let questions: Vec<RerankedQuestion<'_>> = questions
                    .map(|(((_, relevant), found), logits)| RerankedQuestion {
                        found,
                        logits,
                        relevant,
                    })
                    .collect();
                Some(Self {
                    first_stage: Some(name.clone()),
                    quality: reranked_questions(&questions, sampling),
                    seconds_per_1000_pairs,
                })
            }
            (Searched::Reordered { .. }, None) => None,
        }
    }
}

/// What tables tell of how well questions find their entries, beside the name; the metrics are called as [`SearchRow::METRICS`] says.
pub struct SearchRow<'a> {
    /// The first stage of a reranker; a dash for a model.
    pub first_stage: &'a str,
    pub metrics: [&'a Estimate; 4],
    /// Of a reranker, seconds for a thousand pairs.
    pub seconds_per_1000_pairs: Option<f64>,
}

impl SearchRow<'_> {
    pub const METRICS: [&'static str; 4] = ["recall@1", "recall@10", "MRR", "nDCG@10"];
}

impl Standing {
    /// The row of a contestant that was asked.
    pub fn search_row(&self) -> Option<SearchRow<'_>> {
        let retrieval = self.retrieval.as_ref()?;
        let quality = &retrieval.quality;
        Some(SearchRow {
            first_stage: retrieval.first_stage.as_deref().unwrap_or("–"),
            metrics: [
                &quality.recall_at_1,
                &quality.recall_at_10,
                &quality.mrr,
                &quality.ndcg_at_10,
            ],
            seconds_per_1000_pairs: retrieval.seconds_per_1000_pairs,
        })
    }
}

/// The questions to a FAQ that all contestants were asked, with the first stage of the rerankers.
pub struct Asked {
    pub task: SearchTask,
    /// Name of the model, and what it found; absent where none was measured.
    pub first: Option<(String, Vec<FirstStage>)>,
}

/// The contestants by falling Spearman correlation; those that failed come last.
pub fn rank(
    contestants: &[Contestant],
    measured: Vec<anyhow::Result<Measured>>,
    (corpus, asked): (&Corpus, Option<&Asked>),
    args: &MeasureArgs,
) -> Vec<Ranked> {
    let labels = corpus.labels();
    let mut scored = Vec::new();
    let mut failed = Vec::new();
    for (contestant, measured) in contestants.iter().zip(measured) {
        match measured {
            Ok(mut measured) => {
                let pairs = scored_pairs(&measured, &labels, args.same_from);
                let quality = pairs.quality(args.sampling());
                let retrieval = asked
                    .zip(measured.search.take())
                    .and_then(|(asked, searched)| {
                        Retrieval::of(searched, &asked.task, asked.first.as_ref(), args.sampling())
                    });
                scored.push((contestant, (measured, retrieval), pairs, quality));
            }
            Err(error) => failed.push(described(contestant, None, Some(format!("{error:#}")))),
        }
    }
    let spearman = |quality: &Quality| quality.spearman.value.unwrap_or(f64::NEG_INFINITY);
    scored.sort_by(|a, b| spearman(&b.3).total_cmp(&spearman(&a.3)));
    let best = scored.first().map(|(_, _, pairs, _)| pairs);
    let above_best: Vec<Option<Estimate>> = scored
        .iter()
        .enumerate()
        .map(|(i, (_, _, pairs, _))| {
            let best = best.filter(|_| i > 0)?;
            Some(pairs.spearman_above(best, args.sampling()))
        })
        .collect();
    let ranked = scored.into_iter().zip(above_best);
    let ranked = ranked.map(|((contestant, measured, _, quality), above)| {
        let (measured, retrieval) = measured;
        let standing = Standing {
            retrieval,
            ..standing(measured, quality, above, corpus, &labels)
        };
        described(contestant, Some(standing), None)
    });
    labelled(ranked.chain(failed).collect())
}

/// With labels that are short and tell each from the others.
fn labelled(mut all: Vec<Ranked>) -> Vec<Ranked> {
    let short = |ranked: &Ranked| {
        let name = match ranked.is_remote {
            true => without_settings(&ranked.name),
            false => ranked.name.trim_end_matches('/'),
        };
        name.rsplit(['/', '#']).next().unwrap_or(name).to_owned()
    };
    let shorts: Vec<String> = all.iter().map(short).collect();
    for (ranked, short) in all.iter_mut().zip(&shorts) {
        if ranked.is_model && shorts.iter().filter(|other| *other == short).count() == 1 {
            ranked.label.clone_from(short);
        }
    }
    all
}

/// The name of a model that computes elsewhere, up to its settings.
fn without_settings(name: &str) -> &str {
    // An address may have a question mark of its own, before the model.
    let model = name.find('#').unwrap_or_default();
    let settings = name[model..].find('?');
    settings.map_or(name, |at| &name[..model + at])
}

/// What the licence of a model is called that a company is paid for.
pub const COMMERCIAL: &str = "commercial API";

/// What ERNIE's embeddings are for, which the article compares.
const ERNIE: (&str, &str) = ("企业级云服务", "cloud services of companies");

/// What is known of a model that computes elsewhere.
fn remote_facts(name: &str) -> (Option<String>, Option<(&'static str, &'static str)>) {
    let is_commercial = Remote::named(name).is_ok_and(|remote| remote.is_commercial());
    let is_ernie = without_settings(name).eq_ignore_ascii_case("remote:qianfan/embedding-v1");
    (
        is_commercial.then(|| COMMERCIAL.to_owned()),
        is_ernie.then_some(ERNIE),
    )
}

/// The licence of a model on this machine: its folder tells, or the catalogue.
fn licence_here(name: &str) -> Option<String> {
    match resolve(name) {
        Ok(found) => licence_of(&found.name, None, found.folder.path()),
        Err(_) => licence_of(name, None, None),
    }
}

fn scored_pairs(measured: &Measured, labels: &[f64], same_from: f64) -> ScoredPairs {
    let scores = PairScores {
        raw: &measured.raw,
        scale: match &measured.model {
            Some(facts) if facts.is_reranker => RawScale::Logit,
            Some(_) => RawScale::Cosine,
            None => RawScale::Literal,
        },
        similarity: &measured.similarity,
        grade: labels,
    };
    ScoredPairs::new(scores, same_from)
}

fn standing(
    measured: Measured,
    quality: Quality,
    spearman_above_best: Option<Estimate>,
    corpus: &Corpus,
    labels: &[f64],
) -> Standing {
    let by_file = corpus.files().iter().map(|file| {
        let range = file.pairs.clone();
        spearman(&measured.raw[range.clone()], &labels[range])
    });
    // The pair at the threshold has its similarity.
    let at = quality.best.and_then(|best| {
        let mut raw = measured.raw.iter();
        raw.position(|&raw| raw == best.threshold)
    });
    Standing {
        best_similarity: at.map(|at| measured.similarity[at]),
        spearman_above_best,
        spearman_by_file: by_file.collect(),
        quality,
        model: measured.model,
        costs: measured.costs,
        truncated: measured.truncated,
        examples: measured.examples,
        retrieval: None,
    }
}

fn described(contestant: &Contestant, measured: Option<Standing>, error: Option<String>) -> Ranked {
    let is_remote = matches!(contestant, Contestant::Model(name) if is_remote(name));
    let (licence, suited_for) = match contestant {
        Contestant::Model(name) if is_remote => remote_facts(name),
        Contestant::Model(name) => {
            let suited_for = find_known(name).and_then(KnownModel::suited_for);
            (licence_here(name), suited_for)
        }
        Contestant::Method(_) => (None, None),
    };
    let non_commercial = matches!(contestant, Contestant::Model(name) if !is_remote && is_non_commercial(name, licence.as_deref()));
    Ranked {
        name: contestant.name(),
        label: contestant.name(),
        is_model: matches!(contestant, Contestant::Model(_)),
        is_remote,
        is_word_vectors: matches!(contestant, Contestant::Method(arg) if arg.method == Method::Word2vec),
        error,
        measured,
        licence,
        non_commercial,
        suited_for,
    }
}
