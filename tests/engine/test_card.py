"""The templates of an export: every name in them is filled, and every program is Python."""

import ast
import re

import pytest

from core.engine import card
from core.engine.card import TEMPLATES, TITLES

FACTS = dict.fromkeys(("model", "task", "recipe", "check", "longest", "low_ms", "high_ms"), "128")


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.py")), ids=lambda path: path.stem)
def test_every_program_is_python_as_it_lies_here(path):
    ast.parse(path.read_text(encoding="utf8"))
    assert "@" not in path.read_text(encoding="utf8")


@pytest.mark.parametrize("form", TITLES)
def test_nothing_is_left_to_fill(form, tmp_path):
    card.write(tmp_path, form, FACTS)
    for path in tmp_path.iterdir():
        assert not re.findall(r"@\w+@", path.read_text(encoding="utf8")), path.name
    ast.parse((tmp_path / "run.py").read_text(encoding="utf8"))
    readme = (tmp_path / "README.md").read_text(encoding="utf8")
    assert re.search(r"pip install \w+==\d", readme)
    if form != "hf":
        for part in ("## On Android", "```kotlin", "## On iOS", "```swift", "**Estimate**", "adb push"):
            assert part in readme
