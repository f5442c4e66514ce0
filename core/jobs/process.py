"""A worker process, one job at a time: JSON lines over its own standard input and output, and nothing that listens.

The page's process holds a `Worker`; `python -m core.jobs.process` is the other side, which ends when its input closes,
so also when the server is killed. Jobs look between two batches whether they are to stop or to wait.
"""

import dataclasses
import errno
import importlib
import json
import os
import queue
import resource
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import IO, Any

import psutil

from core import paths
from core.control import Control
from core.errors import Cancelled, UserError, Words
from core.jobs.outcome import Outcome

MEMORY = 0.75  # of the machine's memory, beyond which a job is refused more instead of the machine failing
POLL_S = 0.2
FULL = "the disk is full; make room and ask again: what was measured before is kept"
CLOSED = "the cache cannot be written to; set BONSAI_CACHE to a folder that can"
UNWRITABLE = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EROFS: CLOSED, errno.EACCES: CLOSED}
MALLOC = "MALLOC_TRIM_THRESHOLD_"  # set by a parent it would have the pages of each activation mapped anew


def started(module: str, *arguments: str, environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    """`python -m module` with pipes to it; such a process ends when its input closes.

    The folder of the product goes on the path instead of being the working folder, so that relative folders of the
    user's mean the same there as here.
    """
    command, pipe = [sys.executable, "-m", module, *arguments], subprocess.PIPE
    inherited = {**environment, "PYTHONPATH": str(paths.ROOT)}
    return subprocess.Popen(command, env=inherited, stdin=pipe, stdout=pipe, text=True)


class WorkerDied(Exception):
    """The process ended in mid-job."""


class Worker:
    """The page's side of a process that is started at once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        inherited = {name: value for name, value in environment.items() if name != MALLOC}
        self._process = started("core.jobs.process", environment=inherited)
        self._writing = threading.Lock()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def do(self, name: str, work: str, payload: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Hand a job over and yield what the worker says of it, {"event": …}, {"paused": bool}, and last {"over": …}.

        work: "module:function" of (payload, control) -> Outcome. Raises WorkerDied.
        """
        self._say({"name": name, "work": work, "payload": payload})
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if said["name"] == name:
                yield said
                if "over" in said:
                    return
        raise WorkerDied

    def cancel(self, name: str) -> None:
        """Ask a job to stop; it looks between two batches."""
        self._say({"cancel": name})

    def pause(self, on: bool) -> None:
        """Let whatever runs wait between two batches, or go on."""
        self._say({"pause": on})

    def kill(self) -> None:
        """End it in mid-job."""
        self._process.kill()

    def close(self) -> None:
        """End it."""
        if self._process.stdin is not None:
            with suppress(OSError):  # it has ended already
                self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _say(self, values: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        with self._writing:
            with suppress(OSError, ValueError):  # it died, which whoever reads its words notices
                self._process.stdin.write(json.dumps(values) + "\n")
                self._process.stdin.flush()


class _Inbox:
    """The worker's side: what was asked of it, read by a thread, so that a running job can be told to stop."""

    def __init__(self, asked: IO[str]) -> None:
        self.jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.cancelled: set[str] = set()
        self.go_on = threading.Event()
        self.go_on.set()
        threading.Thread(target=self._read, args=[asked], daemon=True).start()

    def _read(self, asked: IO[str]) -> None:
        for line in asked:
            values = json.loads(line)
            if "cancel" in values:
                self.cancelled.add(values["cancel"])
            elif "pause" in values:
                (self.go_on.clear if values["pause"] else self.go_on.set)()
            else:
                self.jobs.put(values)
        os._exit(0)  # nobody is there any more: neither to hear the end of a training nor to ask for another


def main() -> None:
    """Do what is asked on standard input, until it closes."""
    out = os.fdopen(os.dup(1), "w", encoding="utf8", buffering=1)
    os.dup2(2, 1)  # whatever a library prints goes to the log, not between the lines
    inbox = _Inbox(os.fdopen(os.dup(0), encoding="utf8"))
    limit = int(MEMORY * psutil.virtual_memory().total)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    from core.engine.latency import use_all_cores

    while True:
        asked = inbox.jobs.get()
        use_all_cores()
        outcome = _do(asked, inbox, out, limit)
        _say(out, asked["name"], over=outcome.to_json())
        inbox.cancelled.discard(asked["name"])


def _do(asked: Mapping[str, Any], inbox: _Inbox, out: IO[str], limit: int) -> Outcome:
    """Do one job; what a user did or can mend comes back as words, a bug by its name, with its trace in the log."""
    try:
        module, _, function = asked["work"].partition(":")
        work = getattr(importlib.import_module(module), function)
        _say(out, asked["name"], event=None)
        return work(asked["payload"], _control(asked["name"], inbox, out))  # type: ignore[no-any-return]
    except Cancelled:
        return Outcome("cancelled")
    except UserError as error:
        return Outcome("failed", error.words)
    except Exception as error:
        traceback.print_exc()
        if isinstance(error, OSError) and error.errno in UNWRITABLE:
            return Outcome("failed", Words(UNWRITABLE[error.errno]))
        if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
            return Outcome("failed", _too_large(limit))
        return Outcome("failed", Words("{kind}: {error}", kind=type(error).__name__, error=str(error)))


def _too_large(limit: int) -> Words:
    return Words(
        "this needs more than the {limit_gb:.1f} GB of memory that a job may take on this machine; take a smaller "
        "model or shorter examples",
        limit_gb=limit / 1e9,
    )


def _control(name: str, inbox: _Inbox, out: IO[str]) -> Control:
    """How a job reports to the pages, and notices that it is to stop or to wait."""

    def cancelled() -> bool:
        if not inbox.go_on.is_set():
            _say(out, name, paused=True)
            while name not in inbox.cancelled and not inbox.go_on.wait(timeout=POLL_S):
                continue
            _say(out, name, paused=False)
        return name in inbox.cancelled

    return Control(lambda event: _say(out, name, event=dataclasses.asdict(event)), cancelled)


def _say(out: IO[str], name: str, **values: Any) -> None:
    out.write(json.dumps({"name": name, **values}) + "\n")


if __name__ == "__main__":
    main()
