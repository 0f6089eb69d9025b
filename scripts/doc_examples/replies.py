"""Requests of the pages, and the replies below them."""

import json
import re
import urllib.request

from . import layout
from .pages import Finding

REQUEST = re.compile(r"(GET|POST) (\S+)\n(?:Content-Type: application/json\n)?(?:\n(.*))?", re.S)
# Of a reply: it is another one each time.
ANY_ID = "8f2f0d1c7b9a6e53"


def check(page, url):
    """Sends every request of the page, and notes what its reply differs in."""
    blocks = page.blocks()
    findings = []
    for request, reply in zip(blocks, blocks[1:]):
        if request.language != "http":
            continue
        page.replies += 1
        place = f"{page.name}:{page.line_of(request.start)}"
        if reply.language != "json":
            findings.append(Finding(place, "no reply below the request", "", mended=False))
            continue
        findings += compare(page, place, reply, send(url, request.text))
    return findings


def send(url, text):
    method, path, body = REQUEST.fullmatch(text).groups()
    data = body and json.dumps(json.loads(body)).encode()
    request = urllib.request.Request(url + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.read().decode()


def compare(page, place, block, answer):
    printed = layout.parse(block.text)
    actual = layout.ordered_as(without_chance(layout.parse(answer)), printed)
    if actual == printed:
        return []
    text = layout.in_place(block.text, actual) or layout.filled(actual) + "\n"
    page.replace(block.start, block.start + len(block.text), text)
    return [Finding(place, block.text, text)]


def is_chance(name, value):
    """Ids of items are what a request named them."""
    return name == "id" and isinstance(value, str) and re.fullmatch("[0-9a-f]{16}", value) is not None


def without_chance(value):
    if isinstance(value, dict):
        return {name: ANY_ID if is_chance(name, item) else without_chance(item) for name, item in value.items()}
    if isinstance(value, list):
        return [without_chance(item) for item in value]
    return value
