"""Simplified characters as traditional ones."""

import functools

import opencc

CONVERTER = opencc.OpenCC("s2tw")


@functools.lru_cache(maxsize=100_000)
def traditional(text):
    """A text in the traditional characters of Taiwan; what is traditional or not Chinese stays as it is."""
    return CONVERTER.convert(text)
