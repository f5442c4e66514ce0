"""What exactly changed? Two stored results side by side: recipe, figures, speed truth, and the answers that differ."""

import streamlit as st

from pages.components import frame, lengths, points, sidebyside, truth
from pages.components.words import say

choice = frame.chosen()
found = points.of(choice)
st.subheader(say("compare.title"))
if len(found) < 2:
    st.info(say("compare.empty"))
    st.page_link("pages/slide.py", label=say("start.slide_go"), icon=":material/arrow_forward:")
    st.stop()

left, right = st.columns(2)
with left:
    a = sidebyside.pick("a", found)
with right:
    b = sidebyside.pick("b", found)
st.markdown(sidebyside.verdict(a, b))
st.dataframe(sidebyside.figures(a, b), hide_index=True, alt=say("compare.alt"))
st.markdown(f"**{say('compare.recipe')}**")
st.dataframe(sidebyside.recipe(a, b), hide_index=True, alt=say("compare.recipe_alt"))
for point in (b, a):
    if truth.applies(point.result.spec):
        truth.card(choice, point.result.spec)
        break
lengths.show(choice, b.result)
sidebyside.flipped(a, b, choice)
