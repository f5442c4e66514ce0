"""What runs in a dask worker of a sweep: several Specs one after another, each outcome said at once."""

import dataclasses
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import torch

from core.control import Control, Event
from core.engine.latency import use_all_cores
from core.engine.run import run
from core.engine.store import default_store, parse_spec
from core.errors import Cancelled, UserError
from core.result import to_json
from core.spec import Spec
from core.tasks.task import Origin

TOPIC = "bonsai"
CANCEL_POLL_S = 0.2


def sweep_group(name: str, payload: dict[str, Any]) -> str:
    """Compute Specs one after another; each outcome is said at once, and all of them, as JSON, are the answer.

    One that is cancelled ends there: nobody waits for the rest.
    """
    import distributed

    worker = distributed.get_worker()

    def on_event(event: Event) -> None:
        worker.log_event(TOPIC, {"name": name, "event": dataclasses.asdict(event)})

    use_all_cores()
    origin, outcomes, control = Origin(**payload["origin"]), [], Control(on_event, _flag(name))
    with suppress(Cancelled):
        torch.set_num_threads(payload["threads"] or os.cpu_count() or 1)
        for values in payload["specs"]:
            outcomes.append(_outcome(parse_spec(values), origin, control))
            worker.log_event(TOPIC, {"name": name, "outcome": outcomes[-1]})
    return json.dumps(outcomes)


def _flag(name: str) -> Callable[[], bool]:
    """How a group notices that it is to stop; asking the scheduler takes time, so not at every batch."""
    import distributed

    flag, asked = distributed.Event(name), [0.0, False]

    def cancelled() -> bool:
        if time.monotonic() - asked[0] > CANCEL_POLL_S:
            asked[:] = [time.monotonic(), flag.is_set()]
        return bool(asked[1])

    return cancelled


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
