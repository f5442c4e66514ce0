"""Many Specs through many workers: what is stored is skipped, what is trained once serves all that follow from it.

Specs that begin with the same training go to one worker together, so that nothing is trained twice; others go alone.
Specs and results travel as JSON, and each result is kept as soon as it comes: a sweep that was stopped goes on. What
fails is recorded and the rest goes on. Times are taken afterwards, one after another on this machine, when no worker
computes.
"""

import dataclasses
import json
import queue
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core import foreign
from core import result as results
from core.control import Control, Event, Timing
from core.engine.run import check, run
from core.engine.store import Store, parse_spec
from core.environment import here
from core.errors import Cancelled, ConfigError, DataError
from core.jobs.group import TOPIC, sweep_group
from core.spec import LARGEST_SEED, TORCH, Spec, recipe, to_json
from core.tasks.task import Origin
from core.techniques import TECHNIQUES, parse_step

MOST = 100_000  # entries of a file
POLL_S = 0.05
FIELDS = ("steps", "seed", "runtime")
GONE = "the workers ended before the sweep did; what they computed is kept, and the same command goes on from there"
Workers = AbstractContextManager[Any]  # of core.jobs.cluster: a client while it is open


@dataclass(frozen=True)
class Failure:
    """A Spec that could not be computed, and why."""

    spec: Spec
    why: str


@dataclass
class Report:
    """What came of a sweep; `skipped` were stored before."""

    done: int = 0
    skipped: int = 0
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list)


def read(path: Path, dense: Spec) -> list[Spec]:
    """The Specs of a JSON file: a list of {"steps": [...], "seed": 0, "runtime": "torch"}, steps as --step writes them.

    Raises DataError or ConfigError, which name the entry.
    """
    try:
        entries = foreign.parse(path.read_text(encoding="utf8"))
    except (OSError, ValueError) as error:
        raise DataError("'{path}' cannot be read as JSON ({error})", path=path, error=error) from error
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST:
        raise DataError(
            '\'{path}\' has to hold a list of 1 to {most} entries like {{"steps": ["distil:layers=3"]}}',
            path=path,
            most=MOST,
        )
    return list(dict.fromkeys(_entry(number, entry, dense) for number, entry in enumerate(entries, 1)))


def _entry(number: int, entry: Any, dense: Spec) -> Spec:
    if not isinstance(entry, dict) or set(entry) - set(FIELDS):
        raise DataError("entry {number} has to be an object with {fields}", number=number, fields=", ".join(FIELDS))
    texts, seed, runtime = entry.get("steps", []), entry.get("seed", 0), entry.get("runtime", TORCH)
    whole = isinstance(seed, int) and 0 <= seed <= LARGEST_SEED
    if not isinstance(texts, list) or not whole or not isinstance(runtime, str):
        raise DataError(
            "entry {number} needs steps as a list of texts, seed as a whole number, runtime as a text", number=number
        )
    try:
        steps = tuple(parse_step(str(text)) for text in texts)
        check(steps, runtime)
    except ConfigError as error:
        raise ConfigError("entry {number}: {error}", number=number, error=error) from error
    return dataclasses.replace(dense, steps=steps, seed=seed, runtime=runtime)


def groups(specs: Sequence[Spec]) -> list[list[Spec]]:
    """Who goes together to a worker: the most trainings first, and in each group the shortest recipes first.

    Among equals one group for each kind of recipe comes first, so that the statistics which it computes and keeps
    (importance, activations) are there when the others need them, instead of being computed by every worker.
    """
    found: dict[str, list[Spec]] = {}
    for spec in specs:
        found.setdefault(_first_training(spec), []).append(spec)
    ordered = [sorted(group, key=lambda spec: len(spec.steps)) for group in found.values()]
    first: dict[tuple[str, ...], list[Spec]] = {}
    for group in ordered:
        first.setdefault(_techniques(group[0]), group)
    return sorted(
        ordered,
        key=lambda group: (-max(map(_trainings, group)), group is not first[_techniques(group[0])]),
    )


def _techniques(spec: Spec) -> tuple[str, ...]:
    return tuple(step.technique for step in spec.steps)


def _first_training(spec: Spec) -> str:
    """The key of the Spec up to its first training, which its group shares; its own where nothing is trained."""
    for place, step in enumerate(spec.steps):
        if TECHNIQUES[step.technique].kind == "train":
            return dataclasses.replace(spec, steps=spec.steps[: place + 1], runtime=TORCH).key
    return spec.key


def _trainings(spec: Spec) -> int:
    return sum(TECHNIQUES[step.technique].kind == "train" for step in spec.steps)


def sweep(
    specs: Sequence[Spec], origin: Origin, store: Store, workers: Workers, control: Control, threads: int = 0
) -> Report:
    """Compute what the store lacks on these workers, with so many threads each (0: all cores).

    What a Spec is compared with is computed too. Where nothing is lacking no worker is started. Raises Cancelled, and
    ConfigError where the workers end before the sweep does.
    """
    started, report = time.monotonic(), Report()
    specs = list(dict.fromkeys(one for spec in specs for one in (spec.dense, spec.baseline, spec)))
    todo = [spec for spec in specs if store.read(spec.key) is None]
    report.skipped = len(specs) - len(todo)
    if todo:
        with workers as client:
            _compute(todo, origin, store, client, control, threads, report)
    report.seconds = time.monotonic() - started
    return report


def _compute(
    todo: Sequence[Spec], origin: Origin, store: Store, client: Any, control: Control, threads: int, report: Report
) -> None:
    started = time.monotonic()
    heard: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    client.subscribe_topic(TOPIC, lambda message: heard.put(message[1]))
    running = {_submitted(client, group, origin, threads): group for group in groups(todo)}
    left = {spec.key: spec for spec in todo}
    try:
        while left:
            for outcome in _outcomes(heard, running):
                spec = left.pop(outcome["key"], None)
                if spec is not None:
                    _keep(spec, outcome, store, report)
            elapsed, done = time.monotonic() - started, len(todo) - len(left)
            eta_s = elapsed / done * len(left) if done else None
            control.on_event(Event("sweep", report.skipped + done, report.skipped + len(todo), eta_s))
            if control.cancelled():
                raise Cancelled
    finally:
        if client.status == "running":  # else there is nobody to tell
            _stop(client, running)
            client.unsubscribe_topic(TOPIC)


def _submitted(client: Any, group: Sequence[Spec], origin: Origin, threads: int) -> Any:
    payload = {
        "specs": [to_json(spec) for spec in group],
        "origin": dataclasses.asdict(origin),
        "threads": threads,
    }
    name = f"sweep-{group[0].key}-{len(group)}-{time.time_ns()}"
    return client.submit(sweep_group, name, payload, key=name, pure=False)


def _stop(client: Any, running: Iterable[Any]) -> None:
    """Withdraw what has not begun; what computes looks at its flag between two batches and leaves its worker free."""
    import distributed

    for future in running:
        distributed.Event(future.key, client=client).set()
    client.cancel(list(running), force=True)


def _outcomes(heard: "queue.SimpleQueue[dict[str, Any]]", running: dict[Any, list[Spec]]) -> Iterator[dict[str, Any]]:
    """What workers said since the last time, one by one or as the answer of a whole group."""
    time.sleep(POLL_S)
    while not heard.empty():
        said = heard.get()
        if "outcome" in said:
            yield said["outcome"]
    for future in [future for future in running if future.done()]:
        group = running.pop(future)
        if future.status == "finished":
            yield from json.loads(future.result())
        elif future.status == "error":
            error = future.exception(timeout=5)
            yield from ({"key": spec.key, "why": f"{type(error).__name__}: {error}"} for spec in group)
        else:  # nobody computes it any more, which is no failure of the Spec
            raise ConfigError(GONE)


def _keep(spec: Spec, outcome: dict[str, Any], store: Store, report: Report) -> None:
    if "why" in outcome:
        report.failures.append(Failure(spec, outcome["why"]))
        store.write_failure(spec.key, {"spec": to_json(spec), "why": outcome["why"]})
        return
    store.write(results.from_json(outcome["result"], parse_spec(outcome["result"]["spec"])))
    report.done += 1


def time_missing(specs: Sequence[Spec], origin: Origin, store: Store, control: Control) -> int:
    """Time what this machine has not timed, one after another; returns how many. Raises Cancelled."""
    timing, machine = Timing(), here().machine
    known = ((spec, store.read(spec.key)) for spec in specs)
    todo = [spec for spec, result in known if result is not None and result.speed(machine) is None]
    started = time.monotonic()
    for done, spec in enumerate(todo):
        eta_s = (time.monotonic() - started) / done * (len(todo) - done) if done else None
        control.on_event(Event("timing", done, len(todo), eta_s))
        run(spec, origin, store, timing, Control(cancelled=control.cancelled))
    return len(todo)


def words(report: Report) -> str:
    """What people read of a sweep."""
    failed = f"{len(report.failures)} failed"
    lines = [f"{report.done} computed in {report.seconds:.0f} s, {report.skipped} known before, {failed}"]
    for failure in report.failures:
        lines.append(f"  failed: {recipe(failure.spec)} · {failure.spec.runtime}: {failure.why}")
    return "\n".join(lines)
