"""Who computes when: the queue, the worker, the cluster, sweeps, and what is recorded and shipped.

Imports everything of core but the command line.
"""
