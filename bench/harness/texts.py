"""Pairs of 16 tokens, for the programs that load a service."""

import random

from harness.workloads import PHRASES, SEED

CHARACTERS = 14  # and two special tokens


def pairs_of_sixteen(count):
    """Always the same; hardly two texts of them are equal."""
    draws = random.Random(SEED)
    return [{"sentence_a": text(draws), "sentence_b": text(draws)} for _ in range(count)]


def text(draws):
    """Fourteen Chinese characters, which are a token each."""
    characters = ""
    while len(characters) < CHARACTERS:
        characters += "".join(c for c in draws.choice(PHRASES) if c not in "，。？")
    return characters[:CHARACTERS]
