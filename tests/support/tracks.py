"""Tracks that nobody measured: of the first examples so many are answered wrongly at each position."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from core.engine import track
from core.engine.recipes import step
from core.engine.run import make_spec
from core.engine.store import Store
from core.engine.track import Track
from core.tasks import load_task
from tests.support.app import REVIEWS


def tracked(
    model: str,
    method: str,
    levels: Sequence[int],
    wrong: Callable[[int], int],
    folder: Path,
    sure: int = 204,
    seed: int = 0,
) -> Track:
    """Store the track of a method on Reviews in a folder of results; wrong: a level -> how many answers are."""
    task, dense = load_task(REVIEWS), make_spec(model, REVIEWS)
    right = np.array([task.labels.index(task.right(one)) for one in task.validation], np.uint8)
    answers = np.stack([np.where(np.arange(len(right)) < wrong(level), 1 - right, right) for level in levels])
    sizes = np.array([1000 - 9 * level for level in levels])
    found = Track(
        tuple(levels),
        answers.astype(np.uint8),
        np.full(answers.shape, sure, np.uint8),
        right,
        np.linspace(0.2, 0.8, len(levels), dtype=np.float32),
        sizes,
        10_000 * sizes,
        tuple(task.labels),
        tuple(one.kind for one in task.validation),
        (),
        {"seconds": 1.0},
    )
    track.write(found, dense, step(method, 0), Store(folder), seed)
    return found
