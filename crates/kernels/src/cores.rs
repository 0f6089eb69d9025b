//! The physical cores that this process may use.
//!
//! Two threads on one core share its vector units, so a second one brings next to nothing to a product, but every step
//! of a pass waits for both.

use std::num::NonZero;
use std::thread::available_parallelism;

/// Physical cores that this process may use: those of its CPU affinity, or fewer where a cgroup quota gives it less
/// time. Where the system does not tell which CPUs share a core, every CPU counts as one.
pub fn usable_cores() -> usize {
    let cpus = available_parallelism().map_or(1, NonZero::get);
    #[cfg(target_os = "linux")]
    let cores = linux::allowed_cores();
    #[cfg(not(target_os = "linux"))]
    let cores = None;
    within_quota(cores, cpus)
}

/// The cores, or as many as the CPUs that may run at once: only in their number is the quota.
fn within_quota(cores: Option<usize>, cpus: usize) -> usize {
    cores.map_or(cpus, |cores| cores.min(cpus))
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeSet;
    use std::ops::RangeInclusive;
    use std::path::Path;

    /// Cores of the CPUs that this thread may run on.
    pub(super) fn allowed_cores() -> Option<usize> {
        let status = std::fs::read_to_string("/proc/thread-self/status").ok()?;
        count_cores(&status, Path::new("/sys/devices/system/cpu"))
    }

    /// Cores of the CPUs that `status` allows, by the folders of CPUs in `cpus`; `None` where neither tells.
    pub(super) fn count_cores(status: &str, cpus: &Path) -> Option<usize> {
        let field = "Cpus_allowed_list:";
        let list = status.lines().find_map(|line| line.strip_prefix(field))?;
        // A CPU that is allowed but offline has no topology, and is no place to run.
        let cores: BTreeSet<usize> = parse_list(list)?
            .into_iter()
            .flatten()
            .filter_map(|cpu| core_of(cpus, cpu))
            .collect();
        (!cores.is_empty()).then_some(cores.len())
    }

    /// The first CPU of the core that a CPU belongs to, by which the core is known. The second name is the one before
    /// Linux 5.3.
    fn core_of(cpus: &Path, cpu: usize) -> Option<usize> {
        let topology = cpus.join(format!("cpu{cpu}/topology"));
        let siblings = ["core_cpus_list", "thread_siblings_list"]
            .iter()
            .find_map(|name| std::fs::read_to_string(topology.join(name)).ok())?;
        let ranges = parse_list(&siblings)?;
        ranges.iter().map(|range| *range.start()).min()
    }

    /// CPUs as the kernel lists them: `0-3,8,10-11`. `None` where it is no such list.
    pub(super) fn parse_list(list: &str) -> Option<Vec<RangeInclusive<usize>>> {
        list.trim().split(',').map(parse_range).collect()
    }

    fn parse_range(range: &str) -> Option<RangeInclusive<usize>> {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (first <= last).then_some(first..=last)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::cores::linux::{count_cores, parse_list};
    use std::path::Path;

    /// A folder of CPUs, each with the siblings that its file lists.
    fn machine(file: &str, siblings: &[(usize, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (cpu, list) in siblings {
            let topology = folder.path().join(format!("cpu{cpu}/topology"));
            std::fs::create_dir_all(&topology).unwrap();
            std::fs::write(topology.join(file), format!("{list}\n")).unwrap();
        }
        folder
    }

    fn status(allowed: &str) -> String {
        format!(
            "Name:\tyuyi\nCpus_allowed:\tff\nCpus_allowed_list:\t{allowed}\nMems_allowed_list:\t0\n"
        )
    }

    /// Four cores of two threads: 0 and 4 are one, 1 and 5, and so on.
    const APART: [(usize, &str); 8] = [
        (0, "0,4"),
        (1, "1,5"),
        (2, "2,6"),
        (3, "3,7"),
        (4, "0,4"),
        (5, "1,5"),
        (6, "2,6"),
        (7, "3,7"),
    ];

    #[test]
    fn two_threads_of_a_core_count_once() {
        let machine = machine("thread_siblings_list", &APART);
        let cases = [
            ("0-7", 4),
            // One of two siblings each; both of one core; some of both kinds.
            ("0-3", 4),
            ("4-7", 4),
            ("0,4", 1),
            ("5", 1),
            ("0-1,4", 2),
            ("2,3,6-7", 2),
        ];
        for (allowed, cores) in cases {
            let found = count_cores(&status(allowed), machine.path());
            assert_eq!(found, Some(cores), "{allowed}");
        }
    }

    #[test]
    fn siblings_beside_each_other_and_far_apart() {
        let beside = [(0, "0-1"), (1, "0-1"), (2, "2-3"), (3, "2-3")];
        let beside = machine("core_cpus_list", &beside);
        assert_eq!(count_cores(&status("0-3"), beside.path()), Some(2));
        assert_eq!(count_cores(&status("1-2"), beside.path()), Some(2));
        let apart = [(0, "0,64"), (64, "0,64"), (1, "1,65"), (65, "1,65")];
        let apart = machine("core_cpus_list", &apart);
        assert_eq!(count_cores(&status("0-1,64-65"), apart.path()), Some(2));
        assert_eq!(count_cores(&status("0,64"), apart.path()), Some(1));
    }

    /// Linux allows CPUs that are offline, or may be plugged in some day.
    #[test]
    fn offline_cpus_do_not_count() {
        let online = [(0, "0,4"), (4, "0,4"), (1, "1")];
        let machine = machine("core_cpus_list", &online);
        assert_eq!(count_cores(&status("0-127"), machine.path()), Some(2));
        assert_eq!(count_cores(&status("2-3"), machine.path()), None);
    }

    #[test]
    fn what_does_not_tell_is_left_to_the_number_of_cpus() {
        let missing = Path::new("/nonexistent");
        assert_eq!(count_cores(&status("0-7"), missing), None);
        let machine = machine("core_cpus_list", &[(0, "nonsense"), (1, "")]);
        assert_eq!(count_cores(&status("0-1"), machine.path()), None);
        for status in ["", "Name:\tyuyi\n", "Cpus_allowed_list:\t\n"] {
            assert_eq!(count_cores(status, machine.path()), None, "{status:?}");
        }
    }

    #[test]
    fn lists_of_cpus() {
        assert_eq!(parse_list("0\n"), Some(vec![0..=0]));
        assert_eq!(parse_list("0-1"), Some(vec![0..=1]));
        assert_eq!(parse_list("0,64"), Some(vec![0..=0, 64..=64]));
        assert_eq!(
            parse_list(" 0-3,8,10-11"),
            Some(vec![0..=3, 8..=8, 10..=11])
        );
        for bad in ["", ",", "1-", "-1", "3-1", "a", "0-1-2"] {
            assert_eq!(parse_list(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_quota_below_the_cores_counts() {
        assert_eq!(within_quota(Some(8), 3), 3);
        assert_eq!(within_quota(Some(4), 8), 4);
        assert_eq!(within_quota(None, 6), 6);
    }

    #[test]
    fn never_more_than_the_cpus_that_may_run_at_once() {
        let cores = usable_cores();
        assert!(cores >= 1 && cores <= available_parallelism().unwrap().get());
    }
}
