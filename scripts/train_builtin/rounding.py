"""Back to 4-bit blocks: each column is rounded in turn and what is lost is made up for by those that follow, as GPTQ
(Frantar et al. 2022) does it, so that the outputs of a layer change least on the sentences of the training."""

import numpy
import torch

from model import BLOCK, LINEAR, batches

DAMPING = 0.01
LOWEST, HIGHEST = -8, 7


def round_layers(model, first, texts, report):
    """Rounds the layers from `first` on, in place; the scales and whole numbers of each matrix by its name."""
    rounded = {}
    inputs = lower_states(model, first, texts)
    for index in range(first, len(model.layers)):
        layer = model.layers[index]
        for names, inner in STEPS:
            hessian = gram(inputs, lambda hidden, group: inner(layer, hidden, [group]))
            for name in names:
                module = getattr(layer, name)
                scales, numbers = round_matrix(module.weight.data, hessian)
                error = (dequantised(scales, numbers) - module.weight.data).norm() / module.weight.data.norm()
                module.weight.data.copy_(dequantised(scales, numbers))
                rounded[f"encoder.layer.{index}.{LINEAR[name]}.weight"] = (scales, numbers)
        with torch.no_grad():
            inputs = [(layer(hidden, [group]), group) for hidden, group in inputs]
        report(f"layer {index} rounded; the last matrix moved by {100 * error:.1f} %")
    return rounded


# Matrices that read the same, and what they read, in the order of the computation.
STEPS = [
    (["query", "key", "value"], lambda layer, hidden, groups: hidden),
    (["projection"], lambda layer, hidden, groups: layer.attended(hidden, groups)),
    (["intermediate"], lambda layer, hidden, groups: layer.normed(hidden, groups)),
    (["output"], lambda layer, hidden, groups: torch.nn.functional.gelu(layer.intermediate(layer.normed(hidden, groups)))),
]


@torch.no_grad()
def lower_states(model, first, texts):
    ids = model.ids(texts, 160)
    states = []
    for places in batches(ids, 4096):
        hidden, group = model.embedded([ids[place] for place in places])
        states.append((model.through(hidden, [group], 0, first), group))
    return states


@torch.no_grad()
def gram(inputs, of):
    """How the inputs of a matrix go together: [in, in]."""
    total = 0
    for hidden, group in inputs:
        rows = of(hidden, group)[group.real.flatten()]
        total = total + (rows.T @ rows).double()
    return total


@torch.no_grad()
def round_matrix(weight, hessian):
    """Scales [out, in / 32] and whole numbers [out, in] of a matrix [out, in]."""
    weight, size = weight.double().clone(), weight.shape[1]
    hessian = hessian + torch.eye(size, dtype=torch.double) * hessian.diagonal().mean() * DAMPING
    inverse = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(hessian)), upper=True)
    scales = torch.empty(len(weight), size // BLOCK, dtype=torch.double)
    numbers = torch.empty(len(weight), size, dtype=torch.int8)
    for start in range(0, size, BLOCK):
        block = slice(start, start + BLOCK)
        scale = best_scale(weight[:, block], inverse.diagonal()[block])
        scales[:, start // BLOCK] = scale
        errors = torch.empty(len(weight), BLOCK, dtype=torch.double)
        for column in range(start, start + BLOCK):
            number = nearest(weight[:, column], scale)
            numbers[:, column] = number.to(torch.int8)
            error = (weight[:, column] - number * scale) / inverse[column, column]
            weight[:, column : start + BLOCK] -= error[:, None] * inverse[column, column : start + BLOCK]
            errors[:, column - start] = error
        weight[:, start + BLOCK :] -= errors @ inverse[block, start + BLOCK :]
    return scales.numpy().astype(numpy.float16), numbers.numpy()


def best_scale(block, importance):
    """The scale of each row of a block that costs least, exact in f16: that of the number farthest from zero at -8, or a
    little less, which cuts that one and is finer for the rest."""
    farthest = block.gather(1, block.abs().argmax(1, keepdim=True)).squeeze(1)
    weight = 1 / importance.square()
    best, least = None, None
    for divisor in (-8.0, -8.5, -7.5, -9.0, -7.0, 7.0, 7.5, 8.0):
        scale = (farthest / divisor).half().double()
        cost = ((block - nearest(block, scale[:, None]) * scale[:, None]).square() * weight).sum(1)
        if best is None:
            best, least = scale, cost
        else:
            better = cost < least
            best, least = torch.where(better, scale, best), torch.where(better, cost, least)
    return best


def nearest(values, scale):
    inverse = torch.where(scale == 0, torch.zeros_like(scale), 1 / scale)
    return (values * inverse).round().clamp(LOWEST, HIGHEST)


def dequantised(scales, numbers):
    blocks = numbers.reshape(len(numbers), -1, BLOCK).astype(numpy.float32) * scales.astype(numpy.float32)[:, :, None]
    return torch.from_numpy(blocks.reshape(len(numbers), -1))
