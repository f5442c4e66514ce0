"""What runs in the worker: a function for each kind of job, which answers an Outcome as JSON values."""

import dataclasses
import json
import os
import platform
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import torch

from core import paths
from core.budget import Budget
from core.control import Control, Event, Timing
from core.engine import lengths
from core.engine import track as tracks
from core.engine.export import export
from core.engine.run import compress, drawing_state, run, warm_up
from core.engine.store import HALF, default_store, half_folder, parse_spec, write_atomically
from core.errors import Cancelled, UserError, Words
from core.jobs import exports, finding
from core.models import save
from core.pictures import picture as pictures
from core.result import to_json
from core.spec import Spec
from core.tasks.task import Origin
from core.techniques import step_from_json

TOPIC = "bonsai"
CANCEL_POLL_S = 0.2
LIBRARIES = ("torch", "transformers", "torch-pruning", "onnxruntime")


@dataclass(frozen=True)
class Outcome:
    """How a job ended, and why it failed where a user can mend it; None where it did not."""

    state: Literal["done", "cancelled", "failed"]
    why: Words | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, as which it travels."""
        return {"state": self.state, "why": self.why and self.why.to_json()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Outcome":
        """The inverse of to_json."""
        return cls(values["state"], values["why"] and Words.from_json(values["why"]))


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


def run_spec(name: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Measure a Spec; the result goes to the store."""
    with _control(name) as control:
        timing = Timing(**payload["timing"]) if payload["timing"] else None
        spec, origin = parse_spec(payload["spec"]), Origin(**payload["origin"])
        return _answer(lambda: run(spec, origin, default_store(), timing, control))


def time_lengths(name: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Time a Spec at every batch and length; each time goes to the store at once."""
    with _control(name) as control:
        spec, origin = parse_spec(payload["spec"]), Origin(**payload["origin"])
        return _answer(lambda: lengths.time_all(spec, origin, default_store(), control))


def track(name: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Answer at every position of a slider; what is measured goes to the store on the way."""
    with _control(name) as control:
        dense, origin = parse_spec(payload["spec"]), Origin(**payload["origin"])
        method, layers = payload["method"], payload["layers"]
        return _answer(lambda: tracks.follow(dense, method, origin, default_store(), control, layers=layers))


def find(name: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Search recipes for a budget; each result goes to the store on the way, and those that are reported last."""
    with _control(name) as control:
        origin, budget = Origin(**payload["origin"]), Budget(**payload["budget"])
        most, trains = payload["most"], payload["trains"]
        reports = finding.find(payload["model"], origin, budget, most, default_store(), control, trains)
        return _answer(lambda: deque(reports, maxlen=0))


def sweep_group(name: str, payload: dict[str, Any]) -> str:
    """Compute Specs one after another; each outcome is said at once, and all of them, as JSON, are the answer.

    One that is cancelled ends there: nobody waits for the rest.
    """
    import distributed

    origin, outcomes = Origin(**payload["origin"]), []
    with _control(name) as control, suppress(Cancelled):
        torch.set_num_threads(payload["threads"] or os.cpu_count() or 1)
        for values in payload["specs"]:
            outcomes.append(_outcome(parse_spec(values), origin, control))
            distributed.get_worker().log_event(TOPIC, {"name": name, "outcome": outcomes[-1]})
    return json.dumps(outcomes)


def _outcome(spec: Spec, origin: Origin, control: Control) -> dict[str, Any]:
    try:
        return {"key": spec.key, "result": to_json(run(spec, origin, default_store(), None, control, baseline=False))}
    except Cancelled:
        raise
    except Exception as error:  # whatever it was, it is recorded with the Spec, and the others go on
        return {
            "key": spec.key,
            "why": str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}",
        }


def versions() -> dict[str, str]:
    """The libraries on which a result depends."""
    return {"python": platform.python_version()} | {name: version(name).partition("+")[0] for name in LIBRARIES}


def warm(name: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Load a model and a task, so that the first job finds them."""
    with _control(name):
        return _answer(lambda: warm_up(payload["model"], Origin(**payload["origin"])))


def draw(name: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Write a picture to cache/pictures."""
    with _control(name) as control:

        def work() -> None:
            dense, origin = parse_spec(payload["spec"]), Origin(**payload["origin"])
            state, context = drawing_state(dense, origin, default_store(), control)
            drawn = pictures.draw(
                pictures.from_json(payload["picture"]), state, step_from_json(payload["step"]), context
            )
            write_atomically(paths.CACHE / "pictures" / f"{payload['key']}.bin", drawn)

        return _answer(work)


def train(name: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Do the steps of a Spec and save the model in trained_folder."""
    with _control(name) as control:
        spec, origin = parse_spec(payload["spec"]), Origin(**payload["origin"])

        def work() -> None:
            folder = trained_folder(spec)
            if folder.exists():  # its name is its content
                return
            state = compress(spec, origin, default_store(), control)
            with half_folder(folder) as half:
                save.save(state.model, state.tokenizer, half)

        return _answer(work)


def take_home(name: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Write an export where core.jobs.exports finds it, unless it is there; a half-written one is never seen."""
    with _control(name) as control:
        spec, origin, form = parse_spec(payload["spec"]), Origin(**payload["origin"]), payload["form"]

        def work() -> None:
            if exports.find(spec.key, form) is None:
                folder = exports.cleared(spec, form)
                export(spec, origin, form, folder, default_store(), control)
                exports.make_room(folder)

        return _answer(work)


def _answer(work: Callable[[], object]) -> dict[str, Any]:
    """Run the work; what a user did or can mend comes back as words, a bug as its exception."""
    try:
        work()
    except Cancelled:
        return Outcome("cancelled").to_json()
    except UserError as error:
        return Outcome("failed", error.words).to_json()
    return Outcome("done").to_json()


@contextmanager
def _control(name: str) -> Iterator[Control]:
    """How a job in the worker reports to the pages and notices that it is to stop."""
    import distributed

    from core.engine.latency import use_all_cores

    use_all_cores()
    worker = distributed.get_worker()
    flag = distributed.Event(name)
    asked = [0.0, False]

    def cancelled() -> bool:
        if time.monotonic() - asked[0] > CANCEL_POLL_S:
            asked[:] = [time.monotonic(), flag.is_set()]
        return bool(asked[1])

    def on_event(event: Event) -> None:
        worker.log_event(TOPIC, {"name": name, "event": dataclasses.asdict(event)})

    worker.log_event(TOPIC, {"name": name, "event": None})
    try:
        yield Control(on_event, cancelled)
    finally:
        worker.log_event(TOPIC, {"name": name, "over": True})
