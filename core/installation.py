"""Who measured a figure: this installation, or another that the figure was recorded by.

An installation is known by a random id in the cache folder, which the first measurement writes. It is never shipped, so
on a fresh copy nothing counts as measured here, whatever its processor is called.
"""

import dataclasses
import functools
import os
import tempfile
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

from core.environment import Environment, here
from core.paths import cache_folder

FILE = "installation"
Place = Literal["here", "alike", "elsewhere"]
WORDS: dict[Place, str] = {
    "here": "measured here",
    "alike": "recorded on a machine of the same kind",
    "elsewhere": "recorded on another machine",
}


class Measured(Protocol):
    """What was measured somewhere at some time: a Quality, a Speed, the check of an export."""

    @property
    def environment(self) -> Environment: ...

    @property
    def measured_at(self) -> str: ...


def known() -> str:
    """This installation's id; "" while nothing was measured here."""
    path = cache_folder() / FILE
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return ""


@functools.lru_cache(maxsize=4)
def _read(path: Path, mtime_ns: int) -> str:
    return path.read_text(encoding="utf8").strip()


def measuring() -> Environment:
    """What a figure that is measured now carries: machine, versions and this installation, whose id is made if it is
    missing."""
    return dataclasses.replace(here(), installation=known() or _made())


def _made() -> str:
    """A new id in the cache, or the one that another process has written meanwhile: the first one stays."""
    path = cache_folder() / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=FILE, suffix=".tmp")
    with os.fdopen(handle, "w", encoding="utf8") as file:
        file.write(f"{uuid.uuid4().hex}\n")
    os.chmod(name, 0o644)
    try:
        os.link(name, path)  # unlike a renaming it never takes another's place
    except OSError:  # somebody was quicker, or the file system knows no links
        if not path.exists():
            os.replace(name, path)
    Path(name).unlink(missing_ok=True)
    return known()


def now() -> str:
    """The time of a measurement: ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def place(environment: Environment) -> Place:
    """Was it this installation on this machine, another one on a machine of the same name, or another machine?"""
    if environment.machine != here().machine:
        return "elsewhere"
    return "here" if environment.installation and environment.installation == known() else "alike"


def day(figure: Measured) -> str:
    """The day of its measurement, "2026-11-28" in UTC; "" where it is not known."""
    return figure.measured_at[:10]


def badge(figure: Measured) -> str:
    """Where and when it was measured: "measured here, 2026-11-28"."""
    return ", ".join(filter(None, (WORDS[place(figure.environment)], day(figure))))
