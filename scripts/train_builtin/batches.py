"""What one step learns from. Each source makes batches without end, from a generator of its own."""

import itertools
import random

# Texts of one meaning in a batch: two wordings of each intent.
FAMILIES = 7
GROUPS = 16
QUESTIONS = 8
SENTENCES = 40
PLAIN = 24
# Characters of a long passage.
LONG = (120, 400)
SHARE_OF_LONG = 0.3


class Families:
    """Whole families: the intents of one are the hard negatives of each other."""

    def __init__(self, families, seed):
        self.families, self.random, self.queue = families, random.Random(seed), []

    def next(self):
        first, second, groups = [], [], []
        for _ in range(FAMILIES):
            for intent in self.family().intents:
                a, b = self.random.sample(intent, 2)
                first.append(a)
                second.append(b)
                groups.append(len(groups))
        return first, second, groups

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
        answers = [self.lengthened(question.answer) for question in asked]
        return [question.text for question in asked], answers + [question.near for question in asked]

    def lengthened(self, passage):
        """Some passages stand among others, as a paragraph does in a page."""
        if self.random.random() >= SHARE_OF_LONG:
            return passage
        longest, parts = self.random.randint(*LONG), [passage]
        while sum(map(len, parts)) < longest:
            other = self.random.choice(self.questions)
            parts.insert(self.random.randint(0, len(parts)), other.near)
        return "".join(parts)


class Translations:
    """Sentences beside their translations."""

    def __init__(self, pairs, seed):
        self.pairs, self.random = pairs, random.Random(seed)

    def next(self):
        pairs = self.random.sample(self.pairs, SENTENCES)
        first, second = zip(*pairs)
        names = {}
        return list(first), list(second), [names.setdefault(text, len(names)) for text in second]


class Sentences:
    """Plain sentences and passages, whose likenesses shall stay what they were."""

    def __init__(self, texts, seed):
        self.texts, self.random = texts, random.Random(seed)

    def next(self):
        return self.random.sample(self.texts, PLAIN)
