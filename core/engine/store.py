"""Results as JSON files, one each: shipped ones in cache/recorded, this machine's own in cache/results.

A file is written under a temporary name and renamed. A torn or foreign file is set aside and reported, so
that the result is computed again: never a crash, never a wrong number.
"""

import contextlib
import functools
import glob
import json
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError

from core import foreign, paths, plausible
from core import result as results
from core import spec as specs
from core.errors import ModelError
from core.models import find, save
from core.models.load import load
from core.pruning.removal import Kept
from core.result import Result
from core.spec import Spec
from core.techniques import step_from_json
from core.techniques.technique import State, Tensors

MASKS, FACTS = "masks.safetensors", "facts.json"  # beside a stored model
KEPT, TRAINING = "kept", "training_s"  # what else of a State is in its facts.json
BUILT_BYTES = 2_000_000_000
HALF, ABANDONED_S, PATIENCE = ".half", 86_400, 100  # of folders that are being written: name, age, tries
SUFFIX = ".json"
KEY = re.compile(r"[0-9A-Za-z_-]{1,64}")
LOG = logging.getLogger("bonsai.store")


@dataclass(frozen=True)
class Store:
    """A folder to write to and folders that are only read; the first that knows a key wins, and speeds of all count."""

    folder: Path
    recorded: tuple[Path, ...] = ()

    def read(self, key: str) -> Result | None:
        """The result of that key, or None; a file that is not that result is set aside."""
        if not KEY.fullmatch(key):  # it may come from a link, and is part of a path
            return None
        found = None
        for folder in (self.folder, *self.recorded):
            path = folder / f"{key}.json"
            other = self._parse(path) if path.is_file() else None
            found = found.with_speeds_of(other) if found and other else found or other
        return found

    def keys(self) -> set[str]:
        """The keys of all files; whether each is a result says `read`. One look at each folder: to ask for many."""
        found: set[str] = set()
        for folder in (self.folder, *self.recorded):
            with contextlib.suppress(OSError):
                found |= {name[: -len(SUFFIX)] for name in os.listdir(folder) if name.endswith(SUFFIX)}
        return found

    def stamp(self) -> tuple[tuple[str, int], ...]:
        """Another one as soon as a result is written or goes: for what is made of many results."""
        found = []
        for folder in (self.folder, *self.recorded):
            with contextlib.suppress(OSError):
                found.append((str(folder), folder.stat().st_mtime_ns))
        return tuple(found)

    def all(self) -> list[Result]:
        """Every readable result, each key once, in the order of the keys."""
        return [found for key in sorted(self.keys()) if (found := self.read(key)) is not None]

    def set_aside(self) -> list[str]:
        """Names of the files that could not be used, for the page to report."""
        return sorted(path.name for folder in (self.folder, *self.recorded) for path in folder.glob("*.bad"))

    def write(self, result: Result) -> Path:
        """Keep a result; readers see the old file or the new one, never half of it."""
        text = json.dumps({"schema": specs.SCHEMA, **results.to_json(result)}, separators=(",", ":")) + "\n"
        path = self.folder / f"{result.key}.json"
        write_atomically(path, text.encode())
        self._failure(result.key).unlink(missing_ok=True)
        return path

    def write_failure(self, key: str, values: dict[str, Any]) -> None:
        """Keep why a Spec could not be computed; when it is asked for again it is tried again."""
        write_atomically(self._failure(key), json.dumps(values, indent=2).encode())

    def _failure(self, key: str) -> Path:
        return self.folder.parent / "failures" / f"{key}.json"

    def save_state(self, key: str, state: State) -> None:
        """Keep a trained model, its tokenizer and its masks, so that later steps and --save need no second training."""
        masks = {name: mask.contiguous() for name, mask in state.masks.items()}
        units = state.kept and [state.kept.heads, state.kept.neurons]
        told = {**state.facts, KEPT: units, TRAINING: state.training_s}
        with half_folder(self._state(key)) as half:
            save.save(state.model, state.tokenizer, half)
            (half / MASKS).write_bytes(safetensors.torch.save(masks))
            (half / FACTS).write_text(json.dumps(told), encoding="utf8")

    def has_state(self, key: str) -> bool:
        """Is there a model that was trained under that key?"""
        return self._state(key).is_dir()

    def checkpoint(self, key: str) -> Path:
        """Where the training of that key may keep what it has done so far."""
        return self.folder.parent / "checkpoints" / f"{key}.safetensors"

    def load_state(self, key: str) -> State | None:
        """The stored model of that key; None when there is none, or none that can be used."""
        folder = self._state(key)
        if not folder.is_dir():
            return None
        try:
            loaded = load(find.resolve(str(folder)))
            masks = safetensors.torch.load_file(folder / MASKS)
            facts = foreign.parse((folder / FACTS).read_text(encoding="utf8"))
        except (ModelError, SafetensorError, ValueError, OSError) as error:
            self._set_aside(folder, str(error).splitlines()[0])
            return None
        units, seconds = facts.pop(KEPT, None), facts.pop(TRAINING, 0.0)
        kept = units and Kept(*(tuple(map(tuple, one)) for one in units))
        return State(loaded.model, masks, loaded.tokenizer, facts, kept=kept, training_s=seconds)

    def recall(self, key: str, name: str) -> Tensors | None:
        """The tensors called `name` for the model of that key, if they were recorded or are known here.

        What was recorded comes first, so that what it decides is decided alike on every machine.
        """
        for folder in (*self.recorded, self.folder, self.folder.parent):
            path = folder / "scores" / f"{key}-{name}.safetensors"
            if path.is_file():
                try:
                    return dict(_tensors(path, path.stat().st_mtime_ns))
                except (SafetensorError, OSError) as error:
                    self._set_aside(path, str(error).splitlines()[0])
        return None

    def remember(self, key: str, name: str, compute: Callable[[], Tensors]) -> Tensors:
        """The tensors called `name` for the model of that key: from cache/scores, or computed and kept there."""
        known = self.recall(key, name)
        if known is not None:
            return known
        tensors = compute()
        path = self.folder.parent / "scores" / f"{key}-{name}.safetensors"
        write_atomically(path, safetensors.torch.save({n: tensor.contiguous() for n, tensor in tensors.items()}))
        return tensors

    def record(self, key: str, name: str) -> None:
        """Keep remembered tensors beside this store's results, where they are shipped with them."""
        tensors = self.recall(key, name)
        if tensors is not None:
            path = self.folder / "scores" / f"{key}-{name}.safetensors"
            write_atomically(path, safetensors.torch.save(tensors))

    def built(self, key: str, name: str, build: Callable[[Path], None]) -> Path:
        """The file of that Spec in its runtime, built at most once; a file appears only when it is whole.

        The oldest files make room when all of them together exceed BUILT_BYTES.
        """
        path = self.folder.parent / "built" / key / name
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=path.parent) as half:
                build(Path(half) / name)
                (Path(half) / name).replace(path)
            _make_room(path)
        return path

    def _state(self, key: str) -> Path:
        return self.folder.parent / "weights" / key

    def _parse(self, path: Path) -> Result | None:
        try:
            stamp = path.stat()
            result = _read(path, stamp.st_mtime_ns, stamp.st_size)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
            self._set_aside(path, f"{type(error).__name__}: {error}")
            return None
        return result

    def _set_aside(self, path: Path, why: str) -> None:
        """Rename what cannot be read; a read-only folder keeps it, and it is skipped each time."""
        LOG.warning("%s cannot be used (%s); it is set aside and computed again", path.name, why)
        try:
            path.replace(path.with_name(f"{path.name}.bad"))
        except OSError:
            LOG.warning("%s could not be renamed", path.name)


@functools.lru_cache(maxsize=2048)  # more than are shipped: else every page would read them all anew
def _read(path: Path, mtime_ns: int, size: int) -> Result:
    """The result in a file as it was at that time: a page reads dozens of them for each position of the slider."""
    values = foreign.parse(path.read_text(encoding="utf8"))
    if values["schema"] != specs.SCHEMA:
        raise ValueError(f"schema {values['schema']}, not {specs.SCHEMA}")
    result = results.from_json(values, parse_spec(values["spec"]))
    if not result.key == values["key"] == path.stem:
        raise ValueError(f"it belongs to {result.key}")
    plausible.require(result)
    return result


@functools.lru_cache(maxsize=4)
def _tensors(path: Path, mtime_ns: int) -> Tensors:
    return safetensors.torch.load_file(path)


def _make_room(newest: Path) -> None:
    """Delete the oldest built files while all together are more than BUILT_BYTES; the newest stays."""
    found = []
    for path in newest.parent.parent.glob("*/*"):
        with contextlib.suppress(FileNotFoundError):  # another worker makes room too
            found.append((path.stat(), path))
    total = 0
    for stamp, path in sorted(found, key=lambda pair: pair[0].st_mtime_ns, reverse=True):
        total += stamp.st_size
        if total > BUILT_BYTES and path != newest:
            path.unlink(missing_ok=True)


def default_store() -> Store:
    """Writes to the cache's results, and reads what is recorded there and what is shipped, wherever the cache lies."""
    return Store(paths.CACHE / "results", tuple(dict.fromkeys((paths.CACHE / "recorded", paths.SHIPPED))))


def recording_store() -> Store:
    """cache/recorded itself: for the experiments whose results are shipped."""
    return Store(paths.CACHE / "recorded")


def parse_spec(values: dict[str, Any]) -> Spec:
    """A Spec from its JSON form. Raises ValueError, KeyError, TypeError."""
    seed = values.get("seed", 0)
    if not isinstance(seed, int) or not 0 <= seed <= specs.LARGEST_SEED:
        raise ValueError(f"the seed {seed} is not from 0 to {specs.LARGEST_SEED}")
    return Spec(**{**values, "steps": tuple(step_from_json(step) for step in values["steps"])})


@contextlib.contextmanager
def half_folder(folder: Path) -> Iterator[Path]:
    """A new folder, which takes the place of `folder` once it is whole: nobody sees half of it, and of two processes
    that make the same one each has its own, and the last one stays. What dead processes left is taken away."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(f"{glob.escape(folder.name)}*{HALF}"):
        with contextlib.suppress(OSError):  # another process may take it away, too
            if time.time() - left.stat().st_mtime > ABANDONED_S:
                shutil.rmtree(left)
    half = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{folder.name}.", suffix=HALF))
    try:
        half.chmod(0o755)
        yield half
        for _ in range(PATIENCE):  # another process may put its own there between these two lines
            shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                half.rename(folder)
                return
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file under a temporary name in its folder, then rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
