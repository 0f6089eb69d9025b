"""HTTP services as measured processes, and wrk that loads them."""

import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from harness import CACHE, environment

START_SECONDS = 180
HERE = Path(__file__).resolve().parent


class Service:
    """A service that listens on a port of its own and stands still unless it is its turn."""

    def __init__(self, name, command, variables=()):
        self.name, self.port = name, free_port()
        command = [part.replace("PORT", str(self.port)) for part in command]
        log = CACHE / "logs" / f"service-{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        started = time.perf_counter()
        with open(log, "wb") as output:
            # A session of its own, so that signals reach its workers and no other process.
            self.child = subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                cwd=HERE,
                env={**environment.variables(2), **dict(variables)},
                start_new_session=True,
            )
        try:
            self._wait_for_answer(started, log)
        except BaseException:
            self.close()
            raise
        self.ready_seconds = time.perf_counter() - started

    def _wait_for_answer(self, started, log):
        while True:
            try:
                if ask(self.port, "你好", "您好") == 200:
                    return
            except OSError:
                pass
            if self.child.poll() is not None or time.perf_counter() - started > START_SECONDS:
                raise SystemExit(f"{self.name} did not answer; see {log}")
            time.sleep(0.005)

    def pause(self):
        os.killpg(self.child.pid, signal.SIGSTOP)

    def resume(self):
        os.killpg(self.child.pid, signal.SIGCONT)

    def close(self):
        """Ends the service and waits for it."""
        if self.child.poll() is None:
            self.resume()
            os.killpg(self.child.pid, signal.SIGTERM)
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.child.pid, signal.SIGKILL)
                self.child.wait()

    def memory_mib(self):
        """Memory of all its processes; a page that several share counts once."""
        total = 0
        for process in family(self.child.pid):
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return total / 1024


def family(pid):
    """The process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(process for child in children for process in family(int(child)))]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, a, b):
    """Status of one request for the similarity of two texts."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        body = json.dumps({"sentence_a": a, "sentence_b": b})
        connection.request("POST", "/similarity", body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()


# A closed loop: each connection sends its next pair when the answer is there. Each thread of wrk starts elsewhere in
# the list, so that two connections do not ask for the same pair at a time.
SCRIPT = """
local bodies = {BODIES}
local threads = 0
function setup(thread) thread:set("first", threads * 7919) threads = threads + 1 end
function init(args) next_pair = first end
function request()
  next_pair = next_pair + 1
  return wrk.format("POST", "/similarity", {["Content-Type"] = "application/json"}, bodies[next_pair % #bodies + 1])
end
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('RESULT {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "failed": %d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


def load(port, pairs, clients, seconds):
    """Pairs a second, p50 and p99 in milliseconds, and how many requests failed."""
    bodies = ", ".join(json.dumps(json.dumps(pair, ensure_ascii=False), ensure_ascii=False) for pair in pairs)
    with tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="utf-8") as script:
        script.write(SCRIPT.replace("BODIES", bodies))
        script.flush()
        command = ["wrk", "-t", "1", "-c", str(clients), "-d", f"{seconds}s", "--timeout", "60s", "-s", script.name]
        command.append(f"http://127.0.0.1:{port}")
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    result = json.loads(next(line for line in output.splitlines() if line.startswith("RESULT"))[len("RESULT ") :])
    return {
        "rate": result["requests"] / result["microseconds"] * 1e6,
        "p50": result["p50"] / 1e3,
        "p99": result["p99"] / 1e3,
        "failed": result["failed"],
    }
