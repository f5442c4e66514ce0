"""Labels and classes: matched by name, by number, as said, or refused; never guessed in silence."""

import pytest

from core.errors import ConfigError, DataError
from core.labels import fold, match, natural, unnamed

SENTIMENT = {"0": "negative", "1": "positive"}
UNNAMED = [f"LABEL_{number}" for number in range(4)]


@pytest.mark.parametrize(
    ("labels", "names", "classes"),
    [
        (["negative", "positive"], ["positive", "negative"], (1, 0)),  # the model's own order, not the alphabet's
        (["NEGATIVE", "Positive "], ["negative", "positive"], (0, 1)),
        (["top up", "top-down"], ["TOP_DOWN", "top_up"], (1, 0)),
        (["fee", "pin", "refund"], ["fee", "limit", "pin", "Refund"], (0, 2, 3)),  # a class is merely absent
        (["neg", "pos"], ["positive", "negative"], (1, 0)),  # short for them
        (["negative", "positive"], ["pos", "neg"], (1, 0)),
        (["1", "2", "3"], ["3", "2", "1"], (2, 1, 0)),  # names that are numbers are names
        (["0", "1"], ["no", "yes"], (0, 1)),
        (["0.0", "1.0"], ["no", "yes"], (0, 1)),
        (["LABEL_0", "LABEL_2"], UNNAMED, (0, 2)),
        (["0", "3"], UNNAMED, (0, 3)),
        (["LABEL_1", "LABEL_0"], ["no", "yes"], (1, 0)),
    ],
)
def test_labels_find_their_classes(labels, names, classes):
    found = match(labels, names, {})
    assert (found.classes, found.foreign) == (classes, False)


def test_a_label_is_found_by_what_it_is_called():
    assert match(["0", "1"], ["positive", "negative"], SENTIMENT).classes == (1, 0)
    assert match(["0", "1"], ["yes", "no"], SENTIMENT).classes == (0, 1)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["fresh", "rotten"], ["negative", "positive"]),
        (["1", "2", "3", "4"], UNNAMED),  # counted from one: which is which is only likely
        (["1", "2"], ["no", "yes"]),
        (["no", "not"], ["never", "nobody"]),  # two letters, and two that begin so, say nothing
    ],
)
def test_foreign_names_are_taken_in_order_and_said_to_be(labels, names):
    assert match(labels, names, {}) == match(labels, names, {}).__class__(tuple(range(len(names))), foreign=True)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["fresh", "rotten"], ["negative", "neutral", "positive"]),
        (["0", "1"], ["negative", "neutral", "positive"]),  # 1 may be neutral or positive
        (["1", "2", "3"], UNNAMED),  # counted from zero or from one
        (["negative", "rotten"], ["negative", "positive"]),  # one is known, the other is not
        (["Yes", "yes"], ["no", "yes"]),
        (["a", "b", "c"], ["a", "b"]),
    ],
)
def test_what_does_not_fit_is_refused_with_both_lists(labels, names):
    with pytest.raises(DataError) as caught:
        match(labels, names, {})
    assert ", ".join(labels) in str(caught.value) and ", ".join(names) in str(caught.value)
    assert ("--labels" in str(caught.value)) == (len(labels) <= len(names))  # what is advised can be followed
    assert "--new-head" in str(caught.value)


def test_long_lists_are_cut_and_counted():
    with pytest.raises(
        DataError, match=r"150 labels \(l0, l1, .*, l11, ... \(150\)\) and the model 2 classes \(a, b\)"
    ):
        match([f"l{number}" for number in range(150)], ["a", "b"], {})


def test_what_is_said_comes_first():
    names = ["negative", "positive"]
    assert match(["fresh", "rotten"], names, {}, "fresh=positive, rotten=NEGATIVE").classes == (1, 0)
    assert match(["negative", "positive"], names, {}, "negative=positive,positive=negative").classes == (1, 0)
    assert match(["0", "1"], ["a", "b", "c"], {}, "0=2,1=LABEL_0").classes == (2, 0)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("fresh=positive", "--labels says nothing of 'rotten'; the labels: fresh, rotten"),
        ("fresh=good,rotten=negative", "the model has no class 'good'; its classes: negative, positive"),
        ("fresh=positive,rotten=positive", "--labels gives two labels the same class"),
        ("fresh", "--labels has 'fresh'; it needs label=class"),
        ("fresh=,rotten=negative", "--labels has 'fresh='; it needs label=class"),
    ],
)
def test_what_cannot_be_followed_says_why(said, words):
    with pytest.raises(ConfigError) as caught:
        match(["fresh", "rotten"], ["negative", "positive"], {}, said)
    assert words in str(caught.value)


def test_numbers_inside_labels_sort_as_numbers():
    assert sorted(["10 stars", "2 stars", "1 stars"], key=natural) == ["1 stars", "2 stars", "10 stars"]
    assert sorted(["x", "10", "2", "-1", "1.5"], key=natural) == ["-1", "1.5", "2", "10", "x"]
    assert sorted(["a-10", "a-2"], key=natural) == ["a-2", "a-10"]
    assert sorted(["b2a", "b10a", "a"], key=natural) == ["a", "b2a", "b10a"]


def test_folding_keeps_what_differs():
    assert fold("Top_Up") == fold("top up") == fold(" TOP-up ") and fold("1.0") == fold("1") == fold("01")
    assert len({fold(name) for name in ("a", "b", "1", "2", "-1", "", "-")}) == 7
    assert unnamed(["LABEL_0", "label_1"]) and not unnamed(["LABEL_0", "yes"])
