"""The peak is that of a fresh process, and a larger model has a larger one."""

import os
import subprocess
import sys

import psutil
import pytest
import torch

from core.engine import memory
from core.models import save
from tests.support import tiny

pytestmark = pytest.mark.slow


@pytest.mark.long
def test_a_larger_model_takes_more():
    small, large = tiny.bert(), tiny.bert(hidden_size=1024, intermediate_size=4096, num_hidden_layers=4)
    found = [memory.peak_bytes(model, tiny.tokenizer(), 1, 16, 1) for model in (small, large)]
    weights = 4 * sum(p.numel() for p in large.parameters())
    assert found[0] > 100_000_000  # PyTorch is in it
    assert weights < found[1] - found[0] < 4 * weights


def test_the_process_that_asks_is_not_counted(tmp_path):
    # what a child inherits from a large parent would hide the model
    ballast = torch.ones(150_000_000)
    own = psutil.Process(os.getpid()).memory_info().rss
    assert memory.peak_bytes(tiny.bert(), tiny.tokenizer(), 1, 16, 1) < own
    assert len(ballast) == 150_000_000


def test_it_prints_one_number(tmp_path):
    save.write(tiny.bert(), tiny.tokenizer(), tmp_path / "model")
    command = [sys.executable, "-m", "core.engine.memory", "torch", str(tmp_path / "model"), "1", "16", "1"]
    assert int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) > 100_000_000
