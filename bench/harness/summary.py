"""Medians, spreads and ratios of interleaved samples."""

import numpy

RESAMPLES = 4000
CONFIDENCE = 95
SEED = 11


def spread(samples):
    """(median, first quartile, third quartile)."""
    first, middle, third = numpy.percentile(samples, (25, 50, 75))
    return float(middle), float(first), float(third)


def ratio(ours, peers):
    """(best peer, how many times its median is ours, low, high): a bootstrap interval of 95 %.

    `peers` are samples by name. Rounds are drawn together for all engines, because the noise of a
    round hit them all; the best peer is chosen anew in each draw, so that luck in choosing it is
    part of the interval.
    """
    names = list(peers)
    rounds = min(len(samples) for samples in (ours, *peers.values()))
    table = numpy.array([ours[:rounds], *(peers[name][:rounds] for name in names)])
    drawn = numpy.random.RandomState(SEED).randint(rounds, size=(RESAMPLES, rounds))
    medians = numpy.median(table[:, drawn], axis=2)
    tail = (100 - CONFIDENCE) / 2
    low, high = numpy.percentile(medians[1:].min(axis=0) / medians[0], (tail, 100 - tail))
    middle = numpy.median(table, axis=1)
    best = int(middle[1:].argmin())
    return names[best], float(middle[1 + best] / middle[0]), float(low), float(high)
