"""The section of the agent that watches the health of nodes."""

from typing import Literal

from charts_src.model.base import Model


class NodeMonitoring(Model):
    """The EKS node monitoring agent, which tells Karpenter of broken nodes."""

    version: Literal["1.7.0"] = "1.7.0"
    """Version of the agent and its definition."""
