"""What one takes away: the whole study, or a comparison, as one HTML file; tables for a README and for programs."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import date

import plotly.graph_objects as go
import streamlit as st

from core.choice import speed_of
from core.engine import card
from core.environment import here
from core.figures import document
from core.pareto import front
from core.result import Result
from core.spec import recipe
from core.summary import summary
from pages.components.frame.sidebar import Chosen
from pages.components.results import points, side_by_side, tree
from pages.components.results.points import Point
from pages.components.widgets.text import current, say

Rows = Sequence[Mapping[str, object]]


def take(choice: Chosen, found: Sequence[Point], chart: go.Figure, dense: Result) -> None:
    """Buttons for all of the study: an HTML file with tree, scatter, every recipe and where it was measured; the front
    as Markdown; every result as JSON. found: with their times, see points.on_axis."""
    name, title = f"bonsai-{choice.dense.task}", say("study.title", model=choice.dense.model, task=choice.dense.task)
    lead, language = say("study.lead", count=len(found), date=date.today().isoformat()), current()
    rows, machine = points.rows(found), _machine()
    whole = [row | more for row, more in zip(rows, _origins(found), strict=True)]
    drawing = tree.picture(choice, found) if tree.grows(found, choice) else ""
    titles = [say(f"study.{part}") for part in ("tree", "scatter", "results", "machine")]
    st.download_button(
        say("study.html"),
        lambda: document.document(title, _whole(lead, drawing, chart, whole, machine, titles), language),
        f"{name}.html",
        "text/html",
    )
    st.download_button(say("study.markdown"), _markdown(title, lead, found, rows), f"{name}.md", "text/markdown")
    st.download_button(say("study.json"), lambda: _json(found, dense), f"{name}.json", "application/json")


def take_comparison(a: Point, b: Point, tables: Mapping[str, Rows], choice: Chosen) -> None:
    """A button for an HTML file with the verdict on B against A and these tables by their titles."""
    named = "\n".join(f"{name}: {point.title}\n{_command(point, choice)}" for name, point in (("A", a), ("B", b)))
    title, language, machine, last = say("compare.title"), current(), _machine(), say("study.machine")
    parts = [document.paragraph(side_by_side.verdict(a, b, coloured=False)), document.paragraph(named)]
    for words, rows in {**tables, last: machine}.items():
        parts += [document.heading(words), document.table(rows)] if rows else []
    st.download_button(
        say("study.comparison"),
        lambda: document.document(title, parts, language),
        f"bonsai-{choice.dense.task}-comparison.html",
        "text/html",
    )


def _command(point: Point, choice: Chosen) -> str:
    return card.command(dataclasses.replace(point.result.spec, model=choice.dense.model), choice.origin)


def _whole(lead: str, drawing: str, chart: go.Figure, rows: Rows, machine: Rows, titles: Sequence[str]) -> list[str]:
    of_tree, of_scatter, of_results, of_machine = map(document.heading, titles)
    return [
        document.paragraph(lead),
        *([of_tree, drawing] if drawing else []),
        *(of_scatter, document.figure(chart, True)),
        *(of_results, document.table(rows)),
        *(of_machine, document.table(machine)),
    ]


def _origins(found: Sequence[Point]) -> list[dict[str, object]]:
    """Of each result its steps as the command line has them, its seed, who measured it, and its key."""
    return [
        {
            say("study.steps"): recipe(point.result.spec),
            say("lab.seed"): point.result.spec.seed,
            say("study.measured"): point.result.quality.environment.machine,
            say("study.timed"): point.speed.environment.machine if point.speed else "",
            say("study.key"): point.result.key,
        }
        for point in found
    ]


def _machine() -> list[dict[str, object]]:
    """This installation."""
    environment = here()
    versions = f"Python {environment.python}, torch {environment.torch}, transformers {environment.transformers}"
    return [{say("frame.machine"): environment.machine, say("study.versions"): versions}]


def _markdown(title: str, lead: str, found: Sequence[Point], rows: Rows) -> str:
    """The points that no other beats in zipped size, as a table."""
    costs = [float(point.result.size.zip_bytes) for point in found]
    best = front(costs, [point.result.quality.interval.value for point in found])
    lines = [tuple(rows[0]), ("---",) * len(rows[0]), *(tuple(rows[place].values()) for place in best)]
    table = "\n".join(f"| {' | '.join('' if cell is None else str(cell) for cell in line)} |" for line in lines)
    return f"# {title}\n\n{lead}\n\n## {say('study.front')}\n\n{table}\n"


def _json(found: Sequence[Point], dense: Result) -> str:
    """Every result with its derived figures, and the time by which the pages compare it (see core.choice.times)."""
    told = [summary(one.result, dense, speed_of(one.result)) | {"comparable_ms": one.ms} for one in found]
    return json.dumps(told, ensure_ascii=False, indent=1)
