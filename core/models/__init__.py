"""Models: found, loaded, looked into, counted and saved.

Imports plain values only (core/*.py). Attribute names of BERT stand in encoder.py and nowhere else.
"""
