"""Commands of the pages, and the outputs below or beside them."""

import re
from dataclasses import dataclass

from .pages import Finding

# What one machine or one run has and another has not.
CHANCE = re.compile(r"\b\d+(?:\.\d+)? (?:s|ms)\b|\b(?:amx|avx512vnni|avx2|generic)\b|127\.0\.0\.1:\d+")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
ANYTHING = "…"
PIECE = re.compile(rf"({CHANCE.pattern}|{NUMBER.pattern}|{ANYTHING})")
STOOD_IN = re.compile(r"gte-base-zh|--models a,b")


@dataclass(frozen=True)
class Command:
    """A command of a page, with the lines printed for it and where these begin and end in the page."""

    line: str
    printed: str
    start: int
    end: int
    # Commands above it that leave what it works on.
    before: tuple = ()

    @property
    def stood_in(self):
        return bool(STOOD_IN.search(self.line))


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str


class Runs:
    """What commands gave; each is run once, however many pages have it."""

    def __init__(self, program, url):
        self.program, self.url, self.known = program, url, {}

    @property
    def count(self):
        return len(self.known)

    def of(self, line, before=()):
        if (line, before) not in self.known:
            self.known[line, before] = self.run(line, before)
        return self.known[line, before]

    def run(self, line, before):
        if line.startswith("yuyi serve"):
            with self.program.start(line.replace("0.0.0.0", "127.0.0.1")) as first:
                return Run(0 if first else 1, first, "")
        # It measures for minutes, so only whether it takes these flags is seen.
        if line.startswith("yuyi bench"):
            line += " --help"
        silent = "".join(f"{{ {other}; }} >/dev/null 2>&1; " for other in before)
        result = self.program.run(re.sub(r"http://127\.0\.0\.1:5000", self.url, silent + line))
        return Run(result.returncode, result.stdout, result.stderr)


def check(page, runs):
    """Runs every command of the page, and notes what its output differs in."""
    findings = []
    for command in commands_of(page):
        place = f"{page.name}:{page.line_of(command.start - 1)}: {command.line}"
        run = runs.of(command.line, command.before)
        if run.code != 0:
            findings.append(Finding(place, "a command that works", f"exit code {run.code}: {run.err}", mended=False))
        elif command.printed:
            findings += compare(page, place, command, run)
    return findings


def commands_of(page):
    for block in page.blocks():
        if block.language == "console":
            yield from with_output(block)
        elif block.language == "sh":
            yield from with_remark(block)


def with_output(block):
    """`$ command` and the lines below it. Those about collections stand on what the ones above them have made."""
    before = ()
    for match in re.finditer(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.M):
        yield Command(match[1], match[2], block.start + match.start(2), block.start + match.end(2), before)
        if match[1].startswith("yuyi collection"):
            before += (match[1],)


def with_remark(block):
    """`yuyi … # 0.5356`: a remark that is a number is the output; other remarks are only remarks."""
    for match in re.finditer(r"^((?:yuyi|curl) (?:.*\\\n)*.*?)(?: +# (.*))?$", block.text, re.M):
        number = match[2] and NUMBER.fullmatch(match[2])
        start, end = match.span(2) if number else (match.end(), match.end())
        yield Command(match[1], match[2] if number else "", block.start + start, block.start + end)


def compare(page, place, command, run):
    """Lines that begin with the program's name went to standard error."""
    printed = command.printed.rstrip("\n").split("\n")
    out, err = run.out.rstrip("\n").split("\n"), run.err.rstrip("\n").split("\n")
    if command.line.startswith("yuyi serve"):
        out, err = [], out
    streams = [(is_remark, [line for line in printed if line.startswith("yuyi") == is_remark]) for is_remark in (False, True)]
    mask = of_another_model if command.stood_in else of_another_run
    if all(fits(lines, err if is_remark else out, mask, loose=is_remark) for is_remark, lines in streams if lines):
        return []
    actual = "\n".join(out or err)
    if command.stood_in:
        return [Finding(place, command.printed, actual, mended=False)]
    rewritten = rewrite(printed, out, err)
    if rewritten is None:
        return [Finding(place, command.printed, actual, mended=False)]
    text = rewritten + "\n" * command.printed.endswith("\n")
    page.replace(command.start, command.end, text)
    return [Finding(place, command.printed, text)]


def of_another_run(line):
    return CHANCE.sub("#", line)


def of_another_model(line):
    return NUMBER.sub("#", of_another_run(line))


def fits(printed, actual, mask, loose):
    """Whether the printed lines are the actual ones, `…` standing for anything; `loose`: or some of them."""
    if loose:
        return all(any(pattern_of(line, mask).fullmatch(mask(other)) for other in actual) for line in printed)
    pattern = "\n".join(map(mask, printed))
    return bool(pattern_of(pattern, str).fullmatch("\n".join(map(mask, actual))))


def pattern_of(line, mask):
    return re.compile(".*?".join(re.escape(part) for part in mask(line).split(ANYTHING)), re.S)


def rewrite(printed, out, err):
    """The printed lines with the program's numbers, or None where no line of the program is like one of them."""
    if not any(ANYTHING in line or line.startswith("yuyi") for line in printed):
        return "\n".join(out)
    lines, left = [], list(out)
    for line in printed:
        if line == ANYTHING:
            lines.append(line)
            continue
        source = err if line.startswith("yuyi") else left
        found = next((place for place, other in enumerate(source) if renewed(line, other) is not None), None)
        if found is None:
            return None
        lines.append(renewed(line, source[found]))
        del source[: found + 1]
    return "\n".join(lines)


def renewed(line, other):
    """The line with the other's numbers, if all else is the same; `…` and what chance decides stay as they are."""
    pieces = PIECE.split(line)
    # Every second one is what may differ.
    pattern = "".join(re.escape(piece) if index % 2 == 0 else may_be(piece) for index, piece in enumerate(pieces))
    match = re.fullmatch(pattern, other)
    if not match:
        return None
    new = iter(match.groups())
    values = [piece if index % 2 == 0 else next(new) for index, piece in enumerate(pieces)]
    return "".join(value if NUMBER.fullmatch(piece) else piece for piece, value in zip(pieces, values, strict=True))


def may_be(piece):
    if piece == ANYTHING:
        return "(.*?)"
    return f"({NUMBER.pattern if NUMBER.fullmatch(piece) else CHANCE.pattern})"
