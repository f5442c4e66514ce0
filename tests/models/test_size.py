"""Bytes of a real file, a real zip beside them, what is counted, and the shape that is kept."""

import zipfile

import pytest
import torch

from core.models import save, size
from core.models.weights import WEIGHTS
from core.result import Shape
from core.techniques import magnitude
from core.techniques.technique import Context, State
from tests.support import tiny

SEQ = 128


def pruned(model, amount):
    config = magnitude.Config(amount=amount, layers="all")
    return magnitude.apply(State(model), config, Context(None)).model


def zipped(file, target):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.write(file, file.name)
        return archive.infolist()[0].compress_size


@pytest.mark.parametrize("build", [tiny.bert, tiny.roberta, tiny.distilbert])
def test_bytes_are_those_of_the_saved_file(tmp_path, build):
    model = build()
    save.save(model, tiny.tokenizer(), tmp_path)
    assert size.weigh(model).bytes == (tmp_path / WEIGHTS).stat().st_size


@pytest.mark.parametrize("amount", [0.0, 0.5, 0.9])
def test_zip_bytes_are_those_of_a_real_zip(tmp_path, amount):
    # large enough that a file's header and the ends of its tensors do not count
    model = pruned(tiny.bert(hidden_size=256, intermediate_size=1024), amount)
    save.save(model, tiny.tokenizer(), tmp_path)
    real = zipped(tmp_path / WEIGHTS, tmp_path / "model.zip")
    assert size.weigh(model).zip_bytes == pytest.approx(real, rel=0.01)


def test_large_tensors_are_deflated_in_pieces(monkeypatch):
    tensors = [torch.zeros(3000), torch.randn(5000)]
    whole = size.deflated_bytes(tensors)
    monkeypatch.setattr(size, "CHUNK", 4096)
    assert size.deflated_bytes(tensors) == pytest.approx(whole, rel=0.02)


def test_pruning_leaves_the_file_and_shrinks_the_zip():
    dense, sparse = (size.weigh(model) for model in (tiny.bert(), pruned(tiny.bert(), 0.9)))
    assert sparse.bytes == dense.bytes and sparse.params == dense.params and sparse.macs == dense.macs
    assert sparse.zip_bytes < 0.8 * dense.zip_bytes


def test_what_is_counted():
    model = tiny.bert()
    found = size.weigh(model)
    assert found.params == sum(p.numel() for p in model.parameters())
    zeros = sum(int((p == 0).sum()) for p in model.parameters())  # biases and the padding token start at zero
    assert found.nonzero == found.params - zeros and zeros > 0
    assert found.prunable == found.prunable_nonzero == 2 * (4 * 32 * 32 + 2 * 32 * 64)
    assert found.seq == SEQ and found.shape == Shape(32, (32, 32), (64, 64))


def test_the_share_of_the_chosen_matrices_is_exact():
    config = magnitude.Config(amount=0.3, layers="*query")
    model = magnitude.apply(State(tiny.bert()), config, Context(None)).model
    found = size.weigh(model, which="*query")
    assert (found.prunable, found.prunable_nonzero) == (2 * 1024, 2 * (1024 - round(0.3 * 1024)))
