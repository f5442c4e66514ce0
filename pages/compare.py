"""What exactly changed? Two stored results side by side: recipe, figures, speed truth, and the answers that differ."""

import dataclasses

import streamlit as st

from pages.components.frame import sidebar
from pages.components.results import difference, lengths, points, side_by_side, study
from pages.components.slide import speed_truth
from pages.components.tryit import replies
from pages.components.widgets import empty, tiles
from pages.components.widgets.text import literal, say

choice = sidebar.chosen()
found = points.of(choice)
st.subheader(say("compare.title"))
if len(found) < 2:
    empty.show("compare", say("compare.empty"), empty.slide(), empty.on_sst2())
    st.stop()

left, right = st.columns(2)
with left:
    a = side_by_side.pick("a", found)
    st.caption(literal(a.title))  # a narrow box cuts off where two differ
with right:
    b = side_by_side.pick("b", found)
    st.caption(literal(b.title))
if a == b:
    st.info(say("compare.same"))
a, b = side_by_side.timed(a, b, found)
st.markdown(side_by_side.verdict(a, b))
if note := side_by_side.note(a):
    st.caption(note)
figures, recipe = side_by_side.figures(a, b), side_by_side.recipe(a, b)
tiles.table(figures, say("compare.alt"))
st.caption(say("compare.ms_note"))
st.markdown(f"**{say('compare.recipe')}**")
tiles.table(recipe, say("compare.recipe_alt"))
difference.show(a, b, choice)
for point in (b, a):
    if speed_truth.applies(point.result.spec):
        speed_truth.card(choice, point.result.spec)
        break
lengths.show(choice, b.result)
flips = side_by_side.flips(a, b, choice)
side_by_side.flipped(a, b, flips, choice)
specs = [(name, dataclasses.replace(one.result.spec, model=choice.dense.model)) for name, one in (("A", a), ("B", b))]
replies.panel(choice, specs)
tables = {say("compare.figure"): figures, say("compare.recipe"): recipe}
study.take_comparison(a, b, tables | {say("study.flips"): flips}, choice)
