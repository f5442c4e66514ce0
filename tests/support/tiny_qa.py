"""Extractive question answering as a Task: several windows an example, a confidence, fractional F1 scores."""

import collections
from dataclasses import dataclass

import torch
import transformers
from torch.nn import functional

from core.models.head import SPAN
from core.tasks.task import Example, Feature, Outcome, Task
from tests.support.tiny import FILLING, GOOD, SHAPE

WIDTH, STRIDE = 12, 4


@dataclass(frozen=True)
class Question(Example):
    """text is the question; the answer is a part of the context, named by its place in it."""

    context: str = ""
    start: int = 0
    end: int = 0

    @property
    def texts(self):
        return self.text, self.context


@dataclass(frozen=True)
class Window(Feature):
    """A part of a context: target is the first token of the answer, `end` its last; 0 where it is elsewhere."""

    spans: tuple[tuple[int, int], ...] = ()
    end: int = 0
    context: str = ""
    answer: str = ""


def encode(tokens, examples, most):
    """Windows of WIDTH tokens over each context, STRIDE of them shared by neighbours."""
    found = []
    for index, e in enumerate(examples):
        rows = tokens(
            e.text,
            e.context,
            truncation="only_second",
            max_length=WIDTH,
            stride=STRIDE,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        for ids, types, spans in zip(rows["input_ids"], rows["token_type_ids"], rows["offset_mapping"], strict=True):
            inside = [i for i, (t, (a, b)) in enumerate(zip(types, spans, strict=True)) if t and b > a]
            first = next((i for i in inside if spans[i][0] == e.start), 0)
            last = next((i for i in inside if spans[i][1] == e.end), 0)
            target, end = (first, last) if first and last else (0, 0)
            answer = e.context[e.start : e.end]
            found.append(
                Window(tuple(ids), index, target, False, tuple(types), 0, tuple(spans), end, e.context, answer)
            )
    return found


def collate(features, pad):
    """What the model reads, token types included, and the two targets."""
    width = max(len(f.ids) for f in features)

    def padded(rows, value):
        return torch.tensor([[*row, *[value] * (width - len(row))] for row in rows])

    return {
        "input_ids": padded([f.ids for f in features], pad),
        "token_type_ids": padded([f.types for f in features], 0),
        "attention_mask": padded([[1] * len(f.ids) for f in features], 0),
        "starts": torch.tensor([f.target for f in features]),
        "ends": torch.tensor([f.end for f in features]),
    }


def loss(output, batch):
    """Mean of the two cross entropies."""
    start, end = output.start_logits.float(), output.end_logits.float()
    return (functional.cross_entropy(start, batch["starts"]) + functional.cross_entropy(end, batch["ends"])) / 2


def outcomes(output, batch, features):
    """The most probable span of each window."""
    found = []
    for row, window in enumerate(features):
        start, end = (x[row, : len(window.ids)].float() for x in (output.start_logits, output.end_logits))
        start, end = start.log_softmax(-1), end.log_softmax(-1)
        inside = [i for i, t in enumerate(window.types) if t and window.spans[i][1] > window.spans[i][0]]
        sure, i, j = max((float(start[i] + end[j]), i, j) for i in inside for j in inside if i <= j)
        answer = window.context[window.spans[i][0] : window.spans[j][1]]
        cost = -(float(start[window.target]) + float(end[window.end])) / 2
        found.append(Outcome(window.example, answer, f1(answer, window.answer), cost, torch.tensor(sure).exp().item()))
    return found


def f1(answer, truth):
    """Harmonic mean of precision and recall over words (Rajpurkar et al. 2016)."""
    ours, theirs = answer.split(), truth.split()
    same = sum((collections.Counter(ours) & collections.Counter(theirs)).values())
    return 2 * same / (len(ours) + len(theirs)) if same else 0.0


def examples(count=24):
    """Contexts of 20 to 30 words whose answer is the run of words from a word of GOOD on."""
    order, found = torch.Generator().manual_seed(0), []
    for index in range(count):
        draws = torch.randint(len(FILLING), (20 + index % 11,), generator=order).tolist()
        words = [FILLING[d] for d in draws]
        place = int(torch.randint(len(words) - 4, (1,), generator=order))
        words[place] = GOOD[index % len(GOOD)]
        start = sum(len(w) + 1 for w in words[:place])
        end = start + len(" ".join(words[place : place + 3]))
        kind = "short" if index % 2 else "long"
        found.append(Question("this is good", 0, kind, context=" ".join(words), start=start, end=end))
    return tuple(found)


def right(question):
    """The words of the answer."""
    return question.context[question.start : question.end]


def task():
    """The task with the same examples to train and to validate on."""
    return Task(
        "qa", "0" * 16, ("mean F1",), (), examples(), examples(), (), encode, collate, loss, outcomes, right, SPAN
    )


def model(**changes):
    """A BERT for question answering whose random weights are large enough to prefer some spans."""
    config = transformers.BertConfig(**{**SHAPE, **changes}, initializer_range=0.4)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return transformers.BertForQuestionAnswering(config).eval()
