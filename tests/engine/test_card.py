"""The templates of an export: every name in them is filled, and every program is Python."""

import ast
import re
import shlex

import pytest

from core.engine import card
from core.runtimes import formats
from core.runtimes.runtime import TEMPLATES
from core.tasks.task import Origin
from tests.support import tiny

NAMES = ("model", "task", "recipe", "check", "inputs", "outputs", "output_list", "takes", "example", "longest")
FACTS = dict.fromkeys((*NAMES, "low_ms", "high_ms"), "128")


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.py")), ids=lambda path: path.stem)
def test_every_program_is_python_as_it_lies_here(path):
    ast.parse(path.read_text(encoding="utf8"))
    assert "@" not in path.read_text(encoding="utf8")


@pytest.mark.parametrize("form", formats())
def test_nothing_is_left_to_fill(form, tmp_path):
    export = formats()[form].export
    card.write(tmp_path, export, FACTS)
    for path in tmp_path.iterdir():
        assert not re.findall(r"@\w+@", path.read_text(encoding="utf8")), path.name
    ast.parse((tmp_path / "run.py").read_text(encoding="utf8"))
    readme = (tmp_path / "README.md").read_text(encoding="utf8")
    assert re.search(r"pip install \w+==\d", readme) or export.page
    assert readme.startswith(f"# {export.title}\n") and ("(1, tokens)" in readme) != export.any_batch
    if export.notes:
        for part in ("## On Android", "```kotlin", "## On iOS", "```swift", "**Estimate**", "adb push"):
            assert part in readme


@pytest.mark.parametrize(("tokens", "said"), [(128, ["--max-tokens", "128"]), (512, [])])
def test_a_limit_that_is_not_the_tasks_own_stands_in_the_lines(tokens, said):
    """128 is what official tasks have, and an answer of its own to a table of one's own."""
    spec, origin = tiny.spec(task="own", max_tokens=tokens), Origin("own.csv")
    assert shlex.split(card.command(spec, origin))[8:] == said
    assert ("max_tokens=128" in card.python(spec, origin)) == bool(said)


def test_a_threshold_stands_in_the_lines_where_it_is_not_zero():
    asked = Origin("mine.json", null_threshold=-1.5)
    line = shlex.split(card.command(tiny.spec(task="mine"), asked))
    assert line[line.index("--null-threshold") + 1] == "-1.5"
    assert "null_threshold=-1.5" in card.python(tiny.spec(task="mine"), asked)
    assert "null" not in card.command(tiny.spec(task="mine"), Origin("mine.json"))


def test_the_card_says_where_the_weights_come_from_where_the_model_does(tmp_path):
    told = tmp_path / "README.md"
    told.write_text("---\nlicense: apache-2.0\nbase_model: somebody/something\nlanguage: en\n---\n# Mine\n")
    words = card._made_from("mine", told)
    assert "`mine` says of itself: made from `somebody/something`, licence `apache-2.0`." in words
    told.write_text("---\nbase_model:\n- one/a\n- two/b\n---\n")
    assert "says of itself: made from `one/a` and `two/b`." in card._made_from("mine", told)
    for silent in (
        "---\n[unclosed\n---\n",
        "---\n- a list\n---\n",
        "# No first lines",
        "---\nlanguage: en\n---\n",
        "---\nlicense:\n---\n",
        "---\nlicense: open",
        "",
    ):
        told.write_text(silent)
        assert card._made_from("mine", told) == ""
    assert card._made_from("mine", tmp_path / "nothing") == ""
