"""Finished exports that the pages offer: where they lie in the cache, read back from their manifest, how many stay."""

import json
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

from core import paths
from core.engine.check import Check
from core.engine.export import MANIFEST, Exported
from core.engine.store import parse_spec
from core.environment import Environment
from core.runtimes import formats
from core.runtimes.phone import Band
from core.spec import Spec
from core.techniques import precision_of

BYTES = 1_000_000_000  # of all exports together
LOG = logging.getLogger("bonsai.downloads")


@dataclass(frozen=True)
class Download:
    """A finished export: what it was made from, where it lies, what its check said, and a phone's estimated time.

    environment, measured_at: where and when the check was run.
    """

    spec: Spec
    form: str
    exported: Exported
    phone: Band
    environment: Environment
    measured_at: str


def folder(spec: Spec, form: str) -> Path:
    """Where the export of a Spec in a format lies; its zip lies beside it."""
    return _shelf() / f"{Path(spec.model).name}-{spec.task}-{form}-{spec.key[:8]}"


def find(key: str, form: str) -> Download | None:
    """The whole export of the Spec with that key in a format, or None; form is a key of core.runtimes.formats()."""
    for place in sorted(_shelf().glob(f"*-{form}-{key[:8]}")):
        try:
            found = _read(place, form)
        except (OSError, ValueError, KeyError, TypeError) as error:
            LOG.warning("%s cannot be used (%s: %s) and is written again", place.name, type(error).__name__, error)
            continue
        if found.spec.key == key:
            return found
    return None


def cleared(spec: Spec, form: str) -> Path:
    """The folder of that export, with what is left there of a broken one taken away."""
    place = folder(spec, form)
    _remove(place)
    return place


def make_room(newest: Path) -> None:
    """Delete the oldest exports while all together are more than BYTES; the newest stays, halves of others go."""
    for path in newest.parent.iterdir():
        alone = path.suffix == ".zip" and not path.with_suffix("").is_dir()
        if ".half" in path.name or alone:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    places = [path for path in newest.parent.iterdir() if path.is_dir()]
    total = 0
    for place in sorted(places, key=lambda path: path.stat().st_mtime_ns, reverse=True):
        total += sum(path.stat().st_size for path in (*place.rglob("*"), _archive(place)) if path.is_file())
        if total > BYTES and place != newest:
            _remove(place)


def _shelf() -> Path:
    return paths.CACHE / "exports"


def _archive(place: Path) -> Path:
    return place.with_name(f"{place.name}.zip")


def _remove(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    _archive(place).unlink(missing_ok=True)


def _read(place: Path, form: str) -> Download:
    values = json.loads((place / MANIFEST).read_text(encoding="utf8"))
    spec = parse_spec(values["recipe"])
    check = Check.from_json(values["check"], precision_of(spec.steps).mode == "fp32")
    archive = _archive(place)
    exported = Exported(place, archive, values["files"][formats()[form].file]["bytes"], archive.stat().st_size, check)
    phone, environment = Band(**values["phone_estimate_ms"]), Environment(**values["environment"])
    return Download(spec, form, exported, phone, environment, values.get("measured_at", ""))
