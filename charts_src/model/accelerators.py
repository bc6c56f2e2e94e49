"""The section of accelerators: the agents that make GPUs, Neuron devices and EFA usable and visible."""

from typing import Annotated, Literal

from charts_src.model.base import VERSION, Model


class Neuron(Model):
    """AWS Neuron: on nodes with Trainium or Inferentia."""

    version: Annotated[Literal["2.32.0.0"], VERSION] = "2.32.0.0"
    """Version of the device plugin and the scheduler extension, which is that of the Neuron SDK."""

    monitor_version: Annotated[Literal["1.10.0"], VERSION] = "1.10.0"
    """Version of the metrics exporter neuron-monitor."""

    scheduler: bool = True
    """Run the scheduler that gives a pod Neuron devices which are connected to each other. Only pods that ask
    for several devices, but not for all of a node, need it."""


class Nvidia(Model):
    """NVIDIA: on nodes with GPUs."""

    device_plugin_version: Annotated[Literal["0.19.3"], VERSION] = "0.19.3"
    """Version of the device plugin, of GPU feature discovery and of the MPS daemon."""

    node_feature_discovery_version: Annotated[Literal["0.19.0"], VERSION] = "0.19.0"
    """Version of the controller that turns discovered features into labels, and of its CRDs."""

    dcgm_exporter_version: Annotated[Literal["4.5.3-4.8.2"], VERSION] = "4.5.3-4.8.2"
    """Version of the metrics exporter: that of DCGM, and the exporter's own."""


class Efa(Model):
    """Elastic Fabric Adapter: on nodes of pools with efa."""

    device_plugin_version: Annotated[Literal["0.5.21-eksbuild.9"], VERSION] = "0.5.21-eksbuild.9"
    """Version of the device plugin."""


class Accelerators(Model):
    """The agents of accelerators; each runs where a node pool has its hardware."""

    neuron: Neuron = Neuron()
    """AWS Neuron."""

    nvidia: Nvidia = Nvidia()
    """NVIDIA."""

    efa: Efa = Efa()
    """Elastic Fabric Adapter."""
