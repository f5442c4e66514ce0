"""SST-2 (Socher et al. 2013) as GLUE has it: from a folder, or from the hub."""

import functools
import os
from pathlib import Path

from core.errors import DataError
from core.spec import SHORT
from core.tasks.classification import SENTIMENT, classification, without_examples
from core.tasks.hub import copy_here, folder_of, splits
from core.tasks.tables import Row, Table, read_table
from core.tasks.task import Origin, Task, TaskEntry

SST2_HUB = "stanfordnlp/sst2"
FILES = ("train.tsv", "dev.tsv")
# content hash of the official 67,349 + 872 examples: recorded results are found without the data
SST2_DATA = "af0405726e05a9b4"


def read(origin: Origin) -> Task:
    """The official examples: of the origin's folder, of BONSAI_DATA, or of the hub. Raises DataError."""
    shared = os.environ.get("BONSAI_DATA", "")
    # where neither has them, the folder that was named is what to speak of
    folder = folder_of(origin, _inside) or (Path(shared) if shared and not copy_here(SST2_HUB).is_dir() else None)
    train, validation = from_folder(folder) if folder else from_hub()
    return classification("sst2", train, validation, SENTIMENT, SHORT)


def is_here(origin: Origin) -> bool:
    """Is there a folder with its examples, or a copy that was fetched earlier?"""
    return folder_of(origin, _inside) is not None or copy_here(SST2_HUB).is_dir()


def _inside(folder: Path) -> Path | None:
    return next((one for one in (folder, folder / "sst2") if all((one / f).is_file() for f in FILES)), None)


def from_folder(folder: Path) -> tuple[Table, Table]:
    """Training and validation rows of train.tsv and dev.tsv, there or in its folder sst2. Raises DataError."""
    place = _inside(folder)
    if place is not None:
        return read_table(place / FILES[0]), read_table(place / FILES[1])
    raise DataError(
        "'{folder}' has no train.tsv and dev.tsv; name the folder that holds them with --data or BONSAI_DATA",
        folder=folder,
    )


def from_hub() -> tuple[Table, Table]:
    """The same rows from the copy on this machine, or from the hub where there is none. Raises DataError."""
    parts = splits("SST-2", SST2_HUB)
    tables = [
        Table(tuple(Row(r["sentence"].strip(), str(r["label"])) for r in parts[name]))
        for name in ("train", "validation")
    ]
    return tables[0], tables[1]


TASK = TaskEntry("sst2", read, functools.partial(without_examples, "sst2", SST2_DATA, SHORT), is_here, SST2_DATA)
