"""Makes the model that all engines run, in every format that they need, under .cache/bench/.

Run inside the benchmark's environment: python -m harness.models FOLDER [FORMAT…]

The model has the shape of gte-base-zh (BERT-base, 21,128 tokens) and random weights: how fast
an engine is does not depend on what a model has learnt. All formats hold the same values, which
are exact in f16.
"""

import json
import sys
from pathlib import Path

import numpy

from harness import peers
from harness.workloads import CHECK_LENGTHS, Inputs

SEED = 2026
VOCABULARY = 21128
# Texts with which OpenVINO's quantiser sees the range of the activations.
CALIBRATION_LENGTHS = (16, 32, 64, 20, 12, 100, 24, 40)
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def main():
    root = Path(sys.argv[1])
    root.mkdir(parents=True, exist_ok=True)
    steps = {
        "bert-base": make_folder,
        "bert-base-f32": make_wide_folder,
        "reference.npy": make_reference,
        "onnx/model.onnx": make_onnx,
        "onnx/fused.onnx": make_fused_onnx,
        "onnx/fused-int8.onnx": make_int8_onnx,
        "onnx/fused-int8-7bit.onnx": make_7bit_onnx,
        "openvino/f32.xml": make_openvino,
        "openvino/weights-int8.xml": make_openvino_weights,
        "openvino/int8.xml": make_openvino_int8,
        "ctranslate2/float32": lambda root, path: make_ctranslate2(root, path, "float32"),
        "ctranslate2/int8": lambda root, path: make_ctranslate2(root, path, "int8"),
    }
    make_all(root, {name: make for name, make in steps.items() if not sys.argv[2:] or name in sys.argv[2:]})


def make_all(root, steps):
    failed = [name for name, make in steps.items() if not make_once(root, name, make)]
    if failed:
        print(f"Not made: {', '.join(failed)}. The engines that need them will be left out.")


def make_once(root, name, make):
    """Makes what is not there yet; a mark beside it says that it is whole."""
    path, mark = root / name, root / "made" / name.replace("/", "-")
    if mark.exists():
        return True
    path.parent.mkdir(parents=True, exist_ok=True)
    mark.parent.mkdir(exist_ok=True)
    print(f"Making {name}…", flush=True)
    try:
        make(root, path)
    # A peer's converter may fail in any way; the other engines are still worth measuring.
    except Exception as error:
        print(f"{name}: {type(error).__name__}: {error}")
        return False
    mark.touch()
    return True


# --- the checkpoint -------------------------------------------------------------------------


def random_tensor(name, shape, random):
    """BERT's own initialisation, except that biases and layer norms are not trivial: an engine
    that forgets one then shows in the check."""
    if "LayerNorm.weight" in name:
        return 1 + 0.05 * random.standard_normal(shape)
    return 0.02 * random.standard_normal(shape)


def make_folder(_root, folder):
    """A Hugging Face folder with f16 weights, as gte-base-zh is published."""
    import torch
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel

    folder.mkdir(exist_ok=True)
    config = BertConfig(vocab_size=VOCABULARY)
    random = numpy.random.RandomState(SEED)
    shapes = {name: tuple(p.shape) for name, p in BertModel(config, add_pooling_layer=False).named_parameters()}
    values = {name: torch.from_numpy(random_tensor(name, shape, random)).half() for name, shape in shapes.items()}
    save_file(values, folder / "model.safetensors", metadata={"format": "pt"})
    # Published checkpoints state the kind of positions; CTranslate2's converter asks for it.
    write_json(folder / "config.json", {
        **config.to_dict(), "architectures": ["BertModel"], "position_embedding_type": "absolute", "dtype": "float16",
    })
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 512, "do_lower_case": False})
    write_pooling(folder, config.hidden_size)
    write_vocabulary(folder)


def write_pooling(folder, hidden):
    """CLS pooling, in the layout of sentence-transformers."""
    kinds = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
    write_json(folder / "modules.json", [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds)
    ])
    (folder / "1_Pooling").mkdir(exist_ok=True)
    write_json(folder / "1_Pooling" / "config.json", {
        "word_embedding_dimension": hidden,
        "pooling_mode_cls_token": True,
        "pooling_mode_mean_tokens": False,
    })


def write_vocabulary(folder):
    """Special tokens, ASCII and Chinese characters, with the special tokens at BERT's usual ids."""
    from tokenizers.implementations import BertWordPieceTokenizer

    ascii_characters = [chr(c) for c in range(33, 127)]
    entries = ["[PAD]", *(f"[unused{i}]" for i in range(1, 100)), "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    entries += [*ascii_characters, *(f"##{c}" for c in ascii_characters)]
    entries += [chr(0x4E00 + i) for i in range(VOCABULARY - len(entries))]
    (folder / "vocab.txt").write_text("\n".join(entries) + "\n", encoding="utf-8")
    BertWordPieceTokenizer(str(folder / "vocab.txt")).save(str(folder / "tokenizer.json"))
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "do_lower_case": True})


def make_wide_folder(root, folder):
    """The same values in f32, for peers that compute in the type that they find."""
    load_torch(root / "bert-base").save_pretrained(folder)
    for name in ("vocab.txt", "tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((root / "bert-base" / name).read_bytes())
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", {**config, "position_embedding_type": "absolute"})


def load_torch(folder, attention="sdpa"):
    import torch
    from transformers import BertModel, logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    model = BertModel.from_pretrained(
        folder, dtype=torch.float32, add_pooling_layer=False, attn_implementation=attention
    )
    return model.eval()


def make_reference(root, path):
    """PyTorch's f32 vectors of the texts with which every engine is checked."""
    peer = peers.Torch(root, threads=2)
    peer.load()
    texts = Inputs("f32").of(CHECK_LENGTHS)["ids"]
    numpy.save(path, numpy.concatenate([peer.encode([ids]) for ids in texts]))


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


# --- ONNX Runtime -----------------------------------------------------------------------------


def make_onnx(root, path):
    """The plain graph, from PyTorch's exporter."""
    import torch

    class LastHidden(torch.nn.Module):
        def __init__(self, model):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask, token_type_ids):
            return self.model(
                input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
            ).last_hidden_state

    ids = torch.randint(200, VOCABULARY, (2, 16), generator=torch.Generator().manual_seed(SEED))
    example = (ids, torch.ones_like(ids), torch.zeros_like(ids))
    # Attention written out is what ONNX Runtime's optimiser knows how to fuse.
    model = LastHidden(load_torch(root / "bert-base-f32", attention="eager"))
    axes = {name: {0: "batch", 1: "tokens"} for name in (*INPUTS, "hidden")}
    torch.onnx.export(model, example, str(path), dynamo=False, opset_version=17, input_names=list(INPUTS),
                      output_names=["hidden"], dynamic_axes=axes)


def make_fused_onnx(root, path):
    """Attention, GELU and layer norms each as one operator of ONNX Runtime's."""
    from onnxruntime.transformers import optimizer
    from onnxruntime.transformers.fusion_options import FusionOptions

    fused = optimizer.optimize_model(str(root / "onnx" / "model.onnx"), model_type="bert", num_heads=12, hidden_size=768,
                                     optimization_options=FusionOptions("bert"), opt_level=1)
    operators = {name: count for name, count in fused.get_fused_operator_statistics().items() if count}
    print(f"  fused: {operators}")
    if operators.get("Attention") != 12:
        raise RuntimeError("not every layer's attention was fused")
    fused.save_model_to_file(str(path))


def make_int8_onnx(root, path):
    quantize_onnx(root, path)


def make_7bit_onnx(root, path):
    """Weights of 7 bits, with which processors without VNNI cannot saturate."""
    quantize_onnx(root, path, reduce_range=True)


def quantize_onnx(root, path, **options):
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(str(root / "onnx" / "fused.onnx"), str(path), per_channel=True, weight_type=QuantType.QInt8,
                     # Fused operators hide the types of tensors from the shape inference.
                     extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT}, **options)


# --- OpenVINO -----------------------------------------------------------------------------------


def make_openvino(root, path):
    import openvino

    openvino.save_model(openvino.convert_model(root / "onnx" / "model.onnx"), path, compress_to_fp16=False)


def make_openvino_weights(root, path):
    """8-bit weights; the activations stay floats or are quantised as OpenVINO runs."""
    import nncf
    import openvino

    model = openvino.convert_model(root / "onnx" / "model.onnx")
    openvino.save_model(nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_SYM), path)


def make_openvino_int8(root, path):
    """8-bit weights and activations, whose ranges are fixed by a few texts."""
    import nncf
    import openvino

    random = numpy.random.RandomState(SEED)
    texts = [random.randint(200, VOCABULARY, (1, length)) for length in CALIBRATION_LENGTHS]
    model = openvino.convert_model(root / "onnx" / "model.onnx")
    wanted = peers.names_of(model.inputs)
    samples = [peers.inputs_of(ids, numpy.ones_like(ids), wanted) for ids in texts]
    quantized = nncf.quantize(model, nncf.Dataset(samples), model_type=nncf.ModelType.TRANSFORMER, subset_size=len(samples))
    openvino.save_model(quantized, path)


# --- CTranslate2 ----------------------------------------------------------------------------------


def make_ctranslate2(root, path, quantization):
    import ctranslate2

    converter = ctranslate2.converters.TransformersConverter(str(root / "bert-base-f32"))
    converter.convert(str(path), quantization=quantization, force=True)


if __name__ == "__main__":
    main()
