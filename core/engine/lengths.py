"""The cost of length: measured times of a model at every batch and number of tokens, beside the formula's work."""

from collections.abc import Sequence

from core.control import Control, Event, Timing
from core.engine import latency, measure
from core.engine.prepare import prepare
from core.engine.run import compress_for_times, run
from core.engine.store import Store
from core.environment import here
from core.intervals import median_interval
from core.models.macs import Outline, outline, work
from core.result import Result, Shape, Speed
from core.spec import Spec
from core.tasks.task import Origin

BATCHES = (1, 2, 4, 8, 16, 32)
TOKENS = (16, 32, 64, 128, 256, 512)
PAIRS = 9  # the least of which one outlier does not widen the interval of the median
MOST_S = 10.0  # a cell whose single answer takes longer is left out, or a grid would take hours
GUESS = 3e10  # multiply-accumulates a second of one core, until something was timed
Cell = tuple[int, int]  # sentences at once, tokens of each


def grid(longest: int) -> list[Cell]:
    """Every batch at every length that the model takes."""
    return [(batch, tokens) for tokens in TOKENS if tokens <= longest for batch in BATCHES]


def rate(result: Result, shape: Shape, machine: str) -> float:
    """Multiply-accumulates a second of the slowest model by whose side the result was timed, in its largest cell.

    Times of this machine count before those of others; GUESS where there are none.
    """
    timed = [
        (speed.environment.machine == machine, speed.batch * work(shape, speed.seq).total, _slowest_s(speed))
        for speed in result.speeds
        if speed.seq is not None and speed.threads == 1
    ]
    _, macs, seconds = max(timed, default=(True, GUESS, 1.0))
    return macs / seconds


def missing(result: Result, dense: Outline, machine: str) -> list[Cell]:
    """The cells that this machine has not timed undisturbed, least work first, without those over MOST_S an answer."""
    most = MOST_S * rate(result, dense.shape, machine)
    found = {cell: result.speed(machine, *cell) for cell in grid(dense.longest)}
    # a time that came with a peak of memory is not taken again: that would lose the peak
    untimed = [cell for cell, one in found.items() if one is None or (one.busy and one.peak_bytes is None)]
    return sorted(
        (cell for cell in untimed if _macs(dense.shape, cell) <= most), key=lambda cell: _macs(dense.shape, cell)
    )


def seconds(cells: Sequence[Cell], result: Result, dense: Outline, machine: str) -> float:
    """About how long timing these cells takes, as if every model by turns were as slow as the slowest."""
    by_turns = len(result.spec.baselines) + 1
    macs = sum(_macs(dense.shape, cell) for cell in cells)
    return by_turns * (latency.WARM_UP + PAIRS) * macs / rate(result, dense.shape, machine)


def time_all(spec: Spec, origin: Origin, store: Store, control: Control | None = None) -> Result:
    """The result with this machine's times at every batch and length; each is kept at once. Raises Cancelled."""
    control, machine = control or Control(), here().machine
    result, dense = run(spec, origin, store, None, control), outline(spec)
    todo = missing(result, dense, machine)
    if not todo:
        return result
    control.on_event(Event("load"))
    ready = prepare(spec, origin)
    realised = measure.realise(compress_for_times(spec, origin, store, control), spec, ready, store, control)
    within = Control(cancelled=control.cancelled)  # a cell does not report its rounds: the grid has one bar
    tried: list[Cell] = []
    while todo:
        eta_s = seconds(todo, result, dense, machine)
        control.on_event(Event("lengths", len(tried), len(tried) + len(todo), eta_s))
        batch, tokens = todo[0]
        for speed in measure.speeds(realised, spec, ready, store, Timing(batch, tokens, pairs=PAIRS), within):
            result = result.with_speed(speed)
        store.write(result)
        tried.append(todo[0])
        # anew each time, since the rate is known better now; what was disturbed again is left for another call
        todo = [cell for cell in missing(result, dense, machine) if cell not in tried]
    return result


def curve(result: Result, batch: int, machine: str) -> list[Speed]:
    """Times at that batch by length, of this machine or of another; [] where none has two lengths."""
    others = dict.fromkeys(speed.environment.machine for speed in result.speeds)
    for name in (machine, *others):
        found = [speed for tokens in TOKENS if (speed := result.speed(name, batch, tokens)) is not None]
        if len(found) > 1:
            return found
    return []


def formula(shape: Shape, tokens: Sequence[int], at: int, ms: float) -> list[float]:
    """The work of the formula as milliseconds, made to agree with `ms` at `at` tokens."""
    return [ms * work(shape, one).total / work(shape, at).total for one in tokens]


def table(result: Result, machine: str) -> str:
    """The grid for people: a line a cell."""
    lines = []
    for batch in BATCHES:
        for speed in curve(result, batch, machine):
            (low, high), (first, last) = speed.interval, median_interval(speed.times_ms)
            lines.append(
                f"  {batch:2} x {speed.seq:3} tokens  {speed.median_ms:8.1f} ms [{first:.1f}, {last:.1f}]   dense "
                f"{speed.dense_median_ms:8.1f} ms   {speed.speedup:.2f}x [{low:.2f}, {high:.2f}] {speed.verdict}   "
                f"{speed.samples_per_second:.1f} samples/s"
            )
    return "\n".join(lines)


def _macs(shape: Shape, cell: Cell) -> int:
    return cell[0] * work(shape, cell[1]).total


def _slowest_s(speed: Speed) -> float:
    return max(speed.median_ms, speed.dense_median_ms) / 1000
