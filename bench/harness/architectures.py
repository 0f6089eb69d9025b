"""Makes models of further architectures, with random weights, in the formats of yuyi, ONNX Runtime and OpenVINO.

Run inside the benchmark's environment: python -m harness.architectures NAME FOLDER

Each has the shape of a published model, but for its vocabulary. The graphs for the peers have no padding mask, which a single text does not need.
"""

import functools
import sys
from pathlib import Path

import numpy

from harness import REPOSITORY, models
from harness.workloads import CHECK_LENGTHS, Inputs

sys.path.insert(0, str(REPOSITORY / "scripts"))

# Tokens that the tokenizers of models with rotary positions put around a text.
ENDS = {"gte": ("<s>", "</s>"), "modernbert": ("[CLS]", "[SEP]"), "qwen3": ("", "<|endoftext|>")}
ROTARY = {
    "gte": dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072, max_position_embeddings=8192),
    "modernbert": dict(hidden_size=768, num_hidden_layers=22, num_attention_heads=12, intermediate_size=1152, max_position_embeddings=8192),
    "qwen3": dict(hidden_size=1024, num_hidden_layers=28, num_attention_heads=16, num_key_value_heads=8, head_dim=128,
                  intermediate_size=3072, max_position_embeddings=32768),
}
NAMES = ("distilbert", "mpnet", *ROTARY)
RERANKER = "reranker"


def main():
    name, root = sys.argv[1], Path(sys.argv[2])
    root.mkdir(parents=True, exist_ok=True)
    if name == RERANKER:
        models.make_all(root, {"model": lambda _root, folder: make_reranker(folder)})
        return
    steps = {
        "model": functools.partial(make_folder, name),
        "reference.npy": functools.partial(make_reference, name),
        "onnx/model.onnx": functools.partial(make_onnx, name),
        "onnx/fused.onnx": make_fused_onnx,
        "onnx/fused-int8.onnx": models.make_int8_onnx,
        "openvino/f32.xml": models.make_openvino,
        "openvino/weights-int8.xml": models.make_openvino_weights,
        "openvino/int8.xml": models.make_openvino_int8,
    }
    models.make_all(root, steps)


# --- yuyi's folder --------------------------------------------------------------------------


def make_folder(name, _root, folder):
    """A Hugging Face folder with f16 weights."""
    folder.mkdir(exist_ok=True)
    if name in ROTARY:
        make_rotary_folder(name, folder)
    else:
        make_folder_like_bert(name, folder)


def make_rotary_folder(name, folder):
    import rotary_models
    import torch
    from safetensors.torch import save_file

    fields = rotary_fields(name)
    rotary_models.byte_tokenizer(("人工", "智能", "发票", "quick"), *ENDS[name]).save(str(folder / "tokenizer.json"))
    models.write_json(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast"})
    models.write_json(folder / "config.json", fields)
    rotary_models.write_layout(folder, fields, "lasttoken" if name == "qwen3" else "cls")
    tensors = rotary_models.randomise(rotary_models.build(fields), numpy.random.RandomState(models.SEED), torch.float16)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def rotary_fields(name):
    import rotary_models

    make = {"gte": rotary_models.gte, "modernbert": rotary_models.modern_bert, "qwen3": rotary_models.qwen3}[name]
    return {"vocab_size": models.VOCABULARY, **make(**ROTARY[name])}


def make_folder_like_bert(name, folder):
    model = empty_like_bert(name)
    write_like_bert(model, folder)
    models.write_pooling(folder, model.config.hidden_size)


def make_reranker(folder):
    """A cross-encoder in the shape of BERT-base, which bge-reranker-base has but for its vocabulary."""
    import transformers

    folder.mkdir(exist_ok=True)
    write_like_bert(transformers.BertForSequenceClassification(transformers.BertConfig(vocab_size=models.VOCABULARY, num_labels=1)), folder)


def write_like_bert(model, folder):
    """A folder with random weights and a vocabulary of BERT's kind."""
    import torch
    from safetensors.torch import save_file

    random = numpy.random.RandomState(models.SEED)
    values = {key: torch.from_numpy(models.random_tensor(key, tuple(p.shape), random)).half() for key, p in model.named_parameters()}
    save_file(values, folder / "model.safetensors", metadata={"format": "pt"})
    models.write_json(folder / "config.json", {**model.config.to_dict(), "architectures": [type(model).__name__], "dtype": "float16"})
    models.write_json(folder / "sentence_bert_config.json", {"max_seq_length": 512, "do_lower_case": False})
    models.write_vocabulary(folder)


def empty_like_bert(name):
    """DistilBERT or MPNet in the shape that it was published in, before its weights are set."""
    import transformers

    sizes = {"vocab_size": models.VOCABULARY}
    if name == "distilbert":
        return transformers.DistilBertModel(transformers.DistilBertConfig(**sizes))
    return transformers.MPNetModel(transformers.MPNetConfig(max_position_embeddings=514, **sizes), add_pooling_layer=False)


# --- the reference, and the graph ---------------------------------------------------------------


def load_torch(name, folder):
    """The same weights in PyTorch, in f32, with attention written out."""
    import rotary_models
    from safetensors.torch import load_file

    if name in ROTARY:
        model = rotary_models.build(rotary_fields(name))
    else:
        model = empty_like_bert(name)
        model.set_attn_implementation("eager")
    model.load_state_dict({key: value.float() for key, value in load_file(folder / "model.safetensors").items()})
    return model.float().eval()


def hidden_states(name, model):
    """A module that gives what the vector is pooled from, its token first, for [texts, tokens] of ids."""
    import torch

    class Hidden(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids):
            hidden = self.model(input_ids=input_ids).last_hidden_state
            return hidden[:, -1:] if name == "qwen3" else hidden

    return Hidden()


def make_reference(name, root, path):
    """PyTorch's f32 vectors of the texts with which every engine is checked."""
    import torch

    from harness.peers import unit

    hidden = hidden_states(name, load_torch(name, root / "model"))
    with torch.inference_mode():
        vectors = [unit(hidden(torch.tensor([ids]))[:, 0].numpy()) for ids in Inputs("f32").of(CHECK_LENGTHS)["ids"]]
    numpy.save(path, numpy.concatenate(vectors))


def make_onnx(name, root, path):
    import torch

    # Longer than ModernBERT's windows, which are left out of the graph of a shorter text.
    ids = torch.randint(200, models.VOCABULARY, (1, 300), generator=torch.Generator().manual_seed(models.SEED))
    torch.onnx.export(hidden_states(name, load_torch(name, root / "model")), (ids,), str(path), dynamo=False, opset_version=17,
                      input_names=["input_ids"], output_names=["hidden"], dynamic_axes={"input_ids": {1: "tokens"}, "hidden": {1: "tokens"}})


def make_fused_onnx(root, path):
    """Whatever ONNX Runtime's own optimiser can fuse of it."""
    from onnxruntime.transformers import optimizer

    fused = optimizer.optimize_model(str(root / "onnx" / "model.onnx"), model_type="bert", opt_level=1)
    print(f"  fused: { {name: count for name, count in fused.get_fused_operator_statistics().items() if count} }")
    fused.save_model_to_file(str(path))


if __name__ == "__main__":
    main()
