"""Two lanes of jobs, each with a thread and a worker process that is started when it is needed.

The quick one is for what somebody waits for at a slider; the long one for trainings, searches and exports stands still
while the quick one works, since two would ruin each other's times.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from core.control import Event
from core.errors import Words
from core.jobs.line import Durations, in_order
from core.jobs.outcome import Outcome
from core.jobs.process import Worker, WorkerDied
from core.jobs.status import Job, end, note, start

# priorities: a slider position goes before the times of one whose accuracy is known, and both before a training
QUICK, TIMES, LONG = 2, 1, 0
MOST_STARTS = 3  # of one job, after whose workers died each time
PAUSE_S = 3.0  # for a long job to come to the end of its batch
STUCK_S = 20.0  # after which a cancelled job that does not look is ended with its worker
DIED = Words(
    "the worker process died {count} times in this job; it may need more memory than the machine has: take a smaller "
    "model or shorter examples",
    count=MOST_STARTS,
)


class Lanes:
    """What does the jobs. changed: of the table of jobs; its lock is held where a method says so."""

    def __init__(
        self, changed: threading.Condition, jobs: Callable[[], Iterable[Job]], told: Callable[[], None]
    ) -> None:
        """jobs: all of them, in the order in which they were asked for. told: called with the lock after one ended."""
        self._changed, self._jobs, self._told = changed, jobs, told
        self._environment = dict(os.environ)
        self._running: dict[bool, Job] = {}  # is its lane the long one -> the job
        self._workers: dict[bool, Worker] = {}
        self._threads: list[threading.Thread] = []
        self._held, self._stands = False, threading.Event()
        self._closed = False
        self.durations = Durations()

    def wake(self) -> None:
        """With the lock: there may be something to do; the first time that there is, the threads begin."""
        if not self._threads and not self._closed and any(job.active for job in self._jobs()):
            self._threads = [threading.Thread(target=self._serve, args=[long], daemon=True) for long in (False, True)]
            for thread in self._threads:
                thread.start()
        self._changed.notify_all()

    def running(self, priority: int) -> list[tuple[Job, float]]:
        """With the lock: what has to end before a waiting job of this priority begins, and for how long it has run."""
        before = [job for long, job in self._running.items() if priority == LONG or not long]
        return [(job, time.monotonic() - (job.began or 0.0)) for job in before]

    def stop(self, job: Job) -> None:
        """With the lock: ask a running job to stop, and end its worker where it does not look."""
        for long, running in self._running.items():
            if running is job and long in self._workers:
                self._workers[long].cancel(job.name)
                stuck = threading.Timer(STUCK_S, self._end_stuck, [job, self._workers[long]])
                stuck.daemon = True
                stuck.start()

    def pids(self) -> list[int]:
        """The process ids of the workers."""
        with self._changed:
            return [one.pid for one in self._workers.values()]

    def close(self) -> None:
        """End the workers, and with them whatever runs."""
        with self._changed:
            self._closed = True
            workers = list(self._workers.values())
            self._workers.clear()
            self._changed.notify_all()
        for one in workers:
            one.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def _serve(self, long: bool) -> None:
        """A lane: one job after another, until it is closed."""
        while (job := self._next(long)) is not None:
            payload, later = job.payload, self._is_for_later(job)
            if later:
                payload = {**payload, "timing": None}
            outcome = self._do(job, long, payload)
            with self._changed:
                del self._running[long]
                if self._closed:
                    return
                if outcome.state == "done":
                    self.durations.add(job.kind, time.monotonic() - (job.began or 0.0), later)
                if later and outcome.state == "done" and not job.cancelled:
                    job.state, job.priority, job.event = "waiting", TIMES, Event("times")
                    job.kind = (*job.kind, "times")
                else:
                    end(job, outcome.state, outcome.why)
                self._told()
            if long:
                self._rest()

    def _next(self, long: bool) -> Job | None:
        """The next job of a lane, once it may begin; None when it is closed."""
        with self._changed:
            while not self._closed:
                line = in_order(self._jobs())
                quick = [job for job in line if job.priority > LONG]
                waiting = [job for job in line if job.priority == LONG] if long else quick
                if not long and not quick:
                    self._hold(False)
                if waiting and not (long and (quick or False in self._running)):
                    job = waiting[0]
                    job.state, job.began = "running", time.monotonic()
                    self._running[long] = job
                    if not long:
                        self._hold(True)
                    return job
                self._changed.wait()
        return None

    def _is_for_later(self, job: Job) -> bool:
        """Others wait for their accuracy: then this one's times have time."""
        if job.priority != QUICK or not job.payload.get("timing"):
            return False
        with self._changed:
            return any(other.state == "waiting" and other.priority == QUICK for other in self._jobs())

    def _do(self, job: Job, long: bool, payload: Any) -> Outcome:
        """Have a worker do a job, and another one where the first dies."""
        if not long and self._held:
            self._stands.wait(timeout=PAUSE_S)
        for _ in range(MOST_STARTS):
            try:
                one = self._worker(long)
                if job.cancelled:  # before there was a worker that could be told
                    return Outcome("cancelled")
                for said in one.do(job.name, job.work, payload):
                    if "over" in said:
                        return Outcome.from_json(said["over"])
                    self._hear(job, said)
            except WorkerDied:
                self._bury(long)
                if job.cancelled or self._closed:
                    return Outcome("cancelled")
            except OSError as error:
                why = Words(
                    "the worker could not be started: {kind}: {error}", kind=type(error).__name__, error=str(error)
                )
                return Outcome("failed", why)
        return Outcome("failed", DIED)

    def _worker(self, long: bool) -> Worker:
        with self._changed:
            if self._closed:
                raise WorkerDied
            if long not in self._workers:
                self._workers[long] = Worker(self._environment)
                if long and self._held:
                    self._workers[long].pause(True)
            return self._workers[long]

    def _bury(self, long: bool) -> None:
        with self._changed:
            one = self._workers.pop(long, None)
        if one is not None:
            one.close()

    def _hear(self, job: Job, said: dict[str, Any]) -> None:
        """Take what a worker says of a job."""
        with self._changed:
            if "paused" in said:
                if said["paused"]:
                    self._stands.set()
                    job.event = Event("paused", job.event.done, job.event.total)
                else:
                    self._stands.clear()
            elif said["event"] is None:
                start(job)
            else:
                note(job, Event(**said["event"]))

    def _hold(self, on: bool) -> None:
        """With the lock: let the long job stand still while a quick one runs, or go on."""
        running = True in self._running and True in self._workers
        if on != self._held:
            self._held = on
            self._stands.clear()
            if running:
                self._workers[True].pause(on)
        if on and not running:
            self._stands.set()

    def _rest(self) -> None:
        """Give back the memory of the long lane's worker where no other training waits."""
        with self._changed:
            waits = any(job.state == "waiting" and job.priority == LONG for job in self._jobs())
            one = None if waits else self._workers.pop(True, None)
        if one is not None:
            one.close()

    def _end_stuck(self, job: Job, its: Worker) -> None:
        with self._changed:
            runs = job.active and job in self._running.values()
        if runs:
            its.kill()
