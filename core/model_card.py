"""What a model card says of a stored result: one list of sections, which the pages show and an export writes.

Everything follows from the results that are stored, of the model and of dense; nothing is built. Words are kept apart
from values, so that each reader has them in their language.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from core.errors import Words
from core.installation import day
from core.left import EMBEDDINGS, Left, read
from core.result import Result, Speed, beside, compare, figure
from core.spec import describe
from core.summary import hundredfold, percent, ran_in, speedup
from core.visitors import without_folders

Said = Words | str
TITLES: dict[str, Said] = {"accuracy": Words("accuracy"), "mean F1": "F1", "exact answer": Words("exact match")}
# figures of a card, drawn by core.figures.card
MATRICES, HEADS, CURVE = "matrices", "heads", "curve"


@dataclass(frozen=True)
class Table:
    """A row of names, and rows of as many cells."""

    header: tuple[Said, ...]
    rows: tuple[tuple[Said, ...], ...]


@dataclass(frozen=True)
class Section:
    """A part of a card: its title, sentences, and then a figure (MATRICES, HEADS, CURVE), and a table as its twin."""

    title: Words
    lines: tuple[Words, ...] = ()
    figure: str = ""
    table: Table | None = None


def sections(result: Result, dense: Result, seeds: Mapping[int, Result]) -> list[Section]:
    """The card of a result beside dense; seeds: the same recipe's results by seed, its own among them."""
    found = [
        _summary(result, dense),
        _metrics(result, dense, list(seeds.values())),
        _speeds(result),
        _matrices(result),
        _heads(result, dense),
        _training(result),
        _origin(result),
    ]
    return [section for section in found if section is not None]


def _summary(result: Result, dense: Result) -> Section:
    lines = [*_weights(result, dense), *_faster(result), _scored(result, dense)]
    heads = head_counts(result, dense)
    if heads and sum(here for here, _ in heads) < sum(of for _, of in heads):
        here, of = (sum(counts) for counts in zip(*heads, strict=True))
        lines.append(
            Words(
                "{removed} of {total} heads ({share:.1%}) were removed entirely.",
                removed=of - here,
                total=of,
                share=1 - here / of,
            )
        )
    lines.append(
        Words(
            "The file has {mb:.1f} MB, that of dense {dense_mb:.1f} MB.",
            mb=result.size.bytes / 1e6,
            dense_mb=dense.size.bytes / 1e6,
        )
    )
    return Section(Words("In short"), tuple(lines))


def _weights(result: Result, dense: Result) -> list[Words]:
    """Shares of the weights that are left, where the result tells of its matrices."""
    found = read(result.facts)
    if not found:
        return []
    linear = sum(one.nonzero for one in found) / sum(one.rows * one.columns for one in found)
    return [
        Words(
            "{linear:.1%} of the weights of the linear layers are left, and {every:.1%} of all weights; embeddings are "
            "{embeddings:.1%} of those that are left.",
            linear=linear,
            every=result.size.nonzero / dense.size.nonzero,
            embeddings=result.facts[EMBEDDINGS] / result.size.nonzero,
        )
    ]


def evaluation_speed(result: Result) -> Speed | None:
    """Its time on the evaluation, beside dense in its own runtime; else at one length; the newest of them, and no
    device's of a room."""
    own = [speed for speed in result.speeds if not speed.against and not speed.environment.is_browser]
    whole = [speed for speed in own if speed.seq is None]
    return next(reversed(whole or own), None)


def _faster(result: Result) -> list[Words]:
    speed = evaluation_speed(result)
    if speed is None:
        return [Words("Its time beside dense was not measured.")] if result.spec.steps else []
    at = _setting(speed)
    if speed.busy:
        return [Words("The machine was busy when it was timed: {ratio} {at} says little.", ratio=speedup(speed), at=at)]
    if speed.verdict == "no difference shown":
        return [Words("No difference of time from dense was shown: {ratio} {at}.", ratio=speedup(speed), at=at)]
    return [
        Words("It is {ratio} as fast as dense {at}, in {runtime}.", ratio=speedup(speed), at=at, runtime=ran_in(result))
    ]


def _setting(speed: Speed) -> Words:
    if speed.seq is None:
        return Words("on the evaluation, in batches of {batch}", batch=speed.batch)
    return Words("at {batch} x {tokens} tokens", batch=speed.batch, tokens=speed.seq)


def _scored(result: Result, dense: Result) -> Words:
    quality = result.quality
    versus = compare(quality, dense.quality)
    return Words(
        "On {count} examples {metric} is {value}, and that of dense {dense}: {points:+.1f} points "
        "[{low:+.1f}, {high:+.1f}], {verdict}.",
        metric=called(quality.metric),
        value=percent(quality.interval, quality.metric),
        dense=percent(dense.quality.interval, quality.metric),
        count=quality.interval.n,
        points=100 * versus.delta,
        low=100 * versus.low,
        high=100 * versus.high,
        verdict=Words("more than chance") if versus.differs else Words("no difference shown"),
    )


def called(metric: str) -> Said:
    """What people call a metric."""
    return TITLES.get(metric, metric)


def _metrics(result: Result, dense: Result, seeds: Sequence[Result]) -> Section:
    """A row a metric; of two seeds and more how far they are apart."""
    rows = []
    of_dense = {dense.quality.metric: dense.quality.interval, **beside(dense.quality)}
    for name, interval in {result.quality.metric: result.quality.interval, **beside(result.quality)}.items():
        before = of_dense.get(name)
        values = [100 * figure(one.quality.sample, name).value for one in seeds]
        rows.append(
            (
                called(name),
                percent(before, name) if before else "–",
                percent(interval, name),
                f"{100 * (interval.value - before.value):+.1f}" if before else "–",
                f"{mean(values):.1f} ± {stdev(values):.1f} ({len(values)})" if len(values) > 1 else "–",
            )
        )
    header = (
        Words("metric"),
        Words("dense"),
        Words("this model"),
        Words("points"),
        Words("mean ± standard deviation (seeds)"),
    )
    return Section(Words("Evaluation"), table=Table(header, tuple(rows)))


def _speeds(result: Result) -> Section | None:
    own = [speed for speed in result.speeds if not speed.against]
    if not own:
        return None
    rows = tuple(
        (
            _setting(one),
            str(one.threads),
            f"{one.median_ms:.1f}",
            f"{one.dense_median_ms:.1f}",
            speedup(one),
            Words("{machine}, untrained model of that shape", machine=one.environment.machine)
            if one.untrained
            else one.environment.machine,
        )
        for one in own
    )
    header = (Words("input"), Words("threads"), "ms", Words("ms of dense"), Words("dense / this"), Words("machine"))
    line = Words("Both by turns in {runtime}; the ratio has its 95 % interval.", runtime=ran_in(result))
    return Section(Words("Time"), (line,), table=Table(header, rows))


def _matrices(result: Result) -> Section | None:
    found = read(result.facts)
    if not found:
        return None
    by_place = {(one.layer, one.role): one for one in found}
    layers, roles = sorted({one.layer for one in found}), tuple(dict.fromkeys(one.role for one in found))
    rows = tuple((str(layer + 1), *(_share(by_place.get((layer, role))) for role in roles)) for layer in layers)
    line = Words("Each square is as wide as a head; what was taken out is drawn where it lay.")
    return Section(Words("What is left of each matrix"), (line,), MATRICES, Table((Words("layer"), *roles), rows))


def _share(one: Left | None) -> str:
    return f"{one.density:.0%}" if one is not None else "–"


def head_counts(result: Result, dense: Result) -> list[tuple[int, int]]:
    """Of each of dense's layers how many heads are left, and of how many; [] where that is not known."""
    before = dense.size.shape
    found = read(result.facts)
    if before is None:
        return []
    if found:
        queries = [one for one in found if one.role == "Q"]
        return [(int(one.cells.any(1).sum()), one.cells.shape[0]) for one in queries]
    size = _head_size(result)
    after = result.size.shape
    if not size or after is None or len(after.channels) != len(before.channels):
        return []
    return [(left // size, of // size) for left, of in zip(after.channels, before.channels, strict=True)]


def _head_size(result: Result) -> int:
    """Channels of a head, where the steps told how many heads are left; else 0."""
    heads, after = result.facts.get("heads"), result.size.shape
    if not heads or after is None:
        return 0
    return next((channels // count for channels, count in zip(after.channels, heads, strict=False) if count), 0)


def _heads(result: Result, dense: Result) -> Section | None:
    counts = head_counts(result, dense)
    if not counts:
        return None
    rows = tuple((str(layer + 1), str(here), str(of - here)) for layer, (here, of) in enumerate(counts))
    header = (Words("layer"), Words("heads left"), Words("heads removed"))
    return Section(Words("Heads of each layer"), figure=HEADS, table=Table(header, rows))


def _training(result: Result) -> Section | None:
    steps = tuple(describe(step) for step in result.spec.steps)
    if not steps:
        return None
    quoted = ", ".join(f"`{step}`" for step in steps)
    lines = [Words("Steps: {steps}; seed {seed}.", steps=quoted, seed=result.spec.seed)]
    if seconds := result.facts.get("training_s"):
        lines.append(Words("Its training took {minutes:.0f} minutes.", minutes=seconds / 60))
    curves = result.facts.get("curves", [])
    rows = tuple(
        (str(number), str(step), f"{loss:.3f}", hundredfold(score, result.quality.metric))
        for number, curve in enumerate(curves, 1)
        for step, loss, score in curve
    )
    if not rows:
        return Section(Words("How it was made"), tuple(lines))
    header = (Words("training"), Words("step"), Words("loss"), called(result.quality.metric))
    lines.append(
        Words(
            "Examples that validate were looked at for this curve, at most 1,000 of them; the last step "
            "was kept, not the best one."
        )
    )
    return Section(Words("How it was made"), tuple(lines), CURVE, Table(header, rows))


def _origin(result: Result) -> Section:
    spec, quality = result.spec, result.quality
    here = quality.environment
    versions = f"torch {here.torch}, transformers {here.transformers}"
    rows: tuple[tuple[Said, ...], ...] = (
        (Words("model"), f"{without_folders(spec.model)} ({spec.revision})"),
        (Words("task"), f"{spec.task} ({spec.data})"),
        (Words("validation examples"), str(quality.interval.n)),
        (Words("precision of the evaluation"), quality.precision),
        (Words("measured on"), day(quality)),
        (Words("machine"), here.machine),
        (Words("versions"), versions),
        (Words("key of the result"), result.key),
    )
    return Section(Words("Data and machine"), table=Table((Words("what"), Words("value")), rows))


def markdown(found: Sequence[Section]) -> str:
    """The sections as Markdown in English; figures lie beside it, in plots.html."""
    parts = []
    for section in found:
        parts.append(f"## {section.title}")
        if section.lines:
            parts.append("\n".join(f"- {line}" for line in section.lines))
        if section.table is not None:
            rows = [section.table.header, ("---",) * len(section.table.header), *section.table.rows]
            parts.append("\n".join(f"| {' | '.join(map(str, row))} |" for row in rows))
    return "\n\n".join(parts) + "\n"
