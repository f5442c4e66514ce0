"""Drop whole encoder layers (Sajjad et al., "On the Effect of Dropping Layers of Pre-trained Transformers", 2023).

Which ones: the topmost, every other one from the top, or those whose loss by Fisher is least. It does not retrain,
and what is left is an ordinary model that any library loads.
"""

from dataclasses import dataclass

from core.config import option, validate
from core.errors import ConfigError, Words
from core.models import encoder
from core.techniques.operations import gate_scores, keep_layers
from core.techniques.technique import Context, State, Technique


@dataclass(frozen=True)
class Config:
    """How many layers go, and which."""

    drop: int = option(1, "how many encoder layers go", minimum=1, maximum=47)
    which: str = option(
        "fisher", "top ones, alternate ones, or by least Fisher loss", choices=("top", "alternate", "fisher")
    )

    def __post_init__(self) -> None:
        validate(self)


def apply(state: State, config: Config, context: Context) -> State:
    """A copy without the chosen layers; masks follow the layers that stay."""
    count = len(encoder.blocks(state.model))
    if config.drop >= count:
        raise ConfigError(
            "drop={drop} is not allowed; this model has {count} layers and one must stay", drop=config.drop, count=count
        )
    dropped = _dropped(state, config, context, count)
    kept = [layer for layer in range(count) if layer not in dropped]
    return keep_layers(state, kept)


def _dropped(state: State, config: Config, context: Context, count: int) -> set[int]:
    if config.which == "top":
        return set(range(count - config.drop, count))
    if config.which == "alternate":
        order = [*range(count - 2, -1, -2), *range(count - 1, -1, -2)]  # the layer under the top, and on by twos
        return set(order[: config.drop])
    return set(gate_scores(state, context)["layers"].argsort()[: config.drop].tolist())


# which layers are dropped decides the shape where they are unlike
def told(config: Config) -> Words:
    """How many layers are gone, and which, where their worth did not decide."""
    count = Words("one layer fewer") if config.drop == 1 else Words("{drop} layers fewer", drop=config.drop)
    which = {"top": Words("{count} at the top", count=count), "alternate": Words("{count}, alternating", count=count)}
    return which.get(config.which, count)


TECHNIQUE = Technique("layers", "prune", Config, apply, needs_data=True, shaped_by_weights=True, told=told)
