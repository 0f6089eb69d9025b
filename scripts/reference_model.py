"""The reference that yuyi's vectors are compared with: Hugging Face transformers.

Shared by `make_model_fixtures` and `parity_full`. The forward pass runs in float64 on
the weights as stored, so that a difference belongs to yuyi and not to the rounding of
another float32 implementation.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
REQUIREMENTS = REPOSITORY / "scripts" / "requirements-fixtures.txt"
ENVIRONMENT = REPOSITORY / ".cache" / "reference-venv"
# Reads the pinned packages' own dependencies too; everything lands below .cache/.
NEEDED = ("torch", "transformers", "safetensors", "tokenizers")


def ensure_environment():
    """Re-executes the running script inside .cache/reference-venv when torch is missing."""
    if all(importlib.util.find_spec(name) for name in NEEDED):
        return
    python = ENVIRONMENT / "bin" / "python"
    if Path(sys.prefix) == ENVIRONMENT:
        sys.exit(f"{ENVIRONMENT} is incomplete: delete it and run this again.")
    if not python.exists():
        print(f"Creating {ENVIRONMENT} (torch and transformers, several GB)…", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    install("-r", str(REQUIREMENTS), python=python)
    os.execv(python, [str(python), *sys.argv])


def install(*arguments, python=sys.executable):
    """pip install into the environment of `python`."""
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *arguments], check=True)


def load(folder):
    """The transformers model of a Hugging Face folder, in float64: with its head where it scores pairs."""
    import torch
    from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification, logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    config = AutoConfig.from_pretrained(folder)
    scores = (config.architectures or [""])[0].endswith("ForSequenceClassification")
    # Models of vectors are saved without a pooler; DistilBERT knows none.
    without = {} if scores or config.model_type == "distilbert" else {"add_pooling_layer": False}
    model_class = AutoModelForSequenceClassification if scores else AutoModel
    model, info = model_class.from_pretrained(
        folder,
        dtype=torch.float32,
        attn_implementation="eager",
        output_loading_info=True,
        **without,
    )
    if info["missing_keys"]:
        sys.exit(f"{folder}: transformers misses {sorted(info['missing_keys'])}")
    return model.double().eval()


# What stands behind `pooling_mode_` in 1_Pooling/config.json.
POOLINGS = {
    "cls": "cls_token",
    "mean": "mean_tokens",
    "max": "max_tokens",
    "weightedmean": "weightedmean_tokens",
    "lasttoken": "lasttoken",
    "mean_last_2": "mean_last_2_tokens",
}


def pooling_of(folder):
    """One of POOLINGS, from 1_Pooling/config.json."""
    config = json.loads((Path(folder) / "1_Pooling" / "config.json").read_text())
    chosen = [name for name, key in POOLINGS.items() if config.get(f"pooling_mode_{key}")]
    if len(chosen) != 1:
        sys.exit(f"{folder}: expected one pooling mode, found {chosen}")
    return chosen[0]


def default_prompt(folder):
    """What sentence-transformers puts in front of a text unless told otherwise."""
    path = Path(folder) / "config_sentence_transformers.json"
    config = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return config.get("prompts", {}).get(config.get("default_prompt_name"), "")


def unit_vector(model, pooling, ids):
    """Pooled and L2-normalised vector of one sequence of token ids, in the model's precision."""
    pooled = pool(model, pooling, ids)
    return (pooled / pooled.norm()).tolist()


def pool(model, pooling, ids):
    """The pooled vector of one sequence of token ids."""
    import torch

    with torch.no_grad():
        tokens = torch.tensor([ids])
        outputs = model(input_ids=tokens, attention_mask=torch.ones_like(tokens), output_hidden_states=True)
    hidden = outputs.last_hidden_state[0]
    places = torch.arange(1, len(ids) + 1, dtype=hidden.dtype)[:, None]
    return {
        "cls": lambda: hidden[0],
        "mean": lambda: hidden.mean(0),
        "max": lambda: hidden.max(0).values,
        "weightedmean": lambda: (hidden * places).sum(0) / places.sum(),
        "lasttoken": lambda: hidden[-1],
        "mean_last_2": lambda: (hidden.mean(0) + outputs.hidden_states[-2][0].mean(0)) / 2,
    }[pooling]()


def vector_of(folder, model, ids):
    """The unit vector of one sequence of token ids after all modules of a folder."""
    vector = project(folder, pool(model, pooling_of(folder), ids))
    return (vector / vector.norm()).tolist()


def project(folder, vector):
    """What the modules behind the pooling make of a vector, and `truncate_dim`."""
    import torch

    folder = Path(folder)
    path = folder / "modules.json"
    for module in json.loads(path.read_text())[2:] if path.exists() else []:
        if module["type"].endswith("Normalize"):
            vector = vector / vector.norm()
            continue
        config = json.loads((folder / module["path"] / "config.json").read_text())
        tensors = read_tensors(folder / module["path"])
        vector = tensors["linear.weight"].to(vector.dtype) @ vector
        if config["bias"]:
            vector = vector + tensors["linear.bias"].to(vector.dtype)
        vector = getattr(torch.nn, config["activation_function"].rsplit(".", 1)[1])()(vector)
    path = folder / "config_sentence_transformers.json"
    config = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return vector[:config.get("truncate_dim")]


def read_tensors(folder):
    """The weights of a module."""
    import torch
    from safetensors.torch import load_file

    safe = folder / "model.safetensors"
    return load_file(safe) if safe.exists() else torch.load(folder / "pytorch_model.bin", weights_only=True)


def logit(model, ids, types):
    """What a model that scores pairs gives for one pair."""
    import torch

    typed = {"token_type_ids": torch.tensor([types])} if model.config.model_type in ("bert", "ernie") else {}
    with torch.no_grad():
        tokens = torch.tensor([ids])
        return model(input_ids=tokens, attention_mask=torch.ones_like(tokens), **typed).logits.item()


def read_tokenizer(folder, max_tokens):
    """The folder's tokenizer.json as sentence-transformers uses it: its own truncation and
    padding replaced by the model's maximum length and no padding."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def random_tensor(name, shape, random):
    """Large enough that attention, GELU and every bias show in the result; a model's usual
    initialisation (0.02, biases 0, LayerNorm 1) would hide most mistakes."""
    import numpy
    import torch

    normal = random.standard_normal(shape)
    if name.endswith(("LayerNorm.weight", "layer_norm.weight")):
        values = 1 + 0.3 * normal
    elif name.endswith("bias"):
        values = 0.3 * normal
    elif "embeddings" in name:
        values = 0.7 * normal
    else:
        values = 1.5 * normal / shape[1] ** 0.5
    return torch.from_numpy(values.astype(numpy.float32))


def write_layout(folder, hidden, pooling):
    """The files that sentence-transformers adds to a model's folder."""
    kinds = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
    write_json(folder / "modules.json", [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds)
    ])
    (folder / "1_Pooling").mkdir()
    write_json(folder / "1_Pooling" / "config.json", {
        "word_embedding_dimension": hidden,
        "pooling_mode_cls_token": pooling == "cls",
        "pooling_mode_mean_tokens": pooling == "mean",
        "pooling_mode_max_tokens": pooling == "max",
        "pooling_mode_mean_sqrt_len_tokens": False,
        f"pooling_mode_{POOLINGS[pooling]}": True,
    })


def write_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
