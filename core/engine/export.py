"""Take a model home: a folder and a zip whose model file was run on the whole validation set before it is offered.

Each runtime that has a format of its own says what belongs to it. Beside the file lie the tokenizer, the labels, a
manifest with the recipe, sizes, hashes and versions, a program that answers, and a README, which is its model card.
Half of an export is never seen: all of it is written under another name first.
"""

import dataclasses
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from core import metrics, runtimes
from core.control import PAIRS, Control, Event
from core.engine import browser, card, latency, manifest, measure
from core.engine.check import Check
from core.engine.prepare import Prepared, prepare
from core.engine.run import check, compress, run
from core.engine.store import Store
from core.engine.track_facts import of_page
from core.errors import ModelError
from core.metrics import MICRO_F1, Sample
from core.models import dimensions, encoder, find, macs
from core.models.head import answered, head_of
from core.models.quiet import quiet
from core.result import Quality, compare
from core.runtimes import phone, pytorch
from core.runtimes.runtime import Runtime, Session
from core.spec import Spec, Step
from core.summary import stored_seeds
from core.tasks.evaluate import Running, evaluate
from core.tasks.task import Origin, Task
from core.techniques import precision_of
from core.techniques.technique import State


@dataclass(frozen=True)
class Exported:
    """Where an export lies, and what came of running it."""

    folder: Path
    archive: Path
    bytes: int
    zip_bytes: int
    check: Check


def export(
    spec: Spec, origin: Origin, form: str, folder: Path, store: Store, control: Control | None = None
) -> Exported:
    """Write the model of a Spec as `folder` and `folder`.zip, run the file, and say whether it is good.

    The Spec's runtime is that of the format. Raises ConfigError, ModelError, DataError, Cancelled.
    """
    control = control or Control()
    check(spec.steps, spec.runtime)
    check_format(spec.steps, form)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelError("'{folder}' is there already; name a new folder to export to", folder=folder)
    half = folder.with_name(f"{folder.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    try:
        return _export(spec, origin, form, folder, half, store, control)
    except OSError as error:
        free = shutil.disk_usage(folder.parent).free if folder.parent.is_dir() else 0
        raise ModelError(
            "'{folder}' could not be written ({why}); {free_mb:.0f} MB are free there",
            folder=folder,
            why=error.strerror,
            free_mb=free / 1e6,
        ) from error
    finally:
        shutil.rmtree(half, ignore_errors=True)


def check_format(steps: Sequence[Step], form: str) -> None:
    """Raise ConfigError unless a model after these steps can be written in that format."""
    runtimes.check_format(form, precision_of(steps))


def _export(
    spec: Spec, origin: Origin, form: str, folder: Path, half: Path, store: Store, control: Control
) -> Exported:
    ready, runtime = prepare(spec, origin), runtimes.formats()[form]
    state = compress(spec, origin, store, control)
    _require_head(runtime, ready.task)
    half.mkdir(parents=True)
    file = half / runtime.file
    _write_model(file, runtime, state, spec, ready, store, control)
    found = _checked(file, runtime, state, ready, control)
    measured, dense = (run(one, origin, store, control=control) for one in (spec, spec.dense))
    estimate = phone.band(macs.macs(state.model, latency.SEQ), state.precision.mode)
    manifest.write_words(half, runtime, spec, state, ready, found, estimate)
    if runtime.export and runtime.export.page:
        _add_page(half, runtime, spec, origin, ready, store, control, found)
    card.add_measured(half, find.resolve(spec.model), measured, dense, stored_seeds(spec, store.read))
    manifest.write(half, runtime, spec, found, estimate)
    control.on_event(Event("zip"))
    archive = folder.with_name(f"{folder.name}.zip")
    half_archive = half.with_name(f"{half.name}.zip")
    _zip(half, half_archive, folder.name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.is_dir():
        folder.rmdir()
    half.rename(folder)
    half_archive.replace(archive)
    return Exported(folder, archive, (folder / file.name).stat().st_size, archive.stat().st_size, found)


def _write_model(
    file: Path, runtime: Runtime, state: State, spec: Spec, ready: Prepared, store: Store, control: Control
) -> None:
    """The model as its runtime writes it, with the tokenizer beside it."""
    realised = measure.realise(state, spec, ready, store, control)
    if realised.file is None:
        runtime.build(measure.plan(state, ready, spec.seed), file)
    else:
        shutil.copyfile(realised.file, file)
    with quiet():
        state.tokenizer.save_pretrained(file.parent)


def _require_head(runtime: Runtime, task: Task) -> None:
    able = runtime.export.heads if runtime.export else ()
    if able and task.head.name not in able:
        raise ModelError(
            "the page in a browser answers with labels or a number, and '{task}' has neither; choose another format",
            task=task.name,
        )


def _add_page(
    half: Path,
    runtime: Runtime,
    spec: Spec,
    origin: Origin,
    ready: Prepared,
    store: Store,
    control: Control,
    found: Check,
) -> None:
    """The page, and the dense model beside the one that it is for. found: what the latter's check came to."""
    dense, shown = dataclasses.replace(spec.dense, runtime=spec.runtime), []
    if spec.steps:
        file = half / browser.DENSE / runtime.file
        file.parent.mkdir()
        _write_model(file, runtime, compress(dense, origin, store, control), dense, ready, store, control)
        shutil.copyfile(half / manifest.LABELS, file.with_name(manifest.LABELS))
        shown = [browser.shown(dense, file, f"{browser.DENSE}/")]
    known = [*shown, browser.shown(spec, half / runtime.file, "./", found.good)]
    told = browser.facts(browser.title(spec), browser.labels(half), known, spec.task)
    browser.write(half, told, of_page(spec.dense, ready.task, store), spec.key)


def _checked(file: Path, runtime: Runtime, state: State, ready: Prepared, control: Control) -> Check:
    """Run the written file, and the torch model in fp32, on every validation example."""
    plain = pytorch.session(state.model, exact=True)
    theirs, expected = _answers(plain, state, ready, Event("reference"), control)
    session = runtime.open(file, 1)
    try:
        ours, found = _answers(session, state, ready, Event("evaluate"), control)
        seq = min(latency.SEQ, dimensions.max_tokens(state.model))
        item = latency.random_input(1, seq, encoder.vocabulary_size(state.model))
        rounds = latency.rounds([session.run], [[item] * PAIRS], batch=1, seq=seq)
    finally:
        session.close()
    invalid = sum(not bool(row.isfinite().all()) for row in found.values())
    apart = [one.abs().max().item() for key in expected if (one := found[key] - expected[key]).isfinite().all()]
    exact, speed = state.precision.mode == "fp32", rounds.speed(0, 0)
    return Check(
        exact,
        ours.interval,
        theirs.interval,
        _agreement(ours, theirs),
        max(apart, default=0.0),
        speed.median_ms,
        invalid,
        seq,
        ours.metric,
    )


def _agreement(ours: Quality, theirs: Quality) -> float:
    """The share of answers that are the same; where answers have several items, such as the spans of a sentence, F1 of
    the items of both."""
    if ours.metric != MICRO_F1:
        return compare(ours, theirs).agreement
    return metrics.of(MICRO_F1).figure(Sample((), ours.answers, theirs.answers))


def _answers(
    session: Session, state: State, ready: Prepared, stage: Event, control: Control
) -> tuple[Any, dict[tuple[int, ...], Tensor]]:
    """Quality, and all that was answered to each example, by its tokens."""
    head = head_of(state.model)
    seen: dict[tuple[int, ...], Tensor] = {}

    def answer(batch: Any) -> Any:
        output, shown = session.answer(batch), batch["attention_mask"]
        for ids, mask, row in zip(batch["input_ids"], shown, answered(output, head, shown), strict=True):
            seen[tuple(ids[mask.bool()].tolist())] = row.clone()
        return output

    def on_batch(running: Running) -> None:
        part = running.interval
        event = dataclasses.replace(stage, value=part.value, low=part.low, high=part.high)
        control.on_event(dataclasses.replace(event, done=part.n, total=running.total))

    recording = dataclasses.replace(session, answer=answer)
    quality = evaluate(
        recording,
        ready.task,
        measure.features(state, ready),
        pad=state.pad,
        on_batch=on_batch,
        cancelled=control.cancelled,
    )
    return quality, seen


def words(exported: Exported) -> str:
    """What people read of an export."""
    lines = [f"exported  {exported.folder}   {exported.bytes / 1e6:.1f} MB, zipped {exported.zip_bytes / 1e6:.1f} MB"]
    return "\n".join([*lines, f"check     {exported.check.words}"])


def to_plain(exported: Exported) -> dict[str, Any]:
    """The same as plain JSON values."""
    values = dataclasses.asdict(exported) | {"folder": str(exported.folder), "archive": str(exported.archive)}
    return values | {"check": exported.check.to_json()}


def _zip(folder: Path, archive: Path, name: str) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            zipped.write(path, f"{name}/{path.relative_to(folder).as_posix()}")
