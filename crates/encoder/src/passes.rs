//! Forward passes of many texts: which of them go through the model together, and on which threads.

use crate::Error;
use crate::forward::{Batch, Sequence, Transformer, Workspace};
use crate::pace::Pace;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::Instant;
use yuyi_kernels::Team;

/// Tokens that go through the model together. Past a few hundred, larger batches gain nothing
/// and only cost memory for the activations.
const BATCH_TOKENS: usize = 512;

/// Tokens of a batch when every thread works on texts of its own.
const SHARE_TOKENS: usize = 256;

/// A model with the threads that compute and the memory that they fill. Calls from several threads take turns.
pub(crate) struct Passes {
    model: Transformer,
    /// All threads on one batch, split by output columns: for little work. They fill the memory of the first lane.
    together: Team,
    /// One thread a batch: for many texts, since no step waits for another thread.
    apart: Vec<Mutex<Lane>>,
    pace: Pace,
    /// Done when the lanes have their memory.
    reserved: Once,
}

/// A thread and the working memory that it fills.
struct Lane {
    team: Team,
    space: Workspace,
}

impl Lane {
    fn new() -> Mutex<Self> {
        Mutex::new(Self {
            team: Team::new(1),
            space: Workspace::default(),
        })
    }
}

/// A panic inside a pass leaves only scratch behind, so a poisoned lane is as good as new.
fn lock(lane: &Mutex<Lane>) -> MutexGuard<'_, Lane> {
    lane.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is made of a batch's hidden states, which are in the workspace: something for each text, in order.
pub(crate) trait Finish<T>:
    Fn(&Team, &Workspace, &Batch) -> Result<Vec<T>, Error> + Sync
{
}

impl<T, F: Fn(&Team, &Workspace, &Batch) -> Result<Vec<T>, Error> + Sync> Finish<T> for F {}

impl Passes {
    /// `together` are the threads that packed the model's weights.
    pub(crate) fn new(model: Transformer, together: Team) -> Self {
        let apart = (0..together.threads()).map(|_| Lane::new()).collect();
        Self {
            model,
            together,
            apart,
            pace: Pace::default(),
            reserved: Once::new(),
        }
    }

    pub(crate) fn model(&self) -> &Transformer {
        &self.model
    }

    /// Threads of one forward pass.
    pub(crate) fn threads(&self) -> usize {
        self.apart.len()
    }

    /// What `finish` makes of each text, in order.
    pub(crate) fn run<T: Send>(
        &self,
        texts: &[Sequence<'_>],
        finish: impl Finish<T>,
    ) -> Result<Vec<T>, Error> {
        self.reserved.call_once(|| self.reserve());
        let tokens: usize = texts.iter().map(|t| t.ids.len()).sum();
        if self.apart.len() > 1 && texts.len() > 1 && tokens >= SHARE_TOKENS * self.apart.len() {
            return self.compute_apart(texts, &finish);
        }
        self.compute_little(&mut lock(&self.apart[0]), texts, &finish)
    }

    /// What `finish` makes of one text, in memory that is given back at once: for a look at whether the weights give something.
    pub(crate) fn probe<T>(
        &self,
        text: Sequence<'_>,
        finish: impl Finish<T>,
    ) -> Result<Vec<T>, Error> {
        let space = &mut Workspace::default();
        self.compute(&self.together, space, &[text], &finish)
    }

    /// Takes the memory of all lanes with the first texts: work for all threads may come much later, and memory that grows then
    /// looks like a leak.
    fn reserve(&self) {
        let tokens = std::iter::once(BATCH_TOKENS).chain(std::iter::repeat(SHARE_TOKENS));
        for (lane, tokens) in self.apart.iter().zip(tokens) {
            self.model.reserve(&mut lock(lane).space, tokens);
        }
    }

    /// All threads on one batch after the other, unless one alone is faster at the moment.
    fn compute_little<T>(
        &self,
        lane: &mut Lane,
        texts: &[Sequence<'_>],
        finish: &impl Finish<T>,
    ) -> Result<Vec<T>, Error> {
        let Lane { team: alone, space } = lane;
        if self.apart.len() > 1 && self.pace.next_is_alone() {
            return self.compute_batches(alone, space, texts, finish);
        }
        let together = &self.together;
        together.take_waited();
        let started = Instant::now();
        let results = self.compute_batches(together, space, texts, finish);
        let (threads, waited) = (together.threads(), together.take_waited());
        self.pace.learn(threads, started.elapsed(), waited);
        results
    }

    fn compute_batches<T>(
        &self,
        team: &Team,
        space: &mut Workspace,
        texts: &[Sequence<'_>],
        finish: &impl Finish<T>,
    ) -> Result<Vec<T>, Error> {
        let mut results = Vec::with_capacity(texts.len());
        for range in batches(texts, BATCH_TOKENS) {
            results.extend(self.compute(team, space, &texts[range], finish)?);
        }
        Ok(results)
    }

    /// Each thread takes batches of its own from a common list.
    fn compute_apart<T: Send>(
        &self,
        texts: &[Sequence<'_>],
        finish: &impl Finish<T>,
    ) -> Result<Vec<T>, Error> {
        let todo = Mutex::new(batches(texts, SHARE_TOKENS).into_iter());
        let done = Mutex::new(Vec::new());
        let next = || todo.lock().unwrap_or_else(PoisonError::into_inner).next();
        std::thread::scope(|scope| {
            for lane in &self.apart {
                scope.spawn(|| {
                    let Lane { team, space } = &mut *lock(lane);
                    while let Some(range) = next() {
                        let results = self.compute(team, space, &texts[range.clone()], finish);
                        done.lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push((range.start, results));
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(start, _)| *start);
        let mut results = Vec::with_capacity(texts.len());
        for (_, part) in done {
            results.extend(part?);
        }
        Ok(results)
    }

    fn compute<T>(
        &self,
        team: &Team,
        space: &mut Workspace,
        texts: &[Sequence<'_>],
        finish: &impl Finish<T>,
    ) -> Result<Vec<T>, Error> {
        let batch = Batch::new(texts);
        self.model.forward(team, &batch, space)?;
        let results = finish(team, space, &batch);
        space.give_back();
        results
    }
}

/// Cuts texts, in order, into runs of at most `budget` tokens (or one text, if that is longer).
fn batches(texts: &[Sequence<'_>], budget: usize) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let (mut start, mut tokens) = (0, 0);
    for (i, text) in texts.iter().enumerate() {
        if i > start && tokens + text.ids.len() > budget {
            ranges.push(start..i);
            (start, tokens) = (i, 0);
        }
        tokens += text.ids.len();
    }
    if start < texts.len() {
        ranges.push(start..texts.len());
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forward::Extras;
    use crate::weights::Packing;
    use crate::{Folder, LoadProgress, ModelSpec, Precision, SpecDefaults, Tensors};
    use yuyi_kernels::Kernel;

    #[test]
    fn the_memory_of_all_lanes_is_taken_beforehand() {
        let models = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/models");
        for model in std::fs::read_dir(models).unwrap() {
            let folder = Folder::open(model.unwrap().path()).unwrap();
            let spec = ModelSpec::read(&folder, &SpecDefaults::default()).unwrap();
            let passes = passes(&folder, &spec);
            passes.reserve();
            let lanes = || passes.apart.iter().map(|lane| lock(lane).space.bytes());
            let before: Vec<usize> = lanes().collect();
            let ids = vec![5; spec.max_tokens];
            let run = |texts: &[&[u32]]| {
                let texts: Vec<_> = texts.iter().map(|ids| Sequence::of_ids(ids)).collect();
                passes.run(&texts, |_, _, _| Ok(vec![()])).unwrap();
            };
            // One batch for all threads, as full as it can be, and then work for each.
            run(&vec![&ids[..]; (BATCH_TOKENS / ids.len()).max(1)]);
            run(&[&ids[..40]; 60]);
            assert_eq!(lanes().collect::<Vec<_>>(), before, "{}", folder.name());
        }
    }

    #[test]
    fn the_memory_of_a_long_text_is_given_back() {
        let models = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/models");
        let folder = Folder::open(format!("{models}/modernbert-cls-f16")).unwrap();
        let spec = ModelSpec::read(&folder, &SpecDefaults::default()).unwrap();
        let passes = passes(&folder, &spec);
        let run = |tokens: usize| {
            let ids = vec![5; tokens];
            let finish = |_: &Team, space: &Workspace, _: &Batch| Ok(vec![space.bytes()]);
            let text = [Sequence::of_ids(&ids)];
            let during = passes.run(&text, finish).unwrap()[0];
            let after = lock(&passes.apart[0]).space.bytes();
            (during, after)
        };
        let (usual, kept) = run(40);
        assert_eq!(usual, kept);
        let (during, after) = run(5_000);
        assert!(during > 5 * usual && after == 0, "{during} {after}");
        assert_eq!(run(40), (usual, usual));
    }

    fn passes(folder: &Folder, spec: &ModelSpec) -> Passes {
        let team = Team::new(2);
        let packing = Packing {
            team: &team,
            kernel: Kernel::detect().unwrap(),
            precision: Precision::F32,
        };
        let (tensors, extras) = (Tensors::open(folder).unwrap(), Extras::default());
        let loaded = LoadProgress::default();
        let model = Transformer::load(tensors, &spec.config, extras, packing, &loaded);
        Passes::new(model.unwrap(), team)
    }

    #[test]
    fn batches_keep_the_order_and_the_budget() {
        let long = [0; 700];
        let texts: Vec<_> = [10, 500, 5, 700, 1, 1, 511, 512]
            .iter()
            .map(|&n| Sequence::of_ids(&long[..n]))
            .collect();
        assert_eq!(batches(&texts, 512), [0..2, 2..3, 3..4, 4..6, 6..7, 7..8]);
        assert!(batches(&[], 512).is_empty());
    }
}
