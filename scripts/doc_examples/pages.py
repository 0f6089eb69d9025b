"""The pages with their blocks of code, and what is to be written into them."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from .program import REPOSITORY

# A vector has thousands of characters.
LONGEST_SHOWN = 300
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and where that text begins in the page."""

    language: str
    text: str
    start: int


@dataclass
class Page:
    path: Path
    text: str
    # How many requests it shows.
    replies: int = 0
    # Start, end and new text of what differs.
    changes: list[tuple[int, int, str]] = field(default_factory=list)

    @property
    def name(self):
        return str(self.path.relative_to(REPOSITORY))

    def blocks(self):
        return [Block(match[1], match[2], match.start(2)) for match in BLOCK.finditer(self.text)]

    def line_of(self, position):
        return self.text.count("\n", 0, position) + 1

    def replace(self, start, end, text):
        self.changes.append((start, end, text))

    def write(self):
        """Writes the changes, if there are any; whether there were."""
        for start, end, text in sorted(self.changes, reverse=True):
            self.text = self.text[:start] + text + self.text[end:]
        if self.changes:
            self.path.write_text(self.text, encoding="utf-8")
        return bool(self.changes)


@dataclass(frozen=True)
class Finding:
    """A place that differs from the program; `mended` if the page has the change that puts it right."""

    place: str
    printed: str
    actual: str
    mended: bool = True

    def __str__(self):
        return f"{self.place}\n  printed: {indent(self.printed)}\n  program: {indent(self.actual)}"


def indent(text):
    lines = text.strip("\n").split("\n")
    return "\n           ".join(line if len(line) <= LONGEST_SHOWN else line[:LONGEST_SHOWN] + " [and so on]" for line in lines)


def load_pages():
    paths = [*sorted(REPOSITORY.glob("README*.md")), *sorted(REPOSITORY.glob("docs/*/*.md"))]
    return [Page(path, path.read_text(encoding="utf-8")) for path in paths]
