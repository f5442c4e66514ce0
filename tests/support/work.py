"""Jobs of tests, which a worker process can import."""

import os
import time
from pathlib import Path

import torch

from core.errors import Cancelled
from core.jobs.outcome import Outcome


def write_line(payload, control):
    """Leave a line for each time that it is called."""
    with Path(payload["file"]).open("a") as file:
        file.write(f"{payload.get('line', 'line')}\n")
    wait(payload.get("seconds", 0), control)
    return Outcome("done")


def fail(payload, control):
    """A bug."""
    raise KeyError(payload["word"])


def allocate(payload, control):
    """Take so much memory."""
    bytearray(payload["bytes"])
    return Outcome("done")


def ignore(payload, control):
    """Work that does not look whether it is to stop."""
    time.sleep(payload["seconds"])
    return Outcome("done")


def wait(seconds, control):
    """Let time pass that counts only while the job is not held up."""
    left = seconds
    while left > 0:
        began = time.monotonic()
        time.sleep(0.02)
        left -= time.monotonic() - began
        if control.cancelled():
            raise Cancelled


def allocate_tensor(payload, control):
    """Take so much memory the way that a model does."""
    torch.ones(payload["bytes"] // 4)
    return Outcome("done")


def chatter(payload, control):
    """Print to standard output, as libraries do, in Python and below it."""
    print('{"name": "b-1", "over": null}', flush=True)
    os.write(1, b"no JSON\n")
    return Outcome("done")


def die(payload, control):
    """Take the worker along."""
    os._exit(1)
