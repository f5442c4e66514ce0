"""What a result keeps of a model beside its figures: what the steps report, and what is left of each matrix."""

from typing import Any

from core.engine.prepare import Prepared
from core.pruning import left
from core.techniques.technique import State


def facts_of(state: State, ready: Prepared) -> dict[str, Any]:
    """Plain JSON values by name; ready: the dense model. With the seconds of the trainings, where there were any."""
    facts = dict(state.facts) | ({"training_s": round(state.training_s, 3)} if state.training_s else {})
    return facts | left.left(state.model, ready.loaded.model, state.kept, facts.get("layers"))
