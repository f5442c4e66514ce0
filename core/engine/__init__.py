"""From a Spec to its Result: prepare, compress, evaluate, weigh, time, store; and the model as a file.

Imports techniques and all below them; knows neither jobs nor pages.
"""
