"""Prune blocks, heads and neurons that move towards zero in training (Lagunas et al. 2021; Sanh et al. 2020).

Scores are learnt with the weights, the share that stays falls by a cubic, and a teacher is imitated in the same loss.
structured: whole heads and FFN neurons go. hybrid: blocks of the attention's matrices and neurons. hybrid-filled: after
that surviving heads are dense again, with what they held when it went, and training goes on. Heads and neurons of which
nothing is left are taken out. Hidden size and embeddings are not pruned. Not as published, which trained for 20 epochs:
scores can begin in Fisher's order, and what is filled does not begin at zero.
"""

import dataclasses
from dataclasses import dataclass

from core.config import option, validate
from core.errors import Words
from core.models import encoder
from core.pruning.masks import LEVELS, WeightScores
from core.pruning.movement import groups, require_block
from core.pruning.removal import Kept
from core.techniques.moving import (
    Plan,
    counted,
    filled,
    keep_scores,
    moved,
    packed,
    recipe_of,
    scores_of,
    surviving_at,
    weight_scores,
)
from core.techniques.operations import require_examples, require_teacher
from core.techniques.technique import Context, Slider, Start, State, Technique
from core.training.loop import training_option


@dataclass(frozen=True)
class Config:
    """How much stays, in which shapes, and how it is trained."""

    density: float = option(
        0.36, "share of the weights of the linear layers that stays", minimum=0.05, maximum=1.0, step=0.01
    )
    variant: str = option(
        "hybrid-filled",
        "structured: whole heads and neurons; hybrid: blocks and neurons; hybrid-filled: then heads are dense again",
        choices=("hybrid-filled", "hybrid", "structured"),
    )
    block: int = option(32, "side of the attention's blocks, where these go", minimum=4, maximum=256)
    threshold: str = option(
        "topk", "topk: the best scores stay; sigmoid: only those that withstand a penalty", choices=("topk", "sigmoid")
    )
    start: str = option(
        "fisher",
        "of the scores: in Fisher's order, for a short training; zero: as published",
        choices=("fisher", "zero"),
    )
    penalty: float = option(1.0, "weight of the mean sigmoid of the scores", minimum=0.0, maximum=1000.0)
    alpha: float = option(0.9, "weight of the teacher's answers; 0 trains alone", minimum=0.0, maximum=1.0)
    temperature: float = option(2.0, "how far the teacher's answers are softened", minimum=0.1, maximum=20.0)
    hidden: float = option(
        0.5, "share of the training after the filling for hidden states, before answers", minimum=0.0, maximum=1.0
    )
    teacher: str = option("", "another model to learn from, with hidden=0; else the one before any step", model=True)
    score_rate: float = option(1e-2, "learning rate of the scores", minimum=1e-6, maximum=1.0)
    learning_rate: float = training_option("learning_rate", 2e-4)
    batch_size: int = training_option("batch_size", 32)
    epochs: float = training_option("epochs", 2.0)
    steps: int | None = training_option("steps", None)
    weight_decay: float = training_option("weight_decay", 0.01)

    def __post_init__(self) -> None:
        validate(self)


def apply(state: State, config: Config, context: Context) -> State:
    """Train a copy of the model while units go, take out what is dead, and fill it where that is asked for."""
    require_examples("movement", context.task)
    encoder.require_own_heads(state.model)
    context, plan = dataclasses.replace(context, dense=context.dense or state), Plan.of(config)
    groups(state.model, plan.side)  # refuses a block that does not fit before hours of training
    assert context.dense is not None
    if plan.filled:
        return counted(filled(state, config, context), context.dense)
    after = moved(state, plan, recipe_of(config, context), context)
    keep_scores(after.scores, config, context)
    return counted(packed(after, state), context.dense)


def cuts(state: State, config: Config, context: Context) -> list[Kept] | None:
    """Heads and neurons that stay at each level of the slider by the scores that the first training with this Config
    learnt, whatever its density; None where blocks go. Raises ConfigError where there was no training."""
    plan = Plan.of(config)
    return None if plan.blocks else surviving_at(LEVELS, state.model, plan, scores_of(config, context))


def scores(state: State, config: Config, context: Context) -> WeightScores:
    """The place of every weight in the order in which blocks and neurons go, learnt likewise. Raises ConfigError."""
    return weight_scores(state.model, Plan.of(config), scores_of(config, context))


def require(config: Config, start: Start) -> None:
    """Raise a UserError without a teacher that knows the task, or blocks that fit."""
    if config.variant != "structured":
        hidden, size = start.outline.shape.hidden, start.outline.head_size
        require_block(config.block, hidden, hidden, size)
    if config.alpha > 0:
        require_teacher("movement", config.teacher, start)


def told(config: Config) -> Words:
    """How much is left, and in which shapes."""
    if config.variant == "hybrid":
        return Words(
            "{density:.0f} % of the linear weights, chosen in training block by block", density=100 * config.density
        )
    return Words("{density:.0f} % of the linear weights, chosen in training", density=100 * config.density)


TECHNIQUE = Technique(
    "movement",
    "train",
    Config,
    apply,
    scores=scores,
    cuts=cuts,
    slider=Slider("density", keeps=True),
    also={"movement-blocks": Config(variant="hybrid")},
    needs_data=True,
    shaped_by_weights=True,
    require=require,
    told=told,
)
