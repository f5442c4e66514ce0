"""The entities that we wrote: their number and balance, and that no sentence is another one's copy."""

import collections
import re

import pytest

from core.tasks import load_task
from core.tasks.named import ENTITIES
from core.tasks.spans import read
from core.tasks.tagged import read_tagged
from core.tasks.task import Origin

COUNTS = {"train": 600, "test": 300}
TYPES = ("DATE", "LOC", "ORG", "PER")


@pytest.fixture(scope="module")
def corpus():
    return {part: read_tagged(ENTITIES / f"{part}.conll") for part in COUNTS}


def test_every_sentence_is_usable(corpus):
    for part, count in COUNTS.items():
        assert len(corpus[part].rows) == count and not corpus[part].problems
        assert all(4 <= len(row.words) <= 40 and row.text.isascii() for row in corpus[part].rows)


@pytest.mark.parametrize("part", COUNTS)
def test_types_are_about_as_frequent(corpus, part):
    counts = collections.Counter(span.type for row in corpus[part].rows for span in row.spans)
    assert tuple(sorted(counts)) == TYPES and min(counts.values()) > 0.85 * max(counts.values())
    assert sum(not row.spans for row in corpus[part].rows) == pytest.approx(0.08 * COUNTS[part], rel=0.2)


def test_no_two_sentences_share_five_words(corpus):
    seen = {}
    for part, table in corpus.items():
        for place, row in enumerate(table.rows):
            words = [word.lower() for word in row.words]
            for start in range(len(words) - 4):
                five = tuple(words[start : start + 5])
                assert seen.setdefault(five, (part, place)) == (part, place), " ".join(five)


def test_most_names_of_the_test_are_new(corpus):
    """Else a model could learn them by heart."""

    def names(part):
        rows = corpus[part].rows
        found = {(s.type, " ".join(r.words[s.first : s.last + 1]).lower()) for r in rows for s in r.spans}
        return {one for one in found if one[0] != "DATE"}

    assert len(names("test") & names("train")) < 0.15 * len(names("test"))


def test_the_task(corpus):
    task = load_task(Origin("entities"))
    assert task.head.name == "token" and task.max_tokens == 128
    assert task.labels == ("O", *(f"{prefix}-{one}" for one in TYPES for prefix in "BI"))
    assert [span.type for span in read(task.right(task.validation[0]))] == ["LOC", "PER", "DATE"]


def test_the_card_says_what_is_there(corpus):
    card = (ENTITIES / "README.md").read_text(encoding="utf8")
    for part, table in corpus.items():
        counts = collections.Counter(span.type for row in table.rows for span in row.spans)
        line = " | ".join(str(counts[one]) for one in TYPES)
        assert re.search(rf"\| {part} \| {COUNTS[part]} \| {re.escape(line)} \|", card)
