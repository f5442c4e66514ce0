"""Tagging words as a Task: a label for each token, a fractional score, an example that holds several answers."""

from dataclasses import dataclass
from types import SimpleNamespace

import torch
import transformers
from torch.nn import functional

from core.models.head import TOKEN
from core.tasks.task import Example, Feature, Outcome, Task, TaskEntry, content_hash
from tests.support import tiny

LABELS = ("O", "praise", "blame")
IGNORED = -100  # of tokens that are no words, as torch's cross entropy leaves them out


@dataclass(frozen=True)
class Tagged(Example):
    """A sentence with the number of a label for each of its words."""

    tags: tuple[int, ...] = ()


@dataclass(frozen=True)
class Tags(Feature):
    """The label of each token, IGNORED for [CLS] and [SEP]."""

    tags: tuple[int, ...] = ()


def examples(count, seed):
    """Sentences whose words of GOOD are praise and of BAD blame."""
    words = [text.split() for text, _ in tiny.sentences(count, seed)]
    return tuple(
        Tagged(" ".join(row), 0, tags=tuple((w in tiny.GOOD) + 2 * (w in tiny.BAD) for w in row)) for row in words
    )


def encode(tokenizer, found, most):
    rows = tokenizer([e.text for e in found])["input_ids"]  # a token a word
    tags = [(IGNORED, *e.tags, IGNORED) for e in found]
    return [Tags(tuple(ids), i, 0, tags=row) for i, (ids, row) in enumerate(zip(rows, tags, strict=True))]


def collate(features, pad):
    width = max(len(f.ids) for f in features)

    def padded(rows, value):
        return torch.tensor([[*row, *[value] * (width - len(row))] for row in rows])

    return {
        "input_ids": padded([f.ids for f in features], pad),
        "attention_mask": padded([[1] * len(f.ids) for f in features], 0),
        "tags": padded([f.tags for f in features], IGNORED),
    }


def loss(output, batch):
    return functional.cross_entropy(output.logits.float().transpose(1, 2), batch["tags"], ignore_index=IGNORED)


def outcomes(output, batch, features):
    """The share of the words that are right."""
    found = []
    for row, feature in enumerate(features):
        one = {"tags": batch["tags"][row : row + 1]}
        logits = output.logits[row : row + 1].float()
        words = [place for place, tag in enumerate(feature.tags) if tag != IGNORED]
        said = [int(logits[0, place].argmax()) for place in words]
        score = sum(tag == feature.tags[place] for tag, place in zip(said, words, strict=True)) / len(words)
        cost = loss(SimpleNamespace(logits=logits), one).item()
        found.append(Outcome(feature.example, " ".join(LABELS[tag] for tag in said), score, cost, 1.0))
    return found


def right(example):
    return " ".join(LABELS[tag] for tag in example.tags)


def read(origin):
    """The task; where it comes from does not matter."""
    train, validation = examples(150, 0), examples(40, 1)
    return Task(
        name="tags",
        data=content_hash((train, validation)),
        metrics=("mean F1",),
        labels=LABELS,
        train=train,
        validation=validation,
        problems=(),
        encode=encode,
        collate=collate,
        loss=loss,
        outcomes=outcomes,
        right=right,
        head=TOKEN,
    )


ENTRY = TaskEntry("tags", read, lambda: read(None))


def model():
    """A BERT with a label for each token, of random weights."""
    config = transformers.BertConfig(**tiny.SHAPE, num_labels=len(LABELS))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return transformers.BertForTokenClassification(config).eval()
