"""Tables in Markdown of what was tried, and their place in a file."""

import re

import fusion
import matching


def fusion_table(judge):
    """The two lists, and each method with its constants, judged on what they were not chosen on."""
    names = list(judge.tasks)
    lines = [f"{', '.join(fusion.FIGURES)}:\n", f"| | {' | '.join(names)} | mean gain |", "|---" * (len(names) + 2) + "|"]
    for i, way in enumerate(("by vectors", "by words")):
        lines.append(row(way, {name: judge.parents[name][i] for name in names}, ""))
    for method in fusion.METHODS:
        constants = judge.choose(method)
        crossed = judge.crossed(method)
        said = ", ".join(f"{name} {value:g}" for name, value in constants.items())
        lines.append(row(f"{method.name}: {said}", crossed, f"{judge.gains(crossed).mean():+.2f}"))
    return "\n".join(lines) + "\n"


def row(name, ranks, gain):
    cells = (" · ".join(f"{value:.1f}" for value in fusion.figures(of_task)) for of_task in ranks.values())
    return f"| {name} | " + " | ".join(cells) + f" | {gain} |"


def faq_table(asked, example):
    by_f, leads = matching.by_f_measure, matching.LEADS
    ways = [("**defaults**", by_f, example, leads, matching.NEARLY), ("F₀.₅ alone", by_f, example, leads, 1.0), ("without a lead", by_f, example, leads[:1], 1.0)]
    ways += [(f"precision {wished:g}", matching.by_precision(wished), (1.0, 1.0), leads, 1.0) for wished in matching.PRECISIONS]
    lines = ["| chosen for | threshold | margin | lead | precision | answered rightly | answered though there is no answer |", "|---" * 7 + "|"]
    for name, *how in ways:
        threshold, margin, lead = matching.choose(asked, *how)
        answered = matching.crossed(asked, *how)
        shares = (asked.precision(answered), asked.share(answered), asked.wrongly(answered))
        cells = " | ".join(f"{100 * share:.1f} %" for share in shares)
        lines.append(f"| {name} | {threshold:.2f} | {margin:.2f} | {lead:.2f} | {cells} |")
    found, ahead = example
    question, entry = matching.EXAMPLE
    lines.append(f"\n{question} and {entry} have a similarity of {found:.3f}. Where no entry of a FAQ on other things is nearer, it is {ahead:.3f} ahead at least.")
    return "\n".join(lines) + "\n"


def write(path, name, tables):
    """Puts tables between the marks of that name in a file."""
    text = path.read_text(encoding="utf-8")
    marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    path.write_text(marks.sub(lambda found: f"{found[1]}\n{tables}\n{found[2]}", text), encoding="utf-8")
