"""GLUE by name: its files as they are in the archives, and the hub's columns, are the same tasks."""

import datasets
import pytest

from core.__main__ import main
from core.errors import DataError
from core.tasks import TASKS, forget, glue, load_task
from core.tasks.task import Origin
from pages.components.frame import sidebar
from tests.support import tiny

WORDS = [text for text, _ in tiny.sentences(40)]
PAIRS = [(WORDS[2 * i], WORDS[2 * i + 1]) for i in range(20)]


def table(header, rows):
    return "\n".join("\t".join(map(str, row)) for row in ([header, *rows] if header else rows)) + "\n"


def files(name):
    """Train and validation as GLUE's archives have them, and the same rows as the hub has them."""
    one = [(text, i % 2) for i, text in enumerate(WORDS[:20])]
    pairs = [(*pair, i % 2) for i, pair in enumerate(PAIRS)]
    entail = ("entailment", "not_entailment")
    if name == "cola":
        return table(None, [("gj04", y, "" if y else "*", t) for t, y in one]), [
            {"sentence": t, "label": y} for t, y in one
        ]
    if name == "mrpc":
        header = ("Quality", "#1 ID", "#2 ID", "#1 String", "#2 String")
        rows = [(y, 7, 8, f'He said "{a}', b) for a, b, y in pairs]  # with marks that belong to the text
        return table(header, rows), [{"sentence1": f'He said "{a}', "sentence2": b, "label": y} for a, b, y in pairs]
    if name == "qqp":
        header = ("id", "qid1", "qid2", "question1", "question2", "is_duplicate")
        return table(header, [(i, 1, 2, *pair) for i, pair in enumerate(pairs)]), [
            {"question1": a, "question2": b, "label": y} for a, b, y in pairs
        ]
    if name == "stsb":
        header = (
            "index",
            "genre",
            "filename",
            "year",
            "old_index",
            "source1",
            "source2",
            "sentence1",
            "sentence2",
            "score",
        )
        scores = [(a, b, f"{i / 4:.3f}") for i, (a, b) in enumerate(PAIRS)]
        return table(header, [(i, "g", "f", 2012, 1, "s", "s", *row) for i, row in enumerate(scores)]), [
            {"sentence1": a, "sentence2": b, "label": float(y)} for a, b, y in scores
        ]
    if name == "mnli":
        names = ("entailment", "neutral", "contradiction")
        header = ("index", "genre", "sentence1", "sentence2", "label1", "gold_label")
        return table(header, [(i, "g", a, b, "-", names[i % 3]) for i, (a, b) in enumerate(PAIRS)]), [
            {"premise": a, "hypothesis": b, "label": i % 3} for i, (a, b) in enumerate(PAIRS)
        ]
    first, second = ("question", "sentence") if name == "qnli" else ("sentence1", "sentence2")
    labels = ("0", "1") if name == "wnli" else entail
    return table(("index", first, second, "label"), [(i, a, b, labels[y]) for i, (a, b, y) in enumerate(pairs)]), [
        {first: a, second: b, "label": y} for a, b, y in pairs
    ]


NAMES = {
    "cola": ("unacceptable", "acceptable"),
    "mrpc": ("not_equivalent", "equivalent"),
    "qqp": ("not_duplicate", "duplicate"),
    "mnli": ("entailment", "neutral", "contradiction"),
    "qnli": ("entailment", "not_entailment"),
    "rte": ("entailment", "not_entailment"),
    "wnli": ("not_entailment", "entailment"),
}


def folder(path, dataset):
    text, rows = files(dataset.name)
    place = path / dataset.folder
    place.mkdir()
    for name in ("train.tsv", dataset.dev):
        (place / name).write_text(text)
    return rows


@pytest.mark.parametrize("dataset", glue.DATASETS, ids=lambda one: one.name)
def test_the_files_and_the_hub_are_the_same_task(dataset, tmp_path, monkeypatch):
    rows = folder(tmp_path, dataset)
    task = load_task(Origin(dataset.name, str(tmp_path)))
    assert task.metrics == dataset.metrics and task.head is dataset.head and not task.problems
    assert len(task.validation) == 20 and bool(task.validation[0].second) == (dataset.name != "cola")
    found = datasets.Dataset.from_list(rows)
    if dataset.name in NAMES:
        found = found.cast_column("label", datasets.ClassLabel(names=list(NAMES[dataset.name])))
    monkeypatch.setattr(glue, "splits", lambda *names: {"train": found, dataset.split: found})
    forget()
    again = load_task(Origin(dataset.name))
    forget()
    assert again.data == task.data and again.labels == task.labels
    assert glue.bare(dataset).metrics == dataset.metrics and glue.bare(dataset).head is dataset.head


def test_labels_have_their_words(tmp_path):
    folder(tmp_path, glue.DATASETS[1])
    task = load_task(Origin("mrpc", str(tmp_path / "MRPC")))
    assert task.labels == ("0", "1") and task.names == ("not_equivalent", "equivalent")
    assert '"' in task.validation[0].text


def test_a_pair_model_is_scored_by_name(tmp_path, capsys):
    folder(tmp_path, glue.DATASETS[1])
    model = tiny.folder(tmp_path / "model", tiny.shaken(tiny.bert()))
    assert main(["run", "--model", model, "--task", "mrpc", "--data", str(tmp_path), "--no-speed"]) == 0
    shown = capsys.readouterr().out
    assert "F1 of 1 " in shown and "accuracy " in shown


def test_without_files_or_hub_it_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="has no train.tsv and dev_matched.tsv of MNLI; name the folder"):
        load_task(Origin("mnli", str(tmp_path)))
    with pytest.raises(DataError, match="RTE is not on this machine and the hub cannot be reached"):
        load_task(Origin("rte"))


def test_the_page_offers_what_is_here(tmp_path, monkeypatch):
    assert set(sidebar.offered()) == {"sst2", "reviews", "entities", "passages"} <= set(TASKS)
    folder(tmp_path, glue.DATASETS[6])
    monkeypatch.setenv("BONSAI_DATA", str(tmp_path))
    assert sidebar.offered()[-1] == "rte"
