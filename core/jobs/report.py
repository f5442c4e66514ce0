"""Experiments whose results are shipped: the report repeated on real SST-2, and the curves of the slider."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.control import Control, Timing
from core.engine import floor, lengths
from core.engine.facts import facts_of
from core.engine.prepare import prepare
from core.engine.recipes import ablation, masked, methods, sliding, trains
from core.engine.run import compress, drawing_state, make_spec, run, scores_key
from core.engine.store import Store
from core.environment import here
from core.installation import badge
from core.jobs.recorded import moved, moved_integers, only_zeroed, recorded_lengths, recorded_modes, recorded_specs
from core.left import FACT
from core.pictures.heads import importance
from core.pictures.levels import levels
from core.result import Result, compare
from core.runtimes import RUNTIMES
from core.spec import Spec, Step, describe
from core.summary import change, scored, speedup, summary
from core.tasks import known_data, load_task
from core.tasks.task import Origin
from core.techniques import TECHNIQUES, finetune, magnitude, precision_of
from core.techniques.technique import Context, Tensors

AMOUNT = 0.3  # of the report
BATCH = Timing(batch=8, seq=None)  # transformers' default evaluation batch, each batch at its own length
RECOVERY = finetune.Config(learning_rate=2e-5, batch_size=32, epochs=1.0)
CONCLUDED = "The report pruned 30 % of the weights and concluded that the model became faster and lighter."
MEASURED = (
    "Measured in one runtime by turns, the dense model's time over the pruned one's is {speedup} ({verdict}), the file "
    "has {mb} after {dense_mb} before ({dense_zip} -> {zip} zipped), and accuracy goes from {dense_accuracy} to "
    "{accuracy}, or {recovered} after fine-tuning again."
)


@dataclass(frozen=True)
class Row:
    """One line of the report's table: its letter and words, the result and its dense baseline."""

    name: str
    title: str
    result: Result
    dense: Result


def report_specs(base: Spec | None, demo: Spec) -> list[tuple[str, str, Spec]]:
    """The rows of the experiment. base: the model before fine-tuning with a random head, None leaves (a) out."""
    everywhere = magnitude.Config(amount=AMOUNT, layers="all")
    l1 = Step("magnitude", everywhere)
    random = Step("magnitude", dataclasses.replace(everywhere, criterion="random"))
    rows = []
    if base is not None:
        rows = [
            ("a0", "head not fine-tuned", base),
            ("a", "head not fine-tuned, 30 % l1", dataclasses.replace(base, steps=(l1,))),
        ]
    return [
        *rows,
        ("b", "fine-tuned, dense", demo),
        ("c", "fine-tuned, 30 % l1", dataclasses.replace(demo, steps=(l1,))),
        ("c-random", "fine-tuned, 30 % random", dataclasses.replace(demo, steps=(random,))),
        ("d", "30 % l1, then fine-tuned again", dataclasses.replace(demo, steps=(l1, Step("finetune", RECOVERY)))),
    ]


def report(base: str, origin: Origin, store: Store, control: Control | None = None) -> list[Row]:
    """Measure every row, or read what this machine has measured before."""
    demo = make_spec("demo", origin)
    untrained = make_spec(base, origin, new_head=True)
    rows = []
    for name, title, spec in report_specs(untrained, demo):
        result = run(spec, origin, store, BATCH, control)
        rows.append(Row(name, title, result, run(spec.dense, origin, store, None, control)))
    return rows


def recorded_report(store: Store, demo: Spec) -> list[Row]:
    """The rows of the report that the store holds, without computing anything."""
    official = dataclasses.replace(demo, task="sst2", data=known_data("sst2"), steps=())
    bases = [r.spec for r in store.all() if r.spec.new_head and not r.spec.steps and r.spec.data == official.data]
    rows = []
    for name, title, spec in report_specs(bases[0] if bases else None, official):
        result, dense = store.read(spec.key), store.read(spec.dense.key)
        if result and dense:
            rows.append(Row(name, title, result, dense))
    return rows


def curves(model: str, origin: Origin, store: Store, control: Control | None = None) -> list[Result]:
    """Every method at every tenth with its latency, layers dropped and vocabulary cut: the dots that are shipped; and
    the floor of their task."""
    dense = make_spec(model, origin)
    floor.keep(load_task(origin), store)
    # what the Speed truth card shows side by side also needs the peak memory
    zeroed = only_zeroed(dense)
    timings = {spec: Timing(memory=masked(spec) in zeroed) for spec in recorded_specs(dense)}
    found = [run(spec, origin, store, timing, control) for spec, timing in timings.items()]
    return [_described(result, origin, store, control or Control()) for result in found]


def _described(result: Result, origin: Origin, store: Store, control: Control) -> Result:
    """The result with what is left of each matrix, where it was measured before results kept that; what a training left
    can only be told where its weights are stored, and stays untold."""
    spec = result.spec
    trained = any(TECHNIQUES[step.technique].kind == "train" for step in spec.steps)
    if not spec.steps or FACT in result.facts or trained:
        return result
    state = compress(spec, origin, store, control)
    known = dataclasses.replace(result, facts={**result.facts, **facts_of(state, prepare(spec, origin))})
    store.write(known)
    return known


def modes(model: str, origin: Origin, store: Store, control: Control | None = None) -> list[Result]:
    """Every precision of every runtime that is installed, and the smaller models in integers, with their latency."""
    specs = [spec for spec in recorded_modes(make_spec(model, origin)) if RUNTIMES[spec.runtime].installed]
    # a single layer in integers says what it costs, not what it is for
    timed = [Timing() if precision_of(spec.steps).layer is None else None for spec in specs]
    return [run(spec, origin, store, timing, control) for spec, timing in zip(specs, timed, strict=True)]


def by_length(model: str, origin: Origin, store: Store, control: Control | None = None) -> list[Result]:
    """Dense beside half the work, in PyTorch and as integers in ONNX Runtime, at every batch and length."""
    specs = recorded_lengths(make_spec(model, origin))
    return [lengths.time_all(spec, origin, store, control) for spec in specs]


def heads(model: str, origin: Origin, store: Store, control: Control | None = None) -> list[Result]:
    """The model without each of its heads, and the scores that its pictures need where the examples are missing."""
    dense, control = make_spec(model, origin), control or Control()
    state, context = drawing_state(dense, origin, store, control)
    asked: list[str] = []
    noting = _noting(context, asked)
    head_importance = importance(state, noting)["fisher"]
    for method in sliding():
        if TECHNIQUES[methods()[method].technique].needs_data and not trains(method):
            levels(state, methods()[method], noting)
    for name in asked:
        store.record(scores_key(dense), name)
    places = (~head_importance.isnan()).nonzero().tolist()
    return [run(ablation(dense, layer, head), origin, store, None, control) for layer, head in places]


def movement(model: str, origin: Origin, store: Store, control: Control | None = None) -> list[Result]:
    """Movement pruning at several densities, and one of them as integers, with their times at one length and on the
    evaluation; and the scores that its pictures need."""
    dense, control = make_spec(model, origin), control or Control()
    every = [*moved(dense), *moved_integers(dense)]
    found = [[run(spec, origin, store, timing, control) for timing in (Timing(), BATCH)][-1] for spec in every]
    asked: list[str] = []
    state, context = drawing_state(dense, origin, store, control)
    for spec in moved(dense):
        levels(state, spec.steps[0], _noting(context, asked))
    for name in dict.fromkeys(asked):
        store.record(scores_key(dense), name)
    return found


def _noting(context: Context, asked: list[str]) -> Context:
    """The context, which notes the names that it is asked to remember, but not what these are computed from."""

    def remember(name: str, compute: Callable[[], Tensors]) -> Tensors:
        asked.append(name)
        count = len(asked)
        found = context.remember(name, compute)
        del asked[count:]
        return found

    return dataclasses.replace(context, remember=remember)


def findings(rows: list[Row]) -> dict[str, str]:
    """The figures of the second sentence, as text with units; {} while rows (c) or (d) or their times are missing."""
    found = {row.name: row for row in rows}
    speeds = [s for s in found["c"].result.speeds if s.seq is None] if {"c", "d"} <= set(found) else []
    if not speeds:
        return {}
    pruned = found["c"]
    return {
        "speedup": speedup(speeds[-1]),
        "verdict": speeds[-1].verdict,
        "mb": f"{pruned.result.size.bytes / 1e6:.1f} MB",
        "dense_mb": f"{pruned.dense.size.bytes / 1e6:.1f} MB",
        "zip": f"{pruned.result.size.zip_bytes / 1e6:.1f} MB",
        "dense_zip": f"{pruned.dense.size.zip_bytes / 1e6:.1f} MB",
        "accuracy": scored(pruned.result.quality),
        "dense_accuracy": scored(pruned.dense.quality),
        "recovered": scored(found["d"].result.quality),
    }


def verdict(rows: list[Row]) -> str:
    """The second sentence: what the measurement shows; "" while its figures are missing."""
    figures = findings(rows)
    return MEASURED.format(**figures) if figures else ""


def table(rows: list[Row]) -> str:
    """The experiment for people: a line of words and a line of figures a row, then the two sentences."""
    lines = []
    for row in rows:
        quality, size = row.result.quality, row.result.size
        lines.append(f"({row.name}) {row.title}: {' + '.join(map(describe, row.result.spec.steps)) or 'no step'}")
        lines.append(f"    accuracy {scored(quality)}   loss {quality.loss:.4f}   {badge(quality)}")
        if row.result.key != row.dense.key:
            lines.append(f"    {change(compare(quality, row.dense.quality))}")
        speed = row.result.speed(here().machine, BATCH.batch, BATCH.seq)
        if speed:
            low, high = speed.interval
            lines.append(
                f"    {speed.samples_per_second:.1f} samples/s, {speed.steps_per_second:.2f} steps/s, "
                f"{speed.speedup:.3f}x [{low:.3f}, {high:.3f}] {speed.verdict}   {badge(speed)}"
            )
        lines.append(f"    file {size.bytes / 1e6:.1f} MB, zipped {size.zip_bytes / 1e6:.1f} MB")
    return "\n".join([*lines, CONCLUDED, verdict(rows)])


def to_json(rows: list[Row]) -> dict[str, Any]:
    """The rows and the two sentences as plain JSON values."""
    return {
        "rows": [
            {"name": row.name, "title": row.title}
            | summary(row.result, row.dense, row.result.speed(here().machine, BATCH.batch, BATCH.seq))
            for row in rows
        ],
        "concluded": CONCLUDED,
        "measured": verdict(rows),
    }
