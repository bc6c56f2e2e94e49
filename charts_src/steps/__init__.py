"""Plans of commands that make or remove a cluster: what a plan says, and what runs it."""
