"""What the measurements ran on, and what else ran there."""

import os
import subprocess
import time
from pathlib import Path

from harness import REPOSITORY

FLAGS = ("avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8")


def describe():
    """The processor, memory and revision of the checkout; nothing that names the machine."""
    info = dict(
        (part.strip() for part in line.split(":", 1)) for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line
    )
    memory = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    flags = info.get("flags", "").split()
    return {
        "cpu": f"{info.get('model name', 'unknown')} (family {info.get('cpu family', '?')}, model {info.get('model', '?')})",
        "flags": [flag for flag in FLAGS if flag in flags],
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(memory["MemTotal"].split()[0]) / 2**20, 1),
        "kernel": os.uname().release.split("-")[0],
        "revision": revision(),
        "nice": os.getpriority(os.PRIO_PROCESS, 0),
        "load_average": os.getloadavg()[0],
    }


def revision():
    git = ["git", "-C", str(REPOSITORY)]
    commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    changed = subprocess.run([*git, "status", "--porcelain", "--", "crates"], capture_output=True, text=True).stdout.strip()
    return f"{commit} with changes" if changed else commit


def processor_seconds():
    """(busy, stolen by the hypervisor) seconds of all processors since the start."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    ticks = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + softirq) / ticks, steal / ticks


def resident_mib(pid):
    """Resident memory of one process, without others below it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("the server is gone")


class Patience:
    """Waits for a quiet moment, as long as its time lasts. Nothing that is measured may run meanwhile."""

    GLANCE = 0.1
    QUIET = 0.15

    def __init__(self, seconds):
        self.left = seconds

    def wait(self):
        while self.left > 0:
            before = sum(processor_seconds())
            time.sleep(self.GLANCE)
            self.left -= self.GLANCE
            if sum(processor_seconds()) - before <= self.QUIET * self.GLANCE:
                return
