"""What a page misses: the button that measures it, or in one sentence why there is none and where it can be seen."""

from collections.abc import Callable, Sequence

from core.control import Timing
from core.runtimes import RUNTIMES
from core.spec import TORCH, Spec
from pages.components.frame.sidebar import Chosen
from pages.components.widgets import empty, progress
from pages.components.widgets.session import jobs
from pages.components.widgets.text import say


def offer(
    name: str,
    choice: Chosen,
    specs: Sequence[Spec],
    label: Callable[[str], str],
    *,
    words: str,
    timing: Timing | None,
    watcher: str,
    sentence: str = "",
    runtime: str = TORCH,
) -> None:
    """Offer to measure these Specs where the sentences and the runtime are here.

    name, words: see progress.offer. label: of the button, from about how long that takes. timing: None where only the
    quality is measured. watcher: who waits for the jobs. sentence: what misses, where nothing else is shown.
    """
    wanted = bool(specs) and choice.runnable
    if wanted and not RUNTIMES[runtime].installed:
        line = say("quantize.install", line=RUNTIMES[runtime].install)
        sentence, wanted = f"{sentence} {line}".strip(), False

    def start() -> list[str]:
        return [jobs().run(spec, choice.origin, timing, watcher=watcher) for spec in specs]

    about = progress.about(choice.origin, specs, timing is not None) if wanted else ""
    others = empty.elsewhere(choice.dense, choice.runnable) if sentence else []
    progress.offer(name, words, label(about), start if wanted else None, sentence, others)
