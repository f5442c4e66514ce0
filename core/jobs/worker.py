"""What runs in the worker: a function of each kind of job, which takes plain JSON values and answers an Outcome."""

import platform
from collections import deque
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core import paths
from core.budget import Budget
from core.control import Control, Timing
from core.engine import lengths
from core.engine import track as tracks
from core.engine.export import export
from core.engine.run import compress, drawing_state, run, warm_up
from core.engine.store import HALF, default_store, half_folder, parse_spec, write_atomically
from core.jobs import exports, finding
from core.jobs.outcome import Outcome
from core.models import save
from core.pictures import picture as pictures
from core.spec import Spec
from core.tasks.task import Origin
from core.techniques import step_from_json

LIBRARIES = ("torch", "transformers", "torch-pruning", "onnxruntime")
Payload = Mapping[str, Any]
Work = Callable[[Payload, Control], Outcome]
DONE = Outcome("done")


def trained_folder(spec: Spec) -> Path:
    """Where a model that was fine-tuned from a page lies."""
    return shelf() / f"{Path(spec.model).name}-{spec.task}-{spec.key[:8]}"


def shelf() -> Path:
    """The folder of these models."""
    return paths.CACHE / "models"


def trained() -> list[Path]:
    """All of them that are whole, the newest first."""
    found = [folder for folder in shelf().glob("*") if folder.suffix != HALF and folder.is_dir()]
    return sorted(found, key=lambda folder: folder.stat().st_mtime_ns, reverse=True)


def run_spec(payload: Payload, control: Control) -> Outcome:
    """Measure a Spec; the result goes to the store."""
    timing = Timing(**payload["timing"]) if payload["timing"] else None
    run(parse_spec(payload["spec"]), Origin(**payload["origin"]), default_store(), timing, control)
    return DONE


def time_lengths(payload: Payload, control: Control) -> Outcome:
    """Time a Spec at every batch and length; each time goes to the store at once."""
    lengths.time_all(parse_spec(payload["spec"]), Origin(**payload["origin"]), default_store(), control)
    return DONE


def track(payload: Payload, control: Control) -> Outcome:
    """Answer at every position of a slider; what is measured goes to the store on the way."""
    dense, origin = parse_spec(payload["spec"]), Origin(**payload["origin"])
    tracks.follow(dense, payload["method"], origin, default_store(), control, layers=payload["layers"])
    return DONE


def find(payload: Payload, control: Control) -> Outcome:
    """Search recipes for a budget; each result goes to the store on the way, and those that are reported last."""
    origin, budget = Origin(**payload["origin"]), Budget(**payload["budget"])
    most, trains = payload["most"], payload["trains"]
    deque(finding.find(payload["model"], origin, budget, most, default_store(), control, trains), maxlen=0)
    return DONE


def warm(payload: Payload, control: Control) -> Outcome:
    """Load a model and a task, so that the first job finds them."""
    warm_up(payload["model"], Origin(**payload["origin"]))
    return DONE


def draw(payload: Payload, control: Control) -> Outcome:
    """Write a picture to cache/pictures."""
    dense, origin = parse_spec(payload["spec"]), Origin(**payload["origin"])
    state, context = drawing_state(dense, origin, default_store(), control)
    drawn = pictures.draw(pictures.from_json(payload["picture"]), state, step_from_json(payload["step"]), context)
    write_atomically(paths.CACHE / "pictures" / f"{payload['key']}.bin", drawn)
    return DONE


def train(payload: Payload, control: Control) -> Outcome:
    """Do the steps of a Spec and save the model in trained_folder."""
    spec, origin = parse_spec(payload["spec"]), Origin(**payload["origin"])
    folder = trained_folder(spec)
    if not folder.exists():  # its name is its content
        state = compress(spec, origin, default_store(), control)
        with half_folder(folder) as half:
            save.save(state.model, state.tokenizer, half)
    return DONE


def take_home(payload: Payload, control: Control) -> Outcome:
    """Write an export where core.jobs.exports finds it, unless it is there; a half-written one is never seen."""
    spec, origin, form = parse_spec(payload["spec"]), Origin(**payload["origin"]), payload["form"]
    if exports.find(spec.key, form) is None:
        folder = exports.cleared(spec, form)
        export(spec, origin, form, folder, default_store(), control)
        exports.make_room(folder)
    return DONE


KINDS: dict[str, Work] = {
    work.__name__: work for work in (run_spec, time_lengths, track, find, warm, draw, train, take_home)
}


def versions() -> dict[str, str]:
    """The libraries on which a result depends."""
    return {"python": platform.python_version()} | {name: version(name).partition("+")[0] for name in LIBRARIES}
