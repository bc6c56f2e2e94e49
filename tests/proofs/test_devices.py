"""The truth table of devices: what pods ask for against the nodes that they may land on."""

from typing import Any

import pytest

from charts_src.lib.accelerators import EFA, NEURON_CORE, NEURON_DEVICE, NEURON_SCHEDULER, NVIDIA_GPU
from charts_src.lib.instances import instance
from charts_src.objects import Body, Identity
from charts_src.proofs.devices import table, wrong
from charts_src.proofs.limits import over_memory
from charts_src.proofs.nodes import Node, Pool
from charts_src.proofs.pods import Pod

PLUGINS = {
    "neuron": "public.ecr.aws/neuron/neuron-device-plugin:2.32.0.0",
    "efa": "602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/aws-efa-k8s-device-plugin:v0.5.21",
    "nvidia": "nvcr.io/nvidia/k8s-device-plugin:v0.19.3",
}


def node(instance_type: str) -> Node:
    facts = instance(instance_type)
    capacity = {
        "cpu": 999000,
        "memory": 999999,
        "pods": 99,
        NVIDIA_GPU: facts.gpus,
        EFA: facts.efa_interfaces,
    }
    capacity |= {NEURON_DEVICE: facts.neuron_devices, NEURON_CORE: facts.neuron_cores}
    return Node(Pool("pool", {}), instance_type, {"a": frozenset({"b"})}, (), capacity)


def daemon(image: str, **spec: Any) -> Pod:
    owner = Identity("apps", "DaemonSet", "accelerators", "plugin")
    container = {"name": "plugin", "image": image}
    return Pod(owner, "spec", "accelerators", {}, {"containers": [container], **spec}, daemon=True)


PLUGGED = [daemon(image) for image in PLUGINS.values()]
SHARED = {"name": "shm", "emptyDir": {"medium": "Memory"}}


def trainer(wants: dict[str, int], env: dict[str, str] | None = None, **spec: Any) -> Pod:
    container = {
        "name": "train",
        "resources": {"limits": {name: str(count) for name, count in wants.items()}},
        "env": [{"name": name, "value": value} for name, value in (env or {}).items()],
        "volumeMounts": [{"name": "shm", "mountPath": "/dev/shm"}],  # noqa: S108
    }
    owner = Identity("batch", "Job", "training", "train")
    fields: Body = {"containers": [container], "volumes": [SHARED], **spec}
    return Pod(owner, "spec", "training", {}, fields, 4)


def problems(pod: Pod, instance_type: str, plugins: list[Pod] | None = None) -> list[str]:
    found = wrong([pod, *(PLUGGED if plugins is None else plugins)], [node(instance_type)])
    return [each.message for each in found]


WHOLE = {NEURON_DEVICE: 16, EFA: 8}
FI = {"FI_PROVIDER": "efa"}


@pytest.mark.parametrize(
    ("wants", "env", "instance_type", "fields"),
    [
        (WHOLE, FI, "trn1.32xlarge", {}),
        ({NEURON_DEVICE: 1}, {"NEURON_RT_NUM_CORES": "2"}, "inf2.xlarge", {}),
        ({NEURON_DEVICE: 4}, {}, "trn1.32xlarge", {"schedulerName": NEURON_SCHEDULER}),
        ({NVIDIA_GPU: 1}, {}, "g5.xlarge", {}),
        ({NEURON_DEVICE: 16}, {"NEURON_RT_VISIBLE_CORES": "0-31"}, "trn1.32xlarge", {}),
    ],
)
def test_devices_that_suit_their_node_are_fine(
    wants: dict[str, int], env: dict[str, str], instance_type: str, fields: Body
) -> None:
    assert problems(trainer(wants, env, **fields), instance_type) == []


@pytest.mark.parametrize(
    ("wants", "env", "fields", "message"),
    [
        (
            {NEURON_DEVICE: 16, EFA: 4},
            FI,
            {},
            "asks for 4 of 8 EFA interfaces of pool (trn1.32xlarge); ask for all",
        ),
        (
            {NEURON_DEVICE: 1, EFA: 8},
            FI,
            {},
            "has EFA on pool (trn1.32xlarge) and not all 16 accelerators; ask for all",
        ),
        (
            WHOLE,
            {},
            {},
            "has EFA interfaces and no FI_PROVIDER=efa: without it libfabric may choose TCP; set it",
        ),
        (
            WHOLE,
            FI,
            {"volumes": [{"name": "shm", "emptyDir": {}}]},
            "has EFA interfaces and no /dev/shm in memory, which its processes share; mount an emptyDir",
        ),
        ({NEURON_DEVICE: 16}, FI, {}, f"has FI_PROVIDER=efa and asks for no {EFA}; ask for it"),
        (
            {NEURON_DEVICE: 4},
            {},
            {},
            "asks for 4 of 16 Neuron devices of pool (trn1.32xlarge), which only neuron-scheduler gives side "
            "by side; set schedulerName",
        ),
        (
            {NEURON_DEVICE: 1},
            {"NEURON_RT_NUM_CORES": "3"},
            {},
            "containers[0] wants NEURON_RT_NUM_CORES=3, its 1 devices of pool (trn1.32xlarge) have 2",
        ),
        (
            {NEURON_DEVICE: 1},
            {"NEURON_RT_VISIBLE_CORES": "0-2"},
            {},
            "containers[0] wants NEURON_RT_VISIBLE_CORES=0-2, its 1 devices of pool (trn1.32xlarge) have 2",
        ),
        (
            {NEURON_DEVICE: 1, NEURON_CORE: 2},
            {},
            {},
            "asks for Neuron devices and for cores; ask for devices",
        ),
    ],
)
def test_devices_that_would_not_work_are_found(
    wants: dict[str, int], env: dict[str, str], fields: Body, message: str
) -> None:
    assert problems(trainer(wants, env, **fields), "trn1.32xlarge") == [message]


def test_cores_of_trainium2_are_counted_differently() -> None:
    assert problems(trainer({NEURON_CORE: 8}), "trn2.48xlarge") == [
        "asks for aws.amazon.com/neuroncore on pool (trn2.48xlarge), which Karpenter and plugin count "
        "differently; ask for devices"
    ]
    two = trainer({NEURON_DEVICE: 1}, {"NEURON_RT_NUM_CORES": "5"})
    assert problems(two, "trn2.48xlarge") == [
        "containers[0] wants NEURON_RT_NUM_CORES=5, its 1 devices of pool (trn2.48xlarge) have 4"
    ]


@pytest.mark.parametrize("plugins", [[], [daemon(PLUGINS["neuron"], nodeSelector={"a": "c"})]])
def test_a_node_where_no_plugin_offers_the_device_is_found(plugins: list[Pod]) -> None:
    expected = f"asks for {NEURON_DEVICE} on pool (inf2.xlarge), where no device plugin offers it; let it run"
    assert problems(trainer({NEURON_DEVICE: 1}), "inf2.xlarge", plugins) == [f"{expected} there"]


def test_a_launcher_hands_the_variables_of_its_workers_on() -> None:
    launcher = trainer({}, FI)._replace(labels={"training.kubeflow.org/job-role": "launcher"})
    assert problems(launcher, "m7i.xlarge") == []


def test_the_table_has_a_row_for_each_pod_and_kind_of_node() -> None:
    nodes = [node("trn1.32xlarge"), node("inf2.xlarge")]
    (row,) = table([trainer(WHOLE), trainer({})], nodes)
    assert row == (
        "Job training/train: spec",
        4,
        "pool (trn1.32xlarge)",
        ((NEURON_DEVICE, 16, 16), (EFA, 8, 8)),
    )


@pytest.mark.parametrize(("size", "found"), [("1Gi", 0), ("3Gi", 1)])
def test_a_volume_in_memory_that_is_more_than_the_limit_is_found(size: str, found: int) -> None:
    pod = trainer({})
    pod.spec["volumes"][0] = {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": size}}
    pod.spec["containers"][0]["resources"] = {"limits": {"memory": "2Gi"}}
    assert [each.message for each in over_memory([pod])] == [
        "containers[0] may use 2Gi of memory, its volume shm has 3Gi; lower that"
    ][:found]
