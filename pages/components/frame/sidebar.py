"""The frame of every page: language, model, task and machine in the sidebar, and what was chosen there."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from core import visitors
from core.engine.run import make_spec, recorded_spec
from core.engine.understood import doubt
from core.environment import here
from core.errors import DataError, ModelError
from core.models.find import SHIPPED, resolve
from core.models.head import SPAN, TOKEN
from core.spec import Spec, Step
from core.tasks import TASKS, is_here, load_task
from core.tasks.task import Origin
from core.techniques import finetune
from pages.components.canvas import copying
from pages.components.frame import doubts, own_table, summary, train_head
from pages.components.widgets import empty, links
from pages.components.widgets.session import store
from pages.components.widgets.text import LANGUAGES, literal, say, say_or

OWN = "own"
# the pages in the menu's order, after Start: those of the bar, and those of its list of results
FIRST = ("slide", "heads", "matrices", "quantize", "distil", "tradeoffs", "tryit", "lab")
RESULTS, LEARN = ("compare", "tree", "card", "phone", "report"), ("lessons", "glossary")
ON_PRIMARY = ("#FFFFFF", "#14181A")  # letters on a primary button, light and dark
RETRY_S = 60.0
# each control that writes its choice into the address would be a step of the browser's way back: only pages are
ONE_BACK = """if (!window.bonsaiBack) {
  const push = history.pushState.bind(history);
  window.bonsaiBack = history.pushState = (state, title, address) =>
    new URL(address ?? "", location).pathname === location.pathname
      ? history.replaceState(state, title, address) : push(state, title, address);
}"""


@dataclass(frozen=True)
class Chosen:
    """The dense Spec of the chosen model and task; runnable: the examples are here, so new points can be measured."""

    dense: Spec
    origin: Origin
    runnable: bool


def navigation() -> StreamlitPage:
    """The pages, on top; returns the one that the address names."""
    pages = {
        "": [st.Page("pages/start.py", title=say("nav.start"), default=True), *map(_page, FIRST)],
        say("nav.results"): list(map(_page, RESULTS)),
        say("nav.learn"): list(map(_page, LEARN)),
    }
    return st.navigation(pages, position="top")


def _page(name: str) -> StreamlitPage:
    return st.Page(f"pages/{name}.py", title=say(f"nav.{name}"), url_path=name)


def tighten() -> None:
    """Less empty space around the page, so that its heart fits 720 pixels; columns that wrap where they are narrow; and
    letters on a primary button that can be read in the dark, where Streamlit's are white on pale green.

    On Streamlit's stable test ids and keys only.
    """
    columns = "[data-testid=stHorizontalBlock]>[data-testid=stColumn]"
    rules = (
        "[data-testid=stMainBlockContainer]{padding-top:4.2rem;padding-bottom:3rem;padding-inline:2rem;max-width:76rem}",
        "@media(max-width:640px){[data-testid=stMainBlockContainer]{padding-inline:1rem}}",
        "[data-testid=stSidebarHeader]{height:2.5rem}",
        "@media(min-width:641px){[data-testid=stMain] [data-testid=stLayoutWrapper]:has(>.st-key-page-title),"
        ".st-key-page-title{display:none}}",
        # a script is an element, too, and would have its distance to the next one
        "[data-testid=stElementContainer]:has(>[data-testid=stHtml]>script){position:absolute}",
        f"[class*=st-key-panels-] {columns}{{min-width:min(100%,12rem)}}",
        f".st-key-beside>*>{columns}{{min-width:min(100%,22rem)}}",
        ".st-key-detail table{font-size:.82rem}.st-key-detail :is(th,td){padding:.15rem .4rem}",
        ".st-key-detail td:last-child p{white-space:nowrap}",
        "[data-testid=stTable] td [data-testid=stMarkdownContainer]{max-width:none}",
        "@media(max-width:640px){[data-testid=stTable] table{font-size:.82rem}"
        "[data-testid=stTable] :is(th,td){padding:.2rem .3rem}}",
        # its cells may be formulas; ours are never, see charts.table
        "[data-testid=stElementToolbarButton]:has([aria-label^='Download as CSV']){display:none}",
        # else "no difference shown" ends in dots where a tile is narrow
        "[data-testid=stMetricDelta]{height:auto;max-width:100%;white-space:normal}"
        "[data-testid=stMetricDelta] *{white-space:normal!important}",
        "[data-testid=stCode] .token{color:inherit!important}",  # several of its colours are too pale on white
        *(
            f"{what}{{color:Canvas;color:light-dark({','.join(ON_PRIMARY)})}}"
            for what in ("[data-testid^=stBaseButton-primary]:enabled", "[data-testid=stMultiSelect] span[title]")
        ),
    )
    st.html(f"<style>{''.join(rules)}</style>")


def page_title(page: StreamlitPage) -> None:
    """Where no menu is in sight, on a phone, the name of the page."""
    st.container(key="page-title").markdown(f"**{page.title}**")


def language() -> None:
    """The language choice, on top of the sidebar; before anybody chose, that of the browser where there is such."""
    usual = str(st.context.locale or "").partition("-")[0].lower()
    options = sorted(LANGUAGES, key=lambda name: name != usual)  # the first one needs no place in the link
    links.before("lang", options)
    st.sidebar.segmented_control(
        "Language / Idioma",
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        required=True,
        key="lang",
        wrap=True,
        label_visibility="collapsed",
    )
    chosen = links.after("lang", options)
    st.html(f"<script>document.documentElement.lang = '{chosen}'; {ONE_BACK}</script>", unsafe_allow_javascript=True)


def sidebar() -> None:
    """Model, task and machine; puts a Chosen, or what draws the reason why there is none, into the session."""
    _model_of_task()
    with st.sidebar:
        model = st.selectbox(
            say("frame.model"),
            [*SHIPPED, *train_head.trained(), "bert-base-uncased"],
            format_func=train_head.called,
            accept_new_options=True,
            help=say("frame.model_help"),
            key="model",
            bind="query-params",
        )
        task = links.select(
            "task",
            (*offered(), OWN),
            say("frame.task"),
            lambda name: say_or(f"frame.task_{name}", name.upper()),
            help=say("frame.task_help"),
            on_change=empty.fit_model,
        )
        st.session_state["chosen"] = _choose(model or "demo", task)
        st.divider()
        environment = here()
        copying.copy_button({name: say(f"link.{name}") for name in copying.TEXTS}, key="copy-link")
        st.caption(f"**{say('frame.machine')}**  \n{environment.machine}  \ntorch {environment.torch}")


def _model_of_task() -> None:
    """A link that names a task and no model means the shipped one that knows it, as the command line does."""
    named = links.asked("task")[-1:]
    if "model" not in st.session_state and "model" not in st.query_params and named and named[0] in TASKS:
        st.session_state["model"] = TASKS[named[0]].model


def offered() -> list[str]:
    """The tasks to choose from: of those that others publish, the ones whose examples or results are here."""
    return [
        name
        for name, entry in TASKS.items()
        if not entry.official or entry.is_here(Origin(name)) or _recorded(entry.model, name)
    ]


def chosen() -> Chosen:
    """What the sidebar holds; a page without a usable choice ends here, with what is missing and what to do."""
    required()
    choice = st.session_state["chosen"]
    if isinstance(choice, Chosen):
        if choice.runnable:
            doubts.show(choice.dense, choice.origin)
        return choice
    choice()
    st.stop()


def required() -> None:
    """Run dashboard.py instead of a page alone.

    Streamlit takes a pages/ folder for its older kind of app until st.navigation has been called once, so the first
    link into a fresh server would run the page's file without its frame.
    """
    if "chosen" not in st.session_state:
        navigation()
        st.rerun()


def _choose(model: str, task: str) -> Chosen | Callable[[], None]:
    """What the pages work on; where that is not to be had, what draws the reason in their place."""
    try:
        origin = _origin(task)
        if origin is None:
            return partial(empty.show, "frame", say("frame.no_table"), empty.on_reviews(), empty.on_sst2())
        return _resolve(model, origin)
    except ModelError as error:
        demo = empty.Way(say("frame.use_demo"), lambda: empty.choose(task, "demo"))
        return partial(empty.show, "frame", literal(error), demo)
    except DataError as error:
        return partial(empty.show, "frame", literal(error), empty.on_reviews(), empty.on_sst2())


def _origin(task: str) -> Origin | None:
    """Where the examples come from; None while a table of one's own is still to be named."""
    if task == "sst2":
        return Origin("sst2", _folder())
    if task != OWN:
        return Origin(task)
    return own_table.origin()


def _folder() -> str:
    """The folder of SST-2's sentences, where they are not on this machine: asked for, or fetched on a click."""
    if is_here(Origin("sst2")):
        return ""
    note = st.empty()
    if visitors.PUBLIC:
        note.caption(say("frame.recorded_only"))
        return ""
    with st.expander(say("frame.sentences")):
        folder = st.text_input(say("frame.data"), key="data", help=say("frame.data_help"))
        if st.button(say("frame.fetch"), help=say("frame.fetch_help")):
            with st.spinner(say("frame.fetching")):
                try:
                    load_task(Origin("sst2"))
                    st.rerun()
                except DataError:
                    st.error(say("frame.not_fetched"))
    found = str(visitors.place(folder) or folder) if folder else ""
    if not found or not is_here(Origin("sst2", found)):
        note.caption(say("frame.recorded_only"))
    return found


def _resolve(model: str, origin: Origin) -> Chosen | Callable[[], None]:
    """Raises ModelError, DataError."""
    if not is_here(origin):
        return _recorded_only(model, origin)
    own_table.join(model, origin)
    task = load_task(origin)
    trained = [Step("finetune", finetune.for_examples(len(task.train)))]
    known = _knowing(model, origin)
    ready = None if known == model else train_head.use(known, origin)

    def fresh(why: str, back: empty.Way | None = None) -> Callable[[], None]:
        spec = make_spec(model, origin, trained, new_head=True)
        return partial(train_head.fine_tune, spec, origin, why, ready, back)

    try:
        spec = make_spec(model, origin)
    except DataError as error:  # its classes are not the table's
        return fresh(literal(error))
    if doubts.fresh_head(spec):
        return fresh(say("doubt.asked", model=literal(model)), empty.Way(say("doubt.keep"), doubts.keep_head))
    summary.show(spec, origin)
    if resolve(model).head != task.head.name:
        return partial(train_head.fine_tune, make_spec(model, origin, trained), origin, "", ready)
    return Chosen(spec, origin, True)


def _knowing(model: str, origin: Origin) -> str:
    """A shipped model that knows the task; the given one where there is none, or where it is that."""
    if origin.task in TASKS:
        return TASKS[origin.task].model
    task = load_task(origin)
    for name in SHIPPED:
        source = resolve(name)
        if task.head in (TOKEN, SPAN) and source.head == task.head.name and _fits(name, origin):
            return name
    return model


def _fits(model: str, origin: Origin) -> bool:
    try:
        return doubt(make_spec(model, origin), origin) is None
    except DataError:
        return False


def _recorded(model: str, task: str) -> Spec | None:
    """The dense Spec of an official task of which a result is stored. Raises ModelError."""
    spec = recorded_spec(model, task)
    return spec if spec is not None and store().read(spec.key) is not None else None


def _recorded_only(model: str, origin: Origin) -> Chosen | Callable[[], None]:
    """Without its examples a task can still be looked at where results of it were recorded. Raises ModelError."""
    spec = _recorded(model, origin.task)
    if spec is None:
        words = say("frame.nothing_recorded", model=model)
        return partial(empty.show, "frame", words, empty.on_reviews(), empty.on_sst2())
    return Chosen(spec, origin, False)
