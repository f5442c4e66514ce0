"""What can be drawn of a model, as values that travel to the worker; and the bytes of each."""

import dataclasses
import hashlib
import json
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.models import encoder
from core.pictures import heads, mosaic, rounding
from core.pictures.levels import levels
from core.spec import Spec, Step
from core.techniques import TECHNIQUES
from core.techniques.technique import Context, State


@dataclass(frozen=True)
class Mosaic:
    """The density of every matrix at every position of the slider."""


@dataclass(frozen=True)
class SingleWeights:
    """Up to which position every single weight stays."""


@dataclass(frozen=True)
class CloseUp:
    """One matrix down to its weights; matrix: the name of its module."""

    matrix: str


@dataclass(frozen=True)
class HeadMap:
    """Importance and share kept of every head."""


@dataclass(frozen=True)
class OneHead:
    """The weights of one head; both numbers from 0."""

    layer: int
    head: int


@dataclass(frozen=True)
class WeightHistograms:
    """Histogram and noise of every matrix when its weights are rounded."""


Picture = Mosaic | SingleWeights | CloseUp | HeadMap | OneHead | WeightHistograms
KINDS: dict[str, type] = {kind.__name__: kind for kind in typing.get_args(Picture)}


def to_json(picture: Picture) -> dict[str, Any]:
    """As plain JSON values."""
    return {"kind": type(picture).__name__, **dataclasses.asdict(picture)}


def from_json(values: Mapping[str, Any]) -> Picture:
    """The inverse of to_json."""
    found: Picture = KINDS[values["kind"]](**{name: value for name, value in values.items() if name != "kind"})
    return found


def picture_key(dense: Spec, step: Step, picture: Picture) -> str:
    """Names a picture by its content: the model, the task where the step asks its examples, and everything of the step
    but what its slider sets."""
    technique, config = TECHNIQUES[step.technique], dataclasses.asdict(step.config)
    if technique.slider is not None:
        del config[technique.slider.field]
    data = dense.data if technique.needs_data else ""
    facts = [mosaic.VERSION, dense.revision, data, step.technique, config, to_json(picture)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]


def draw(picture: Picture, state: State, step: Step, context: Context) -> bytes:
    """The picture's bytes, at every position of the step's slider where it has one."""
    if isinstance(picture, WeightHistograms):
        return rounding.draw(state.model)
    found = levels(state, step, context)
    match picture:
        case Mosaic():
            return mosaic.mosaic(found)
        case SingleWeights():
            return mosaic.single_weights(found)
        case HeadMap():
            return heads.draw(state, found, context)
        case OneHead(layer, head):
            return heads.draw_head(state, found, layer, head)
        case CloseUp(name):
            weights = encoder.weight(state.model, name).detach().numpy()
            return mosaic.close_up(found, name, weights, encoder.heads_of(state.model, name))
