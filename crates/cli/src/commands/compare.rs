//! `yuyi compare`: models and literal methods side by side on the user's pairs.
//!
//! Each is measured in a process of its own: memory that one has left behind would be counted with the next. One that fails does
//! not sink the others; what is not there at all is refused before anything is measured.

pub mod contestant;
mod examples;
mod exchange;
mod ranked;
mod report;
mod table;

use std::fs::File;
use std::io::Write;

use anyhow::{Context, bail};
use serde::Serialize;
use yuyi::{Found, OpenOptions, usable_cores};
use yuyi_tasks::corpus::{Corpus, LabelKinds};

use self::exchange::{Contestant, Measured, SearchTask, Searched};
use self::ranked::{Asked, Ranked, Standing};
pub use self::table::significant;
use super::remarks::Findings;
use crate::args::{CompareArgs, FaqSearchArgs, MeasureArgs, MethodArg};
use crate::corpus::{read_corpus, read_search};
use crate::input::{FaqFile, Questions};
use crate::machine;
use crate::messages;
use crate::misuse::Misuse;
use crate::named::find_model;
use crate::output::partial::PartialFile;
use crate::report::Language;
use crate::terminal::{self, remark};

/// Everything that was found out.
#[derive(Serialize)]
pub(super) struct Comparison {
    /// The processor, as it calls itself.
    cpu: String,
    /// Physical cores that this process may use.
    cores: usize,
    /// Files of pairs.
    files: Vec<String>,
    /// Pairs of all files.
    pairs: usize,
    /// How many of them count as the same.
    same: usize,
    /// Least label of such a pair.
    same_from: f64,
    /// Every label is 0 or 1.
    yes_no: bool,
    /// What the labels of the files are.
    #[serde(skip)]
    kinds: LabelKinds,
    /// Bootstrap samples.
    rounds: usize,
    /// The contestants, the best first; those that failed come last.
    results: Vec<Ranked>,
    /// What a reader should know before believing the numbers.
    remarks: Vec<String>,
    /// The questions to a FAQ, where there are some.
    #[serde(skip_serializing_if = "Option::is_none")]
    search: Option<SearchFiles>,
}

/// Questions that are put to a FAQ.
#[derive(Serialize)]
pub(super) struct SearchFiles {
    faq: String,
    /// Its entries.
    entries: usize,
    questions: String,
    /// Questions of the file.
    asked: usize,
    /// Entries of each question that a reranker orders.
    candidates: usize,
}

/// Measures each, compares and reports.
pub fn run(args: &CompareArgs) -> anyhow::Result<()> {
    let contestants = contestants(args)?;
    let options = args.compute.options();
    contestants
        .iter()
        .try_for_each(|contestant| check(contestant, &options))?;
    let vectors = args.methods.iter();
    let vectors = vectors.filter_map(|method| method.file.as_ref());
    let file = args.report.report.clone();
    let FaqSearchArgs { faq, questions, .. } = &args.search;
    let inputs = args.files.iter().chain(vectors).chain(faq).chain(questions);
    let file = file.map(|path| PartialFile::beside(path, inputs));
    let file = file.transpose()?;
    let measure = &args.measure;
    let corpus = read_corpus(
        &args.files,
        measure.format,
        measure.scale,
        &measure.layout.layout(),
    )?;
    let read = read_search(&args.search, measure)?;
    let (measured, asked) = measure_all(args, &contestants, &corpus, read.as_ref())?;
    let data = (&corpus, asked.as_ref());
    let results = ranked::rank(&contestants, measured, data, measure);
    let comparison = Comparison {
        search: read.map(|(faq, questions)| SearchFiles {
            faq: faq.name,
            entries: faq.faq.entries().len(),
            questions: questions.file,
            asked: questions.questions.len(),
            candidates: asked.map_or(0, |asked| asked.task.candidates),
        }),
        ..Comparison::of(&corpus, results, measure)
    };
    write(args, &comparison, file)?;
    let results = comparison.results.iter();
    let failed = results.filter(|ranked| ranked.error.is_some()).count();
    if failed > 0 {
        bail!("{failed} of {} could not be measured", contestants.len());
    }
    Ok(())
}

/// Measures each contestant: rerankers last, since they order what the first model of vectors has found.
fn measure_all(
    args: &CompareArgs,
    contestants: &[Contestant],
    corpus: &Corpus,
    read: Option<&(FaqFile, Questions)>,
) -> anyhow::Result<(Vec<anyhow::Result<Measured>>, Option<Asked>)> {
    let candidates = args.search.candidates as usize;
    let mut asked = read.map(|(faq, questions)| Asked {
        task: SearchTask::of(faq, questions, candidates),
        first: None,
    });
    let mut order: Vec<(bool, usize)> = Vec::with_capacity(contestants.len());
    for (place, contestant) in contestants.iter().enumerate() {
        order.push((is_reranker(contestant)?, place));
    }
    order.sort_unstable();
    let mut measured: Vec<Option<anyhow::Result<Measured>>> = Vec::new();
    measured.resize_with(contestants.len(), || None);
    for (is_reranker, place) in order {
        let contestant = &contestants[place];
        remark!("measuring {}", contestant.name());
        let search = asked.as_ref().map(|asked| SearchTask {
            found: match &asked.first {
                Some((_, found)) if is_reranker => Some(found.clone()),
                _ => None,
            },
            ..asked.task.clone()
        });
        let task = exchange::Task::of(corpus, search);
        let result = exchange::measure_apart(contestant, &args.compute, &task);
        if let (Some(asked), Ok(measured)) = (&mut asked, &result)
            && let Some(Searched::Found { first, .. }) = &measured.search
            && asked.first.is_none()
        {
            asked.first = Some((contestant.name(), first.clone()));
        }
        measured[place] = Some(result);
    }
    // Every place was in the order.
    Ok((measured.into_iter().flatten().collect(), asked))
}

/// Whether a contestant reads the two texts of a pair together.
fn is_reranker(contestant: &Contestant) -> anyhow::Result<bool> {
    match contestant {
        Contestant::Model(name) => crate::reranking::is_reranker(&find_model(name)?, name),
        Contestant::Method(_) => Ok(false),
    }
}

impl Comparison {
    /// Of contestants that were measured, the best first.
    fn of(corpus: &Corpus, results: Vec<Ranked>, measure: &MeasureArgs) -> Self {
        let same = |label: &&f64| **label >= measure.same_from;
        let names = corpus.files().iter().map(|file| file.name.clone());
        let mut comparison = Self {
            cpu: machine::processor(),
            cores: usable_cores(),
            files: names.collect(),
            pairs: corpus.pairs().len(),
            same: corpus.labels().iter().filter(same).count(),
            same_from: measure.same_from,
            yes_no: corpus.kinds() == LabelKinds::YesNo,
            kinds: corpus.kinds(),
            rounds: measure.sampling().rounds,
            results,
            remarks: Vec::new(),
            search: None,
        };
        comparison.remarks = comparison.remarks(Language::En);
        comparison
    }

    /// The contestants that were measured.
    fn measured(&self) -> impl Iterator<Item = &Standing> {
        self.results.iter().filter_map(|r| r.measured.as_ref())
    }

    /// Whether a literal method is among the contestants.
    fn has_methods(&self) -> bool {
        self.results.iter().any(|ranked| !ranked.is_model)
    }

    /// What a reader should know before believing the numbers.
    fn remarks(&self, language: Language) -> Vec<String> {
        let models = || self.measured().filter(|standing| standing.model.is_some());
        let calibrated = models().filter(|s| s.model.as_ref().is_some_and(|m| m.calibrated));
        let errors = calibrated.filter_map(|standing| standing.quality.ece.value);
        let findings = Findings {
            pairs: self.pairs,
            same: self.same,
            same_from: self.same_from,
            kinds: self.kinds,
            spearman: models()
                .filter_map(|standing| standing.quality.spearman.value)
                .reduce(f64::min),
            calibrated_ece: errors.reduce(f64::max),
        };
        let cut = self.results.iter();
        let cut = cut.filter_map(|ranked| ranked.truncation(language));
        let shares = self
            .measured()
            .filter_map(|standing| standing.costs.waited_share);
        let busy = machine::is_disturbed(shares).then(|| {
            language.pick(
                "测量时这台机器还在忙别的（或处理器时间受限、线程多于处理器），耗时因此偏长。空闲时请再测一次。",
                "Other work on this machine (or a limit of processor time, or more threads than processors) made these times longer. Measure again when nothing else runs.",
            ).to_owned()
        });
        let remarks = findings.remarks(language).into_iter().chain(cut);
        remarks.chain(busy).collect()
    }
}

fn contestants(args: &CompareArgs) -> anyhow::Result<Vec<Contestant>> {
    let models = args.models.iter().cloned().map(Contestant::Model);
    let methods = args.all_methods().into_iter().map(Contestant::Method);
    let all: Vec<Contestant> = models.chain(methods).collect();
    for (i, contestant) in all.iter().enumerate() {
        if all[..i].contains(contestant) {
            bail!(Misuse(format!("{} is named twice.", contestant.name())));
        }
    }
    Ok(all)
}

/// Refuses what nobody has, before minutes go into the others.
fn check(contestant: &Contestant, options: &OpenOptions) -> anyhow::Result<()> {
    match contestant {
        Contestant::Model(name) => {
            if let Found::Elsewhere(remote) = find_model(name)? {
                remote.check(&options.remote)?;
            }
        }
        Contestant::Method(MethodArg {
            file: Some(file), ..
        }) => {
            File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
        }
        Contestant::Method(_) => {}
    }
    Ok(())
}

fn write(
    args: &CompareArgs,
    comparison: &Comparison,
    file: Option<PartialFile>,
) -> anyhow::Result<()> {
    if let Some(file) = file {
        let language = Language::of_reports();
        report::report(language, comparison).write(file)?;
    }
    let mut out = terminal::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(comparison)?)?;
    } else {
        out.write_all(messages::text(&table::table(comparison)).as_bytes())?;
    }
    Ok(())
}
