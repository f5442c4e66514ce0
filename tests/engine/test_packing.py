"""optimize as a command: a folder with zeros becomes a smaller one that answers the same."""

import json

import pytest

from core.commands import main
from core.engine.packing import pack
from core.errors import ModelError
from core.models import encoder, find
from core.models.load import load
from tests.pruning.test_pack import without
from tests.support import tiny


@pytest.fixture
def folder(tmp_path):
    model = without(tiny.shaken(tiny.bert()), heads=((0, 1), (1, 0), (1, 2)), neurons=((0, 3), (1, 9)), side="in")
    return tiny.folder(tmp_path / "zeros", model)


def test_the_folder_is_smaller_and_answers_the_same(folder, tmp_path, capsys):
    assert main(["optimize", folder, "--out", str(tmp_path / "small"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["heads"] == [3, 2] and found["widths"] == [63, 63] and found["logits_apart"] <= 1e-5
    assert found["params_before"] - found["params_after"] == 3 * (4 * 32 * 8 + 3 * 8) + 2 * (2 * 32 + 1)
    again = load(find.resolve(str(tmp_path / "small"))).model
    assert [block.heads for block in encoder.blocks(again)] == [3, 2]


def test_it_says_so_in_words_and_never_overwrites(folder, tmp_path, capsys):
    assert main(["optimize", folder, "--out", str(tmp_path / "small")]) == 0
    assert "answers   the same" in capsys.readouterr().out
    with pytest.raises(ModelError, match="is there already; name a new folder"):
        pack(folder, tmp_path / "small")
