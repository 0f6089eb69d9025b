"""Models with rotary positions, of any size and with random weights: GTE's encoder, ModernBERT and Qwen3.

Shared by `make_rotary_fixtures` and `parity_rotary`. The reference for ModernBERT and Qwen3 is transformers, for GTE's encoder,
which transformers does not have, `gte_model`.
"""

import json
import math

import numpy
import torch
from reference_model import write_json
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    ModernBertConfig,
    ModernBertForSequenceClassification,
    ModernBertModel,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3ForSequenceClassification,
    Qwen3Model,
)

import gte_model

# What Qwen's tokenizers cut texts by.
QWEN_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


# What Qwen3-Reranker's card puts around a pair, and what it asks for.
RERANKER_PREFIX = (
    '<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. '
    'Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
)
RERANKER_SUFFIX = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
RERANKER_INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query"
RERANKER_TOKENS = ("<|im_start|>", "<|im_end|>", "<think>", "</think>")


def build(fields, asked=False):
    """The reference model for the fields of a config.json, in float32 and with weights that nobody has set. `asked`: one that writes text
    is scored by what it would write next."""
    kind = fields["model_type"]
    scores = gives_scores(fields)
    if kind in ("new", "gte"):
        model_class = gte_model.GteReranker if scores else gte_model.GteModel
        return model_class(gte_model.configuration(fields)).eval()
    config_class, model_class = {"modernbert": (ModernBertConfig, ModernBertModel), "qwen3": (Qwen3Config, Qwen3Model)}[kind]
    config = config_class(**{key: value for key, value in fields.items() if key not in ("model_type", "architectures")})
    config._attn_implementation = "eager"
    if scores:
        config.num_labels = 1
        model_class = {"modernbert": ModernBertForSequenceClassification, "qwen3": Qwen3ForSequenceClassification}[kind]
    elif asked:
        model_class = Qwen3ForCausalLM
    return model_class(config).eval()


def gives_scores(fields):
    """Whether the fields are those of a reranker."""
    return fields["architectures"][0].endswith("ForSequenceClassification")


def randomise(model, random, dtype, exact_in_f16=False, embeddings=0.7):
    """Sets random weights, rounded to `dtype`; the tensors as a checkpoint stores them. Rotary frequencies stay."""
    tensors = {}
    for name, parameter in model.named_parameters():
        values = random_values(name, tuple(parameter.shape), random, embeddings)
        stored = (values.half() if exact_in_f16 else values).to(dtype)
        tensors[name] = stored.contiguous()
        parameter.data = stored.float()
    return tensors


def random_values(name, shape, random, embeddings=0.7):
    """Large enough that attention, gates and every bias show in the result, and not so large that one token takes all of it."""
    normal = random.standard_normal(shape)
    if len(shape) == 1:
        values = 0.3 * normal if name.endswith("bias") else 1 + 0.3 * normal
    elif "embed" in name:
        values = embeddings * normal
    else:
        values = 1.2 * normal / math.sqrt(shape[1])
    return torch.from_numpy(values.astype(numpy.float32))


def unit_vector(model, pooling, ids):
    """Pooled and L2-normalised vector of one sequence of token ids, in the model's precision."""
    with torch.no_grad():
        tokens = torch.tensor([ids])
        hidden = model(input_ids=tokens, attention_mask=torch.ones_like(tokens)).last_hidden_state[0]
    pooled = {"cls": lambda: hidden[0], "mean": lambda: hidden.mean(0), "lasttoken": lambda: hidden[-1]}[pooling]()
    return (pooled / pooled.norm()).tolist()


def logit(model, ids):
    """What a reranker gives for the token ids of a pair, in the model's precision."""
    with torch.no_grad():
        tokens = torch.tensor([ids])
        return model(input_ids=tokens, attention_mask=torch.ones_like(tokens)).logits.item()


def asked_ids(tokenizer, query, document, max_tokens):
    """Token ids of a pair in the words of Qwen3-Reranker's card, and whether it was cut: prefix, pair and suffix are split each by itself,
    and the pair loses its end."""
    ids = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    prefix, suffix = ids(RERANKER_PREFIX), ids(RERANKER_SUFFIX)
    pair = ids(f"<Instruct>: {RERANKER_INSTRUCTION}\n<Query>: {query}\n<Document>: {document}")
    room = max_tokens - len(prefix) - len(suffix)
    return prefix + pair[:room] + suffix, len(pair) > room


def answer(model, tokenizer, ids):
    """The logit of "yes" less that of "no" as the next token, in the model's precision. The card's score is its sigmoid."""
    with torch.no_grad():
        tokens = torch.tensor([ids])
        logits = model(input_ids=tokens, attention_mask=torch.ones_like(tokens)).logits
    yes, no = (tokenizer.token_to_id(word) for word in ("yes", "no"))
    # A model with a row for both has one logit already.
    return logits.item() if logits.numel() == 1 else (logits[0, -1, yes] - logits[0, -1, no]).item()


# --- configurations ------------------------------------------------------------------------


def gte(**sizes):
    """config.json as gte-multilingual-base has it, in the sizes given."""
    return {
        "architectures": ["NewModel", "NewForTokenClassification"],
        "auto_map": {"AutoConfig": "Alibaba-NLP/new-impl--configuration.NewConfig", "AutoModel": "Alibaba-NLP/new-impl--modeling.NewModel"},
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "layer_norm_type": "layer_norm",
        "logn_attention_clip1": False,
        "logn_attention_scale": False,
        "model_type": "new",
        "pack_qkv": True,
        "pad_token_id": 1,
        "position_embedding_type": "rope",
        "rope_scaling": {"factor": 8.0, "type": "ntk"},
        "rope_theta": 20000,
        "type_vocab_size": 1,
        **sizes,
    }


def modern_bert(**sizes):
    """config.json as ModernBERT-base has it, in the sizes given."""
    return {
        "architectures": ["ModernBertModel"],
        "attention_bias": False,
        "global_attn_every_n_layers": 3,
        "global_rope_theta": 160000.0,
        "hidden_activation": "gelu",
        "local_attention": 128,
        "local_rope_theta": 10000.0,
        "mlp_bias": False,
        "model_type": "modernbert",
        "norm_bias": False,
        "norm_eps": 1e-5,
        "pad_token_id": 1,
        "position_embedding_type": "absolute",
        **sizes,
    }


def qwen3(**sizes):
    """config.json as Qwen3-Embedding-0.6B has it, in the sizes given."""
    return {
        "architectures": ["Qwen3ForCausalLM"],
        "attention_bias": False,
        "hidden_act": "silu",
        "max_window_layers": 28,
        "model_type": "qwen3",
        "rms_norm_eps": 1e-6,
        "rope_scaling": None,
        "rope_theta": 1000000,
        "sliding_window": None,
        "tie_word_embeddings": True,
        "use_sliding_window": False,
        **sizes,
    }


# --- tokenizers ----------------------------------------------------------------------------


def byte_tokenizer(words, opening, closing, pair=None, beside=()):
    """A byte-level BPE tokenizer as Qwen's and ModernBERT's are: all bytes, and merges that make these words. `pair` says how two texts
    are put together. `beside` are further tokens that are not split."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    vocabulary = {token: i for i, token in enumerate(alphabet)}
    merges = []
    for word in words:
        ((pieces, _),) = level.pre_tokenize_str(word)
        whole = pieces[0]
        for piece in pieces[1:]:
            if whole + piece not in vocabulary:
                vocabulary[whole + piece] = len(vocabulary)
                merges.append((whole, piece))
            whole += piece
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(QWEN_PATTERN), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, level])
    tokenizer.decoder = decoders.ByteLevel()
    specials = [token for token in (opening, closing, *beside) if token]
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in specials])
    if not opening and not closing:
        tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
        return tokenizer
    template = " ".join(part for part in (opening, "$A", closing) if part)
    ends = processors.TemplateProcessing(single=template, pair=pair or f"{template} $B", special_tokens=[(token, tokenizer.token_to_id(token)) for token in specials])
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), ends])
    return tokenizer


def template_words():
    """The words of the card's template, so that it does not take hundreds of tokens of single bytes."""
    text = f"{RERANKER_PREFIX}<Instruct>: {RERANKER_INSTRUCTION}\n<Query>: a\n<Document>: a"
    for token in RERANKER_TOKENS:
        text = text.replace(token, "\n")
    split = pre_tokenizers.Split(Regex(QWEN_PATTERN), "isolated")
    words = dict.fromkeys(word for word, _ in split.pre_tokenize_str(text) if len(word) > 1)
    return (*words, "yes", "no")


def write_answers(folder, tokenizer):
    """The files of a model that sentence-transformers scores by its answer."""
    kinds = (("", "base.modules.transformer.Transformer"), ("1_LogitScore", "cross_encoder.modules.logit_score.LogitScore"))
    write_json(folder / "modules.json", [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.{kind}"} for i, (path, kind) in enumerate(kinds)
    ])
    (folder / "1_LogitScore").mkdir()
    yes, no = (tokenizer.token_to_id(word) for word in ("yes", "no"))
    write_json(folder / "1_LogitScore" / "config.json", {"true_token_id": yes, "false_token_id": no})
    write_json(folder / "sentence_bert_config.json", {
        "transformer_task": "text-generation",
        "modality_config": {
            "text": {"method": "forward", "method_output_name": "logits"},
            "message": {"method": "forward", "method_output_name": "logits", "format": "flat"},
        },
        "module_output_name": "causal_logits",
        "processing_kwargs": {"chat_template": {"add_generation_prompt": True}},
    })


def write_layout(folder, fields, pooling, prompts=None):
    """The files that sentence-transformers adds to a model's folder."""
    kinds = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
    write_json(folder / "modules.json", [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds)
    ])
    modes = {"cls": "cls_token", "mean": "mean_tokens", "lasttoken": "lasttoken"}
    (folder / "1_Pooling").mkdir()
    write_json(folder / "1_Pooling" / "config.json", {
        "word_embedding_dimension": fields["hidden_size"],
        **{f"pooling_mode_{key}": name == pooling for name, key in modes.items()},
        "include_prompt": True,
    })
    if prompts:
        write_json(folder / "config_sentence_transformers.json", {"prompts": prompts, "default_prompt_name": None})


def read_tokenizer(folder, max_tokens):
    """The folder's tokenizer, which cuts texts in front of what it puts behind them; `None`: not at all."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    if max_tokens:
        tokenizer.enable_truncation(max_tokens)
    return tokenizer


def stored_fields(folder):
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))
