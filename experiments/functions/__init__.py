"""Comparisons of Python functions that return Keras models: trained, stored and judged like the variants of a study."""
