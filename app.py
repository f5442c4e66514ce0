"""What `streamlit run` serves: the dashboard, and on the same port the addresses for phones."""

import streamlit as st

from pages.components.phone.routes import ROUTES

app = st.App("dashboard.py", routes=ROUTES)
