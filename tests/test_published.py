"""Published figures: in range, with a source, and those of system B as its card has them."""

from core.published import NN_PRUNING, PUBLISHED, of


def test_every_figure_is_possible_and_has_a_source():
    for one in PUBLISHED:
        assert 0.5 < one.quality < 1 and 1 < one.speedup < 20 and one.source
        assert one.dense is None or abs(one.dense - one.quality) < 0.05


def test_system_b_is_there():
    best = [one for one in of("squad") if one.source == NN_PRUNING and one.speedup == 1.84]
    assert [one.quality for one in best] == [0.8872] and of("reviews") == ()
