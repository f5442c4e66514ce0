"""How much the cache holds, and how it is kept from filling the disk: what was used longest ago goes first.

Results, tracks and uploads are never taken away: they cannot be had again as they are. Everything else can be computed
again from them.
"""

import os
import shutil
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core import paths

# what can be computed again, by its folder in the cache; each entry there is one thing
KINDS = ("weights", "scores", "checkpoints", "built", "exports", "pictures", "features")
USUAL_GB = 20.0
RUNNING_S = 600.0  # what was written or read since then may be of a job that runs
LEFT_S = 3600.0  # a half-written file that old belongs to nobody any more
HALVES = (".tmp", ".half")


@dataclass(frozen=True)
class Thing:
    """A file or folder of the cache that can be computed again."""

    kind: str
    path: Path
    bytes: int
    used: float  # seconds since the epoch when it was read or written last


def limit_bytes() -> float:
    """BONSAI_CACHE_GB, in bytes."""
    try:
        return 1e9 * float(os.environ.get("BONSAI_CACHE_GB", USUAL_GB))
    except ValueError:
        return 1e9 * USUAL_GB


def things() -> list[Thing]:
    """All of them, those that were used longest ago first."""
    found = []
    for kind in KINDS:
        folder = paths.CACHE / kind
        for path in folder.iterdir() if folder.is_dir() else ():
            if not path.name.endswith(HALVES):
                found.append(_thing(kind, path))
    return sorted(found, key=lambda thing: thing.used)


def used(found: list[Thing]) -> dict[str, int]:
    """Bytes of each kind that has any."""
    total: dict[str, int] = {}
    for thing in found:
        total[thing.kind] = total.get(thing.kind, 0) + thing.bytes
    return total


def make_room(limit: float | None = None) -> int:
    """Take away what was used longest ago until all together are within the limit; returns the bytes that are free now.

    limit: bytes; None is `limit_bytes`. What may be of a job that runs stays.
    """
    found, freed = things(), 0
    over = sum(thing.bytes for thing in found) - (limit_bytes() if limit is None else limit)
    for thing in found:
        if freed >= over or time.time() - thing.used < RUNNING_S:
            break
        _remove(thing.path)
        freed += thing.bytes
    return freed


def clear_leftovers() -> int:
    """Take away what was half written by processes that died; returns how many."""
    count = 0
    for path in paths.CACHE.rglob("*") if paths.CACHE.is_dir() else ():
        if path.name.endswith(HALVES) and paths.SHIPPED not in path.parents:
            with suppress(OSError):  # gone meanwhile
                if time.time() - path.stat().st_mtime > LEFT_S:
                    _remove(path)
                    count += 1
    return count


def _thing(kind: str, path: Path) -> Thing:
    found = []
    for file in (path, *path.rglob("*")) if path.is_dir() else (path,):
        with suppress(OSError):  # gone meanwhile
            about = file.stat()
            if stat.S_ISREG(about.st_mode):  # looking into a folder counts as a use of it
                found.append(about)
    used_last = max((max(one.st_atime, one.st_mtime) for one in found), default=0.0)
    return Thing(kind, path, sum(one.st_size for one in found), used_last)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
