"""The estimate for a phone: a band, in the order of the published figure that it comes from."""

import pytest

from core.runtimes.phone import band

BERT_BASE = 11_174_000_000  # multiply-accumulates at 128 tokens, by core.models.macs.macs


def test_the_published_time_of_bert_base_is_its_slow_end():
    found = band(BERT_BASE, "fp32")
    assert found.high_ms == pytest.approx(342, rel=0.01)
    assert found.low_ms == pytest.approx(found.high_ms * 65 / 161)


def test_integers_gain_what_was_published_and_half_the_work_half_the_time():
    assert band(BERT_BASE, "int8-dynamic").high_ms == pytest.approx(band(BERT_BASE, "fp32").high_ms / 2.1)
    assert band(BERT_BASE // 2, "fp16").high_ms == pytest.approx(band(BERT_BASE, "fp32").high_ms / 2)
