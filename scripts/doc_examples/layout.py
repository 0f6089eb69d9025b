"""JSON as the documentation prints it: four decimals at most, on lines of a readable length."""

import json
import re
from decimal import Decimal

DECIMALS = 4
WIDTH = 120
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s\[\]{},:"]+|[\[\]{},:]')


class Number(str):
    """A number with a point, by its digits."""


def parse(text):
    """JSON whose numbers keep their digits, of which at most `DECIMALS` stand behind the point."""
    return json.loads(text, parse_float=shortened)


def shortened(digits):
    decimals = -Decimal(digits).as_tuple().exponent
    return Number(digits if "e" not in digits.lower() and decimals <= DECIMALS else f"{Decimal(digits):.{DECIMALS}f}")


def ordered_as(value, model):
    """The value with its fields in the order that they have in the model, where that has them."""
    if isinstance(value, dict) and isinstance(model, dict):
        names = [name for name in model if name in value] + [name for name in value if name not in model]
        return {name: ordered_as(value[name], model.get(name)) for name in names}
    if isinstance(value, list) and isinstance(model, list):
        models = model + [model[-1] if model else None] * len(value)
        return [ordered_as(item, models[index]) for index, item in enumerate(value)]
    return value


def one_line(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)}: {one_line(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(one_line, value)) + "]"
    if isinstance(value, Number):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def in_place(printed, value):
    """The printed text with the value's literals in place of its own, or None where more than literals differ."""
    old = list(TOKEN.finditer(printed))
    new = TOKEN.findall(one_line(value))
    if [shape(token[0]) for token in old] != [shape(token) for token in new]:
        return None
    text, end = [], 0
    for match, token in zip(old, new, strict=True):
        text += [printed[end : match.start()], token]
        end = match.end()
    return "".join(text) + printed[end:]


def shape(token):
    """Punctuation as it is, text and other literals alike."""
    return token if token in "[]{},:" else token[0] == '"'


def filled(value, column=0):
    """Lines that hold as much as they may, each beginning behind the bracket of what it is part of."""
    line = one_line(value)
    if not isinstance(value, (dict, list)) or column + len(line) < WIDTH:
        return line
    brackets = "{}" if isinstance(value, dict) else "[]"
    names = [f"{json.dumps(name)}: " for name in value] if isinstance(value, dict) else [""] * len(value)
    items = list(value.values()) if isinstance(value, dict) else value
    text, place = brackets[0], column + 1
    for index, (name, item) in enumerate(zip(names, items, strict=True)):
        if index and place + len(name) + len(one_line(item)) + 2 > WIDTH:
            text, place = f"{text},\n" + " " * (column + 1), column + 1
        elif index:
            text, place = f"{text}, ", place + 2
        written = name + filled(item, place + len(name))
        text += written
        place = len(text.rpartition("\n")[2])
    return text + brackets[1]
