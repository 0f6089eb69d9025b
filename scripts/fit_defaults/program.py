"""What the program says of texts: their vectors, their similarities, and how questions rank items. Nothing of it is computed here."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy

REPOSITORY = Path(__file__).resolve().parent.parent.parent
BUILTIN = REPOSITORY / "models" / "builtin"
DEFAULTS = BUILTIN / "defaults.json"
# Several times what the largest set takes on a busy machine; beyond it something hangs.
TIMEOUT_SECONDS = 7200


@dataclass(frozen=True)
class Task:
    """Questions to a collection. An item is the list of its texts."""

    name: str
    items: list
    questions: list
    # Of each question the place of the item that answers it; None: there is none.
    wanted: list
    # Of each question what it is left out with when constants are judged on what they were not fitted on.
    groups: list
    passages: bool = False


@dataclass(frozen=True)
class Ranking:
    """What a question found, nearest first: places of items with their cosines, by words with score and cosine, and by both."""

    dense: list
    lexical: list
    hybrid: list


def add_arguments(parser):
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    parser.add_argument("--binary", type=Path, default=target / "release" / "yuyi", help="the yuyi that computes the vectors")
    parser.add_argument("--rankings", type=Path, help="the example of crates/store that ranks [default: beside the binary]")
    parser.add_argument("--model", help="a model folder instead of the built-in model")
    parser.add_argument("--threads", default="2")


class Program:
    """yuyi with one model."""

    def __init__(self, arguments, scratch):
        self.binary, self.scratch = arguments.binary, Path(scratch)
        self.ranker = arguments.rankings or arguments.binary.parent / "examples" / "rankings"
        self.flags = ["--threads", arguments.threads] + (["--model", arguments.model] if arguments.model else [])
        folder = Path(arguments.model or BUILTIN)
        self.known = {}
        settings = folder / "config_sentence_transformers.json"
        self.prompts = json.loads(settings.read_text(encoding="utf-8")).get("prompts", {}) if settings.exists() else {}
        for program, how in ((self.binary, "--bin yuyi"), (self.ranker, "--example rankings")):
            if not program.exists():
                sys.exit(f"{program} does not exist: run `cargo build --release --workspace {how}`, or name another with --binary.")

    def run(self, *command):
        result = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, env=os.environ | {"YUYI_HOME": str(self.scratch / "home")})
        if result.returncode != 0:
            sys.exit(f"{Path(command[0]).name} failed ({result.returncode}): {result.stderr.strip()}")
        return result.stdout

    def vectors(self, texts, name=None):
        """The unit vector of each text, with the prompt of that name, or with the model's default."""
        known = self.known.setdefault(name, {})
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            source, target = self.scratch / "texts.jsonl", self.scratch / "vectors.npy"
            write_lines(source, ({"text": text} for text in new))
            prompt = self.prompts.get(name)
            self.run(self.binary, "embed", source, "-o", target, *self.flags, *(["--prompt", prompt] if prompt else []))
            known.update(zip(new, numpy.load(target)))
        return {text: known[text] for text in texts}

    def rank(self, task, limit=200, defaults=DEFAULTS):
        """A Ranking for each question of a task."""
        of_items = self.vectors([text for texts in task.items for text in texts], "passage" if task.passages else None)
        of_questions = self.vectors(task.questions, "query" if task.passages else None)
        items, questions = self.scratch / "items.jsonl", self.scratch / "questions.jsonl"
        # Ids are places, so wide that they are in order as texts, too: equal items are in that of their ids.
        rows = enumerate(task.items)
        write_lines(items, ({"id": f"{i:06}", "texts": texts, "vectors": [of_items[text].tolist() for text in texts]} for i, texts in rows))
        write_lines(questions, ({"text": text, "vector": of_questions[text].tolist()} for text in task.questions))
        lines = self.run(self.ranker, items, questions, defaults, str(limit)).splitlines()
        found = [json.loads(line) for line in lines]
        return [Ranking(*([(int(row[0]), *row[1:]) for row in line[kind]] for kind in ("dense", "lexical", "hybrid"))) for line in found]

    def similarity(self):
        """The calibration of the model, cosines → similarities."""
        curve = self.scratch / "calibration.json"
        self.run(self.binary, "calibrate", "-o", curve, *self.flags)
        knots = numpy.array(json.loads(curve.read_text(encoding="utf-8"))["knots"])
        return lambda cosines: numpy.interp(cosines, knots[:, 0], knots[:, 1])


def scratch_folder():
    return tempfile.TemporaryDirectory(prefix="yuyi-fit-")


def write_lines(path, rows):
    with path.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
