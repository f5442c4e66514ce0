"""PyTorch eager on the CPU, which runs the model itself: the runtime of the report, and the slow baseline of the field.

fp16 and bf16 hold weights and activations so. int8-dynamic is torch.ao's dynamic quantization of every Linear
(int8 weights with a scale for each output channel; the scale and zero point of activations per tensor, at run time)
and, where asked for, of the word embeddings. Taken home it is a Hugging Face folder, which holds no integers.
"""

import contextlib
import copy
import dataclasses
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import ModelError
from core.models import dimensions, encoder, find, save
from core.models.config import config_of
from core.models.forward import autocast, has_bf16, model_inputs
from core.models.load import load
from core.models.weights import WEIGHTS
from core.runtimes.precision import FP32, Precision
from core.runtimes.runtime import TEMPLATES, Batch, Export, InMemory, Plan, Runtime, Session, check_length
from core.spec import TORCH

MODES = ("fp32", "fp16", "bf16", "int8-dynamic")
FLOATS = {"fp16": torch.float16, "bf16": torch.bfloat16}
EVALUATION_BATCH = 32
LOADING = "load.py"  # a program beside the weights, which run.py imports


def session(model: nn.Module, precision: Precision = FP32, exact: bool = False) -> Session:
    """The model itself, which `realised` has put into that precision.

    fp32 answers in bf16 where the CPU has it, and again in fp32 what is close, unless it is to be exact.
    """
    answering = _answering(model)
    if precision.mode != "fp32" or exact or not has_bf16():
        return Session(answering, precision.mode, EVALUATION_BATCH, inside=torch.inference_mode)

    def again(batch: Batch) -> Any:
        with torch.autocast("cpu", enabled=False):
            return answering(batch)

    return Session(answering, "bf16 autocast, close calls in fp32", EVALUATION_BATCH, inside=_autocasting, exact=again)


def _answering(model: nn.Module) -> Callable[[Batch], Any]:
    device = next(model.parameters()).device
    if device.type == "cpu":
        return lambda batch: model(**model_inputs(batch))

    def answer(batch: Batch) -> Any:  # while it is trained on a GPU, its answers are still scored here
        output = model(**{name: value.to(device) for name, value in model_inputs(batch).items()})
        return SimpleNamespace(**{name: value.cpu() for name, value in output.items()})

    return answer


def runner(model: nn.Module) -> Callable[[Batch], Any]:
    """A function that runs one batch through the model in fp32, as a user's program would."""
    return session(model, exact=True).run


def build(plan: Plan, file: Path) -> None:
    """Write the model as a Hugging Face folder, of which `file` are the weights, with the program that loads it."""
    save.save(realised(plan.model, plan.precision), plan.tokenizer, file.parent)
    (file.parent / LOADING).write_text(save.loading_program(plan.model), encoding="utf8")


def open_file(file: Path, threads: int = 1) -> Session:
    """Read the folder of a file that `build` wrote, in the precision of its weights. Raises ModelError."""
    try:
        source = find.resolve(str(file.parent))
        stored = config_of(source).dtype
        model = load(source).model
    except ModelError as error:
        raise ModelError(
            "'{file}' is not in a whole Hugging Face folder ({error}); build it again", file=file.name, error=error
        ) from error
    precision = Precision(next((mode for mode, dtype in FLOATS.items() if dtype == stored), "fp32"))
    found, most = session(realised(model, precision), precision, exact=True), dimensions.max_tokens(model)

    def answer(batch: Batch) -> Any:
        check_length(batch, most)
        return found.answer(batch)

    return dataclasses.replace(found, answer=answer)


def realised(model: nn.Module, precision: Precision) -> nn.Module:
    """The model in that precision: itself for fp32, else a changed copy."""
    if precision.mode == "fp32":
        return model
    if precision.mode in FLOATS:
        return copy.deepcopy(model).to(FLOATS[precision.mode])
    import torch.ao.quantization as ao

    qconfig = ao.per_channel_dynamic_qconfig if precision.per_channel else ao.default_dynamic_qconfig
    chosen = {m.name: qconfig for m in encoder.matrices(model, "all") if precision.layer in (None, m.layer + 1)}
    if precision.embeddings and precision.layer is None:
        chosen[encoder.word_embeddings(model)] = ao.float_qparams_weight_only_qconfig
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message=".*(torch.ao.quantization is deprecated|must run observer|quantized tensor creation).*"
        )
        return ao.quantize_dynamic(copy.deepcopy(model), chosen)  # type: ignore[no-any-return, no-untyped-call]


def tensors(model: nn.Module) -> dict[str, Tensor]:
    """Everything that has to be stored of a model: integers and their scales where it is quantized."""
    found: dict[str, Tensor] = {}
    for name, value in model.state_dict().items():
        parts = value if isinstance(value, tuple) else (value,)  # a packed weight comes with its bias
        for index, part in enumerate(parts):
            if isinstance(part, Tensor):
                label = f"{name}.{index}" if isinstance(value, tuple) else name
                found |= _plain(label, part)
    return found


def _plain(name: str, tensor: Tensor) -> dict[str, Tensor]:
    if not tensor.is_quantized:
        return {name: tensor.contiguous()}
    parts = {name: tensor.int_repr()}
    if tensor.qscheme() in (torch.per_channel_affine, torch.per_channel_affine_float_qparams):
        scale, zero = tensor.q_per_channel_scales(), tensor.q_per_channel_zero_points()
    else:
        scale, zero = torch.tensor(tensor.q_scale()), torch.tensor(tensor.q_zero_point())
    return parts | {f"{name}.scale": scale.float(), f"{name}.zero": zero.float()}


@contextlib.contextmanager
def _autocasting() -> Iterator[None]:
    with torch.inference_mode(), autocast():
        yield


RUNTIME = Runtime(
    name=TORCH,
    title="PyTorch",
    modes=MODES,
    file=WEIGHTS,
    build=build,
    open=open_file,
    in_memory=InMemory(realised, session, tensors),
    packages=("torch", "transformers"),
    install="pip install -r requirements.txt",
    integers="int8-dynamic",
    one_layer=("int8-dynamic",),
    export=Export(
        format="hf",
        title="A Hugging Face folder",
        packages=("torch", "transformers"),
        program=TEMPLATES / "run_hf.py",
        lacks=("int8-dynamic",),
    ),
)
