"""What learns: the one loop with its checkpoints, distillation, students, and the training of the shipped demo.

Imports tasks, runtimes, models and plain values; techniques build on it.
"""
