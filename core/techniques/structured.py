"""Remove whole attention heads and FFN neurons: a smaller dense model, which is faster on any runtime.

Criterion "fisher" is Kwon et al., "A Fast Post-Training Pruning Framework for Transformers", NeurIPS 2022: diagonal
Fisher for the search, block Fisher to rearrange. "taylor" ranks by the mean |gradient| of the gates (Michel et al.,
NeurIPS 2019), "magnitude" by the norm of the weights (Li et al., ICLR 2017), "random" by chance. It does not
retrain; hidden size, embeddings and head size stay.
"""

import dataclasses
import math
from dataclasses import dataclass

from core.config import option, validate
from core.errors import Words
from core.models import encoder, macs
from core.pruning import removal
from core.pruning.choose import choose, smallest
from core.pruning.importance import CRITERIA
from core.pruning.masks import LEVELS
from core.pruning.removal import Kept
from core.pruning.search import smallest_keep_macs
from core.techniques.operations import keep_units, unit_importance
from core.techniques.technique import Context, Legend, Slider, State, Technique, Tensors

SEQ = 128  # tokens of the sentence whose multiply-accumulates are shared out


@dataclass(frozen=True)
class Config:
    """How much is left, by what, and what is done about the rest."""

    keep_macs: float = option(
        0.5, "share of the encoder's multiply-accumulates that stays", minimum=0.05, maximum=1.0, step=0.01
    )
    criterion: str = option("fisher", "what a head or neuron is worth", choices=CRITERIA)
    refit: str = option(
        "weights", "least squares of the outputs against the dense layers", choices=("weights", "scale", "none")
    )
    round_to: int = option(8, "FFN widths become multiples of this", minimum=1, maximum=256)
    remove: bool = option(True, "true makes the model smaller; false only zeroes, to compare")

    def __post_init__(self) -> None:
        validate(self)


def apply(state: State, config: Config, context: Context) -> State:
    """Choose heads and neurons, take them out (or zero them), and refit the outputs of what stays."""
    kept = _drawn(state, config, context)
    if kept is None:
        units, costs = unit_importance(state, config.criterion, context), macs.unit_costs(state.model, SEQ)
        kept = choose(units, costs, config.keep_macs, config.round_to)
    return keep_units(state, kept, context, refit=config.refit, remove=config.remove)


def cuts(state: State, config: Config, context: Context) -> list[Kept]:
    """What stays at each level of the slider; at the last ones, where nothing smaller can be reached, one head."""

    def search() -> Tensors:
        units, costs = unit_importance(state, config.criterion, context), macs.unit_costs(state.model, SEQ)
        kept = []
        for level in range(LEVELS):
            context.on_progress("search", level, LEVELS)
            kept.append(choose(units, costs, max(1 - level / 100, smallest(units, costs)), config.round_to))
        return removal.packed(kept, state.model)

    return removal.unpacked(context.remember(_name(config), search), state.model)


def _drawn(state: State, config: Config, context: Context) -> Kept | None:
    """What stays where the pictures have it already, so that they are of this very model and it is the same one on
    every machine, whose own pass over examples may round otherwise; None where they have not, or cannot show it."""
    level = round(100 * (1 - config.keep_macs))
    packed = context.recall(_name(config))
    if packed is None or not math.isclose(config.keep_macs, 1 - level / 100, abs_tol=1e-9):
        return None
    blocks, costs = encoder.blocks(state.model), macs.unit_costs(state.model, SEQ)
    counts = [block.heads for block in blocks], [block.width for block in blocks]
    if config.keep_macs < smallest_keep_macs(*counts, costs):
        return None
    [kept] = removal.unpacked({name: bits[level : level + 1] for name, bits in packed.items()}, state.model)
    return kept


def _name(config: Config) -> str:
    """Under which the cuts of every level are remembered."""
    return f"cuts-{config.criterion}-{config.round_to}"


def _group(config: Config) -> str:
    if not config.remove:
        return "zeroed"
    return "structured" if config.criterion == "fisher" else f"structured-{config.criterion}"


def told(config: Config) -> Words:
    """How much work is left."""
    if not config.remove:
        return Words("the heads and neurons of {gone:.0f} % of the work at zero", gone=100 - 100 * config.keep_macs)
    if config.criterion == "fisher":
        return Words("{keep:.0f} % of the work in its heads and neurons", keep=100 * config.keep_macs)
    worth = Words("chance") if config.criterion == "random" else config.criterion
    return Words(
        "{keep:.0f} % of the work in its heads and neurons, by {worth}", keep=100 * config.keep_macs, worth=worth
    )


TECHNIQUE = Technique(
    "structured",
    "prune",
    Config,
    apply,
    cuts=cuts,
    slider=Slider("keep_macs", keeps=True),
    needs_data=True,
    shaped_by_weights=True,
    zeroed=lambda config: dataclasses.replace(config, remove=False),
    legend=Legend(("structured", *(f"structured-{one}" for one in CRITERIA[1:]), "zeroed"), _group),
    told=told,
)
