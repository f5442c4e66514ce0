"""What a browser needs of a track: its figures by level as plain values, and for the page of an export all of it."""

import base64
from typing import Any

import numpy as np

from core.engine.recipes import SLIDER, maximum, step
from core.engine.store import Store
from core.engine.track import Track, read
from core.intervals import LEVEL, mcnemar, wilson
from core.spec import Spec
from core.tasks import comes_along
from core.tasks.task import Task


def by_level(track: Track) -> dict[str, Any]:
    """By level: loss, share of weights that are not zero, MB zipped, the interval of the right answers in percent, and
    in `better` 1 or -1 where the right answers are more or fewer than at level 0 beyond chance, else 0."""
    right = track.answers == track.right
    intervals = [wilson(int(row.sum()), row.size) for row in right]
    return {
        "levels": list(track.levels),
        "losses": [round(float(loss), 4) for loss in track.losses],
        "nonzero": [round(float(share), 4) for share in track.nonzero / track.nonzero[0]],
        "zipped": [round(int(size) / 1e6, 2) for size in track.zip_bytes],
        "low": [round(100 * low, 2) for low, _ in intervals],
        "high": [round(100 * high, 2) for _, high in intervals],
        "better": [_better(right[0], row) for row in right],
    }


def _better(before: np.ndarray, after: np.ndarray) -> int:
    gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
    return int(np.sign(gained - lost)) if mcnemar(gained, lost) < LEVEL else 0


def of_page(dense: Spec, task: Task, store: Store) -> dict[str, Any] | None:
    """Every whole track of the slider's methods, for the page of an export; None where there is none.

    Sentences are given along only where they come with the code: others' are named by their number.
    """
    found = {name: read(dense, step(name, 0), store) for name in SLIDER}
    whole = {name: one for name, one in found.items() if one is not None and one.whole(maximum(name))}
    if not whole:
        return None
    first = next(iter(whole.values()))
    ours = comes_along(task.name) and len(task.validation) == len(first.right)
    return {
        "labels": [task.called(label) for label in first.labels],
        "right": _packed(first.right),
        "sentences": [" · ".join(one.texts) for one in task.validation] if ours else [],
        "methods": {
            name: {"answers": _packed(one.answers), "sure": _packed(one.sure), **by_level(one)}
            for name, one in whole.items()
        },
    }


def _packed(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
