"""From a Spec to its Result: load, compress step by step, evaluate, weigh, time, store. The only orchestration."""

import contextlib
import dataclasses
import functools
from collections.abc import Sequence

from core import runtimes
from core.control import Control, Event, Timing
from core.engine import floor, latency, measure
from core.engine.facts import facts_of
from core.engine.measure import Realised
from core.engine.prepare import Prepared, classes_of, prepare, written
from core.engine.store import Store
from core.engine.untrained import told_shape
from core.environment import here
from core.errors import ConfigError, DataError, ModelError
from core.metrics import ACCURACY
from core.models import dimensions, encoder, find
from core.models.load import load
from core.models.macs import outline
from core.result import Result
from core.runtimes import pytorch
from core.runtimes.precision import FP32
from core.spec import TORCH, Spec, Step
from core.tasks import TASKS, is_here, known_data, load_task
from core.tasks.task import Origin, Task
from core.techniques import TECHNIQUES, precision_of
from core.techniques.operations import require_examples
from core.techniques.technique import Context, Start, State
from core.training.loop import Progress

LEAST_TOKENS = 8  # of a pair with its three special tokens


def make_spec(
    model: str,
    origin: Origin,
    steps: Sequence[Step] = (),
    *,
    seed: int = 0,
    new_head: bool = False,
    runtime: str = TORCH,
    max_tokens: int = 0,
) -> Spec:
    """The Spec with the hashes of the model's files and of the task's examples.

    max_tokens: where longer texts are cut; 0 is the task's own limit, or all that the model has positions for. Raises
    ModelError, DataError, and ConfigError for steps in an order, or a precision in a runtime, that do not exist.
    """
    check(steps, runtime)
    source, task = find.resolve(model), load_task(origin)
    if not new_head and source.head != task.head.name:
        new_head = bool(steps) and TECHNIQUES[steps[0].technique].kind == "train"
    classes = ""
    if not new_head and source.head == task.head.name and task.in_classes is not None:
        found = classes_of(source, task, origin.labels)
        classes = written(found.classes, len(find.class_names(source)))
    spec = Spec(model, source.revision, task.name, task.data, tuple(steps), seed, new_head, runtime, classes)
    return _told(spec, task, max_tokens)


def _told(spec: Spec, task: Task, max_tokens: int = 0) -> Spec:
    """The Spec with what the task says of length, metric and threshold. Raises ConfigError."""
    limit, metric = _limit(spec, max_tokens, task.max_tokens), "" if task.metric == ACCURACY else task.metric
    return dataclasses.replace(spec, max_tokens=limit, metric=metric, null_threshold=task.null_threshold or 0.0)


def _limit(spec: Spec, asked: int, usual: int) -> int:
    """Where texts are cut: what was asked for, else what is usual or all that the model has positions for."""
    most = outline(spec).longest
    if 0 < asked < LEAST_TOKENS:
        raise ConfigError(
            "max-tokens={max_tokens} leaves no words of a text; it needs {least} or more",
            max_tokens=asked,
            least=LEAST_TOKENS,
        )
    if asked > most:
        raise ConfigError(
            "max-tokens={max_tokens} is more than the {most} that '{model}' has positions for",
            max_tokens=asked,
            most=most,
            model=spec.model,
        )
    return min(asked or usual, most)


def check(steps: Sequence[Step], runtime: str) -> None:
    """Raise ConfigError, or ModelError where the runtime is not installed, unless these steps can be done in it."""
    check_order(steps)
    runtimes.check(runtime, precision_of(steps))


def check_order(steps: Sequence[Step]) -> None:
    """Raise ConfigError where a step follows one that nothing can follow."""
    for step, after in zip(steps, steps[1:], strict=False):
        if TECHNIQUES[step.technique].kind == "quantize":
            name = step.technique
            raise ConfigError(
                "{name} has to be the last step: nothing can follow it; put {technique} before it",
                name=name,
                technique=after.technique,
            )


def require(spec: Spec, task: Task, store: Store) -> None:
    """Raise a UserError where one of the steps that are still to do cannot be done with that model and task, before
    anything is computed."""
    start = Start(task, outline(spec), spec.new_head)
    done = next((count for count in _trained(spec) if store.has_state(_prefix(spec, count).key)), 0)
    for step in spec.steps[done:]:
        technique = TECHNIQUES[step.technique]
        if technique.kind == "train":
            require_examples(technique.name, task)
        technique.require(step.config, start)


def recorded_spec(model: str, task: str, steps: Sequence[Step] = (), *, seed: int = 0) -> Spec | None:
    """The Spec of an official task without reading its examples, to look up what was recorded."""
    if not known_data(task):
        return None
    bare = TASKS[task].bare()
    return _told(Spec(model, find.resolve(model).revision, task, bare.data, tuple(steps), seed), bare)


def compress(spec: Spec, origin: Origin, store: Store, control: Control | None = None, *, trains: bool = True) -> State:
    """The model after all steps, with its masks; trained weights are kept in the store and found again.

    trains: False leaves out the trainings whose weights are not stored, and says so in the state.
    """
    control = control or Control()
    ready = prepare(spec, origin)
    if trains:
        require(spec, ready.task, store)
    state, done = _longest_stored(spec, ready, store)
    for index, step in enumerate(spec.steps[done:], done):
        technique, context = TECHNIQUES[step.technique], context_for(_prefix(spec, index), ready, store, control)
        if technique.kind != "train" or not trains:
            state = technique.apply(state, step.config, dataclasses.replace(context, trains=trains))
            state = dataclasses.replace(state, untrained=state.untrained or technique.kind == "train")
            continue
        key = _prefix(spec, index + 1).key
        state = technique.apply(state, step.config, dataclasses.replace(context, checkpoint=store.checkpoint(key)))
        store.save_state(key, state)
    return state


def compress_for_times(spec: Spec, origin: Origin, store: Store, control: Control) -> State:
    """The model after all steps as far as its times are concerned, which depend on its shape and on no weight.

    What was not trained here is not trained for that, unless a later step's shape depends on what is learnt and the
    result, which is known, does not say it.
    """
    if (stand_in := told_shape(spec, _prefix(spec, 1), origin, store)) is not None:
        return stand_in
    techniques = [TECHNIQUES[step.technique] for step in spec.steps]
    first = next((place for place, one in enumerate(techniques) if one.kind == "train"), len(techniques))
    return compress(spec, origin, store, control, trains=any(one.shaped_by_weights for one in techniques[first:]))


def context_for(spec: Spec, ready: Prepared, store: Store, control: Control) -> Context:
    """What a technique gets that is applied to the model of this Spec."""
    return Context(
        task=ready.task,
        seed=spec.seed,
        on_step=functools.partial(_report_training, control),
        on_progress=lambda stage, done, total: control.on_event(Event(stage, done, total)),
        cancelled=control.cancelled,
        remember=functools.partial(store.remember, scores_key(spec)),
        remember_dense=functools.partial(store.remember, scores_key(spec.dense)),
        recall=functools.partial(store.recall, scores_key(spec)),
        dense=ready.state,
    )


def scores_key(spec: Spec) -> str:
    """Under which it is remembered what techniques and pictures have computed of the model of a Spec."""
    return _prefix(spec, len(spec.steps)).key


def run(
    spec: Spec,
    origin: Origin,
    store: Store,
    timing: Timing | None = None,
    control: Control | None = None,
    *,
    baseline: bool = True,
) -> Result:
    """The stored result, or a measured one; with `timing` a speed of this machine is measured if it is missing or is
    asked for again.

    The dense baseline of a Spec is run first, in PyTorch and in its own runtime, since every figure is shown against
    it; without `baseline` somebody else sees to that. Raises Cancelled.
    """
    control = control or Control()
    before = spec.dense if spec == spec.baseline else spec.baseline
    if spec.steps and store.read(spec.key) is None:
        require(spec, load_task(origin), store)
    if baseline and spec != before:
        run(before, origin, store, None, control)
    known = store.read(spec.key)
    if known and (timing is None or _timed(known, timing)):
        return known
    control.on_event(Event("load"))
    ready = prepare(spec, origin)
    if timing is not None:
        _check_timing(timing, spec, dimensions.max_tokens(ready.loaded.model))
    state = (compress_for_times if known else compress)(spec, origin, store, control)
    realised = measure.realise(state, spec, ready, store, control)
    result = known or _evaluate_and_weigh(realised, spec, ready, control)
    store.write(result)
    if spec == spec.dense:
        floor.keep(ready.task, store)
    if timing is not None:
        for speed in measure.speeds(realised, spec, ready, store, timing, control):
            result = result.with_speed(speed)
        store.write(result)
    return result


def _check_timing(timing: Timing, spec: Spec, most_tokens: int) -> None:
    """Raise ModelError where a sentence would be too long, ConfigError where the peak of memory is not measured."""
    if timing.seq is not None and timing.seq > most_tokens:
        raise ModelError(
            "'{model}' takes at most {limit} tokens, not {seq}; choose fewer",
            model=spec.model,
            limit=most_tokens,
            seq=timing.seq,
        )
    if timing.memory and spec.runtime in runtimes.from_files():
        able = [name for name in runtimes.RUNTIMES if name not in runtimes.from_files()]
        raise ConfigError(
            "peak memory is measured in {names} only, not in {runtime}", names=", ".join(able), runtime=spec.runtime
        )
    if timing.memory and precision_of(spec.steps) != FP32:
        raise ConfigError("peak memory is measured in fp32 only, not in {precision}", precision=spec.precision)


def _evaluate_and_weigh(realised: Realised, spec: Spec, ready: Prepared, control: Control) -> Result:
    quality = measure.quality(realised, ready, control)
    facts = facts_of(realised.state, ready)
    return Result(spec, quality, measure.weigh(realised, spec, control), facts=facts)


def _timed(result: Result, timing: Timing) -> bool:
    speed = result.speed(here().machine, timing.batch, timing.seq, timing.threads)
    return speed is not None and not timing.again and (speed.peak_bytes is not None or not timing.memory)


def drawing_state(dense: Spec, origin: Origin, store: Store, control: Control) -> tuple[State, Context]:
    """What a model's pictures are drawn from; without the task's examples, its recorded scores have to do."""
    ready = None
    if is_here(origin):  # else the hub would be asked for each picture
        with contextlib.suppress(DataError):
            ready = prepare(dense, origin)
    if ready is None:
        if dense.task not in TASKS:
            ready = prepare(dense, origin)  # which says what is wrong with it
        else:
            ready = Prepared(load(find.resolve(dense.model)), TASKS[dense.task].bare(), ())
    return ready.state, context_for(dense, ready, store, control)


def warm_up(model: str, origin: Origin) -> None:
    """Load model, examples and tokens and run once, so that the first slider position is as quick as the next."""
    ready = prepare(make_spec(model, origin), origin)
    pytorch.runner(ready.loaded.model)(latency.random_input(1, 16, encoder.vocabulary_size(ready.loaded.model)))


def _prefix(spec: Spec, count: int) -> Spec:
    """What the first steps make of the model, which is the same in every runtime, by any metric or threshold, and for a
    part of the validation examples."""
    whole = TASKS[spec.task].part_of if spec.task in TASKS else ""
    first = dataclasses.replace(spec, steps=spec.steps[:count], task=whole or spec.task)
    return dataclasses.replace(first, runtime=TORCH, metric="", null_threshold=0.0)


def _longest_stored(spec: Spec, ready: Prepared, store: Store) -> tuple[State, int]:
    """The state after as many steps as there is a stored model for, and how many steps that is."""
    for count in _trained(spec):
        state = store.load_state(_prefix(spec, count).key)
        if state is not None:
            return state, count
    return ready.state, 0


def _trained(spec: Spec) -> list[int]:
    """After how many steps a model was trained, which is what is stored; the most first."""
    counts = range(len(spec.steps), 0, -1)
    return [count for count in counts if TECHNIQUES[spec.steps[count - 1].technique].kind == "train"]


def _report_training(control: Control, progress: Progress) -> None:
    event = Event("train", progress.step, progress.steps, progress.eta_s, progress.loss, value=progress.score)
    control.on_event(event)
