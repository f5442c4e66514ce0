"""SST-2 (Socher et al. 2013) as GLUE has it: from a folder, or from the hub."""

import functools
import os
from pathlib import Path

from core.errors import DataError
from core.tasks.classification import classification, without_examples
from core.tasks.tables import Row, Table, read_table
from core.tasks.task import Origin, Task, TaskEntry

SST2_HUB = "stanfordnlp/sst2"
# content hash of the official 67,349 + 872 examples: recorded results are found without the data
SST2_DATA = "af0405726e05a9b4"


def read(origin: Origin) -> Task:
    """The official examples: of the origin's folder, of BONSAI_DATA, or of the hub. Raises DataError."""
    folder = origin.path or os.environ.get("BONSAI_DATA", "")
    train, validation = from_folder(Path(folder)) if folder else from_hub()
    return classification("sst2", train, validation)


def from_folder(folder: Path) -> tuple[Table, Table]:
    """Training and validation rows of train.tsv and dev.tsv, there or in its folder sst2. Raises DataError."""
    for inner in (folder, folder / "sst2"):
        if (inner / "train.tsv").is_file() and (inner / "dev.tsv").is_file():
            return read_table(inner / "train.tsv"), read_table(inner / "dev.tsv")
    raise DataError(
        "'{folder}' has no train.tsv and dev.tsv; name the folder that holds them with --data or BONSAI_DATA",
        folder=folder,
    )


def from_hub() -> tuple[Table, Table]:
    """The same rows from the hub, or from its cache on this machine. Raises DataError."""
    import datasets
    import huggingface_hub

    # without this question an unreachable hub is asked again and again for half a minute
    try:
        huggingface_hub.HfApi().dataset_info(SST2_HUB, timeout=5)
    except Exception as error:  # away, offline or refused: a copy fetched earlier may still lie in the cache
        datasets.config.HF_HUB_OFFLINE = True
        why = type(error).__name__
    else:
        datasets.config.HF_HUB_OFFLINE, why = False, ""
    try:
        splits = datasets.load_dataset(SST2_HUB)
    except Exception as error:  # the library raises many kinds, all of which mean the same here
        raise DataError(
            "SST-2 is not on this machine and the hub cannot be reached; name a folder with train.tsv and "
            "dev.tsv by --data or BONSAI_DATA, or take --task reviews ({why})",
            why=why or type(error).__name__,
        ) from error
    tables = [
        Table(tuple(Row(r["sentence"].strip(), str(r["label"])) for r in splits[name]), ())
        for name in ("train", "validation")
    ]
    return tables[0], tables[1]


TASK = TaskEntry("sst2", read, functools.partial(without_examples, "sst2", SST2_DATA), SST2_DATA)
