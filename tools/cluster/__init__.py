"""A real control plane on loopback, with the real operators and without containers."""
