"""What every runtime is: a name, its precisions, how it runs a model, and how the model is taken home in its format."""

import contextlib
import copy
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from core import paths
from core.errors import ModelError
from core.runtimes.precision import Precision

TEMPLATES = paths.ASSETS / "export"
Batch = Mapping[str, Tensor]


@dataclass(frozen=True)
class Session:
    """A model that answers batches.

    answer: a batch's inputs -> an object with the model's outputs, such as logits. precision: in words, for the record.
    batch: how many sentences at once are best for evaluation; workers: how many such batches may be asked at the same
    time. inside: entered while it answers. close: frees what it holds. exact: the same in fp32, where `answer` computes
    in less, for what is too close to call.
    """

    answer: Callable[[Batch], Any]
    precision: str
    batch: int = 1
    workers: int = 1
    inside: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext
    close: Callable[[], None] = lambda: None
    exact: Callable[[Batch], Any] | None = None

    def run(self, batch: Batch) -> Any:
        """Answer one batch as a user's program would."""
        with self.inside():
            return self.answer(batch)


@dataclass(frozen=True)
class Plan:
    """What a runtime's file is made of.

    example: two sentences in the task's inputs. calibration: single sentences, where the precision needs them.
    max_tokens: the longest sentence that the model takes.
    """

    model: nn.Module
    tokenizer: Any
    precision: Precision
    example: dict[str, Tensor]
    calibration: Sequence[dict[str, Tensor]]
    max_tokens: int


@dataclass(frozen=True)
class InMemory:
    """How a runtime runs the model itself, without writing it first.

    convert(model, precision): the model in that precision, a copy where it changes. session(model, precision, exact):
    its answers; exact: fp32 is computed in fp32, even where less would be quicker. tensors(model): what a file of it
    would hold.
    """

    convert: Callable[[nn.Module, Precision], nn.Module]
    session: Callable[[nn.Module, Precision, bool], Session]
    tensors: Callable[[nn.Module], dict[str, Tensor]]


@dataclass(frozen=True)
class Export:
    """The format in which a runtime's model is taken home: its file, the tokenizer, a program that answers, a README.

    format: its name on the command line, in links and in the keys of jobs; title: that of the README. packages: what
    the program needs, the runtime's own first. program, notes: templates of the program and of what the README says
    besides, such as how it runs on a phone; readme: the README's own. page: is it a page, which runs the model and the
    dense one in a browser? heads: those whose answers it can tell, all if none is named. versions: of what is no Python
    package. any_batch: does the file take several sentences at once? lacks: precisions
    of the runtime that the format cannot hold.
    """

    format: str
    title: str
    packages: tuple[str, ...]
    program: Path
    notes: tuple[Path, ...] = ()
    readme: Path = TEMPLATES / "README.md"
    page: bool = False
    heads: tuple[str, ...] = ()
    versions: Callable[[], Mapping[str, str]] = dict
    any_batch: bool = True
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Runtime:
    """One way to run a model, and all that the rest of the product asks about it.

    modes: those of core.runtimes.precision.MODES that it has, fp32 first. build(plan, file) writes the model, to a file
    of the name `file`; open(file, threads) makes it answer. in_memory: how it does without that file, if it can.
    packages: what has to be installed, and by which line; ready: whether what is not of Python is there. integers: of
    its modes, the integers to choose for a small and fast model; "" where it has none. one_layer: the modes that one
    layer alone can have. one_thread: does it run on one thread only? export: its format; None where a model is not
    taken home so. build_s: about how many seconds build takes for a small model, on two cores.
    """

    name: str
    title: str
    modes: tuple[str, ...]
    file: str
    build: Callable[[Plan, Path], None]
    open: Callable[[Path, int], Session]
    in_memory: InMemory | None = None
    packages: tuple[str, ...] = ()
    install: str = ""
    integers: str = ""
    one_layer: tuple[str, ...] = ()
    export: Export | None = None
    build_s: float = 0.0
    one_thread: bool = False
    ready: Callable[[], bool] = lambda: True

    @property
    def installed(self) -> bool:
        """Is all here that it needs?"""
        return all(importlib.util.find_spec(name) is not None for name in self.packages) and self.ready()

    def exports(self, mode: str) -> bool:
        """Can a model in that precision be taken home in its format?"""
        return self.export is not None and mode in self.modes and mode not in self.export.lacks

    def require(self) -> None:
        """Raise ModelError with the line that installs it, unless it is installed."""
        if not self.installed:
            raise ModelError(
                "{title} is not installed; `{install}` installs it", title=self.title, install=self.install
            )


def exportable(model: nn.Module) -> Any:
    """A copy that every exporter takes: attention written out, and no empty matrices where a layer's part is gone."""
    found: Any = copy.deepcopy(model).eval()
    found.set_attn_implementation("eager")
    for name, module in list(found.named_modules()):
        if isinstance(module, nn.Linear) and not module.weight.numel():
            found.set_submodule(name, _NoOutputs() if module.out_features == 0 else _NoInputs(module.bias.detach()))
    return found


class _NoInputs(nn.Module):
    """What is left of a Linear without inputs."""

    def __init__(self, bias: Tensor) -> None:
        super().__init__()
        self.bias = nn.Parameter(bias)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.bias.expand(inputs.shape[0], inputs.shape[1], -1)


class _NoOutputs(nn.Module):
    """Stands for a Linear without outputs, whose reader ignores it: OpenVINO and PT2E take no empty tensors."""

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs[..., :1]


def outputs(names: Sequence[str], tensors: Sequence[Tensor]) -> SimpleNamespace:
    """The outputs by name, as a task's functions read them."""
    return SimpleNamespace(**dict(zip(names, tensors, strict=True)))


def fed(batch: Batch, names: Sequence[str]) -> dict[str, Tensor]:
    """The inputs of these names; all tokens are of the first text where the batch does not say of which they are."""
    first = torch.zeros_like(batch["input_ids"])
    return {name: batch.get(name, first) if name == "token_type_ids" else batch[name] for name in names}


def check_length(batch: Batch, max_tokens: int) -> None:
    """Raise ModelError where a sentence is longer than the model allows."""
    tokens = batch["input_ids"].shape[1]
    if tokens > max_tokens:
        raise ModelError(
            "the model takes at most {max_tokens} tokens, not {tokens}; shorten the sentence",
            max_tokens=max_tokens,
            tokens=tokens,
        )
