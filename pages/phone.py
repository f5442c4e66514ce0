"""How fast is it in my hand? Every device of the room runs the models in its browser, and its times appear here."""

import streamlit as st

from core.runtimes import web
from pages.components.frame import sidebar
from pages.components.phone import address, keeping, opening, projector, recorded
from pages.components.widgets import empty
from pages.components.widgets.text import literal, say

choice = sidebar.chosen()
st.subheader(say("phone.title"))
if not web.here():
    empty.show("web", say("phone.install"))
    st.stop()
if not opening.may_open():
    empty.show("teacher", say("phone.teacher"))
    st.stop()
if not opening.can_tell(choice):
    empty.show("phone", say("phone.no_labels"), empty.on_reviews(), empty.on_sst2())
    st.stop()
opened = opening.opened(choice)
if opened is None:
    st.markdown(say("phone.lead"))
    opening.tell_of_another(choice)
    opening.ask(choice)
    recorded.show()
    st.stop()
link = f"{address.reached_at(st.context.url or '')}/p/{opened.code}/"
left, right = st.columns([4, 8], gap="medium")
with left:
    st.image(address.square(link), width=260)
    st.markdown(f"**{literal(link)}**")
    if address.only_here():
        st.warning(say("phone.only_here"))
    st.link_button(say("phone.here"), f"/p/{opened.code}/", icon=":material/open_in_new:")
    st.button(say("phone.close"), key="phone-close", on_click=opening.close, type="tertiary")
with right:
    projector.show(opened)
    keeping.offer(choice, opened)
    recorded.show()
