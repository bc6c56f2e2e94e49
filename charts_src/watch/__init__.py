"""Rendering again at each edit, in a process that stays, and showing what a render would change."""
