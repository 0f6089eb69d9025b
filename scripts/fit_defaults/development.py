"""The texts of models/builtin/development: FAQs, questions that none of their entries answers, and passages."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent.parent / "models" / "builtin" / "development"
# What stands in the place of a field where a question is near to none.
FAR = "far"


@dataclass(frozen=True)
class Entry:
    """An entry of a FAQ: the standard question, further wordings, an answer, and questions that should find it."""

    field: str
    question: str
    wordings: tuple
    answer: str
    asked: tuple

    def texts(self):
        return (self.question, *self.wordings)


@dataclass(frozen=True)
class Passage:
    subject: str
    text: str
    asked: tuple


def entries(folder=FOLDER):
    found = []
    for path in sorted((folder / "faq").glob("*.tsv")):
        for question, wordings, answer, asked in rows(path):
            found.append(Entry(path.stem, question, tuple(filter(None, wordings.split("|"))), answer, tuple(asked.split("|"))))
    return found


def unanswered(folder=FOLDER):
    """(field or FAR, question)."""
    return [tuple(row) for row in rows(folder / "unanswered.tsv")]


def passages(folder=FOLDER):
    return [Passage(subject, text, tuple(asked)) for subject, text, *asked in rows(folder / "passages.tsv")]


def sentences(folder=FOLDER):
    """Every text."""
    for entry in entries(folder):
        yield from (*entry.texts(), entry.answer, *entry.asked)
    yield from (question for _, question in unanswered(folder))
    for passage in passages(folder):
        yield from (passage.text, *passage.asked)


def rows(path):
    return [line.split("\t") for line in path.read_text(encoding="utf-8").rstrip("\n").split("\n")]
