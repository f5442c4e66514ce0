"""Remove the attention heads that are named, and nothing else (Michel et al., NeurIPS 2019, section 3.2).

With one head it is the ablation of that head. It does not refit or retrain what stays.
"""

import re
from dataclasses import dataclass

from core.config import option, validate
from core.errors import ConfigError, Words
from core.models import encoder
from core.pruning.removal import Kept
from core.techniques.operations import keep_units
from core.techniques.technique import Context, Legend, State, Technique

HEAD = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True)
class Config:
    """Which heads go."""

    remove: str = option("1.1", "layer.head, both counted from 1, separated by spaces: 1.3 2.12")

    def __post_init__(self) -> None:
        validate(self)
        for word in self.remove.split() or [self.remove]:
            if not HEAD.fullmatch(word):
                raise ConfigError(
                    "remove={remove} is not allowed; name heads as layer.head, such as 1.3 2.12", remove=self.remove
                )


def apply(state: State, config: Config, context: Context) -> State:
    """Take the named heads out. Raises ConfigError when the model has no such head."""
    blocks = encoder.blocks(state.model)
    gone: set[tuple[int, int]] = set()
    for word in config.remove.split():
        layer, head = (int(part) - 1 for part in word.split("."))
        if not (0 <= layer < len(blocks) and 0 <= head < blocks[layer].heads):
            most = max(block.heads for block in blocks)
            raise ConfigError(
                "there is no head {head}; this model has {layers} layers of at most {most} heads",
                head=word,
                layers=len(blocks),
                most=most,
            )
        gone.add((layer, head))
    heads = tuple(tuple(h for h in range(b.heads) if (i, h) not in gone) for i, b in enumerate(blocks))
    return keep_units(state, Kept(heads, tuple(tuple(range(b.width)) for b in blocks)), context)


def told(config: Config) -> Words:
    """Which heads are gone."""
    return Words("no head {heads}", heads=config.remove)


TECHNIQUE = Technique("heads", "prune", Config, apply, legend=Legend(("heads",), shown=False), told=told)
