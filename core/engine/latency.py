"""The timing protocol: one thread, interleaved pairs, the ratio pair by pair with its interval.

Two threads on a shared machine scatter by 2-4x, one repeats within 3 %. Dense and compressed take turns
(A B, B A, ...), so that a change of the machine's speed hits both.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import torch
from torch import Tensor

from core.control import held_up
from core.environment import load_average
from core.installation import measuring, now
from core.result import Speed

WARM_UP = 3
SEQ = 128  # tokens, where no other number is asked for
Batch = Mapping[str, Tensor]
Run = Callable[[Batch], object]


def random_input(batch: int, seq: int, vocabulary: int) -> dict[str, Tensor]:
    """Full rows of random tokens, (batch, seq): what they say does not change the time."""
    generator = torch.Generator().manual_seed(0)
    low = min(1000, vocabulary // 2)  # past the special and unused tokens of BERT's vocabulary
    ids = torch.randint(low, vocabulary, (batch, seq), generator=generator)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


@dataclass(frozen=True)
class Rounds:
    """Raw times of several models that answered the same batches by turns: a row a model, milliseconds."""

    times_ms: tuple[tuple[float, ...], ...]
    cpu_share: float
    load: float
    examples: int
    batch: int
    seq: int | None
    threads: int

    def speed(self, model: int, dense: int, against: str = "") -> Speed:
        """The times of one model beside those of the dense one; against: the dense one's runtime, if another."""
        return Speed(
            batch=self.batch,
            seq=self.seq,
            threads=self.threads,
            times_ms=self.times_ms[model],
            dense_times_ms=self.times_ms[dense],
            cpu_share=self.cpu_share,
            load=self.load,
            examples=self.examples,
            environment=measuring(),
            against=against,
            measured_at=now(),
        )


def rounds(
    runs: Sequence[Run],
    inputs: Sequence[Sequence[Batch]],
    *,
    batch: int,
    seq: int | None,
    threads: int = 1,
    on_round: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Rounds:
    """Time every batch in every model by turns. Raises Cancelled.

    inputs: a row of batches a model, the same ones in the numbers that it reads; repeat one batch for the latency of
    one shape.
    """
    found: list[list[float]] = [[] for _ in runs]
    with limited_threads(threads):
        for _ in range(WARM_UP):
            held_up(cancelled)
            for run, items in zip(runs, inputs, strict=True):
                run(items[0])
        wall, cpu = time.perf_counter(), _cpu_seconds()
        count = len(inputs[0])
        for index in range(count):
            wall += held_up(cancelled)
            order = range(len(runs)) if index % 2 == 0 else reversed(range(len(runs)))
            for which in order:
                found[which].append(_timed(runs[which], inputs[which][index]))
            on_round(index + 1, count)
        wall, cpu = time.perf_counter() - wall, _cpu_seconds() - cpu
    return Rounds(
        times_ms=tuple(tuple(round(taken, 4) for taken in row) for row in found),
        cpu_share=round(cpu / wall / threads, 3),
        load=round(load_average(), 2),
        examples=sum(len(item["input_ids"]) for item in inputs[0]),
        batch=batch,
        seq=seq,
        threads=threads,
    )


def _cpu_seconds() -> float:
    """CPU time of this process and of those that compute for it."""
    total = time.process_time()
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            times = child.cpu_times()
            total += times.user + times.system
    return total


def _timed(run: Run, item: Batch) -> float:
    start = time.perf_counter()
    run(item)
    return (time.perf_counter() - start) * 1000


@contextmanager
def limited_threads(count: int) -> Iterator[None]:
    """While open, torch computes with so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def use_all_cores() -> None:
    """Undo the one thread that a worker process starts with: evaluation and training use every core."""
    torch.set_num_threads(os.cpu_count() or 1)
