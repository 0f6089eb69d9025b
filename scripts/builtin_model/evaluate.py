"""What the cut costs: Spearman correlation with the whole vocabulary and with the cut one."""

import csv
import sys

import numpy
import torch
from transformers import BertConfig, BertModel

from builtin_model import image as images
from builtin_model import normaliser, pieces, tokenizer, weights

SETS = ("stsb-zh", "lcqmc", "bq")
# In points of Spearman · 100.
MAX_LOSS = 0.3
BATCH_TOKENS = 4096


def report(image, kept, data):
    """Prints the table; exits with 1 when the cut costs more than MAX_LOSS."""
    absent = [name for name in SETS if not (data / name / "dev.tsv").exists()]
    if absent:
        print(f"SKIPPED: {data} has no {', '.join(absent)}.")
        return
    whole, cut = encoders(image, kept)
    vectors = Vectors(image)
    losses = [report_set(name, read_pairs(data / name / "dev.tsv"), whole, cut, vectors) for name in SETS]
    if max(losses) > MAX_LOSS:
        sys.exit(f"The cut may cost {MAX_LOSS} points at most.")


def encoders(image, kept):
    """Two functions from texts to ids of the whole vocabulary. As the cut keeps a piece's
    embedding, a cut id is named by the whole vocabulary's id of the same piece."""
    charsmap = normaliser.compiled(image.normaliser)
    whole = tokenizer.whole_pipeline(image.vocabulary, charsmap)
    cut = tokenizer.whole_pipeline(pieces.cut(image.vocabulary, kept), charsmap)
    return ids_of(whole, range(len(image.vocabulary.pieces))), ids_of(cut, kept)


def ids_of(made, names):
    made.enable_truncation(weights.MAX_TOKENS)

    def encode(texts):
        encodings = made.encode_batch([weights.QUERY + text for text in texts])
        return [tuple(names[index] for index in encoding.ids) for encoding in encodings]

    return encode


def read_pairs(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row[0] for row in rows], [row[1] for row in rows], [float(row[2]) for row in rows]


def report_set(name, pairs, whole, cut, vectors):
    left, right, labels = pairs
    found = []
    for encode in (whole, cut):
        a, b = vectors.of(encode(left)), vectors.of(encode(right))
        found.append(100 * spearman((a * b).sum(1), labels))
    same = sum(x == y for x, y in zip(whole(left + right), cut(left + right)))
    print(
        f"{name}: whole {found[0]:.2f}, cut {found[1]:.2f}, loss {found[0] - found[1]:.2f}; "
        f"{same:,} of {2 * len(left):,} texts have the same pieces",
        flush=True,
    )
    return found[0] - found[1]


def spearman(scores, labels):
    return numpy.corrcoef(ranks(scores), ranks(labels))[0, 1]


def ranks(values):
    """Average ranks of ties, as Spearman's correlation wants them."""
    _, group, count = numpy.unique(values, return_inverse=True, return_counts=True)
    return (count.cumsum() - (count - 1) / 2)[group]


class Vectors:
    """Unit vectors of sequences of whole-vocabulary ids, each computed once."""

    def __init__(self, image):
        self.model = bert(image)
        self.known = {}

    def of(self, sequences):
        new = sorted(set(sequences) - self.known.keys(), key=lambda ids: (len(ids), ids))
        for batch in batches(new):
            self.known.update(zip(batch, self.encode(batch)))
        return numpy.stack([self.known[ids] for ids in sequences])

    def encode(self, batch):
        """f32 [texts, hidden]: mean over the tokens, specials included, length 1."""
        tokens = torch.nn.utils.rnn.pad_sequence([torch.tensor(ids) for ids in batch], batch_first=True)
        mask = torch.arange(tokens.shape[1]) < torch.tensor([len(ids) for ids in batch])[:, None]
        with torch.inference_mode():
            hidden = self.model(input_ids=tokens, attention_mask=mask.long()).last_hidden_state
        return torch.nn.functional.normalize((hidden * mask[:, :, None]).sum(1), dim=1).numpy()


def batches(sequences):
    """Sequences sorted by length, in runs of at most BATCH_TOKENS padded tokens."""
    batch = []
    for ids in sequences:
        if batch and (len(batch) + 1) * len(ids) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(ids)
    if batch:
        yield batch


def bert(image):
    """transformers' model of the whole vocabulary with de-quantised f32 weights."""
    everything = weights.tensors(image, slice(None))
    state = {name: torch.tensor(dequantised(tensor)) for name, tensor in everything.items()}
    rows = len(state["embeddings.word_embeddings.weight"])
    settings = weights.bert(image.shape, image.vocabulary) | {"vocab_size": rows}
    del settings["quantization_config"]
    model = BertModel(BertConfig(**settings), add_pooling_layer=False)
    model.load_state_dict(state, strict=True)
    return model.eval()


def dequantised(tensor):
    return tensor.dequantised() if isinstance(tensor, images.Q4) else tensor
