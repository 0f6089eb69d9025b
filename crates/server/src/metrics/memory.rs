//! Memory of the process and of its control group, where the system tells.

use std::fs;

use super::exposition::Exposition;

pub(super) fn write(out: &mut Exposition) {
    let values = [
        (
            "process_resident_memory_bytes",
            "Memory of the process.",
            resident(),
        ),
        (
            "yuyi_cgroup_memory_bytes",
            "Memory of the control group, the limit counts it.",
            cgroup(CURRENT),
        ),
        (
            "yuyi_cgroup_memory_limit_bytes",
            "The limit of the control group.",
            cgroup(LIMIT),
        ),
    ];
    for (name, help, value) in values {
        if let Some(bytes) = value {
            out.gauge(name, help, bytes as f64);
        }
    }
}

fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

/// What a control group tells in a file: as cgroup v2 names it, and v1.
type File = [&'static str; 2];
const CURRENT: File = ["memory.current", "memory.usage_in_bytes"];
const LIMIT: File = ["memory.max", "memory.limit_in_bytes"];

/// A number of the control group. No limit is none: v2 says so in a word, v1 with nearly the largest number.
fn cgroup([name, old_name]: File) -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let [path, old_path] = paths(&groups);
    let read = |root: &str, path: Option<&str>, name: &str| {
        // Inside a container the group is the root of what is mounted, whatever the path outside is called.
        let folders = [format!("{root}{}", path?), root.to_owned()];
        let read = |folder: &String| fs::read_to_string(format!("{folder}/{name}")).ok();
        folders.iter().find_map(read)
    };
    let text = read("/sys/fs/cgroup", path, name)
        .or_else(|| read("/sys/fs/cgroup/memory", old_path, old_name))?;
    number(&text)
}

/// Where the group of this process is in the tree of v2 and in that of memory of v1, from what `/proc/self/cgroup` says.
fn paths(groups: &str) -> [Option<&str>; 2] {
    let of = |is_it: &dyn Fn(&str) -> bool| {
        let mut lines = groups
            .lines()
            .filter_map(|line| line.split_once(':')?.1.split_once(':'));
        let (_, path) = lines.find(|(controllers, _)| is_it(controllers))?;
        Some(path.trim_end_matches('/'))
    };
    [
        of(&|controllers| controllers.is_empty()),
        of(&|controllers| {
            controllers
                .split(',')
                .any(|controller| controller == "memory")
        }),
    ]
}

fn number(text: &str) -> Option<u64> {
    const NO_LIMIT: u64 = 1 << 62;
    let number = text.trim().parse().ok();
    number.filter(|&bytes| bytes < NO_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_both_versions() {
        assert_eq!(paths("0::/a/b\n"), [Some("/a/b"), None]);
        let old = "12:cpu,cpuacct:/c\n5:memory:/docker/1\n0::/\n";
        assert_eq!(paths(old), [Some(""), Some("/docker/1")]);
        assert_eq!(paths(""), [None, None]);
    }

    #[test]
    fn no_limit_is_no_number() {
        assert_eq!(number("4096\n"), Some(4096));
        assert_eq!(number("max\n"), None);
        assert_eq!(number("9223372036854771712\n"), None);
    }
}
