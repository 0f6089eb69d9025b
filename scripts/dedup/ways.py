"""Ways to find repeats: yuyi's, semhash's and MinHash's."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy
from datasketch import MinHash, MinHashLSH
from semhash import SemHash

CALIBRATION = Path(__file__).resolve().parents[2] / "models" / "builtin" / "calibration.json"
# Characters of a piece that MinHash compares, and its permutations.
SHINGLE, PERMUTATIONS = 2, 128
LOWEST = 0.5
TIMEOUT_SECONDS = 7200


def cosine(similarity):
    """The cosine of a similarity of the built-in model."""
    knots = json.loads(CALIBRATION.read_text(encoding="utf-8"))["knots"]
    return float(numpy.interp(similarity, [y for _, y in knots], [x for x, _ in knots]))


class Program:
    """yuyi on these texts. What it compares is computed once; other thresholds take the pairs that were kept."""

    def __init__(self, arguments, scratch, texts):
        self.arguments, self.scratch, self.texts = arguments, scratch, texts
        self.file = scratch / "texts.jsonl"
        self.file.write_text("".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts), encoding="utf-8")
        self.known = None

    def run(self, *command):
        command = [self.arguments.binary, *command, "--threads", self.arguments.threads]
        result = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, env=os.environ | {"YUYI_HOME": str(self.scratch)})
        if result.returncode != 0:
            sys.exit(f"yuyi failed ({result.returncode}): {result.stderr.strip()}")
        return result.stdout

    def vectors(self):
        if self.known is None:
            target = self.scratch / "vectors.npy"
            self.run("embed", self.file, "-o", target)
            self.known = numpy.load(target)
        return self.known

    def answer(self, mode, threshold):
        pairs = self.scratch / f"{mode}.pairs"
        common = ("dedup", self.file, "--json", "--mode", mode, "--threshold", str(threshold))
        if not pairs.exists():
            self.run(*common, "--pairs", pairs, "--pairs-above", str(LOWEST))
        return json.loads(self.run(*common, "--rethreshold", pairs))

    def groups(self, mode, threshold, guarded=True):
        for group in self.answer(mode, threshold)["groups"]:
            repeats = [member["index"] for member in group["members"] if not guarded or "held_back" not in member]
            # What is held back from one may stand for others.
            indices = [group["representative"], *repeats]
            yield [self.texts[index] for index in indices]


def by_semhash(texts, vectors, threshold):
    class Known:
        def encode(self, inputs, **_):
            places = {text: place for place, text in enumerate(texts)}
            return vectors[[places[text] for text in inputs]]

    found = SemHash.from_embeddings(vectors, texts, Known()).self_deduplicate(threshold=threshold)
    # It lists a repeat with all that it is near to; it counts with the nearest, as with yuyi.
    nearest = {}
    for kept in found.selected_with_duplicates:
        for text, score in kept.duplicates:
            nearest[text] = max(nearest.get(text, (-1, "")), (score, kept.record))
    for text, (_, kept) in nearest.items():
        yield [kept, text]


def by_min_hash(texts, threshold):
    index, hashes = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS), {}
    for text in texts:
        pieces = {text[i : i + SHINGLE].encode() for i in range(max(1, len(text) - SHINGLE + 1))}
        hashes[text] = MinHash(num_perm=PERMUTATIONS)
        hashes[text].update_batch(sorted(pieces))
        near = [other for other in index.query(hashes[text]) if hashes[text].jaccard(hashes[other]) >= threshold]
        if near:
            yield [near[0], text]
        else:
            index.insert(text, hashes[text])
