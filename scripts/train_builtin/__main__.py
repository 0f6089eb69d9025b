"""Trains the model inside the program, on a CPU, from the committed data to the committed bytes.

    python3 scripts/train_builtin --base BASE --out DIR
    python3 scripts/train_builtin --base BASE --steps 100 --half 1 --out /tmp/trial      a trial, with bfloat16 products
    python3 scripts/train_builtin --base BASE --trained STATE --way 0.5 --out DIR        half the way to weights that --state kept
    python3 scripts/train_builtin --base BASE --trained S T --ways 0.6 0.3 --out DIR     so far to those of two runs

BASE is what scripts/build_builtin_model --base writes: the untrained cut of multilingual-e5-small. Needs
scripts/requirements-train.txt. The log of a run is what it prints; the figures on which a run was chosen come from
scripts/measure_model.
"""

import argparse
import random
import sys
import time
from dataclasses import dataclass, fields
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))

import data  # noqa: E402
import export  # noqa: E402
import rounding  # noqa: E402
from model import Model  # noqa: E402
from training import Plan, Trainer  # noqa: E402

REPOSITORY = Path(__file__).resolve().parent.parent.parent
MATERIAL = REPOSITORY / "models" / "builtin" / "training"


@dataclass
class Material:
    """What is trained on."""

    families: list
    contrasts: list
    questions: list
    translations: list
    desks: list
    sentences: list
    titles: list


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    plan = Plan(**{field.name: getattr(arguments, field.name) for field in fields(Plan)})
    print(plan, flush=True)
    material = read_material(arguments)
    trainer = Trainer(arguments.base, plan, material)
    if arguments.trained:
        ways = arguments.ways or [plan.way] * len(arguments.trained)
        trainer.go(zip(map(weights, arguments.trained), ways, strict=True))
    else:
        if arguments.start:
            trainer.take(weights(arguments.start))
        trainer.run(report, lambda: wait(arguments.pause_while), lambda: keep(trainer, arguments.state))
        keep(trainer, arguments.state)
        trainer.go([(trainer.model.state_dict(), plan.way)])
    if arguments.unrounded:
        export.write(arguments.base, arguments.unrounded, trainer.model, plan.first, None)
    if not arguments.out:
        return
    rounded = rounding.round_layers(trainer.model, plan.first, calibration_texts(material), report)
    export.write(arguments.base, arguments.out, trainer.model, plan.first, rounded)
    print(f"{arguments.out} is written")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True, help="the folder of the untrained model")
    parser.add_argument("--out", type=Path, help="the folder to write; absent: nothing is rounded")
    parser.add_argument("--material", type=Path, default=MATERIAL, help="the training data")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--share", type=float, default=1.0, help="use this share of the data only, for a learning curve")
    parser.add_argument("--state", type=Path, help="keep the trained weights there, before rounding")
    parser.add_argument("--trained", type=Path, nargs="+", metavar="STATE", help="do not train: take such weights, or those of a model's folder")
    parser.add_argument("--ways", type=float, nargs="+", metavar="WAY", help="how far to go to each of them, instead of --way")
    parser.add_argument("--start", type=Path, metavar="STATE", help="train on from such weights, or from those of a model's folder")
    parser.add_argument("--unrounded", type=Path, metavar="DIR", help="write the model before rounding there, too")
    parser.add_argument("--pause-while", type=Path, metavar="FILE", help="compute nothing while this file is there")
    for field in fields(Plan):
        parser.add_argument(f"--{field.name}", type=field.type, default=field.default)
    return parser.parse_args()


def weights(place):
    return Model(place).state_dict() if place.is_dir() else torch.load(place)


def report(line):
    print(line, flush=True)


def keep(trainer, file):
    if file:
        torch.save(trainer.model.state_dict(), file)


def wait(file):
    while file and file.exists():
        time.sleep(2)


def read_material(arguments):
    folder = arguments.material
    contrasts, _ = data.split(data.contrasts(folder), lambda group: group.same[0])
    translations, _ = data.split_translations(data.tatoeba(folder / "tatoeba.tsv"))
    everything = data.families(folder), contrasts, data.questions(folder), data.desks(folder)
    families, contrasts, questions, desks = (part(items, arguments.share) for items in everything)
    sentences = [text for question in questions for text in (question.text, question.answer)]
    sentences += [chinese for chinese, _ in translations[:2000]]
    sentences += [intent[0] for family in families for intent in family.intents]
    intents = sum(len(family.intents) for family in families)
    print(f"{len(families)} families, {intents} intents, {len(contrasts)} groups of contrasts, {len(questions)} questions, {len(desks)} desks")
    return Material(families, contrasts, questions, translations, desks, sentences, data.titles(folder))


def part(items, share):
    shuffled = list(items)
    random.Random(data.SEED).shuffle(shuffled)
    return shuffled[: max(1, round(share * len(items)))]


def calibration_texts(material):
    """What the rounding looks at: a little of everything."""
    chosen = random.Random(data.SEED)
    texts = [chosen.choice(intent) for family in material.families for intent in family.intents]
    texts = chosen.sample(texts, min(800, len(texts)))
    texts += [group.others[0][1] for group in material.contrasts[:250]]
    texts += [question.answer for question in material.questions[:150]]
    texts += [text for pair in material.translations[:100] for text in pair]
    return list(dict.fromkeys(texts))


if __name__ == "__main__":
    main()
