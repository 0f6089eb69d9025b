//! The threads of one forward pass.
//!
//! A pass is some eighty short steps; a wake-up through the operating system before
//! each would cost more than the step. So the threads of a team spin for a while after a
//! step, waiting for the next, and go to sleep only when none comes.
//!
//! Protocol: [`Team::run`] stores the task, raises `epoch` and wakes who has gone to
//! sleep. A worker that sees a new epoch runs its share and lowers `busy`. `run` works on
//! its own share and returns when `busy` is zero, so the task outlives every use of it.

use crate::scratch::Scratch;
use std::cell::UnsafeCell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::*};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Rounds of spinning before a worker sleeps: 30 to 100 µs, a few times the longest serial gap between two steps.
const SPINS: usize = 2_000;

/// One thread's view of a task.
pub(crate) struct Worker<'a> {
    /// Which thread of the team, from 0.
    pub(crate) index: usize,
    /// How many there are.
    pub(crate) count: usize,
    /// Its own memory.
    pub(crate) scratch: &'a mut Scratch,
}

impl Worker<'_> {
    /// This thread's contiguous share of `n` items.
    pub(crate) fn share(&self, n: usize) -> Range<usize> {
        self.index * n / self.count..(self.index + 1) * n / self.count
    }
}

type Task<'a> = dyn Fn(&mut Worker<'_>) + Sync + 'a;

struct Shared {
    /// The current task; written only by `run` while no worker is busy.
    task: UnsafeCell<*const Task<'static>>,
    epoch: AtomicU64,
    busy: AtomicUsize,
    panicked: AtomicBool,
    stop: AtomicBool,
    asleep: Vec<AtomicBool>,
    count: usize,
}

// SAFETY: `task` is written before `epoch` is raised and read after the raise is seen, and not
// written again before every worker has lowered `busy`; the task itself is Sync.
unsafe impl Sync for Shared {}
// SAFETY: as above; the pointer is only a reference that outlives its use.
unsafe impl Send for Shared {}

/// A fixed number of threads that take every step of a forward pass together.
pub struct Team {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// The caller's scratch; holding it is the right to run a task.
    turn: Mutex<Scratch>,
    /// Nanoseconds that callers have waited for late threads.
    waited: AtomicU64,
}

impl Team {
    /// A team of `threads` threads, the caller of [`Team::run`] being one of them.
    pub fn new(threads: usize) -> Self {
        let count = threads.max(1);
        let nothing: &'static Task<'static> = &|_: &mut Worker<'_>| {};
        let shared = Arc::new(Shared {
            task: UnsafeCell::new(nothing),
            epoch: AtomicU64::new(0),
            busy: AtomicUsize::new(0),
            panicked: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            asleep: (1..count).map(|_| AtomicBool::new(false)).collect(),
            count,
        });
        let spawn = |index| {
            let shared = Arc::clone(&shared);
            let name = format!("yuyi-team-{index}");
            std::thread::Builder::new()
                .name(name)
                .spawn(move || shared.work(index))
        };
        // A machine that refuses a thread still computes, with a smaller team.
        let threads: Vec<_> = (1..count).map_while(|i| spawn(i).ok()).collect();
        if threads.len() + 1 < count {
            shared.stop.store(true, SeqCst);
            shared.epoch.fetch_add(1, SeqCst);
            threads.iter().for_each(|t| t.thread().unpark());
            threads.into_iter().for_each(|t| drop(t.join()));
            return Self::new(1);
        }
        Self {
            shared,
            threads,
            turn: Mutex::default(),
            waited: AtomicU64::new(0),
        }
    }

    /// Number of threads.
    pub fn threads(&self) -> usize {
        self.shared.count
    }

    /// How long callers of [`Team::run`] have waited for threads that were late, since this was last asked. Waits as long
    /// as the threads spin anyway do not count.
    pub fn take_waited(&self) -> Duration {
        Duration::from_nanos(self.waited.swap(0, Relaxed))
    }

    /// Runs `task` once on every thread of the team and returns when all are done. A second caller waits for its turn.
    ///
    /// # Panics
    /// When the task panics on any thread.
    pub(crate) fn run(&self, task: impl Fn(&mut Worker<'_>) + Sync) {
        let mut scratch = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut me = Worker {
            index: 0,
            count: self.shared.count,
            scratch: &mut scratch,
        };
        if self.threads.is_empty() {
            return task(&mut me);
        }
        self.publish(&task);
        let mine = catch_unwind(AssertUnwindSafe(|| task(&mut me)));
        self.wait();
        // Taken back before any panic goes on, or it would be that of the next task too.
        let others = self.shared.panicked.swap(false, SeqCst);
        if let Err(panic) = mine {
            resume_unwind(panic);
        }
        assert!(!others, "a thread of the team panicked");
    }

    fn publish(&self, task: &Task<'_>) {
        // SAFETY: only the lifetime changes. `run` does not return before `wait` has seen that no worker uses the
        // task any more, and it waits even when its own share panics.
        let task: *const Task<'static> = unsafe { std::mem::transmute(task) };
        // SAFETY: `turn` is held and no worker is busy, so nobody else reads or writes the cell.
        unsafe { *self.shared.task.get() = task };
        self.shared.busy.store(self.threads.len(), Relaxed);
        self.shared.epoch.fetch_add(1, SeqCst);
        for (asleep, thread) in self.shared.asleep.iter().zip(&self.threads) {
            if asleep.swap(false, SeqCst) {
                thread.thread().unpark();
            }
        }
    }

    fn wait(&self) {
        let busy = || self.shared.busy.load(Acquire) > 0;
        for _ in 0..SPINS {
            if !busy() {
                return;
            }
            std::hint::spin_loop();
        }
        let started = Instant::now();
        while busy() {
            // With more runnable threads than cores the worker needs this core to finish.
            std::thread::yield_now();
        }
        let waited = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.waited.fetch_add(waited, Relaxed);
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.stop.store(true, SeqCst);
        self.shared.epoch.fetch_add(1, SeqCst);
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            drop(thread.join());
        }
    }
}

impl Shared {
    fn work(&self, index: usize) {
        let mut scratch = Scratch::default();
        let mut seen = 0;
        loop {
            seen = self.next_epoch(seen, &self.asleep[index - 1]);
            if self.stop.load(SeqCst) {
                return;
            }
            let mut worker = Worker {
                index,
                count: self.count,
                scratch: &mut scratch,
            };
            // SAFETY: a new epoch was seen, so the task is set, and it stays until `busy` is lowered below.
            let task = unsafe { &**self.task.get() };
            if catch_unwind(AssertUnwindSafe(|| task(&mut worker))).is_err() {
                self.panicked.store(true, SeqCst);
            }
            self.busy.fetch_sub(1, Release);
        }
    }

    /// Waits for an epoch after `seen`: spins first, then sleeps.
    fn next_epoch(&self, seen: u64, asleep: &AtomicBool) -> u64 {
        loop {
            for _ in 0..SPINS {
                let now = self.epoch.load(Acquire);
                if now != seen {
                    return now;
                }
                std::hint::spin_loop();
            }
            // The flag is raised before the epoch is read again, and `publish` raises the epoch before it
            // reads the flag: one of the two sees the other, so no wake-up is lost.
            asleep.store(true, SeqCst);
            while self.epoch.load(SeqCst) == seen && asleep.load(SeqCst) {
                std::thread::park();
            }
            asleep.store(false, SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn every_thread_runs_every_task_once() {
        for threads in [1, 2, 3, 5] {
            let team = Team::new(threads);
            let hits: Vec<_> = (0..threads).map(|_| AtomicUsize::new(0)).collect();
            for round in 0..2_000 {
                team.run(|w| {
                    hits[w.index].fetch_add(1, Relaxed);
                });
                if round == 1_000 {
                    std::thread::sleep(std::time::Duration::from_millis(5)); // let them fall asleep
                }
            }
            assert!(hits.iter().all(|h| h.load(Relaxed) == 2_000));
        }
    }

    #[test]
    fn shares_cover_everything_once() {
        let seen: Vec<_> = (0..17).map(|_| AtomicUsize::new(0)).collect();
        Team::new(4).run(|w| {
            w.share(17).for_each(|i| {
                seen[i].fetch_add(1, Relaxed);
            })
        });
        assert!(seen.iter().all(|s| s.load(Relaxed) == 1));
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_team_goes_on() {
        let team = Team::new(2);
        for bad in [vec![0], vec![1], vec![0, 1]] {
            let result = catch_unwind(AssertUnwindSafe(|| {
                team.run(|w| assert!(!bad.contains(&w.index), "expected by this test"));
            }));
            assert!(result.is_err());
            let sum = AtomicUsize::new(0);
            team.run(|w| {
                sum.fetch_add(w.index + 1, Relaxed);
            });
            assert_eq!(sum.load(Relaxed), 3, "after {bad:?}");
        }
    }

    #[test]
    fn late_threads_are_noticed() {
        let team = Team::new(2);
        team.run(|worker| {
            if worker.index == 1 {
                std::thread::sleep(Duration::from_millis(30));
            }
        });
        assert!(team.take_waited() > Duration::from_millis(10));
        assert_eq!(team.take_waited(), Duration::ZERO);
    }

    #[test]
    fn callers_take_turns() {
        let team = Team::new(2);
        let inside = AtomicUsize::new(0);
        std::thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    for _ in 0..200 {
                        team.run(|w| {
                            if w.index == 0 {
                                assert_eq!(inside.fetch_add(1, SeqCst), 0);
                                inside.fetch_sub(1, SeqCst);
                            }
                        });
                    }
                });
            }
        });
    }
}
