"""What the programs in bench/ are made of; see bench/README.md."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
CACHE = REPOSITORY / ".cache" / "bench"
ENVIRONMENT = REPOSITORY / ".cache" / "bench-venv"
