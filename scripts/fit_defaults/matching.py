"""When a FAQ answers: the least similarity, the least margin to the second entry, and how much more of it is needed just at that similarity."""

import sys
from dataclasses import dataclass

import development
import numpy
from tasks import by_field

# A default is judged by F-beta of the precision of answers and the share of questions with an answer that get it. Below 1, precision counts more: a wrong answer
# does more harm than none.
BETA = 0.5
# What the table shows beside it: the most that is answered rightly at such precisions.
PRECISIONS = (0.8, 0.85, 0.9, 0.95)
# A question and the entry that it has to find with the defaults, since the documentation begins with them.
EXAMPLE = ("你们的产品能开发票吗？", "是否支持开具发票？")
# Entries with this word may compete with it rightly.
OF_EXAMPLE = "发票"
# The part of questions that no entry answers, of which one half is near in topic and one half far.
UNANSWERED = 1 / 3
# FAQs in use have more entries than these, which are nearer to one another. Of choices that are worth nearly the same, as a part of the best, the one of the widest margin is taken.
NEARLY = 0.99
STEP = 0.01
THRESHOLDS = numpy.arange(0.3, 1, STEP).round(2)
MARGINS = numpy.arange(0, 0.155, STEP).round(2)
LEADS = numpy.arange(0, 0.305, STEP).round(2)


@dataclass(frozen=True)
class Asked:
    """Questions to FAQs, as columns."""

    field: numpy.ndarray
    similarity: numpy.ndarray
    # To that of the second entry.
    margin: numpy.ndarray
    # The nearest entry is the one that answers.
    is_right: numpy.ndarray
    # There is one that answers.
    has_answer: numpy.ndarray
    weight: numpy.ndarray

    def of(self, kept):
        return Asked(*(column[kept] for column in vars(self).values()))

    def answered(self, threshold, margin, lead):
        """`Limits` of crates/tasks: the margin that is needed falls with the similarity, from `lead` at the threshold to `margin`."""
        return (self.similarity >= threshold) & (self.margin >= numpy.maximum(margin, threshold + lead - self.similarity))

    def precision(self, answered):
        """How much of what is answered is right; nothing answered is nothing wrong."""
        weight = self.weight * answered
        return (weight * self.is_right).sum() / weight.sum() if weight.any() else 1.0

    def share(self, answered):
        """How much of what has an answer is answered rightly."""
        return (self.weight * self.is_right * answered).sum() / (self.weight * self.has_answer).sum()

    def wrongly(self, answered):
        """How much of what has none is answered."""
        return (self.weight * ~self.has_answer * answered).sum() / (self.weight * ~self.has_answer).sum()


def ask(program):
    """Asks every FAQ its questions, and those that it cannot answer."""
    unanswered, fields = development.unanswered(), by_field()
    entries = [entry for group in fields.values() for entry in group]
    texts = [text for entry in entries for text in (*entry.texts(), *entry.asked)]
    vectors = program.vectors(texts + [question for _, question in unanswered])
    similarity, rows = program.similarity(), []
    for field, entries in fields.items():
        known = [numpy.stack([vectors[text] for text in entry.texts()]) for entry in entries]
        for question, place, weight in questions(field, entries, unanswered):
            similarities = similarity(numpy.array([(wordings @ vectors[question]).max() for wordings in known]))
            second, first = numpy.argsort(similarities)[-2:]
            margin = similarities[first] - similarities[second]
            rows.append((field, similarities[first], margin, first == place, place is not None, weight))
    return Asked(*map(numpy.array, zip(*rows)))


def example(program):
    """The similarity of EXAMPLE, and its least margin among the entries on other things of those FAQs of which none is nearer."""
    question, entry = EXAMPLE
    fields = by_field()
    others = {field: [entry for entry in entries if not any(OF_EXAMPLE in text for text in entry.texts())] for field, entries in fields.items()}
    texts = {field: [text for each in entries for text in each.texts()] for field, entries in others.items()}
    vectors = program.vectors([question, entry, *(text for field in texts.values() for text in field)])
    similarity = program.similarity()
    similarities = lambda texts: similarity(numpy.array([vectors[text] @ vectors[question] for text in texts]))
    found = similarities([entry])[0]
    margins = [found - similarities(texts).max() for texts in texts.values()]
    ahead = [margin for margin in margins if margin > 0]
    if not ahead:
        sys.exit(f"{question} is nearer to some entry of every FAQ than to {entry}: the model cannot have it found.")
    return float(found), float(min(ahead))


def questions(field, entries, unanswered):
    """(question, place of its entry or None, weight): a third of the weight is on what has no answer."""
    asked = [(question, place) for place, entry in enumerate(entries) for question in entry.asked]
    yield from ((question, place, 1.0) for question, place in asked)
    of_each = len(asked) * UNANSWERED / (1 - UNANSWERED) / 2
    for kind in (field, development.FAR):
        found = [question for near, question in unanswered if near == kind]
        yield from ((question, None, of_each / len(found)) for question in found)


def by_f_measure(precision, share):
    """F-beta."""
    return (1 + BETA**2) * precision * share / (BETA**2 * precision + share) if share else 0.0


def by_precision(wished):
    """The share, where the precision is as wished."""
    return lambda precision, share: share if precision >= wished else -1.0


def choose(asked, worth, most=(1.0, 1.0), leads=LEADS, nearly=1.0):
    """The (threshold, margin, lead) of the widest margin among those that are worth the most, or `nearly` so; of several the one that is worth the most, then the lowest.
    Something of similarity and margin `most` is to be answered."""
    tried = list(choices(asked, worth, most, leads))
    best = max(value for value, _ in tried)
    good = [(value, limits) for value, limits in tried if value >= best - abs(best) * (1 - nearly)]
    return max(good, key=lambda found: (found[1][1], found[0]))[1]


def choices(asked, worth, most, leads):
    """All limits with their worth, the lowest first."""
    of_right, of_all = asked.weight * asked.is_right, (asked.weight * asked.has_answer).sum()
    for threshold in THRESHOLDS[THRESHOLDS <= most[0]]:
        for lead in leads[threshold + leads <= sum(most) + 1e-9]:
            needed = threshold + lead - asked.similarity
            near = (asked.similarity >= threshold) & (asked.margin >= needed)
            for margin in MARGINS[MARGINS <= most[1]]:
                answered = near & (asked.margin >= margin)
                weight, right = asked.weight[answered].sum(), of_right[answered].sum()
                value = worth(right / weight if weight else 1.0, right / of_all)
                yield value, (float(threshold), float(margin), float(lead))


def crossed(asked, worth, most=(1.0, 1.0), leads=LEADS, nearly=1.0):
    """What is answered of each FAQ with constants chosen on the others."""
    answered = numpy.zeros(len(asked.field), bool)
    for field in numpy.unique(asked.field):
        held = asked.field == field
        answered[held] = asked.of(held).answered(*choose(asked.of(~held), worth, most, leads, nearly))
    return answered
