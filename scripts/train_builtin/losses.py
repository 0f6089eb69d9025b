"""The losses of a step, of unit vectors."""

import torch
from torch.nn import functional

# Weight of comparisons of pairs of different groups.
ACROSS = 0.2
# The score of what does not take part.
LOWEST = -1e4


def contrastive(first, second, groups, temperature):
    """InfoNCE both ways: each vector of `first` shall be nearest to the one of `second` in its place. Others of the same group
    (of equal meaning) are no negatives."""
    scores = first @ second.T / temperature
    groups = torch.as_tensor(groups)
    same = groups[:, None] == groups[None, :]
    same.fill_diagonal_(False)
    scores = scores.masked_fill(same, LOWEST)
    target = torch.arange(len(first))
    return (functional.cross_entropy(scores, target) + functional.cross_entropy(scores.T, target)) / 2


def kinship(first, second, families, temperature):
    """InfoNCE both ways with the relatives of a text, each by itself, in the place of its like: other intents of its family shall
    stay nearer than what has nothing to do with it. `contrastive` alone would push them away with the rest, and with them the
    subject of a text, by which titles are found."""
    scores = first @ second.T / temperature
    families = torch.as_tensor(families)
    kin = families[:, None] == families[None, :]
    relatives = kin.clone().fill_diagonal_(False)
    return (outranked(scores, relatives, ~kin) + outranked(scores.T, relatives, ~kin)) / 2


def ordering(first, second, families, scale):
    """CoSENT over a whole batch: two wordings of one intent, whichever it is, shall be nearer to each other than two of different
    intents of a family, whichever that is. `contrastive` compares only with what a text itself is compared with, but one
    threshold has to hold for all subjects."""
    scores = first @ second.T
    families = torch.as_tensor(families)
    relatives = (families[:, None] == families[None, :]).fill_diagonal_(False)
    hardest, least = torch.logsumexp(scale * scores[relatives], 0), torch.logsumexp(-scale * scores.diagonal(), 0)
    return functional.softplus(hardest + least)


def outranked(scores, higher, lower):
    """The mean over the scores marked `higher` of log(1 + Σ exp(other − score)), over the others of their row marked `lower`."""
    others = torch.logsumexp(scores.masked_fill(~lower, LOWEST), 1, keepdim=True)
    return functional.softplus(others - scores)[higher].mean()


def retrieval(questions, passages, temperature):
    """InfoNCE one way: question i is answered by passage i; the passages after the last question answer none."""
    return functional.cross_entropy(questions @ passages.T / temperature, torch.arange(len(questions)))


def ranking(cosines, grades, groups, scale):
    """CoSENT (Su 2022): every pair with a higher grade shall have the higher cosine. Mostly of the pairs of one group: over a whole
    batch the few farthest out of order would outweigh all others."""
    lower = grades[:, None] < grades[None, :]
    differences = scale * (cosines[:, None] - cosines[None, :])
    within = [out_of_order(differences, lower & of_group(groups, group)) for group in sorted(set(groups.tolist()))]
    return torch.stack(within).mean() + ACROSS * out_of_order(differences, lower)


def of_group(groups, group):
    return (groups == group)[:, None] & (groups == group)[None, :]


def out_of_order(differences, counted):
    return torch.logsumexp(torch.cat([torch.zeros(1), differences[counted]]), 0)


def distillation(vectors, teacher):
    """How far the likenesses among texts are from those that the teacher saw: the divergence of their distributions, since the
    vectors themselves are meant to move."""
    unlike = ~torch.eye(len(vectors), dtype=torch.bool)
    ours = (vectors @ vectors.T)[unlike].view(len(vectors), -1)
    theirs = teacher[unlike].view(len(vectors), -1)
    target = functional.softmax(standard(theirs), dim=1)
    return functional.kl_div(functional.log_softmax(standard(ours), dim=1), target, reduction="batchmean")


def standard(scores):
    """Each row with mean 0 and deviation 1: the teacher's cosines lie in a narrower range than the pupil's."""
    return (scores - scores.mean(1, keepdim=True)) / (scores.std(1, keepdim=True) + 1e-6)
