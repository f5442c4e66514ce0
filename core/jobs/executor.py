"""Long work outside the page's process: each experiment once, in turn, and alive after whatever dies.

core/jobs/lanes.py does it, core/jobs/line.py says who is next. Payloads and answers are plain JSON values; results
travel through the store.
"""

import atexit
import dataclasses
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from core.budget import Budget
from core.control import Timing
from core.errors import Words
from core.jobs import worker
from core.jobs.lanes import LONG, QUICK, Lanes
from core.jobs.line import OWNERS, Keeper, in_order
from core.jobs.status import (
    Job,
    Status,
    end,
    export_key,
    find_key,
    job_key,
    lengths_key,
    status_of,
    track_key,
)
from core.pictures.picture import Picture
from core.pictures.picture import to_json as to_json_picture
from core.spec import Spec, Step, to_json
from core.tasks.task import Origin
from core.techniques import TECHNIQUES

MOST_REMEMBERED = 1000  # jobs that are over
MOST_EACH = {QUICK: 150, LONG: 8}  # of one visitor's browser: every head of BERT-base is 144
RESTORED = "restored"  # who waits for what an earlier server left, if it does not say
MOST_OWNERS = 100


class Jobs:
    """The executor of one server; shared by all its sessions, to be closed at the end. No call waits for a worker."""

    def __init__(self, keeper: Keeper | None = None, most: Mapping[int, int] | None = None) -> None:
        """keeper: where the line is written, and what an earlier server left is found. most: how many jobs of each
        priority may wait or run for one browser; None as many as it asks for."""
        self._changed = threading.Condition(threading.RLock())
        self._jobs: dict[str, Job] = {}
        self._lanes = Lanes(self._changed, self._jobs.values, self._tell)
        self._keeper, self._attempts, self._closed, self._most = keeper, 0, False, dict(most or {})
        atexit.register(self.close)
        for entry in keeper.left() if keeper else ():
            self._restore(entry)

    def run(self, spec: Spec, origin: Origin, timing: Timing | None, title: str = "", watcher: str = "") -> str:
        """Compute a Spec unless it is under way; returns the job's key. watcher: who waits for it, see `leave`."""
        trains = any(TECHNIQUES[step.technique].kind == "train" for step in spec.steps)
        payload = {
            "spec": to_json(spec),
            "origin": dataclasses.asdict(origin),
            "timing": dataclasses.asdict(timing) if timing else None,
        }
        kind = ("run", spec.model, spec.task, spec.runtime, *(step.technique for step in spec.steps), str(bool(timing)))
        return self.submit(
            worker.run_spec,
            job_key(spec, timing),
            payload,
            title,
            LONG if trains else QUICK,
            watcher,
            spec.key,
            kind=kind,
        )

    def warm_up(self, model: str, origin: Origin) -> str:
        """Start the worker and load model and task there, once."""
        key = f"warm-{model}-{origin.task}-{origin.path}"
        status = self.status(key)
        if status is not None and status.state == "done":
            return key
        return self.submit(worker.warm, key, {"model": model, "origin": dataclasses.asdict(origin)}, "", QUICK)

    def draw(self, dense: Spec, origin: Origin, step: Step, key: str, picture: Picture) -> str:
        """Draw a picture at every position of a step into cache/pictures/`key`."""
        values = to_json(dataclasses.replace(dense, steps=(step,)))["steps"][0]
        payload = {"spec": to_json(dense), "origin": dataclasses.asdict(origin), "step": values}
        return self.submit(worker.draw, key, {**payload, "picture": to_json_picture(picture), "key": key}, "", QUICK)

    def train(self, spec: Spec, origin: Origin, watcher: str = "") -> str:
        """Do the steps of a Spec and save the model in trained_folder(spec), for --model and the pages."""
        payload = {"spec": to_json(spec), "origin": dataclasses.asdict(origin)}
        return self.submit(worker.train, f"train-{spec.key}", payload, "", LONG, watcher)

    def time_lengths(self, spec: Spec, origin: Origin, watcher: str = "") -> str:
        """Time a Spec at every batch and length of core.engine.lengths that this machine has not timed."""
        payload = {"spec": to_json(spec), "origin": dataclasses.asdict(origin)}
        return self.submit(worker.time_lengths, lengths_key(spec), payload, "", LONG, watcher)

    def track(self, dense: Spec, origin: Origin, method: str, layers: str, watcher: str = "") -> str:
        """Answer every example at every position of a method's slider, coarse to fine (core.engine.track)."""
        payload = {"spec": to_json(dense), "origin": dataclasses.asdict(origin), "method": method, "layers": layers}
        return self.submit(worker.track, track_key(dense, method, layers), payload, "", LONG, watcher)

    def find(self, dense: Spec, origin: Origin, budget: Budget, most: int, trains: bool, watcher: str = "") -> str:
        """Measure at most so many recipes for a budget (core.jobs.finding)."""
        payload = {"model": dense.model, "origin": dataclasses.asdict(origin), "budget": dataclasses.asdict(budget)}
        return self.submit(worker.find, find_key(dense), {**payload, "most": most, "trains": trains}, "", LONG, watcher)

    def export(self, spec: Spec, origin: Origin, form: str, title: str = "", watcher: str = "") -> str:
        """Write the model of a Spec in a format of core.engine.export, for core.jobs.exports to find; returns its key.

        The Spec's runtime is that of the format.
        """
        payload = {"spec": to_json(spec), "origin": dataclasses.asdict(origin), "form": form}
        return self.submit(worker.take_home, export_key(spec, form), payload, title, LONG, watcher, spec.key, form)

    def submit(
        self,
        function: worker.Work,
        key: str,
        payload: worker.Payload,
        title: str,
        priority: int,
        watcher: str | None = None,
        spec: str = "",
        form: str = "",
        kind: tuple[str, ...] = (),
    ) -> str:
        """Queue function(payload, control) unless a job with this key is waiting or running.

        watcher: who waits for it. spec, form: see Status. kind: jobs of one kind take about as long.
        """
        work = f"{function.__module__}:{function.__name__}"
        with self._changed:
            job = self._jobs.get(key)
            if job is None or not job.active:
                self._attempts += 1
                self._jobs.pop(key, None)  # the order of the jobs is that of their last attempts
                job = self._jobs[key] = Job(
                    name=f"{key}-{self._attempts}",
                    key=key,
                    title=title,
                    work=work,
                    payload=payload,
                    priority=priority,
                    spec=spec,
                    form=form,
                    kind=kind or (work,),
                )
                self._forget()
                self._refuse_beyond_most(job, watcher)
                self._tell()
            if watcher is not None:
                job.watchers.add(watcher)
        return key

    def status(self, key: str) -> Status | None:
        """How a job stands, or None if there never was one."""
        with self._changed:
            job = self._jobs.get(key)
            return next(self._statuses([job]), None) if job is not None else None

    def active(self, browser: str = "") -> list[Status]:
        """Every job that waits or runs, oldest first; browser: those only for which it waits, under whatever name."""
        return self._all(lambda job: job.active and (not browser or bool(_names(job, browser))))

    def watched(self, watcher: str) -> list[Status]:
        """Every job, also one that is over, that this watcher asked for and has not left; oldest first."""
        return self._all(lambda job: watcher in job.watchers)

    def watchers(self) -> set[str]:
        """Everybody who waits for a job."""
        with self._changed:
            return {watcher for job in self._jobs.values() if job.active for watcher in job.watchers}

    def cancel(self, key: str) -> None:
        """Ask a job to stop; it looks between two batches. One that has not begun is withdrawn."""
        with self._changed:
            job = self._jobs.get(key)
            if job is None or not job.active:
                return
            job.cancelled = True
            if job.state == "waiting":
                end(job, "cancelled")
            else:
                self._lanes.stop(job)
            self._tell()

    def leave(self, key: str, watcher: str) -> None:
        """A watcher no longer waits; the job is cancelled when it was the last one."""
        with self._changed:
            job = self._jobs.get(key)
            if job is not None:
                job.watchers.discard(watcher)
                if not job.watchers:
                    self.cancel(key)

    def give_up(self, key: str, browser: str) -> bool:
        """A browser no longer waits, under whatever name it did; does the job go on, because others wait for it?"""
        with self._changed:
            job = self._jobs.get(key)
            if job is None or not job.active:
                return False
            others = job.watchers - _names(job, browser)
            if not others:  # it stays theirs, who read what became of it
                self.cancel(key)
                return False
            job.watchers = others
            return True

    def close(self) -> None:
        """Stop the workers; what waits or runs is left to the next server where there is a keeper."""
        with self._changed:
            if not self._closed and self._keeper and not any(job.active for job in self._jobs.values()):
                self._keeper.clear()
            self._closed = True
        self._lanes.close()

    def _all(self, wanted: Callable[[Job], bool]) -> list[Status]:
        with self._changed:
            return list(self._statuses(job for job in self._jobs.values() if wanted(job)))

    def _statuses(self, jobs: Iterable[Job]) -> Iterator[Status]:
        """With the lock: how these stand; the line is put in order once."""
        line: list[Job] | None = None
        for job in jobs:
            if job.state != "waiting":
                yield status_of(job)
                continue
            line = in_order(self._jobs.values()) if line is None else line
            before, running = line[: line.index(job) + 1], self._lanes.running(job.priority)
            yield status_of(job, len(before) - 1 + len(running), self._lanes.durations.of_all(running, before))

    def _refuse_beyond_most(self, job: Job, watcher: str | None) -> None:
        """One browser that asks for too much gets a job that has failed, in words."""
        browser, most = (watcher or "").partition("/")[0], self._most.get(job.priority)
        if browser in ("", RESTORED) or most is None:  # what an earlier server left was many browsers'
            return
        others = (one for one in self._jobs.values() if one.active and one.priority == job.priority)
        if sum(bool(_names(one, browser)) for one in others) >= most:
            words = Words(
                "{most} experiments of yours wait or run already; wait for them, or cancel some of them", most=most
            )
            end(job, "failed", words)

    def _restore(self, entry: dict[str, Any]) -> None:
        work = worker.KINDS.get(str(entry["work"]).rpartition(":")[2])
        if work is not None:
            about = {name: entry[name] for name in ("key", "payload", "title", "priority", "spec", "form")}
            for owner in list(map(str, entry.get(OWNERS, ())))[:MOST_OWNERS] or [RESTORED]:
                self.submit(work, **about, watcher=owner, kind=tuple(map(str, entry["kind"])))

    def _forget(self) -> None:
        """Let go of the oldest that are over, so that a server that runs for weeks does not grow."""
        over = [key for key, job in self._jobs.items() if not job.active]
        for key in over[: max(0, len(self._jobs) - MOST_REMEMBERED)]:
            del self._jobs[key]

    def _tell(self) -> None:
        """With the lock: something changed; write down what waits, and wake the lanes."""
        if self._keeper is not None and not self._closed:
            with suppress(OSError):  # a line that cannot be written is a line all the same
                self._keeper.keep(self._jobs.values())
        self._lanes.wake()


def _names(job: Job, browser: str) -> set[str]:
    """Those of its watchers that are this browser: its name, and its name with a part of it."""
    return {watcher for watcher in job.watchers if watcher.partition("/")[0] == browser}
