"""The page that runs models in a browser: which models it has, and all that it is made of, in one folder."""

import dataclasses
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.engine.manifest import LABELS
from core.errors import Words, sentences
from core.models.save import write_json
from core.runtimes import web
from core.runtimes.runtime import TEMPLATES
from core.spec import TORCH, Spec
from core.tasks import TASKS
from core.tasks.classification import SENTIMENT
from core.techniques import words_of
from core.visitors import without_folders

FOLDER = TEMPLATES / "web"
WORDS, FACTS, TRACKS, RUNTIME, DENSE = "words.json", "bonsai.json", "tracks.json", "runtime", "dense"
TOKENS, SECONDS = 128, 15  # of a sentence that is timed; how long that takes
OTHER_EXAMPLE = "Two hours that nobody gives me back."


@dataclass(frozen=True)
class Shown:
    """A model of the page. key: of its result. words: its recipe. place: its folder, relative to the page. mb: of its
    file. good: did its file pass its check?"""

    key: str
    words: Words
    place: str
    mb: float
    good: bool = True


def shown(spec: Spec, file: Path, place: str, good: bool = True) -> Shown:
    """The model of a Spec; place: its file's folder as the page names it. good: see Shown."""
    words = words_of(dataclasses.replace(spec, runtime=TORCH))  # all of a page run in the same
    return Shown(spec.key, words, place, file.stat().st_size / 1e6, good)


def title(spec: Spec) -> Words:
    """What stands above the page."""
    return Words("{model} on {task}", model=without_folders(spec.model), task=spec.task)


def labels(folder: Path) -> dict[str, Any]:
    """What an export tells a program of its model."""
    found: dict[str, Any] = json.loads((folder / LABELS).read_text(encoding="utf8"))
    return found


def facts(title: Words, labelled: Mapping[str, Any], models: Sequence[Shown], task: str) -> dict[str, Any]:
    """What the page is told; labelled: what a program is told of a model (labels.json)."""
    examples = [labelled["example"], [OTHER_EXAMPLE]] if labelled["texts"] == 1 else [labelled["example"]]
    return {
        "title": told(title),
        "task": task,
        "head": labelled["head"],
        "labels": labelled["labels"],
        "translated": list(SENTIMENT.values()) if task in TASKS else [],
        "max_tokens": labelled["max_tokens"],
        "examples": examples,
        "tokens": min(TOKENS, labelled["max_tokens"]),
        "seconds": SECONDS,
        "post": "",
        "offline": True,
        "gpu": True,
        "tracks": "",
        "runtime": f"{RUNTIME}/",
        "models": [
            {"key": one.key, "sign": sign, "name": told(one.words), "place": one.place, "mb": one.mb, "good": one.good}
            for sign, one in zip("ABCDEFGH", models, strict=False)
        ],
        "words": json.loads((FOLDER / WORDS).read_text(encoding="utf8")),
    }


def told(words: Words) -> dict[str, str]:
    """The same in every language of the page."""
    return {"en": str(words), "es": words.translated(sentences("es"))}


def files() -> dict[str, Path]:
    """Everything that the page is made of beside its models and facts, by where it lies in its folder."""
    page = {path.name: path for path in sorted(FOLDER.iterdir()) if path.name != WORDS}
    return page | {f"{RUNTIME}/{path.name}": path for path in web.FILES}


def write(folder: Path, known: dict[str, Any], tracks: dict[str, Any] | None, version: str) -> None:
    """Put the page beside models that lie in the folder. known: see facts. tracks: see core.engine.track_facts.of_page.
    version: of its content, so that a browser that has kept an older one fetches it anew."""
    for name, path in files().items():
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(path, folder / name)
    worker = folder / "offline.js"
    worker.write_text(worker.read_text(encoding="utf8").replace("@version@", version), encoding="utf8")
    write_json(folder / FACTS, known | {"tracks": TRACKS if tracks else ""})
    if tracks:
        write_json(folder / TRACKS, tracks)
