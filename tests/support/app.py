"""Pages without a browser: AppTest from the entry point, jobs without a process, results that nobody measured."""

import dataclasses
import re
import shlex
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from core import paths
from core.commands import parser
from core.control import Control, Event
from core.engine.export import export
from core.engine.lengths import time_all
from core.engine.recipes import curve_spec
from core.engine.run import drawing_state, make_spec, run
from core.engine.store import default_store, write_atomically
from core.errors import UserError
from core.jobs import exports
from core.jobs.status import Status, export_key, find_key, job_key, lengths_key, track_key
from core.pictures import picture as pictures
from core.result import Size
from core.runtimes import RUNTIMES
from core.tasks.task import Origin
from core.techniques import words_of
from pages.components.widgets.figures import shown
from pages.components.widgets.text import JOINER
from tests.support import tiny

ROOT = Path(__file__).resolve().parents[2]
REVIEWS = Origin("reviews")
PLAIN = re.compile(r"\\(.)")
BROWSER = "0" * 32  # whose pages these are
HALF = "magnitude:amount=0.5,criterion=l1,scope=layer,layers=encoder"


class FakeJobs:
    """The executor without a process: what is asked for is done at once, or stands as `answer` says."""

    answer: Status | None = None
    cancelled: list[str] = []
    trained: list[Any] = []
    searched: list[Any] = []
    waits: dict[str, set[str]] = {}
    listed: dict[str, Status] = {}

    def __init__(self, keeper: Any = None, most: Any = None) -> None:
        """What an earlier server left is nothing."""

    def run(self, spec: Any, origin: Origin, timing: Any, title: str = "", watcher: str = "") -> str:
        if self.answer is None:
            run(spec, origin, default_store(), timing and dataclasses.replace(timing, pairs=3, memory=False))
        return self._seen(job_key(spec, timing), title, watcher, str(spec.key))

    def export(self, spec: Any, origin: Origin, form: str, title: str = "", watcher: str = "") -> str:
        if self.answer is None:
            export(spec, origin, form, exports.cleared(spec, form), default_store())
        return self._seen(export_key(spec, form), title, watcher, str(spec.key), form)

    def _seen(self, key: str, title: str, watcher: str, spec: str, form: str = "") -> str:
        self.waits.setdefault(key, set()).add(watcher)
        self.listed[key] = self.answer or Status(key, title, "done", Event("zip"), 0, None, 1.0, spec=spec, form=form)
        return key

    def time_lengths(self, spec: Any, origin: Origin, watcher: str = "") -> str:
        if self.answer is None:
            time_all(spec, origin, default_store())
        return lengths_key(spec)

    def track(self, dense: Any, origin: Origin, method: str, layers: str, watcher: str = "") -> str:
        """Only that it was asked for."""
        return self._seen(track_key(dense, method, layers), "", watcher, dense.key)

    def find(self, dense: Any, origin: Origin, budget: Any, most: int, trains: bool, watcher: str = "") -> str:
        """Only that it was asked for."""
        self.searched.append((dense.key, budget, most, trains))
        return self._seen(find_key(dense), "", watcher, dense.key)

    def train(self, spec: Any, origin: Origin, watcher: str = "") -> str:
        self.trained.append(spec)
        return f"train-{spec.key}"

    def warm_up(self, model: str, origin: Origin) -> str:
        return "warm"

    def draw(self, dense: Any, origin: Origin, step: Any, key: str, picture: Any) -> str:
        state, context = drawing_state(dense, origin, default_store(), Control())
        try:
            drawn = pictures.draw(picture, state, step, context)
        except UserError as error:
            self.listed[key] = Status(key, "", "failed", Event("waiting"), 0, error.words, 1.0)
            return key
        write_atomically(paths.CACHE / "pictures" / f"{key}.bin", drawn)
        return key

    def status(self, key: str) -> Status | None:
        known = self.listed.get(key)
        failed = known if known is not None and known.state == "failed" else None
        return self.answer or failed or Status(key, "", "done", Event("waiting"), 0, None, 1.0)

    def active(self, browser: str = "") -> list[Status]:
        def wanted(key: str) -> bool:
            return not browser or any(one.partition("/")[0] == browser for one in self.waits.get(key, ()))

        return [status for key, status in self.listed.items() if status.active and wanted(key)]

    def watched(self, watcher: str) -> list[Status]:
        return [status for key, status in self.listed.items() if watcher in self.waits.get(key, ())]

    def cancel(self, key: str) -> None:
        self.cancelled.append(key)

    def leave(self, key: str, watcher: str) -> None:
        self.waits[key].discard(watcher)
        if not self.waits[key]:
            self.cancelled.append(key)

    def give_up(self, key: str, browser: str) -> bool:
        left = {one for one in self.waits.get(key, ()) if one.partition("/")[0] != browser}
        if not left:
            self.cancelled.append(key)
        return bool(left)

    def watchers(self) -> set[str]:
        return {one for waits in self.waits.values() for one in waits}


def page(name: str = "start", **link: Any) -> AppTest:
    """What a visitor of /name?link gets from the entry point, on the task whose sentences are always here."""
    at = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=120)
    at.query_params.update({"task": "reviews"} | link)
    if name != "start":
        at.switch_page(f"pages/{name}.py")
    return sound(at.run())


def sound(at: AppTest) -> AppTest:
    """No traceback, no object printed by Streamlit's magic, and words for each chart and table."""
    assert [e.value for e in at.exception] == []
    assert [h.value for h in at.help] == []
    for element in (*at.get("plotly_chart"), *at.dataframe, *at.table):
        assert element.proto.alt
    return at


def lab(*steps: str, **link: str) -> AppTest:
    """The Lab page of a link that holds these steps."""
    return page("lab", step=list(steps), **link)


def numbers(text: str, language: str) -> str:
    """A text with its numbers as that language writes them."""
    return str(shown(text, language))


def link_of(at: AppTest) -> list[str]:
    """The steps in the address."""
    found = at.query_params.get("step", [])
    return [found] if isinstance(found, str) else list(found)


def button(at: AppTest, label: str) -> Any:
    """The only button that is called so."""
    (found,) = [one for one in at.button if plain(one.label) == label]
    return found


def ways(at: AppTest, name: str) -> list[str]:
    """What the buttons of an empty state say, in their order; none where that state is not shown."""
    return [plain(one.label) for one in at.button if str(one.key).startswith(f"empty-{name}-")]


def uninstall(monkeypatch: Any, *names: str) -> None:
    """The runtimes as on a machine that lacks their packages."""
    for name in names:
        monkeypatch.setitem(RUNTIMES, name, dataclasses.replace(RUNTIMES[name], packages=("not_there",)))


def timed_buttons(at: AppTest, text: str, **values: Any) -> list[Any]:
    """The buttons that say this text and about how long that takes."""
    return [one for one in at.button if one.label.startswith(text.replace("{about}", "").format(**values))]


def line(at: AppTest) -> Any:
    """The shell's line on the page, as the command line reads it."""
    (shown,) = [code.value for code in at.code if " core run " in code.value]
    return parser().parse_args(shlex.split(shown)[3:])


def plain(text: str) -> str:
    """What a reader sees, without the backslashes that keep Markdown out."""
    return PLAIN.sub(r"\1", text).replace(JOINER, "")


def texts(elements: Any) -> list[str]:
    """What a reader sees of each."""
    return [plain(element.value) for element in elements]


def cells(table: Any) -> Any:
    """What a reader sees of a table that wraps."""
    return table.value.map(plain)


def stored(amounts: dict[float, tuple[float, int]], folder: str = "results") -> list[str]:
    """Dense and pruned results in the store: share of right answers and zipped MB by amount; their English titles."""
    titles, dense = [], make_spec("demo", REVIEWS)
    for amount, (accuracy, megabytes) in amounts.items():
        scores = tuple(float(i < 100 * accuracy) for i in range(100))
        weights = (10_000_000, 9_000_000, 8_000_000, 7_000_000)
        size = Size(*weights, (megabytes + 4) * 1_000_000, megabytes * 1_000_000, 5_000_000, 128)
        spec = curve_spec(dense, "l1-layer", amount)
        own = tiny.speed((2.0,) * 9, (2.0,) * 9)
        default_store().write(tiny.result(spec, quality=tiny.quality(scores), size=size, speeds=(own,)))
        words = str(words_of(spec))
        titles.append(f"{words[0].upper()}{words[1:]}")
    return titles
