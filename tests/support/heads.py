"""A tiny model and table of each kind of head that Bonsai takes, besides the one-sentence classifier."""

import functools
import json

import torch
import transformers

from core.tasks.task import Origin
from tests.support import tiny, tiny_qa, tiny_squad

ANSWERS = ("cold", "warm", "dull")  # in another order than the alphabet
TAGS = ("O", "B-BAD", "I-BAD", "B-GOOD", "I-GOOD")
KINDS = ("pair", "regression", "multi-label", "token")
EVERY = (*KINDS, "span")


def pairs(path, count=60):
    """A table of two texts and a label: is the second like the first?"""
    texts = [text for text, _ in tiny.sentences(2 * count)]
    rows = [f"{texts[2 * i]}\t{texts[2 * i + i % 2]}\t{('entailment', 'other')[i % 2]}" for i in range(count)]
    path.with_suffix(".tsv").write_text("\n".join(["sentence1\tsentence2\tlabel", *rows]))
    return Origin(str(path.with_suffix(".tsv")))


def numbers(path, count=120, digits=2):
    """Sentences whose number counts their words, and more for good ones."""
    found = tiny.sentences(count)
    lines = [f"{text}\t{len(text.split()) / 4 + 2 * int(label):.{digits}f}" for text, label in found]
    path.with_suffix(".tsv").write_text("\n".join(["sentence\tscore", *lines]))
    return Origin(str(path.with_suffix(".tsv")))


def several(count=60):
    """Texts and the labels whose words they hold; one in three has none."""
    found = []
    for number in range(count):
        labels = [name for place, name in enumerate(ANSWERS) if number % 3 and (number >> (place + 1)) & 1]
        found.append((f"the film {' '.join(labels)} was it number {number}", labels))
    return found


def lists(path, found):
    """Texts with lists of labels."""
    lines = (json.dumps({"text": text, "labels": labels}) + "\n" for text, labels in found)
    path.with_suffix(".jsonl").write_text("".join(lines))
    return Origin(str(path.with_suffix(".jsonl")))


def tagged(count=80, seed=0):
    """Words and tags: runs of good and of bad words are the entities."""
    found = []
    for text, _ in tiny.sentences(count, seed):
        words = text.split()
        kinds = ["GOOD" if w in tiny.GOOD else "BAD" if w in tiny.BAD else "" for w in words]
        tags = [
            "O" if not kind else f"{'I' if place and kinds[place - 1] == kind else 'B'}-{kind}"
            for place, kind in enumerate(kinds)
        ]
        found.append((words, tags))
    return found


def conll(path, found):
    """Words with tags, a line each."""
    text = "\n".join("".join(f"{w} {t}\n" for w, t in zip(*one, strict=True)) for one in found)
    path.with_suffix(".conll").write_text(text)
    return Origin(str(path.with_suffix(".conll")))


def table(kind, path):
    """The table of a kind of head."""
    made = {
        "pair": pairs,
        "regression": numbers,
        "multi-label": lambda place: lists(place, several()),
        "token": lambda place: conll(place, tagged()),
        "span": lambda place: Origin(str(tiny_squad.write(place.with_suffix(".json"), tiny_squad.articles(40)))),
    }
    return made[kind](path)


@functools.cache
def model(kind, names=()):
    """The model of a kind of head, of random weights that are large enough for its answers to differ."""
    if kind == "span":
        return tiny_qa.model()
    labels = names or {"pair": ("entailment", "other"), "regression": (), "multi-label": ANSWERS, "token": TAGS}[kind]
    named = {"id2label": dict(enumerate(labels))} if labels else {}
    problem = {"problem_type": "multi_label_classification"} if kind == "multi-label" else {}
    config = transformers.BertConfig(
        **tiny.SHAPE, num_labels=len(labels) or 1, initializer_range=0.3, **named, **problem
    )
    token = transformers.BertForTokenClassification
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return (token if kind == "token" else transformers.BertForSequenceClassification)(config).eval()
