"""What every technique is: a name, a Config, a function from State to State, and what the product asks of it."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from core.errors import Words
from core.models.macs import Outline
from core.pruning.masks import WeightScores
from core.pruning.removal import Kept
from core.runtimes.precision import FP32, Precision
from core.tasks.task import Task
from core.training.loop import Progress

Tensors = dict[str, Tensor]


@dataclass(frozen=True)
class State:
    """A model on its way through the steps.

    masks: what holds so far, weight name -> bool, True stays. tokenizer: the one whose numbers the model reads.
    facts: what a step has to report, as plain JSON values by name. precision: that in which the runtime is to run it.
    untrained: a training was left out, so that only shape and times are those of the recipe. kept: heads and neurons of
    each layer, by their numbers before any was taken out; None where that is all, or not to be said. training_s: the
    seconds that its trainings took.
    """

    model: nn.Module
    masks: Mapping[str, Tensor] = field(default_factory=dict)
    tokenizer: Any = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    precision: Precision = FP32
    untrained: bool = False
    kept: Kept | None = None
    training_s: float = 0.0

    @property
    def pad(self) -> int:
        """The token that fills short rows."""
        return int(self.tokenizer.pad_token_id or 0)


def _compute(name: str, compute: Callable[[], Tensors]) -> Tensors:
    return compute()


@dataclass(frozen=True)
class Context:
    """What a step may use besides the State: the task, the seed, a memory, and how to report and stop.

    remember(name, compute): the tensors that compute() gave for this model and task, at most once; remember_dense: for
    the model before any step, which is `dense`. recall(name): those that are remembered already, else None. memo: what
    positions of one slider share, by name, as long as this Context lives. on_progress(stage, done, total): for work
    that is not training.
    checkpoint: the file from which a training that was killed goes on; None keeps none. trains: False leaves training
    out and gives a model of the same shape.
    """

    task: Task
    seed: int = 0
    on_step: Callable[[Progress], None] = lambda progress: None
    on_progress: Callable[[str, int, int], None] = lambda stage, done, total: None
    cancelled: Callable[[], bool] = lambda: False
    remember: Callable[[str, Callable[[], Tensors]], Tensors] = _compute
    remember_dense: Callable[[str, Callable[[], Tensors]], Tensors] = _compute
    recall: Callable[[str], Tensors | None] = lambda name: None
    memo: dict[str, Any] = field(default_factory=dict)
    dense: State | None = None
    checkpoint: Path | None = None
    trains: bool = True

    @property
    def device(self) -> torch.device:
        """Where to train: a GPU where there is one."""
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@dataclass(frozen=True)
class Start:
    """What a recipe begins with, as far as it is known before any weight is read; new_head: is the model's a random one
    that nothing was taught?"""

    task: Task
    outline: Outline
    new_head: bool = False


def _nothing(config: Any, start: Start) -> None:
    """For a technique that takes whatever there is."""


@dataclass(frozen=True)
class Slider:
    """How the position of a slider, in 0..1, becomes a Config.

    field: the field of the Config that it sets, whose range says how far the slider goes. keeps: True where the field
    holds the share that stays, one less the position; False where it holds the share that goes.
    """

    field: str
    keeps: bool = False


@dataclass(frozen=True)
class Legend:
    """Where a technique's results stand on Trade-offs.

    groups: the groups of the legend that are its own, in their order. choose: which of them a Config belongs to; None
    for the first. shown: False where the results have a page of their own instead. family: the colour that they share
    with others, where it is not that of their kind.
    """

    groups: tuple[str, ...]
    choose: Callable[[Any], str] | None = None
    shown: bool = True
    family: str = ""

    def group(self, config: Any) -> str:
        """The group to which a result of this Config belongs."""
        return self.choose(config) if self.choose else self.groups[0]


@dataclass(frozen=True)
class Technique:
    """One way to compress or train, and what the product asks of it; what it has nothing of is left out.

    name: as steps are written. kind: what it does to the model. config: its frozen dataclass of `core.config.option`s.
    apply: a new State from the given one, which is left as it was.
    scores: what its slider ranks, where single weights or blocks of them are set to zero. cuts: what stays at each of
    the LEVELS of its slider, where whole heads and neurons go, and None of a Config that ranks scores instead; the
    amount in the Config matters to neither. also: further methods of the slider by name, and the Config of each.
    slider: what the slider's position sets in the Config. matrices: the field of the Config that says which matrices
    it touches, as core.models.encoder.matrices reads it; "" are the encoder's.
    needs_data: it asks the training examples, so that what it does belongs to a model and a task.
    shaped_by_weights: what shape it leaves depends on the weights that it finds.
    zeroed: the Config that sets to zero the heads and neurons which the given one removes.
    require: raises a UserError where it cannot be done with that start, so that nothing is computed in vain; that what
    trains has examples is asked of all of them.
    precision: that in which the runtime is to run the model. legend: its groups on Trade-offs; None for its own name.
    told: what a Config does, in words that go on after "a model with"; None says it as the command line does.
    """

    name: str
    kind: Literal["prune", "quantize", "train"]
    config: type
    apply: Callable[[State, Any, Context], State]
    scores: Callable[[State, Any, Context], WeightScores] | None = None
    cuts: Callable[[State, Any, Context], list[Kept] | None] | None = None
    slider: Slider | None = None
    also: Mapping[str, Any] = field(default_factory=dict)
    matrices: str = ""
    needs_data: bool = False
    shaped_by_weights: bool = False
    zeroed: Callable[[Any], Any] | None = None
    precision: Callable[[Any], Precision] | None = None
    legend: Legend | None = None
    told: Callable[[Any], Words] | None = None
    require: Callable[[Any, Start], None] = _nothing

    @property
    def title(self) -> str:
        """What it does: the first line of its file."""
        return str(sys.modules[self.config.__module__].__doc__).splitlines()[0]


def where(matrices: str) -> Words:
    """What the weights of these matrices are called, see core.models.encoder.matrices."""
    known = {"encoder": Words("of the encoder's weights"), "all": Words("of the weights of every linear layer")}
    return known.get(matrices, Words("of the weights of {matrices}", matrices=matrices))


def legend_of(technique: Technique) -> Legend:
    """Where its results stand; a technique that says nothing of it has one group, of its own name."""
    return technique.legend or Legend((technique.name,))
