"""Trained models in the store: whole or absent, whoever else trains the same."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from core.engine.store import Store, half_folder
from core.techniques.technique import State
from tests.support import tiny


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results", (tmp_path / "recorded",))


def test_a_state_comes_back(store):
    masks = {"classifier.weight": torch.rand(2, 32) > 0.5}
    state = State(tiny.bert(seed=1), masks, tiny.tokenizer(), {"layers": [0, 1]})
    store.save_state("key", state)
    found = store.load_state("key")
    assert torch.equal(found.masks["classifier.weight"], masks["classifier.weight"])
    assert found.masks["classifier.weight"].dtype is torch.bool and found.facts == state.facts
    assert all(torch.equal(a, b) for a, b in zip(state.model.parameters(), found.model.parameters(), strict=True))
    assert found.tokenizer("good").input_ids == state.tokenizer("good").input_ids
    assert store.load_state("another") is None


@pytest.mark.parametrize("name", ["model.safetensors", "masks.safetensors", "facts.json", "config.json"])
@pytest.mark.parametrize("kept", [0, 8, -8])
def test_a_torn_state_is_set_aside(store, name, kept):
    store.save_state("key", State(tiny.bert(), {"classifier.weight": torch.ones(2, 32) > 0}, tiny.tokenizer()))
    path = store.folder.parent / "weights" / "key" / name
    path.write_bytes(path.read_bytes()[:kept])
    if name == "facts.json":
        path.write_text("{")
    assert store.load_state("key") is None
    assert not path.exists() and path.parent.with_name("key.bad").exists()
    store.save_state("key", State(tiny.bert(), {}, tiny.tokenizer()))  # computed again
    assert store.load_state("key") is not None


def test_a_half_written_state_is_none(store):
    (store.folder.parent / "weights" / "key.half").mkdir(parents=True)
    assert store.load_state("key") is None
    store.save_state("key", State(tiny.bert(), {}, tiny.tokenizer()))
    assert store.load_state("key") is not None


def test_two_processes_that_train_the_same_lose_neither(store):
    """Each writes in a folder of its own, wherever the other is."""
    folder = store.folder.parent / "weights" / "key"
    with half_folder(folder) as first:
        (first / "who").write_text("first")
        with half_folder(folder) as second:
            assert first != second
            (second / "who").write_text("second")
        assert (folder / "who").read_text() == "second"
    assert (folder / "who").read_text() == "first"
    with pytest.raises(RuntimeError), half_folder(folder) as third:
        (third / "who").write_text("third")
        raise RuntimeError
    assert (folder / "who").read_text() == "first" and [p.name for p in folder.parent.iterdir()] == ["key"]


def test_many_threads_that_keep_the_same_state_leave_one_whole_one(store):
    states = [State(tiny.bert(seed=seed), {}, tiny.tokenizer()) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda state: store.save_state("key", state), states * 4))
    found = store.load_state("key")
    assert found is not None and [p.name for p in (store.folder.parent / "weights").iterdir()] == ["key"]
    assert any(torch.equal(tiny.logits(found.model), tiny.logits(state.model)) for state in states)


def test_what_a_dead_process_left_is_taken_away(store):
    weights = store.folder.parent / "weights"
    for name in ("key.half", "key.abc.half", "other.half"):
        (weights / name).mkdir(parents=True)
        os.utime(weights / name, (0, 0))
    (weights / "key.new.half").mkdir()  # may still be written
    store.save_state("key", State(tiny.bert(), {}, tiny.tokenizer()))
    assert sorted(path.name for path in weights.iterdir()) == ["key", "key.new.half", "other.half"]
