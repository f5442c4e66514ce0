"""Fine-tuning with AdamW (Devlin et al. 2019, section 4.1; Loshchilov and Hutter 2019).

After a pruning step this is recovery: the weights that the masks zeroed stay exactly zero. It does not
choose a checkpoint: the last step's weights are the result.
"""

import copy
import dataclasses
from dataclasses import dataclass

from core.options import option, validate
from core.tables import DataError
from core.techniques.technique import Context, State, Technique, trained_copy_
from core.training import Recipe


@dataclass(frozen=True)
class Config:
    """Defaults are the report's: learning rate 2e-5, batches of 16, 3 epochs, weight decay 0.01."""

    learning_rate: float = option(2e-5, "peak of the warm-up and linear decay", minimum=1e-7, maximum=1e-2)
    batch_size: int = option(16, "examples per step", minimum=1, maximum=1024)
    epochs: float = option(3.0, "passes over the training examples", minimum=0.001, maximum=100.0)
    steps: int | None = option(None, "stop after so many steps, however many epochs are asked for", minimum=1)
    weight_decay: float = option(0.01, "pull of the weights towards zero", minimum=0.0, maximum=1.0)

    def __post_init__(self) -> None:
        validate(self)


def apply(state: State, config: Config, context: Context) -> State:
    """Train a copy of the model on the task's training examples."""
    if not context.task.train:
        raise DataError(
            f"'{context.task.name}' has no training examples to fine-tune on; add a train file beside its test"
        )
    model = copy.deepcopy(state.model)
    facts = trained_copy_(model, state, Recipe.of(config, context.seed), context)
    return dataclasses.replace(state, model=model, facts=facts)


TECHNIQUE = Technique("finetune", "train", Config, apply)
