"""Entities: each word of a sentence gets a tag, and what counts are whole spans with the right type.

Long sentences are read in windows that share words (stride); each word is answered where it has the most words around
it. The tag of a word is that of its first token, as usual for BERT (Devlin et al. 2019, 5.3).
"""

import bisect
import dataclasses
import functools
import hashlib
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.nn import functional

from core.errors import DataError
from core.labels import fold, natural
from core.metrics import EXACT, MICRO_F1, Sample
from core.models.head import TOKEN
from core.tasks.classification import renumbered
from core.tasks.spans import OUTSIDE, Span, decoded, encoded, parts_of, read, scheme, written
from core.tasks.tables import Row, Table
from core.tasks.task import LONG, Example, Feature, Outcome, Task
from core.tasks.texts import Parts, finite_logits, leading, led, padded, remarks

IGNORED = -100  # the target of tokens that are not the first one of their word, as torch's cross entropy has it
STRIDE = 4  # a window shares one of so many of its tokens with the next one
METRICS = (MICRO_F1, EXACT)
BY_SPANS = {"f1": MICRO_F1, "micro-f1": MICRO_F1, "exact match": EXACT}


@dataclass(frozen=True)
class Tagged(Example):
    """A sentence with its words and spans; its label are the numbers of their tags."""

    words: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Window(Feature):
    """Part of a sentence; its target are the tags of its tokens. own: the words that it answers for, and their first
    tokens."""

    own: tuple[tuple[int, int], ...] = ()


def entities(name: str, train: Table, validation: Table, asked: str = "", max_tokens: int = LONG) -> Task:
    """The task of two tables of sentences. Raises DataError without any name, ConfigError for another metric."""
    metrics = led(leading(asked, BY_SPANS, METRICS[0], "entities"), METRICS)
    types = sorted({span.type for row in (*train.rows, *validation.rows) for span in row.spans}, key=natural)
    if not types:
        raise DataError("'{name}' has no tag but O", name=name)
    labels = (OUTSIDE, *(f"{prefix}-{one}" for one in types for prefix in "BI"))
    parts = [tuple(_example(sentence, labels) for sentence in part.rows) for part in (train, validation)]
    problems, notes = remarks(train, validation)
    data = _content_hash((train, validation))
    return _task(Parts(name, data, labels, parts[0], parts[1], problems, notes, metrics=metrics, max_tokens=max_tokens))


def without_examples(name: str, data: str, max_tokens: int) -> Task:
    """The task without its sentences, for what was recorded of it."""
    return _task(Parts(name, data, metrics=METRICS, max_tokens=max_tokens))


def _example(sentence: Row, labels: Sequence[str]) -> Tagged:
    number = {label: index for index, label in enumerate(labels)}
    tags = encoded(sentence.spans, len(sentence.words), scheme(labels))
    inside = {f"B-{one}": f"I-{one}" for one in _types(labels)}  # where a model has no tag for a beginning, as in IOB1
    found = tuple(number[tag if tag in number else inside[tag]] for tag in tags)
    return Tagged(sentence.text, found, sentence.kind, words=sentence.words, spans=sentence.spans)


def _types(labels: Sequence[str]) -> list[str]:
    """The types of these tags, each once."""
    return list(dict.fromkeys(parts_of(label)[1] for label in labels if label != OUTSIDE))


def _content_hash(parts: Sequence[Table]) -> str:
    """16 hex digits that stand for the sentences, in order, whichever tags write their spans."""
    total = hashlib.sha256()
    for part in parts:
        rows = [[one.words, written(one.spans), one.kind] for one in part.rows]
        total.update(json.dumps(rows, ensure_ascii=False).encode())
    return total.hexdigest()[:16]


def _task(parts: Parts) -> Task:
    labels = parts.labels
    return Task(
        **parts.fields,
        encode=encode,
        collate=collate,
        loss=loss,
        outcomes=functools.partial(outcomes, labels),
        right=_right,
        head=TOKEN,
        in_classes=functools.partial(_in_classes, parts),
        fitted=functools.partial(_fitted, parts),
        joined=joined,
        named=named,
        kinds=by_type,
    )


def _right(example: Example) -> str:
    assert isinstance(example, Tagged)
    return written(example.spans)


def _fitted(parts: Parts, names: Sequence[str]) -> Task:
    """The task without tags for the beginning of a span, of the types for which a model of these classes has none."""
    there = {fold(name) for name in names}
    gone = {f"B-{one}" for one in _types(parts.labels) if fold(f"B-{one}") not in there and fold(f"I-{one}") in there}
    return _with_labels(parts, tuple(label for label in parts.labels if label not in gone))


def _in_classes(parts: Parts, classes: Sequence[int], names: Sequence[str]) -> Task:
    """The task in a model's tags, and in its scheme, where that marks the ends of spans."""
    return _with_labels(parts, renumbered(parts.labels, classes, names))


def _with_labels(parts: Parts, labels: tuple[str, ...]) -> Task:
    def moved(example: Example) -> Tagged:
        assert isinstance(example, Tagged)
        row = Row(example.text, "", example.kind, words=example.words, spans=example.spans)
        return _example(row, labels)

    both = [tuple(map(moved, part)) for part in (parts.train, parts.validation)]
    return _task(dataclasses.replace(parts, labels=labels, train=both[0], validation=both[1]))


def encode(tokenizer: Any, found: Sequence[Example], most: int) -> list[Feature]:
    """Windows of at most `most` tokens; every word is answered in one of them."""
    if not found:
        return []
    rows = tokenizer(
        [example.text for example in found],
        truncation=True,
        max_length=most,
        stride=max(0, (most - 2) // STRIDE),
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    of = rows["overflow_to_sample_mapping"]
    features: list[Feature] = []
    for index, group in itertools.groupby(range(len(of)), key=of.__getitem__):
        example, windows = found[index], list(group)
        begins = _begins(example)
        firsts = [_firsts(begins, rows["offset_mapping"][row]) for row in windows]
        for part, (row, own) in enumerate(zip(windows, _shared_out(firsts), strict=True)):
            ids = rows["input_ids"][row]
            target = [IGNORED] * len(ids)
            for word, token in firsts[part].items():
                target[token] = example.label[word]
            features.append(Window(tuple(ids), index, tuple(target), False, (), part, tuple(own)))
    return features


def _begins(example: Example) -> list[int]:
    """Where each word begins in the text."""
    assert isinstance(example, Tagged)
    return list(itertools.accumulate((len(word) + 1 for word in example.words[:-1]), initial=0))


def _firsts(begins: Sequence[int], offsets: Sequence[tuple[int, int]]) -> dict[int, int]:
    """The first token of each word whose beginning is in a window. offsets: of its tokens in the text."""
    found: dict[int, int] = {}
    for token, (start, end) in enumerate(offsets):
        word = bisect.bisect_right(begins, start) - 1
        if end > start and word not in found and start == begins[word]:
            found[word] = token
    return found


def _shared_out(firsts: Sequence[Mapping[int, int]]) -> list[list[tuple[int, int]]]:
    """For each window the words that it answers for and their first tokens: each word where it is farthest from an
    edge at which the text goes on."""
    chosen: dict[int, tuple[int, int]] = {}
    for window, words in enumerate(firsts):
        last = max(words.values(), default=0)
        for word, token in words.items():
            room = last - token if window == 0 else min(token, last - token)
            if word not in chosen or room > chosen[word][1]:
                chosen[word] = (window, room)
    return [[one for one in words.items() if chosen[one[0]][0] == window] for window, words in enumerate(firsts)]


def collate(features: Sequence[Feature], pad: int) -> dict[str, Tensor]:
    """Padded input_ids, attention_mask and labels, (batch, tokens) each."""
    return {
        "input_ids": padded((f.ids for f in features), pad),
        "attention_mask": padded(([1] * len(f.ids) for f in features), 0),
        "labels": padded((f.target for f in features), IGNORED),
    }


def loss(output: Any, batch: dict[str, Tensor]) -> Tensor:
    """Mean cross entropy over words in nats."""
    return functional.cross_entropy(output.logits.float().transpose(1, 2), batch["labels"], ignore_index=IGNORED)


def outcomes(
    labels: tuple[str, ...], output: Any, batch: dict[str, Tensor], features: Sequence[Feature]
) -> list[Outcome]:
    """The tags of the words that each window answers for, and the sum of their cross entropies; `joined` has the rest.

    confidence: how many words these are.
    """
    logits = finite_logits(output)
    costs = functional.cross_entropy(
        logits.transpose(1, 2), batch["labels"], ignore_index=IGNORED, reduction="none"
    ).tolist()
    shares, best = logits.softmax(-1).topk(2)
    margins = (shares[..., 0] - shares[..., 1]).tolist()
    tags = best[..., 0].tolist()
    found = []
    for row, feature in enumerate(features):
        assert isinstance(feature, Window)
        said = [labels[tags[row][token]] for _, token in feature.own]
        true = [labels[feature.target[token]] for _, token in feature.own]
        answer = "\n".join(f"{word} {tag}" for (word, _), tag in zip(feature.own, said, strict=True))
        cost = math.fsum(costs[row][token] for _, token in feature.own)
        margin = min((margins[row][token] for _, token in feature.own), default=1.0)
        right = float(decoded(said) == decoded(true))
        found.append(Outcome(feature.example, answer, right, cost, float(len(said)), margin, feature.part))
    return found


def joined(parts: Sequence[Outcome]) -> Outcome:
    """The spans of a sentence from the tags of its windows; score: are all of them right? loss: the mean over words."""
    if not all(math.isfinite(part.loss) for part in parts):
        return next(part for part in parts if not math.isfinite(part.loss))
    rows = [row.split(" ", 1) for part in parts for row in part.answer.split("\n") if row]
    tags = {int(word): tag for word, tag in rows}
    answer = written(decoded([tags.get(word, OUTSIDE) for word in range(max(tags, default=-1) + 1)]))
    cost = math.fsum(part.loss for part in parts) / max(1, len(rows))
    return Outcome(parts[0].example, answer, min(part.score for part in parts), cost, float(len(rows)))


def named(example: Example, answer: str) -> list[tuple[str, str]]:
    """The words of each span of an answer, with its type."""
    assert isinstance(example, Tagged)
    return [(" ".join(example.words[span.first : span.last + 1]), span.type) for span in read(answer)]


def by_type(examples: Sequence[Example], sample: Sample) -> dict[str, Sample]:
    """For each type of entity the sample with the spans of that type only."""
    types = sorted({span.type for answer in (*sample.truths, *sample.answers) for span in read(answer)})
    return {one: Sample(sample.scores, _only(one, sample.answers), _only(one, sample.truths)) for one in types}


def _only(type_: str, answers: Sequence[str]) -> tuple[str, ...]:
    return tuple(written(span for span in read(answer) if span.type == type_) for answer in answers)
