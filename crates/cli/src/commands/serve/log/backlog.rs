//! Lines of the log on their way out.
//!
//! Whoever logs must never wait: a pipe that nobody reads would hold up every request. So lines go into a backlog of bounded
//! size, and a thread of its own writes them. What finds no room is lost and counted, and the log says how much it was as soon
//! as it moves again.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Bytes that may wait: some ten thousand lines.
const CAPACITY: usize = 2 << 20;

/// How long the end of the program waits for a log that does not move.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The lines; cheap to clone. Each call of [`Write::write`] is a line.
#[derive(Clone)]
pub struct Backlog(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Vec<u8>>,
    /// Bytes of `lines`, and of the line that is being written.
    bytes: usize,
    /// Lines that found no room, since this was last told.
    lost: u64,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes what still waits when it is dropped, as far as somebody reads it.
pub struct Flush(Backlog);

impl Drop for Flush {
    fn drop(&mut self) {
        let shared = &*self.0.0;
        let waits = |state: &mut State| state.bytes > 0;
        // It has had its time, whatever became of it.
        drop(
            shared
                .changed
                .wait_timeout_while(shared.state(), LAST_WORDS, waits),
        );
    }
}

impl Backlog {
    /// Nothing waits yet, and nobody writes.
    pub fn new() -> Self {
        Self::of(CAPACITY)
    }

    fn of(capacity: usize) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            capacity,
        }))
    }

    /// Writes the lines to `out` from now on; `tell` is called with how many were lost, when there is room to say it.
    ///
    /// # Errors
    /// When the system has no thread for it.
    pub fn write_to(
        &self,
        mut out: impl Write + Send + 'static,
        tell: impl Fn(u64) + Send + 'static,
    ) -> io::Result<Flush> {
        let shared = Arc::clone(&self.0);
        let write = move || {
            loop {
                let line = shared.next_line();
                // A log that cannot be written is no reason to stop serving, and there is no other place to say so.
                let _ = out.write_all(&line).and_then(|()| out.flush());
                let lost = shared.written(line.len());
                if lost > 0 {
                    tell(lost);
                }
            }
        };
        thread::Builder::new().name("log".into()).spawn(write)?;
        Ok(Flush(self.clone()))
    }

    fn push(&self, line: &[u8]) {
        let mut state = self.0.state();
        // A line that is longer than everything that may wait goes through when nothing does.
        if state.bytes > 0 && state.bytes + line.len() > self.0.capacity {
            state.lost += 1;
            return;
        }
        state.bytes += line.len();
        state.lines.push_back(line.to_vec());
        drop(state);
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn next_line(&self) -> Vec<u8> {
        let mut state = self.state();
        loop {
            if let Some(line) = state.lines.pop_front() {
                return line;
            }
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Makes room; answers how many lines were lost, once half of it is free again.
    fn written(&self, bytes: usize) -> u64 {
        let mut state = self.state();
        state.bytes -= bytes;
        self.changed.notify_all();
        match state.bytes <= self.capacity / 2 {
            true => std::mem::take(&mut state.lost),
            false => 0,
        }
    }
}

impl Write for Backlog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Takes a line whenever it is allowed to.
    struct Gate {
        permits: Receiver<()>,
        taken: Sender<Vec<u8>>,
    }

    impl Write for Gate {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.permits.recv().map_err(io::Error::other)?;
            self.taken.send(line.to_vec()).map_err(io::Error::other)?;
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_finds_no_room_is_lost_counted_and_told() {
        let mut backlog = Backlog::of(10);
        let (permit, permits) = channel();
        let (taken, lines) = channel();
        let (told, losses) = channel();
        let gate = Gate { permits, taken };
        let flush = backlog.write_to(gate, move |lost| told.send(lost).unwrap());
        for line in ["12345", "6789\n", "a", "b", "c"] {
            backlog.write_all(line.as_bytes()).unwrap();
        }
        for _ in 0..2 {
            permit.send(()).unwrap();
        }
        assert_eq!(lines.recv().unwrap(), b"12345");
        assert_eq!(losses.recv().unwrap(), 3);
        assert_eq!(lines.recv().unwrap(), b"6789\n");
        // Longer than all that may wait, but nothing waits.
        let long = "x".repeat(30);
        permit.send(()).unwrap();
        while backlog.0.state().bytes > 0 {
            thread::yield_now();
        }
        backlog.write_all(long.as_bytes()).unwrap();
        assert_eq!(lines.recv().unwrap(), long.as_bytes());
        drop(flush.unwrap());
        assert_eq!(backlog.0.state().bytes, 0);
    }
}
