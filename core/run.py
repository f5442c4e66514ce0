"""From a Spec to its Result: load, compress step by step, evaluate, weigh, time, store. The only orchestration."""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from core import anatomy, latency, memory, models, size
from core.evaluate import Running, evaluate
from core.models import Loaded
from core.result import Result, Speed, here
from core.runtimes import pytorch
from core.spec import Spec, Step
from core.store import Store
from core.tables import DataError
from core.tasks import Feature, Origin, Task, known_data, load_task, without_examples
from core.techniques import TECHNIQUES, Context, State
from core.training import Progress


@dataclass(frozen=True)
class Event:
    """What a running experiment has to say: the stage, how far it is, and the running score while it evaluates."""

    stage: str  # load, importance, train, evaluate, size, speed, memory
    done: int = 0
    total: int = 0
    eta_s: float | None = None
    loss: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Timing:
    """Which latency to measure: batch x seq random tokens on so many threads; seq None: the validation batches."""

    batch: int = 1
    seq: int | None = 128
    threads: int = 1
    pairs: int = latency.PAIRS
    memory: bool = False  # the peak of a process too, which takes two fresh processes


@dataclass(frozen=True)
class Control:
    """How a run reports and how it is stopped."""

    on_event: Callable[[Event], None] = lambda event: None
    cancelled: Callable[[], bool] = lambda: False


def make_spec(model: str, origin: Origin, steps: Sequence[Step] = (), *, seed: int = 0, new_head: bool = False) -> Spec:
    """The Spec with the hashes of the model's files and of the task's examples. Raises ModelError, DataError."""
    source = models.resolve(model)
    if not new_head and not source.has_head:
        new_head = bool(steps) and TECHNIQUES[steps[0].technique].kind == "train"
    task = load_task(origin)
    return Spec(model, source.revision, task.name, task.data, tuple(steps), seed, new_head)


def recorded_spec(model: str, task: str, steps: Sequence[Step] = (), *, seed: int = 0) -> Spec | None:
    """The Spec of an official task without reading its examples, to look up what was recorded."""
    data = known_data(task)
    return Spec(model, models.resolve(model).revision, task, data, tuple(steps), seed) if data else None


def compress(spec: Spec, origin: Origin, store: Store, control: Control | None = None) -> State:
    """The model after all steps, with its masks; trained weights are kept in the store and found again."""
    control = control or Control()
    ready = prepare(spec, origin)
    state, done = _longest_stored(spec, ready, store)
    for index, step in enumerate(spec.steps[done:], done):
        technique = TECHNIQUES[step.technique]
        state = technique.apply(state, step.config, context_for(_prefix(spec, index), ready, store, control))
        if technique.kind == "train":
            store.save_state(_prefix(spec, index + 1).key, state)
    return state


def context_for(spec: Spec, ready: "Prepared", store: Store, control: Control) -> Context:
    """What a technique gets that is applied to the model of this Spec."""
    return Context(
        task=ready.task,
        seed=spec.seed,
        on_step=functools.partial(_report_training, control),
        on_progress=lambda stage, done, total: control.on_event(Event(stage, done, total)),
        cancelled=control.cancelled,
        remember=functools.partial(store.remember, spec.key),
    )


def run(
    spec: Spec, origin: Origin, store: Store, timing: Timing | None = None, control: Control | None = None
) -> Result:
    """The stored result, or a measured one; with `timing` a speed of this machine is measured if it is missing.

    The dense baseline of a Spec with steps is run first, since every figure is shown against it. Raises Cancelled.
    """
    control = control or Control()
    if spec.steps:
        run(spec.dense, origin, store, None, control)
    known = store.read(spec.key)
    if known and (timing is None or _timed(known, timing)):
        return known
    control.on_event(Event("load"))
    ready = prepare(spec, origin)
    limit = anatomy.max_tokens(ready.loaded.model)
    if timing is not None and timing.seq is not None and timing.seq > limit:
        raise models.ModelError(f"'{spec.model}' takes at most {limit} tokens, not {timing.seq}; choose fewer")
    state = compress(spec, origin, store, control)
    result = known or _evaluate_and_weigh(state, spec, ready, control)
    store.write(result)
    if timing is not None:
        result = result.with_speed(_speed(state, ready, timing, control))
        store.write(result)
    return result


def _timed(result: Result, timing: Timing) -> bool:
    speed = result.speed(here().machine, timing.batch, timing.seq, timing.threads)
    return speed is not None and (speed.peak_bytes is not None or not timing.memory)


@dataclass(frozen=True)
class Prepared:
    """A loaded model, its task and the encoded validation examples: shared, never to be changed."""

    loaded: Loaded
    task: Task
    features: tuple[Feature, ...]

    @property
    def state(self) -> State:
        """The model before any step."""
        return State(self.loaded.model, tokenizer=self.loaded.tokenizer)

    @property
    def pad(self) -> int:
        """The token that fills short rows."""
        return self.state.pad


def prepare(spec: Spec, origin: Origin) -> Prepared:
    """Load what a Spec needs; the last few are kept in memory. Raises ModelError, DataError."""
    return _prepare(spec.model, spec.revision, spec.data, origin, spec.new_head, spec.seed if spec.new_head else 0)


@functools.lru_cache(maxsize=3)
def _prepare(name: str, revision: str, data: str, origin: Origin, new_head: bool, seed: int) -> Prepared:
    source, task = models.resolve(name), load_task(origin)
    if source.revision != revision:
        raise models.ModelError(f"'{name}' has changed on disk since it was chosen; choose it again")
    if task.data != data:
        raise DataError(
            f"the examples of '{task.name}' are not those the experiment was made for; choose the task again"
        )
    loaded = models.load(source, labels=len(task.labels), new_head=new_head, seed=seed)
    return Prepared(loaded, task, tuple(task.encode(loaded.tokenizer, task.validation)))


def drawing_state(dense: Spec, origin: Origin, store: Store, control: Control) -> tuple[State, Context]:
    """What a model's pictures are drawn from; without the task's examples, its recorded scores have to do."""
    try:
        ready = prepare(dense, origin)
    except DataError:
        loaded = models.load(models.resolve(dense.model), labels=None)
        ready = Prepared(loaded, without_examples(dense.task, dense.data), ())
    return ready.state, context_for(dense, ready, store, control)


def warm_up(model: str, origin: Origin) -> None:
    """Load model, examples and tokens and run once, so that the first slider position is as quick as the next."""
    ready = prepare(make_spec(model, origin), origin)
    pytorch.runner(ready.loaded.model)(latency.random_input(1, 16, anatomy.vocabulary_size(ready.loaded.model)))


def _prefix(spec: Spec, count: int) -> Spec:
    return dataclasses.replace(spec, steps=spec.steps[:count])


def _longest_stored(spec: Spec, ready: Prepared, store: Store) -> tuple[State, int]:
    """The state after as many steps as there is a stored model for, and how many steps that is."""
    for count in range(len(spec.steps), 0, -1):
        if TECHNIQUES[spec.steps[count - 1].technique].kind == "train":
            state = store.load_state(_prefix(spec, count).key)
            if state is not None:
                return state, count
    return ready.state, 0


def _report_training(control: Control, progress: Progress) -> None:
    control.on_event(Event("train", progress.step, progress.steps, progress.eta_s, progress.loss))


def _evaluate_and_weigh(state: State, spec: Spec, ready: Prepared, control: Control) -> Result:
    def on_batch(running: Running) -> None:
        part = running.interval
        control.on_event(Event("evaluate", part.n, running.total, value=part.value, low=part.low, high=part.high))

    task, features = ready.task, ready.features
    if state.tokenizer is not ready.loaded.tokenizer:
        features = tuple(task.encode(state.tokenizer, task.validation))
    quality = evaluate(state.model, task, features, pad=state.pad, on_batch=on_batch, cancelled=control.cancelled)
    control.on_event(Event("size"))
    return Result(spec, quality, size.measure(state.model, _pruned_layers(spec)), facts=dict(state.facts))


def _pruned_layers(spec: Spec) -> str:
    """Which matrices the last pruning step chose from; the encoder's when there is none."""
    prunings = [step.config for step in spec.steps if TECHNIQUES[step.technique].kind == "prune"]
    return str(getattr(prunings[-1], "layers", "encoder")) if prunings else "encoder"


def _validation_batches(ready: Prepared, features: Sequence[Feature], pad: int, size: int) -> list[dict[str, Tensor]]:
    return [ready.task.collate(features[i : i + size], pad) for i in range(0, len(features), size)]


def _speed(state: State, ready: Prepared, timing: Timing, control: Control) -> Speed:
    dense, model, own = ready.loaded.model, state.model, None
    if timing.seq is None:
        inputs = _validation_batches(ready, ready.features, ready.pad, timing.batch)
        if state.tokenizer is not ready.loaded.tokenizer:  # the same sentences in the numbers of the other vocabulary
            features = ready.task.encode(state.tokenizer, ready.task.validation)
            own = _validation_batches(ready, features, state.pad, timing.batch)
    else:
        pieces = min(anatomy.vocabulary_size(dense), anatomy.vocabulary_size(model))
        inputs = [latency.random_input(timing.batch, timing.seq, pieces)] * timing.pairs
    speed = latency.measure(
        pytorch.runner(dense),
        pytorch.runner(model),
        inputs,
        own,
        runtime=pytorch.NAME,
        batch=timing.batch,
        seq=timing.seq,
        threads=timing.threads,
        on_pair=lambda done, total: control.on_event(Event("speed", done, total)),
        cancelled=control.cancelled,
    )
    if not timing.memory:
        return speed
    peaks = []
    for index, one in enumerate((state, ready.state)):
        control.on_event(Event("memory", index, 2))
        peaks.append(
            memory.peak_bytes(one.model, one.tokenizer, timing.batch, timing.seq or latency.SEQ, timing.threads)
        )
    return dataclasses.replace(speed, peak_bytes=peaks[0], dense_peak_bytes=peaks[1])
