"""Figures in running text and tables that follow from the built-in model and the pairs beside it."""

import csv
import io
import json
import re
import statistics
from dataclasses import dataclass

from .pages import Finding
from .program import PAIRS

FITTED = PAIRS.with_name("calibration.json")
DEFAULTS = PAIRS.with_name("defaults.json")
BINS = 10
# In the order in which the tables have them.
KINDS = ("rewording", "same", "gap", "nearly", "topic", "field", "unrelated", "random")
PLAIN, NEGATED = "可以随时取消", "不可以随时取消"


@dataclass(frozen=True)
class Figure:
    """A place of a page: its groups are the figures called by the names."""

    page: str
    pattern: str
    names: tuple[str, ...]


FIGURES = (
    Figure("README.md", r"the calibration error is (\S+) \(cosine: (\S+)\)", ("ece", "ece_cosine")),
    Figure("README.zh.md", r"校准误差是 ([\d.]+)，直接用余弦则是 ([\d.]+)。", ("ece", "ece_cosine")),
    Figure("docs/en/calibration.md", r"calibration error (\S+) \(cosine: (\S+)\)", ("ece", "ece_cosine")),
    Figure("docs/zh/calibration.md", r"校准误差是 ([\d.]+)（余弦是 ([\d.]+)）", ("ece", "ece_cosine")),
    Figure("README.md", r"lie between (\S+) and 1 with the built-in model, and\sunrelated ones have a median of ([\d.]+)\.\s", ("least", "unrelated")),
    Figure("README.zh.md", r"余弦几乎全在 ([\d.]+) 到 1 之间，不相干的句对中位数也有 ([\d.]+)。", ("least", "unrelated")),
    Figure("docs/en/calibration.md", r"have a median cosine\sof (\S+) and paraphrases one of ([\d.]+),", ("unrelated", "paraphrases")),
    Figure("docs/zh/calibration.md", r"余弦中位数是 ([\d.]+)，换个说法的是 ([\d.]+)；", ("unrelated", "paraphrases")),
    Figure("README.md", f"{PLAIN} and {NEGATED} get " + r"(\d\.\d+)\.", ("negated",)),
    Figure("README.zh.md", f"“{PLAIN}”与“{NEGATED}”得 " + r"([\d.]+)。", ("negated",)),
    *(
        Figure(page, r'"pairs": (\d+), "ece_before": ([\d.]+), "ece_after": ([\d.]+)', ("fit_pairs", "fit_before", "fit_after"))
        for page in ("docs/en/calibration.md", "docs/zh/calibration.md")
    ),
    *(
        Figure(page, row, tuple(f"{kind}_{part}" for kind in KINDS for part in ("median", "low", "high")))
        for page, row in (
            ("docs/en/calibration.md", r"\| kind of pair .*\n\|---.*\n" + r"\|.*\| ([\d.]+) \(([\d.]+)–([\d.]+)\) \|\n" * len(KINDS)),
            ("docs/zh/calibration.md", r"\| 句对的种类 .*\n\|---.*\n" + r"\|.*\| ([\d.]+)（([\d.]+)–([\d.]+)） \|\n" * len(KINDS)),
        )
    ),
    Figure(
        "docs/en/api.md",
        r"a threshold of ([\d.]+), and a margin that falls from ([\d.]+) at the threshold \(the \*lead\*\) to ([\d.]+),",
        ("faq_threshold", "faq_lead", "faq_margin"),
    ),
    Figure(
        "docs/zh/api.md",
        r"阈值 ([\d.]+)；差距随相似度升高而降低，在阈值处要 ([\d.]+)（称为 \*lead\*），最低 ([\d.]+)：",
        ("faq_threshold", "faq_lead", "faq_margin"),
    ),
)
COUNT = sum(len(figure.names) for figure in FIGURES)


def check(pages, program):
    """Compares every figure, in as many decimals as are printed."""
    values = measured(program) | fitted()
    by_name = {page.name: page for page in pages}
    return [finding for figure in FIGURES for finding in compare(by_name[figure.page], figure, values)]


def compare(page, figure, values):
    match = re.search(figure.pattern, page.text)
    if not match:
        return [Finding(page.name, f"nothing like {figure.pattern}", "a place where figures stand", mended=False)]
    findings = []
    for group, name in enumerate(figure.names, 1):
        printed = match[group]
        decimals = len(printed.partition(".")[2])
        actual = f"{values[name]:.{decimals}f}"
        if actual != printed:
            start, end = match.span(group)
            page.replace(start, end, actual)
            findings.append(Finding(f"{page.name}:{page.line_of(start)}: {name}", printed, actual))
    return findings


def measured(program):
    """Calibration errors and the spread of each kind, on the pairs that the calibration was not fitted to."""
    table = io.StringIO(output(program, f"yuyi sim --pairs {PAIRS}"))
    rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    values = {"ece": calibration_error(rows, "similarity"), "ece_cosine": calibration_error(rows, "cosine")}
    for kind in KINDS:
        similarities = [float(row["similarity"]) for row in rows if row["kind"] == kind]
        parts = statistics.quantiles(similarities, n=4, method="inclusive")
        values |= zip((f"{kind}_low", f"{kind}_median", f"{kind}_high"), parts, strict=True)
    values["least"] = statistics.quantiles((float(row["cosine"]) for row in rows), n=100, method="inclusive")[0]
    values["unrelated"] = median_cosine(rows, ("unrelated", "random"))
    values["paraphrases"] = median_cosine(rows, ("rewording", "same"))
    return values | {"negated": float(output(program, f"yuyi sim {PLAIN} {NEGATED}"))}


def median_cosine(rows, kinds):
    return statistics.median(float(row["cosine"]) for row in rows if row["kind"] in kinds)


def output(program, command):
    run = program.run(command)
    if run.returncode != 0:
        raise SystemExit(run.stderr)
    return run.stdout


def calibration_error(rows, column):
    """Mean gap between score and label, over bins of the score weighted by their pairs."""
    gaps = [0.0] * BINS
    for row in rows:
        score = min(max(float(row[column]), 0.0), 1.0)
        gaps[min(int(score * BINS), BINS - 1)] += score - float(row["label"])
    return sum(map(abs, gaps)) / len(rows)


def fitted():
    facts = json.loads(FITTED.read_text(encoding="utf-8"))["fitted_on"]
    faq = json.loads(DEFAULTS.read_text(encoding="utf-8"))["faq"]
    limits = {f"faq_{name}": value for name, value in faq.items()}
    return {"fit_pairs": facts["pairs"], "fit_before": facts["ece_before"], "fit_after": facts["ece_after"]} | limits
