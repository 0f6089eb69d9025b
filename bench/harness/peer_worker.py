"""A peer in a process of its own, behind the line protocol that bench/README.md describes.

python -m harness.peer_worker NAME MODELS THREADS
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy

from harness.peers import PEERS


def main():
    name, models, threads = sys.argv[1:]
    # Libraries that print would break the protocol: what they say goes to standard error.
    output = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    kind, options = PEERS[name]
    peer = kind(Path(models), int(threads), **options)
    started = time.perf_counter()
    peer.load()
    greeting = {"version": peer.version, "load_seconds": time.perf_counter() - started, **memory()}
    print(json.dumps(greeting), file=output)
    for line in sys.stdin:
        print(json.dumps(answer(peer, json.loads(line))), file=output)


def answer(peer, request):
    inputs = request.get("ids") or request["texts"]
    size = request.get("batch") or len(inputs)
    for _ in range(request.get("warm", 0)):
        encode(peer, inputs, size)
    started = time.perf_counter()
    vectors = encode(peer, inputs, size)
    reply = {"seconds": time.perf_counter() - started, "tokens": peer.count(inputs), **memory()}
    if request.get("vectors"):
        reply["vectors"] = vectors.tolist()
    return reply


def encode(peer, inputs, size):
    """Vectors in the order of the inputs; more than one batch is sorted by length first."""
    if len(inputs) <= size:
        return peer.encode(inputs)
    order = sorted(range(len(inputs)), key=lambda i: len(inputs[i]))
    batches = [order[i : i + size] for i in range(0, len(order), size)]
    vectors = numpy.concatenate([peer.encode([inputs[i] for i in batch]) for batch in batches])
    restored = numpy.empty_like(vectors)
    restored[order] = vectors
    return restored


def memory():
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {key: int(status[field].split()[0]) for key, field in (("rss_kb", "VmRSS"), ("rss_peak_kb", "VmHWM"))}


if __name__ == "__main__":
    main()
