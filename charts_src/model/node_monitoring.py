"""The section of the agent that watches the health of nodes."""

from typing import Annotated, Literal

from charts_src.model.base import VERSION, Model


class NodeMonitoring(Model):
    """The EKS node monitoring agent, which tells Karpenter of broken nodes, and what it leaves out."""

    version: Annotated[Literal["1.7.0"], VERSION] = "1.7.0"
    """Version of the agent and its definition."""

    problem_detector_version: Annotated[Literal["1.36.0"], VERSION] = "1.36.0"
    """Version of node-problem-detector, which counts what the agent leaves out."""
