"""tokenizer.json: normaliser, Unigram over the kept pieces, <s> … </s>."""

import json

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

BOS, PAD, EOS, UNK, MASK = "<s>", "<pad>", "</s>", "<unk>", "<mask>"


def unigram(vocabulary):
    """The bare model: text must be normalised already, no specials are added."""
    pieces = list(zip(vocabulary.pieces, vocabulary.scores))
    tokenizer = Tokenizer(models.Unigram(pieces, vocabulary.unk))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    return tokenizer


def whole_pipeline(vocabulary, charsmap):
    """`charsmap` from normaliser.compiled."""
    tokenizer = unigram(vocabulary)
    tokenizer.normalizer = normalizers.Sequence([normalizers.Precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A {EOS}",
        pair=f"{BOS} $A {EOS} {EOS} $B {EOS}",
        special_tokens=[(BOS, vocabulary.bos), (EOS, vocabulary.eos)],
    )
    specials = [AddedToken(token, normalized=False, special=True) for token in (BOS, PAD, EOS, UNK)]
    tokenizer.add_special_tokens([*specials, AddedToken(MASK, lstrip=True, normalized=False, special=True)])
    return tokenizer


def write(path, vocabulary, charsmap):
    """Compact JSON: half the size of the indented form, and parsed at every start."""
    content = json.loads(whole_pipeline(vocabulary, charsmap).to_str())
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
