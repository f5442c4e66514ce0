"""Long work outside the page's process: one dask worker that computes each experiment once.

The cluster (core/jobs/cluster.py) is started when the first job comes. One worker, one job at a time: on a small
machine two would ruin each other's timings. Payloads and answers are plain JSON values; results travel through
the store.
"""

import atexit
import dataclasses
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from core.budget import Budget
from core.control import Event, Timing
from core.errors import Words
from core.jobs import cluster, worker
from core.jobs.status import (
    Job,
    Status,
    end,
    export_key,
    find_key,
    job_key,
    lengths_key,
    note,
    start,
    state_of,
    track_key,
)
from core.jobs.worker import TOPIC
from core.pictures.picture import Picture
from core.pictures.picture import to_json as to_json_picture
from core.spec import Spec, Step, to_json
from core.tasks.task import Origin
from core.techniques import TECHNIQUES

Work = Callable[[str, dict[str, Any]], dict[str, Any]]  # of the worker: a job's name and what it needs -> Outcome
QUICK, LONG = 10, 0  # priorities: a slider position goes before a training that has not begun


class Jobs:
    """The executor of one server; shared by all its sessions, to be closed at the end.

    No call waits for the cluster: jobs are handed over by a thread of their own, which starts it when needed.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._attempts = 0
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="bonsai-jobs")
        self._process: subprocess.Popen[str] | None = None
        self._client: Any = None
        atexit.register(self.close)

    def run(self, spec: Spec, origin: Origin, timing: Timing | None, title: str = "", watcher: str = "") -> str:
        """Compute a Spec unless it is under way; returns the job's key. watcher: who waits for it, see `leave`."""
        trains = any(TECHNIQUES[step.technique].kind == "train" for step in spec.steps)
        payload = {
            "spec": to_json(spec),
            "origin": dataclasses.asdict(origin),
            "timing": dataclasses.asdict(timing) if timing else None,
        }
        priority = LONG if trains else QUICK
        return self.submit(worker.run_spec, job_key(spec, timing), payload, title, priority, watcher, spec.key)

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

    def train(self, spec: Spec, origin: Origin) -> str:
        """Do the steps of a Spec and save the model in trained_folder(spec), for --model and the pages."""
        payload = {"spec": to_json(spec), "origin": dataclasses.asdict(origin)}
        return self.submit(worker.train, f"train-{spec.key}", payload, "", LONG)

    def time_lengths(self, spec: Spec, origin: Origin) -> str:
        """Time a Spec at every batch and length of core.engine.lengths that this machine has not timed."""
        payload = {"spec": to_json(spec), "origin": dataclasses.asdict(origin)}
        return self.submit(worker.time_lengths, lengths_key(spec), payload, "", LONG)

    def track(self, dense: Spec, origin: Origin, method: str, layers: str) -> str:
        """Answer every example at every position of a method's slider, coarse to fine (core.engine.track)."""
        payload = {"spec": to_json(dense), "origin": dataclasses.asdict(origin), "method": method, "layers": layers}
        return self.submit(worker.track, track_key(dense, method, layers), payload, "", LONG)

    def find(self, dense: Spec, origin: Origin, budget: Budget, most: int, trains: bool) -> str:
        """Measure at most so many recipes for a budget (core.jobs.finding)."""
        payload = {"model": dense.model, "origin": dataclasses.asdict(origin), "budget": dataclasses.asdict(budget)}
        return self.submit(worker.find, find_key(dense), {**payload, "most": most, "trains": trains}, "", LONG)

    def export(self, spec: Spec, origin: Origin, form: str, title: str = "", watcher: str = "") -> str:
        """Write the model of a Spec in a format of core.engine.export, for core.jobs.exports to find; returns its key.

        The Spec's runtime is that of the format.
        """
        payload = {"spec": to_json(spec), "origin": dataclasses.asdict(origin), "form": form}
        return self.submit(worker.take_home, export_key(spec, form), payload, title, LONG, watcher, spec.key, form)

    def submit(
        self,
        function: Work,
        key: str,
        payload: dict[str, Any],
        title: str,
        priority: int,
        watcher: str | None = None,
        spec: str = "",
        form: str = "",
    ) -> str:
        """Queue function(name, payload) unless a job with this key is waiting or running; watcher: who waits for it.

        spec, form: see Status.
        """
        with self._lock:
            status = self.status(key)
            if status is None or not status.active:
                self._attempts += 1
                self._jobs.pop(key, None)  # the order of the jobs is that of their last attempts
                job = self._jobs[key] = Job(f"{key}-{self._attempts}", title, time.monotonic(), spec, form)
                self._sender.submit(self._send, job, function, payload, priority)
            if watcher is not None:
                self._jobs[key].watchers.add(watcher)
        return key

    def status(self, key: str) -> Status | None:
        """How a job stands, or None if there never was one."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                return None
            state, error = state_of(job)
            if state not in ("waiting", "running") and job.ended is None:
                end(job)  # a worker that died said nothing; no callback, which would outlive the interpreter
            seconds = (job.ended or time.monotonic()) - job.submitted
            curve, log, restarts = tuple(job.curve), tuple(job.log), max(0, job.starts - 1)
            return Status(key, job.title, state, job.event, restarts, error, seconds, curve, log, job.spec, job.form)

    def active(self) -> list[Status]:
        """Every job that waits or runs, oldest first."""
        return [status for status in self._all("") if status.active]

    def watched(self, watcher: str) -> list[Status]:
        """Every job, also one that is over, that this watcher asked for and has not left; oldest first."""
        return self._all(watcher)

    def _all(self, watcher: str) -> list[Status]:
        with self._lock:
            keys = [key for key, job in self._jobs.items() if not watcher or watcher in job.watchers]
            return [status for key in keys if (status := self.status(key)) is not None]

    def cancel(self, key: str) -> None:
        """Ask a job to stop; it looks between two batches. One that has not begun is withdrawn."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None:
                job.cancelled = True
                self._sender.submit(self._withdraw, job)

    def leave(self, key: str, watcher: str) -> None:
        """A watcher no longer waits; the job is cancelled when it was the last one."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None:
                job.watchers.discard(watcher)
                if not job.watchers:
                    self.cancel(key)

    def close(self) -> None:
        """Stop the worker and the scheduler."""
        with self._lock:
            client, process, self._client, self._process = self._client, self._process, None, None
            self._jobs.clear()
        self._sender.shutdown(wait=False, cancel_futures=True)
        if client is not None:
            client.close(timeout=2)
        if process is not None:
            cluster.stop(process)

    def _connect(self) -> Any:
        if self._client is None:
            import distributed

            self._process, address = cluster.start_local(1)
            self._client = distributed.Client(address, set_as_default=False)
            self._client.subscribe_topic(TOPIC, self._on_message)
        return self._client

    def _send(
        self,
        job: Job,
        function: Work,
        payload: dict[str, Any],
        priority: int,
    ) -> None:
        """Hand a job over; runs in the sender's thread. What goes wrong here is the job's failure."""
        import distributed

        if job.cancelled:
            return
        try:
            client = self._connect()
            job.flag = distributed.Event(job.name, client=client)
            job.future = client.submit(function, job.name, payload, key=job.name, pure=False, priority=priority)
        except Exception as error:  # whatever kept the cluster from starting must reach the page
            job.error = Words(
                "the worker could not be started: {kind}: {error}", kind=type(error).__name__, error=str(error)
            )
            end(job)

    def _withdraw(self, job: Job) -> None:
        if job.flag is not None:
            job.flag.set()
        if job.future is None:
            end(job)
        if job.future is not None and job.starts == 0:
            self._client.cancel([job.future])

    def _on_message(self, message: tuple[float, dict[str, Any]]) -> None:
        """Called in the client's thread for whatever the worker logs."""
        values = message[1]
        job = self._jobs.get(values["name"].rpartition("-")[0])
        if job is None or job.name != values["name"]:
            return
        if values.get("over"):
            end(job)
        elif values["event"] is None:
            start(job)
        else:
            note(job, Event(**values["event"]))
