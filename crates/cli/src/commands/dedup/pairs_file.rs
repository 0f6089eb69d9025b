//! Files of pairs: a line about the whole, then a line a pair.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use serde::{Deserialize, Serialize};
use yuyi_tasks::dedup::{Mode, Pair, ShownPair};

use super::job::Job;
use crate::misuse::Misuse;

/// What the pairs are of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// Of what the remarks say.
    pub digest: String,
    pub mode: Mode,
    pub pairs_above: f64,
    pub model: String,
    pub calibrated: bool,
}

/// A file that was read.
pub struct Read {
    pub head: Head,
    pub pairs: Vec<Pair>,
}

/// A line of a file.
pub fn line(value: &impl Serialize) -> anyhow::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

/// The pairs of a file that reach the threshold of a job.
///
/// # Errors
/// When they are of other remarks, of another mode, or not of so low a similarity.
pub fn read(path: &Path, job: &Job) -> anyhow::Result<Read> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("{name} cannot be read"))?;
    let mut lines = BufReader::new(file).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let head: Head = serde_json::from_str(&first)
        .map_err(|_| anyhow!("{name} is no file of pairs, as --pairs writes them."))?;
    check(&head, job, path)?;
    let mut pairs = Vec::new();
    for (number, line) in (2..).zip(lines) {
        let pair = pair(&line?, job);
        let pair =
            pair.ok_or_else(|| anyhow!("{name}:{number}: it is no pair of these remarks."))?;
        if pair.similarity >= job.options.threshold {
            pairs.push(pair);
        }
    }
    Ok(Read { head, pairs })
}

/// Whether a file is empty or one of pairs, so that pairs may take its place.
pub fn may_replace(path: &Path) -> bool {
    // As long as a head may be: of a file without lines no more is read.
    const LONGEST: u64 = 1 << 16;
    let Some(file) = path.is_file().then(|| File::open(path).ok()).flatten() else {
        return false;
    };
    let mut first = Vec::new();
    let read = BufReader::new(file.take(LONGEST)).read_until(b'\n', &mut first);
    read.is_ok() && (first.is_empty() || serde_json::from_slice::<Head>(&first).is_ok())
}

fn check(head: &Head, job: &Job, path: &Path) -> anyhow::Result<()> {
    let name = path.display();
    if head.digest != job.digest() {
        bail!("{name} has the pairs of other remarks. Name the files that it was written of.");
    }
    if head.mode != job.mode() {
        let mode = serde_json::to_value(head.mode)?;
        let mode = mode.as_str().unwrap_or_default();
        bail!(Misuse(format!(
            "{name} has the pairs of another mode; add --mode {mode}."
        )));
    }
    if head.pairs_above > job.options.threshold {
        bail!(Misuse(format!(
            "{name} has pairs from {} on; --threshold cannot be lower.",
            head.pairs_above
        )));
    }
    Ok(())
}

/// A pair of a line.
pub fn pair(line: &str, job: &Job) -> Option<Pair> {
    let pair: ShownPair = serde_json::from_str(line).ok()?;
    pair.nodes(job.remarks.old(), job.remarks.new_ones())
}
