"""The virtual environment with the peers, and what surrounds the measured processes."""

import os
import subprocess
import sys
from pathlib import Path

from harness import CACHE, ENVIRONMENT, REPOSITORY

REQUIREMENTS = REPOSITORY / "bench" / "requirements.txt"
# Settings of thread pools and BLAS kernels that a shell may carry, which would slow one engine only.
FOREIGN_SETTINGS = ("OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "CT2_", "ORT_", "OV_", "DNNL_", "YUYI_")


def enter(folder=ENVIRONMENT, requirements=REQUIREMENTS):
    """Re-executes the running script inside a virtual environment, which it makes if need be: that of the peers, in .cache/bench-venv, or another."""
    python = folder / "bin" / "python"
    mark = folder / "installed.txt"
    wanted = requirements.read_text()
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    if not mark.exists() or mark.read_text() != wanted:
        size = "about 6 GB, " if folder == ENVIRONMENT else ""
        print(f"Installing {requirements.name} into {folder} ({size}once)…", file=sys.stderr)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "-r", str(requirements)], check=True)
        mark.write_text(wanted)
    if Path(sys.prefix) != folder:
        os.execv(python, [str(python), *sys.argv])


def make_models():
    """Makes the models of all formats that are not in .cache/bench yet."""
    command = [sys.executable, "-W", "ignore", "-m", "harness.models", str(CACHE)]
    subprocess.run(command, cwd=REPOSITORY / "bench", env=variables(2), check=True)


def build_worker():
    """Path of yuyi's worker, built from this checkout."""
    return build_example("bench_worker")


def build_example(name):
    """Path of an example of the encoder, built from this checkout."""
    command = ["cargo", "build", "--release", "--package", "yuyi-encoder", "--example", name]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    return target() / "release" / "examples" / name


def build_program():
    """Path of the yuyi command, built from this checkout."""
    subprocess.run(["cargo", "build", "--release", "--package", "yuyi-cli"], cwd=REPOSITORY, check=True)
    return target() / "release" / "yuyi"


def target():
    """Where cargo puts what it builds."""
    return Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))


def variables(threads):
    """Environment variables of a measured process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_SETTINGS)}
    # For the engines whose threads come from OpenMP.
    return {**kept, "OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(REPOSITORY / "bench")}
