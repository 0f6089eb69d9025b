//! Work beside the requests: each with a name, a start, and an end when the service is told to stop.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// Tasks beside the requests; cheap to clone.
#[derive(Clone, Default)]
pub struct Background {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    tasks: Mutex<Vec<Task>>,
    stop: watch::Sender<bool>,
}

struct Task {
    name: &'static str,
    handle: JoinHandle<()>,
}

/// What a task learns from that it is to end.
#[derive(Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Done when the task is to end.
    pub async fn requested(&mut self) {
        // An error means that nobody is there any more who could say it.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

impl Shared {
    fn tasks(&self) -> MutexGuard<'_, Vec<Task>> {
        // Nothing panics while it holds the lock; if something did, the list would still be whole.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Background {
    /// Begins a task, unless all were told to end. It should end soon after it is told so itself.
    pub fn spawn<T>(&self, name: &'static str, task: impl FnOnce(Stop) -> T)
    where
        T: Future<Output = ()> + Send + 'static,
    {
        let mut tasks = self.shared.tasks();
        if *self.shared.stop.borrow() {
            return;
        }
        tasks.retain(|task| !task.handle.is_finished());
        let handle = tokio::spawn(task(Stop(self.shared.stop.subscribe())));
        tasks.push(Task { name, handle });
    }

    /// Names of the tasks that have not ended.
    pub fn running(&self) -> Vec<&'static str> {
        let tasks = self.shared.tasks();
        let running = tasks.iter().filter(|task| !task.handle.is_finished());
        running.map(|task| task.name).collect()
    }

    /// Tells all tasks to end. No further one begins.
    pub fn tell(&self) {
        // Under the lock, so that none begins that was not told.
        let _tasks = self.shared.tasks();
        self.shared.stop.send_replace(true);
    }

    /// Tells all tasks to end and waits for them, for `patience` at most; what has not ended then is broken off. Answers
    /// with the names of those.
    pub async fn stop(&self, patience: Duration) -> Vec<&'static str> {
        self.tell();
        let latest = Instant::now() + patience;
        let tasks = std::mem::take(&mut *self.shared.tasks());
        let mut late = Vec::new();
        for Task { name, mut handle } in tasks {
            match timeout_at(latest, &mut handle).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => tracing::error!(task = name, "a task panicked"),
                Err(_) => {
                    handle.abort();
                    late.push(name);
                }
            }
        }
        late
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_runs_is_known_by_name_and_ends_when_it_is_told_to() {
        let background = Background::default();
        let wound_up = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&wound_up);
        background.spawn("listener", |mut stop| async move {
            stop.requested().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            seen.store(true, Ordering::SeqCst);
        });
        let (go, gone) = oneshot::channel::<()>();
        background.spawn("short", |_| async move { drop(gone.await) });
        assert_eq!(background.running(), ["listener", "short"]);
        drop(go);
        while background.running().len() > 1 {
            tokio::task::yield_now().await;
        }
        assert_eq!(background.running(), ["listener"]);
        assert!(background.stop(Duration::from_secs(10)).await.is_empty());
        assert!(wound_up.load(Ordering::SeqCst), "its end was waited for");
        assert!(background.running().is_empty());
    }

    #[tokio::test]
    async fn what_does_not_end_is_broken_off_and_named() {
        let background = Background::default();
        background.spawn("deaf", |_| pending());
        background.spawn("panics", |_| async { panic!("a bad task") });
        background.spawn("good", |mut stop| async move { stop.requested().await });
        let started = Instant::now();
        let late = background.stop(Duration::from_millis(50)).await;
        assert_eq!(late, ["deaf"]);
        assert!(started.elapsed() < Duration::from_secs(5));
        background.spawn("late", |_| pending());
        assert!(background.running().is_empty(), "none begins after the end");
    }
}
