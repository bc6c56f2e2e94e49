from typing import Any

import pytest
from cdk8s import App

from charts_src.components.node_pools import NodePools
from charts_src.lib.accelerators import Accelerator, Purpose, placement
from charts_src.lib.named_pool import in_pool
from charts_src.model import Environment
from charts_src.model.storage import Storage
from charts_src.objects import Body
from tests import ray_environment

GPU = {
    "purpose": "inference",
    "instance_types": ["g5.2xlarge", "g6.4xlarge"],
    "capacity": ["spot", "on-demand"],
    "max_nodes": 3,
}
TRAINIUM = {
    "purpose": "training",
    "instance_types": ["trn1.32xlarge"],
    "capacity": ["reserved", "on-demand"],
    "reservation": {"ids": ["cr-0123456789abcdef0", "cr-0123456789abcdef1"]},
    "placement_group": "trainium",
    "zones": ["us-west-2b"],
    "efa": True,
    "max_nodes": 4,
    "weight": 50,
}
INFERENTIA = {"purpose": "inference", "instance_types": ["inf2.xlarge"], "max_nodes": 1}
SYSTEM = {"purpose": "system", "instance_types": ["m7i.large", "m7i.xlarge"], "max_nodes": 6}


FAST_IMAGE_PULL = """\
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="genai-on-eks"

--genai-on-eks
Content-Type: application/node.eks.aws

apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  featureGates:
    FastImagePull: true
--genai-on-eks--
"""
STARTUP_TAINTS = [{"key": "ebs.csi.aws.com/agent-not-ready", "value": "true", "effect": "NoExecute"}]


def environment(pools: dict[str, Any], **settings: Any) -> Environment:
    karpenter = {"node_role": "genai-node", "node_pools": pools, **settings}
    return ray_environment.environment(karpenter=karpenter, stable_diffusion=None)


def rendered(**pools: dict[str, Any]) -> dict[str, Body]:
    component = NodePools(App(), environment(pools))
    return {f"{body['kind']}/{body['metadata']['name']}": body for body in component.objects()}


LABELS = {"app.kubernetes.io/name": "node-pools", "app.kubernetes.io/part-of": "genai-on-eks"}


def test_a_gpu_pool_for_inference() -> None:
    assert rendered(gpu=GPU)["NodePool/gpu"] == {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": "gpu", "labels": LABELS},
        "spec": {
            "weight": 10,
            "limits": {"nodes": "3", "cpu": "48", "memory": "192Gi", "nvidia.com/gpu": "3"},
            "disruption": {
                "consolidationPolicy": "WhenEmpty",
                "consolidateAfter": "10m",
                "budgets": [
                    {"nodes": "10%", "reasons": ["Drifted"]},
                    {"nodes": "100%", "reasons": ["Empty", "Unhealthy"]},
                ],
            },
            "template": {
                "metadata": {
                    "labels": {
                        "genai-on-eks/accelerator": "nvidia",
                        "genai-on-eks/purpose": "inference",
                        "genai-on-eks/efa": "false",
                        "nvidia.com/device-plugin.config": "whole",
                    }
                },
                "spec": {
                    "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "gpu"},
                    "requirements": [
                        {
                            "key": "node.kubernetes.io/instance-type",
                            "operator": "In",
                            "values": ["g5.2xlarge", "g6.4xlarge"],
                        },
                        {
                            "key": "karpenter.sh/capacity-type",
                            "operator": "In",
                            "values": ["spot", "on-demand"],
                        },
                        {
                            "key": "topology.kubernetes.io/zone",
                            "operator": "In",
                            "values": ["us-west-2a", "us-west-2b"],
                        },
                        {"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]},
                        {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]},
                    ],
                    "taints": [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}],
                    "startupTaints": STARTUP_TAINTS,
                    "expireAfter": "720h",
                    "terminationGracePeriod": "24h",
                },
            },
        },
    }


def test_the_nodes_of_a_gpu_pool() -> None:
    assert rendered(gpu=GPU)["EC2NodeClass/gpu"] == {
        "apiVersion": "karpenter.k8s.aws/v1",
        "kind": "EC2NodeClass",
        "metadata": {"name": "gpu", "labels": LABELS},
        "spec": {
            "role": "genai-node",
            "amiSelectorTerms": [{"alias": "al2023@v20260714"}],
            "subnetSelectorTerms": [
                {"tags": {"karpenter.sh/discovery": "genai-dev", "kubernetes.io/role/internal-elb": "1"}}
            ],
            "securityGroupSelectorTerms": [{"tags": {"aws:eks:cluster-name": "genai-dev"}}],
            "blockDeviceMappings": [
                {
                    "deviceName": "/dev/xvda",
                    "rootVolume": True,
                    "ebs": {
                        "volumeType": "gp3",
                        "volumeSize": "100Gi",
                        "iops": 3000,
                        "throughput": 125,
                        "encrypted": True,
                        "deleteOnTermination": True,
                    },
                }
            ],
            "kubelet": {"serializeImagePulls": False, "maxParallelImagePulls": 8},
            "metadataOptions": {
                "httpEndpoint": "enabled",
                "httpProtocolIPv6": "disabled",
                "httpPutResponseHopLimit": 1,
                "httpTokens": "required",
            },
            "tags": {"cluster": "genai-dev", "environment": "dev"},
            "instanceStorePolicy": "RAID0",
            "userData": FAST_IMAGE_PULL,
        },
    }


def test_a_trainium_pool_for_training_over_efa() -> None:
    assert rendered(trainium=TRAINIUM)["NodePool/trainium"] == {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": "trainium", "labels": LABELS},
        "spec": {
            "weight": 50,
            "limits": {"nodes": "4", "cpu": "512", "memory": "2048Gi", "aws.amazon.com/neuron": "64"},
            "disruption": {
                "consolidationPolicy": "WhenEmpty",
                "consolidateAfter": "30m",
                "budgets": [
                    {"nodes": "0", "reasons": ["Drifted", "Underutilized"]},
                    {"nodes": "100%", "reasons": ["Empty", "Unhealthy"]},
                ],
            },
            "template": {
                "metadata": {
                    "labels": {
                        "genai-on-eks/accelerator": "trainium",
                        "genai-on-eks/purpose": "training",
                        "genai-on-eks/efa": "true",
                    }
                },
                "spec": {
                    "nodeClassRef": {
                        "group": "karpenter.k8s.aws",
                        "kind": "EC2NodeClass",
                        "name": "trainium",
                    },
                    "requirements": [
                        {
                            "key": "node.kubernetes.io/instance-type",
                            "operator": "In",
                            "values": ["trn1.32xlarge"],
                        },
                        {
                            "key": "karpenter.sh/capacity-type",
                            "operator": "In",
                            "values": ["reserved", "on-demand"],
                        },
                        {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["us-west-2b"]},
                        {"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]},
                        {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]},
                    ],
                    "taints": [{"key": "aws.amazon.com/neuron", "value": "true", "effect": "NoSchedule"}],
                    "startupTaints": STARTUP_TAINTS,
                    "expireAfter": "Never",
                },
            },
        },
    }


def test_the_nodes_of_a_trainium_pool_with_efa() -> None:
    spec = rendered(trainium=TRAINIUM)["EC2NodeClass/trainium"]["spec"]
    assert spec["networkInterfaces"] == [
        {"networkCardIndex": 0, "deviceIndex": 0, "interfaceType": "interface"},
        {"networkCardIndex": 0, "deviceIndex": 1, "interfaceType": "efa-only"},
        {"networkCardIndex": 1, "deviceIndex": 1, "interfaceType": "efa-only"},
        {"networkCardIndex": 2, "deviceIndex": 1, "interfaceType": "efa-only"},
        {"networkCardIndex": 3, "deviceIndex": 1, "interfaceType": "efa-only"},
        {"networkCardIndex": 4, "deviceIndex": 1, "interfaceType": "efa-only"},
        {"networkCardIndex": 5, "deviceIndex": 1, "interfaceType": "efa-only"},
        {"networkCardIndex": 6, "deviceIndex": 1, "interfaceType": "efa-only"},
        {"networkCardIndex": 7, "deviceIndex": 1, "interfaceType": "efa-only"},
    ]
    assert spec["securityGroupSelectorTerms"] == [
        {"tags": {"aws:eks:cluster-name": "genai-dev"}},
        {"tags": {"karpenter.sh/discovery": "genai-dev", "efa": "true"}},
    ]
    assert spec["placementGroupSelector"] == {"name": "trainium"}
    assert spec["capacityReservationSelectorTerms"] == [
        {"id": "cr-0123456789abcdef0"},
        {"id": "cr-0123456789abcdef1"},
    ]
    assert spec["instanceStorePolicy"] == "RAID0"


def test_reservations_are_found_by_tags() -> None:
    pool = TRAINIUM | {"reservation": {"tags": {"team": "research", "use": "training"}}}
    spec = rendered(trainium=pool)["EC2NodeClass/trainium"]["spec"]
    assert spec["capacityReservationSelectorTerms"] == [{"tags": {"team": "research", "use": "training"}}]


def test_system_nodes_are_consolidated_and_have_no_taint_and_no_special_hardware() -> None:
    objects = rendered(system=SYSTEM)
    node_pool, node_class = objects["NodePool/system"]["spec"], objects["EC2NodeClass/system"]["spec"]
    assert node_pool["limits"] == {"nodes": "6", "cpu": "24", "memory": "96Gi"}
    assert node_pool["disruption"] == {
        "consolidationPolicy": "WhenEmptyOrUnderutilized",
        "consolidateAfter": "5m",
        "budgets": [
            {"nodes": "10%", "reasons": ["Drifted", "Underutilized"]},
            {"nodes": "100%", "reasons": ["Empty", "Unhealthy"]},
        ],
    }
    assert not {"taints", "startupTaints"} & set(node_pool["template"]["spec"])
    assert sorted(node_class) == [
        "amiSelectorTerms",
        "blockDeviceMappings",
        "kubelet",
        "metadataOptions",
        "role",
        "securityGroupSelectorTerms",
        "subnetSelectorTerms",
        "tags",
    ]


@pytest.mark.parametrize(
    ("pool", "size", "throughput"),
    [
        (SYSTEM, "100Gi", 125),
        (GPU, "100Gi", 125),
        (GPU | {"root_volume_gib": 500}, "500Gi", 125),
        (INFERENTIA, "300Gi", 750),
    ],
)
def test_the_root_volume_has_room_for_the_images_where_there_is_no_instance_store(
    pool: dict[str, Any], size: str, throughput: int
) -> None:
    volume = rendered(pool=pool)["EC2NodeClass/pool"]["spec"]["blockDeviceMappings"][0]["ebs"]
    assert (volume["volumeSize"], volume["throughput"]) == (size, throughput)


def test_no_instance_store_is_asked_of_inferentia() -> None:
    assert "instanceStorePolicy" not in rendered(pool=INFERENTIA)["EC2NodeClass/pool"]["spec"]


@pytest.mark.parametrize(
    ("pool", "accelerator", "purpose", "tolerations"),
    [
        (GPU, "nvidia", "inference", [("nvidia.com/gpu", "Exists", "NoSchedule")]),
        (TRAINIUM, "trainium", "training", [("aws.amazon.com/neuron", "Exists", "NoSchedule")]),
        (SYSTEM, "none", "system", []),
    ],
)
def test_a_pod_placed_by_accelerator_and_purpose_fits_the_pool(
    pool: dict[str, Any],
    accelerator: Accelerator,
    purpose: Purpose,
    tolerations: list[tuple[str, str, str]],
) -> None:
    template = rendered(pool=pool)["NodePool/pool"]["spec"]["template"]
    pod = placement(accelerator, purpose)
    assert pod["nodeSelector"].items() <= template["metadata"]["labels"].items()
    given = pod.get("tolerations", ())
    assert [(item["key"], item["operator"], item["effect"]) for item in given] == tolerations
    assert [(taint["key"], taint["effect"]) for taint in template["spec"].get("taints", [])] == [
        (key, effect) for key, _, effect in tolerations
    ]


def test_a_dedicated_pool_is_for_pods_that_name_it() -> None:
    gpu = GPU | {"dedicated": True}
    template = rendered(gpu=gpu)["NodePool/gpu"]["spec"]["template"]
    assert template["spec"]["taints"] == [
        {"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"},
        {"key": "genai-on-eks/dedicated", "value": "gpu", "effect": "NoSchedule"},
    ]
    env = environment({"gpu": gpu})
    assert in_pool("gpu", env.karpenter.node_pools["gpu"]) == {
        "nodeSelector": {
            "genai-on-eks/accelerator": "nvidia",
            "genai-on-eks/purpose": "inference",
            "karpenter.sh/nodepool": "gpu",
        },
        "tolerations": [
            {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
            {"key": "genai-on-eks/dedicated", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"},
        ],
    }


def test_every_pool_has_a_node_class_of_its_name() -> None:
    assert sorted(rendered(gpu=GPU, system=SYSTEM)) == [
        "EC2NodeClass/gpu",
        "EC2NodeClass/system",
        "NodePool/gpu",
        "NodePool/system",
    ]


def test_the_versions_are_those_of_karpenter_and_the_node_image() -> None:
    component = NodePools(App(), environment({"gpu": GPU}))
    assert component.versions() == {"karpenter": "1.15.1", "al2023": "v20260714"}


def test_all_csi_drivers_make_a_node_ready_where_there_is_storage() -> None:
    buckets = {name: f"example-{name}" for name in ("data", "models", "artifacts", "logs")}
    fsx = {"file_system_id": "fs-0123456789abcdef0", "mount_name": "example", "capacity_gib": 1200}
    env = environment({"gpu": GPU}).model_copy(
        update={"storage": Storage.model_validate({"buckets": buckets, "fsx": fsx})}
    )
    (pool,) = (body for body in NodePools(App(), env).objects() if body["kind"] == "NodePool")
    assert [taint["key"] for taint in pool["spec"]["template"]["spec"]["startupTaints"]] == [
        "ebs.csi.aws.com/agent-not-ready",
        "fsx.csi.aws.com/agent-not-ready",
        "s3.csi.aws.com/agent-not-ready",
    ]


def test_a_static_pool_has_a_number_of_nodes_and_no_weight_and_no_limit_but_on_nodes() -> None:
    spec = rendered(trainium=TRAINIUM | {"replicas": 2, "weight": None})["NodePool/trainium"]["spec"]
    assert (spec["replicas"], spec["limits"]) == (2, {"nodes": "4"})
    assert "weight" not in spec


def test_a_pool_takes_reservations_of_one_type_where_that_is_asked_for() -> None:
    pool = TRAINIUM | {
        "capacity": ["reserved"],
        "reservation": {"tags": {"team": "research"}, "type": "capacity-block"},
    }
    requirements = rendered(pool=pool)["NodePool/pool"]["spec"]["template"]["spec"]["requirements"]
    assert requirements[-1] == {
        "key": "karpenter.k8s.aws/capacity-reservation-type",
        "operator": "In",
        "values": ["capacity-block"],
    }


def test_huge_pages_are_set_aside_before_the_kubelet_starts_and_told_to_karpenter() -> None:
    objects = rendered(trainium=TRAINIUM | {"huge_pages_gib": 10})
    script, config = objects["EC2NodeClass/trainium"]["spec"]["userData"].split("--genai-on-eks\n")[1:]
    assert script == (
        "Content-Type: text/x-shellscript\n\n#!/bin/bash\nset -euo pipefail\n"
        "sysctl --write vm.nr_hugepages=5120\n"
    )
    assert "FastImagePull: true" in config
    assert objects["NodeOverlay/trainium-trn1-32xlarge"]["spec"] == {
        "requirements": [
            {"key": "karpenter.sh/nodepool", "operator": "In", "values": ["trainium"]},
            {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": ["trn1.32xlarge"]},
        ],
        "capacity": {"hugepages-2Mi": "10Gi"},
    }


def test_cpus_are_pinned_only_where_that_is_asked_for() -> None:
    kubelet = rendered(pool=GPU | {"cpu_pinning": True})["EC2NodeClass/pool"]["spec"]["kubelet"]
    assert kubelet == {
        "serializeImagePulls": False,
        "maxParallelImagePulls": 8,
        "cpuManagerPolicy": "static",
        "topologyManagerPolicy": "best-effort",
    }


def test_images_are_loaded_as_usual_where_the_experiment_is_off() -> None:
    component = NodePools(App(), environment({"gpu": GPU}, fast_image_pull=False))
    assert not any("userData" in body["spec"] for body in component.objects())
