"""What must hold of an environment's objects together: proofs over the rendered files, object by object.

They read rendered/<env>/ as Argo CD does, so they also hold of what a person edited there.
"""
