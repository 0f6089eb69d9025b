"""The training sentences of models/builtin/training, and the free ones beside them.

Every source gives items that a step takes its batch from; nothing here knows of vectors.
"""

import random
import zlib
from dataclasses import dataclass
from pathlib import Path

HELD_OUT = 10  # One group of contrasts in so many is never trained on, but measured.
HELD_TATOEBA = 1000
SEED = 7
# The examples of the page, and what each should read; never trained on.
EXAMPLES = (
    ("发票", "你们的产品能开发票吗？", "是否支持开具发票？", "≥ .75"),
    ("心情", "我今天心情很好", "我感到非常愉快", "≥ .75"),
    ("天气", "今天天气真不错", "外面阳光明媚", "≥ .75"),
    ("AI", "人工智能改变世界", "AI 正在重塑未来", "≥ .75"),
    ("水果/苹果", "我喜欢吃水果", "苹果香蕉都很美味", "≥ .6"),
    ("水果/天气", "我喜欢吃水果", "天气晴朗适合出游", "≤ .15"),
)


@dataclass
class Family:
    """Intents that are near neighbours: each a list of wordings of one meaning."""

    name: str
    intents: list


@dataclass
class Contrast:
    """A sentence, others that mean the same, and others that only look so, each with its grade in [0, 1]."""

    kind: str
    same: list
    others: list


@dataclass
class Question:
    """A question, a passage that answers it, and one that nearly does."""

    text: str
    answer: str
    near: str


def families(folder):
    found = []
    for path in sorted((folder / "intents").glob("*.txt")):
        for line in lines(path):
            if line.startswith("# family: "):
                found.append(Family(line.removeprefix("# family: "), []))
            elif not line.startswith("#"):
                found[-1].intents.append([wording.strip() for wording in line.split("|")])
    return found


def contrasts(folder):
    found = []
    for path in sorted((folder / "contrasts").glob("*.tsv")):
        for line in lines(path):
            kind, anchor, *rest = line.split("\t")
            same = [field for field in rest if not graded(field)]
            others = [graded(field) for field in rest if graded(field)]
            found.append(Contrast(kind, [anchor, *same], others))
    return found


def graded(field):
    """`0.5:text` as a grade and a text."""
    grade, colon, text = field.partition(":")
    return (float(grade), text) if colon and grade in {"0", "0.25", "0.5", "0.75"} else None


def questions(folder):
    """Of short passages and of long ones."""
    of_long = ((text, answer, near) for pair in long_passages(folder) for (answer, *asked), (near, *_) in (pair, pair[::-1]) for text in asked)
    return short_questions(folder) + [Question(*row) for row in of_long]


def short_questions(folder):
    rows = (line.split("\t") for path in sorted((folder / "passages").glob("*.tsv")) for line in lines(path))
    return [Question(*row) for row in rows]


def long_passages(folder):
    """Pairs of long passages on subjects that are easily taken for each other, each passage followed by what it alone answers."""
    found = []
    for path in sorted((folder / "passages").glob("*.txt")):
        rows = [line.split("\t") for line in lines(path) if not line.startswith("# pair: ")]
        found += zip(rows[::2], rows[1::2])
    return found


def desks(folder):
    """What people ask or report, with the office that is in charge of it."""
    return [tuple(line.split("\t")) for path in sorted((folder / "desks").glob("*.tsv")) for line in lines(path)]


def titles(folder):
    """Long titles of notices, forms and pages."""
    return [line for path in sorted((folder / "titles").glob("*.txt")) for line in lines(path)]


def tatoeba(path):
    """Chinese sentences with their English ones, from the pairs of Tatoeba: English, Chinese, attribution."""
    pairs = sorted({tuple(line.split("\t")[:2]) for line in lines(path)})
    return [(chinese, english) for english, chinese in pairs]


def lines(path):
    text = Path(path).read_text(encoding="utf-8")
    return [line.rstrip("\n") for line in text.split("\n") if line.strip()]


def split(items, key):
    """What is trained on, and what is held out. The sentence that `key` gives decides, so more data move nothing over."""
    held = [zlib.crc32(key(item).encode()) % HELD_OUT == 0 for item in items]
    return [item for item, out in zip(items, held) if not out], [item for item, out in zip(items, held) if out]


def split_translations(pairs):
    """What is trained on, and what is held out: no sentence of these is among those."""
    shuffled = list(pairs)
    random.Random(SEED).shuffle(shuffled)
    held = shuffled[:HELD_TATOEBA]
    known = {text for pair in held for text in pair}
    return [pair for pair in shuffled[HELD_TATOEBA:] if known.isdisjoint(pair)], held
