"""The map of heads: a cell a head, named by its words, coloured by a scale that fits what it shows."""

import math

from core.figures.heads import DIVERGING, MARK, Cell, head_map


def drawn(rows, scale, **changes):
    cells = [
        [Cell(value, f"{layer}.{head}", **changes) for head, value in enumerate(row)] for layer, row in enumerate(rows)
    ]
    return head_map(cells, axes=("head", "layer"), scale=scale, ends=("least", "most"))


def data(option):
    return option["series"][0]["data"]


def test_every_cell_has_a_name_of_its_own_so_that_one_click_outlines_one_cell():
    option = drawn([[1.0, 2.0], [3.0, 4.0]], "share")
    assert [one["name"] for one in data(option)] == ["0.0", "0.1", "1.0", "1.1"]
    assert [one["value"] for one in data(option)] == [[0, 0, 1.0], [1, 0, 2.0], [0, 1, 3.0], [1, 1, 4.0]]
    assert option["tooltip"]["formatter"] == "{b}"  # the words, which name layer and head


def test_the_ends_are_words_and_no_logarithm_is_written():
    option = drawn([[1e-3, 1.0]], "log")
    assert [one["value"][2] for one in data(option)] == [-3.0, 0.0]
    assert option["visualMap"]["text"] == ["most", "least"] and not option["visualMap"]["hoverLink"]


def test_differences_turn_their_colour_at_zero():
    option = drawn([[-0.3, 0.1, math.nan]], "difference")
    assert (option["visualMap"]["min"], option["visualMap"]["max"]) == (-0.3, 0.3)
    assert option["visualMap"]["inRange"]["color"] == list(DIVERGING) and data(option)[2]["value"][2] == "-"


def test_what_is_chosen_or_counts_is_outlined_and_what_is_gone_crossed():
    chosen, counts, gone = (data(drawn([[1.0]], "share", **{name: True}))[0] for name in ("chosen", "outlined", "gone"))
    assert chosen["itemStyle"]["borderColor"] == MARK != counts["itemStyle"]["borderColor"]
    assert gone["label"]["show"] and not chosen["label"]["show"] and "itemStyle" not in gone
