"""ONNX Runtime on the CPU: one file that runs on servers, desktops and phones.

fp16 and bf16 store the weights so and compute in fp32. int8-dynamic computes scale and zero point of the activations at
run time, int8-static calibrated them on examples; weights have a scale for each output channel. int4-weights has 4-bit
weights in blocks that share a scale, multiplied by activations in int8. Without AVX512-VNNI int8 products can overflow
16 bits, so weights then get 7 bits.
"""

import contextlib
import json
import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.environment import cpu_flags, reduce_range
from core.errors import ModelError
from core.runtimes.precision import Precision
from core.runtimes.runtime import (
    TEMPLATES,
    Batch,
    Export,
    Plan,
    Runtime,
    Session,
    check_length,
    exportable,
    fed,
    outputs,
)

MODES = ("fp32", "fp16", "bf16", "int8-dynamic", "int8-static", "int4-weights")
BLOCK = 32  # weights that share a scale in int4
OPSET = 20
# ONNX Runtime's fused Add + LayerNormalization is six times slower than the two apart (docs/benchmarks.md)
SLOW_FUSIONS = ["SkipLayerNormFusion"]
FACTS = "bonsai"  # the key of the file's metadata
MIN_CAST = 1024  # weights; tensors with fewer stay fp32


class _TensorModel(nn.Module):
    """The model as a function of tensors to tensors."""

    def __init__(self, model: nn.Module, names: tuple[str, ...]) -> None:
        super().__init__()
        self.model, self.names = model, names

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.model(**dict(zip(self.names, inputs, strict=True))).to_tuple())


def build(plan: Plan, file: Path) -> None:
    """Write the model as an ONNX file in the plan's precision; it takes any number and length of sentences."""
    import onnx

    graph, names = exported(plan)
    mode = plan.precision.mode
    if mode in ("fp16", "bf16"):
        _cast_weights_(graph, mode)
    elif mode != "fp32":
        plain = file.with_suffix(".fp32")
        onnx.save(graph, plain)
        try:
            graph = _quantized(plan, plain, file)
        finally:
            plain.unlink(missing_ok=True)
    _strip_origin_(graph)
    facts = {"outputs": names, "max_tokens": plan.max_tokens, "mode": mode}
    onnx.helper.set_model_props(graph, {FACTS: json.dumps(facts)})
    onnx.save(graph, file)


def open_file(file: Path, threads: int = 1) -> Session:
    """Read a file that `build` wrote. Raises ModelError for one that is corrupt or foreign."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 3
    try:
        session = onnxruntime.InferenceSession(
            file, options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOW_FUSIONS
        )
        facts = json.loads(session.get_modelmeta().custom_metadata_map[FACTS])
    except KeyError:
        raise ModelError("'{file}' was not exported here: it does not say what it answers", file=file.name) from None
    except Exception as error:  # the library raises a kind of its own for each way a file can be broken
        raise ModelError(
            "'{file}' is not a whole ONNX file ({why}); build it again", file=file.name, why=type(error).__name__
        ) from error
    names = [value.name for value in session.get_inputs()]

    def answer(batch: Batch) -> Any:
        check_length(batch, facts["max_tokens"])
        found = session.run(None, {name: value.numpy() for name, value in fed(batch, names).items()})
        return outputs(facts["outputs"], [torch.from_numpy(value) for value in found])

    # one sentence at a time, as on a phone: activations' ranges then do not depend on its neighbours
    return Session(answer, facts["mode"], 1, max(1, (os.cpu_count() or 1) // threads))


def exported(plan: Plan) -> tuple[Any, list[str]]:
    """The model as an ONNX graph in fp32 and the names of its outputs."""
    model, names = exportable(plan.model), tuple(plan.example)
    with torch.inference_mode():
        found = [name for name in model(**plan.example).keys()]
    batch = torch.export.Dim("batch", min=1, max=4096)
    tokens = torch.export.Dim("tokens", min=2, max=plan.max_tokens)
    with quiet():
        program = torch.onnx.export(
            _TensorModel(model, names),
            tuple(plan.example[name] for name in names),
            dynamo=True,
            opset_version=OPSET,
            external_data=False,
            dynamic_shapes=((({0: batch, 1: tokens},) * len(names)),),
            input_names=list(names),
            output_names=found,
            verbose=False,
        )
    assert program is not None
    return program.model_proto, found


def _quantized(plan: Plan, plain: Path, file: Path) -> Any:
    """The graph of the fp32 file in integers."""
    import onnx
    from onnxruntime import quantization as q

    precision = plan.precision
    kinds = ["MatMul", "Gemm"] + (["Gather"] if precision.embeddings else [])
    common = {
        "op_types_to_quantize": kinds,
        "per_channel": precision.per_channel,
        "reduce_range": reduce_range(cpu_flags()),
        "weight_type": q.QuantType.QInt8,
    }
    with quiet():
        if precision.mode == "int8-dynamic":
            q.quantize_dynamic(plain, file, **common)
            return onnx.load(file)
        if precision.mode == "int8-static":
            q.quantize_static(
                plain,
                file,
                _CalibrationReader(plan),
                activation_type=q.QuantType.QUInt8,  # signed ones are seven times slower
                # what a product gives stays fp32: rounding that too costs more than a point
                extra_options={"MatMulConstBOnly": True, "OpTypesToExcludeOutputQuantization": ["MatMul", "Gemm"]},
                **common,
            )
            return onnx.load(file)
        return _int4_weights(plain, precision)


def _int4_weights(plain: Path, precision: Precision) -> Any:
    import onnx
    from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

    kinds = ("MatMul", "Gather") if precision.embeddings else ("MatMul",)
    config = DefaultWeightOnlyQuantConfig(
        block_size=BLOCK, is_symmetric=True, accuracy_level=4, op_types_to_quantize=kinds
    )
    quantizer = MatMulNBitsQuantizer(onnx.load(plain), algo_config=config)
    quantizer.process()
    return quantizer.model.model


def _strip_origin_(graph: Any) -> None:
    """Leave out where in torch's code each node came from: half a megabyte, with names of folders in it."""
    del graph.graph.value_info[:]
    graph.graph.ClearField("metadata_props")
    for part in (*graph.graph.node, *graph.graph.initializer, *graph.graph.input, *graph.graph.output):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")


def _cast_weights_(graph: Any, mode: str) -> None:
    """Store large weights in 16 bits, with a Cast to fp32 that the runtime computes once when it loads."""
    import onnx

    kind = onnx.TensorProto.FLOAT16 if mode == "fp16" else onnx.TensorProto.BFLOAT16
    dtype = onnx.helper.tensor_dtype_to_np_dtype(kind)
    for index, tensor in enumerate(graph.graph.initializer):
        values = onnx.numpy_helper.to_array(tensor)
        if tensor.data_type == onnx.TensorProto.FLOAT and values.size >= MIN_CAST:
            name = tensor.name
            narrow = onnx.numpy_helper.from_array(values.astype(dtype), f"{name}.{mode}")
            graph.graph.initializer[index].CopyFrom(narrow)
            graph.graph.node.insert(0, onnx.helper.make_node("Cast", [narrow.name], [name], to=onnx.TensorProto.FLOAT))


class _CalibrationReader:
    """Calibration sentences in the way that ONNX Runtime asks for them."""

    def __init__(self, plan: Plan) -> None:
        self._left: Iterator[Mapping[str, Tensor]] = iter(plan.calibration)

    def get_next(self) -> dict[str, Any] | None:
        """The next sentence's inputs, or None."""
        item = next(self._left, None)
        return None if item is None else {name: tensor.numpy() for name, tensor in item.items()}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Leave out what torch's exporter and ONNX Runtime's quantizer say of themselves."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


RUNTIME = Runtime(
    name="onnx",
    title="ONNX Runtime",
    modes=MODES,
    file="model.onnx",
    build=build,
    build_s=6.0,
    open=open_file,
    packages=("onnx", "onnxscript", "onnxruntime"),
    install="pip install -r requirements.txt",
    integers="int8-dynamic",
    export=Export(
        format="onnx",
        title="An ONNX file",
        packages=("onnxruntime", "tokenizers"),
        program=TEMPLATES / "run_onnx.py",
        notes=(TEMPLATES / "mobile_onnx.md", TEMPLATES / "phone.md"),
    ),
)
