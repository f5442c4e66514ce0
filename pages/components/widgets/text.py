"""Every text of the pages, in two catalogues with equal keys: assets/text/en.json and es.json."""

import json
import re
from functools import cache
from typing import Any

import streamlit as st

from core import paths
from core.errors import UserError, Words, sentences
from core.metrics import ACCURACY, ONE_F1
from core.runtimes import RUNTIMES, formats
from core.summary import hundredfold, unit
from core.tasks.task import Task
from pages.components.widgets import links
from pages.components.widgets.figures import shown

MARKDOWN = re.compile(r"([!-/:-@\[-`{-~])")  # ASCII punctuation: what a backslash makes plain
# Streamlit makes a link of whatever looks like an address, also behind a backslash: not with this in it, unseen
JOINER, ADDRESS = "\u2060", re.compile(r"(//|(?<=www)\.|@)")
LANGUAGES = {"en": "English", "es": "Español"}


@cache
def catalogue(language: str) -> dict[str, str]:
    """The texts of a language by key."""
    texts: dict[str, str] = json.loads((paths.ASSETS / "text" / f"{language}.json").read_text(encoding="utf8"))
    return texts


def current() -> str:
    """The language of this session."""
    chosen = links.value("lang")
    return chosen if chosen in LANGUAGES else "en"


def say(key: str, **values: Any) -> str:
    """The text called `key` in this session's language, with its {names} filled in."""
    language = current()
    text = catalogue(language)[key]
    return text.format(**{name: shown(value, language) for name, value in values.items()}) if values else text


def local(value: Any) -> Any:
    """A figure in words as this session's language writes numbers."""
    return shown(value, current())


def say_or(key: str, fallback: str) -> str:
    """The text called `key`, or what the code says of itself where the catalogues have none."""
    return catalogue(current()).get(key, fallback)


def runtime_title(name: str) -> str:
    """What a runtime is called."""
    return say_or(f"runtime.{name}", RUNTIMES[name].title)


def format_title(form: str) -> str:
    """What a format is called in which models are taken home."""
    return say_or(f"format.{form}", formats()[form].export.title)


def leading() -> str:
    """The metric that leads in this session's task."""
    chosen = st.session_state.get("chosen")
    return (chosen.dense.metric if hasattr(chosen, "dense") else "") or ACCURACY


def metric_title(metric: str) -> str:
    """What a metric is called."""
    if found := ONE_F1.fullmatch(metric):
        return say("metric.f1_of", label=found["label"])
    return say_or(f"metric.{metric}", metric)


def score(key: str) -> str:
    """The text called `key`, which names the accuracy; where another metric leads, what that one is called."""
    if leading() == ACCURACY:
        return catalogue(current())[key]
    return metric_title(leading()) + ("" if unit(leading()) else " × 100")


def score_axis(key: str) -> str:
    """The same with its unit; coefficients are shown a hundredfold."""
    metric = leading()
    return (
        catalogue(current())[key]
        if metric == ACCURACY
        else f"{metric_title(metric)} ({unit(metric).strip() or '× 100'})"
    )


def shown_score(value: float) -> str:
    """A figure of the session's leading metric: "91.2 %"."""
    return str(local(hundredfold(value, leading())))


def told(what: UserError | Words | None) -> str:
    """What core has to say to a user, in this session's language; its sentences are translated in errors.LANG.json."""
    words = what.words if isinstance(what, UserError) else what
    return words.translated(sentences(current()), local) if words else ""


def sentence(what: UserError | Words | None) -> str:
    """The same as a sentence of its own: with a capital and a full stop."""
    words = told(what)
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith(('.', '?', '!')) else '.'}" if words else ""


class Marked(str):
    """Markdown of our own, which is to be obeyed."""


def literal(what: object) -> str:
    """As text of which Markdown obeys nothing: what came from a link, a file or a table, and core's sentences, which
    repeat such things. Without this a page would show pictures and links that are a stranger's."""
    if isinstance(what, Marked):
        return what
    words = told(what) if isinstance(what, UserError | Words) else what
    return "" if words is None else MARKDOWN.sub(r"\\\1", ADDRESS.sub(rf"{JOINER}\1", str(words)))


def kind_of(name: str) -> str:
    """What a kind of sentences is called; those of one's own table as they are."""
    return say_or(f"kind.{name}", name)


def called(task: Task, answer: str) -> str:
    """What a label or an answer of the task is called in this session's language; one's own labels stay as they are."""
    return say_or(f"label.{task.called(answer)}", task.called(answer)) if answer in task.words else answer
