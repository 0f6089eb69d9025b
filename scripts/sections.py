"""Sections of reports in Markdown that are put in place of what was there."""

import re
from pathlib import Path


def pattern(heading):
    return re.compile(rf"^{re.escape(heading)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)


def section(path, heading):
    found = pattern(heading).search(path.read_text(encoding="utf-8")) if path.is_file() else None
    return found[0] if found else None


def put(path, heading, text):
    """Puts a text under its heading, in the place of what was there."""
    report = path.read_text(encoding="utf-8")
    new = f"{heading}\n\n{text}\n\n"
    there = pattern(heading)
    report = there.sub(lambda _: new, report) if there.search(report) else f"{report.rstrip()}\n\n{new}"
    path.write_text(report.rstrip() + "\n", encoding="utf-8")


def timed(command, told):
    """What an example of the program said of its times, with the command that made it and the processor."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    name = model[1] if model else "an unknown processor"
    return f"`{command}`, on {name}:\n\n```text\n{told.rstrip()}\n```"
