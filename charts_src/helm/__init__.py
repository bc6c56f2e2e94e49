"""Helm charts from the constructs, found by experiment.

A construct is a function from an environment to objects. To learn where a field of the model shows in them,
the field is changed and the construct composed again (experiments.py). What differs becomes an action of a
template (explain.py), what doesn't stays as it is. Nothing in a construct knows of it.
"""
