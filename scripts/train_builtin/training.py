"""The training itself: batches of several kinds in turn, the upper layers of the model, and the mean of their last weights."""

import random
import time
from dataclasses import dataclass

import torch

import losses
import script
from batches import Contrasts, Families, Pairs, Questions, Sentences, pages
from model import Group, Model, batches, mean

# Tokens of a text of training; passages may be as long as the model reads.
LONGEST = 512
# Tokens of padding in a group of texts.
MOST_PADDING = 48
# Texts as long as a page's whose likenesses shall stay.
PAGES = 150
# Of shorter ones, so many.
PLAIN = 5000
# Of everyday statements, which are nobody's questions, so many.
EVERYDAY = 4000


@dataclass
class Plan:
    """What a run is."""

    steps: int = 1200
    # End after so many of these steps, without the mean over the last third; 0: go to the end.
    until: int = 0
    first: int = 6
    rate: float = 5e-5
    temperature: float = 0.04
    scale: float = 20.0
    seed: int = 0
    # Weight of the likenesses of before, and of the relatives of a text above what has nothing to do with it.
    distil: float = 1.0
    # How often they are likenesses of everyday statements, where those of plain texts come four times.
    everyday: float = 0.0
    kinship: float = 0.3
    # Weight of one order for wordings of all families of a batch.
    ordering: float = 0.0
    # How far to go from the old weights to the trained ones.
    way: float = 1.0
    # 1: products in bfloat16, which some CPUs compute faster.
    half: int = 0
    # How often each kind of batch comes.
    families: float = 5.0
    contrasts: float = 3.0
    questions: float = 1.0
    translations: float = 1.0
    desks: float = 0.5


def of_like_length(lengths):
    """Places of texts in groups, in the order of their lengths: a group ends where another text would make it more padding than is
    saved by multiplying it together."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    groups, padding = [[]], 0
    for place in order:
        last = groups[-1]
        padding += len(last) * (lengths[place] - lengths[last[-1]]) if last else 0
        if padding > MOST_PADDING:
            groups.append([])
            padding = 0
        groups[-1].append(place)
    return groups


def products(half):
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=bool(half))


class Lower:
    """Hidden states below the trained layers, each text computed once."""

    def __init__(self, model, first, half):
        self.model, self.first, self.half, self.known = model, first, half, {}

    @torch.no_grad()
    def states(self, texts):
        """The states [tokens, hidden] of each text."""
        missing = [text for text in dict.fromkeys(texts) if text not in self.known]
        ids = self.model.ids(missing, LONGEST)
        for places in batches(ids, 4096):
            hidden, group = self.model.embedded([ids[place] for place in places])
            with products(self.half):
                hidden = self.model.through(hidden, [group], 0, self.first)
            rectangle = hidden.float().view(*group.shape, -1)
            for row, place in enumerate(places):
                self.known[missing[place]] = rectangle[row, : len(ids[place])].clone()
        return [self.known[text] for text in texts]


class Trainer:
    """A model, and how it is trained."""

    def __init__(self, folder, plan, material):
        torch.manual_seed(plan.seed)
        self.plan, self.model = plan, Model(folder)
        self.model.freeze(plan.first)
        self.lower = Lower(self.model, plan.first, plan.half)
        self.random = random.Random(plan.seed)
        self.sources, self.weights = self.make_sources(material)
        self.sentences = self.make_sentences(material) if plan.distil else None
        self.parameters = [p for p in self.model.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(self.parameters, lr=plan.rate, weight_decay=0.0, betas=(0.9, 0.98), fused=True)
        self.average, self.averaged = None, 0
        self.start = [p.detach().clone() for p in self.parameters]

    def make_sources(self, material):
        plan = self.plan
        sources = [
            (self.families, Families(material.families, plan.seed + 1), plan.families),
            (self.contrasts, Contrasts(material.contrasts, plan.seed + 2), plan.contrasts),
            (self.questions, Questions(material.questions, plan.seed + 3), plan.questions),
            (self.translations, Pairs(material.translations, plan.seed + 4), plan.translations),
            (self.desks, Pairs(material.desks, plan.seed + 6), plan.desks),
        ]
        wanted = [source for source in sources if source[2] > 0]
        return [(loss, source) for loss, source, _ in wanted], [weight for *_, weight in wanted]

    def make_sentences(self, material):
        texts = random.Random(self.plan.seed).sample(material.sentences, PLAIN)
        texts[::5] = [script.traditional(text) for text in texts[::5]]
        titles = material.titles + [script.traditional(text) for text in material.titles[::2]]
        everyday = random.Random(self.plan.seed).sample(sorted({chinese for chinese, _ in material.translations}), EVERYDAY)
        kinds = [
            (texts, 4),
            (everyday, self.plan.everyday),
            (list(dict.fromkeys(titles)), 4),
            (pages(material.questions, PAGES, self.plan.seed), 1),
        ]
        return Sentences([kind for kind in kinds if kind[1] > 0], self.fixed_vectors, self.plan.seed + 5)

    @torch.no_grad()
    def fixed_vectors(self, texts):
        return torch.cat([self.vectors(texts[start : start + 256]) for start in range(0, len(texts), 256)])

    def run(self, report, wait=lambda: None, keep=lambda: None):
        started, recent = time.monotonic(), {}
        for step in range(1, self.plan.steps + 1):
            wait()
            self.step(step, self.loss(recent))
            if step % 20 == 0 or step == self.plan.steps:
                means = ", ".join(f"{name} {sum(seen) / len(seen):.3f}" for name, seen in sorted(recent.items()))
                report(f"step {step}: {means}; {time.monotonic() - started:.0f} s")
                recent = {}
            if step % 100 == 0:
                keep()
            if step == self.plan.until:
                return
        self.take_average()

    def loss(self, recent):
        """The loss of a step: what is learnt and what must stay, of one pass through the model. Each is noted by its name."""
        task, source = self.random.choices(self.sources, self.weights)[0]
        texts, loss_of = task(source.next())
        plain, before = self.sentences.next() if self.sentences else ([], None)
        vectors = self.vectors(texts + plain)
        loss = loss_of(vectors[: len(texts)])
        recent.setdefault(task.__name__, []).append(loss.item())
        if plain:
            forgotten = losses.distillation(vectors[len(texts) :], before @ before.T)
            recent.setdefault("forgotten", []).append(forgotten.item())
            loss = loss + self.plan.distil * forgotten
        return loss

    def step(self, step, loss):
        for group in self.optimiser.param_groups:
            group["lr"] = self.plan.rate * self.pace(step)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimiser.step()
        if step > self.plan.steps * 2 // 3:
            self.remember()

    def pace(self, step):
        """Up over the first twentieth, then down to a tenth."""
        warm = max(5, self.plan.steps // 20)
        return min(1.0, step / warm) * max(0.1, 1 - step / self.plan.steps)

    def remember(self):
        """Adds the weights to the mean over the last third."""
        with torch.no_grad():
            if self.average is None:
                self.average = [torch.zeros_like(p) for p in self.parameters]
            for total, parameter in zip(self.average, self.parameters):
                total += parameter
        self.averaged += 1

    def take_average(self):
        with torch.no_grad():
            for total, parameter in zip(self.average, self.parameters):
                parameter.copy_(total / self.averaged)

    def take(self, state):
        """Weights of an earlier run instead of training."""
        self.model.load_state_dict(state)

    def go(self, parts):
        """Goes from the old weights so far as `parts` tell: weights by name, and the share of the way to them."""
        named = [name for name, p in self.model.named_parameters() if p.requires_grad]
        steps = [torch.zeros_like(start) for start in self.start]
        for weights, way in parts:
            for step, name, start in zip(steps, named, self.start):
                step += way * (weights[name] - start)
        with torch.no_grad():
            for parameter, start, step in zip(self.parameters, self.start, steps):
                parameter.copy_(start + step)

    def vectors(self, texts):
        """Unit vectors of texts. What is of like length is attended to together, so that little is padded."""
        states = self.lower.states(texts)
        parts = of_like_length([len(state) for state in states])
        groups = [Group([len(states[place]) for place in part]) for part in parts]
        hidden = torch.cat([rectangle([states[place] for place in part]) for part in parts])
        with products(self.plan.half):
            hidden = self.model.through(hidden, groups, self.plan.first, len(self.model.layers))
        pieces = hidden.float().split([group.size for group in groups])
        vectors = torch.cat([mean(piece, group) for piece, group in zip(pieces, groups)])
        order = torch.tensor([place for part in parts for place in part])
        return vectors[order.argsort()]

    # What is learnt from a batch of each kind: its texts, and the loss of their vectors.

    def families(self, batch):
        first, second, families = batch

        def loss(vectors):
            a, b = vectors.chunk(2)
            nearest = losses.contrastive(a, b, range(len(a)), self.plan.temperature)
            kin = losses.kinship(a, b, families, self.plan.temperature)
            return nearest + self.plan.kinship * kin + self.plan.ordering * losses.ordering(a, b, families, self.plan.scale)

        return first + second, loss

    def translations(self, batch):
        return self.pairs(batch)

    def desks(self, batch):
        return self.pairs(batch)

    def pairs(self, batch):
        first, second, groups = batch
        return first + second, lambda vectors: losses.contrastive(*vectors.chunk(2), groups, self.plan.temperature)

    def contrasts(self, batch):
        texts = {}
        for a, b, *_ in batch:
            texts.setdefault(a, len(texts))
            texts.setdefault(b, len(texts))
        grades, groups = torch.tensor([pair[2] for pair in batch]), torch.tensor([pair[3] for pair in batch])

        def loss(vectors):
            a = vectors[[texts[pair[0]] for pair in batch]]
            b = vectors[[texts[pair[1]] for pair in batch]]
            return losses.ranking((a * b).sum(1), grades, groups, self.plan.scale)

        return list(texts), loss

    def questions(self, batch):
        questions, passages = batch
        return questions + passages, lambda vectors: losses.retrieval(
            vectors[: len(questions)], vectors[len(questions) :], self.plan.temperature
        )


def rectangle(states):
    """Hidden states [tokens, hidden] of texts, filled up to the longest and one after the other."""
    return torch.nn.utils.rnn.pad_sequence(states, batch_first=True).flatten(0, 1)
