"""The bonsai as a picture: where leaves stand, how thick wood is, and what is written."""

import math
import re
from xml.etree import ElementTree

from core.figures.tree import MOST, NARROW, SPAN, TALL, VIRIDIS, WIDE, Twig, Words, _leaves, bonsai, places

WORDS = Words("The <bonsai>", "two & a half", "accuracy, %", "thick", "cut", "same")


def crown(count, per=1):
    """Dense, a bough, a branch, and so many leaves on it."""
    leaves = [Twig(2, f"leaf {n}", f"key{n}", 80 + n % 10, thick=0.5, depth=1) for n in range(count)]
    return [Twig(-1, "dense", "dense", 90.0), Twig(0, "", bough="zeroed"), Twig(1, ""), *leaves]


def drawn(twigs, **options):
    return ElementTree.fromstring(bonsai(twigs, WORDS, **options))


def having(root, name):
    return [one for one in root.iter() if name in one.attrib]


def test_every_result_is_a_leaf_within_the_picture_and_none_covers_another():
    for count in (1, 7, 60, 400):
        leaves = having(drawn(crown(count)), "data-key")
        assert [one.get("data-key") for one in leaves][-1] == "dense" and len(leaves) == count + 1
        middles = [(float(one.get("cx")), float(one.get("cy"))) for one in leaves]
        assert all(0 < x < WIDE and 0 < y < TALL for x, y in middles)
        assert len(set(middles)) == count + 1
    near = min(math.dist(a, b) for i, a in enumerate(middles) for b in middles[:i])
    assert near > 1.5  # of 400 leaves on one branch; a leaf is 4.6 wide


def test_few_leaves_stand_close_and_many_take_the_whole_crown():
    for count, span in ((3, 2 * MOST), (200, SPAN * 199 / 200)):
        twigs = crown(count)
        angles = [at[0] for at in places(twigs, _leaves(twigs))[3:]]
        assert math.isclose(max(angles) - min(angles), span)
        assert math.isclose(max(angles) + min(angles), 180)


def test_what_grows_from_a_leaf_stands_farther_out():
    twigs = [*crown(2), Twig(3, "child", "child", 70.0, depth=2), Twig(5, "grandchild", "grand", 70.0, depth=3)]
    at = places(twigs, _leaves(twigs))
    assert at[3][1] < at[5][1] < at[6][1]


def test_wood_is_as_thick_as_its_model_and_boughs_as_what_they_carry():
    twigs = [*crown(1), Twig(2, "small", "small", 80.0, thick=0.25, depth=1)]
    width = {one.get("data-to"): float(one.get("stroke-width")) for one in having(drawn(twigs), "data-to")}
    assert width["3"] == 2 * width["4"] and width["1"] > width["2"] > width["3"]


def test_a_cut_is_drawn_where_bytes_went_and_grows_with_them():
    twigs = [*crown(1), *(Twig(2, "", str(cut), 80.0, cut=cut, depth=1) for cut in (0.01, 0.1, 0.8))]
    radii = [float(one.get("r")) for one in drawn(twigs).iter() if one.get("class") == "cut"]
    assert len(radii) == 3 and radii[0] < radii[1] < radii[2]  # the last one is the legend's


def test_colours_run_from_the_worst_tenth_to_the_best():
    twigs = [*crown(20), Twig(2, "lost", "lost", 10.0, depth=1)]
    fill = {one.get("data-key"): one.get("fill") for one in having(drawn(twigs), "data-key")}
    assert fill["lost"] == fill["key0"] == VIRIDIS[0] and fill["dense"] == VIRIDIS[-1]
    near = [Twig(-1, "", "dense", 90.0), Twig(0, "", bough="b"), Twig(1, ""), Twig(2, "", "near", 89.9, depth=1)]
    written = "".join(drawn(near).itertext())
    assert f"≤ {90 - NARROW:.0f}" in written  # a tenth of a point is not the whole range of colours


def test_leaves_without_a_difference_are_ringed_and_those_unmeasured_are_bare():
    twigs = [*crown(1), Twig(2, "", "same", 90.0, same=True, depth=1), Twig(2, "", depth=1)]
    classes = {one.get("data-place"): one.get("class") for one in having(drawn(twigs), "data-place")}
    assert classes == {"0": "leaf root", "3": "leaf", "4": "leaf same", "5": "bare"}


def test_the_way_to_the_chosen_leaf_is_marked():
    twigs = [*crown(2), Twig(3, "", "child", 70.0, depth=2)]
    root = drawn(twigs, chosen="child")
    assert [one.get("data-key") for one in root.iter() if "chosen" in one.get("class", "")] == ["key0", "child"]
    assert "chosen" not in {one.get("class", "").split()[-1:][0] for one in drawn(twigs).iter() if one.get("class")}


def test_words_are_words_and_the_picture_asks_nobody():
    twigs = [*crown(1), Twig(2, '<script>x</script>"', '"><script>', 80.0, depth=1)]
    text = bonsai(twigs, WORDS)
    root = ElementTree.fromstring(text)
    assert not [one for one in root.iter() if one.tag.endswith("script")]
    assert "The <bonsai>" in root.itertext() and "two & a half" in root.itertext()
    assert not re.findall(r"(?:href|src|url)\W", text) and "@import" not in text
