"""What goes with a recipe: words and programs of an export, and the lines of a shell and of Python that do the same."""

import dataclasses
import shlex
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent

import yaml

from core import model_card, visitors
from core.figures.card import plots
from core.models.find import Source
from core.result import Result
from core.runtimes.runtime import TEMPLATES, Export
from core.spec import TORCH, Spec, describe
from core.tasks import TASKS
from core.tasks.task import LONG, Origin

OF_TABLES = ("text_column", "label_column", "labels", "metric")
FLAGS = {"path": "--data"} | {name: f"--{name.replace('_', '-')}" for name in (*OF_TABLES, "null_threshold")}
MADE_FROM = {"base_model": "made from", "license": "licence"}  # in the first lines of a model card
FRONT = 4000  # characters of it that are looked at
README, PROGRAM, ANSWERS, PLOTS = "README.md", "run.py", "answers.py", "plots.html"


def write(folder: Path, export: Export, facts: Mapping[str, str]) -> None:
    """README.md, with facts for the @names@ of its templates, run.py, and answers.py that it imports."""
    packages = " ".join(f"{name}=={version(name).split('+')[0]}" for name in export.packages)
    known = {
        **facts,
        "title": export.title,
        "install": f"pip install {packages}",
        "batch": "any number" if export.any_batch else "1",
        "runtime_version": version(export.packages[0]) if export.packages else "",
    }
    words = "".join(_filled(part, known) for part in (export.readme, *export.notes))
    (folder / README).write_text(words, encoding="utf8")
    shutil.copyfile(export.program, folder / PROGRAM)
    shutil.copyfile(TEMPLATES / ANSWERS, folder / ANSWERS)


def add_measured(folder: Path, source: Source, result: Result, dense: Result, seeds: Mapping[int, Result]) -> None:
    """Where the weights come from and what was measured of the model, at the end of its README.md, with its figures in
    PLOTS; see core.model_card. source: of the dense model, which a result may know by another name."""
    sections = model_card.sections(result, dense, seeds)
    drawn = plots(result, sections)
    with (folder / README).open("a", encoding="utf8") as file:
        file.write(_made_from(visitors.without_folders(source.name), source.folder / README))
        file.write(f"\n# What was measured\n\n{model_card.markdown(sections)}")
        if drawn:
            file.write(f"\n`{PLOTS}` has the figures, and opens in any browser without the internet.\n")
    if drawn:
        (folder / PLOTS).write_text(drawn, encoding="utf8")


def _made_from(model: str, told: Path) -> str:
    """Bases and licence of a model, where the first lines of its own card say them."""
    head = told.read_text(encoding="utf8", errors="replace")[:FRONT] if told.is_file() else ""
    known = _front(head.split("---")[1]) if head.startswith("---") and head.count("---") > 1 else {}
    found = []
    for name, words in MADE_FROM.items():
        said = known.get(name)
        several = [str(one).strip() for one in (said if isinstance(said, list) else [said]) if one]
        if several:
            found.append(f"{words} {' and '.join(f'`{one}`' for one in several)}")
    return f"\n# Where the weights come from\n\n`{model}` says of itself: {', '.join(found)}.\n" if found else ""


def _front(text: str) -> dict[str, object]:
    """The names and values of YAML; none where it is none, as cards come from anybody."""
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def _filled(template: Path, facts: Mapping[str, str]) -> str:
    text = template.read_text(encoding="utf8")
    for name, value in facts.items():
        text = text.replace(f"@{name}@", value)
    return text


def command(spec: Spec, origin: Origin) -> str:
    """The line of a shell that measures the Spec."""
    runtime = ["--runtime", spec.runtime] if spec.runtime != TORCH else []
    return shlex.join(["python", "-m", "core", "run", *_named(spec, origin), *runtime])


def export_command(spec: Spec, origin: Origin, form: str) -> str:
    """The line of a shell that exports the Spec in that format."""
    return shlex.join(["python", "-m", "core", "export", *_named(spec, origin), "--format", form, "--out", "FOLDER"])


def python(spec: Spec, origin: Origin) -> str:
    """The lines of Python that measure the Spec."""
    where = _told(origin)
    chosen_by = {field.name: getattr(where, field.name) for field in dataclasses.fields(origin)[1:]}
    places = ", ".join([repr(where.task), *(f"{name}={value!r}" for name, value in chosen_by.items() if value)])
    steps = "".join(f"\n    parse_step({describe(step)!r})," for step in spec.steps)
    chosen = f", seed={spec.seed}" if spec.seed else ""
    chosen += ", new_head=True" if spec.new_head else ""
    chosen += f", max_tokens={spec.max_tokens}" if spec.max_tokens != _usual_tokens(origin) else ""
    chosen += f", runtime={spec.runtime!r}" if spec.runtime != TORCH else ""
    return dedent(
        """\
        from core.control import Timing
        from core.engine.run import make_spec, run
        from core.engine.store import default_store
        from core.tasks.task import Origin
        from core.techniques import parse_step

        steps = [{steps}]
        origin = Origin({origin})
        spec = make_spec({model!r}, origin, steps{chosen})
        result = run(spec, origin, default_store(), Timing())
        print(result.quality.interval)"""
    ).format(steps=f"{steps}\n" if steps else "", origin=places, model=visitors.told(spec.model), chosen=chosen)


def _usual_tokens(origin: Origin) -> int:
    """Where texts of that task are cut where nothing else is said."""
    return TASKS[origin.task].bare().max_tokens if origin.task in TASKS else LONG


def _told(origin: Origin) -> Origin:
    return dataclasses.replace(origin, task=visitors.told(origin.task), path=visitors.told(origin.path))


def _named(spec: Spec, origin: Origin) -> list[str]:
    where = _told(origin)
    words = ["--model", visitors.told(spec.model), "--task", where.task]
    for field in dataclasses.fields(origin)[1:]:
        value = getattr(where, field.name)
        words += [FLAGS[field.name], str(value)] if value else []
    words += ["--new-head"] if spec.new_head else []
    words += ["--max-tokens", str(spec.max_tokens)] if spec.max_tokens != _usual_tokens(origin) else []
    for step in spec.steps:
        words += ["--step", describe(step)]
    return [*words, "--seed", str(spec.seed)] if spec.seed else words
