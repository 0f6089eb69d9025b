"""Ways in which two rankings become one, and how well each ranks."""

import itertools
from dataclasses import dataclass, field

import numpy

# Below every score.
NOWHERE = -1e9
# What is told of a ranking, in percent.
FIGURES = ("recall@1", "recall@5", "MRR@10")


class Lists:
    """The rankings of a task's questions as matrices, [questions, items of either list]."""

    def __init__(self, wanted, groups, rankings):
        items = [sorted({row[0] for row in (*ranking.dense, *ranking.lexical)}) for ranking in rankings]
        shape = (len(items), max(map(len, items)))
        self.groups = numpy.array(groups)
        self.is_there, self.is_wanted = numpy.zeros(shape, bool), numpy.zeros(shape, bool)
        self.cosine, self.words = numpy.full(shape, NOWHERE), numpy.zeros(shape)
        self.dense_rank, self.lexical_rank = numpy.full(shape, numpy.inf), numpy.full(shape, numpy.inf)
        for question, (ranking, places) in enumerate(zip(rankings, items)):
            column = {item: i for i, item in enumerate(places)}
            self.is_there[question, : len(places)] = True
            if wanted[question] in column:
                self.is_wanted[question, column[wanted[question]]] = True
            for rank, (item, score, cosine) in enumerate(ranking.lexical):
                at = question, column[item]
                self.words[at], self.lexical_rank[at], self.cosine[at] = score, rank, cosine
            for rank, (item, cosine) in enumerate(ranking.dense):
                self.cosine[question, column[item]], self.dense_rank[question, column[item]] = cosine, rank

    def within(self, depth):
        """The cosines of the items of the list by vectors and the scores of that by words, outside of which there is none and 0."""
        return numpy.where(self.dense_rank < depth, self.cosine, numpy.nan), numpy.where(self.lexical_rank < depth, self.words, 0)

    def ranks(self, scores):
        """From 1, of each question's item; of equal scores the first item is before. Infinite: it was not found."""
        scores = numpy.where(self.is_there, scores, NOWHERE)
        column = self.is_wanted.argmax(1)
        wanted = scores[numpy.arange(len(scores)), column][:, None]
        before = numpy.arange(scores.shape[1])[None] < column[:, None]
        ranks = 1.0 + (scores > wanted).sum(1) + ((scores == wanted) & before).sum(1)
        found = self.is_wanted.any(1) & (wanted[:, 0] > NOWHERE / 2)
        return numpy.where(found, ranks, numpy.inf)


def figures(ranks):
    """FIGURES of ranks."""
    return 100 * numpy.array([(ranks <= 1).mean(), (ranks <= 5).mean(), numpy.where(ranks <= 10, 1 / ranks, 0).mean()])


# --- ways to fuse ------------------------------------------------------------------------------


def dense(lists):
    return numpy.where(numpy.isfinite(lists.dense_rank), lists.cosine, NOWHERE)


def lexical(lists):
    # By its ranks: of texts that have as much as the question itself the scores are the same.
    return numpy.where(numpy.isfinite(lists.lexical_rank), -lists.lexical_rank, NOWHERE)


def reciprocal_ranks(lists, k, dense_weight, depth):
    """RRF (Cormack, Clarke and Büttcher 2009), weighted."""
    parts = (numpy.where(ranks < depth, (k + 1) / (k + 1 + ranks), 0) for ranks in (lists.dense_rank, lists.lexical_rank))
    return dense_weight * next(parts) + (1 - dense_weight) * next(parts)


def weighted_sum(lists, dense_weight, words_power, depth, base):
    """`Fusion` of crates/store, but for the root of its scores, which leaves the order as it is."""
    cosines, words = lists.within(depth)
    is_long = numpy.isfinite(cosines).sum(1, keepdims=True) >= depth
    end = numpy.where(is_long, numpy.nanmin(cosines, axis=1, keepdims=True), base)
    above = numpy.clip((lists.cosine - end) / numpy.maximum(1 - end, 1e-12), 0, 1)
    return dense_weight * above + (1 - dense_weight) * words**words_power


def sum_of_spread(lists, dense_weight, depth):
    """Each list from its last to its first."""
    cosines, words = lists.within(depth)
    end, best = numpy.nanmin(cosines, axis=1, keepdims=True), numpy.nanmax(cosines, axis=1, keepdims=True)
    above = numpy.clip((lists.cosine - end) / numpy.maximum(best - end, 1e-12), 0, 1)
    return dense_weight * above + (1 - dense_weight) * words / numpy.maximum(words.max(1, keepdims=True), 1e-12)


def sum_of_deviations(lists, dense_weight, depth):
    """Each list by its mean and three standard deviations."""
    cosines, words = lists.within(depth)
    words = numpy.where(lists.lexical_rank < depth, words, numpy.nan)
    parts = []
    for values, of_all in ((cosines, lists.cosine), (words, words)):
        # Where the list is empty, all have none.
        values = numpy.where(numpy.isfinite(values).any(1, keepdims=True), values, 0)
        mean, spread = numpy.nanmean(values, axis=1, keepdims=True), numpy.nanstd(values, axis=1, keepdims=True)
        parts.append(numpy.nan_to_num(numpy.clip((of_all - mean + 3 * spread) / numpy.maximum(6 * spread, 1e-12), 0, 1)))
    return dense_weight * parts[0] + (1 - dense_weight) * parts[1]


@dataclass(frozen=True)
class Method:
    """A way to fuse and what its constants may be."""

    name: str
    scores: object
    constants: dict = field(hash=False)

    def choices(self):
        for values in itertools.product(*self.constants.values()):
            yield dict(zip(self.constants, values))


WEIGHTS = [round(0.05 * i, 2) for i in range(1, 20)]
# What is longer takes time and changes nothing.
DEPTHS = [50, 100]
# A high power leaves little of the part by words, so that a small weight of the other part is much.
SMALL_WEIGHTS = [0.002, 0.005, 0.01, 0.02, 0.03]
# Where fewer items than the depth are compared, as in each single FAQ. Between these it matters little; of 0.8 it loses five points there.
BASES = [0.6, 0.7]
SUM = Method(
    "weighted sum (`Fusion`)",
    weighted_sum,
    {"dense_weight": SMALL_WEIGHTS + WEIGHTS, "words_power": [1.0, 1.5, 2.0, 3.0, 4.0], "depth": DEPTHS, "base": BASES},
)
METHODS = (
    SUM,
    Method("reciprocal ranks", reciprocal_ranks, {"k": [2, 5, 10, 30, 60], "dense_weight": WEIGHTS, "depth": [100]}),
    Method("reciprocal ranks, as is usual", reciprocal_ranks, {"k": [60], "dense_weight": [0.5], "depth": [100]}),
    Method("sum, each list by its spread", sum_of_spread, {"dense_weight": WEIGHTS, "depth": DEPTHS}),
    Method("sum, each list by its deviation", sum_of_deviations, {"dense_weight": WEIGHTS, "depth": DEPTHS}),
)


# --- the choice --------------------------------------------------------------------------------

# Most points that the chosen constants may lose to the better of the two lists, on any figure of any task.
MOST_LOST = 1.0


def everything(groups):
    return numpy.ones(len(groups), bool)


class Judge:
    """Measures methods on tasks, by the gain over the better of the two lists."""

    def __init__(self, tasks):
        self.tasks, self.known = tasks, {}
        self.groups = {name: lists.groups for name, lists in tasks.items()}
        self.parents = {name: [lists.ranks(way(lists)) for way in (dense, lexical)] for name, lists in tasks.items()}

    def ranks(self, method, constants):
        """Of each task those of its questions."""
        key = method.name, *constants.values()
        if key not in self.known:
            self.known[key] = {name: lists.ranks(method.scores(lists, **constants)) for name, lists in self.tasks.items()}
        return self.known[key]

    def gains(self, ranks, keep=everything):
        """Of each task with questions of the groups that are kept: how far each figure is above that of the better list, [tasks, FIGURES]."""
        found = []
        for name, of_task in ranks.items():
            kept = keep(self.groups[name])
            if kept.any():
                better = numpy.max([figures(parent[kept]) for parent in self.parents[name]], axis=0)
                found.append(figures(of_task[kept]) - better)
        return numpy.array(found)

    def choose(self, method, keep=everything):
        """The constants of the highest mean gain among those that lose at most MOST_LOST anywhere; where all lose more, those that lose least."""
        best = None
        for constants in method.choices():
            gains = self.gains(self.ranks(method, constants), keep)
            rank = (min(gains.min() + MOST_LOST, 0), gains.mean())
            if best is None or rank > best[0]:
                best = rank, constants
        return best[1]

    def crossed(self, method):
        """Ranks of each question with constants chosen on the questions of all groups but its own."""
        found = {name: numpy.full(len(groups), numpy.nan) for name, groups in self.groups.items()}
        for fold in folds(self.groups.values()):
            constants = self.choose(method, lambda groups: ~numpy.isin(groups, fold))
            for name, of_task in self.ranks(method, constants).items():
                held = numpy.isin(self.groups[name], fold)
                found[name][held] = of_task[held]
        return found


FOLDS = 10


def folds(groups):
    """FOLDS parts, in each a tenth of the groups of every kind."""
    parts = [[] for _ in range(FOLDS)]
    for kind in {tuple(sorted(set(names))) for names in groups}:
        for i, name in enumerate(kind):
            parts[i % FOLDS].append(name)
    return parts
