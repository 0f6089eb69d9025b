"""Chooses the vocabulary pieces that Chinese and English text needs.

multilingual-e5-small reads about a hundred languages; two of them need a fifth of its
pieces. What is cut becomes the unknown token, so foreign text degrades and never fails.
"""

import unicodedata

import wordfreq

from builtin_model import tokenizer

SPACE = "\u2581"
# Han with its extensions and compatibility forms, kana, bopomofo, iteration marks.
CHINESE_AND_JAPANESE = (
    (0x2E80, 0x2FDF),
    (0x3005, 0x3007),
    (0x3021, 0x3029),
    (0x3038, 0x303B),
    (0x3040, 0x312F),
    (0x31A0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),
    (0x16FE0, 0x16FFF),
    (0x1AFF0, 0x1B16F),
    (0x20000, 0x3FFFF),
)
# Names, formulas, pinyin and accents: one letter at a time, not these scripts' words.
SINGLE_LETTER_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "COMBINING", "MODIFIER", "VARIATION")
SHORT_ASCII = 2
# English text: the most frequent words, and how many of them are also expected with a
# capital, in capitals, and right after a Chinese character, where no space precedes.
WORDS, CAPITALISED, CAPITALS, AFTER_CHINESE = 40_000, 20_000, 3_000, 5_000


def kept(vocabulary):
    """Ids of the whole vocabulary to keep, ascending: the cut keeps the order."""
    always = {vocabulary.bos, vocabulary.eos, vocabulary.pad, vocabulary.unk, vocabulary.pieces.index("<mask>")}
    by_script = {index for index, piece in enumerate(vocabulary.pieces) if is_needed(piece.lstrip(SPACE))}
    return sorted(always | by_script | used_by_english(vocabulary))


def is_needed(text):
    return (
        is_chinese_or_japanese(text)
        or is_symbols(text)
        or is_single_letter(text)
        or (text.isascii() and len(text) <= SHORT_ASCII)
    )


def is_chinese_or_japanese(text):
    return any(first <= ord(c) <= last for c in text for first, last in CHINESE_AND_JAPANESE)


def is_symbols(text):
    """Punctuation, emoji, ASCII digits: neither letters nor other scripts' digits."""
    return all(is_symbol(c) for c in text)


def is_symbol(character):
    category = unicodedata.category(character)
    return character.isascii() and category == "Nd" or category[0] not in "LM" and category != "Nd"


def is_single_letter(text):
    return len(text) == 1 and unicodedata.name(text, "?").split()[0] in SINGLE_LETTER_SCRIPTS


def used_by_english(vocabulary):
    """Ids that the whole vocabulary's own segmentation of English words uses."""
    whole = tokenizer.unigram(vocabulary)
    encodings = whole.encode_batch(list(english_texts()), add_special_tokens=False)
    return {index for encoding in encodings for index in encoding.ids}


def english_texts():
    words = wordfreq.top_n_list("en", WORDS)
    yield from words
    yield from (word.replace("'", "’") for word in words if "'" in word)
    yield from (word.capitalize() for word in words[:CAPITALISED])
    yield from (word.upper() for word in words[:CAPITALS])
    for word in words[:AFTER_CHINESE]:
        yield from ("的" + form for form in (word, word.capitalize(), word.upper()))


def cut(vocabulary, ids):
    """The vocabulary of the kept ids, renumbered from 0 in the same order."""
    return type(vocabulary)(
        [vocabulary.pieces[index] for index in ids],
        [vocabulary.scores[index] for index in ids],
        *(ids.index(special) for special in (vocabulary.bos, vocabulary.eos, vocabulary.pad, vocabulary.unk)),
    )
