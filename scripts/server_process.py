"""`yuyi serve` as a process, for the scripts and tests that ask a running server."""

import contextlib
import json
import subprocess
import tempfile

END_SECONDS = 20


@contextlib.contextmanager
def running_server(binary, *options, port=0, environment=None):
    """Serves while the block runs, and gives the address. Without a port it takes a free one; the environment is that of the caller where none is
    given. A server that does not start, or does not end in order, fails the caller."""
    # A file: a pipe that nobody reads would fill up and hold up the server, which logs every request.
    with tempfile.TemporaryFile("w+") as log:
        command = [binary, "serve", "--port", str(port), "--json", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        try:
            line = process.stdout.readline()
            if not line:
                log.seek(0)
                raise SystemExit(f"the server did not start: {log.read()}")
            yield json.loads(line)["url"]
        finally:
            code = end(process)
    assert code == 0, f"the server ended with {code}"


def end(process):
    """Tells a process to end; its exit code."""
    process.terminate()
    try:
        return process.wait(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    finally:
        process.stdout.close()
