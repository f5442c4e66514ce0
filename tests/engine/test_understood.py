"""What is said beside the figures: skipped rows, labels that were matched by their order, one answer to everything."""

import dataclasses
import json

import pytest

from core.engine.run import make_spec
from core.engine.understood import notes, unlearnt
from core.metrics import Sample
from core.result import figure
from core.tasks import load_task
from core.tasks.task import Origin
from tests.support import heads, tiny


@pytest.fixture
def folder(tmp_path):
    return tiny.folder(tmp_path / "model", tiny.bert())


def named(folder, **names):
    path = f"{folder}/config.json"
    with open(path, encoding="utf8") as file:
        config = json.load(file)
    with open(path, "w", encoding="utf8") as file:
        json.dump(config | {"id2label": dict(enumerate(names)), "label2id": names}, file)
    return folder


def table(tmp_path, labels, share=0.5):
    """A table of 200 sentences, of which this share has the first label."""
    rows = [f"{text} {i},{labels[i >= share * 200]}" for i, (text, _) in enumerate(tiny.sentences(200))]
    (tmp_path / "a.csv").write_text("\n".join(["text,label", *rows]))
    return Origin(str(tmp_path / "a.csv"))


def said(folder, origin):
    return [str(note) for note in notes(make_spec(folder, origin), origin)]


def test_nothing_is_said_where_all_is_plain(folder, tmp_path):
    assert said(named(folder, bad=0, good=1), table(tmp_path, ("bad", "good"))) == []


def test_rows_that_were_skipped_are_said_with_their_lines(folder, tmp_path):
    origin = table(tmp_path, ("0", "1"))
    (tmp_path / "a.csv").write_text((tmp_path / "a.csv").read_text() + "\n,1")
    assert said(folder, origin) == ["a.csv line 202: the text is empty"]


def test_foreign_names_are_said_with_the_commonest_answer(folder, tmp_path):
    (note,) = said(named(folder, no=0, yes=1), table(tmp_path, ("fresh", "rotten")))
    assert "(fresh, rotten)" in note and "(no, yes)" in note and '--labels "fresh=CLASS,..."' in note
    assert "is right in" in note


def test_classes_without_names_are_said_to_be_taken_in_order(folder, tmp_path):
    (note,) = said(folder, table(tmp_path, ("bad", "good")))
    assert "0 = bad, 1 = good" in note and '--labels "bad=CLASS,..."' in note


def test_a_common_answer_is_said_where_it_alone_would_do_well(folder, tmp_path):
    (note,) = said(named(folder, bad=0, good=1), table(tmp_path, ("bad", "good"), 0.9))
    assert note.startswith("one answer to everything, 'bad', would be right in")


@pytest.mark.parametrize("kind", ["sequence", *heads.KINDS])
def test_a_model_that_answers_no_better_than_one_answer_is_said_so_by_every_metric(kind, tmp_path):
    """What is right of all examples is better than that; the same answer to all of them is not."""
    origin = Origin(tiny.csv_file(tmp_path / "a.csv")) if kind == "sequence" else heads.table(kind, tmp_path / "a")
    task = load_task(origin)
    truths = tuple(map(task.right, task.validation))

    def quality(answers):
        scores = tuple(float(one == truth) for one, truth in zip(answers, truths, strict=True))
        sample = Sample(scores, tuple(answers), truths)
        interval = figure(sample, task.metric)
        return dataclasses.replace(
            tiny.quality(), metric=task.metric, interval=interval, answers=sample.answers, scores=scores, truths=truths
        )

    assert unlearnt(quality(truths), task) is None
    answer, _ = task.commonest(task.validation)
    said = str(unlearnt(quality([answer] * len(truths)), task))
    assert "nothing shows that it knows the task" in said and ("+0.0 points" in said) == (kind != "regression")


def test_numbers_that_are_no_nearer_than_their_mean_are_said_so_however_they_rise_and_fall(tmp_path):
    origin = heads.table("regression", tmp_path / "a")
    task = load_task(origin)
    truths = tuple(map(task.right, task.validation))
    values = [float(one) for one in truths]

    def said(answers):
        answers = tuple(f"{one:.7g}" for one in answers)
        scores = (0.0,) * len(truths)
        interval = figure(Sample(scores, answers, truths), task.metric)
        named = {"metric": task.metric, "interval": interval, "answers": answers, "scores": scores, "truths": truths}
        return unlearnt(dataclasses.replace(tiny.quality(), **named), task)

    assert said(values) is None
    note = str(said([one + max(values) - min(values) for one in values]))  # a correlation of 1, and far away
    assert "typically" in note and "nothing shows that it knows the task" in note
