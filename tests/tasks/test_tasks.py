"""Tasks: the shipped ones, the user's own, and what happens to a file that cannot be one."""

import hashlib
import os
from pathlib import Path

import pytest
import torch

from core.errors import DataError
from core.tasks import forget, is_here, known_data, load_task
from core.tasks.classification import collate_texts, encode_texts
from core.tasks.sst2 import SST2_DATA
from core.tasks.task import Example, Origin, content_hash
from tests.support import tiny


def test_reviews():
    task = load_task(Origin("reviews"))
    assert (len(task.train), len(task.validation), task.labels, task.metric) == (1200, 600, ("0", "1"), "accuracy")
    assert task.problems == () and all(e.kind for e in task.validation)


def test_sst2_from_a_folder(sst2):
    task = load_task(sst2)
    assert (len(task.train), len(task.validation)) == (67349, 872)
    assert sum(e.label for e in task.validation) == 444
    assert task.data == SST2_DATA == known_data("sst2")  # so that the shipped results are found
    assert task.problems == ()


def test_sst2_in_the_folder_above_or_named_by_the_environment(tmp_path, monkeypatch):
    (tmp_path / "sst2").mkdir()
    for part in ("train", "dev"):
        (tmp_path / "sst2" / f"{part}.tsv").write_text("sentence\tlabel\ngood film \t1\nbad film \t0\n")
    by_folder = load_task(Origin("sst2", str(tmp_path)))
    monkeypatch.setenv("BONSAI_DATA", str(tmp_path / "sst2"))
    forget()
    assert load_task(Origin("sst2")).train == by_folder.train == (Example("good film", 1), Example("bad film", 0))


def test_sst2_without_its_files(tmp_path):
    with pytest.raises(DataError, match="has no train.tsv and dev.tsv; name the folder .* with --data or BONSAI_DATA"):
        load_task(Origin("sst2", str(tmp_path)))


def test_a_named_folder_of_another_task_leaves_sst2_to_what_is_recorded(tmp_path, monkeypatch):
    (tmp_path / "dev-v1.1.json").write_text("{}")
    monkeypatch.setenv("BONSAI_DATA", str(tmp_path))
    forget()
    assert not is_here(Origin("sst2")) and is_here(Origin("sst2", str(tmp_path)))
    with pytest.raises(DataError, match="has no train.tsv and dev.tsv"):
        load_task(Origin("sst2"))


def test_sst2_without_a_hub(monkeypatch):
    monkeypatch.delenv("BONSAI_DATA", raising=False)
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    forget()
    with pytest.raises(DataError, match="the hub cannot be reached; name a folder .* or take --task reviews"):
        load_task(Origin("sst2"))


def test_labels_have_words_but_those_of_ones_own_table(tmp_path):
    for part in ("train", "dev"):
        (tmp_path / f"{part}.tsv").write_text("sentence\tlabel\ngood film\t1\nbad film\t0\n")
    for task in (load_task(Origin("reviews")), load_task(Origin("sst2", str(tmp_path)))):
        assert [task.called(label) for label in task.labels] == ["negative", "positive"]
    own = load_task(Origin(tiny.csv_file(tmp_path / "own.csv")))
    assert [own.called(label) for label in own.labels] == ["0", "1"] and own.called("else") == "else"


def test_unknown_task():
    with pytest.raises(
        DataError,
        match="unknown task 'poems'; tasks: sst2, reviews, entities, passages, squad, squad-1000, cola, .* or a .csv",
    ):
        load_task(Origin("poems"))


def test_own_file_holds_a_fifth_out_by_content(tmp_path):
    task = load_task(Origin(tiny.csv_file(tmp_path / "mine.csv", 400)))
    assert task.name == "mine" and len(task.train) + len(task.validation) == 400
    assert 50 <= len(task.validation) <= 110
    assert not {e.text for e in task.train} & {e.text for e in task.validation}
    # the same sentence is held out wherever it stands, so that two orders of a file are not two splits
    lines = (tmp_path / "mine.csv").read_text().splitlines()
    (tmp_path / "turned.csv").write_text("\n".join([lines[0], *reversed(lines[1:])]))
    assert set(load_task(Origin(str(tmp_path / "turned.csv"))).validation) == set(task.validation)


def test_own_folder_with_a_test_part(tmp_path):
    tiny.csv_file(tmp_path / "train.csv", 30, seed=0)
    (tmp_path / "test.jsonl").write_text('{"text": "it was good", "label": 1}\n{"text": "", "label": 1}\n')
    task = load_task(Origin(str(tmp_path)))
    assert (len(task.train), task.validation) == (30, (Example("it was good", 1),))
    assert tuple(map(str, task.problems)) == ("test.jsonl line 2: the text is empty",)


def test_own_folder_without_a_test_part(tmp_path):
    tiny.csv_file(tmp_path / "train.csv", 30)
    with pytest.raises(DataError, match=r"needs train and test \(or validation, valid, val, dev\)"):
        load_task(Origin(str(tmp_path)))


def test_own_folder_with_nothing_to_train_on(tmp_path):
    tiny.csv_file(tmp_path / "test.csv", 30)
    task = load_task(Origin(str(tmp_path)))
    assert (len(task.train), len(task.validation), task.labels) == (0, 30, ("0", "1"))


def test_named_columns_reach_the_file(tmp_path):
    text = "".join(f"9,{sentence},{label}\n" for sentence, label in tiny.sentences(60))
    (tmp_path / "a.csv").write_text("text,words,mark\n" + text)
    task = load_task(Origin(str(tmp_path / "a.csv"), "", "words", "mark"))
    assert task.train[0].text != "9" and task.labels == ("0", "1")


def test_labels_are_ordered_as_numbers_then_words(tmp_path):
    text = "".join(f"{sentence},{('10', '2', 'x')[i % 3]}\n" for i, (sentence, _) in enumerate(tiny.sentences(90)))
    (tmp_path / "a.csv").write_text("text,label\n" + text)
    assert load_task(Origin(str(tmp_path / "a.csv"))).labels == ("2", "10", "x")


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        ("a,1\nb,1\n", "c,1\n", "has only the class '1' to train on; a classifier needs two or more"),
        ("".join(f"a{i},{i}\n" for i in range(101)), "c,2\n", "101 different labels in 102 rows; is the label"),
    ],
)
def test_labels_that_cannot_be_learnt(tmp_path, train, test, words):
    for name, text in (("train", train), ("test", test)):
        (tmp_path / f"{name}.csv").write_text("text,label\n" + text)
    with pytest.raises(DataError) as caught:
        load_task(Origin(str(tmp_path)))
    assert words in str(caught.value)


def test_too_few_rows_to_hold_some_out(tmp_path):
    with pytest.raises(DataError, match="a.csv has 2 usable rows and too few to hold some out; about 20 with"):
        load_task(Origin(tiny.csv_file(tmp_path / "a.csv", 2)))


def test_of_few_rows_a_fifth_validates_whatever_their_content(tmp_path):
    counts = set()
    for salt in range(40):
        rows = "".join(f"text number {row} of table {salt},{row % 2}\n" for row in range(60))
        (tmp_path / "own.csv").write_text(f"text,label\n{rows}")
        task = load_task(Origin(str(tmp_path / "own.csv")))
        assert len(task.train) + len(task.validation) == 60
        counts.add(len(task.validation))
    assert min(counts) >= 9 and len(counts) > 3  # by content, and filled up where that is little


def test_the_hash_knows_every_text_label_kind_and_their_order():
    one, two = Example("good", 1, "plain"), Example("bad", 0)
    others = [
        [[two, one], []],
        [[one], [two]],
        [[one, Example("bad", 1)], []],
        [[one, Example("bad.", 0)], []],
        [[Example("good", 1), two], []],
    ]
    hashes = {content_hash(parts) for parts in [[[one, two], []], *others]}
    assert len(hashes) == 6


def test_texts_become_features_cut_at_the_limit():
    examples = [Example("the film was good", 1), Example("bad " * 400, 0)]
    short, long = encode_texts(tiny.tokenizer(), examples, 100)
    words = [tiny.VOCABULARY.index(w) for w in ("[CLS]", "the", "film", "was", "good", "[SEP]")]
    assert (list(short.ids), short.example, short.target, short.cut) == (words, 0, 1, False)
    assert (len(long.ids), long.example, long.target, long.cut) == (100, 1, 0, True)
    (whole,) = encode_texts(tiny.tokenizer(), [Example("bad " * 98, 0)], 100)
    assert (len(whole.ids), whole.cut) == (100, False)  # as long as may be, and nothing was cut


def test_batches_are_padded_and_masked():
    features = encode_texts(tiny.tokenizer(), [Example("good", 1), Example("the film was bad", 0)], 128)
    batch = collate_texts(features, pad=0)
    assert batch["input_ids"].shape == (2, 6) and batch["input_ids"][0, 3:].tolist() == [0, 0, 0]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 0, 0, 0], [1] * 6]
    assert batch["labels"].tolist() == [1, 0]


def test_outcomes_score_each_example():
    class Output:
        logits = torch.tensor([[2.0, 0.0], [0.0, 1.0]])

    task = load_task(Origin("reviews"))
    features = encode_texts(tiny.tokenizer(), [Example("good", 1), Example("good", 1)], 128)
    first, second = task.outcomes(Output, task.collate(features, 0), features)
    assert (first.answer, first.score, second.answer, second.score) == ("0", 0.0, "1", 1.0)
    assert first.confidence == pytest.approx(0.8808, abs=1e-4)  # 1 / (1 + e^-2)
    assert first.loss == pytest.approx(2.1269, abs=1e-4) and second.loss == pytest.approx(0.3133, abs=1e-4)
    mean = float(task.loss(Output, task.collate(features, 0)))
    assert mean == pytest.approx((first.loss + second.loss) / 2)


def test_texts_that_are_trained_and_validated_on_are_said(tmp_path):
    for name in ("train", "Dev", "test"):
        tiny.csv_file(tmp_path / f"{name}.csv", 30)
    task = load_task(Origin(str(tmp_path)))
    assert [str(note) for note in task.notes] == [
        "Dev.csv validates",
        "30 of 30 validation texts are among those to train on",
    ]


def test_a_part_that_was_chosen_by_the_same_rule_is_divided_all_the_same(tmp_path):
    rows = [(text, label) for text, label in tiny.sentences(400) if hashlib.sha256(text.encode()).digest()[0] >= 51]
    (tmp_path / "a.csv").write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    task = load_task(Origin(str(tmp_path / "a.csv")))
    assert 0.1 < len(task.validation) / len(rows) < 0.3 and task.notes == ()


def test_a_table_that_was_written_anew_is_read_anew(tmp_path):
    path = Path(tiny.csv_file(tmp_path / "own.csv", 120))
    first = load_task(Origin(str(path)))
    assert load_task(Origin(str(path))) is first
    path.write_text(path.read_text() + path.read_text().splitlines()[1] + " and more\n")
    assert load_task(Origin(str(path))).data != first.data
