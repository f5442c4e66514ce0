"""OpenVINO on x86: an optional extra, and the fastest integers there that we measured.

fp16 stores weights so and computes in fp32, which is always asked for by name: left to itself the CPU plugin takes
bf16 where there is any. int8-static is NNCF's post-training quantization with SmoothQuant (Xiao et al. 2023);
int8-dynamic has int8 weights and computes the scales of activations in groups at run time; int4-weights has 4-bit
weights in groups that share a scale. Its file is a zip of the model's two parts. Nothing is reported to anyone: the
telemetry is not imported.
"""

import contextlib
import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from core.errors import ModelError
from core.runtimes.onnx import exported, quiet
from core.runtimes.precision import Precision
from core.runtimes.runtime import Batch, Plan, Runtime, Session, check_length, fed, outputs

MODES = ("fp32", "fp16", "int8-dynamic", "int8-static", "int4-weights")
GROUP = 128  # activations that share a scale in int8-dynamic
BLOCK = 32  # weights that share a scale in int4
FACTS, NETWORK, WEIGHTS = "bonsai.json", "model.xml", "model.bin"


def build(plan: Plan, file: Path) -> None:
    """Write the model as an OpenVINO file in the plan's precision."""
    ov = _openvino()
    graph, names = exported(plan)
    model, precision = ov.Core().read_model(graph.SerializeToString()), plan.precision
    if precision.mode not in ("fp32", "fp16"):
        with _silent():
            model = _quantized(model, plan)
    facts = {"outputs": names, "max_tokens": plan.max_tokens, "mode": precision.mode}
    with tempfile.TemporaryDirectory(dir=file.parent) as folder, zipfile.ZipFile(file, "w") as zipped:
        ov.save_model(model, Path(folder, NETWORK), compress_to_fp16=precision.mode == "fp16")
        zipped.writestr(FACTS, json.dumps(facts))
        for name in (NETWORK, WEIGHTS):
            zipped.write(Path(folder, name), name)


def open_file(file: Path, threads: int = 1) -> Session:
    """Read a file that `build` wrote. Raises ModelError for one that is corrupt or foreign."""
    ov = _openvino()
    try:
        with zipfile.ZipFile(file) as zipped:
            facts = json.loads(zipped.read(FACTS))
            core = ov.Core()
            model = core.read_model(zipped.read(NETWORK), zipped.read(WEIGHTS))
        compiled = core.compile_model(model, "CPU", _settings(facts["mode"], threads))
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, RuntimeError) as error:
        why = type(error).__name__
        raise ModelError(
            "'{file}' is not a whole OpenVINO file of ours ({why}); build it again", file=file.name, why=why
        ) from error
    request = compiled.create_infer_request()
    names = [value.get_any_name() for value in compiled.inputs]

    def answer(batch: Batch) -> Any:
        check_length(batch, facts["max_tokens"])
        found = request.infer({name: value.numpy() for name, value in fed(batch, names).items()})
        return outputs(facts["outputs"], [torch.from_numpy(value.copy()) for value in found.values()])

    return Session(answer, facts["mode"])


def _settings(mode: str, threads: int) -> dict[str, Any]:
    plain = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
    return plain | ({"DYNAMIC_QUANTIZATION_GROUP_SIZE": str(GROUP if mode == "int8-dynamic" else 0)})


def _quantized(model: Any, plan: Plan) -> Any:
    import nncf

    precision, ignored = plan.precision, None
    if not precision.embeddings:
        ignored = nncf.IgnoredScope(types=["Gather"])
    if precision.mode == "int8-static":
        examples = nncf.Dataset([{name: item[name].numpy() for name in item} for item in plan.calibration])
        return nncf.quantize(
            model,
            examples,
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(plan.calibration),
            ignored_scope=ignored,
            advanced_parameters=_granularity(precision),
        )
    if precision.mode == "int8-dynamic":
        return nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_SYM, ignored_scope=ignored)
    return nncf.compress_weights(
        model,
        mode=nncf.CompressWeightsMode.INT4_SYM,
        group_size=BLOCK,
        all_layers=precision.embeddings,
        ignored_scope=ignored,
        # a matrix whose rows do not divide into groups stays as it is
        advanced_parameters=nncf.AdvancedCompressionParameters(
            group_size_fallback_mode=nncf.GroupSizeFallbackMode.IGNORE
        ),
    )


def _granularity(precision: Precision) -> Any:
    import nncf
    from nncf.quantization.advanced_parameters import QuantizationParameters

    weights = QuantizationParameters(per_channel=precision.per_channel)
    return nncf.AdvancedQuantizationParameters(weights_quantization_params=weights)


def _openvino() -> Any:
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Leave out NNCF's bars and tables."""
    with quiet(), contextlib.redirect_stdout(io.StringIO()):
        yield


RUNTIME = Runtime(
    name="openvino",
    title="OpenVINO",
    modes=MODES,
    file="model.openvino.zip",
    build=build,
    build_s=12.0,
    open=open_file,
    packages=("openvino", "nncf"),
    install="pip install -r requirements-openvino.txt",
    integers="int8-static",
)
