"""What a report is put together of: for each group its workloads, time to the first answer, memory.

A part is measured whole in one run, so its ratios hold; a report may hold parts of several runs.
"""

import json

from harness.engines import ENGINES, GROUPS
from harness.workloads import WORKLOADS

# Under which key of a group the figures of what is no workload stand.
STAGES = {"start": "starts", "memory": "memory"}
PARTS = (*(workload.name for workload in WORKLOADS), *STAGES)


# Facts of the machine without which figures of two runs do not belong into one table.
SAME_MACHINE = ("cpu", "cores", "flags", "revision")


def fresh(machine, settings):
    """A report without figures."""
    return {"machine": machine, "settings": settings, "runs": [], "groups": {}, "versions": {}}


def opened(path, machine, settings):
    """The report in a file, to which figures of this machine and these settings may be added."""
    report = json.loads(path.read_text(encoding="utf-8"))
    if "runs" not in report:
        raise SystemExit(f"{path} is not a report of bench/run to which something can be added.")
    now = {**{key: machine[key] for key in SAME_MACHINE}, **settings}
    then = {**report["machine"], **report["settings"]}
    for key, value in now.items():
        if then[key] != value:
            raise SystemExit(f"Nothing can be added to {path}: its {key} is {then[key]}, that of this run is {value}.")
    if machine["revision"].endswith("with changes"):
        raise SystemExit(f"Nothing can be added to {path}: crates/ has changes, and they may not be those that it was measured with.")
    return report


def nothing():
    """A group of which nothing is measured yet."""
    return {"cosines": {}, "workloads": {}, **{key: {} for key in STAGES.values()}, "failed": {}, "runs": {}}


def figures(group, part):
    """What was measured in one part, by engine."""
    if part in STAGES:
        return group[STAGES[part]]
    return group["workloads"].get(part, {}).get("samples", {})


def engines(name, group):
    """The engines of a group that have figures in any part, in the order of the tables."""
    measured = {engine for part in PARTS for engine in figures(group, part)}
    return [engine.name for engine in ENGINES if engine.group == name and engine.name in measured]


def workloads(group):
    """The workloads of a group that have figures, in the order of the tables."""
    return [workload for workload in WORKLOADS if figures(group, workload.name)]


def groups(results):
    """Name and figures of each group that has any, in the order of the tables."""
    return {name: group for name in GROUPS if (group := results["groups"].get(name)) and engines(name, group)}


def missing(results, name):
    """The parts of a group without any figures; where every engine failed, another run may do better."""
    group = results["groups"].get(name, nothing())
    return [part for part in PARTS if not figures(group, part)]


def record(results, name, part, failed):
    """Keeps which run has just measured a part, and why engines are absent from it."""
    group = results["groups"][name]
    group["runs"][part] = len(results["runs"]) - 1
    group["failed"][part] = {engine: reason for engine, reason in failed.items() if engine not in figures(group, part)}


def by_run(results):
    """For each run that something in the report is from: the run, and what that is."""
    sources = {}
    for name, group in groups(results).items():
        of_group = {index: [part for part in PARTS if group["runs"].get(part) == index] for index in sorted(set(group["runs"].values()))}
        for index, measured in of_group.items():
            sources.setdefault(index, []).append(name if len(of_group) == 1 else f"{name} {', '.join(measured)}")
    return [(results["runs"][index], what) for index, what in sorted(sources.items())]


def absent(results):
    """A line for each reason why figures are missing, with the engines and parts that it concerns."""
    lines = []
    for name, title in GROUPS.items():
        group = results["groups"].get(name, nothing())
        members = [engine.name for engine in ENGINES if engine.group == name]
        alike = {}
        for engine in members:
            for reason, parts in gaps(group, engine).items():
                alike.setdefault((reason, parts), []).append(engine)
        lines += [absence(title, reason, parts, who, members) for (reason, parts), who in alike.items()]
    return lines


def gaps(group, engine):
    """The parts in which an engine has no figures, by reason."""
    found = {}
    for part in PARTS:
        if engine not in figures(group, part):
            failed = group["failed"].get(part, {}).get(engine)
            reason = f"Left out ({failed})" if failed else "Not chosen for this run"
            found[reason] = (*found.get(reason, ()), part)
    return found


def absence(title, reason, parts, engines, members):
    who = "all engines" if engines == members else ", ".join(engines)
    where = "" if parts == PARTS else f" in {', '.join(parts)}"
    return f"{reason}: {who}{where}, of “{title}”."
