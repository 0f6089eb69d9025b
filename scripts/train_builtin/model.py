"""The built-in model in PyTorch: the same arithmetic as the engine in 32 bits, with its 4-bit blocks as weights."""

import json
from pathlib import Path

import numpy
import torch
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional

BLOCK = 32
PROMPT = "query: "
LINEAR = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "projection": "attention.output.dense",
    "intermediate": "intermediate.dense",
    "output": "output.dense",
}
NORMS = {"attention_norm": "attention.output.LayerNorm", "output_norm": "output.LayerNorm"}


class Weights:
    """The tensors of a folder, 4-bit blocks widened."""

    def __init__(self, folder):
        self.stored = load_file(Path(folder) / "model.safetensors")

    def __getitem__(self, name):
        if name in self.stored:
            return torch.from_numpy(self.stored[name].astype(numpy.float32))
        return torch.from_numpy(widen(self.stored[f"{name}_q4"], self.stored[f"{name}_q4_scale"]))


def widen(nibbles, scales):
    """[out, in / 2] bytes and [out, in / 32] scales as [out, in] floats."""
    blocks = nibbles.reshape(len(nibbles), -1, BLOCK // 2)
    values = numpy.concatenate([blocks & 15, blocks >> 4], axis=2).astype(numpy.float32) - 8
    return (values * scales.astype(numpy.float32)[:, :, None]).reshape(len(nibbles), -1)


class Layer(nn.Module):
    """A transformer layer, as BERT's."""

    def __init__(self, weights, index, configuration):
        super().__init__()
        prefix = f"encoder.layer.{index}."
        self.heads = configuration["num_attention_heads"]
        for name, stored in LINEAR.items():
            setattr(self, name, linear(weights[f"{prefix}{stored}.weight"], weights[f"{prefix}{stored}.bias"]))
        for name, stored in NORMS.items():
            setattr(self, name, norm(weights, prefix + stored, configuration))

    def forward(self, hidden, mask):
        """[texts, tokens, hidden] and a mask [texts, 1, 1, tokens] of what may be attended to."""
        hidden = self.attention_norm(hidden + self.projection(self.attended(hidden, mask)))
        return self.output_norm(hidden + self.output(functional.gelu(self.intermediate(hidden))))

    def attended(self, hidden, mask):
        texts, tokens, size = hidden.shape

        def heads(values):
            return values.view(texts, tokens, self.heads, -1).transpose(1, 2)

        query, key, value = heads(self.query(hidden)), heads(self.key(hidden)), heads(self.value(hidden))
        attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return attended.transpose(1, 2).reshape(texts, tokens, size)


class Model(nn.Module):
    """The encoder of a folder."""

    def __init__(self, folder):
        super().__init__()
        folder = Path(folder)
        configuration = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        weights = Weights(folder)
        self.words = nn.Parameter(weights["embeddings.word_embeddings.weight"], requires_grad=False)
        positions = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
        self.positions = nn.Parameter(positions, requires_grad=False)
        self.embedding_norm = norm(weights, "embeddings.LayerNorm", configuration)
        layers = range(configuration["num_hidden_layers"])
        self.layers = nn.ModuleList(Layer(weights, index, configuration) for index in layers)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.end = self.tokenizer.token_to_id("</s>")

    def freeze(self, first):
        """Trains the layers from `first` on only."""
        for parameter in self.parameters():
            parameter.requires_grad_(False)
        for layer in self.layers[first:]:
            layer.requires_grad_(True)

    def ids(self, texts, longest):
        """Token ids of each text, with the prompt, cut to `longest`."""
        encoded = self.tokenizer.encode_batch([PROMPT + text for text in texts])
        cut = [encoding.ids for encoding in encoded]
        return [ids if len(ids) <= longest else [*ids[: longest - 1], self.end] for ids in cut]

    def embedded(self, ids):
        return self.embedding_norm(self.words[ids] + self.positions[: ids.shape[1]])

    def through(self, hidden, attention, first, last):
        """Hidden states after the layers `first` to `last`."""
        mask = attention[:, None, None, :]
        for layer in self.layers[first:last]:
            hidden = layer(hidden, mask)
        return hidden

    @torch.no_grad()
    def vectors(self, texts, longest=512, budget=8192):
        """Unit vectors of texts, in order."""
        ids = self.ids(texts, longest)
        out = torch.empty(len(texts), self.words.shape[1])
        for places in batches(ids, budget):
            padded, attention = pad([ids[place] for place in places])
            hidden = self.through(self.embedded(padded), attention, 0, len(self.layers))
            out[places] = mean(hidden, attention)
        return out


def linear(weight, bias):
    made = nn.Linear(weight.shape[1], weight.shape[0])
    made.weight = nn.Parameter(weight.clone())
    made.bias = nn.Parameter(bias.clone())
    return made


def norm(weights, name, configuration):
    made = nn.LayerNorm(configuration["hidden_size"], eps=configuration["layer_norm_eps"])
    made.weight = nn.Parameter(weights[f"{name}.weight"].clone())
    made.bias = nn.Parameter(weights[f"{name}.bias"].clone())
    return made


def mean(hidden, attention):
    """Unit vectors of texts: the mean over their tokens."""
    weight = attention[:, :, None].to(hidden.dtype)
    return functional.normalize((hidden * weight).sum(1) / weight.sum(1), dim=-1)


def pad(lists):
    """Token ids as a rectangle, and which of them are real."""
    longest = max(map(len, lists))
    ids = torch.ones(len(lists), longest, dtype=torch.long)
    attention = torch.zeros(len(lists), longest, dtype=torch.bool)
    for row, tokens in enumerate(lists):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        attention[row, : len(tokens)] = True
    return ids, attention


def batches(ids, budget):
    """Places of texts of like length, at most `budget` padded tokens together."""
    order = sorted(range(len(ids)), key=lambda place: len(ids[place]))
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and (end - start + 1) * len(ids[order[end]]) <= budget:
            end += 1
        yield order[start:end]
        start = end
