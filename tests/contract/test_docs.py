"""The README names what there is, and what it names is there."""

import dataclasses
import json
import re
import shlex
from pathlib import Path

import pytest

from core.commands import parser
from core.models import save
from core.pruning.removal import Kept, removed
from core.reproduce import BENCHMARKS
from core.techniques import TECHNIQUES, parse_step
from tests.support import tiny

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf8") if (ROOT / "README.md").is_file() else ""
DOCUMENTS = [p for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("assets/*/*.md"))]
COMMANDS = ("run", "export", "sweep", "train-demo", "experiment", "bench")


def shell_lines(text):
    """The lines of every sh block, without their comments."""
    for block in re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL):
        yield from (line.split("  #")[0].strip() for line in block.splitlines() if line.strip())


def commands_of_core():
    return [line.removeprefix("python -m core ") for line in shell_lines(README) if line.startswith("python -m core ")]


def test_the_two_commands_come_first():
    lines = list(shell_lines(README))
    assert lines[0] == "make run" and lines[1] == "make check"
    assert README.index("make run") < README.index("streamlit run app.py") < README.index("![") < 2000
    assert any(line.endswith("pip install -r requirements.txt") for line in lines)


@pytest.mark.parametrize("name", TECHNIQUES)
def test_every_technique_is_named(name):
    assert f"`{name}`" in README


def test_every_page_is_named():
    words = json.loads((ROOT / "assets" / "text" / "en.json").read_text(encoding="utf8"))
    titles = [words[f"nav.{path.stem}"] for path in ROOT.glob("pages/*.py") if path.stem != "__init__"]
    assert len(titles) >= 3
    for title in titles:
        assert f"**{title}**" in README, title


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_named(name):
    assert any(shlex.split(line)[0] == name for line in commands_of_core())


@pytest.mark.parametrize("option", ["--model", "--task", "--step", "--data", "--save", "--json", "BONSAI_DATA"])
def test_every_option_of_the_contract_is_named(option):
    assert option in README


def test_the_commands_shown_are_accepted():
    lines = commands_of_core()
    assert len(lines) >= 4
    for line in lines:
        options = parser().parse_args(shlex.split(line))
        for step in getattr(options, "step", []):
            parse_step(step)


def test_every_benchmark_is_named_and_has_its_script():
    scripts = {path.stem: path.read_text(encoding="utf8") for path in (ROOT / "benchmarks").glob("*.py")}
    assert {name for name, code in scripts.items() if "\ndef measure(" in code} == set(BENCHMARKS)
    assert len(BENCHMARKS) == 15
    for name in BENCHMARKS:
        assert (ROOT / "benchmarks" / f"{name}.py").is_file()
        assert re.search(rf"\b{name}\b", README), name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document):
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text(encoding="utf8")):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_picture_says_what_it_shows():
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", README)
    assert len(pictures) >= 3 and all(len(alt) > 15 and target.endswith((".png", ".webp")) for alt, target in pictures)


def test_what_is_said_of_the_defaults_holds():
    # CONTRIBUTING and the README leave the figures to the code; what they do name must be a field
    for name, fields in re.findall(r"--step (\w+):(\S+)", README):
        known = {field.name for field in dataclasses.fields(TECHNIQUES[name].config)}
        assert {part.split("=")[0] for part in fields.split(",")} <= known


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_the_documents_are_there(name):
    assert len((ROOT / name).read_text(encoding="utf8")) > 300


def test_contributing_tells_how_to_add_a_technique():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf8")
    assert "core/techniques/__init__.py" in text and "make check" in text and len(text.splitlines()) <= 60


def test_the_changelog_is_kept():
    assert re.search(
        r"^## \[?(Unreleased|\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf8"), re.MULTILINE
    )


def test_the_lines_that_load_a_smaller_model_are_those_of_its_folder():
    (block,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    lines = [line for line in block.splitlines() if line]
    every = tuple(range(64))
    smaller = removed(tiny.bert(), Kept(((0,), (0, 1)), (every, every)))
    assert len(lines) == 5 and "\n".join(lines) in save.how_to_load(smaller)
