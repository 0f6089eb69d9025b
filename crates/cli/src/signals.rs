//! Signals that end a command, what it must not leave behind then, and one that must not end it.

use std::fs;
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

/// A file or folder under a name that nobody asked for. It vanishes with this value, and also when a signal ends the program.
///
/// While there is one, Ctrl-C, SIGTERM and SIGHUP end the program with the exit code by which shells tell a program that a
/// signal ended: 130, 143 or 129.
pub struct Temporary {
    path: PathBuf,
}

/// All that there are in this process.
struct AllTemporary {
    paths: Vec<PathBuf>,
    /// Signals are caught.
    is_watched: bool,
    /// A signal came when everything was in its place.
    is_asked_to_end: bool,
}

/// Whoever makes, moves or removes one holds the lock. A signal that ends the program never gives it back, so that the work
/// neither fails nor ends in another way meanwhile.
static ALL: Mutex<AllTemporary> = Mutex::new(AllTemporary {
    paths: Vec::new(),
    is_watched: false,
    is_asked_to_end: false,
});

fn lock() -> MutexGuard<'static, AllTemporary> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Temporary {
    /// Makes one; `make` tells its path.
    ///
    /// # Errors
    /// That of `make`, or when the system does not let signals be waited for.
    pub fn make<T>(make: impl FnOnce() -> io::Result<(PathBuf, T)>) -> io::Result<(Self, T)> {
        // A signal between the making and the note of it would find nothing to remove.
        let mut all = lock();
        if !all.is_watched {
            watch()?;
            all.is_watched = true;
        }
        let (path, made) = make()?;
        all.paths.push(path.clone());
        Ok((Self { path }, made))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts what is there into its place by `put`, and removes the rest.
    ///
    /// # Errors
    /// That of `put`.
    pub fn finish(self, put: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
        // A signal in the middle waits, and finds either all in its place or nothing.
        let mut all = lock();
        let done = put(&self.path);
        all.remove(&self.path);
        drop(all);
        done
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        lock().remove(&self.path);
    }
}

impl AllTemporary {
    /// Removes one, unless that was done.
    fn remove(&mut self, path: &Path) {
        if let Some(at) = self.paths.iter().position(|known| known == path) {
            remove(&self.paths.swap_remove(at));
        }
    }
}

/// Removes a file or folder, if it is there.
fn remove(path: &Path) {
    let removed = || match path.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    };
    // Another thread may write into a folder meanwhile, which fails as soon as it is gone.
    for _ in 0..100 {
        match removed() {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                thread::sleep(Duration::from_millis(10));
            }
            _ => return,
        }
    }
}

/// Ends the program, unless everything is in its place: then it is about to end by itself, and its exit code is to tell that.
/// Where it does not, since nobody takes its output, the next signal ends it.
fn end(code: i32) {
    let mut all = lock();
    if all.paths.is_empty() && !mem::replace(&mut all.is_asked_to_end, true) {
        return;
    }
    all.paths.iter().for_each(|path| remove(path));
    process::exit(code)
}

/// Has a write beyond a limit of file sizes (`ulimit -f`) fail as on a full disk, from now on. Uncaught, the signal that comes with it ends the program, and a
/// server that still could search with it.
pub fn survive_file_size_limit() {
    #[cfg(unix)]
    // Once asked for, a signal stays caught. Where that fails, the limit is as hard as it was.
    if let Ok(runtime) = Builder::new_current_thread().enable_io().build() {
        let _inside = runtime.enter();
        _ = signal(SignalKind::from_raw(libc::SIGXFSZ));
    }
}

/// Catches signals from now on, in a thread of their own.
fn watch() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    catch(&runtime)?;
    let wait = move || runtime.block_on(std::future::pending::<()>());
    thread::Builder::new().name("signals".into()).spawn(wait)?;
    Ok(())
}

#[cfg(unix)]
fn catch(runtime: &Runtime) -> io::Result<()> {
    let _inside = runtime.enter();
    let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
    // `nohup` has it ignored, so that the work goes on without the terminal.
    if !is_ignored(SignalKind::hangup()) {
        kinds.push(SignalKind::hangup());
    }
    for kind in kinds {
        let mut signals = signal(kind)?;
        runtime.spawn(async move {
            while signals.recv().await.is_some() {
                end(128 + kind.as_raw_value());
            }
        });
    }
    Ok(())
}

/// Whether whoever started this program had it ignore the signal. Only Linux tells; elsewhere none is taken for ignored.
#[cfg(unix)]
fn is_ignored(kind: SignalKind) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    is_in_mask(&status, kind.as_raw_value())
}

/// Whether the ignored signals of a process, as /proc tells them, include one: bit n − 1 of the mask is that of signal n.
#[cfg(unix)]
fn is_in_mask(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(not(unix))]
fn catch(runtime: &Runtime) -> io::Result<()> {
    runtime.spawn(async {
        while tokio::signal::ctrl_c().await.is_ok() {
            end(130);
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_removed_is_gone_be_it_a_file_or_a_folder_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let [file, full] = ["file", "full"].map(|name| folder.path().join(name));
        fs::write(&file, "x").unwrap();
        fs::create_dir_all(full.join("deeper")).unwrap();
        for path in [&file, &full, &file] {
            remove(path);
            assert!(!path.exists());
        }
    }

    #[cfg(unix)]
    #[test]
    fn ignored_signals_are_read_from_the_mask() {
        let status = "Name:\tyuyi\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000002\n";
        let ignored = |signal| is_in_mask(status, signal);
        assert!(ignored(1) && ignored(13) && !ignored(2) && !ignored(64));
        assert!(!is_in_mask("", 1) && !is_in_mask("SigIgn:\tx", 1));
    }

    #[test]
    fn what_is_not_put_into_its_place_vanishes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let make = || Temporary::make(|| Ok((path.clone(), fs::write(&path, "x")?))).unwrap();
        drop(make());
        assert!(!path.exists());
        let failed = make().0.finish(|_| Err(io::ErrorKind::Other.into()));
        assert!(failed.is_err() && !path.exists());
        let to = folder.path().join("y");
        make().0.finish(|from| fs::rename(from, &to)).unwrap();
        assert!(!path.exists() && to.exists());
    }
}
