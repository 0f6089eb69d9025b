"""model.safetensors and the JSON files around it, in the Hugging Face layout."""

import json

import numpy
from safetensors.numpy import save

from builtin_model import image as images
from builtin_model.tokenizer import BOS, EOS, MASK, PAD, UNK

NAME = "e5-small-zh"
MAX_TOKENS = 512
QUERY, PASSAGE = "query: ", "passage: "
EMBEDDINGS = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
LINEAR = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
LAYER_NORM = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


def tensors(image, kept):
    """Every tensor of the model by its Hugging Face name: Q4, or f32 [rows, hidden] / [n]."""
    hidden = image.shape.hidden
    words = images.matrix(image.tensors["emb.word"], hidden).rows(kept)
    found = {"embeddings.word_embeddings.weight": words}
    for short, name in EMBEDDINGS.items():
        is_table = short in ("emb.pos", "emb.type")
        found[name] = image.tensors[short].reshape((-1, hidden) if is_table else (hidden,))
    for layer in range(image.shape.layers):
        found.update(layer_tensors(image, layer))
    return found


def layer_tensors(image, layer):
    prefix = f"encoder.layer.{layer}."
    found = {}
    for short, name in LINEAR.items():
        columns = image.shape.intermediate if short == "fo" else image.shape.hidden
        found[f"{prefix}{name}.weight"] = images.matrix(image.tensors[f"l{layer}.{short}.w"], columns)
        found[f"{prefix}{name}.bias"] = image.tensors[f"l{layer}.{short}.b"]
    for short, name in LAYER_NORM.items():
        found[f"{prefix}{name}.weight"] = image.tensors[f"l{layer}.{short}.w"]
        found[f"{prefix}{name}.bias"] = image.tensors[f"l{layer}.{short}.b"]
    return found


def write(path, found):
    """4-bit matrices as two tensors each, the same blocks as in the image."""
    stored = {}
    for name, tensor in found.items():
        if isinstance(tensor, images.Q4):
            stored[f"{name}_q4"] = tensor.nibbles
            stored[f"{name}_q4_scale"] = tensor.scales
        else:
            stored[name] = smallest_exact(tensor)
    contiguous = {name: numpy.ascontiguousarray(stored[name]) for name in sorted(stored)}
    path.write_bytes(save(contiguous, {"format": "pt"}))


def smallest_exact(tensor):
    """f16 where it holds every value of the f32 tensor exactly, else f32."""
    half = tensor.astype(numpy.float16)
    return half if numpy.array_equal(half.astype(numpy.float32), tensor) else tensor


def write_configuration(folder, image, vocabulary):
    for name, content in configuration(image, vocabulary).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def configuration(image, vocabulary):
    """File name → content."""
    return {
        "config.json": bert(image.shape, vocabulary),
        "tokenizer_config.json": tokenizer_configuration(),
        "modules.json": modules(),
        "1_Pooling/config.json": pooling(image.shape.hidden),
        "sentence_bert_config.json": {"max_seq_length": MAX_TOKENS, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {"query": QUERY, "passage": PASSAGE},
            "default_prompt_name": "query",
            "similarity_fn_name": "cosine",
        },
    }


def bert(shape, vocabulary):
    return {
        "_name_or_path": NAME,
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.intermediate,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "initializer_range": 0.02,
        # The image holds it as a float32; six digits name the number that was meant.
        "layer_norm_eps": float(f"{shape.layer_norm_eps:.6g}"),
        "max_position_embeddings": shape.positions,
        "position_embedding_type": "absolute",
        "type_vocab_size": shape.types,
        "vocab_size": len(vocabulary.pieces),
        "bos_token_id": vocabulary.bos,
        "eos_token_id": vocabulary.eos,
        "pad_token_id": vocabulary.pad,
        "quantization_config": {"quant_method": "yuyi-q4", "format": "q4_0", "block_size": images.BLOCK},
    }


def tokenizer_configuration():
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": MAX_TOKENS,
        "bos_token": BOS,
        "cls_token": BOS,
        "eos_token": EOS,
        "sep_token": EOS,
        "pad_token": PAD,
        "unk_token": UNK,
        "mask_token": MASK,
    }


def modules():
    package = "sentence_transformers.models"
    return [
        {"idx": 0, "name": "0", "path": "", "type": f"{package}.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{package}.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{package}.Normalize"},
    ]


def pooling(hidden):
    return {
        "word_embedding_dimension": hidden,
        "pooling_mode_cls_token": False,
        "pooling_mode_mean_tokens": True,
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
    }
