"""Lets schemathesis look for answers that /openapi.json does not announce."""

import subprocess
import sys
import tempfile
from pathlib import Path

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
]


# An ordinary run always draws the same, so that a change is not held up by what it did not cause; a long one draws anew.
SEED = 20260729
ORDINARY = 100

# It makes no lines of JSON; crates/server/tests/http/collections.rs has what breaks their rules.
LINES = "--exclude-path=/v1/collections/{name}/import"
# It would fetch real models; crates/server/tests/http/pulls.rs has a hub of its own.
PULLS = "--exclude-path=/v1/models/pull"


def check_document(url: str, examples: int) -> None:
    """`examples`: how many requests are made up for each operation. It doubles as the seconds that it may take."""
    explore(url, examples, CHECKS, LINES, PULLS)
    # A pair of /similarity that is wrong carries its own error in a reply that succeeds.
    explore(url, examples // 2, ["negative_data_rejection"], LINES, PULLS, "--exclude-path=/similarity", "--mode=negative")
    print(f"schemathesis: no undocumented answer to {examples} requests for each operation and more")


def explore(url: str, examples: int, checks: list[str], *options: str) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{url}/openapi.json",
        f"--url={url}",
        f"--checks={','.join(checks)}",
        f"--max-examples={examples}",
        f"--max-time={max(examples, 30)}",
        "--phases=examples,coverage,fuzzing",
        "--generation-database=none",
        "--continue-on-failure",
        "--warnings=off",
        "--no-color",
        *([f"--seed={SEED}"] if examples <= ORDINARY else []),
        *options,
    ]
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert run.returncode == 0, run.stdout + run.stderr
