"""Texts for the clients, and their vectors as plain requests get them."""

import math

import requests

FRUIT = "我喜欢吃水果"
OTHERS = ["苹果香蕉都很美味", "天气晴朗适合出游"]
TEXTS = [FRUIT, *OTHERS]


def close(a, b) -> bool:
    """Whether two vectors are the same but for rounding."""
    return len(a) == len(b) and all(math.isclose(x, y, abs_tol=1e-6) for x, y in zip(a, b, strict=True))


def reference(url: str) -> list[list[float]]:
    reply = requests.post(f"{url}/v1/embeddings", json={"input": TEXTS}, timeout=30).json()
    return [item["embedding"] for item in reply["data"]]
