"""DaemonSets that make nodes usable and visible, foremost their accelerators.

Which nodes an agent runs on follows from the labels that node pools give their nodes, and those from the
table of instance types: no agent has a list of types, so a new type needs none either.
"""

from typing import Any

from charts_src.lib.accelerators import Accelerator
from charts_src.lib.config_maps import config_annotation
from charts_src.lib.controllers import labels
from charts_src.model import Environment
from charts_src.objects import Body

TOLERATIONS: list[Body] = [{"operator": "Exists"}]
"""Every taint: labels alone decide where an agent runs. A node counts as initialized only once its device
plugin has registered, so no startup taint may keep the plugin away; and a drained node keeps its agents
until its last pod has ended."""


def has_accelerator(env: Environment, *accelerators: Accelerator) -> bool:
    """Say whether a pool has one of the accelerators."""
    return any(pool.accelerator in accelerators for pool in env.karpenter.node_pools.values())


def has_efa(env: Environment) -> bool:
    """Say whether a pool has EFA interfaces."""
    return any(pool.efa for pool in env.karpenter.node_pools.values())


def daemon_set(name: str, pod: Body, config: str = "") -> Body:
    """Give a DaemonSet that replaces its pods a tenth at a time, also when the text `config` changes."""
    metadata: Body = {"labels": labels(name)}
    if config:
        metadata["annotations"] = config_annotation(config)
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": labels(name)},
            "updateStrategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": 0, "maxUnavailable": "10%"},
            },
            "template": {"metadata": metadata, "spec": pod},
        },
    }


def agent(**fields: Any) -> Body:
    """Give the pod fields that all agents have, and further `fields`."""
    return {"priorityClassName": "system-node-critical", "tolerations": TOLERATIONS} | fields
