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


def unit_vector(model, pooling, ids):
    """Pooled and L2-normalised float64 vector of one sequence of token ids."""
    import torch

    with torch.no_grad():
        tokens = torch.tensor([ids])
        hidden = model(input_ids=tokens, attention_mask=torch.ones_like(tokens)).last_hidden_state[0]
    pooled = {"cls": lambda: hidden[0], "mean": lambda: hidden.mean(0), "max": lambda: hidden.max(0).values}[pooling]()
    return (pooled / pooled.norm()).tolist()


def read_tokenizer(folder, max_tokens):
    """The folder's tokenizer.json as sentence-transformers uses it: its own truncation and
    padding replaced by the model's maximum length and no padding."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer
