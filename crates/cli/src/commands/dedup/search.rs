//! The vectors of remarks, and the pairs that are near.

use std::collections::HashMap;

use yuyi::{Model, Vectors};
use yuyi_kernels::{Codes, Kernel, Team, usable_cores};
use yuyi_tasks::dedup::{BestPairs, Grouping, MOST_PAIRS, Mode, Search};

use super::Found;
use super::job::Job;
use super::pairs_file::Head;
use super::work::Work;
use crate::args::DedupArgs;
use crate::named::load_model;
use crate::progress::Progress;

/// Texts that are embedded at a time.
const TEXTS_AT_ONCE: usize = 256;

/// Remarks from which on codes are worth making.
const CODED_FROM: usize = 4_096;

/// Searches the pairs of a job, and groups them as they are found.
///
/// # Errors
/// When the model fails, or what is kept cannot be written.
pub fn run(job: &Job, args: &DedupArgs) -> anyhow::Result<Found> {
    let model = load_model(&args.model)?;
    let head = Head {
        digest: job.digest(),
        mode: job.mode(),
        pairs_above: job.above,
        model: model.facts().name.clone(),
        calibrated: model.calibration().is_fitted(),
    };
    let dimension = model.facts().dimension;
    let open = |path| Work::open(path, head.clone(), dimension);
    let mut work = args.pairs.as_deref().map(open).transpose()?;
    let (vectors, truncated) = embed(job, &model, work.as_mut())?;
    let threads = args.model.compute.threads().unwrap_or_else(usable_cores);
    let found = compare(job, &model, &vectors, &Team::new(threads), work)?;
    Ok(Found {
        truncated,
        max_tokens: model.facts().max_tokens,
        ..found
    })
}

/// The vectors of the nodes in their order, and how many texts were cut. What was said twice is embedded once.
fn embed(
    job: &Job,
    model: &Model,
    mut work: Option<&mut Work>,
) -> anyhow::Result<(Vectors, usize)> {
    let nodes: Vec<u32> = job.nodes().collect();
    let mut places: HashMap<&str, u32> = HashMap::new();
    let (mut firsts, mut sames) = (Vec::new(), Vec::new());
    for (row, &node) in nodes.iter().enumerate() {
        let first = *places.entry(job.remarks.said(node)).or_insert(row as u32);
        match first as usize == row {
            true => firsts.push(row as u32),
            false => sames.push((row, first as usize)),
        }
    }
    drop(places);
    let mut vectors = Vectors::zeros(nodes.len(), model.facts().dimension);
    let mut done = 0;
    if let Some(work) = work.as_deref_mut() {
        done = work.known_vectors(|number, vector| {
            if let Some(&row) = firsts.get(number) {
                vectors.row_mut(row as usize).copy_from_slice(vector);
            }
        })?;
    }
    let progress = Progress::of_items(firsts.len());
    progress.step(done.min(firsts.len()));
    let mut truncated = 0;
    for rows in firsts.get(done..).unwrap_or_default().chunks(TEXTS_AT_ONCE) {
        let texts: Vec<&str> = rows
            .iter()
            .map(|&row| job.remarks.said(nodes[row as usize]))
            .collect();
        for (&row, encoded) in rows.iter().zip(model.embed(&texts)?) {
            truncated += usize::from(encoded.truncated);
            vectors
                .row_mut(row as usize)
                .copy_from_slice(&encoded.vector);
            if let Some(work) = work.as_deref_mut() {
                work.keep_vector(&encoded.vector)?;
            }
        }
        work.as_deref_mut().map(Work::flush_vectors).transpose()?;
        progress.step(rows.len());
    }
    progress.finish();
    for (row, first) in sames {
        let vector = vectors.row(first).to_vec();
        vectors.row_mut(row).copy_from_slice(&vector);
    }
    Ok((vectors, truncated))
}

fn compare(
    job: &Job,
    model: &Model,
    vectors: &Vectors,
    team: &Team,
    mut work: Option<Work>,
) -> anyhow::Result<Found> {
    let old = job.order.old.len();
    let all = vectors.view();
    let sides = [all.part(0..old), all.part(old..all.rows())];
    let coded = job.mode() == Mode::All && all.rows() >= CODED_FROM;
    let codes = coded.then(|| sides.map(|side| Codes::encode(team, Kernel::of_process(), side)));
    let codes = codes.as_ref().map(|[old, new]| [old, new]);
    let what = (&job.order, job.mode());
    let mut search = Search::new(what, sides, codes, model.calibration(), job.above);
    let mut grouping = Grouping::new(&job.remarks, &job.order, job.options);
    let (mut best, mut pairs) = (BestPairs::new(MOST_PAIRS), Vec::new());
    let mut look = || Ok::<(), anyhow::Error>(());
    // Neighbourhoods are searched from the first on: that takes no time.
    let mut first = 0;
    if let (Some(work), Mode::All) = (&mut work, job.mode()) {
        first = work.blocks();
        let mut taken = Ok(());
        work.known_pairs(job, |known| {
            best.see(known);
            if taken.is_ok() {
                taken = grouping.take(&job.oriented(known), &mut look);
            }
        })?;
        taken?;
    } else if let Some(work) = &mut work {
        work.forget_pairs()?;
    }
    let progress = Progress::of_items(search.blocks());
    progress.step(first);
    for block in first..search.blocks() {
        pairs.clear();
        search.find(team, block, &mut pairs);
        grouping.take(&pairs, &mut look)?;
        best.see(&pairs);
        if let Some(work) = &mut work {
            work.keep(&pairs, job.remarks.old())?;
        }
        progress.step(1);
    }
    progress.finish();
    work.map(Work::finish).transpose()?;
    let (pairs, lowest) = best.finish();
    Ok(Found {
        groups: grouping.finish(),
        pairs,
        lowest,
        above: job.above,
        model: model.facts().name.clone(),
        calibrated: model.calibration().is_fitted(),
        truncated: 0,
        max_tokens: 0,
    })
}
