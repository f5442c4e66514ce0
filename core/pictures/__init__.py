"""The bytes that the canvases of the pages draw, made in the worker from a model.

Imports techniques and all below them; figures, which are made from values, stand in core/figures.
"""
