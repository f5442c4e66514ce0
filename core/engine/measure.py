"""A compressed model in its runtime: its file if it has one, its answers, its bytes and its time."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from core import runtimes
from core.control import Control, Event, Timing, held_up
from core.engine import latency, memory
from core.engine.prepare import Prepared
from core.engine.store import Store
from core.errors import DataError, ModelError
from core.models import dimensions, encoder, size
from core.models.forward import model_inputs
from core.pruning import importance
from core.result import Quality, Size, Speed
from core.runtimes.runtime import Plan, Runtime, Session
from core.spec import TORCH, Spec
from core.tasks.evaluate import Running, evaluate
from core.tasks.task import Feature, spread_over
from core.techniques import TECHNIQUES, matrices_of
from core.techniques.technique import State

TIMED = 250  # batches of an evaluation, at most, by which its time is taken: SQuAD's are 1,350
FEWEST = 150  # examples from which a running figure says more than chance
CALIBRATION = 128  # training sentences on which scale and zero point of activations are calibrated


@dataclass(frozen=True)
class Realised:
    """A state as its runtime runs it: the model itself, converted, or a file."""

    state: State
    runtime: Runtime
    model: nn.Module
    file: Path | None = None

    def open(self, threads: int = 1, *, exact: bool = False) -> Session:
        """The session that answers; exact: in fp32 even where less would be quicker. Raises ModelError."""
        if self.file is None:
            assert self.runtime.in_memory is not None
            return self.runtime.in_memory.session(self.model, self.state.precision, exact)
        try:
            return self.runtime.open(self.file, threads)
        except ModelError:
            self.file.unlink(missing_ok=True)  # so that the next try builds it anew
            raise

    @property
    def stored(self) -> Path | dict[str, Tensor]:
        """The file, or the tensors that it would hold."""
        if self.file is not None:
            return self.file
        assert self.runtime.in_memory is not None
        return self.runtime.in_memory.tensors(self.model)


def realise(state: State, spec: Spec, ready: Prepared, store: Store, control: Control) -> Realised:
    """Put the model into its runtime; a file that was built before is found again. Raises ConfigError, ModelError."""
    runtimes.check(spec.runtime, state.precision)
    runtime = runtimes.find(spec.runtime)
    if runtime.in_memory is not None:
        return Realised(state, runtime, runtime.in_memory.convert(state.model, state.precision))

    def build(file: Path) -> None:
        control.on_event(Event("build"))
        held_up(control.cancelled)
        runtime.build(plan(state, ready, spec.seed), file)

    key = f"{spec.key}-untrained" if state.untrained else spec.key  # a file that answers nothing yet
    return Realised(state, runtime, state.model, store.built(key, runtime.file, build))


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
        event = Event("evaluate", part.n, running.total)
        if part.n >= min(FEWEST, running.total):
            event = dataclasses.replace(event, value=part.value, low=part.low, high=part.high)
        control.on_event(event)

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
    """Parameters of the model, bytes of its file or of the tensors that it would hold."""
    control.on_event(Event("size"))
    prunings = [step for step in spec.steps if TECHNIQUES[step.technique].kind == "prune"]
    which = matrices_of(prunings[-1]) if prunings else "encoder"
    return size.weigh(realised.state.model, realised.stored, which)


def speeds(
    realised: Realised, spec: Spec, ready: Prepared, store: Store, timing: Timing, control: Control
) -> list[Speed]:
    """Its time beside dense in the same runtime; and, outside PyTorch, beside dense in PyTorch from the same rounds."""
    state = realised.state
    own = _inputs(state, ready, timing)
    whole = own if state.tokenizer is ready.loaded.tokenizer else _inputs(ready.state, ready, timing)
    baselines = [realise(ready.state, one, ready, store, control) for one in spec.baselines]
    sessions: list[Session] = []
    try:
        for one in (*baselines, realised):
            sessions.append(one.open(timing.threads, exact=True))
        rounds = latency.rounds(
            [session.run for session in sessions],
            [*([whole] * len(baselines)), own],
            batch=timing.batch,
            seq=timing.seq,
            threads=timing.threads,
            on_round=lambda done, total: control.on_event(Event("speed", done, total)),
            cancelled=control.cancelled,
        )
    finally:
        for session in sessions:
            session.close()
    last = len(baselines)
    found = [rounds.speed(last, last - 1)]
    if last > 1:
        found.append(rounds.speed(last, 0, TORCH))
    if timing.memory:
        found[0] = _with_memory(found[0], realised, ready, timing, control)
    return [dataclasses.replace(speed, untrained=state.untrained) for speed in found]


def _with_memory(speed: Speed, realised: Realised, ready: Prepared, timing: Timing, control: Control) -> Speed:
    peaks, shape = [], (timing.batch, timing.seq or latency.SEQ, timing.threads)
    for index, one in enumerate((realised.state, ready.state)):
        control.on_event(Event("memory", index, 2))
        peaks.append(memory.peak_bytes(one.model, one.tokenizer, *shape, realised.runtime.name))
    return dataclasses.replace(speed, peak_bytes=peaks[0], dense_peak_bytes=peaks[1])


def _inputs(state: State, ready: Prepared, timing: Timing) -> list[dict[str, Tensor]]:
    """The batches that are timed, in the numbers that this state's model reads."""
    if timing.seq is None:
        rows = features(state, ready)
        starts = spread_over(range(0, len(rows), timing.batch), TIMED)
        return [ready.task.collate(rows[i : i + timing.batch], state.pad) for i in starts]
    pieces = min(encoder.vocabulary_size(ready.loaded.model), encoder.vocabulary_size(state.model))
    return [latency.random_input(timing.batch, timing.seq, pieces)] * timing.pairs


def features(state: State, ready: Prepared) -> Sequence[Feature]:
    """The validation examples as this state's tokenizer writes them."""
    if state.tokenizer is ready.loaded.tokenizer:
        return ready.features
    return ready.task.features(state.tokenizer, ready.task.validation)
