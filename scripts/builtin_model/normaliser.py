"""The image's normaliser map as a `Precompiled` normaliser of tokenizers.

The map is one of code points and is not today's `nmt_nfkc` of SentencePiece: they differ
on some 170 code points, the zero-width joiner of emoji sequences among them. So the map
itself is handed to SentencePiece as rules, and its trainer compiles them.
"""

import io
import tempfile
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer

LAST_CODE_POINT = 0x10FFFF
SURROGATES = range(0xD800, 0xE000)


def compiled(mapping):
    """SentencePiece's compiled character map, as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder) / "rules.tsv"
        rules.write_text(rules_text(mapping), encoding="utf-8")
        model = train(rules)
    return model.normalizer_spec.precompiled_charsmap


def rules_text(mapping):
    """SentencePiece's rule format: source, tab, replacement, as hexadecimal code points."""
    return "".join(
        f"{source:X}\t{' '.join(f'{ord(c):X}' for c in mapping[source])}\n" for source in sorted(mapping)
    )


def train(rules):
    """A throw-away model: only its compiled rules are wanted, the text does not matter."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c"]),
        model_writer=model,
        model_type="char",
        vocab_size=8,
        hard_vocab_limit=False,
        normalization_rule_tsv=str(rules),
        minloglevel=2,
    )
    return sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())


def characters():
    """Every Unicode code point but the surrogates, which no text can hold."""
    return (chr(c) for c in range(LAST_CODE_POINT + 1) if c not in SURROGATES)


def differences(tokenizer_file, mapping):
    """Code points, as text, that the file's normaliser treats otherwise than the map."""
    normalizer = Tokenizer.from_file(str(tokenizer_file)).normalizer
    return [c for c in characters() if normalizer.normalize_str(c) != mapping.get(ord(c), c)]
