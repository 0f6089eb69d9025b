"""The training itself: batches of several kinds in turn, the upper layers of the model, and the mean of their last weights."""

import random
import time
from dataclasses import dataclass

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

import losses
import script
from batches import Contrasts, Families, Pairs, Questions, Sentences, pages
from model import Model, batches, mean, pad

# Tokens of a text of training; passages may be as long as the model reads.
LONGEST = 512
SHORT = 64
# Tokens of padding in a group of texts.
MOST_PADDING = 96
# Texts as long as a page's whose likenesses shall stay.
PAGES = 150
# Of shorter ones, so many.
PLAIN = 5000


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
    kinship: float = 0.3
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


def attention_of(tokens):
    """PyTorch's fused attention takes twice as long back through short texts."""
    return sdpa_kernel(SDPBackend.MATH if tokens <= SHORT else SDPBackend.FLASH_ATTENTION)


class Lower:
    """Hidden states below the trained layers, each text computed once."""

    def __init__(self, model, first, half):
        self.model, self.first, self.half, self.known = model, first, half, {}

    @torch.no_grad()
    def states(self, texts):
        """The states [texts, tokens, hidden] and the mask."""
        missing = [text for text in dict.fromkeys(texts) if text not in self.known]
        ids = self.model.ids(missing, LONGEST)
        for places in batches(ids, 4096):
            padded, attention = pad([ids[place] for place in places])
            with products(self.half):
                hidden = self.model.through(self.model.embedded(padded), attention, 0, self.first)
            for row, place in enumerate(places):
                self.known[missing[place]] = hidden[row, : len(ids[place])].clone()
        found = [self.known[text] for text in texts]
        for text in missing:
            # Passages are put together anew each time.
            if len(self.known[text]) > 128:
                del self.known[text]
        longest = max(map(len, found))
        states = torch.zeros(len(found), longest, found[0].shape[1])
        attention = torch.zeros(len(found), longest, dtype=torch.bool)
        for row, hidden in enumerate(found):
            states[row, : len(hidden)] = hidden
            attention[row, : len(hidden)] = True
        return states, attention


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
        self.optimiser = torch.optim.AdamW(self.parameters, lr=plan.rate, weight_decay=0.0, betas=(0.9, 0.98))
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
        kinds = [(texts, 4), (list(dict.fromkeys(titles)), 4), (pages(material.questions, PAGES, self.plan.seed), 1)]
        return Sentences(kinds, self.fixed_vectors, self.plan.seed + 5)

    @torch.no_grad()
    def fixed_vectors(self, texts):
        return torch.cat([self.vectors(texts[start : start + 256]) for start in range(0, len(texts), 256)])

    def run(self, report, wait=lambda: None, keep=lambda: None):
        started, recent = time.monotonic(), {}
        for step in range(1, self.plan.steps + 1):
            wait()
            loss_of, source = self.random.choices(self.sources, self.weights)[0]
            loss = loss_of(source.next())
            recent.setdefault(loss_of.__name__, []).append(loss.item())
            if self.sentences is not None:
                forgotten = self.forgetting(*self.sentences.next())
                recent.setdefault("forgotten", []).append(forgotten.item())
                loss = loss + self.plan.distil * forgotten
            self.step(step, loss)
            if step % 20 == 0 or step == self.plan.steps:
                means = ", ".join(f"{name} {sum(seen) / len(seen):.3f}" for name, seen in sorted(recent.items()))
                report(f"step {step}: {means}; {time.monotonic() - started:.0f} s")
                recent = {}
            if step % 100 == 0:
                keep()
            if step == self.plan.until:
                return
        self.take_average()

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

    def go_part_of_the_way(self):
        with torch.no_grad():
            for parameter, start in zip(self.parameters, self.start):
                parameter.copy_(start + self.plan.way * (parameter - start))

    def vectors(self, texts):
        """Unit vectors of texts, in groups of like length so that little is padded."""
        states, attention = self.lower.states(texts)
        lengths = attention.sum(1).tolist()
        out = [None] * len(texts)
        for part in of_like_length(lengths):
            longest = lengths[part[-1]]
            hidden, mask = states[part, :longest], attention[part, :longest]
            with products(self.plan.half), attention_of(longest):
                hidden = self.model.through(hidden, mask, self.plan.first, len(self.model.layers))
            for place, vector in zip(part, mean(hidden.float(), mask)):
                out[place] = vector
        return torch.stack(out)

    def families(self, batch):
        first, second, families = batch
        first, second = self.sides(first, second)
        loss = losses.contrastive(first, second, range(len(first)), self.plan.temperature)
        return loss + self.plan.kinship * losses.kinship(first, second, families, self.plan.temperature)

    def translations(self, batch):
        return self.pairs(batch)

    def desks(self, batch):
        return self.pairs(batch)

    def pairs(self, batch):
        first, second, groups = batch
        first, second = self.sides(first, second)
        return losses.contrastive(first, second, groups, self.plan.temperature)

    def sides(self, first, second):
        vectors = self.vectors(first + second)
        return vectors[: len(first)], vectors[len(first) :]

    def contrasts(self, batch):
        texts = {}
        for a, b, *_ in batch:
            texts.setdefault(a, len(texts))
            texts.setdefault(b, len(texts))
        vectors = self.vectors(list(texts))
        a = vectors[[texts[pair[0]] for pair in batch]]
        b = vectors[[texts[pair[1]] for pair in batch]]
        grades, groups = torch.tensor([pair[2] for pair in batch]), torch.tensor([pair[3] for pair in batch])
        return losses.ranking((a * b).sum(1), grades, groups, self.plan.scale)

    def questions(self, batch):
        questions, passages = self.sides(*batch)
        return losses.retrieval(questions, passages, self.plan.temperature)

    def forgetting(self, texts, before):
        return losses.distillation(self.vectors(texts), before @ before.T, self.plan.temperature)
