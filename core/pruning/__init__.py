"""What may go: scores of weights, heads and neurons, masks, the search within a budget, removal and refit.

Imports tasks, runtimes, models and plain values; techniques build on it.
"""
