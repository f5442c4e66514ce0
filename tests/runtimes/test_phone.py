"""The estimate for a phone: a band that ends at the published time of the model that it comes from."""

import pytest
import torch
import transformers

from core.models.macs import macs
from core.runtimes.phone import band


def test_the_published_time_of_bert_base_is_its_slow_end():
    with torch.device("meta"):
        base = transformers.BertModel(transformers.BertConfig())
    found = band(macs(base, 128), "fp32")
    assert found.high_ms == pytest.approx(342, rel=0.02)  # on a Pixel 4 (MobileBERT, Sun et al. 2020, table 3)
    assert 0.3 * found.high_ms < found.low_ms < found.high_ms


def test_less_work_and_integers_are_faster():
    whole, half, int8 = band(10**10, "fp32"), band(5 * 10**9, "fp32"), band(10**10, "int8-dynamic")
    assert half.high_ms == whole.high_ms / 2 and half.low_ms == whole.low_ms / 2
    assert int8.high_ms < whole.high_ms and int8.low_ms < whole.low_ms
    assert band(10**10, "fp16") == whole  # whose products are in fp32
