"""Data sets of the hub: the copy on this machine, and what is fetched where there is none."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core import visitors
from core.errors import DataError, Words
from core.tasks.task import Origin

UNREACHABLE = "the hub cannot be reached"


def folder_of(origin: Origin, holds: Callable[[Path], object]) -> Path | None:
    """The folder that is to hold a task's files: the origin's, or BONSAI_DATA where it does; holds: does a folder?

    Raises DataError.
    """
    if origin.path:
        folder = visitors.place(origin.path)
        if folder is None:
            raise DataError("there is no folder '{folder}'; is the path right?", folder=origin.path)
        return folder
    shared = os.environ.get("BONSAI_DATA", "")
    return Path(shared) if shared and holds(Path(shared)) else None


def copy_here(name: str, config: str = "") -> Path:
    """Where `datasets` keeps what it once fetched; asked without importing it, which takes seconds."""
    from huggingface_hub import constants

    cache = Path(os.environ.get("HF_DATASETS_CACHE") or Path(constants.HF_HOME) / "datasets")
    return cache / name.replace("/", "___") / config


def splits(title: str, name: str, config: str = "", files: str = "train.tsv and dev.tsv") -> Any:
    """The splits of a data set by name: the copy, else what the hub has. Raises DataError.

    title: what people call it. files: what a folder would have to hold.
    """
    import datasets
    import huggingface_hub

    copy = copy_here(name, config)
    known = copy.is_dir()
    try:
        if not known:  # without this question an unreachable hub is asked again and again for half a minute
            huggingface_hub.HfApi().dataset_info(name, timeout=5)
        datasets.config.HF_HUB_OFFLINE = known
        return datasets.load_dataset(name, config or None)
    except Exception as error:  # the libraries raise many kinds, all of which mean the same here
        missing = Words("its copy in {folder} cannot be read", folder=str(copy)) if known else Words(UNREACHABLE)
        raise DataError(
            "{title} is not on this machine and {missing}; name a folder with {files} by --data or BONSAI_DATA, or "
            "take --task reviews ({why})",
            title=title,
            missing=missing,
            files=files,
            why=type(error).__name__,
        ) from error
