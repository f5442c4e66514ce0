"""The corpus that we wrote: its size, balance, kinds, and that no sentence is another one's copy."""

import csv
import re

import pytest

from core.tasks.reviews import REVIEWS

COUNTS = {"train": 1200, "test": 600}
KINDS = {
    "plain",
    "negation",
    "double_negation",
    "contrast",
    "comparison",
    "irony",
    "understatement",
    "mixed",
    "question_wish",
    "numbers",
}


@pytest.fixture(scope="module")
def corpus():
    found = {}
    for part in COUNTS:
        with (REVIEWS / f"{part}.csv").open(encoding="utf8", newline="") as file:
            found[part] = list(csv.DictReader(file, strict=True))
    return found


def words(text):
    return re.findall(r"[a-z0-9]+(?:'[a-z]+)?", text.lower())


@pytest.mark.parametrize("part", COUNTS)
def test_size_and_balance(corpus, part):
    labels = [row["label"] for row in corpus[part]]
    assert len(labels) == COUNTS[part]
    assert labels.count("0") == labels.count("1") == COUNTS[part] // 2


@pytest.mark.parametrize("part", COUNTS)
def test_every_kind_is_there_with_both_labels(corpus, part):
    assert {row["kind"] for row in corpus[part]} == KINDS
    assert {(row["kind"], row["label"]) for row in corpus[part]} == {(k, label) for k in KINDS for label in "01"}


def test_train_and_test_have_the_same_mixture(corpus):
    for kind in KINDS:
        shares = [sum(row["kind"] == kind for row in rows) / len(rows) for rows in corpus.values()]
        assert abs(shares[0] - shares[1]) < 0.02, kind


def test_many_topics(corpus):
    assert len({row["topic"] for row in corpus["train"]}) >= 10


def test_no_two_texts_share_five_consecutive_words(corpus):
    seen = {}
    for part, rows in corpus.items():
        for row in rows:
            text = words(row["text"])
            for five in {tuple(text[i : i + 5]) for i in range(len(text) - 4)}:
                assert five not in seen, f"'{' '.join(five)}' in {part}: {row['text']} / {seen[five]}"
                seen[five] = row["text"]


def test_no_text_twice(corpus):
    texts = [" ".join(words(row["text"])) for rows in corpus.values() for row in rows]
    assert len(set(texts)) == len(texts) == 1800


def test_lengths_and_characters(corpus):
    for rows in corpus.values():
        for row in rows:
            assert 4 <= len(row["text"].split()) <= 40, row["text"]
            assert row["text"].isascii() and row["text"] == row["text"].strip(), row["text"]


def test_the_data_card_says_how_it_was_written():
    card = (REVIEWS / "README.md").read_text(encoding="utf8")
    assert "1,200" in card and "600" in card
    for kind in KINDS:
        assert kind in card or kind.replace("_", " ") in card, kind
