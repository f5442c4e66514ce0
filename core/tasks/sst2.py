"""SST-2 (Socher et al. 2013) as GLUE has it: from a folder, or from the hub."""

import functools
import os
from pathlib import Path

from core.errors import DataError, Words
from core.spec import SHORT
from core.tasks.classification import SENTIMENT, classification, without_examples
from core.tasks.tables import Row, Table, read_table
from core.tasks.task import Origin, Task, TaskEntry

SST2_HUB = "stanfordnlp/sst2"
UNREACHABLE = "the hub cannot be reached"
# content hash of the official 67,349 + 872 examples: recorded results are found without the data
SST2_DATA = "af0405726e05a9b4"


def read(origin: Origin) -> Task:
    """The official examples: of the origin's folder, of BONSAI_DATA, or of the hub. Raises DataError."""
    folder = origin.path or os.environ.get("BONSAI_DATA", "")
    train, validation = from_folder(Path(folder)) if folder else from_hub()
    return classification("sst2", train, validation, SENTIMENT, SHORT)


def is_here(origin: Origin) -> bool:
    """Is there a folder with its examples, or a copy that was fetched earlier?"""
    return bool(origin.path or os.environ.get("BONSAI_DATA")) or copy_here().is_dir()


def from_folder(folder: Path) -> tuple[Table, Table]:
    """Training and validation rows of train.tsv and dev.tsv, there or in its folder sst2. Raises DataError."""
    for inner in (folder, folder / "sst2"):
        if (inner / "train.tsv").is_file() and (inner / "dev.tsv").is_file():
            return read_table(inner / "train.tsv"), read_table(inner / "dev.tsv")
    raise DataError(
        "'{folder}' has no train.tsv and dev.tsv; name the folder that holds them with --data or BONSAI_DATA",
        folder=folder,
    )


def copy_here() -> Path:
    """Where `datasets` keeps what it once fetched of SST-2; asked without importing it, which takes seconds."""
    from huggingface_hub import constants

    cache = Path(os.environ.get("HF_DATASETS_CACHE") or Path(constants.HF_HOME) / "datasets")
    return cache / SST2_HUB.replace("/", "___")


def from_hub() -> tuple[Table, Table]:
    """The same rows from the copy on this machine, or from the hub where there is none. Raises DataError."""
    import datasets
    import huggingface_hub

    copy = copy_here()
    known = copy.is_dir()
    try:
        if not known:  # without this question an unreachable hub is asked again and again for half a minute
            huggingface_hub.HfApi().dataset_info(SST2_HUB, timeout=5)
        datasets.config.HF_HUB_OFFLINE = known
        splits = datasets.load_dataset(SST2_HUB)
    except Exception as error:  # the libraries raise many kinds, all of which mean the same here
        missing = Words("its copy in {folder} cannot be read", folder=str(copy)) if known else Words(UNREACHABLE)
        raise DataError(
            "SST-2 is not on this machine and {missing}; name a folder with train.tsv and dev.tsv by --data or "
            "BONSAI_DATA, or take --task reviews ({why})",
            missing=missing,
            why=type(error).__name__,
        ) from error
    tables = [
        Table(tuple(Row(r["sentence"].strip(), str(r["label"])) for r in splits[name]))
        for name in ("train", "validation")
    ]
    return tables[0], tables[1]


TASK = TaskEntry("sst2", read, functools.partial(without_examples, "sst2", SST2_DATA, SHORT), is_here, SST2_DATA)
