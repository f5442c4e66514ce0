"""One's own text, asked of a model and of what compression left of it."""

import functools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from core.engine.prepare import Prepared, prepare
from core.engine.run import compress
from core.engine.store import Store
from core.errors import ConfigError, DataError
from core.models.head import REGRESSION, SEQUENCE, SPAN
from core.runtimes import pytorch
from core.runtimes.runtime import Session
from core.spec import TORCH, Spec
from core.tasks import reading
from core.tasks.questions import Question
from core.tasks.task import Example, Origin, Task
from core.techniques import TECHNIQUES
from core.techniques.technique import State

HEADS = (SEQUENCE, REGRESSION, SPAN)  # what an answer to a single text can be
MOST = 10_000  # characters of a text
TIMES = 3  # runs, after one that is not counted
APART = 1.5  # from where two runs of the same take so different times that neither says anything
AT_WORK = 0.8  # seconds of a processor for each second, below which others had it
KEPT = 6  # models in memory


@dataclass(frozen=True)
class Reply:
    """answer: as results have it. sure: 0..1. shares: of each label its probability, () where answers are no classes.

    ms: median of a few runs in PyTorch in fp32; steady: were they alike, and the process at work all the time? Else the
    machine was busy. tokens: that were read, all windows together. cut: were there more? unknown: how many of
    them stand for what the model's vocabulary has no piece of, such as another script.
    """

    answer: str
    sure: float
    shares: tuple[tuple[str, float], ...]
    ms: float
    tokens: int
    cut: bool
    steady: bool = True
    unknown: int = 0


def require(task: Task, texts: Sequence[str]) -> None:
    """Raise a UserError where there is nothing to ask, or no single answer to it."""
    if task.head not in HEADS:
        raise DataError(
            "'{task}' has no single answer to a text; choose a task of classes, numbers or questions", task=task.name
        )
    if task.head is SPAN and len(texts) > 1 and texts[1].strip() and not texts[0].strip():
        raise ConfigError("the question is missing; write what the passage is to answer")
    if not texts or not all(text.strip() for text in texts):
        raise ConfigError("there is nothing to read yet; write a text")
    if task.head is SPAN and len(texts) < 2:
        raise ConfigError("a question needs the passage that answers it")


@functools.lru_cache(maxsize=KEPT)
def model_of(spec: Spec, origin: Origin, store: Store) -> State:
    """The model after all steps as PyTorch runs it, in memory. Raises ConfigError where it was trained elsewhere."""
    trained = [one.technique for one in spec.steps if TECHNIQUES[one.technique].kind == "train"]
    if trained and not store.has_state(spec.key):
        raise ConfigError(
            "the weights that '{technique}' trained are not on this machine; train them in the Lab",
            technique=trained[0],
        )
    state = compress(replace(spec, runtime=TORCH), origin, store)
    return replace(state, model=pytorch.realised(state.model, state.precision))


def ask(spec: Spec, origin: Origin, store: Store, texts: Sequence[str]) -> Reply:
    """What the model of a Spec answers, in PyTorch; of a longer text MOST characters are read. Raises UserError."""
    ready = prepare(spec.dense, origin)
    require(ready.task, texts)
    state = model_of(spec, origin, store)
    return asked(pytorch.session(state.model, exact=True), state, ready, texts)


def asked(session: Session, state: State, ready: Prepared, texts: Sequence[str], times: int = TIMES) -> Reply:
    """What a session of the state's model answers to the texts; times: runs after the first one, for its time."""
    task = ready.task
    short = [text[:MOST] for text in texts]
    features = task.features(state.tokenizer, [example_of(task, short)])
    inputs = task.collate(features, state.pad)
    spent, worked = [], []
    for _ in range(times + 1):
        began, before = time.perf_counter(), time.process_time()
        output = session.run(inputs)
        spent.append(1000 * (time.perf_counter() - began))
        worked.append(1000 * (time.process_time() - before))
    whole = task.joined(task.outcomes(output, inputs, features))
    sure, shares = whole.confidence, tuple[tuple[str, float], ...]()
    if task.head is SPAN:  # whose confidence is a sum of logits
        sure = reading.certainty(output, inputs, features, task.null_threshold is not None)
    if task.head is SEQUENCE:
        shares = tuple(zip(task.labels, output.logits[0].float().softmax(-1).tolist(), strict=True))
    cut = short != list(texts) or any(feature.cut for feature in features)
    ids = [one for feature in features for one in feature.ids]
    unknown = ids.count(state.tokenizer.unk_token_id)
    timed = spent[1:] or spent
    # a process that waited for a processor was slow each time, and alike
    steady = max(timed) < APART * min(timed) and sum(worked[1:] or worked) > AT_WORK * sum(timed)
    return Reply(whole.answer, sure, shares, median(timed), len(ids), cut, steady, unknown)


def example_of(task: Task, texts: Sequence[str]) -> Example:
    """The texts as an example of the task, with whichever answer: it is not scored."""
    if task.head is SPAN:
        return Question(texts[0], (), "", texts[1])
    return Example(texts[0], 0.0 if task.head is REGRESSION else 0, "", texts[1] if len(texts) > 1 else "")
