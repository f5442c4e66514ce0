"""One student: its size and training by form, what it will be before it is trained, its live curve, its result."""

import dataclasses

import streamlit as st

from core import summary
from core.choice import speed_of
from core.control import Timing
from core.errors import ConfigError
from core.figures.students import training
from core.jobs import recorded
from core.result import Result, compare
from core.spec import Step, describe
from core.techniques import distil, parse_step
from core.training.loop import turning
from core.training.students import Sizes, layers_of, milliseconds, sizes_of
from pages.components.distil import student_grid
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import charts, config_form, empty, progress, session, tiles
from pages.components.widgets.session import jobs, staying, store
from pages.components.widgets.text import literal, say, score, shown_score

SIZE = ("layers", "width")


def form(choice: Chosen) -> Step | None:
    """Size first, everything else in an expander; None where a field is not allowed, which is said."""
    there = layers_of(choice.dense)
    st.session_state.setdefault("distil-layers", min(3, there))
    text = config_form.folded(Step("distil", distil.Config()), "distil", SIZE, say("distil.more"), across=len(SIZE))
    try:
        step = parse_step(text)
        with st.spinner(say("distil.sizing")):  # the first one loads transformers
            _sizes(choice, step)
        # the link of the Lab has six digits of a number
        return parse_step(describe(step))
    except ConfigError as error:
        st.error(literal(error))
        return None


def before(choice: Chosen, step: Step) -> None:
    """Parameters, work and file of that size, and its time: that of a stored one of the same size, or an estimate."""
    found, dense = _sizes(choice, step), store().read(choice.dense.key)
    params, macs, mb = f"{found.params / 1e6:.1f}", f"{found.macs / 1e6:,.0f}", f"{found.bytes / 1e6:.1f}"
    st.markdown(say("distil.before", params=params, macs=macs, mb=mb))
    timed = student_grid.timed(choice.dense, _layers(choice, step), step.config.width)
    if timed is not None:
        factor, where = tiles.factor(timed), tiles.badge(timed)
        st.caption(say("distil.timed", ms=f"{timed.median_ms:.1f}", factor=factor, where=where))
        return
    trained = store().read(dataclasses.replace(choice.dense, steps=(step,)).key) is not None
    ms = milliseconds(found, dense, speed_of(dense)) if dense else None
    if ms is not None and dense is not None:
        share = f"{100 * found.macs / dense.size.macs:.0f}"
        st.caption(say("distil.estimate_trained" if trained else "distil.estimate", ms=f"{ms:.0f}", share=share))


def _sizes(choice: Chosen, step: Step) -> Sizes:
    """Raises ConfigError where there is no student of that size."""
    return sizes_of(choice.dense, _layers(choice, step), step.config.width)


def _layers(choice: Chosen, step: Step) -> int:
    """How many the student has: as many as its teacher where none are asked for."""
    return step.config.layers or layers_of(choice.dense)


def show(choice: Chosen, step: Step) -> None:
    """The result where it is stored, the live curve while it is trained, else the button."""
    spec = dataclasses.replace(choice.dense, steps=(step,))
    alone = dataclasses.replace(spec, steps=(Step("distil", recorded.alone(step.config)),))
    result = store().read(spec.key)
    if result is not None:
        _result(choice, result, store().read(alone.key))
        _offer_time(choice, result)
    wanted = [one for one in dict.fromkeys((spec, alone)) if store().read(one.key) is None]
    keys = [one.key for one in wanted if progress.active([one.key])]
    if keys:
        st.fragment(_watch, run_every=0.5)(keys)
        return
    for why in progress.errors([one.key for one in wanted]):
        st.error(literal(why))
    if not wanted:
        return
    if not choice.runnable:
        empty.show("student", say("distil.not_here"), *empty.elsewhere(choice.dense, choice.runnable))
        return
    for one in wanted:
        about = progress.about(choice.origin, [one])
        label = say("distil.train" if one is spec and step.config.alpha else "distil.train_alone", about=about)
        if st.button(label, key=f"train-{one.key}", type="primary" if one is spec else "secondary"):
            jobs().run(one, choice.origin, Timing(), session.title(one, f"run {one.runtime}"), staying())
            st.rerun()


def _offer_time(choice: Chosen, result: Result) -> None:
    """The button that measures the time of a trained student where none is known, which takes no training."""
    if choice.runnable and speed_of(result) is None:
        title = session.title(result.spec, f"run {result.spec.runtime}")
        progress.offer(
            "student-time",
            "measured.retiming",
            say("distil.time"),
            lambda: [jobs().run(result.spec, choice.origin, Timing(), title, staying())],
        )


def _watch(keys: list[str]) -> None:
    """The bar and the curve of what is trained, with Cancel; the page is drawn again when that ends."""
    for key in keys:
        status = progress.watch(key, key)
        losses = [(step, loss) for step, loss, _ in status.curve if loss is not None]
        scores = [(step, score) for step, _, score in status.curve if score is not None]
        if len(losses) > 1 and scores:  # of less there is no curve, only axes
            _curves(losses, {score("distil.score"): scores}, f"live-{key}")


def _result(choice: Chosen, result: Result, alone: Result | None) -> None:
    """Its figures beside the teacher's, and beside the same student alone."""
    dense = store().read(choice.dense.key)
    if dense is None:
        return
    tiles.tiles(result, dense, speed_of(result))
    if alone is not None and alone.key != result.key:
        versus = compare(result.quality, alone.quality)
        st.markdown(
            say(
                "distil.verdict",
                taught=shown_score(result.quality.interval.value),
                alone=shown_score(alone.quality.interval.value),
                **tiles.paired(versus) | {"change": tiles.shown_change(versus)},
            )
        )
    students = {"taught": None if alone is not None and alone.key == result.key else result, "alone": alone}
    found = {name: summary.stored_seeds(one.spec, store().read) if one else {} for name, one in students.items()}
    spreads = {name: summary.accuracy_spread(results) for name, results in found.items()}
    spreads["gain"] = summary.gain_spread(found["taught"], found["alone"])
    told = [tiles.spread(name, spread) for name, spread in spreads.items() if spread]
    if told:
        st.caption(" ".join(told))
    named = {say("distil.by_taught"): result} | ({say("distil.by_alone"): alone} if alone else {})
    curves = {name: one.facts["curves"][-1] for name, one in named.items() if one.facts.get("curves")}
    if curves:
        losses = [(step, loss) for step, loss, _ in next(iter(curves.values()))]
        _curves(losses, {name: [(s, score) for s, _, score in curve] for name, curve in curves.items()}, "curves")
        config = result.spec.steps[-1].config
        if config.alpha and 0 < config.hidden < 1:
            st.caption(say("distil.turn", step=turning(config.hidden, losses[-1][0])))


def _curves(losses: list[tuple[int, float]], scores: dict[str, list[tuple[int, float]]], key: str) -> None:
    figure = training(losses, scores, (say("distil.step"), say("distil.loss"), score("tile.accuracy")))
    charts.show(figure, key=key, config={"displayModeBar": False}, alt=say("distil.curve_alt"))
