"""Measured as if the processor had fewer instructions."""

import subprocess
from pathlib import Path

from harness import CACHE

SOURCE = Path(__file__).with_name("avx2_only.c")
# Flags of /proc/cpuinfo that `avx2` hides.
HIDDEN = ("avx512", "avx_vnni", "amx")


def variables(instructions):
    """Environment variables that make a process see no more than `instructions`: `avx2`, or None for all there are."""
    return {} if instructions is None else {"LD_PRELOAD": str(library())}


def seen(flags, instructions):
    """Those of the processor's flags that a measured process sees."""
    return flags if instructions is None else [flag for flag in flags if not flag.startswith(HIDDEN)]


def library():
    """Path of the library that hides the others, compiled where it is not there yet."""
    compiled = CACHE / "avx2_only.so"
    if not compiled.exists() or compiled.stat().st_mtime < SOURCE.stat().st_mtime:
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", str(compiled), str(SOURCE)], check=True)
    return compiled
