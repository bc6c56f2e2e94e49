"""Compares what components render with upstream's own chart or manifest at the same version.

    python -m tools.upstream [--json] [--all] [component ...]

components/<component>.yaml says where upstream's objects come from, which of its names are which of ours, and
lists each difference with its reason. Any other difference, and any listed one that is no more, is an error.
"""
