"""Finished exports that the pages offer: where they lie in the cache, read back from their manifest, how many stay.

Some come with the code, as zips; they are put on the shelf when they are first asked for.
"""

import contextlib
import functools
import json
import logging
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from core import foreign, paths
from core.engine.check import Check
from core.engine.export import Exported
from core.engine.manifest import MANIFEST
from core.engine.store import parse_spec
from core.environment import Environment
from core.runtimes import formats
from core.runtimes.phone import Band
from core.spec import Spec
from core.techniques import precision_of

BYTES = 1_000_000_000  # of all exports together
READY = paths.ASSETS / "ready"  # the zips of those that come with the code
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
    if (found := _on_shelf(key, form)) is not None:
        return found
    for archive in READY.glob(f"*-{form}-{key[:8]}.zip"):
        _unpack(archive)
    return _on_shelf(key, form)


def ready(dense: Spec) -> list[tuple[Spec, str]]:
    """What comes with the code of a dense model: the Spec and the format of each."""
    return [one for one in _manifests(READY) if one[0].dense == dense]


@functools.cache
def _manifests(place: Path) -> tuple[tuple[Spec, str], ...]:
    found = []
    for archive in sorted(place.glob("*.zip")):
        with zipfile.ZipFile(archive) as file:
            values = json.loads(file.read(f"{archive.stem}/{MANIFEST}"))
        found.append((parse_spec(values["recipe"]), values["format"]))
    return tuple(found)


def _unpack(archive: Path) -> None:
    """Put an export that comes with the code on the shelf, whole or not at all."""
    place = _shelf() / archive.stem
    try:
        _shelf().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_shelf(), prefix=f"{archive.stem}.half") as half:
            shutil.unpack_archive(archive, half)
            shutil.copyfile(archive, Path(half, archive.name))
            Path(half, archive.name).replace(_archive(place))
            with contextlib.suppress(OSError):  # another session was first
                Path(half, archive.stem).rename(place)
    except OSError as error:
        LOG.warning("%s could not be unpacked (%s)", archive.name, error)


def _on_shelf(key: str, form: str) -> Download | None:
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
    values = foreign.parse((place / MANIFEST).read_text(encoding="utf8"))
    spec = parse_spec(values["recipe"])
    check = Check.from_json(values["check"], precision_of(spec.steps).mode == "fp32")
    archive = _archive(place)
    exported = Exported(place, archive, values["files"][formats()[form].file]["bytes"], archive.stat().st_size, check)
    phone, environment = Band(**values["phone_estimate_ms"]), Environment(**values["environment"])
    return Download(spec, form, exported, phone, environment, values.get("measured_at", ""))
