"""A track: what a model answers at every percent of one method's slider, so that dragging needs no computation.

For each position the answer and its confidence of every validation example, one byte each, and the position's loss,
weights that are not zero and zipped bytes. It is made coarse to fine and kept as far as it has come.
"""

import dataclasses
import functools
import hashlib
import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.numpy
from safetensors import SafetensorError, safe_open

from core.control import Control, Event, held_up
from core.engine.prepare import Prepared, prepare
from core.engine.recipes import maximum, methods, step, trains
from core.engine.run import context_for
from core.engine.store import Store, write_atomically
from core.environment import here
from core.errors import Cancelled, ConfigError, DataError
from core.installation import now
from core.models import size
from core.models.head import SEQUENCE
from core.runtimes import pytorch
from core.spec import Spec, Step
from core.tasks.evaluate import evaluate
from core.tasks.task import Origin, Outcome
from core.techniques import TECHNIQUES
from core.techniques.technique import Context, State

VERSION = 1
NONE = 255  # in place of an answer, where the output was no number
MOST_LABELS = 255  # an answer is one byte
SAVED_S = 10.0  # between two savings of what there is
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Track:
    """levels: percents that are measured, ascending. answers, sure: (levels, examples), the number of the label (NONE
    without an answer) and the confidence in it in 255ths. right: (examples,). losses, nonzero, zip_bytes: (levels,).

    labels: as results have them. kinds: of each example, "" where there are none. beyond: percents that the method
    cannot reach on this model. about: machine, versions, in which precision, when, how many seconds.
    """

    levels: tuple[int, ...]
    answers: Bytes
    sure: Bytes
    right: Bytes
    losses: npt.NDArray[np.float32]
    nonzero: npt.NDArray[np.int64]
    zip_bytes: npt.NDArray[np.int64]
    labels: tuple[str, ...]
    kinds: tuple[str, ...]
    beyond: tuple[int, ...]
    about: Mapping[str, Any]

    def whole(self, most: int) -> bool:
        """Is every percent up to `most` there that can be reached?"""
        return len(self.levels) + len(self.beyond) == most + 1


@dataclass(frozen=True)
class Position:
    """What is measured at one level."""

    answers: Bytes
    sure: Bytes
    loss: float
    nonzero: int
    zip_bytes: int


def order(most: int) -> list[int]:
    """Every level 0..most once, coarse to fine: both ends, then the middle of each widest gap, from the left."""
    found, ends = [0, most] if most else [0], [0, most]
    while len(found) <= most:
        middles = [(a + b) // 2 for a, b in zip(ends, ends[1:], strict=False) if b - a > 1]
        found += middles
        ends = sorted({*ends, *middles})
    return found


def require(dense: Spec, method: str, ready: Prepared) -> None:
    """Raise a UserError where there can be no track of a method on this model and task."""
    if method not in methods():
        raise ConfigError("unknown method '{method}'; methods: {names}", method=method, names=", ".join(methods()))
    if trains(method):
        raise ConfigError(
            "each position of '{method}' is a training of its own; a track has 100 of them", method=method
        )
    if ready.task.head is not SEQUENCE or not 1 < len(ready.task.labels) <= MOST_LABELS:
        raise DataError(
            "a track is of answers that are one class a text, and those of '{task}' are not", task=dense.task
        )


def follow(
    dense: Spec,
    method: str,
    origin: Origin,
    store: Store,
    control: Control | None = None,
    *,
    layers: str = "encoder",
    seed: int = 0,
) -> Track:
    """The track of a method, whole: what is stored of it is kept, and what is missing measured. Raises UserError, and
    Cancelled, after which what was measured is stored."""
    control, ready = control or Control(), prepare(dense, origin)
    require(dense, method, ready)
    one, most = step(method, 0, layers), maximum(method)
    known, precision = read(dense, one, store, seed), pytorch.session(ready.loaded.model).precision
    done, beyond = (_positions(known), set(known.beyond)) if known else ({}, set())
    seconds, began, saved = (known.about["seconds"] if known else 0.0), time.monotonic(), time.monotonic()
    state, context = ready.state, context_for(dataclasses.replace(dense, seed=seed), ready, store, control)

    def kept() -> Track:
        about = {"precision": precision, "seconds": seconds + time.monotonic() - began}
        found = _track(done, beyond, ready, about)
        write(found, dense, one, store, seed)
        return found

    try:
        for level in order(most):
            if level in done or level in beyond:
                continue
            held_up(control.cancelled)
            after = state_at(state, step(method, level / 100, layers), level, context)
            if after is None:
                beyond.add(level)
                continue
            done[level] = _measured(after, ready, control)
            control.on_event(Event("track", len(done), most + 1))
            if time.monotonic() - saved > SAVED_S:
                saved = time.monotonic()
                kept()
    except Cancelled:
        if done:
            kept()
        raise
    return kept() if known is None or not known.whole(most) else known


def state_at(state: State, one: Step, level: int, context: Context) -> State | None:
    """The state at a position of a slider, whose step is given; None where the method cannot reach it, as one head may
    be more work than is to stay."""
    try:
        return TECHNIQUES[one.technique].apply(state, one.config, context) if level else state
    except ConfigError:
        return None


def _measured(state: State, ready: Prepared, control: Control) -> Position:
    found: list[Outcome] = []
    session = pytorch.session(state.model)
    quality = evaluate(
        session, ready.task, ready.features, pad=state.pad, cancelled=control.cancelled, on_end=found.extend
    )
    number = {label: place for place, label in enumerate(ready.task.labels)}
    sure = [255 * min(max(one.confidence, 0.0), 1.0) for one in found]
    weighed = size.weigh(state.model)
    return Position(
        np.array([number.get(one.answer, NONE) for one in found], np.uint8),
        np.array(sure).round().astype(np.uint8),
        quality.loss,
        weighed.nonzero,
        weighed.zip_bytes,
    )


def _positions(track: Track) -> dict[int, Position]:
    rows = zip(track.answers, track.sure, track.losses, track.nonzero, track.zip_bytes, strict=True)
    return {
        level: Position(answers, sure, float(loss), int(nonzero), int(zip_bytes))
        for level, (answers, sure, loss, nonzero, zip_bytes) in zip(track.levels, rows, strict=True)
    }


def _track(done: Mapping[int, Position], beyond: Collection[int], ready: Prepared, about: dict[str, Any]) -> Track:
    levels, task = tuple(sorted(done)), ready.task
    rows = [done[level] for level in levels]
    number = {label: place for place, label in enumerate(task.labels)}
    return Track(
        levels,
        np.stack([row.answers for row in rows]),
        np.stack([row.sure for row in rows]),
        np.array([number[task.right(one)] for one in task.validation], np.uint8),
        np.array([row.loss for row in rows], np.float32),
        np.array([row.nonzero for row in rows], np.int64),
        np.array([row.zip_bytes for row in rows], np.int64),
        tuple(task.labels),
        tuple(one.kind for one in task.validation),
        tuple(sorted(beyond)),
        {**dataclasses.asdict(here()), "measured_at": now(), **about},
    )


def _key(dense: Spec, one: Step, seed: int) -> str:
    """Names a track by what it is of: model, examples, and everything of the step but its slider."""
    technique, config = TECHNIQUES[one.technique], dataclasses.asdict(one.config)
    if technique.slider is not None:
        del config[technique.slider.field]
    facts = [VERSION, dense.revision, dense.data, dense.max_tokens, dense.classes, one.technique, config, seed]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]


def _path(folder: Path, key: str) -> Path:
    return folder / "tracks" / f"{key}.safetensors"


def read(dense: Spec, one: Step, store: Store, seed: int = 0) -> Track | None:
    """What is stored of a track, the longest of all folders; one that cannot be read is none."""
    paths = [_path(folder, _key(dense, one, seed)) for folder in (store.folder, *store.recorded)]
    stamps = [(path, path.stat()) for path in paths if path.is_file()]
    found = [track for path, at in stamps if (track := _read(path, at.st_mtime_ns, at.st_size)) is not None]
    return max(found, key=lambda track: len(track.levels), default=None)


ARRAYS = ("answers", "sure", "right", "losses", "nonzero", "zip_bytes")


def write(track: Track, dense: Spec, one: Step, store: Store, seed: int = 0) -> None:
    """Keep the track of a step; readers see the old file or the new one."""
    told = {"version": VERSION, "levels": track.levels, "labels": track.labels, "kinds": track.kinds}
    text = json.dumps({**told, "beyond": track.beyond, "about": dict(track.about)})
    arrays = {name: np.ascontiguousarray(getattr(track, name)) for name in ARRAYS}
    write_atomically(_path(store.folder, _key(dense, one, seed)), safetensors.numpy.save(arrays, {"track": text}))


@functools.lru_cache(maxsize=16)  # a page reads it at each release of the slider
def _read(path: Path, mtime_ns: int, length: int) -> Track | None:
    try:
        with safe_open(path, "numpy") as file:
            told = json.loads((file.metadata() or {})["track"])
            arrays = {name: file.get_tensor(name) for name in ARRAYS}
        lists = {name: tuple(told[name]) for name in ("levels", "labels", "kinds", "beyond")}
        fields: dict[str, Any] = {**lists, **arrays, "about": told["about"]}
        track = Track(**fields)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError):
        return None
    shape = (len(track.levels), len(track.right))
    fits = track.answers.shape == track.sure.shape == shape and len(track.kinds) == shape[1]
    return track if told["version"] == VERSION and fits else None
