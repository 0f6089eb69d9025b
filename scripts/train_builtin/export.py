"""The folder of a trained model: the files of the old one with the matrices that were trained."""

import shutil

import numpy
from safetensors.numpy import load_file, save

from model import BLOCK, LINEAR, NORMS


def write(source, target, model, first, rounded):
    """Copies the folder `source` to `target` and puts the layers from `first` on in place: matrices as `rounded` has them, or
    in half precision if it is None, to measure what the rounding costs."""
    if source != target:
        shutil.copytree(source, target, dirs_exist_ok=True)
    stored = load_file(source / "model.safetensors")
    for index in range(first, len(model.layers)):
        layer, prefix = model.layers[index], f"encoder.layer.{index}."
        for name, full in LINEAR.items():
            put_matrix(stored, f"{prefix}{full}.weight", getattr(layer, name).weight, rounded)
            stored[f"{prefix}{full}.bias"] = half(getattr(layer, name).bias)
        for name, full in NORMS.items():
            stored[f"{prefix}{full}.weight"] = half(getattr(layer, name).weight)
            stored[f"{prefix}{full}.bias"] = half(getattr(layer, name).bias)
    contiguous = {name: numpy.ascontiguousarray(stored[name]) for name in sorted(stored)}
    (target / "model.safetensors").write_bytes(save(contiguous, {"format": "pt"}))


def put_matrix(stored, name, weight, rounded):
    if rounded is None:
        del stored[f"{name}_q4"], stored[f"{name}_q4_scale"]
        stored[name] = half(weight)
    else:
        scales, numbers = rounded[name]
        stored[f"{name}_q4"], stored[f"{name}_q4_scale"] = packed(numbers), scales


def packed(numbers):
    """Whole numbers [out, in] as bytes [out, in / 2]: of each block of 32, the first 16 in the low halves."""
    blocks = (numbers.reshape(len(numbers), -1, BLOCK) + 8).astype(numpy.uint8)
    low, high = blocks[:, :, : BLOCK // 2], blocks[:, :, BLOCK // 2 :]
    return (low | (high << 4)).reshape(len(numbers), -1)


def half(parameter):
    return parameter.detach().numpy().astype(numpy.float16)
