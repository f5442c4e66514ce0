"""One file a page; with app.py the only importers of streamlit."""
