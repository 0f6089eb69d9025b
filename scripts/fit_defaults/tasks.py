"""The searches that constants of fusion are judged by, made of the development data."""

import development
from program import Task


def searches():
    """A FAQ by itself, all FAQs in one collection, wordings that ask for their own standard question, and passages."""
    return [*faqs(), all_faqs(), wordings(), passages()]


def faqs():
    """A task for each FAQ."""
    for field, entries in by_field().items():
        asked = [(question, i) for i, entry in enumerate(entries) for question in entry.asked]
        yield Task("one FAQ", [entry.texts() for entry in entries], *map(list, zip(*asked)), [field] * len(asked))


def all_faqs():
    entries = development.entries()
    asked = [(question, i, entry.field) for i, entry in enumerate(entries) for question in entry.asked]
    return Task("all FAQs", [entry.texts() for entry in entries], *map(list, zip(*asked)))


def wordings():
    entries = development.entries()
    asked = [(wording, i, entry.field) for i, entry in enumerate(entries) for wording in entry.wordings]
    return Task("wordings", [(entry.question,) for entry in entries], *map(list, zip(*asked)))


def passages():
    found = development.passages()
    asked = [(question, i, passage.subject) for i, passage in enumerate(found) for question in passage.asked]
    return Task("passages", [(passage.text,) for passage in found], *map(list, zip(*asked)), passages=True)


def by_field():
    fields = {}
    for entry in development.entries():
        fields.setdefault(entry.field, []).append(entry)
    return fields
