"""Every stored result on the tree that grows from dense: put into words, drawn, and what a click on a leaf does."""

from collections.abc import Sequence

import streamlit as st

from core.engine.recipes import shown
from core.engine.tree import Node, grow
from core.figures.tree import Twig, Words, bonsai
from core.metrics import ACCURACY
from core.summary import scored, unit
from pages.components.canvas import tree as view
from pages.components.frame.sidebar import Chosen
from pages.components.results import points
from pages.components.results.points import Point
from pages.components.widgets import links, tiles
from pages.components.widgets.text import current, leading, local, metric_title, say, say_or

KEY, CLICKED = "tree", "leaf-clicked"


def show(choice: Chosen, found: Sequence[Point], chosen: str = "", small: bool = False) -> None:
    """The picture; a click on a leaf chooses that result for the whole session.

    chosen: the key of the result whose way is marked, or "". small: without its legend and buttons.
    """
    svg = picture(choice, found, chosen)
    texts = {name: say(f"tree.{name}") for name in view.TEXTS}
    view.tree_view(svg, f"bonsai-{choice.dense.task}", texts, small, key=KEY, on_leaf=clicked)


def picture(choice: Chosen, found: Sequence[Point], chosen: str = "") -> str:
    """The same as SVG in the session's language."""
    # one text, since Streamlit looks at a tuple piece by piece, which takes longer than the picture
    leaves = "\n".join(f"{p.result.key} {p.result.quality.interval} {p.result.size.bytes}" for p in found)
    return _drawn((choice.dense.key, leaves, chosen, current()), choice, found)


def greet(choice: Chosen) -> None:
    """The picture without its legend; a click on a leaf opens the page of the tree with it."""
    found = points.of(choice)
    if grows(found, choice):
        show(choice, found, small=True)
    if st.session_state.pop(CLICKED, False):
        links.go("pages/tree.py")


def grows(found: Sequence[Point], choice: Chosen) -> bool:
    """Is there a dense result, from which the others grow?"""
    return any(point.result.key == choice.dense.key for point in found)


def clicked() -> None:
    """In a callback: choose the result whose leaf was clicked."""
    if key := st.session_state[KEY].leaf:
        st.session_state["point"] = key
        st.session_state[CLICKED] = True


@st.cache_data(max_entries=16, show_spinner=False)
def _drawn(name: tuple[str, ...], _choice: Chosen, _found: Sequence[Point]) -> str:
    """name: what the picture depends on."""
    titles = {point.result.key: point.title for point in _found}
    nodes = grow([point.result for point in _found if shown(point.result.spec)], _choice.dense)
    task = say_or(f"frame.task_{_choice.dense.task}", _choice.dense.task)
    metric = metric_title(leading())
    words = Words(
        title=say("tree.heading", model=_choice.dense.model, task=task),
        below=say("tree.below", count=sum(node.result is not None for node in nodes)),
        unit=f"{metric}, {unit(leading()).strip() or '× 100'}",
        thick=say("tree.thick"),
        cut=say("tree.cut"),
        same=say("tree.same"),
        link="BERT Bonsai",
    )
    return bonsai(_twigs(nodes, titles), words, name[2])


def _twigs(nodes: Sequence[Node], titles: dict[str, str]) -> list[Twig]:
    twigs: list[Twig] = []
    for node in nodes:
        result, root = node.result, nodes[0].result
        share = result.size.bytes / root.size.bytes if result and root else 1.0
        family = node.spec is None and not node.group
        twigs.append(
            Twig(
                node.parent,
                _words(node, titles),
                node.key,
                100 * result.quality.interval.value if result else None,
                min(1.0, share),
                node.removed,
                node.parent >= 0 and not node.differs,
                (say("tree.runtimes") if node.family == "dense" else say(f"family.{node.family}")) if family else "",
                twigs[node.parent].depth + 1 if node.spec is not None and node.parent >= 0 else 0,
            )
        )
    return twigs


def _words(node: Node, titles: dict[str, str]) -> str:
    """What pointing at a leaf tells: its recipe, and its figures with where they were measured."""
    if node.result is None:
        return ""
    quality, size = node.result.quality, node.result.size
    name = metric_title(leading()) if leading() != ACCURACY else say("tile.accuracy")
    verdict = "" if node.parent < 0 or node.differs else f" · {say('tree.same')}"
    figures = local(f"{scored(quality)} · {size.bytes / 1e6:.1f} MB")
    return f"{titles[node.key]}\n{name} {figures}{verdict} · {tiles.badge(quality)}"
