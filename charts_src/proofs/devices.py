"""The truth table of devices: what each pod asks for, against each kind of node that it may land on.

Sources: device plugins of NVIDIA, AWS Neuron and AWS EFA for the names of resources; EC2's instance types for
the numbers (charts_src/lib/instance_types.json); aws-neuron-sdk for cores and the scheduler
(charts_src/lib/accelerators.py says where); for EFA libfabric's fi_efa(7) (FI_PROVIDER), and awslabs'
awsome-distributed-training, 3.test_cases: all interfaces of a node for one pod, /dev/shm in memory.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from charts_src.lib.accelerators import EFA, NEURON_CORE, NEURON_DEVICE, NEURON_SCHEDULER, NVIDIA_GPU
from charts_src.lib.instances import instance
from charts_src.objects import Body, all_containers
from charts_src.proofs.fitting import obstacles, requests
from charts_src.proofs.nodes import Node
from charts_src.proofs.pods import Pod
from charts_src.proofs.tree import Failure

_PLUGINS = {
    NVIDIA_GPU: "/k8s-device-plugin:",
    NEURON_DEVICE: "/neuron-device-plugin:",
    NEURON_CORE: "/neuron-device-plugin:",
    EFA: "/aws-efa-k8s-device-plugin:",
}
"""Resource -> part of the image of the program that offers it."""

_LOGICAL = 2
"""Physical NeuronCores in a logical one of Trainium2, unless the node says otherwise."""


class Row(NamedTuple):
    """What one pod asks of one kind of node."""

    pod: str
    copies: int
    node: str
    devices: tuple[tuple[str, int, int], ...]
    """Resource, what the pod asks for, what the node has."""


def table(pods: Sequence[Pod], nodes: Sequence[Node]) -> list[Row]:
    """Give a row for each pod with devices and each kind of node that it fits on, sorted."""
    return sorted(
        Row(
            str(pod),
            pod.copies,
            str(node),
            tuple((name, count, node.capacity.get(name, 0)) for name, count in sorted(_devices(pod).items())),
        )
        for pod in pods
        if _devices(pod)
        for node in _landing(pod, nodes)
    )


def wrong(pods: Sequence[Pod], nodes: Sequence[Node]) -> list[Failure]:
    """Find pods whose devices would not work for them, and nodes whose devices nobody offers, sorted."""
    daemons = [pod for pod in pods if pod.daemon]
    found = {
        Failure(str(pod), problem)
        for pod in pods
        if _devices(pod) or _has_variables(pod)
        for problem in (
            *_alone(pod),
            *(each for node in _landing(pod, nodes) for each in _on(pod, node, daemons)),
        )
    }
    return sorted(found)


def _devices(pod: Pod) -> dict[str, int]:
    return {name: count for name, count in requests(pod.spec).items() if name in _PLUGINS and count}


def _landing(pod: Pod, nodes: Sequence[Node]) -> list[Node]:
    return [node for node in nodes if not any(obstacles(pod.spec, node, {}))]


def _alone(pod: Pod) -> Iterator[str]:
    """Say what is wrong whichever the node."""
    wanted = _devices(pod)
    if EFA in wanted:
        providers = {value for _, value in _variable(pod, "FI_PROVIDER")}
        if providers != {"efa"}:
            yield "has EFA interfaces and no FI_PROVIDER=efa: without it libfabric may choose TCP; set it"
        if not _shared_memory(pod.spec):
            yield "has EFA interfaces and no /dev/shm in memory, which its processes share; mount an emptyDir"
    elif any(value == "efa" for _, value in _variable(pod, "FI_PROVIDER")) and not _is_launcher(pod):
        yield f"has FI_PROVIDER=efa and asks for no {EFA}; ask for it"
    if NEURON_CORE in wanted and NEURON_DEVICE in wanted:
        yield "asks for Neuron devices and for cores; ask for devices"


def _on(pod: Pod, node: Node, daemons: Sequence[Pod]) -> Iterator[str]:
    facts = instance(node.instance_type)
    for name, count in _devices(pod).items():
        if not any(_offers(daemon, name) and not _kept_off(daemon, node) for daemon in daemons):
            yield f"asks for {name} on {node}, where no device plugin offers it; let it run there"
        if name == EFA and count != facts.efa_interfaces:
            yield f"asks for {count} of {facts.efa_interfaces} EFA interfaces of {node}; ask for all"
        if name == EFA and facts.accelerators and _of_accelerators(pod) != facts.accelerators:
            yield f"has EFA on {node} and not all {facts.accelerators} accelerators; ask for all"
        if name == NEURON_CORE and facts.neuron_name == "Trainium2":
            yield f"asks for {name} on {node}, which Karpenter and plugin count differently; ask for devices"
    devices = _devices(pod).get(NEURON_DEVICE, 0)
    if 1 < devices < facts.neuron_devices and pod.spec.get("schedulerName") != NEURON_SCHEDULER:
        some = f"{devices} of {facts.neuron_devices} Neuron devices of {node}"
        yield f"asks for {some}, which only {NEURON_SCHEDULER} gives side by side; set schedulerName"
    yield from _cores(pod, node)


def _cores(pod: Pod, node: Node) -> Iterator[str]:
    facts = instance(node.instance_type)
    devices = _devices(pod).get(NEURON_DEVICE, 0)
    if not facts.neuron_devices:
        return
    logical = _LOGICAL if facts.neuron_name == "Trainium2" else 1
    most = facts.neuron_cores // facts.neuron_devices // logical * devices
    for path, value in _variable(pod, "NEURON_RT_NUM_CORES"):
        if value.isdigit() and int(value) > most:
            yield f"{path} wants NEURON_RT_NUM_CORES={value}, its {devices} devices of {node} have {most}"
    for path, value in _variable(pod, "NEURON_RT_VISIBLE_CORES"):
        last = value.replace(",", "-").rpartition("-")[2]
        if last.isdigit() and int(last) >= most:
            yield f"{path} wants NEURON_RT_VISIBLE_CORES={value}, its {devices} devices of {node} have {most}"


def _of_accelerators(pod: Pod) -> int:
    wanted = _devices(pod)
    return wanted.get(NVIDIA_GPU, 0) or wanted.get(NEURON_DEVICE, 0)


def _offers(daemon: Pod, resource: str) -> bool:
    images = (container.get("image", "") for _, container in all_containers(daemon.spec))
    return any(_PLUGINS[resource] in image.replace("@", ":") for image in images)


def _kept_off(daemon: Pod, node: Node) -> bool:
    return any(not each.startswith("wants ") for each in obstacles(daemon.spec, node, {}))


def _variable(pod: Pod, name: str) -> list[tuple[str, str]]:
    return [
        (path, str(item.get("value", "")))
        for path, container in all_containers(pod.spec)
        for item in container.get("env", ())
        if item["name"] == name
    ]


def _has_variables(pod: Pod) -> bool:
    return bool(_variable(pod, "FI_PROVIDER"))


def _is_launcher(pod: Pod) -> bool:
    """The launcher of an MPIJob has the variables of its workers, to pass them on."""
    return pod.labels.get("training.kubeflow.org/job-role") == "launcher"


def _shared_memory(spec: Body) -> bool:
    memory = {
        volume["name"]
        for volume in spec.get("volumes", ())
        if volume.get("emptyDir", {}).get("medium") == "Memory"
    }
    return any(
        mount["mountPath"] == "/dev/shm" and mount["name"] in memory  # noqa: S108  # a mount, no temporary file
        for _, container in all_containers(spec)
        for mount in container.get("volumeMounts", ())
    )
