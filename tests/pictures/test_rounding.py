"""Histograms and noise of every matrix, drawn in the worker and read by the page."""

import pytest
import torch

from core.models import encoder
from core.pictures import rounding
from core.runtimes.precision import scales, sqnr_db
from tests.support import tiny


@pytest.fixture
def model():
    return tiny.shaken(tiny.bert())


def test_every_matrix_with_its_weights_and_its_noise(model):
    found = rounding.read(rounding.draw(model))
    assert [one.name for one in found] == [matrix.name for matrix in encoder.matrices(model, "all")]
    for one in found:
        weight = encoder.weight(model, one.name).detach()
        assert sum(one.counts) == weight.numel() and len(one.counts) == rounding.BINS
        assert (one.low, one.high) == (float(weight.min()), float(weight.max()))
        assert one.noise_db["8"] == pytest.approx(sqnr_db(weight))
        assert one.step["8-matrix"] == pytest.approx(float(scales(weight, 8, False)))
        assert one.noise_db["8"] > one.noise_db["4"] and one.noise_db["8"] >= one.noise_db["8-matrix"] - 0.5


def test_the_grid_has_its_points_where_the_weights_are(model):
    one = rounding.read(rounding.draw(model))[0]
    points = rounding.lines(one, "4-matrix")
    assert 8 <= len(points) <= 15 and points[0] >= one.low and points[-1] <= one.high
    gaps = {round(b - a, 6) for a, b in zip(points, points[1:], strict=False)}
    assert gaps == {round(one.step["4-matrix"], 6)} and any(abs(point) < 1e-9 for point in points)


def test_a_matrix_of_zeros_has_no_noise(model):
    with torch.no_grad():
        model.classifier.weight.zero_()
    last = rounding.read(rounding.draw(model))[-1]
    assert last.noise_db == dict.fromkeys(rounding.GRIDS) and sum(last.counts) == model.classifier.weight.numel()
