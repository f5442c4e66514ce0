"""What a recipe is outside the pages: the lines of a shell and of Python that do the same."""

import dataclasses
import shlex
from textwrap import dedent

import streamlit as st

from core.spec import TORCH, Spec, describe
from core.tasks import Origin
from pages.components.words import say


def show(spec: Spec, origin: Origin) -> None:
    """Both, to be copied."""
    shell, script = st.tabs([say("lab.command"), say("lab.python")])
    shell.code(command(spec, origin), language="bash", wrap_lines=True)
    script.code(python(spec, origin), language="python", wrap_lines=True)


def command(spec: Spec, origin: Origin) -> str:
    """The line of a shell that measures the Spec."""
    runtime = ["--runtime", spec.runtime] if spec.runtime != TORCH else []
    return shlex.join(["python", "-m", "core", "run", *_named(spec, origin), *runtime])


def export_command(spec: Spec, origin: Origin, form: str) -> str:
    """The line of a shell that exports the Spec in that format."""
    return shlex.join(["python", "-m", "core", "export", *_named(spec, origin), "--format", form, "--out", "FOLDER"])


def python(spec: Spec, origin: Origin) -> str:
    """The lines of Python that measure the Spec."""
    places = ", ".join(repr(value) for value in dataclasses.astuple(origin) if value)
    steps = "".join(f"\n    parse_step({describe(step)!r})," for step in spec.steps)
    chosen = f", seed={spec.seed}" if spec.seed else ""
    chosen += f", runtime={spec.runtime!r}" if spec.runtime != TORCH else ""
    return dedent(
        """\
        from core.control import Timing
        from core.run import make_spec, run
        from core.store import default_store
        from core.tasks import Origin
        from core.techniques import parse_step

        steps = [{steps}]
        origin = Origin({origin})
        spec = make_spec({model!r}, origin, steps{chosen})
        result = run(spec, origin, default_store(), Timing())
        print(result.quality.interval)"""
    ).format(steps=f"{steps}\n" if steps else "", origin=places, model=spec.model, chosen=chosen)


def _named(spec: Spec, origin: Origin) -> list[str]:
    words = ["--model", spec.model, "--task", origin.task]
    words += ["--data", origin.path] if origin.path else []
    for step in spec.steps:
        words += ["--step", describe(step)]
    return [*words, "--seed", str(spec.seed)] if spec.seed else words
