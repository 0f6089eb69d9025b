"""Draws measurements over time as an SVG file: panels below each other that share the time axis."""

from html import escape
from typing import NamedTuple

WIDTH, LEFT, RIGHT = 760, 64, 16
HEAD, TITLE, PANEL, GAP, FOOT = 34, 22, 120, 18, 34
TEXT, FRAME = "#27313a", "#d5dbe0"
COLOURS = ("#c8442c", "#3f6f9f", "#7a8b3c", "#8f5fa8")


class Line(NamedTuple):
    """A named series of (seconds, value)."""

    name: str
    points: list


class Panel(NamedTuple):
    """One diagram; its axis starts at zero."""

    title: str
    lines: list


def draw(title, panels, path):
    """Writes the file; the same measurements give the same bytes."""
    last = max(seconds for panel in panels for line in panel.lines for seconds, _ in line.points)
    height = HEAD + len(panels) * (TITLE + PANEL + GAP) + FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="DejaVu Sans, sans-serif" font-size="11" fill="{TEXT}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="13" font-weight="bold">{escape(title)}</text>',
    ]
    top = HEAD
    for panel in panels:
        parts += diagram(panel, top + TITLE, last)
        top += TITLE + PANEL + GAP
    step = nice_step(last, 8)
    for mark in range(int(last / step) + 1):
        x = across(mark * step, last)
        parts.append(f'<text x="{x:.1f}" y="{top}" text-anchor="middle">{mark * step:g}</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{top + 18}" text-anchor="end">seconds</text></svg>')
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")


def diagram(panel, top, last):
    most = max((value for line in panel.lines for _, value in line.points), default=0) or 1
    step = nice_step(most, 4)
    most = max(most, step)
    yield f'<text x="{LEFT}" y="{top - 8}">{escape(panel.title)}</text>'
    for mark in range(int(most / step) + 1):
        y = top + PANEL * (1 - mark * step / most)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{FRAME}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{mark * step:,.6g}</text>'
    place = WIDTH - RIGHT
    for line, colour in reversed(list(zip(panel.lines, COLOURS))):
        points = " ".join(f"{across(seconds, last):.1f},{top + PANEL * (1 - value / most):.1f}" for seconds, value in line.points)
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        yield f'<text x="{place}" y="{top - 8}" text-anchor="end" fill="{colour}">{escape(line.name)}</text>'
        place -= 7 * len(line.name) + 14


def across(seconds, last):
    return LEFT + (WIDTH - LEFT - RIGHT) * seconds / (last or 1)


def nice_step(most, marks):
    """A step of 1, 2 or 5 times a power of ten that divides up to `most` in at most `marks`."""
    for exponent in range(-6, 13):
        for factor in (1, 2, 5):
            if most / (factor * 10**exponent) <= marks:
                return factor * 10**exponent
    return most
