"""The report: Markdown for people, JSON with every sample, an SVG plot."""

import json
from pathlib import Path

from harness import parts, plot
from harness.engines import ENGINES, GROUPS
from harness.measure import DISTURBED
from harness.summary import paired_rounds, ratio, spread
from harness.workloads import mixed_lengths


def write(results, path):
    """Writes path.md, path.json and path.svg; returns the Markdown."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = markdown(results, f"{path.name}.svg")
    path.with_name(path.name + ".md").write_text(text, encoding="utf-8")
    path.with_name(path.name + ".json").write_text(json.dumps(rounded(results)) + "\n", encoding="utf-8")
    plot.draw(results, path.with_name(path.name + ".svg"))
    return text


def rounded(value):
    """Microseconds are finer than any clock here."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return [rounded(inner) for inner in value] if isinstance(value, list) else value


def is_ours(name):
    return next(engine for engine in ENGINES if engine.name == name).ours


def markdown(results, picture):
    sections = [heading(results), f"![Medians of all engines]({picture})\n"]
    sections += [group_section(name, group) for name, group in parts.groups(results).items()]
    sections.append(footnotes(results))
    return "\n".join(sections)


def heading(results):
    machine, settings = results["machine"], results["settings"]
    flags = ", ".join(machine["flags"])
    limited = settings.get("instructions")
    limits = f" **Every engine was shown a processor with {limited.upper()} and nothing newer.**" if limited else ""
    quick = " Quick run: too few rounds for a verdict." if settings["quick"] else ""
    return (
        f"# yuyi and its peers on {machine['cpu']}\n\n"
        f"{machine['cores']} cores ({flags}), {machine['memory_gib']} GiB, Linux {machine['kernel']}; revision {machine['revision']}; "
        f"{settings['threads']} threads for each engine. {times(results)}{limits}{stored(settings)}{quick}\n\n"
        "Medians over interleaved rounds, first and third quartile in brackets. `bench/README.md` explains them.\n"
    )


def times(results):
    """When the figures were measured, and what else ran then."""
    told = [
        (f"{run['date']}, priority {run['nice']}, load average at the start {run['load_average']:.1f}", what)
        for run, what in parts.by_run(results)
    ]
    if len(told) <= 1:
        return "".join(f"{about}." for about, _ in told)
    runs = "; ".join(f"{about} ({'; '.join(what)})" for about, what in told)
    return f"**Put together from {len(told)} runs, so compare times only within a column:** {runs}."


def stored(settings):
    """What of yuyi was not made from this revision alone."""
    notes = f" yuyi's weights were stored beforehand in: {', '.join(settings['stored'])}." if settings["stored"] else ""
    return notes + (" yuyi was given with `--worker` and may be of another revision." if settings["worker"] else "")


def group_section(name, group):
    engines = parts.engines(name, group)
    workloads = parts.workloads(group)
    sections = [f"## {GROUPS[name]}\n", time_table(group, engines, workloads), ratio_table(group, engines, workloads)]
    sections += [resources_table(group, engines), noise_line(group, workloads)]
    return "\n".join(section for section in sections if section)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def figures(workload, samples):
    """Median and quartiles in the workload's unit, from seconds."""
    middle, first, third = spread(samples)
    if workload.throughput is None:
        return middle * 1e3, first * 1e3, third * 1e3
    amount = sum(workload.lengths) if workload.throughput == "tokens" else len(workload.lengths)
    return amount / middle, amount / third, amount / first


def number(value):
    return f"{value:,.0f}" if value >= 200 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def time_table(group, engines, workloads):
    if not workloads:
        return ""
    rows = [[f"**{name}**" if is_ours(name) else name, *(cell(group, w, name) for w in workloads)] for name in engines]
    return table(["engine", *(column_head(w, rounds(group["workloads"][w.name])) for w in workloads)], rows)


def column_head(workload, taken):
    """The title, and whether the rounds are as many as a verdict needs."""
    count = f"{taken} rounds" if taken >= workload.rounds else f"{taken} of {workload.rounds} rounds"
    return f"{workload.title} ({count})"


def rounds(measured):
    """Rounds that were run; an engine that sat out has fewer samples."""
    return max(map(len, measured["samples"].values()))


def cell(group, workload, name):
    measured = group["workloads"][workload.name]
    samples = measured["samples"].get(name)
    if not samples:
        return "–"
    middle, first, third = map(number, figures(workload, samples))
    return f"{middle} ({', '.join([f'{first}–{third}', *notes(measured, name)])})"


def notes(measured, name):
    """What a reader must know of one engine's samples."""
    size, taken, waited = measured["batch"].get(name), len(measured["samples"][name]), spread(measured["waited"][name])[0]
    if size is not None:
        yield "no batches" if size == 1 else f"batches of {size}"
    if taken < rounds(measured):
        yield f"sat out after {taken} rounds"
    if waited > DISTURBED:
        yield f"waited {waited:.0%}"


def ratio_table(group, engines, workloads):
    """How many times faster than the best peer, one row for each of yuyi's precisions."""
    ours = [name for name in engines if is_ours(name)]
    rows = [[name, *(ratio_cell(group["workloads"][w.name]["samples"], name) for w in workloads)] for name in ours]
    if not rows or not workloads:
        return ""
    return table(["times as fast as the best peer (95 % interval)", *(w.title.rpartition(",")[0] for w in workloads)], rows)


def ratio_cell(samples, name):
    peers = {other: values for other, values in samples.items() if not is_ours(other)}
    if name not in samples or not peers:
        return "–"
    best, times, low, high = ratio(samples[name], peers)
    paired = paired_rounds(samples[name], peers)
    fewer = f", {paired} rounds" if paired < len(samples[name]) else ""
    return f"{times:.2f} ({low:.2f}–{high:.2f}{fewer}) against {best}"


def resources_table(group, engines):
    """Time to the first answer, memory and nearness to the reference."""
    rows = []
    for name in engines:
        start, memory, cosine = (group[key].get(name) for key in ("starts", "memory", "cosines"))
        first = f"{spread(start['first_answer'])[0]:.2f}" if start else "–"
        model = f"{spread(start['model'])[0]:.2f}" if start else "–"
        peaks = [f"{memory[key] / 1024:,.0f}" if memory and key in memory else "–" for key in ("singles", "all")]
        near = f"{cosine['least']:.5f}" if cosine else "–"
        rows.append([name, first, model, *peaks, near])
    head = ["engine", "process start to first answer, s", "of it model, s", "peak RSS after single texts, MiB", "after all, MiB"]
    return table([*head, "least cosine to the reference"], rows)


def noise_line(group, workloads):
    """How much other work disturbed the runs."""
    if not workloads:
        return ""
    noises = []
    for workload in workloads:
        measured = group["workloads"][workload.name]
        shares = [share for values in measured["waited"].values() for share in values]
        disturbed = sum(share > DISTURBED for share in shares)
        noises.append(f"{workload.name} {sum(shares) / len(shares):.0%} + {measured['steal']:.0%} ({disturbed} of {len(shares)})")
    return (
        "Share of the time that threads waited for a processor + share that the hypervisor took "
        f"(samples that waited for more than {DISTURBED:.0%}): {', '.join(noises)}.\n"
    )


def footnotes(results):
    versions = sorted(set(results["versions"].values()))
    lengths = mixed_lengths()
    lines = [
        f"Versions: {'; '.join(versions)}.",
        "Memory is in MiB of 1,048,576 bytes.",
        f"The mixed texts have {sum(lengths) / len(lengths):.1f} tokens in the mean, {min(lengths)} to {max(lengths)}.",
    ]
    return "\n\n".join(lines + parts.absent(results)) + "\n"
