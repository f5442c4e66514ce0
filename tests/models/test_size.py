"""Bytes of a real file, a real zip beside them, and multiply-accumulates by hand."""

import zipfile

import pytest
import torch
import transformers

from core.models import find, macs, save, size
from core.techniques import magnitude
from core.techniques.technique import Context, State
from tests.support import tiny

SEQ = 128
# two layers of Q, K, V, O (32 x 32) and two of 32 x 64, for each of 128 tokens; QK^T and AV: 128 x 128 x 32 each
LAYER = SEQ * (4 * 32 * 32 + 2 * 32 * 64) + 2 * SEQ * SEQ * 32


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
    assert size.measure(model).bytes == (tmp_path / find.WEIGHTS).stat().st_size


@pytest.mark.parametrize("amount", [0.0, 0.5, 0.9])
def test_zip_bytes_are_those_of_a_real_zip(tmp_path, amount):
    # large enough that a file's header and the ends of its tensors do not count
    model = pruned(tiny.bert(hidden_size=256, intermediate_size=1024), amount)
    save.save(model, tiny.tokenizer(), tmp_path)
    real = zipped(tmp_path / find.WEIGHTS, tmp_path / "model.zip")
    assert size.measure(model).zip_bytes == pytest.approx(real, rel=0.01)


def test_large_tensors_are_deflated_in_pieces(monkeypatch):
    tensors = [torch.zeros(3000), torch.randn(5000)]
    whole = size.deflated_bytes(tensors)
    monkeypatch.setattr(size, "CHUNK", 4096)
    assert size.deflated_bytes(tensors) == pytest.approx(whole, rel=0.02)


def test_pruning_leaves_the_file_and_shrinks_the_zip():
    dense, sparse = (size.measure(model) for model in (tiny.bert(), pruned(tiny.bert(), 0.9)))
    assert sparse.bytes == dense.bytes and sparse.params == dense.params and sparse.macs == dense.macs
    assert sparse.zip_bytes < 0.8 * dense.zip_bytes


def test_what_is_counted():
    model = tiny.bert()
    found = size.measure(model)
    assert found.params == sum(p.numel() for p in model.parameters())
    zeros = sum(int((p == 0).sum()) for p in model.parameters())  # biases and the padding token start at zero
    assert found.nonzero == found.params - zeros and zeros > 0
    assert found.prunable == found.prunable_nonzero == 2 * (4 * 32 * 32 + 2 * 32 * 64)
    assert found.seq == SEQ


def test_the_share_of_the_chosen_matrices_is_exact():
    config = magnitude.Config(amount=0.3, layers="*query")
    model = magnitude.apply(State(tiny.bert()), config, Context(None)).model
    found = size.measure(model, which="*query")
    assert (found.prunable, found.prunable_nonzero) == (2 * 1024, 2 * (1024 - round(0.3 * 1024)))


def test_macs_by_hand():
    # the pooler (32 x 32) and the classifier (32 x 2) see the first token only
    assert macs.macs(tiny.bert(), SEQ) == 2 * LAYER + 32 * 32 + 32 * 2
    assert macs.macs(tiny.bert(num_hidden_layers=5), SEQ) == 5 * LAYER + 32 * 32 + 32 * 2
    assert macs.macs(tiny.roberta(), SEQ) == macs.macs(tiny.distilbert(), SEQ) == 2 * LAYER + 32 * 32 + 32 * 2
    assert macs.macs(tiny.bert(), 1) == 2 * (8192 + 2 * 32) + 32 * 32 + 32 * 2


def test_macs_against_torchs_own_counter():
    from torch.utils.flop_counter import FlopCounterMode

    model = tiny.bert()
    model.set_attn_implementation("eager")
    ids = torch.randint(5, 20, (1, 64))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(input_ids=ids, attention_mask=torch.ones_like(ids))
    assert 2 * macs.macs(model, 64) == counter.get_total_flops()


@pytest.mark.parametrize(
    "width",
    [
        32,
        16,
    ],
)
def test_macs_of_narrow_embeddings(width):
    from torch.utils.flop_counter import FlopCounterMode

    config = transformers.ElectraConfig(**tiny.SHAPE, embedding_size=width)
    model = transformers.ElectraForSequenceClassification(config).eval()
    model.set_attn_implementation("eager")
    ids = torch.randint(5, 20, (1, 64))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(input_ids=ids, attention_mask=torch.ones_like(ids))
    assert 2 * macs.macs(model, 64) == counter.get_total_flops()
