"""The plot of a report: a row for each group, a panel for each workload, a bar for each engine."""

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as pyplot

from harness import parts
from harness.engines import GROUPS
from harness.summary import spread

OURS, PEERS, TEXT = "#c8442c", "#8fa3b5", "#27313a"
# The same figures give the same bytes.
STYLE = {"svg.hashsalt": "yuyi", "font.family": "DejaVu Sans", "font.size": 8, "axes.edgecolor": "#b9c2ca"}
BAR, PANEL_WIDTH, HEAD = 0.24, 2.15, 0.75


def draw(results, path):
    """Writes the SVG file; without any workload there is nothing to draw."""
    from harness.report import figures, is_ours

    groups = {name: drawn for name, group in parts.groups(results).items() if (drawn := parts.workloads(group))}
    if not groups:
        return
    engines = {name: parts.engines(name, results["groups"][name]) for name in groups}
    columns = max(map(len, groups.values()))
    heights = [BAR * len(names) + HEAD for names in engines.values()]
    with pyplot.rc_context(STYLE):
        size = (PANEL_WIDTH * columns + 1.6, sum(heights) + 0.5)
        figure, axes = pyplot.subplots(len(groups), columns, figsize=size, squeeze=False, height_ratios=heights, layout="constrained")
        for row, (name, workloads) in zip(axes, groups.items(), strict=True):
            row[0].set_title(GROUPS[name], loc="left", fontweight="bold", color=TEXT, pad=24)
            for panel, workload in zip(row, workloads):
                taken = parts.figures(results["groups"][name], workload.name)
                values = [figures(workload, taken[e]) if e in taken else None for e in engines[name]]
                bars(panel, workload, engines[name], values, [is_ours(e) for e in engines[name]])
            for panel in row[1:]:
                panel.set_yticklabels([])
            for panel in row[len(workloads) :]:
                panel.set_axis_off()
        threads = results["settings"]["threads"]
        figure.supxlabel(f"{results['machine']['cpu']}, {threads} threads. Bars: medians; lines: quartiles.", fontsize=8, color=TEXT)
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)


def bars(panel, workload, engines, values, ours):
    """One panel; a missing value leaves its row empty."""
    better = "more is better" if workload.throughput else "less is better"
    panel.text(0, 1.02, f"{workload.title}\n{better}", transform=panel.transAxes, fontsize=7, color=TEXT, va="bottom")
    for y, (value, own) in enumerate(zip(values, ours, strict=True)):
        if value is None:
            continue
        middle, first, third = value
        panel.barh(y, middle, color=OURS if own else PEERS, height=0.72)
        panel.plot((first, third), (y, y), color=TEXT, linewidth=1)
        panel.text(max(middle, third), y, f" {middle:,.0f}" if middle >= 100 else f" {middle:.1f}", va="center", fontsize=7, color=TEXT)
    panel.set_yticks(range(len(engines)), engines)
    panel.set_ylim(len(engines) - 0.4, -0.6)
    panel.margins(x=0.25)
    panel.set_xlim(left=0)
    panel.locator_params(axis="x", nbins=3)
    panel.spines[["top", "right"]].set_visible(False)
