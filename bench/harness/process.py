"""A measured engine: a process that stands still unless it is its turn."""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from pathlib import Path

from harness import CACHE


class EngineFailed(Exception):
    """The process could not start, ended or did not answer in time."""


class Process:
    """One engine behind the line protocol."""

    def __init__(self, name, command, environment, timeout=600):
        self.name, self.timeout = name, timeout
        self.log = CACHE / "logs" / f"{name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.buffer = b""
        self.started = time.perf_counter()
        with open(self.log, "wb") as log:
            # A session of its own, so that signals reach all of its processes and no other.
            self.child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment, start_new_session=True
            )
        try:
            self.greeting = self._read()
        except EngineFailed:
            self.close()
            raise

    def ask(self, **request):
        """The answer to one request."""
        try:
            self.child.stdin.write(json.dumps(request).encode() + b"\n")
            self.child.stdin.flush()
        except BrokenPipeError:
            raise self._failure("ended") from None
        return self._read()

    def pause(self):
        """Stops every thread: threads that spin while they wait would slow the next engine."""
        os.killpg(self.child.pid, signal.SIGSTOP)

    def resume(self):
        os.killpg(self.child.pid, signal.SIGCONT)

    def waited_seconds(self):
        """How long threads stood ready without a processor, so far: what other processes cost this one."""
        nanoseconds = 0
        for path in Path(f"/proc/{self.child.pid}/task").glob("*/schedstat"):
            # A thread may end between being listed and being read.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                nanoseconds += int(path.read_text().split()[1])
        return nanoseconds / 1e9

    def close(self):
        """Lets the process end by itself, or ends it."""
        if self.child.poll() is None:
            self.resume()
        # An engine that died has left part of a request unread, which closing would send again.
        with contextlib.suppress(BrokenPipeError):
            self.child.stdin.close()
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
        self.child.stdout.close()

    def _read(self):
        deadline = time.monotonic() + self.timeout
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([self.child.stdout], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise self._failure(f"did not answer within {self.timeout} s")
            data = os.read(self.child.stdout.fileno(), 1 << 20)
            if not data:
                raise self._failure("ended")
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        return json.loads(line)

    def _failure(self, what):
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return EngineFailed(f"{what}: {lines[-1]}" if lines else what)
