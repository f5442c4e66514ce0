"""The line of jobs that wait: who is next, how many are before one, about how long they take, and what a restart keeps.

Nobody waits behind all that somebody else asked for: among jobs of one priority, the first of each session goes before
anybody's second.
"""

import json
import os
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from core import foreign
from core.engine.store import write_atomically
from core.jobs.status import Job

MOST_KEPT = 200
REMEMBERED = 5  # durations of a kind
PART = "all but its times"
KEPT = ("work", "key", "title", "payload", "priority", "spec", "form", "kind")
OWNERS = "watchers"  # who waits for it; not in files of before there were any


def in_order(jobs: Iterable[Job]) -> list[Job]:
    """Those that wait, the next one first; jobs: in the order in which they were asked for, those that run too."""
    asked: Counter[tuple[int, str]] = Counter()
    ranked = []
    for place, job in enumerate(jobs):
        if not job.active:
            continue
        sessions = [(job.priority, watcher) for watcher in job.watchers] or [(job.priority, "")]
        if job.state == "waiting":
            ranked.append((-job.priority, min(asked[session] for session in sessions), place, job))
        asked.update(sessions)
    return [job for *_, job in sorted(ranked, key=lambda entry: entry[:3])]


class Durations:
    """How long jobs of each kind took lately."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], deque[float]] = {}

    def add(self, kind: tuple[str, ...], seconds: float, part: bool = False) -> None:
        """One of them is done; part: all but its times."""
        self._found.setdefault((*kind, PART) if part else kind, deque(maxlen=REMEMBERED)).append(seconds)

    def of(self, kind: tuple[str, ...]) -> float | None:
        """About how many seconds one takes that others wait behind; None where none was done yet."""
        found = self._found.get((*kind, PART)) or self._found.get(kind)
        return median(found) if found else None

    def of_all(self, running: Iterable[tuple[Job, float]], waiting: Iterable[Job]) -> float | None:
        """About how long until these are done; running: jobs, and the seconds for which they have run."""
        total = 0.0
        for job, spent in running:
            expected = self.of(job.kind)
            left = job.event.eta_s if expected is None else max(0.0, expected - spent)
            if left is None:
                return None
            total += left
        for job in waiting:
            expected = self.of(job.kind)
            if expected is None:
                return None
            total += expected
        return total


@dataclass(frozen=True)
class Keeper:
    """Where what waits or runs is written, so that a server that is started again goes on with it; a file a server."""

    folder: Path

    @property
    def _file(self) -> Path:
        return self.folder / f"{os.getpid()}-{int(psutil.Process().create_time())}.json"

    def keep(self, jobs: Iterable[Job]) -> None:
        """Write those that wait or run."""
        active = [job for job in jobs if job.active][:MOST_KEPT]
        values = [{name: getattr(job, name) for name in KEPT} | {OWNERS: sorted(job.watchers)} for job in active]
        write_atomically(self._file, json.dumps(values).encode())

    def clear(self) -> None:
        """A server that ends in order leaves nothing behind but what it has not done."""
        self._file.unlink(missing_ok=True)

    def left(self) -> list[dict[str, Any]]:
        """What servers left that do not run any more, each once: whoever asks first gets it."""
        found: list[dict[str, Any]] = []
        for path in sorted(self.folder.glob("*.json")):
            if _runs(path.stem):
                continue
            taken = path.with_suffix(f".{os.getpid()}.tmp")
            try:
                os.rename(path, taken)  # of two servers that start one gets it
                entries = foreign.parse(taken.read_text(encoding="utf8"))
                found += [entry for entry in entries if _is_whole(entry)] if isinstance(entries, list) else []
            except (OSError, ValueError):
                continue
            finally:
                taken.unlink(missing_ok=True)
        return found


def _runs(owner: str) -> bool:
    pid, _, since = owner.partition("-")
    try:
        return int(psutil.Process(int(pid)).create_time()) == int(since)
    except (psutil.Error, ValueError):
        return False


def _is_whole(entry: object) -> bool:
    return isinstance(entry, Mapping) and set(KEPT) <= set(entry)
