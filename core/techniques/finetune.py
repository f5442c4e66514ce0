"""Fine-tuning with AdamW (Devlin et al. 2019, section 4.1; Loshchilov and Hutter 2019).

After a pruning step this is recovery: the weights that the masks zeroed stay exactly zero. It does not
choose a checkpoint: the last step's weights are the result.
"""

import copy
import math
from dataclasses import dataclass

from core.config import validate
from core.errors import Words
from core.techniques.operations import require_examples, train_copy_
from core.techniques.technique import Context, Legend, State, Technique
from core.training.loop import Recipe, training_option

MOST_EPOCHS, LEAST_STEPS = 20, 600  # for a head that is new
FEW_RATE = 5e-5  # learning rate where there are so few examples that they are seen more than three times


@dataclass(frozen=True)
class Config:
    """Defaults are the report's: learning rate 2e-5, batches of 16, 3 epochs, weight decay 0.01."""

    learning_rate: float = training_option("learning_rate", 2e-5)
    batch_size: int = training_option("batch_size", 16)
    epochs: float = training_option("epochs", 3.0)
    steps: int | None = training_option("steps", None)
    weight_decay: float = training_option("weight_decay", 0.01)

    def __post_init__(self) -> None:
        validate(self)


def for_examples(count: int) -> Config:
    """The recipe for a head that is new, on so many examples: the fewer there are, the more passes over them.

    Where three epochs are a few dozen steps, nothing is learnt (Mosbach et al. 2021, section 6: 20 epochs).
    """
    usual = Config()
    fitting = min(MOST_EPOCHS, LEAST_STEPS * usual.batch_size / max(1, count))
    return Config(
        epochs=max(usual.epochs, math.ceil(fitting)),
        learning_rate=FEW_RATE if fitting > usual.epochs else usual.learning_rate,
    )


def apply(state: State, config: Config, context: Context) -> State:
    """Train a copy of the model on the task's training examples."""
    require_examples("finetune", context.task)
    model = copy.deepcopy(state.model)
    return train_copy_(model, state, Recipe.of(config, context.seed), context)


def told(config: Config) -> Words:
    """How long it was trained."""
    return Words("fine-tuning")


TECHNIQUE = Technique("finetune", "train", Config, apply, needs_data=True, legend=Legend(("finetuned",)), told=told)
