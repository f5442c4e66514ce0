"""The map of heads: a cell a head, named by its words, coloured by a scale that fits what it shows."""

import math

from core.figures.heads import CHOSEN, OUTLINED, Cell, head_map
from core.figures.style import DIVERGING


def drawn(rows, scale, ends=(0.0, 1.0), **changes):
    cells = [
        [Cell(value, f"{layer}.{head}", **changes) for head, value in enumerate(row)] for layer, row in enumerate(rows)
    ]
    return head_map(cells, axes=("head", "layer"), scale=scale, ends=ends, words=("least", "most"))


def data(option):
    return option["series"][0]["data"]


def test_every_cell_has_a_name_of_its_own_so_that_one_click_outlines_one_cell():
    option = drawn([[1.0, 2.0], [3.0, 4.0]], "share")
    assert [one["name"] for one in data(option)] == ["0.0", "0.1", "1.0", "1.1"]
    assert [one["value"] for one in data(option)] == [[0, 0, 1.0], [1, 0, 2.0], [0, 1, 3.0], [1, 1, 4.0]]
    assert option["tooltip"]["formatter"] == "{b}"  # the words, which name layer and head


def test_the_ends_are_words_and_no_logarithm_is_written():
    option = drawn([[1e-3, 1.0]], "log", (1e-3, 1.0))
    assert [one["value"][2] for one in data(option)] == [-3.0, 0.0]
    assert option["visualMap"]["text"] == ["most", "least"] and not option["visualMap"]["hoverLink"]


def test_differences_turn_their_colour_at_zero():
    option = drawn([[-0.3, 0.1, math.nan]], "difference", (-2.0, 2.0))
    assert (option["visualMap"]["min"], option["visualMap"]["max"]) == (-2.0, 2.0)
    assert option["visualMap"]["inRange"]["color"] == list(DIVERGING) and data(option)[2]["value"][2] == "-"


def frames(**changes):
    """Widths and colours of the frames around the only cell."""
    series = drawn([[1.0]], "share", **changes)["series"][1:]
    return tuple((one["itemStyle"]["borderWidth"], one["itemStyle"]["borderColor"]) for one in series)


def test_what_is_chosen_or_counts_is_framed_and_what_is_gone_crossed():
    assert (frames(), frames(chosen=True), frames(outlined=True)) == ((), CHOSEN, OUTLINED)
    assert frames(chosen=True, outlined=True) == (*OUTLINED, *CHOSEN)
    gone, plain = (data(drawn([[1.0]], "share", gone=is_gone))[0]["label"]["show"] for is_gone in (True, False))
    assert gone and not plain
