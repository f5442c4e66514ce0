"""The registry of runtimes that have a file of their own, one entry a file; and what each can do with a recipe.

Imports models and plain values only: a runtime gets a model and inputs, and knows neither tasks nor techniques.
"""

from core.errors import ConfigError, Words
from core.runtimes import executorch, onnx, openvino, pytorch
from core.runtimes.precision import Precision
from core.runtimes.runtime import Runtime
from core.spec import TORCH

FILES = (onnx, executorch, openvino)
RUNTIMES: dict[str, Runtime] = {file.RUNTIME.name: file.RUNTIME for file in FILES}
NAMES = (TORCH, *RUNTIMES)


def find(name: str) -> Runtime:
    """The runtime called `name`, which is installed. Raises ConfigError with the names there are, ModelError."""
    if name not in RUNTIMES:
        raise ConfigError("unknown runtime '{name}'; runtimes: {names}", name=name, names=", ".join(NAMES))
    RUNTIMES[name].require()
    return RUNTIMES[name]


def modes(name: str) -> tuple[str, ...]:
    """The precisions that a runtime has, whether it is installed or not."""
    return pytorch.MODES if name == TORCH else RUNTIMES[name].modes


def installing(name: str) -> str:
    """The line that installs a runtime; "" when it is there."""
    return "" if name == TORCH or RUNTIMES[name].installed else RUNTIMES[name].install


def check(name: str, precision: Precision) -> None:
    """Raise ConfigError unless the runtime has that precision, with those that exist; ModelError if not installed."""
    if name != TORCH:
        find(name)
    mode = precision.mode
    if mode not in modes(name):
        others = [other for other, runtime in RUNTIMES.items() if mode in runtime.modes]
        there = Words("; {mode} exists in {others}", mode=mode, others=", ".join(others)) if others else ""
        raise ConfigError(
            "the runtime '{name}' has no {mode}; it has {modes}{there}",
            name=name,
            mode=mode,
            modes=", ".join(modes(name)),
            there=there,
        )
    if precision.layer is not None and (name != TORCH or mode != "int8-dynamic"):
        raise ConfigError(
            "layer={layer} alone can be quantized to int8-dynamic in torch only; leave it out", layer=precision.layer
        )
