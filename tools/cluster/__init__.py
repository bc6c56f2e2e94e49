"""A real control plane on loopback, without containers, for tests and for looking around.

    python -m tools.cluster up <env> | down [<env>]

plane.py starts it; its nodes are simulated by kwok. nodes.py makes those that an environment would have,
tree.py applies what is rendered in Argo CD's order.
"""
