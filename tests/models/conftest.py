"""Folders of models that several of these tests start from."""

import pytest

from core.pruning import removal
from tests.support import tiny


@pytest.fixture(params=["plain", "shaped"])
def either(request, tmp_path):
    """An ordinary folder and one whose layers have shapes of their own."""
    model = tiny.bert()
    if request.param == "shaped":
        model = removal.removed(model, removal.Kept(((0,), (1, 2)), (tuple(range(10)), tuple(range(64)))))
    return tmp_path / "model" if tiny.folder(tmp_path / "model", model) else None
