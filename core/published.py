"""What others have published, on other hardware and from another base: to be seen beside what was measured here."""

from dataclasses import dataclass

NN_PRUNING = "nn_pruning, Lagunas et al. 2021; RTX 3090"


@dataclass(frozen=True)
class Published:
    """A figure of a publication: quality of the task's leading metric in 0..1, how many times faster than its own
    BERT-base, of which `dense` is the quality; None where that was not said beside it."""

    task: str
    name: str
    quality: float
    speedup: float
    source: str
    dense: float | None = None


def _pruned(quality: float, speedup: float, name: str = "block movement, filled") -> Published:
    return Published("squad", name, quality, speedup, NN_PRUNING, 0.885)


PUBLISHED = (
    Published("sst2", "TinyBERT, 6 layers", 0.930, 2.0, "Jiao et al. 2020"),
    Published("sst2", "MiniLM, 6 layers", 0.915, 5.3, "Wang et al. 2020"),
    Published("sst2", "MiniLM, 12 layers", 0.930, 2.7, "Wang et al. 2020"),
    Published("sst2", "CoFi", 0.930, 2.0, "Xia et al. 2022; V100"),
    Published("sst2", "CoFi", 0.904, 12.0, "Xia et al. 2022; V100"),
    _pruned(0.8872, 1.84),
    _pruned(0.8825, 1.98),
    _pruned(0.8771, 2.44),
    _pruned(0.8723, 2.60),
    _pruned(0.8669, 2.80),
    _pruned(0.8552, 3.64, "movement, structured"),
    Published("squad", "TinyBERT, 6 layers", 0.875, 2.0, "Jiao et al. 2020"),
)


def of(task: str) -> tuple[Published, ...]:
    """Those of a task."""
    return tuple(one for one in PUBLISHED if one.task == task)
