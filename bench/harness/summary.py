"""Medians, spreads and ratios of interleaved samples."""

import numpy

RESAMPLES = 4000
CONFIDENCE = 95
SEED = 11
# A peer that is never within so much of the fastest is not the best one.
BEATEN = 1.25


def spread(samples):
    """(median, first quartile, third quartile)."""
    first, middle, third = numpy.percentile(samples, (25, 50, 75))
    return float(middle), float(first), float(third)


def too_slow(peers):
    """Names of those whose every sample is far above the median of the fastest."""
    fastest = min((spread(samples)[0] for samples in peers.values()), default=0)
    return {name for name, samples in peers.items() if min(samples) > BEATEN * fastest}


def paired_rounds(ours, peers):
    """How many rounds a ratio rests on: those of ours that some peer took too."""
    return min(len(ours), max(map(len, peers.values())))


def ratio(ours, peers):
    """(best peer, how many times its median is ours, low, high): a bootstrap interval of 95 %.

    `peers` are samples by name, in the order of the rounds. Rounds are drawn together for all
    engines, because the noise of a round hit them all; the best peer is chosen anew in each draw, so
    that luck in choosing it is part of the interval. A peer that sat out counts only where none
    went on to the end.
    """
    rounds = paired_rounds(ours, peers)
    names = [name for name, samples in peers.items() if len(samples) >= rounds]
    table = numpy.array([ours[:rounds], *(peers[name][:rounds] for name in names)])
    drawn = numpy.random.RandomState(SEED).randint(rounds, size=(RESAMPLES, rounds))
    medians = numpy.median(table[:, drawn], axis=2)
    tail = (100 - CONFIDENCE) / 2
    low, high = numpy.percentile(medians[1:].min(axis=0) / medians[0], (tail, 100 - tail))
    middle = numpy.median(table, axis=1)
    best = int(middle[1:].argmin())
    return names[best], float(middle[1 + best] / middle[0]), float(low), float(high)
