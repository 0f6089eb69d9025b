"""Time and memory of a search of all pairs that takes long, killed on the way, and what semhash makes of the same vectors."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time

import numpy
from ways import SemHash, cosine

SEED = 20
CHARACTERS = range(4, 121)
DEFAULT = 0.8
# Made-up vectors: so many to a centre, and how far from it they lie.
OF_A_CENTRE, SPREAD = 10, 0.55
ROWS_AT_ONCE = 4096


def table(arguments, scratch):
    work = arguments.work or scratch
    work.mkdir(parents=True, exist_ok=True)
    search = Search(arguments, work)
    search.prepare()
    runs = {f"pairs of {search.rows:,} vectors": search.timed(kill=False)}
    if not arguments.unbroken:
        runs["killed and gone on with"] = search.timed(kill=True)
    assert len({run["groups"] for run in runs.values()}) == 1, "a search that was killed found something else"
    lines = [
        f"{arguments.large:,} {'sentences with made-up vectors' if arguments.made_up else 'sentences'}, {arguments.threads} threads, {search.kernel}:\n",
        "| | seconds | processor seconds | memory at most | left although near |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| yuyi, {name} | {run['seconds']:.1f} | {run['processor']:.1f} | {run['memory']:.0f} MB | 0 |" for name, run in runs.items()]
    if not arguments.made_up:
        lines.append(semhash_row(search.vectors()))
    return "\n".join(lines) + "\n"


class Search:
    """`yuyi dedup --mode all --pairs` on many texts whose vectors are there."""

    def __init__(self, arguments, work):
        self.arguments, self.work = arguments, work
        self.texts, self.pairs = work / "texts.jsonl", work / "pairs.jsonl"
        self.kept = work / "vectors.f32"
        self.kernel, self.rows = os.environ.get("YUYI_KERNEL", "the fastest path of this CPU"), 0

    def beside(self, ending):
        return self.pairs.with_name(f"{self.pairs.name}.{ending}")

    def command(self):
        arguments = self.arguments
        pairs = ["--pairs", self.pairs, "--pairs-above", str(DEFAULT)]
        return [arguments.binary, "dedup", self.texts, "--mode", "all", *pairs, "-o", self.work / "out.jsonl", "--threads", arguments.threads]

    def start(self):
        return subprocess.Popen(self.command(), stderr=subprocess.PIPE, text=True, env=os.environ | {"YUYI_HOME": str(self.work)})

    def prepare(self):
        """Texts, and the vectors of them all: embedding is not what is measured."""
        if not self.texts.exists():
            lines = (json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts(self.arguments))
            self.texts.write_text("".join(lines), encoding="utf-8")
        has_vectors = self.arguments.made_up or self.kept.exists()
        process = self.start()
        while not (has_vectors and self.beside("state").exists() or self.is_searching()) and process.poll() is None:
            time.sleep(0.5)
        process.send_signal(signal.SIGKILL)
        process.wait()
        state = json.loads(self.beside("state").read_text(encoding="utf-8"))
        if self.arguments.made_up and not self.kept.exists():
            made_up(self.kept, self.arguments.large, state["dimension"])
        elif not self.kept.exists():
            self.beside("vectors").rename(self.kept)
        self.rows = self.kept.stat().st_size // (4 * state["dimension"])
        self.state = state | {"blocks": 0}

    def is_searching(self):
        """Whether a block of pairs was written down, which begins when all vectors are there."""
        try:
            return json.loads(self.beside("state").read_text(encoding="utf-8"))["blocks"] > 0
        except (OSError, ValueError):
            return False

    def timed(self, kill):
        """A search from the first block on; with `kill` it is killed in the middle and begun again."""
        head = self.head()
        self.beside("part").write_bytes(head)
        self.beside("state").write_text(json.dumps(self.state | {"bytes": len(head)}), encoding="utf-8")
        vectors = self.beside("vectors")
        vectors.unlink(missing_ok=True)
        os.link(self.kept, vectors)
        self.pairs.unlink(missing_ok=True)
        started, processor, memory = time.monotonic(), 0.0, 0
        ends = [4.0, None] if kill else [None]
        for end in ends:
            process = self.start()
            if end is not None:
                time.sleep(end)
                process.send_signal(signal.SIGKILL)
            told = process.stderr.read()
            _, status, used = os.wait4(process.pid, 0)
            processor += used.ru_utime + used.ru_stime
            memory = max(memory, used.ru_maxrss)
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"yuyi failed: {told}")
        out = (self.work / "out.jsonl").read_bytes()
        return {"seconds": time.monotonic() - started, "processor": processor, "memory": memory * 1024 / 1e6, "groups": hash(out)}

    def head(self):
        return (json.dumps(self.state["head"], ensure_ascii=False, separators=(",", ":")) + "\n").encode()

    def vectors(self):
        return numpy.fromfile(self.kept, dtype="<f4").reshape(self.rows, -1)


def texts(arguments):
    """Chinese sentences of all sets, or numbered ones for made-up vectors."""
    if arguments.made_up:
        # All of one length, so that vectors stand in the order of the texts.
        return [f"第{number:07}条发言说的是另外一件事情" for number in range(arguments.large)]
    found = {}
    for file in sorted(arguments.data.glob("*/*.tsv")):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            cells = (cell for cell in line.split("\t") if len(cell) in CHARACTERS and re.search("[\u4e00-\u9fff]", cell))
            found |= dict.fromkeys(cells)
    all_texts = list(found)
    random.Random(SEED).shuffle(all_texts)
    if len(all_texts) < arguments.large:
        sys.exit(f"there are {len(all_texts):,} sentences only; --made-up has as many as are wanted.")
    return all_texts[: arguments.large]


def made_up(path, rows, dimension):
    """Unit vectors about centres that lie as those of a model do: all in one direction, mostly."""
    numbers = numpy.random.default_rng(SEED)
    common = numbers.standard_normal(dimension).astype("f4") * 2
    centres = numbers.standard_normal((max(1, rows // OF_A_CENTRE), dimension)).astype("f4")
    with path.open("wb") as file:
        for first in range(0, rows, ROWS_AT_ONCE):
            count = min(ROWS_AT_ONCE, rows - first)
            some = common + centres[numbers.integers(len(centres), size=count)]
            some += SPREAD * numbers.standard_normal((count, dimension)).astype("f4")
            some /= numpy.linalg.norm(some, axis=1, keepdims=True)
            file.write(some.astype("<f4").tobytes())


def semhash_row(vectors):
    class Known:
        def encode(self, inputs, **_):
            return vectors[[int(text) for text in inputs]]

    started, before = time.monotonic(), time.process_time()
    names = [str(number) for number in range(len(vectors))]
    found = SemHash.from_embeddings(vectors, names, Known()).self_deduplicate(threshold=cosine(DEFAULT))
    seconds, processor = time.monotonic() - started, time.process_time() - before
    kept = vectors[[int(name) for name in found.selected]]
    return f"| semhash, the same vectors | {seconds:.1f} | {processor:.1f} | | {left(kept, cosine(DEFAULT)):,} of {len(kept):,} kept |"


def left(kept, bound):
    """How many of the kept are near another that is kept before them."""
    near = 0
    for first in range(0, len(kept), ROWS_AT_ONCE):
        some = kept[first : first + ROWS_AT_ONCE]
        products = some @ kept[: first + len(some)].T
        products[numpy.arange(len(some)), first + numpy.arange(len(some))] = -1
        earlier = numpy.arange(first + len(some))[None, :] < (first + numpy.arange(len(some)))[:, None]
        near += int(((products >= bound) & earlier).any(axis=1).sum())
    return near
