//! The process that measures one contestant: a task on standard input, a reply on standard output.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use yuyi::Model;
use yuyi_tasks::corpus::cosines;
use yuyi_tasks::lexical::{Baseline, WordVectorsBuilder};
use yuyi_tasks::metrics::quantile;

use super::examples::EXAMPLES;
use super::exchange::{Costs, Facts, Measured, Reply, Task};
use crate::args::{ContestantArgs, MethodArg, ModelArgs};
use crate::commands::child;
use crate::corpus::Vectors;
use crate::machine::{self, ProcessorTime};
use crate::messages;
use crate::named::load_model;
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
    Ok(Measured {
        model: Some(facts(&model)),
        costs: Costs {
            load_seconds,
            memory_bytes,
            pair_seconds,
            texts_per_second,
            waited_share: waited_since(before_work),
        },
        truncated: vectors.truncated,
        similarity: model.calibration().similarities(&cosines),
        raw: cosines,
        examples,
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
    let (after, _) = machine::memory();
    Ok(Measured {
        model: None,
        costs: Costs {
            load_seconds,
            memory_bytes: before.zip(after).map(|(b, a)| a.saturating_sub(b)),
            pair_seconds,
            texts_per_second,
            waited_share: waited_since(before_work),
        },
        truncated: 0,
        similarity: scores.clone(),
        raw: scores,
        examples: EXAMPLES
            .iter()
            .map(|(a, b, _)| baseline.score(a, b))
            .collect(),
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
