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
            cgroup("current"),
        ),
        (
            "yuyi_cgroup_memory_limit_bytes",
            "The limit of the control group.",
            cgroup("max"),
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

/// `memory.current` or `memory.max` of cgroup v2. No limit has no number.
fn cgroup(what: &str) -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let path = groups.lines().find_map(|line| line.strip_prefix("0::"));
    let path = path.unwrap_or_default().trim_end_matches('/');
    // Inside a container the group is the root of what is mounted, whatever the path outside is called.
    let read = |folder: &str| fs::read_to_string(format!("{folder}/memory.{what}"));
    let text = read(&format!("/sys/fs/cgroup{path}")).or_else(|_| read("/sys/fs/cgroup"));
    text.ok()?.trim().parse().ok()
}
