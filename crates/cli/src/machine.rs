//! What the system says of this process.

use std::num::NonZero;
use std::thread::available_parallelism;

/// Resident memory of this process in bytes, and the most there was; `None` where the system does not tell.
pub fn memory() -> (Option<u64>, Option<u64>) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    (kibibytes(&status, "VmRSS:"), kibibytes(&status, "VmHWM:"))
}

/// A field of /proc/self/status, in bytes.
fn kibibytes(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let number: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number << 10)
}

/// What the threads of this process have had of the processors.
#[derive(Clone, Copy)]
pub struct ProcessorTime {
    /// Nanoseconds in which they ran.
    ran: u64,
    /// Nanoseconds in which they could have run, but something else did.
    waited: u64,
}

impl ProcessorTime {
    /// That of the threads that there are; `None` where the system does not tell.
    pub fn now() -> Option<Self> {
        let threads = std::fs::read_dir("/proc/self/task").ok()?.flatten();
        // A thread may end before its file is read.
        let files =
            threads.filter_map(|t| std::fs::read_to_string(t.path().join("schedstat")).ok());
        let times = files.filter_map(|file| Self::parse(&file));
        times.reduce(|sum, time| Self {
            ran: sum.ran + time.ran,
            waited: sum.waited + time.waited,
        })
    }

    /// Linux's schedstat of a thread: nanoseconds on a processor, and in a queue for one; then a count.
    fn parse(file: &str) -> Option<Self> {
        let mut numbers = file.split_whitespace().map(str::parse);
        let (ran, waited) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        Some(Self { ran, waited })
    }

    /// The share of the time since `earlier` in which threads that could have run waited.
    pub fn waited_share_since(self, earlier: Self) -> Option<f64> {
        let ran = self.ran.saturating_sub(earlier.ran);
        let waited = self.waited.saturating_sub(earlier.waited);
        (ran > 0).then(|| waited as f64 / (ran + waited) as f64)
    }
}

/// A share of waiting from which times are not the machine's own.
const DISTURBED: f64 = 0.05;

/// Whether one of the shares of waiting makes times longer than they would be on an idle machine.
pub fn is_disturbed(mut shares: impl Iterator<Item = f64>) -> bool {
    shares.any(|share| share > DISTURBED)
}

/// The processor's name, or its architecture.
pub fn processor() -> String {
    named(&std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default())
}

fn named(info: &str) -> String {
    let name = info.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.trim().to_owned())
    });
    name.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

/// What to say of more threads than can run at once; they are obeyed all the same.
pub fn crowded(threads: Option<u16>) -> Option<String> {
    let cpus = available_parallelism().map_or(1, NonZero::get);
    crowded_on(cpus, usize::from(threads?))
}

fn crowded_on(cpus: usize, threads: usize) -> Option<String> {
    let processors = if cpus == 1 { "processor" } else { "processors" };
    (threads > cpus).then(|| {
        format!(
            "{threads} threads on {cpus} {processors} wait for each other, which makes everything slower. Leave out --threads, or name {cpus} at most."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_threads_than_processors_are_told() {
        assert_eq!(crowded_on(2, 2), None);
        assert_eq!(crowded_on(64, 1), None);
        let warning = crowded_on(2, 64).unwrap();
        assert!(
            warning.starts_with("64 threads on 2 processors wait"),
            "{warning}"
        );
        let warning = crowded_on(1, 2).unwrap();
        assert!(
            warning.starts_with("2 threads on 1 processor wait"),
            "{warning}"
        );
    }

    #[test]
    fn the_share_of_waiting_is_of_the_time_since() {
        let time = |file| ProcessorTime::parse(file).unwrap();
        let (earlier, now) = (time("1000 500 7"), time("4000 1500 9\n"));
        assert_eq!(now.waited_share_since(earlier), Some(0.25));
        // A system that counts nothing tells nothing.
        assert_eq!(now.waited_share_since(now), None);
        for bad in ["", "1000", "x 1 2", "1 -1 2"] {
            assert!(ProcessorTime::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn what_the_system_says_is_read_or_left_out() {
        let status = "Name:\tyuyi\nVmHWM:\t   2048 kB\nVmRSS:\t 1024 kB\n";
        assert_eq!(kibibytes(status, "VmRSS:"), Some(1 << 20));
        assert_eq!(kibibytes(status, "VmHWM:"), Some(2 << 20));
        assert_eq!(kibibytes("", "VmRSS:"), None);
        let info = "processor\t: 0\nmodel name\t: A: fast one\n";
        assert_eq!(named(info), "A: fast one");
        assert_eq!(named("Hardware : x"), std::env::consts::ARCH);
    }
}
