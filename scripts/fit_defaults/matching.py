"""When a FAQ answers: the least similarity, and the least margin to the second entry."""

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
# The part of questions that no entry answers, of which one half is near in topic and one half far.
UNANSWERED = 1 / 3
STEP = 0.01
THRESHOLDS = numpy.arange(0.3, 1, STEP).round(2)
MARGINS = numpy.arange(0, 0.305, STEP).round(2)


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

    def answered(self, threshold, margin):
        return (self.similarity >= threshold) & (self.margin >= margin)

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
    """The similarity of EXAMPLE, and its least margin among the entries of those FAQs of which none is nearer."""
    question, entry = EXAMPLE
    fields = by_field()
    texts = {field: [text for each in entries for text in each.texts()] for field, entries in fields.items()}
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


def choose(asked, worth, most=(1.0, 1.0)):
    """The (threshold, margin), at most `most`, that is worth the most, of equal ones the lowest."""
    best = None
    for threshold in THRESHOLDS[THRESHOLDS <= most[0]]:
        for margin in MARGINS[MARGINS <= most[1]]:
            answered = asked.answered(threshold, margin)
            value = worth(asked.precision(answered), asked.share(answered))
            if best is None or value > best[0]:
                best = value, float(threshold), float(margin)
    return best[1:]


def crossed(asked, worth, most=(1.0, 1.0)):
    """What is answered of each FAQ with constants chosen on the others."""
    answered = numpy.zeros(len(asked.field), bool)
    for field in numpy.unique(asked.field):
        held = asked.field == field
        answered[held] = asked.of(held).answered(*choose(asked.of(~held), worth, most))
    return answered
