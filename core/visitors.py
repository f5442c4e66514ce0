"""What whoever uses a server may name.

Alone in front of the machine: everything. With BONSAI_PUBLIC=1, where others reach it (docs/serving.md): no path but
what lies in one folder, BONSAI_FOLDER, or was made here, and no model of the hub but those of BONSAI_MODELS.
"""

import ipaddress
import os
from pathlib import Path

from core import paths
from core.errors import DataError

PUBLIC = os.environ.get("BONSAI_PUBLIC", "") not in ("", "0")
MOST_TABLES = 20  # that one visitor's browser uploads while a server runs


def place(text: str) -> Path | None:
    """The path that a text names, without links in it; None where no path has such a name, and, of a path that may not
    be named, whether there is anything or not."""
    try:
        path = Path(text).expanduser().resolve() if text else None
        if path is not None:
            path.exists()  # a name that is too long is found here
    except (OSError, RuntimeError, ValueError):
        return None
    return path if path is not None and (not PUBLIC or any(map(path.is_relative_to, _open()))) else None


def may_fetch(model: str) -> bool:
    """May a model of the hub be asked for?"""
    return not PUBLIC or model in os.environ.get("BONSAI_MODELS", "").split(",")


def without_folders(name: str) -> str:
    """A model or table as others may read it who need not know this machine's folders; a hub id or relative path stays
    as it is."""
    return Path(name).name if Path(name).is_absolute() else name


def told(name: str) -> str:
    """A model or table as whoever uses this server may read it."""
    return without_folders(name) if PUBLIC else name


def check_tables(kept: int) -> None:
    """Raise DataError where a visitor who has uploaded so many tables may not upload another."""
    if PUBLIC and kept >= MOST_TABLES:
        raise DataError("this server takes {most} tables of each visitor; use one of those", most=MOST_TABLES)


def _open() -> list[Path]:
    """The folders that may be named: the one that is meant to be, and what pages write for their users."""
    named = filter(None, (os.environ.get("BONSAI_FOLDER"), os.environ.get("BONSAI_DATA")))
    made = (paths.CACHE / "uploads", paths.CACHE / "models", paths.ASSETS)
    return [folder.resolve() for folder in (*map(Path, named), *made)]


def is_loopback(host: str) -> bool:
    """Does this name or number mean the machine itself, so that no other one reaches it?"""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
