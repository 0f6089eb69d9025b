//! `yuyi bench`: speed and memory of a model on the user's machine.
//!
//! Inputs are token ids, so a length is exact and the tokenizer, whose share is small, does not count. Each of several
//! number formats gets a process of its own: memory that one has left behind would be counted with the next.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use yuyi::{Found, KernelPath, Precision, Resolved, usable_cores};
use yuyi_encoder::{Encoder, LoadOptions};
use yuyi_tasks::metrics::quantile;

use super::child;
use crate::args::BenchArgs;
use crate::machine::{self, ProcessorTime};
use crate::messages;
use crate::misuse::Misuse;
use crate::model::{tell_remarks, unloadable};
use crate::named::find_model;
use crate::terminal::{self, remark};

/// Token counts of single texts.
const LENGTHS: [usize; 4] = [16, 32, 128, 512];

/// Token counts of twenty texts: most are short, a few are long, the mean is 27. They are quantiles of a log-normal
/// distribution around 20, in no order.
const MIXED: [usize; 20] = [
    21, 9, 42, 14, 6, 29, 17, 96, 11, 23, 63, 8, 19, 37, 12, 26, 6, 50, 15, 32,
];

/// How long and how often each workload runs.
struct Effort {
    warm: usize,
    least: usize,
    most: usize,
    budget: Duration,
    mixed_texts: usize,
}

impl Effort {
    fn of(quick: bool) -> Self {
        if quick {
            Self {
                warm: 1,
                least: 3,
                most: 20,
                budget: Duration::from_millis(200),
                mixed_texts: 100,
            }
        } else {
            Self {
                warm: 3,
                least: 3,
                most: 200,
                budget: Duration::from_secs(4),
                mixed_texts: 1000,
            }
        }
    }
}

/// Everything that is reported.
#[derive(Debug, Serialize, Deserialize)]
struct Report {
    version: String,
    model: String,
    /// The processor, as it calls itself.
    cpu: String,
    /// Physical cores that this process may use.
    cores: usize,
    kernel: KernelPath,
    threads: usize,
    results: Vec<Measured>,
}

/// What was measured of one number format.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    precision: Precision,
    /// From nothing to the first vector.
    load_seconds: f64,
    /// Resident memory after all workloads, and the most there was. Absent where the system does not tell.
    rss_bytes: Option<u64>,
    peak_rss_bytes: Option<u64>,
    /// Of the time in which its threads could have run, the share in which they waited for a processor. Absent where the
    /// system does not tell.
    waited_share: Option<f64>,
    workloads: Vec<Workload>,
}

/// Times of the same inputs, run after run.
#[derive(Debug, Serialize, Deserialize)]
struct Workload {
    name: String,
    texts: usize,
    tokens: usize,
    runs: usize,
    median_seconds: f64,
    /// A tenth of the runs took less.
    p10_seconds: f64,
    /// A tenth of the runs took more.
    p90_seconds: f64,
}

/// Measures and writes a table or JSON.
pub fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let model = find_model(&args.model)?;
    tell_remarks(&model).with_context(|| unloadable(&args.model))?;
    let model = on_this_machine(model)?;
    let (report, failed) = match &args.precisions()[..] {
        [] | [_] => (measure(args, model)?, None),
        several => measure_each(args, several)?,
    };
    let mut out = terminal::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        out.write_all(messages::text(&table(&report)).as_bytes())?;
    }
    failed.map_or(Ok(()), Err)
}

/// Measures one number format and writes JSON. What there is to say of the model and the machine has been said.
pub fn run_part(args: &BenchArgs) -> anyhow::Result<()> {
    child::end_with_parent();
    let report = measure(args, on_this_machine(find_model(&args.model)?)?)?;
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

/// The model, unless it computes elsewhere.
fn on_this_machine(found: Found) -> anyhow::Result<Resolved> {
    match found {
        Found::Here(model) => Ok(model),
        Found::Elsewhere(remote) => bail!(Misuse(format!(
            "{} does not compute on this machine, which is what `bench` measures; `compare` measures both.",
            remote.name()
        ))),
    }
}

/// One process after the other. What was measured before one fails is still worth showing.
fn measure_each(
    args: &BenchArgs,
    precisions: &[Precision],
) -> anyhow::Result<(Report, Option<anyhow::Error>)> {
    let mut all: Option<Report> = None;
    for &precision in precisions {
        remark!("measuring {}", precision.name());
        match (report_of(args, precision), &mut all) {
            (Ok(report), None) => all = Some(report),
            (Ok(report), Some(all)) => all.results.extend(report.results),
            (Err(error), None) => return Err(error),
            (Err(error), Some(_)) => return Ok((all.context("no report")?, Some(error))),
        }
    }
    Ok((all.context("no precision was named")?, None))
}

/// The report of a process that measures one number format.
fn report_of(args: &BenchArgs, precision: Precision) -> anyhow::Result<Report> {
    let threads = args.threads.map(usize::from);
    let mut command = child::command("bench-part", Some(precision), threads)?;
    command.arg(format!("--model={}", args.model));
    if args.quick {
        command.arg("--quick");
    }
    let output = command.output()?;
    if !output.status.success() {
        bail!("{} could not be measured", precision.name());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Measures the number format that was asked for, or the model's own.
fn measure(args: &BenchArgs, model: Resolved) -> anyhow::Result<Report> {
    let options = LoadOptions {
        precision: args.precisions().first().copied(),
        threads: args.threads.map(usize::from),
        defaults: model.defaults,
        ..LoadOptions::default()
    };
    let started = Instant::now();
    let encoder =
        Encoder::load(&model.folder, &options).with_context(|| unloadable(&args.model))?;
    let first = texts(&encoder, &[LENGTHS[0].min(encoder.spec().max_tokens)]);
    encode(&encoder, &first)?;
    let load_seconds = started.elapsed().as_secs_f64();
    let effort = Effort::of(args.quick);
    let before = ProcessorTime::now();
    let workloads = workloads(encoder.spec().max_tokens, effort.mixed_texts)
        .into_iter()
        .map(|(name, lengths)| time(&encoder, name, &texts(&encoder, &lengths), &effort))
        .collect::<anyhow::Result<_>>()?;
    let waited = |before| ProcessorTime::now()?.waited_share_since(before);
    let waited_share = before.and_then(waited);
    let (rss_bytes, peak_rss_bytes) = machine::memory();
    let measured = Measured {
        precision: encoder.precision(),
        load_seconds,
        rss_bytes,
        peak_rss_bytes,
        waited_share,
        workloads,
    };
    Ok(Report {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model: model.name,
        cpu: machine::processor(),
        cores: usable_cores(),
        kernel: encoder.kernel(),
        threads: encoder.threads(),
        results: vec![measured],
    })
}

/// Names and token counts, as far as the model reads that many tokens.
fn workloads(max_tokens: usize, mixed_texts: usize) -> Vec<(String, Vec<usize>)> {
    let mut all: Vec<(String, Vec<usize>)> =
        LENGTHS.map(|n| (format!("{n} tokens"), vec![n])).into();
    all.push(("pair of 16".to_owned(), vec![16; 2]));
    all.push(("32 texts of 32".to_owned(), vec![32; 32]));
    all.retain(|(_, lengths)| lengths[0] <= max_tokens);
    let mixed = MIXED.iter().map(|&n| n.min(max_tokens)).cycle();
    all.push((
        format!("{mixed_texts} mixed texts"),
        mixed.take(mixed_texts).collect(),
    ));
    all
}

/// Ids from all over the vocabulary, always the same.
fn texts(encoder: &Encoder, lengths: &[usize]) -> Vec<Vec<u32>> {
    let vocabulary = encoder.spec().config.vocab_size as u64;
    // Knuth's multiplicative hashing.
    let mut ids = (1u64..).map(|i| (((i * 2_654_435_761) >> 8) % vocabulary) as u32);
    lengths
        .iter()
        .map(|&n| ids.by_ref().take(n).collect())
        .collect()
}

fn encode(encoder: &Encoder, texts: &[Vec<u32>]) -> anyhow::Result<()> {
    let ids: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
    encoder.encode_ids(&ids)?;
    Ok(())
}

fn time(
    encoder: &Encoder,
    name: String,
    texts: &[Vec<u32>],
    effort: &Effort,
) -> anyhow::Result<Workload> {
    let begun = Instant::now();
    for _ in 0..effort.warm {
        // Long work is warm after one run.
        if begun.elapsed() < effort.budget / 4 {
            encode(encoder, texts)?;
        }
    }
    let begun = Instant::now();
    let mut seconds = Vec::new();
    while seconds.len() < effort.least
        || (seconds.len() < effort.most && begun.elapsed() < effort.budget)
    {
        let started = Instant::now();
        encode(encoder, texts)?;
        seconds.push(started.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok(Workload {
        name,
        texts: texts.len(),
        tokens: texts.iter().map(Vec::len).sum(),
        runs: seconds.len(),
        median_seconds: quantile(&seconds, 0.5),
        p10_seconds: quantile(&seconds, 0.1),
        p90_seconds: quantile(&seconds, 0.9),
    })
}

// --- the table -----------------------------------------------------------------------------

/// A column for each number format.
fn table(report: &Report) -> String {
    let results = &report.results;
    let mut lines = head(report);
    for (i, workload) in results[0].workloads.iter().enumerate() {
        let of = |cell: fn(&Workload) -> String| results.iter().map(move |r| cell(&r.workloads[i]));
        lines.push(row(&format!("{}, ms", workload.name), of(latency)));
        if workload.texts > 2 {
            lines.push(row("  texts/s", of(texts_per_second)));
        }
    }
    lines.extend(of_processes(results));
    lines.extend([
        String::new(),
        "Median; in brackets, what a tenth of the runs were below and above.\n".to_owned(),
    ]);
    lines.join("\n") + disturbance(results)
}

/// What was measured and where, and the heads of the columns.
fn head(report: &Report) -> Vec<String> {
    let Report {
        version,
        model,
        cpu,
        cores,
        kernel,
        threads,
        results,
    } = report;
    let threads = counted(*threads, "thread");
    vec![
        format!("yuyi {version} · {model} · {} · {threads}", kernel.name()),
        format!("{cpu}, {}", counted(*cores, "core")),
        String::new(),
        row("", results.iter().map(|r| r.precision.name().to_owned())),
    ]
}

/// What the process of each number format took beside its workloads.
fn of_processes(results: &[Measured]) -> [String; 4] {
    let load = |r: &Measured| format!("{:.0}", 1e3 * r.load_seconds);
    let memory =
        |bytes: Option<u64>| bytes.map_or("?".to_owned(), |b| format!("{:.0}", b as f64 / 1e6));
    [
        row("load to first vector, ms", results.iter().map(load)),
        row("memory, MB", results.iter().map(|r| memory(r.rss_bytes))),
        row(
            "memory at most, MB",
            results.iter().map(|r| memory(r.peak_rss_bytes)),
        ),
        row("waited for a processor, %", results.iter().map(waited)),
    ]
}

fn texts_per_second(workload: &Workload) -> String {
    format!("{:.0}", workload.texts as f64 / workload.median_seconds)
}

fn waited(measured: &Measured) -> String {
    let share = measured.waited_share;
    share.map_or("?".to_owned(), |share| format!("{:.0}", 100.0 * share))
}

/// What to say of times that are longer than they would be on an idle machine.
fn disturbance(results: &[Measured]) -> &'static str {
    if machine::is_disturbed(results.iter().filter_map(|r| r.waited_share)) {
        "Other work on this machine (or a limit of processor time, or more threads than processors) made these times longer. \
         Measure again when nothing else runs.\n"
    } else {
        ""
    }
}

fn row(name: &str, cells: impl Iterator<Item = String>) -> String {
    let cells: String = cells.map(|cell| format!("{cell:>21}")).collect();
    let name = messages::left(name, 26);
    format!("{name}{cells}").trim_end().to_owned()
}

fn latency(w: &Workload) -> String {
    let [median, p10, p90] = [w.median_seconds, w.p10_seconds, w.p90_seconds].map(milliseconds);
    format!("{median} ({p10}–{p90})")
}

/// Three digits that count.
fn milliseconds(seconds: f64) -> String {
    let ms = 1e3 * seconds;
    let digits = match ms {
        _ if ms < 10.0 => 2,
        _ if ms < 100.0 => 1,
        _ => 0,
    };
    format!("{ms:.digits$}")
}

fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_longer_than_the_model_reads() {
        for max_tokens in [8, 16, 128, 512] {
            let all = workloads(max_tokens, 40);
            assert!(all.iter().all(|(_, l)| l.iter().all(|&n| n <= max_tokens)));
            let single = all.iter().filter(|(_, l)| l.len() == 1).count();
            assert_eq!(single, LENGTHS.iter().filter(|&&n| n <= max_tokens).count());
        }
    }

    #[test]
    fn mixed_lengths_are_as_documented() {
        let mean = MIXED.iter().sum::<usize>() as f64 / MIXED.len() as f64;
        assert_eq!(mean.round(), 27.0);
    }

    #[test]
    fn disturbed_measurements_are_told() {
        let measured = |waited_share| Measured {
            precision: Precision::Int8,
            load_seconds: 1.0,
            rss_bytes: None,
            peak_rss_bytes: None,
            waited_share,
            workloads: Vec::new(),
        };
        assert_eq!(disturbance(&[measured(None), measured(Some(0.04))]), "");
        let told = disturbance(&[measured(Some(0.0)), measured(Some(0.06))]);
        assert!(told.starts_with("Other work"), "{told}");
        assert_eq!(waited(&measured(Some(0.356))), "36");
        assert_eq!(waited(&measured(None)), "?");
    }

    #[test]
    fn milliseconds_have_three_digits() {
        assert_eq!(milliseconds(0.001_234), "1.23");
        assert_eq!(milliseconds(0.012_34), "12.3");
        assert_eq!(milliseconds(1.234), "1234");
    }
}
