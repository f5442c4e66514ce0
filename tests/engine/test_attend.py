"""What a head looks at in a text of one's own: its tokens, and heads by their numbers in the dense model."""

import pytest

from core.engine.ask import model_of
from core.engine.attend import TOKENS, attention, heads
from core.engine.recipes import curve_spec
from core.engine.store import Store
from core.errors import ConfigError
from tests.support import tiny

TEXT = ("a quiet film that grows",)


@pytest.fixture
def world(tmp_path):
    model = tiny.shaken(tiny.bert())
    spec, origin = tiny.experiment(tmp_path, model=model, count=60)
    return spec, origin, Store(tmp_path / "cache" / "results")


def test_every_token_looks_somewhere(world):
    spec, origin, store = world
    counts = heads(spec, origin, store)
    assert counts == (4,) * len(counts)
    found = attention(spec, origin, store, TEXT, 0, counts[0] - 1)
    assert found.whole and found.tokens[0] == "[CLS]" and found.tokens[-1] == "[SEP]"
    assert len(found.shares) == len(found.tokens)
    assert all(sum(row) == pytest.approx(1, abs=1e-5) for row in found.shares)


def test_heads_keep_their_numbers_and_those_taken_out_are_gone(world):
    spec, origin, store = world
    half = curve_spec(spec, "structured", 0.5)
    kept = model_of(half, origin, store).kept.heads
    seen = {
        (layer, head): attention(half, origin, store, TEXT, layer, head).shares is not None
        for layer, count in enumerate(heads(spec, origin, store))
        for head in range(count)
    }
    assert seen == {(layer, head): head in kept[layer] for layer, head in seen} and False in seen.values()


def test_a_long_text_is_drawn_in_part(world):
    spec, origin, store = world
    found = attention(spec, origin, store, ("word " * 300,), 0, 0)
    assert len(found.tokens) == len(found.shares) == TOKENS and not found.whole


def test_nothing_to_read_is_a_sentence(world):
    with pytest.raises(ConfigError, match="nothing to read"):
        attention(*world, ("  ",), 0, 0)
