"""The tasks of GLUE besides SST-2 (Wang et al. 2018), from a folder with its TSV files or from the hub.

Their metrics are those of the leaderboard, the first one first; MNLI is validated on its matched part. Labels are named
as the files name them: by numbers where these have numbers.
"""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import DataError, Words
from core.metrics import ACCURACY, MATTHEWS, PEARSON, SPEARMAN
from core.models.head import REGRESSION, SEQUENCE, Head
from core.tasks import regression as numbers
from core.tasks.classification import classification, without_examples
from core.tasks.hub import copy_here, folder_of, splits
from core.tasks.regression import regression
from core.tasks.tables import Row, Table, read_table
from core.tasks.task import LONG, Origin, Task, TaskEntry
from core.tasks.texts import Parts

HUB = "nyu-mll/glue"


@dataclass(frozen=True)
class Dataset:
    """One of GLUE's data sets: how its files and the hub's columns are called.

    folder: of its files in GLUE's archives. texts, label: columns of the files; in one without a header their numbers.
    columns: the texts on the hub, where they are called otherwise. words: what labels are called that are numbers.
    dev: the file, and split: the part on the hub, that validates.
    """

    name: str
    folder: str
    texts: tuple[str, ...]
    label: str = "label"
    columns: tuple[str, ...] = ()
    metrics: tuple[str, ...] = (ACCURACY,)
    words: Mapping[str, str] = field(default_factory=dict)
    dev: str = "dev.tsv"
    split: str = "validation"

    @property
    def head(self) -> Head:
        """What a model needs for it."""
        return REGRESSION if self.metrics[0] == PEARSON else SEQUENCE


DUPLICATE = {"0": "not_duplicate", "1": "duplicate"}
EQUIVALENT = {"0": "not_equivalent", "1": "equivalent"}
ACCEPTABLE = {"0": "unacceptable", "1": "acceptable"}
PAIR = ("sentence1", "sentence2")
DATASETS = (
    Dataset("cola", "CoLA", ("4",), "2", ("sentence",), (MATTHEWS, ACCURACY), ACCEPTABLE),
    Dataset("mrpc", "MRPC", ("#1 String", "#2 String"), "Quality", PAIR, ("F1 of 1", ACCURACY), EQUIVALENT),
    Dataset("qqp", "QQP", ("question1", "question2"), "is_duplicate", (), ("F1 of 1", ACCURACY), DUPLICATE),
    Dataset("stsb", "STS-B", PAIR, "score", (), (PEARSON, SPEARMAN)),
    Dataset(
        "mnli",
        "MNLI",
        PAIR,
        "gold_label",
        ("premise", "hypothesis"),
        dev="dev_matched.tsv",
        split="validation_matched",
    ),
    Dataset("qnli", "QNLI", ("question", "sentence")),
    Dataset("rte", "RTE", PAIR),
    Dataset("wnli", "WNLI", PAIR),
)


def read(dataset: Dataset, origin: Origin) -> Task:
    """The official examples: of the origin's folder, of BONSAI_DATA, or of the hub. Raises DataError."""
    folder = _folder(dataset, origin)
    train, validation = from_folder(dataset, folder) if folder else from_hub(dataset)
    if dataset.head is REGRESSION:
        return regression(dataset.name, train, validation, PEARSON)
    return classification(dataset.name, train, validation, dataset.words, metrics=dataset.metrics)


def bare(dataset: Dataset) -> Task:
    """The task without its examples."""
    if dataset.head is REGRESSION:
        return numbers.task(Parts(dataset.name, "", metrics=dataset.metrics, max_tokens=LONG))
    return without_examples(dataset.name, metrics=dataset.metrics)


def is_here(dataset: Dataset, origin: Origin) -> bool:
    """Is there a folder with its examples, or a copy that was fetched earlier?"""
    return _folder(dataset, origin) is not None or copy_here(HUB, dataset.name).is_dir()


def _folder(dataset: Dataset, origin: Origin) -> Path | None:
    return folder_of(origin, functools.partial(_inside, dataset))


def _inside(dataset: Dataset, folder: Path) -> Path | None:
    places = (folder, folder / dataset.folder, folder / dataset.name)
    return next((one for one in places if all((one / f).is_file() for f in ("train.tsv", dataset.dev))), None)


def from_folder(dataset: Dataset, folder: Path) -> tuple[Table, Table]:
    """Training and validation rows of its files, there or in a folder of its name. Raises DataError."""
    place = _inside(dataset, folder)
    if place is None:
        raise DataError(
            "'{folder}' has no train.tsv and {dev} of {name}; name the folder that holds them with --data",
            folder=folder,
            dev=dataset.dev,
            name=dataset.folder,
        )
    texts = ",".join(dataset.texts)
    train, validation = (read_table(place / file, texts, dataset.label) for file in ("train.tsv", dataset.dev))
    return train, _said(validation, dataset.dev, "dev.tsv")


def from_hub(dataset: Dataset) -> tuple[Table, Table]:
    """The same rows from the hub's copy. Raises DataError."""
    parts = splits(dataset.folder, HUB, dataset.name)
    train, validation = (_table(dataset, parts[split]) for split in ("train", dataset.split))
    return train, _said(validation, dataset.split, "validation")


def _said(validation: Table, part: str, usual: str) -> Table:
    """With a note where another part validates than the usual one, such as MNLI's matched one."""
    notes = () if part == usual else (Words("{file} validates", file=part),)
    return dataclasses.replace(validation, notes=validation.notes + notes)


def _table(dataset: Dataset, rows: Any) -> Table:
    columns, names = dataset.columns or dataset.texts, getattr(rows.features["label"], "names", None)
    named = None if dataset.words or dataset.name == "wnli" else names  # WNLI's files have numbers and no words
    return Table(tuple(_row(columns, named, row) for row in rows if row["label"] != -1))


def _row(columns: Sequence[str], names: Sequence[str] | None, row: Mapping[str, Any]) -> Row:
    texts, label = [str(row[column]).strip() for column in columns], row["label"]
    return Row(texts[0], names[label] if names else f"{label:.7g}", second=texts[1] if len(texts) > 1 else "")


ENTRIES = tuple(
    TaskEntry(
        one.name,
        functools.partial(read, one),
        functools.partial(bare, one),
        functools.partial(is_here, one),
        official=True,
    )
    for one in DATASETS
)
