"""The timing protocol: one thread, interleaved pairs, the ratio pair by pair with its interval.

Two threads on a shared machine scatter by 2-4x, one repeats within 3 %. Dense and compressed take turns
(A B, B A, ...), so that a change of the machine's speed hits both.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from core.result import Speed, here, load_average
from core.training import Cancelled

PAIRS = 31
WARM_UP = 3
SEQ = 128  # tokens, where no other number is asked for
Run = Callable[[dict[str, Tensor]], None]


def random_input(batch: int, seq: int, vocabulary: int) -> dict[str, Tensor]:
    """Full rows of random tokens, (batch, seq): what they say does not change the time."""
    generator = torch.Generator().manual_seed(0)
    low = min(1000, vocabulary // 2)  # past the special and unused tokens of BERT's vocabulary
    ids = torch.randint(low, vocabulary, (batch, seq), generator=generator)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def measure(
    dense: Run,
    other: Run,
    inputs: Sequence[dict[str, Tensor]],
    own: Sequence[dict[str, Tensor]] | None = None,
    *,
    runtime: str,
    batch: int,
    seq: int | None,
    threads: int = 1,
    on_pair: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Speed:
    """Time every input in both models by turns. Raises Cancelled.

    inputs: the batches; repeat one of them for the latency of one shape. own: the same batches for the other model,
    where it reads other numbers.
    """
    pairs: list[tuple[float, float]] = []
    with limited_threads(threads):
        for _ in range(WARM_UP):
            dense(inputs[0])
            other((own or inputs)[0])
        wall, cpu = time.perf_counter(), time.process_time()
        for index, (item, same) in enumerate(zip(inputs, own or inputs, strict=True)):
            if cancelled():
                raise Cancelled
            if index % 2:
                second, first = _timed(other, same), _timed(dense, item)
            else:
                first, second = _timed(dense, item), _timed(other, same)
            pairs.append((first, second))
            on_pair(index + 1, len(inputs))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Speed(
        runtime=runtime,
        batch=batch,
        seq=seq,
        threads=threads,
        times_ms=tuple(round(second, 4) for _, second in pairs),
        dense_times_ms=tuple(round(first, 4) for first, _ in pairs),
        cpu_share=round(cpu / wall / threads, 3),
        load=round(load_average(), 2),
        examples=sum(len(item["input_ids"]) for item in inputs),
        environment=here(),
    )


def _timed(run: Run, item: dict[str, Tensor]) -> float:
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
