"""A compressed model in its runtime: its file, its answers, its bytes and its time."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from core import runtimes
from core.control import Control, Event, Timing
from core.engine import latency, memory
from core.engine.latency import Run
from core.engine.prepare import Prepared
from core.engine.store import Store
from core.errors import Cancelled, DataError, ModelError
from core.models import dimensions, encoder, size
from core.models.forward import model_inputs
from core.pruning import importance
from core.result import Quality, Size, Speed
from core.runtimes import pytorch
from core.runtimes.runtime import Plan, Session
from core.spec import TORCH, Spec
from core.tasks.evaluate import Running, evaluate
from core.tasks.task import Feature
from core.techniques import TECHNIQUES, matrices_of
from core.techniques.technique import State

CALIBRATION = 128  # training sentences that fix the ranges of activations


@dataclass(frozen=True)
class Realised:
    """A state as its runtime runs it: in PyTorch a model, elsewhere a file."""

    state: State
    runtime: str
    model: nn.Module
    file: Path | None

    def open(self, threads: int = 1, *, exact: bool = False) -> Session:
        """The session that answers; exact: PyTorch in fp32 where it could be quicker in bf16. Raises ModelError."""
        if self.file is None:
            return pytorch.session(self.model, self.state.precision, exact=exact)
        try:
            return runtimes.find(self.runtime).open(self.file, threads)
        except ModelError:
            self.file.unlink(missing_ok=True)  # so that the next try builds it anew
            raise


def realise(state: State, spec: Spec, ready: Prepared, store: Store, control: Control) -> Realised:
    """Put the model into its runtime; a file that was built before is found again. Raises ConfigError, ModelError."""
    runtimes.check(spec.runtime, state.precision)
    if spec.runtime == TORCH:
        return Realised(state, TORCH, pytorch.realised(state.model, state.precision), None)
    runtime = runtimes.find(spec.runtime)

    def build(file: Path) -> None:
        control.on_event(Event("build"))
        if control.cancelled():
            raise Cancelled
        runtime.build(plan(state, ready, spec.seed), file)

    key = f"{spec.key}-untrained" if state.untrained else spec.key  # a file that answers nothing yet
    return Realised(state, spec.runtime, state.model, store.built(key, runtime.file, build))


def plan(state: State, ready: Prepared, seed: int) -> Plan:
    """What a runtime builds the state's file from. Raises DataError where there is nothing to calibrate on."""
    task, validation = ready.task, features(state, ready)
    calibration: list[dict[str, Tensor]] = []
    if state.precision.calibrated:
        if not task.train:
            raise DataError(
                "'{task}' has no training examples to fix the ranges of activations on; choose int8-dynamic",
                task=task.name,
            )
        chosen = importance.training_features(task, state.tokenizer, seed)[:CALIBRATION]
        calibration = [model_inputs(task.collate([feature], state.pad)) for feature in chosen]
    example = model_inputs(task.collate(validation[:2], state.pad))
    return Plan(state.model, state.tokenizer, state.precision, example, calibration, dimensions.max_tokens(state.model))


def quality(realised: Realised, ready: Prepared, control: Control) -> Quality:
    """Answers to all validation examples."""

    def on_batch(running: Running) -> None:
        part = running.interval
        control.on_event(Event("evaluate", part.n, running.total, value=part.value, low=part.low, high=part.high))

    session, state = realised.open(), realised.state
    try:
        return evaluate(
            session,
            ready.task,
            features(state, ready),
            pad=state.pad,
            on_batch=on_batch,
            cancelled=control.cancelled,
        )
    finally:
        session.close()


def weigh(realised: Realised, spec: Spec, control: Control) -> Size:
    """Parameters of the model, bytes of its file."""
    control.on_event(Event("size"))
    prunings = [step for step in spec.steps if TECHNIQUES[step.technique].kind == "prune"]
    which = matrices_of(prunings[-1]) if prunings else "encoder"
    stored = realised.file if realised.file is not None else pytorch.tensors(realised.model)
    return size.measure(realised.state.model, stored, which)


def speeds(
    realised: Realised, spec: Spec, ready: Prepared, store: Store, timing: Timing, control: Control
) -> list[Speed]:
    """Its time beside dense in the same runtime; and, outside PyTorch, beside dense in PyTorch from the same rounds."""
    state = realised.state
    own = _inputs(state, ready, timing)
    whole = own if state.tokenizer is ready.loaded.tokenizer else _inputs(ready.state, ready, timing)
    closing: list[Session] = []

    def opened(one: Realised) -> Run:
        session = one.open(timing.threads)
        closing.append(session)
        return session.answer

    dense = pytorch.runner(ready.loaded.model)
    if realised.file is None:
        runs: list[Run] = [dense, pytorch.runner(realised.model)]
        inputs = [whole, own]
    else:
        baseline = realise(ready.state, spec.baseline, ready, store, control)
        runs, inputs = [dense, opened(baseline), opened(realised)], [whole, whole, own]
    try:
        rounds = latency.rounds(
            runs,
            inputs,
            batch=timing.batch,
            seq=timing.seq,
            threads=timing.threads,
            on_round=lambda done, total: control.on_event(Event("speed", done, total)),
            cancelled=control.cancelled,
        )
    finally:
        for session in closing:
            session.close()
    if realised.file is not None:
        found = [rounds.speed(2, 1), rounds.speed(2, 0, TORCH)]
    else:
        alone = rounds.speed(1, 0)
        found = [_with_memory(alone, state, ready, timing, control) if timing.memory else alone]
    return [dataclasses.replace(speed, untrained=state.untrained) for speed in found]


def _with_memory(speed: Speed, state: State, ready: Prepared, timing: Timing, control: Control) -> Speed:
    peaks = []
    for index, one in enumerate((state, ready.state)):
        control.on_event(Event("memory", index, 2))
        peaks.append(
            memory.peak_bytes(one.model, one.tokenizer, timing.batch, timing.seq or latency.SEQ, timing.threads)
        )
    return dataclasses.replace(speed, peak_bytes=peaks[0], dense_peak_bytes=peaks[1])


def _inputs(state: State, ready: Prepared, timing: Timing) -> list[dict[str, Tensor]]:
    """The batches that are timed, in the numbers that this state's model reads."""
    if timing.seq is None:
        rows = features(state, ready)
        starts = range(0, len(rows), timing.batch)
        return [ready.task.collate(rows[i : i + timing.batch], state.pad) for i in starts]
    pieces = min(encoder.vocabulary_size(ready.loaded.model), encoder.vocabulary_size(state.model))
    return [latency.random_input(timing.batch, timing.seq, pieces)] * timing.pairs


def features(state: State, ready: Prepared) -> Sequence[Feature]:
    """The validation examples as this state's tokenizer writes them."""
    if state.tokenizer is ready.loaded.tokenizer:
        return ready.features
    return ready.task.encode(state.tokenizer, ready.task.validation)
