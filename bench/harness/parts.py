"""What a report is put together of: for each group its workloads, time to the first answer, memory."""

from harness.engines import ENGINES, GROUPS
from harness.workloads import WORKLOADS

# Under which key of a group the figures of what is no workload stand.
STAGES = {"start": "starts", "memory": "memory"}
PARTS = (*(workload.name for workload in WORKLOADS), *STAGES)


def nothing():
    """A group of which nothing is measured yet."""
    return {"cosines": {}, "workloads": {}, **{key: {} for key in STAGES.values()}, "failed": {}}


def figures(group, part):
    """What was measured in one part, by engine."""
    if part in STAGES:
        return group[STAGES[part]]
    return group["workloads"].get(part, {}).get("samples", {})


def engines(name, group):
    """The engines of a group that have figures in any part, in the order of the tables."""
    measured = {engine for part in PARTS for engine in figures(group, part)}
    return [engine.name for engine in ENGINES if engine.group == name and engine.name in measured]


def record_failures(group, part, failed):
    """Keeps why engines are absent from a part that has just been measured."""
    group["failed"][part] = {engine: reason for engine, reason in failed.items() if engine not in figures(group, part)}


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
