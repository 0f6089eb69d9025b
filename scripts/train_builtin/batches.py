"""What one step learns from. Each source makes batches without end, from a generator of its own."""

import itertools
import random

import torch

import script

# Texts of one meaning in a batch: two wordings of each intent.
FAMILIES = 7
GROUPS = 16
QUESTIONS = 8
SENTENCES = 40
# Plain sentences of a batch: some, each with its nearest.
SEEDS = 5
NEAREST = 5
# Characters of a long passage.
LONG = (120, 400)
SHARE_OF_LONG = 0.2
# Of the families, and of the questions, so many come in traditional characters on one side, and so many on both.
TRADITIONAL = 0.08
# In so many groups of contrasts a rewording is the sentence itself in traditional characters.
TWINS = 0.25


class Families:
    """Whole families: the intents of one are the hard negatives of each other."""

    def __init__(self, families, seed):
        self.families, self.random, self.queue = families, random.Random(seed), []

    def next(self):
        first, second, families = [], [], []
        for place in range(FAMILIES):
            of_first, of_second = scripts(self.random)
            for intent in self.family().intents:
                a, b = self.random.sample(intent, 2)
                first.append(of_first(a))
                second.append(of_second(b))
                families.append(place)
        return first, second, families

    def family(self):
        if not self.queue:
            self.queue = self.families[:]
            self.random.shuffle(self.queue)
        return self.queue.pop()


class Contrasts:
    """Pairs with grades and the place of their group: rewordings, contrasts, and sentences of other groups."""

    def __init__(self, contrasts, seed):
        self.contrasts, self.random, self.queue = contrasts, random.Random(seed), []

    def next(self):
        pairs, anchors = [], []
        for place in range(GROUPS):
            group = self.group()
            same = self.random.sample(group.same, min(3, len(group.same)))
            if self.random.random() < TWINS:
                same = list(dict.fromkeys([*same[:-1], script.traditional(same[0])]))
            pairs += [(a, b, 1.0, place) for a, b in itertools.combinations(same, 2)]
            pairs += [(text, other, grade, place) for text in same for grade, other in group.others]
            anchors.append(same[0])
        unrelated = zip(anchors, anchors[1:] + anchors[:1])
        return pairs + [(a, b, 0.0, place) for place, (a, b) in enumerate(unrelated)]

    def group(self):
        if not self.queue:
            self.queue = self.contrasts[:]
            self.random.shuffle(self.queue)
        return self.queue.pop()


class Questions:
    """Questions and passages, of which some are long: the passage that answers among others that do not."""

    def __init__(self, questions, seed):
        self.questions, self.random = questions, random.Random(seed)

    def next(self):
        asked = self.random.sample(self.questions, QUESTIONS)
        of_question, of_passage = scripts(self.random)
        answers = [self.lengthened(question.answer) for question in asked]
        passages = answers + [question.near for question in asked]
        return [of_question(question.text) for question in asked], [of_passage(passage) for passage in passages]

    def lengthened(self, passage):
        """Some passages stand among others, as a paragraph does in a page."""
        if self.random.random() >= SHARE_OF_LONG:
            return passage
        longest, parts = self.random.randint(*LONG), [passage]
        while sum(map(len, parts)) < longest:
            other = self.random.choice(self.questions)
            parts.insert(self.random.randint(0, len(parts)), other.near)
        return "".join(parts)


class Pairs:
    """Sentences beside their translations, or beside the office that is in charge: several may have the same partner."""

    def __init__(self, pairs, seed):
        self.pairs, self.random = pairs, random.Random(seed)

    def next(self):
        pairs = self.random.sample(self.pairs, min(SENTENCES, len(self.pairs)))
        first, second = zip(*pairs)
        names = {}
        return list(first), list(second), [names.setdefault(text, len(names)) for text in second]


class Sentences:
    """Plain texts whose likenesses shall stay what they were, each beside its nearest: what is far apart stays so by itself."""

    def __init__(self, kinds, vectors, seed):
        """`kinds`: texts by kind, with how often each comes; `vectors`: unit vectors [texts, dimension] of a list of texts."""
        self.random = random.Random(seed)
        self.kinds = [Neighbourhood(texts, vectors(texts)) for texts, _ in kinds]
        self.weights = [weight for _, weight in kinds]

    def next(self):
        """Texts, and their vectors as they were."""
        return self.random.choices(self.kinds, self.weights)[0].around(self.random)


class Neighbourhood:
    """Texts of a kind, with the vectors that they had before the training."""

    def __init__(self, texts, vectors):
        self.texts, self.vectors = texts, vectors

    def around(self, generator):
        seeds = generator.sample(range(len(self.texts)), SEEDS)
        nearest = torch.topk(self.vectors[seeds] @ self.vectors.T, NEAREST).indices
        places = list(dict.fromkeys(nearest.flatten().tolist()))
        return [self.texts[place] for place in places], self.vectors[places]


def pages(questions, count, seed):
    """Passages one after the other, as long as a page's."""
    generator = random.Random(seed)
    return ["".join(question.answer for question in generator.sample(questions, generator.randint(2, 4))) for _ in range(count)]


def scripts(generator):
    """How the two sides of a pair are written: as they are, or one or both of them in traditional characters."""
    drawn = generator.random()
    if drawn < TRADITIONAL:
        return script.traditional, script.traditional
    if drawn < 2 * TRADITIONAL:
        return str, script.traditional
    return str, str
