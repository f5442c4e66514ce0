"""From a recipe to a job: runtime, seed, what keeps the recipe from being done, and the button."""

import dataclasses
from collections.abc import Sequence

import streamlit as st

from core.control import Timing
from core.engine.export import check_format
from core.engine.run import check
from core.environment import here
from core.errors import ConfigError, ModelError
from core.runtimes import RUNTIMES
from core.spec import LARGEST_SEED, Spec, Step
from core.summary import scored
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import empty, links, tiles
from pages.components.widgets.session import jobs, staying, store, title
from pages.components.widgets.text import literal, runtime_title, say


def controls(choice: Chosen, steps: Sequence[Step] | None) -> Spec | None:
    """Runtime, seed and the button that queues the recipe; the Spec, or None where it cannot be done."""
    names = tuple(RUNTIMES)
    links.before("runtime", names)
    st.selectbox(
        say("quantize.runtime"),
        names,
        format_func=runtime_title,
        key="runtime",
        help=say("quantize.runtime_help"),
    )
    runtime = links.after("runtime", names)
    links.number("seed", say("lab.seed"), 0, LARGEST_SEED, empty=0, help=say("lab.seed_help"))
    if steps is None:
        return None
    spec = spec_of(choice, steps, runtime)
    able = possible(steps, runtime)
    if not choice.runnable:
        empty.show("lab", say("lab.not_runnable"), *empty.elsewhere(choice.dense, choice.runnable))
    elif st.button(say("lab.measure"), type="primary", disabled=not able, width="stretch"):
        known = store().read(spec.key)
        speed = known.speed(here().machine) if known else None
        again = speed is not None and speed.busy  # what is asked for once more is measured once more
        jobs().run(spec, choice.origin, Timing(again=again), title(spec, runtime_title(runtime)), staying())
        st.rerun()
    _known(spec)
    return spec if able or not RUNTIMES[runtime].installed else None


def spec_of(choice: Chosen, steps: Sequence[Step], runtime: str) -> Spec:
    """The recipe with this page's seed, on the chosen model and task; without steps there is nothing to draw."""
    seed = int(links.value("seed")) if steps else choice.dense.seed
    return dataclasses.replace(choice.dense, steps=tuple(steps), seed=seed, runtime=runtime)


def possible(steps: Sequence[Step], runtime: str, form: str = "") -> bool:
    """Can these steps be done in that runtime, and be written in that format? If not, the reason is shown."""
    if not RUNTIMES[runtime].installed:
        st.warning(say("quantize.install", line=RUNTIMES[runtime].install))
        return False
    try:
        check(steps, runtime)
        if form:
            check_format(steps, form)
    except (ConfigError, ModelError) as error:
        st.error(literal(error))
        return False
    return True


def _known(spec: Spec) -> None:
    result = store().read(spec.key)
    if result is not None:
        accuracy, where = scored(result.quality), tiles.badge(result.quality)
        st.caption(say("lab.known", accuracy=accuracy, where=where))
