"""The registry of runtimes, one entry a file: command line, pages, exports and contract tests follow from it.

Imports models and plain values only: a runtime gets a model and inputs, and knows neither tasks nor techniques.
"""

from core.errors import ConfigError, Words
from core.runtimes import executorch, onnx, openvino, pytorch, web
from core.runtimes.precision import Precision
from core.runtimes.runtime import Runtime

FILES = (pytorch, onnx, executorch, openvino, web)
RUNTIMES: dict[str, Runtime] = {file.RUNTIME.name: file.RUNTIME for file in FILES}


def find(name: str) -> Runtime:
    """The runtime called `name`, which is installed. Raises ConfigError with the names there are, ModelError."""
    if name not in RUNTIMES:
        raise ConfigError("unknown runtime '{name}'; runtimes: {names}", name=name, names=", ".join(RUNTIMES))
    RUNTIMES[name].require()
    return RUNTIMES[name]


def from_files() -> list[str]:
    """The names of the runtimes that run a file of their own instead of the model itself."""
    return [name for name, runtime in RUNTIMES.items() if runtime.in_memory is None]


def formats() -> dict[str, Runtime]:
    """The runtimes whose models can be taken home, by format; first the formats that hold every precision."""
    exports = [(runtime.export, runtime) for runtime in RUNTIMES.values() if runtime.export is not None]
    exports.sort(key=lambda pair: bool(pair[0].lacks))
    return {export.format: runtime for export, runtime in exports}


def check(name: str, precision: Precision) -> None:
    """Raise ConfigError unless the runtime has that precision, with those that exist; ModelError if not installed."""
    runtime, mode = find(name), precision.mode
    if mode not in runtime.modes:
        others = [other.name for other in RUNTIMES.values() if mode in other.modes]
        there = Words("; {mode} exists in {others}", mode=mode, others=", ".join(others)) if others else ""
        raise ConfigError(
            "the runtime '{name}' has no {mode}; it has {modes}{there}",
            name=name,
            mode=mode,
            modes=", ".join(runtime.modes),
            there=there,
        )
    if precision.layer is not None and mode not in runtime.one_layer:
        able = {other.name: other.one_layer for other in RUNTIMES.values() if other.one_layer}
        raise ConfigError(
            "layer={layer} alone can be quantized to {modes} in {names} only; leave it out",
            layer=precision.layer,
            modes=", ".join(dict.fromkeys(one for modes in able.values() for one in modes)),
            names=", ".join(able),
        )


def check_format(form: str, precision: Precision) -> None:
    """Raise ConfigError unless a model in that precision can be written in the format called `form`."""
    known, mode = formats(), precision.mode
    if form not in known:
        raise ConfigError("unknown format '{form}'; formats: {names}", form=form, names=", ".join(known))
    if not known[form].exports(mode):
        others = [name for name, runtime in known.items() if runtime.exports(mode)]
        raise ConfigError(
            "{mode} cannot be written in the format '{form}', which holds {modes}{there}",
            mode=mode,
            form=form,
            modes=", ".join(one for one in known[form].modes if known[form].exports(one)),
            there=Words("; choose {others}", others=", ".join(others)) if others else "",
        )
