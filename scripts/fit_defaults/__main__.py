"""Chooses every default that depends on the vectors of the built-in model, on models/builtin/development, and writes models/builtin/defaults.json.

    python3 scripts/fit_defaults                 writes the file, prints the tables of models/builtin/DEFAULTS.md
    python3 scripts/fit_defaults --write         writes both
    python3 scripts/fit_defaults --check         writes nothing; exits 1 where the file is not what this finds
    python3 scripts/fit_defaults --model DIR --out FILE    of another model

Run it whenever the built-in model changes, after its calibration. Vectors, BM25 and rankings are the program's own:

    cargo build --release --workspace --bin yuyi --example rankings

Needs scripts/requirements-defaults.txt. Evaluation sets are measured by scripts/measure_search and decide nothing here.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import fusion  # noqa: E402
import matching  # noqa: E402
import report  # noqa: E402
import tasks  # noqa: E402
from program import BUILTIN, DEFAULTS, Program, add_arguments, scratch_folder  # noqa: E402

SUM_DIFFERS = "the program ranks the wanted passage elsewhere than `weighted_sum` in fusion.py, which has to be as `Fusion` of crates/store"


def main():
    arguments = parse_arguments()
    with scratch_folder() as scratch:
        program = Program(arguments, scratch)
        found = [fit(program) for fit in (fit_fusion, fit_faq)]
    fitted = {name: constants for name, constants, _ in found}
    tables = "\n".join(table for *_, table in found)
    made = json.dumps(fitted, indent=2) + "\n"
    print(tables)
    print(made, end="")
    if arguments.check:
        return int(made != arguments.out.read_text(encoding="utf-8"))
    arguments.out.write_text(made, encoding="utf-8")
    if arguments.write:
        report.write(BUILTIN / "DEFAULTS.md", "fitted", tables)
    return 0


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--out", type=Path, default=DEFAULTS, help="where the defaults go")
    parser.add_argument("--write", action="store_true", help="write the tables to models/builtin/DEFAULTS.md as well")
    parser.add_argument("--check", action="store_true", help="only compare with the file that is there")
    return parser.parse_args()


def fit_fusion(program):
    """How rankings by vectors and by words become one."""
    asked = {}
    for task in tasks.searches():
        asked.setdefault(task.name, []).extend(zip(task.wanted, task.groups, program.rank(task)))
    judge = fusion.Judge({name: fusion.Lists(*map(list, zip(*rows))) for name, rows in asked.items()})
    constants = judge.choose(fusion.SUM)
    check_sum(program, constants)
    return "fusion", constants, report.fusion_table(judge)


def check_sum(program, constants):
    """The sum that was chosen has to be the program's."""
    defaults, task = program.scratch / "defaults.json", tasks.passages()
    defaults.write_text(json.dumps({"fusion": constants}), encoding="utf-8")
    rankings = program.rank(task, constants["depth"], defaults)
    lists = fusion.Lists(task.wanted, task.groups, rankings)
    ranks = lists.ranks(fusion.SUM.scores(lists, **constants))
    for question, wanted, ranking, rank in zip(task.questions, task.wanted, rankings, ranks):
        place = next((i for i, (item, _) in enumerate(ranking.hybrid, 1) if item == wanted), None)
        if place is not None and place != rank:
            sys.exit(f"{question}: {SUM_DIFFERS} ({place} and {rank:.0f})")


def fit_faq(program):
    """When a FAQ answers."""
    asked = matching.ask(program)
    example = matching.example(program)
    threshold, margin, lead = matching.choose(asked, matching.by_f_measure, example, nearly=matching.NEARLY)
    return "faq", {"threshold": threshold, "margin": margin, "lead": lead}, report.faq_table(asked, example)


if __name__ == "__main__":
    sys.exit(main())
