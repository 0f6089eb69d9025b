"""The architecture of gte-multilingual-base and its like (model_type "new" or "gte"), compact and in PyTorch.

Its makers publish it as code beside the weights, which transformers runs from the hub and not from a package. This
is written anew from what that code computes, for one text at a time: BERT with rotary positions instead of learned ones,
a packed product for queries, keys and values, and a gated feed-forward block. Modules have the names of the checkpoints.
"""

import math
from types import SimpleNamespace

import torch
from torch import nn

ACTIVATIONS = {"gelu": nn.functional.gelu, "silu": nn.functional.silu}


class RmsNorm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x):
        return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)


def norm(config):
    kinds = {"layer_norm": nn.LayerNorm, "rms_norm": RmsNorm}
    return kinds[config.layer_norm_type](config.hidden_size, eps=config.layer_norm_eps)


def frequencies(config):
    """Radians a position for each pair of elements of a head: plain, or NTK-scaled (kexue.fm/archives/9706)."""
    size = config.hidden_size // config.num_attention_heads
    exponents = torch.arange(0, size, 2).float() / size
    scaling = config.rope_scaling
    if scaling is None or scaling["factor"] <= 1:
        return 1.0 / config.rope_theta**exponents
    factor, mixed_b = scaling["factor"], scaling.get("mixed_b")
    if mixed_b is None:
        return 1.0 / (config.rope_theta * factor) ** exponents / factor ** (2 / size)
    a = math.log(factor) / (size / 2) ** mixed_b
    return 1.0 / config.rope_theta**exponents / (a * torch.arange(1, size // 2 + 1).float() ** mixed_b).exp()


def turned(x, cos, sin):
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class Embeddings(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.word_embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        if config.type_vocab_size > 0:
            self.token_type_embeddings = nn.Embedding(config.type_vocab_size, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, ids):
        x = self.word_embeddings(ids)
        if hasattr(self, "token_type_embeddings"):
            x = x + self.token_type_embeddings.weight[0]
        return self.LayerNorm(x)


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        size = config.hidden_size
        self.heads = config.num_attention_heads
        self.packed = config.pack_qkv
        if self.packed:
            self.qkv_proj = nn.Linear(size, 3 * size)
        else:
            self.q_proj, self.k_proj, self.v_proj = (nn.Linear(size, size) for _ in range(3))
        self.o_proj = nn.Linear(size, size)

    def forward(self, x, cos, sin):
        parts = self.qkv_proj(x).chunk(3, dim=-1) if self.packed else (self.q_proj(x), self.k_proj(x), self.v_proj(x))
        query, key, value = (part.unflatten(-1, (self.heads, -1)).transpose(0, 1) for part in parts)
        query, key = turned(query, cos, sin), turned(key, cos, sin)
        scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
        return self.o_proj((scores.softmax(-1) @ value).transpose(0, 1).flatten(1))


class GatedMlp(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.up_gate_proj = nn.Linear(config.hidden_size, 2 * config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size)
        self.activation = ACTIVATIONS[config.hidden_act]

    def forward(self, x):
        up, gate = self.up_gate_proj(x).chunk(2, dim=-1)
        return self.down_proj(self.activation(gate) * up)


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.attention = Attention(config)
        self.mlp = GatedMlp(config)
        self.attn_ln, self.mlp_ln = norm(config), norm(config)

    def forward(self, x, cos, sin):
        x = self.attn_ln(x + self.attention(x, cos, sin))
        return self.mlp_ln(x + self.mlp(x))


class Encoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.layer = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))


class GteModel(nn.Module):
    """Called like a model of transformers, with a batch of one text without padding."""

    def __init__(self, config):
        super().__init__()
        # transformers' own configuration keeps unknown fields; a plain one from the file serves as well.
        self.config = config
        self.embeddings = Embeddings(config)
        self.encoder = Encoder(config)
        self.register_buffer("frequencies", frequencies(config), persistent=False)

    def forward(self, input_ids, attention_mask=None):
        (ids,) = input_ids
        x = self.embeddings(ids)
        # The original takes angles and their cosines in single precision.
        angles = torch.arange(ids.shape[0]).float()[:, None] * self.frequencies.float()
        angles = torch.cat((angles, angles), dim=-1)
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        for layer in self.encoder.layer:
            x = layer(x, cos, sin)
        return SimpleNamespace(last_hidden_state=x[None])


class Pooler(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, hidden):
        return torch.tanh(self.dense(hidden[0]))


class GteReranker(nn.Module):
    """`NewForSequenceClassification` with one label, as gte-multilingual-reranker-base has it."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.new = GteModel(config)
        self.new.pooler = Pooler(config)
        self.classifier = nn.Linear(config.hidden_size, 1)

    def forward(self, input_ids, attention_mask=None):
        (hidden,) = self.new(input_ids).last_hidden_state
        return SimpleNamespace(logits=self.classifier(self.new.pooler(hidden))[None])


def configuration(fields):
    """The fields of config.json as attributes, with the defaults of the original."""
    defaults = dict(type_vocab_size=1, layer_norm_type="layer_norm", layer_norm_eps=1e-12, hidden_act="gelu", pack_qkv=True,
                    rope_theta=10000.0, rope_scaling=None, position_embedding_type="rope")
    return SimpleNamespace(**defaults | fields)
