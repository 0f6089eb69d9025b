"""The token ids that yuyi's are compared with, by code that shares nothing with it.

BERT: the BertTokenizer that transformers 4 has in plain Python. Built-in model: a Unigram
in plain Python over the whole vocabulary of the image that the model is cut from.
Shared by `make_token_fixtures` and `check_tokens`.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
REQUIREMENTS = REPOSITORY / "scripts" / "requirements-tokens.txt"
ENVIRONMENT = REPOSITORY / ".cache" / "tokens-venv"
BUILTIN = REPOSITORY / "models" / "builtin"
MAX_TOKENS = 512
SPACE = "\u2581"
# tokenizers' penalty for an unknown character, below the lowest score of a piece.
UNKNOWN_PENALTY = 10.0
# As the published tokenizer does, special tokens are recognised in the text itself.
SPECIALS = re.compile(r"(<s>|<pad>|</s>|<unk>|\s*<mask>)")


def ensure_environment():
    """Re-executes the running script inside .cache/tokens-venv when transformers 4 is missing."""
    if has_requirements():
        return
    python = ENVIRONMENT / "bin" / "python"
    if Path(sys.prefix) == ENVIRONMENT:
        sys.exit(f"{ENVIRONMENT} is incomplete: delete it and run this again.")
    if not python.exists():
        print(f"Creating {ENVIRONMENT}…", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "-r", str(REQUIREMENTS)]
    subprocess.run(install, check=True, timeout=900)
    os.execv(python, [str(python), *sys.argv])


def has_requirements():
    if not all(importlib.util.find_spec(name) for name in ("numpy", "transformers")):
        return False
    from importlib.metadata import version

    return version("transformers").startswith("4.")


def bert(vocabulary_file):
    """Function from a text to BERT's ids, [CLS] and [SEP] included, cut at MAX_TOKENS."""
    # It would say that torch is missing, which only models need.
    os.environ["TRANSFORMERS_NO_ADVISORY_WARNINGS"] = "1"
    from transformers import BertTokenizer

    tokenizer = BertTokenizer(str(vocabulary_file), do_lower_case=True, model_max_length=MAX_TOKENS)
    return lambda text: tokenizer.encode(text, truncation=True, max_length=MAX_TOKENS)


def tokenizer_configuration():
    """tokenizer_config.json of a folder that has vocab.txt and no tokenizer.json."""
    return {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": True,
        "model_max_length": MAX_TOKENS,
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
        "pad_token": "[PAD]",
        "sep_token": "[SEP]",
        "unk_token": "[UNK]",
    }


def model_configuration(vocabulary_file):
    """config.json of a folder that is used for its tokenizer alone: a BERT-base that reads MAX_TOKENS."""
    lines = Path(vocabulary_file).read_text(encoding="utf-8").splitlines()
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": len(lines),
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
        "max_position_embeddings": MAX_TOKENS,
    }


class Unigram:
    """SentencePiece's Unigram: the segmentation with the highest sum of scores."""

    def __init__(self, pieces, scores, unknown, normaliser):
        self.entries = {piece: (index, score) for index, (piece, score) in enumerate(zip(pieces, scores))}
        self.prefixes = {piece[:end] for piece in pieces for end in range(1, len(piece) + 1)}
        self.unknown = unknown
        self.unknown_score = min(scores) - UNKNOWN_PENALTY
        self.normaliser = normaliser

    def ids(self, text):
        """Ids with <s> and </s>, cut at MAX_TOKENS."""
        content = [index for part in SPECIALS.split(text) for index in self.part_ids(part)]
        return [self.entries["<s>"][0], *content[: MAX_TOKENS - 2], self.entries["</s>"][0]]

    def part_ids(self, part):
        if SPECIALS.fullmatch(part):
            return [self.entries[part.strip()][0]]
        normal = re.sub(" {2,}", " ", part.translate(self.normaliser)).replace(" ", SPACE)
        if normal and not normal.startswith(SPACE):
            normal = SPACE + normal
        return self.best_path(normal)

    def best_path(self, text):
        """Viterbi over character positions; of equal scores the earlier start wins."""
        best = [(0.0, 0, None)] + [None] * len(text)
        for start in range(len(text)):
            for end, index, score in self.edges(text, start):
                score += best[start][0]
                if best[end] is None or score > best[end][0]:
                    best[end] = (score, start, index)
        return self.walk_back(best)

    def edges(self, text, start):
        """(end, id, score) of every piece at `start`, and of the unknown character where
        no piece is that one character."""
        known = False
        for end in range(start + 1, len(text) + 1):
            piece = text[start:end]
            if piece not in self.prefixes:
                break
            if piece in self.entries:
                known |= end == start + 1
                yield end, *self.entries[piece]
        if not known:
            yield start + 1, self.unknown, self.unknown_score

    def walk_back(self, best):
        """Ids of the best path; neighbouring unknown characters are one token."""
        path, end = [], len(best) - 1
        while end > 0:
            _, end, index = best[end]
            if index != self.unknown or not path or path[-1] != self.unknown:
                path.append(index)
        return path[::-1]


@dataclass(frozen=True)
class Builtin:
    """The whole vocabulary's Unigram, the cut one's, and the cut id of a whole id."""

    whole: Unigram
    cut: Unigram
    cut_ids: dict

    def expected(self, text):
        """(ids in the built-in model, whether they follow from the whole vocabulary): they do
        wherever the cut kept every piece of the whole vocabulary's segmentation."""
        whole = self.whole.ids(text)
        if all(index in self.cut_ids for index in whole):
            return [self.cut_ids[index] for index in whole], True
        return self.cut.ids(text), False


def read_image(downloads):
    """What the built-in model is cut from; the package is kept in the folder `downloads`."""
    from builtin_model import image, package

    Path(downloads).mkdir(parents=True, exist_ok=True)
    return image.read(package.image_bytes(downloads))


def builtin(image):
    """`image` from read_image."""
    vocabulary = image.vocabulary
    model = json.loads((BUILTIN / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    pieces = [piece for piece, _ in model["vocab"]]
    scores = [score for _, score in model["vocab"]]
    positions = {piece: index for index, piece in enumerate(pieces)}
    return Builtin(
        Unigram(vocabulary.pieces, vocabulary.scores, vocabulary.unk, image.normaliser),
        Unigram(pieces, scores, model["unk_id"], image.normaliser),
        {index: positions[piece] for index, piece in enumerate(vocabulary.pieces) if piece in positions},
    )
