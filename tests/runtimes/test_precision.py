"""The integer grid: every weight goes to its nearest point, and finer grids make less noise."""

import math

import pytest
import torch

from core.runtimes.precision import FP32, MODES, Precision, integers, rounded, scales, sqnr_db

WEIGHT = torch.randn(12, 40, generator=torch.Generator().manual_seed(0)) * torch.logspace(-2, 0, 12).reshape(-1, 1)


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("per_channel", [True, False])
def test_every_weight_goes_to_the_nearest_point_of_the_grid(bits, per_channel):
    scale = scales(WEIGHT, bits, per_channel)
    assert scale.shape == ((12, 1) if per_channel else (1, 1))
    whole = integers(WEIGHT, scale, bits)
    top = 2 ** (bits - 1) - 1
    assert whole.dtype == torch.int8 and whole.abs().max() == top
    assert ((WEIGHT - rounded(WEIGHT, bits, per_channel)).abs() <= scale / 2 * 1.0001).all()
    for step in (-1, 1):  # neither neighbour is nearer
        other = (whole + step).clamp(-top, top) * scale
        assert ((WEIGHT - other).abs() >= (WEIGHT - whole * scale).abs() - 1e-7).all()


def test_a_scale_for_each_row_and_more_bits_make_less_noise():
    assert sqnr_db(WEIGHT) > sqnr_db(WEIGHT, per_channel=False) + 3
    assert sqnr_db(WEIGHT) == pytest.approx(sqnr_db(WEIGHT, bits=4) + 20 * math.log10(127 / 7), abs=1)


def test_the_noise_is_that_of_its_definition():
    error = WEIGHT - rounded(WEIGHT)
    assert sqnr_db(WEIGHT) == pytest.approx(float(10 * torch.log10((WEIGHT**2).sum() / (error**2).sum())), abs=1e-3)


def test_zeros_are_exact():
    assert sqnr_db(torch.zeros(3, 4)) == math.inf and not rounded(torch.zeros(3, 4)).any()
    assert sqnr_db(torch.tensor([[127.0, -64.0, 0.0]])) == math.inf


def test_only_static_integers_are_calibrated():
    assert FP32.mode == "fp32" and [m for m in MODES if Precision(m).calibrated] == ["int8-static"]
