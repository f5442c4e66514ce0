"""What every technique is: a name, a Config and a function from State to State."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor, nn

from core.tasks import Task
from core.training import Progress


@dataclass(frozen=True)
class State:
    """A model on its way through the steps, and the masks that hold so far (weight name -> bool, True stays)."""

    model: nn.Module
    masks: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """What a step may use besides the model: the task, the tokenizer, the seed, and how to report and stop."""

    task: Task
    tokenizer: Any
    seed: int = 0
    on_step: Callable[[Progress], None] = lambda progress: None
    cancelled: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Technique:
    """One way to compress or train. `apply` returns a new State and leaves the given one as it was."""

    name: str
    kind: Literal["prune", "quantize", "distil", "train"]
    config: type
    apply: Callable[[State, Any, Context], State]
