"""The model that reads is trained by one command, goes on where it was killed, and says what it is."""

import json

import pytest

from core.control import Control
from core.errors import Cancelled
from core.jobs.squad_demo import RECIPE, STANDING, train_squad_demo
from core.models import find
from core.training import loop
from core.training.loop import Recipe
from tests.support import tiny, tiny_squad

QUICK = Recipe(2e-3, 16, 2.0, 0.01, 0, dropout=False)


@pytest.fixture
def data(tmp_path):
    return tiny_squad.folder(tmp_path / "squad")


@pytest.fixture
def base(tmp_path):
    return tiny.folder(tmp_path / "base", tiny.bert(head=False))


def test_it_writes_a_folder_that_loads_with_its_figures(data, base, tmp_path):
    out = tmp_path / "demo"
    found = train_squad_demo(base, data, out, QUICK)
    card = (out / "README.md").read_text()
    assert (
        f"F1 {100 * found:.1f} %" in card
        and "whole dev set of 40 questions" in card
        and "80 questions to train" in card
    )
    assert find.resolve(str(out)).head == "span" and str(tmp_path) not in card
    assert json.loads((out / "config.json").read_text())["dtype"] == "float16"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("demo")) == ["demo"]


def test_a_training_that_was_stopped_goes_on(data, base, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_S", 0.0)
    out, seen = tmp_path / "demo", []

    def stop() -> bool:
        return len(seen) >= 4

    with pytest.raises(Cancelled):
        train_squad_demo(base, data, out, QUICK, Control(seen.append, stop))
    assert (tmp_path / "demo.training" / STANDING).is_file() and not out.exists()
    again = []
    train_squad_demo(base, data, out, QUICK, Control(again.append))
    assert out.is_dir() and [event.done for event in again if event.stage == "train"][0] == 5


def test_the_recipe_of_the_shipped_one_can_be_trained_quickly_on_a_cpu():
    assert not RECIPE.dropout
