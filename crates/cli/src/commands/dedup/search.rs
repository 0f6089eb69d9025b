//! The vectors of remarks, and the pairs that are near.

use std::collections::HashMap;
use std::fs::File;
use std::sync::mpsc;

use anyhow::Context;
use yuyi::{Model, Vectors};
use yuyi_kernels::{Codes, Floats, Kernel, MatrixView, Team, usable_cores};
use yuyi_tasks::Calibration;
use yuyi_tasks::dedup::{BestPairs, Grouping, Groups, MOST_PAIRS, Mode, Pair, Search};

use super::Found;
use super::job::Job;
use super::pairs_file::Head;
use super::vectors::{StoredVectors, VectorFile};
use super::work::Work;
use crate::args::DedupArgs;
use crate::model::tell_uncalibrated;
use crate::named::load_model;
use crate::progress::Progress;

/// Texts that are embedded at a time.
const TEXTS_AT_ONCE: usize = 256;

/// Remarks from which on codes are worth making.
const CODED_FROM: usize = 4_096;

/// Bytes of vectors that are held in memory; more lie in a file, of which the search looks at few.
const MOST_BYTES: usize = 128 << 20;

/// Blocks whose pairs wait to be grouped, which takes texts apart and may take as long as the search.
const BLOCKS_AHEAD: usize = 4;

/// Searches the pairs of a job, and groups them as they are found.
///
/// # Errors
/// When the model fails, or what is kept cannot be written.
pub fn run(job: &Job, args: &DedupArgs) -> anyhow::Result<Found> {
    let model = load_model(&args.model)?;
    tell_uncalibrated(&model, &args.model.model);
    let facts = model.facts();
    let head = Head {
        digest: job.digest(),
        mode: job.mode(),
        pairs_above: job.above,
        model: facts.name.clone(),
        calibrated: model.calibration().is_fitted(),
    };
    let (dimension, max_tokens) = (facts.dimension, facts.max_tokens);
    let open = |path| Work::open(path, head.clone(), dimension);
    let mut work = args.pairs.as_deref().map(open).transpose()?;
    let distinct = Distinct::of(job);
    let mut vectors = match &mut work {
        Some(work) => work.take_vectors()?,
        None => VectorFile::new(spill()?, dimension)?,
    };
    let truncated = embed(job, &model, &distinct, &mut vectors)?;
    let calibration = model.calibration().clone();
    // What it holds is wanted for the search.
    drop(model);
    let threads = args.model.compute.threads().unwrap_or_else(usable_cores);
    let comparison = Comparison {
        job,
        calibration: &calibration,
        team: &Team::new(threads),
        most_bytes: MOST_BYTES,
    };
    let near = comparison.of(vectors, distinct, dimension, work.as_mut())?;
    work.map(Work::finish).transpose()?;
    Ok(Found {
        groups: near.groups,
        pairs: near.pairs,
        lowest: near.lowest,
        above: job.above,
        model: head.model,
        calibrated: head.calibrated,
        truncated,
        max_tokens,
    })
}

/// What is near.
#[derive(Debug, PartialEq)]
struct Near {
    groups: Groups,
    /// The nearest pairs.
    pairs: Vec<Pair>,
    /// Similarity of the farthest, where pairs were left out.
    lowest: Option<f64>,
}

/// A file that nobody sees and that is gone when the program ends, also by a kill.
fn spill() -> anyhow::Result<File> {
    let folder = std::env::temp_dir();
    tempfile::tempfile_in(&folder).with_context(|| {
        let name = folder.display();
        format!("{name} cannot be written; name another folder in TMPDIR, or a file with --pairs")
    })
}

/// What is embedded: what was said twice is embedded once.
struct Distinct {
    /// The nodes that said it first, in the order of the search.
    nodes: Vec<u32>,
    /// For each row of the search which of them has its vector.
    places: Vec<u32>,
}

impl Distinct {
    fn of(job: &Job) -> Self {
        let mut known: HashMap<&str, u32> = HashMap::new();
        let (mut nodes, mut places) = (Vec::new(), Vec::new());
        for node in job.nodes() {
            let next = nodes.len() as u32;
            let place = *known.entry(job.remarks.said(node)).or_insert(next);
            if place == next {
                nodes.push(node);
            }
            places.push(place);
        }
        Self { nodes, places }
    }
}

/// Puts the vectors of what was said into the file, behind those that are there, and says how many texts were cut.
fn embed(
    job: &Job,
    model: &Model,
    distinct: &Distinct,
    vectors: &mut VectorFile,
) -> anyhow::Result<usize> {
    let done = vectors.rows().min(distinct.nodes.len());
    let progress = Progress::of_items(distinct.nodes.len());
    progress.step(done);
    let mut truncated = 0;
    for nodes in distinct.nodes[done..].chunks(TEXTS_AT_ONCE) {
        let texts: Vec<&str> = nodes.iter().map(|&node| job.remarks.said(node)).collect();
        for encoded in model.embed(&texts)? {
            truncated += usize::from(encoded.truncated);
            vectors.push(&encoded.vector)?;
        }
        vectors.flush()?;
        progress.step(nodes.len());
    }
    progress.finish();
    Ok(truncated)
}

/// How the remarks of a job are compared.
struct Comparison<'a> {
    job: &'a Job,
    calibration: &'a Calibration,
    team: &'a Team,
    /// Bytes of vectors that are held in memory.
    most_bytes: usize,
}

impl Comparison<'_> {
    /// Compares vectors where there is room for them.
    fn of(
        &self,
        mut vectors: VectorFile,
        distinct: Distinct,
        dimension: usize,
        work: Option<&mut Work>,
    ) -> anyhow::Result<Near> {
        let (old, rows) = (self.job.order.old.len(), distinct.places.len());
        if rows * dimension * size_of::<f32>() > self.most_bytes {
            let stored = vectors.stored(distinct.places)?;
            let codes = encode(&stored, [0..old, old..rows], dimension)?;
            let sides = [stored.part(0..old), stored.part(old..rows)];
            return self.search(sides, Some(codes.each_ref()), work);
        }
        let all = in_memory(&mut vectors, &distinct, dimension)?;
        let all = all.view();
        let sides = [all.part(0..old), all.part(old..rows)];
        let coded = self.job.mode() == Mode::All && rows >= CODED_FROM;
        let encode = |side: MatrixView<'_>| Codes::encode(self.team, Kernel::of_process(), side);
        let codes = coded.then(|| sides.map(encode));
        self.search(sides, codes.as_ref().map(|codes| codes.each_ref()), work)
    }

    fn search<F>(
        &self,
        sides: [F; 2],
        codes: Option<[&Codes; 2]>,
        mut work: Option<&mut Work>,
    ) -> anyhow::Result<Near>
    where
        F: Floats<Error: std::error::Error + Send + Sync + 'static> + Send,
    {
        let job = self.job;
        let what = (&job.order, job.mode());
        let mut search = Search::new(what, sides, codes, self.calibration, job.above);
        let mut grouping = Grouping::new(&job.remarks, &job.order, job.options);
        let mut best = BestPairs::new(MOST_PAIRS);
        let first = match &mut work {
            Some(work) => take_up(job, work, &mut grouping, &mut best)?,
            None => 0,
        };
        let blocks = first..search.blocks();
        let progress = Progress::of_items(search.blocks());
        progress.step(first);
        std::thread::scope(|scope| {
            let (found, blocks_found) = mpsc::sync_channel::<Vec<Pair>>(BLOCKS_AHEAD);
            let searching = scope.spawn(move || -> Result<(), F::Error> {
                for block in blocks {
                    let mut pairs = Vec::new();
                    search.find(self.team, block, &mut pairs)?;
                    // Whoever grouped has failed, and tells why.
                    if found.send(pairs).is_err() {
                        break;
                    }
                }
                Ok(())
            });
            for pairs in blocks_found {
                grouping.take(&pairs, &mut || Ok::<(), anyhow::Error>(()))?;
                best.see(&pairs);
                if let Some(work) = &mut work {
                    work.keep(&pairs, job.remarks.old())?;
                }
                progress.step(1);
            }
            match searching.join() {
                Ok(searched) => searched.map_err(|error: F::Error| {
                    anyhow::Error::new(error).context("The vectors cannot be read back")
                }),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })?;
        progress.finish();
        let (pairs, lowest) = best.finish();
        Ok(Near {
            groups: grouping.finish(),
            pairs,
            lowest,
        })
    }
}

/// Takes the pairs that were found before a kill, and says from which block on to search. Neighbourhoods are searched from the first on: that takes
/// no time.
fn take_up(
    job: &Job,
    work: &mut Work,
    grouping: &mut Grouping<'_>,
    best: &mut BestPairs,
) -> anyhow::Result<usize> {
    if job.mode() == Mode::Adjacent {
        work.forget_pairs()?;
        return Ok(0);
    }
    let mut taken = Ok(());
    work.known_pairs(job, |known| {
        best.see(known);
        if taken.is_ok() {
            let look = &mut || Ok::<(), anyhow::Error>(());
            taken = grouping.take(&job.oriented(known), look);
        }
    })?;
    taken?;
    Ok(work.blocks())
}

/// The vectors of all rows.
fn in_memory(
    vectors: &mut VectorFile,
    distinct: &Distinct,
    dimension: usize,
) -> anyhow::Result<Vectors> {
    let mut known = Vectors::with_capacity(dimension, vectors.rows());
    vectors.each(|vector| known.push(vector))?;
    let mut all = Vectors::with_capacity(dimension, distinct.places.len());
    for &place in &distinct.places {
        all.push(known.row(place as usize));
    }
    Ok(all)
}

/// The codes of either side.
fn encode(
    stored: &StoredVectors,
    sides: [std::ops::Range<usize>; 2],
    dimension: usize,
) -> anyhow::Result<[Codes; 2]> {
    let mut all = [(); 2].map(|()| Codes::new(Kernel::of_process(), dimension));
    for (codes, rows) in all.iter_mut().zip(sides) {
        codes.reserve(rows.len());
        let side = stored.part(rows);
        let numbers: Vec<usize> = (0..side.rows()).collect();
        let mut some = Vectors::new(dimension);
        for numbers in numbers.chunks(TEXTS_AT_ONCE) {
            some.truncate(0);
            side.copy(numbers, &mut some)?;
            some.iter().for_each(|vector| codes.push(vector));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use yuyi_files::{Remarks as Told, Transcript};
    use yuyi_tasks::dedup::Options;

    const DIMENSION: usize = 8;

    /// Minutes in which remarks come again, at once and later, and their vectors: near ones for texts that begin alike.
    fn minutes(remarks: usize) -> Transcript {
        const GROUPS: [&str; 5] = ["设计组", "测试组", "市场部", "客服部", "财务部"];
        let lines = (0..remarks).map(|i| {
            let (group, length) = (GROUPS[i / 2 % 5], i / 2 % 7);
            format!("{group}说的是{}\n", "好".repeat(length))
        });
        let bytes = lines.collect::<String>().into_bytes();
        Transcript::sent("minutes", bytes, &Told::unheard()).unwrap()
    }

    fn vector(said: &str) -> [f32; DIMENSION] {
        let mut vector = [0.1; DIMENSION];
        let seed: usize = said.chars().take(3).map(|c| c as usize).sum();
        vector[seed % DIMENSION] += 1.0;
        vector[said.len() % DIMENSION] += 0.2;
        let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.map(|x| x / norm)
    }

    fn near(job: &Job, most_bytes: usize) -> Near {
        let distinct = Distinct::of(job);
        let mut vectors = VectorFile::new(tempfile::tempfile().unwrap(), DIMENSION).unwrap();
        for &node in &distinct.nodes {
            vectors.push(&vector(job.remarks.said(node))).unwrap();
        }
        let comparison = Comparison {
            job,
            calibration: &Calibration::Uncalibrated,
            team: &Team::new(2),
            most_bytes,
        };
        comparison.of(vectors, distinct, DIMENSION, None).unwrap()
    }

    #[test]
    fn where_the_vectors_lie_changes_nothing() {
        let (all, old) = (minutes(500), minutes(90));
        for mode in [Mode::All, Mode::Adjacent] {
            for old in [None, Some(&old)] {
                let options = Options {
                    mode,
                    ..Options::default()
                };
                let job = Job::new(&all, old, options, 0.7);
                let in_memory = near(&job, usize::MAX);
                assert!(!in_memory.pairs.is_empty() && in_memory.groups.duplicates > 0);
                assert_eq!(near(&job, 0), in_memory, "{mode:?}");
            }
        }
    }
}
