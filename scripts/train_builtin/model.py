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
# Up to so many tokens the attention is written out: PyTorch's fused one takes twice as long back through short texts.
SHORT = 64
# The score of a key that may not be attended to.
LOWEST = -1e4
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

    def forward(self, hidden, groups):
        """[tokens, hidden] of the groups one after the other."""
        hidden = self.normed(hidden, groups)
        return self.output_norm(hidden + self.output(functional.gelu(self.intermediate(hidden))))

    def normed(self, hidden, groups):
        return self.attention_norm(hidden + self.projection(self.attended(hidden, groups)))

    def attended(self, hidden, groups):
        """Matrices read all groups at once; the attention reads each by itself."""
        query, key, value = self.query(hidden), self.key(hidden), self.value(hidden)
        parts, start = [], 0
        for group in groups:
            rows = slice(start, start + group.size)
            parts.append(self.attended_in(group, query[rows], key[rows], value[rows]))
            start += group.size
        return torch.cat(parts)

    def attended_in(self, group, query, key, value):
        def heads(values):
            return values.view(*group.shape, self.heads, -1).transpose(1, 2)

        query, key, value = heads(query), heads(key), heads(value)
        if group.shape[1] <= SHORT:
            scores = (query @ key.transpose(2, 3)) * key.shape[-1] ** -0.5
            attended = scores.float().masked_fill(group.masked, LOWEST).softmax(3).to(value.dtype) @ value
        else:
            attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=~group.masked)
        return attended.transpose(1, 2).reshape(group.size, -1)


class Group:
    """Texts of like length, which are attended to together: a rectangle whose rows are filled up."""

    def __init__(self, lengths):
        self.lengths = lengths
        self.shape = len(lengths), max(lengths)
        self.size = self.shape[0] * self.shape[1]
        self.real = torch.arange(self.shape[1])[None, :] < torch.tensor(lengths)[:, None]
        # Which keys may not be attended to, of all heads and queries.
        self.masked = ~self.real[:, None, None, :]


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
        """Hidden states [tokens, hidden] before the first layer, of lists of token ids, and their group."""
        group = Group([len(tokens) for tokens in ids])
        padded = torch.ones(group.shape, dtype=torch.long)
        for row, tokens in enumerate(ids):
            padded[row, : len(tokens)] = torch.tensor(tokens)
        hidden = self.embedding_norm(self.words[padded] + self.positions[: group.shape[1]])
        return hidden.view(group.size, -1), group

    def through(self, hidden, groups, first, last):
        """Hidden states [tokens, hidden] of groups after the layers `first` to `last`."""
        for layer in self.layers[first:last]:
            hidden = layer(hidden, groups)
        return hidden

    @torch.no_grad()
    def vectors(self, texts, longest=512, budget=8192):
        """Unit vectors of texts, in order."""
        ids = self.ids(texts, longest)
        out = torch.empty(len(texts), self.words.shape[1])
        for places in batches(ids, budget):
            hidden, group = self.embedded([ids[place] for place in places])
            out[places] = mean(self.through(hidden, [group], 0, len(self.layers)), group)
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


def mean(hidden, group):
    """Unit vectors of the texts of a group: the mean over their tokens, of hidden states [tokens, hidden]."""
    weight = group.real[:, :, None].to(hidden.dtype)
    return functional.normalize((hidden.view(*group.shape, -1) * weight).sum(1) / weight.sum(1), dim=-1)


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
