"""What an experiment starts from: the loaded model, its task and the validation examples as tokens."""

import functools
from dataclasses import dataclass

from core.errors import DataError, ModelError
from core.models import find
from core.models.load import Loaded, load
from core.spec import Spec
from core.tasks import load_task
from core.tasks.task import Feature, Origin, Task
from core.techniques.technique import State


@dataclass(frozen=True)
class Prepared:
    """A loaded model, its task and the encoded validation examples: shared, never to be changed."""

    loaded: Loaded
    task: Task
    features: tuple[Feature, ...]

    @property
    def state(self) -> State:
        """The model before any step."""
        return State(self.loaded.model, tokenizer=self.loaded.tokenizer)

    @property
    def pad(self) -> int:
        """The token that fills short rows."""
        return self.state.pad


def prepare(spec: Spec, origin: Origin) -> Prepared:
    """Load what a Spec needs; the last few are kept in memory. Raises ModelError, DataError."""
    return _prepare(spec.model, spec.revision, spec.data, origin, spec.new_head, spec.seed if spec.new_head else 0)


@functools.lru_cache(maxsize=3)
def _prepare(name: str, revision: str, data: str, origin: Origin, new_head: bool, seed: int) -> Prepared:
    source, task = find.resolve(name), load_task(origin)
    if source.revision != revision:
        raise ModelError("'{name}' has changed on disk since it was chosen; choose it again", name=name)
    if task.data != data:
        raise DataError(
            "the examples of '{task}' are not those the experiment was made for; choose the task again", task=task.name
        )
    loaded = load(source, task.head, labels=len(task.labels) or None, new_head=new_head, seed=seed)
    return Prepared(loaded, task, tuple(task.encode(loaded.tokenizer, task.validation)))
