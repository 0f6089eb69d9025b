//! The process that measures one contestant: a task on standard input, a reply on standard output.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use yuyi::{Model, RerankModel};
use yuyi_tasks::corpus::cosines;
use yuyi_tasks::evaluation::{FirstStage, Question, answers};
use yuyi_tasks::faq::FaqIndex;
use yuyi_tasks::lexical::{Baseline, WordVectorsBuilder};
use yuyi_tasks::metrics::quantile;

use super::examples::EXAMPLES;
use super::exchange::{Costs, Facts, Measured, Reply, SearchTask, Searched, Task};
use crate::args::{ContestantArgs, MethodArg, ModelArgs};
use crate::commands::child;
use crate::corpus::Vectors;
use crate::machine::{self, ProcessorTime};
use crate::messages;
use crate::named::load_model;
use crate::reranking::{ManyScores, load_if_reranker, similarity_of};
use crate::terminal;

/// How long single pairs are timed.
const TIMED: Duration = Duration::from_secs(3);
/// Which pairs are timed.
#[derive(Clone, Copy)]
struct Timed {
    /// Pairs before those that are timed.
    warm: usize,
    most: usize,
    least: usize,
}

const MANY: Timed = Timed {
    warm: 3,
    most: 200,
    least: 5,
};

/// Where each text is paid for.
const FEW: Timed = Timed {
    warm: 0,
    most: 5,
    least: 5,
};

/// Measures and answers. What goes wrong is an answer as well.
pub fn run(args: &ContestantArgs) -> anyhow::Result<()> {
    child::end_with_parent();
    let measured = match (&args.model, &args.method) {
        (_, Some(method)) => measure_method(method),
        (Some(model), _) => measure_model(model, args),
        // clap asks for one of them.
        _ => Err(anyhow!("There is nothing to measure.")),
    };
    let reply = match measured {
        Ok(measured) => Reply::Measured(Box::new(measured)),
        Err(error) => Reply::Failed(messages::joined(&crate::chain(&error))),
    };
    let mut out = terminal::stdout();
    serde_json::to_writer(&mut out, &reply)?;
    Ok(out.flush()?)
}

fn read_task() -> anyhow::Result<Task> {
    serde_json::from_reader(io::stdin().lock()).context("The task cannot be read")
}

// --- models --------------------------------------------------------------------------------

fn measure_model(name: &str, args: &ContestantArgs) -> anyhow::Result<Measured> {
    let started = Instant::now();
    if let Some(reranker) = load_if_reranker(name, &args.compute)? {
        return measure_reranker(&reranker, started);
    }
    let model = load_model(&ModelArgs {
        model: name.to_owned(),
        compute: args.compute.clone(),
    })?;
    let sides = EXAMPLES.iter().flat_map(|(a, b, _)| [*a, *b]);
    let encoded = model.embed(&sides.collect::<Vec<_>>())?;
    let load_seconds = started.elapsed().as_secs_f64();
    // Before the pairs are read, which are no part of the model.
    let is_here = model.embedder().computes_here();
    let memory_bytes = machine::memory().1.filter(|_| is_here);
    let examples = encoded.chunks_exact(2);
    let examples = examples.map(|pair| model.score_vectors(&pair[0], &pair[1]).similarity);
    let examples = examples.collect();
    let task = read_task()?;
    let before_work = ProcessorTime::now();
    let timed = if is_here { MANY } else { FEW };
    let pair_seconds = time_pairs(&task, timed, |a, b| {
        model.embed(&[a, b])?;
        Ok(())
    })?;
    let started = Instant::now();
    let vectors = Vectors::compute(&model, &task.texts)?;
    let texts_per_second = task.texts.len() as f64 / started.elapsed().as_secs_f64();
    let cosines = cosines(&vectors.all, task.pairs.iter().copied());
    let seconds_per_1000_pairs = per_1000(&task, started);
    let search = task.search.as_ref().map(|search| searched(&model, search));
    Ok(Measured {
        model: Some(facts(&model)),
        costs: Costs {
            load_seconds,
            memory_bytes,
            pair_seconds,
            texts_per_second,
            seconds_per_1000_pairs,
            waited_share: waited_since(before_work),
        },
        truncated: vectors.truncated,
        similarity: model.calibration().similarities(&cosines),
        raw: cosines,
        examples,
        search: search.transpose()?,
    })
}

/// Seconds for a thousand pairs of a task that was begun then and is done now.
fn per_1000(task: &Task, started: Instant) -> f64 {
    1000.0 * started.elapsed().as_secs_f64() / task.pairs.len().max(1) as f64
}

/// A model that reads both texts of a pair together.
fn measure_reranker(reranker: &RerankModel, started: Instant) -> anyhow::Result<Measured> {
    let said = reranker.score(EXAMPLES.iter().map(|(a, b, _)| (*a, *b)))?;
    let load_seconds = started.elapsed().as_secs_f64();
    // Before the pairs are read, which are no part of the model.
    let memory_bytes = machine::memory().1;
    let task = read_task()?;
    let before_work = ProcessorTime::now();
    let pair_seconds = time_pairs(&task, MANY, |a, b| {
        reranker.score([(a, b)])?;
        Ok(())
    })?;
    let text = |place: usize| task.texts[place].as_str();
    let pairs: Vec<(&str, &str)> = task
        .pairs
        .iter()
        .map(|&(a, b)| (text(a), text(b)))
        .collect();
    let scores = ManyScores::of(reranker, &pairs)?;
    let search = task.search.as_ref().filter(|search| search.found.is_some());
    let search = search.map(|search| reordered(reranker, search));
    let facts = reranker.facts();
    Ok(Measured {
        model: Some(Facts {
            name: facts.name.clone(),
            dimension: facts.dimension,
            precision: facts.precision,
            kernel: facts.kernel,
            calibrated: false,
            is_reranker: true,
        }),
        costs: Costs {
            load_seconds,
            memory_bytes,
            pair_seconds,
            texts_per_second: 2.0 * pairs.len() as f64 / scores.seconds,
            seconds_per_1000_pairs: scores.seconds_per_1000().unwrap_or_default(),
            waited_share: waited_since(before_work),
        },
        truncated: scores.truncated,
        similarity: scores.logits.iter().copied().map(similarity_of).collect(),
        raw: scores.logits,
        search: search.transpose()?,
        examples: said.iter().map(|said| similarity_of(said.logit)).collect(),
    })
}

/// Searches every question among all entries.
fn searched(model: &Model, task: &SearchTask) -> anyhow::Result<Searched> {
    let vectors = Vectors::compute(model, &task.texts)?.all;
    let wordings = |places: &'_ Vec<usize>| -> Vec<&[f32]> {
        places.iter().map(|place| vectors.row(*place)).collect()
    };
    let index = FaqIndex::new(task.entries.iter().map(wordings));
    let questions = task.questions.iter();
    let questions: Vec<Question<'_>> = questions
        .map(|(place, relevant)| Question {
            vector: vectors.row(*place),
            relevant,
        })
        .collect();
    let first = questions.iter();
    let first = first.map(|question| FirstStage::of(&index, question, task.candidates));
    Ok(Searched::Found {
        first: first.collect(),
        answers: answers(&index, &questions, model.calibration()),
    })
}

/// Reads every question with the first entries that were found of it.
fn reordered(reranker: &RerankModel, task: &SearchTask) -> anyhow::Result<Searched> {
    let said = ManyScores::of(reranker, &task.pairs())?;
    Ok(Searched::Reordered {
        seconds_per_1000_pairs: said.seconds_per_1000(),
        logits: said.logits,
    })
}

fn waited_since(earlier: Option<ProcessorTime>) -> Option<f64> {
    ProcessorTime::now()?.waited_share_since(earlier?)
}

fn facts(model: &Model) -> Facts {
    let facts = model.facts();
    Facts {
        name: facts.name.clone(),
        dimension: facts.dimension,
        precision: facts.precision,
        kernel: facts.kernel,
        calibrated: model.calibration().is_fitted(),
        is_reranker: false,
    }
}

// --- literal methods -----------------------------------------------------------------------

fn measure_method(method: &MethodArg) -> anyhow::Result<Measured> {
    let task = read_task()?;
    let (before, _) = machine::memory();
    let started = Instant::now();
    let baseline = baseline(method, &task)?;
    let load_seconds = started.elapsed().as_secs_f64();
    let before_work = ProcessorTime::now();
    let pair_seconds = time_pairs(&task, MANY, |a, b| {
        std::hint::black_box(baseline.score(a, b));
        Ok(())
    })?;
    let started = Instant::now();
    let score = |&(a, b): &(usize, usize)| baseline.score(&task.texts[a], &task.texts[b]);
    let scores: Vec<f64> = task.pairs.iter().map(score).collect();
    let texts_per_second = 2.0 * scores.len() as f64 / started.elapsed().as_secs_f64();
    let seconds_per_1000_pairs = per_1000(&task, started);
    let (after, _) = machine::memory();
    Ok(Measured {
        model: None,
        costs: Costs {
            load_seconds,
            memory_bytes: before.zip(after).map(|(b, a)| a.saturating_sub(b)),
            pair_seconds,
            texts_per_second,
            seconds_per_1000_pairs,
            waited_share: waited_since(before_work),
        },
        truncated: 0,
        similarity: scores.clone(),
        raw: scores,
        examples: EXAMPLES
            .iter()
            .map(|(a, b, _)| baseline.score(a, b))
            .collect(),
        search: None,
    })
}

/// The method, which learns from the texts how common words are. The examples count among them, so that their words are
/// known as well.
fn baseline(method: &MethodArg, task: &Task) -> anyhow::Result<Baseline> {
    let examples = EXAMPLES.iter().flat_map(|(a, b, _)| [*a, *b]);
    let texts = task.texts.iter().map(String::as_str).chain(examples);
    let Some(file) = &method.file else {
        return Baseline::of_texts(method.method, texts).context("The method needs a file.");
    };
    let name = file.display();
    let reader = File::open(file).with_context(|| format!("{name} cannot be read"))?;
    let mut reader = BufReader::new(reader);
    let mut vectors = WordVectorsBuilder::for_texts(texts);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        vectors
            .line(&line)
            .map_err(|what| anyhow!("{name}: {what}"))?;
        line.clear();
    }
    let vectors = vectors.finish().map_err(|what| anyhow!("{name}: {what}"))?;
    if vectors.is_empty() {
        bail!("{name} has none of the words and characters of the pairs.");
    }
    Ok(Baseline::of_vectors(vectors))
}

// --- time ----------------------------------------------------------------------------------

/// Median time of one pair, over pairs from all parts of the task.
fn time_pairs(
    task: &Task,
    Timed { warm, most, least }: Timed,
    mut compare: impl FnMut(&str, &str) -> anyhow::Result<()>,
) -> anyhow::Result<f64> {
    let step = task.pairs.len().div_ceil(most).max(1);
    let spread: Vec<(usize, usize)> = task.pairs.iter().step_by(step).copied().collect();
    let begun = Instant::now();
    let mut seconds = Vec::new();
    for (i, &(a, b)) in spread
        .iter()
        .cycle()
        .take(warm + spread.len().max(least))
        .enumerate()
    {
        if seconds.len() >= least && begun.elapsed() > TIMED {
            break;
        }
        let started = Instant::now();
        compare(&task.texts[a], &task.texts[b])?;
        if i >= warm {
            seconds.push(started.elapsed().as_secs_f64());
        }
    }
    seconds.sort_by(f64::total_cmp);
    Ok(quantile(&seconds, 0.5))
}
