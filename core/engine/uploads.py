"""Tables that were uploaded: each in a folder of its content's name, which a worker reads and a link names."""

import functools
import hashlib
import re
from pathlib import Path

from core import paths, visitors
from core.engine.store import write_atomically
from core.errors import DataError
from core.tasks.custom import SUFFIXES

UNSAFE, MOST_LETTERS = re.compile(r"[^\w-]+"), 40
HASH = re.compile(r"[0-9a-f]{16}")
MOST_ROWS, MOST_BYTES = 100_000, 40_000_000


def keep(name: str, content: bytes, kept: set[str] | None = None) -> Path:
    """Write an uploaded table whole, unless it is there; of its own name the letters stay, by which people know it.

    kept: the hashes of what this visitor uploaded so far, to which this one is added. Raises DataError for more than a
    page can take on while others wait, or than a visitor may upload, and where it cannot be written.
    """
    of, kept = _hash_of(content), set() if kept is None else kept
    if of not in kept:
        visitors.check_tables(len(kept))
    path = find(of) or _write(name, content, of)
    kept.add(of)
    return path


def _write(name: str, content: bytes, of: str) -> Path:
    rows = content.count(b"\n")
    if len(content) > MOST_BYTES or rows > MOST_ROWS:
        raise DataError(
            "'{name}' has {rows} lines in {size_mb:.0f} MB; a page takes {most} lines in {most_mb} MB: take a part of "
            "it, or python -m core run --task {name}",
            name=name,
            rows=rows,
            size_mb=len(content) / 1e6,
            most=MOST_ROWS,
            most_mb=MOST_BYTES // 1_000_000,
        )
    stem = UNSAFE.sub("-", Path(name).stem)[:MOST_LETTERS].strip("-") or "own"
    path = paths.CACHE / "uploads" / of / f"{stem}{Path(name).suffix.lower()}"
    try:
        write_atomically(path, content)
    except OSError as error:
        raise DataError("'{name}' cannot be kept here ({why})", name=name, why=error.strerror) from error
    return path


def find(known: str) -> Path | None:
    """The table that was uploaded under this hash, where it is still what was uploaded."""
    folder = paths.CACHE / "uploads" / known
    if not HASH.fullmatch(known) or not folder.is_dir():
        return None
    whole = (path for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES and _is_whole(path))
    return next(whole, None)


def _is_whole(path: Path) -> bool:
    about = path.stat()
    return _hash(path, about.st_mtime_ns, about.st_size) == path.parent.name


@functools.lru_cache(maxsize=64)
def _hash(path: Path, mtime_ns: int, size: int) -> str:
    return _hash_of(path.read_bytes())


def _hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
