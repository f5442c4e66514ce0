"""Plain values as Plotly and ECharts figures; every word on them is given by the caller.

Imports plain values only (core/*.py): no torch, no streamlit.
"""
