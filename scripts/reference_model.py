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
    """The transformers model of a Hugging Face folder, in float64."""
    import torch
    from transformers import AutoConfig, BertModel, XLMRobertaModel, logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    config = AutoConfig.from_pretrained(folder)
    model_class = XLMRobertaModel if config.model_type == "xlm-roberta" else BertModel
    model, info = model_class.from_pretrained(
        folder,
        dtype=torch.float32,
        add_pooling_layer=False,
        attn_implementation="eager",
        output_loading_info=True,
    )
    if info["missing_keys"]:
        sys.exit(f"{folder}: transformers misses {sorted(info['missing_keys'])}")
    return model.double().eval()


def pooling_of(folder):
    """`cls`, `mean` or `max`, from 1_Pooling/config.json."""
    config = json.loads((Path(folder) / "1_Pooling" / "config.json").read_text())
    names = {"cls": "pooling_mode_cls_token", "mean": "pooling_mode_mean_tokens", "max": "pooling_mode_max_tokens"}
    chosen = [name for name, key in names.items() if config.get(key)]
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
    import torch

    with torch.no_grad():
        tokens = torch.tensor([ids])
        hidden = model(input_ids=tokens, attention_mask=torch.ones_like(tokens)).last_hidden_state[0]
    if pooling == "cls":
        pooled = hidden[0]
    else:
        pooled = hidden.mean(0) if pooling == "mean" else hidden.max(0).values
    return (pooled / pooled.norm()).tolist()


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
    if "LayerNorm.weight" in name:
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
    })


def write_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
