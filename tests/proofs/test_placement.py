"""Every rule of placement finds its known-bad pod, and passes the good one."""

from typing import Any

import pytest
from cdk8s import App

from charts_src.components.node_pools import NodePools
from charts_src.lib.accelerators import placement
from charts_src.lib.cluster_nodes import cluster_placement
from charts_src.objects import Body, Identity
from charts_src.proofs.fitting import requests
from charts_src.proofs.nodes import Node, nodes_of
from charts_src.proofs.placement import misplaced
from charts_src.proofs.pods import Pod, all_pods
from tests.objects import thing
from tests.ray_environment import POOLS, environment, rendered

TRAINIUM = {
    "purpose": "training",
    "instance_types": ["trn1.32xlarge"],
    "zones": ["us-west-2b"],
    "efa": True,
    "max_nodes": 4,
}


def nodes() -> list[Node]:
    env = environment(karpenter={"node_role": "node", "node_pools": POOLS | {"trainium": TRAINIUM}})
    objects = {Identity.of(body): body for body in rendered(NodePools(App(), env)).values()}
    return nodes_of(objects, env)


def pod(copies: int = 1, *, gang: bool = False, wants: dict[str, str] | None = None, **fields: Any) -> Pod:
    amounts = {"cpu": "1", "memory": "1Gi"} | (wants or {})
    spec = {"containers": [{"image": "a", "resources": {"requests": amounts}}]}
    spec |= {**placement("none", "system"), **fields}
    return Pod(
        Identity("apps", "Deployment", "shop", "web"), "pod", "shop", {"app": "web"}, spec, copies, gang=gang
    )


def trainer(copies: int = 4, neuron: int = 16, efa: int = 8, **fields: Any) -> Pod:
    wants = {
        "cpu": "120",
        "memory": "400Gi",
        "aws.amazon.com/neuron": str(neuron),
        "vpc.amazonaws.com/efa": str(efa),
    }
    return pod(copies, gang=True, wants=wants, **{**placement("trainium", "training"), **fields})


def problems(*pods: Pod) -> list[str]:
    return [failure.message for failure in misplaced(pods, nodes())]


def test_good_pods_fit() -> None:
    cluster = pod(**cluster_placement())
    gpu = pod(6, wants={"nvidia.com/gpu": "1"}, **placement("nvidia", "inference"))
    assert problems(pod(), cluster, gpu, trainer()) == []


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        (
            trainer(tolerations=[]),
            "fits on no node; closest is trainium (trn1.32xlarge), but it does not tolerate the taint "
            "aws.amazon.com/neuron=true:NoSchedule",
        ),
        (
            trainer(efa=9),
            "fits on no node; closest is trainium (trn1.32xlarge), but it wants 9 of "
            "vpc.amazonaws.com/efa, the "
            "node has 8",
        ),
        (
            pod(wants={"vpc.amazonaws.com/efa": "1"}),
            "fits on no node; closest is system (m7i.xlarge), but it wants 1 of "
            "vpc.amazonaws.com/efa, the node "
            "has 0",
        ),
        (
            trainer(neuron=17),
            "fits on no node; closest is trainium (trn1.32xlarge), but it wants 17 of "
            "aws.amazon.com/neuron, the "
            "node has 16",
        ),
        (
            pod(wants={"memory": "16Gi"}),
            "fits on no node; closest is system (m7i.xlarge), but it wants 16384Mi of memory, the "
            "node has 14162Mi",
        ),
        (
            pod(wants={"cpu": "4"}),
            "fits on no node; closest is system (m7i.xlarge), but it wants 4000m of cpu, the node has 3920m",
        ),
        (
            pod(nodeSelector={"genai-on-eks/purpose": "batch"}),
            "fits on no node; closest is system (m7i.xlarge), but it selects "
            "genai-on-eks/purpose=batch, the node "
            "has system",
        ),
        (
            pod(nodeSelector={"disk": "fast"}),
            "fits on no node; closest is system (m7i.xlarge), but it selects disk=fast, the node has "
            "no such label",
        ),
        (
            pod(
                affinity={
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [
                                {
                                    "matchExpressions": [
                                        {
                                            "key": "node.kubernetes.io/instance-type",
                                            "operator": "In",
                                            "values": ["p5.48xlarge"],
                                        }
                                    ]
                                }
                            ]
                        }
                    }
                }
            ),
            "fits on no node; closest is system (m7i.xlarge), but it has a node affinity that the "
            "node does not match",
        ),
        (
            pod(wants={"ephemeral-storage": "100Gi"}),
            "fits on no node; closest is system (m7i.xlarge), but it wants 102400Mi of "
            "ephemeral-storage, the node "
            "has 91136Mi",
        ),
        (
            trainer(copies=5),
            "is a gang of 5 pods, but trainium can hold 4; raise max_nodes or lower the copies",
        ),
        (
            pod(25, wants={"cpu": "2"}),
            "is at most 25 pods, but system can hold 4; raise max_nodes or lower the copies",
        ),
    ],
    ids=[
        "missing toleration",
        "one EFA interface too many",
        "EFA where there is none",
        "one device too many",
        "memory without overhead",
        "CPU without overhead",
        "label of no pool",
        "no such label",
        "affinity",
        "disk",
        "gang above the limit",
        "copies above the limit",
    ],
)
def test_a_bad_pod_is_found_with_its_reason(bad: Pod, expected: str) -> None:
    assert problems(bad) == [expected]


def test_copies_that_must_not_share_a_node_are_limited_by_the_nodes() -> None:
    apart = {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}
            ]
        }
    }
    assert problems(pod(5)) == []
    assert problems(pod(5, affinity=apart)) == [
        "is at most 5 pods, but system can hold 4; raise max_nodes or lower the copies"
    ]


def test_what_daemons_use_is_not_there_for_others() -> None:
    large = pod(wants={"memory": "13Gi"})
    agent = pod(wants={"memory": "1Gi"})._replace(daemon=True)
    elsewhere = pod(wants={"memory": "1Gi"}, **placement("nvidia", "inference"))._replace(daemon=True)
    assert problems(large) == problems(large, elsewhere) == []
    assert problems(large, agent) == [
        "fits on no node; closest is system (m7i.xlarge), but it wants 13312Mi of memory, the node "
        "has 13138Mi"
    ]


def test_a_pod_asks_for_its_containers_together_or_its_largest_init_container() -> None:
    def container(cpu: str, **fields: str) -> Body:
        return {"image": "a", "resources": {"requests": {"cpu": cpu}}, **fields}

    spec = {
        "initContainers": [container("4"), container("1", restartPolicy="Always")],
        "containers": [
            container("1"),
            {"image": "a", "resources": {"limits": {"cpu": "500m", "nvidia.com/gpu": 1}}},
        ],
    }
    assert requests(spec) == {"cpu": 4000, "nvidia.com/gpu": 1, "pods": 1}
    spec["initContainers"][0] = container("2")
    assert requests(spec)["cpu"] == 2500


def test_pods_are_projected_out_of_custom_resources() -> None:
    template = {"spec": {"containers": [{"image": "a"}]}}
    groups = [{"groupName": "gpu", "maxReplicas": 3, "numOfHosts": 2, "template": template}]
    cluster = {"headGroupSpec": {"template": template}, "workerGroupSpecs": groups}
    replicas = {"Launcher": {"template": template}, "Worker": {"replicas": 4, "template": template}}
    manifest = """
apiVersion: kubeflow.org/v2beta1
kind: MPIJob
metadata: {generateName: train-}
spec:
  mpiReplicaSpecs:
    Worker: {replicas: {{workflow.parameters.workers}}, template: {spec: {containers: [{image: a}]}}}
"""
    flow = {
        "arguments": {"parameters": [{"name": "workers", "value": "8"}]},
        "templates": [
            {"name": "prepare", "container": {"image": "a"}, "nodeSelector": {"a": "b"}},
            {"name": "train", "resource": {"action": "create", "manifest": manifest}},
        ],
    }
    spark = {
        "type": "Python",
        "driver": {"cores": 1, "memory": "2g", "serviceAccount": "spark"},
        "executor": {"cores": 4, "memory": "10g", "instances": 5, "nodeSelector": {"a": "b"}},
    }
    bodies = [
        thing("ray.io/RayService", "serve", "ai", spec={"rayClusterConfig": cluster}),
        thing("kubeflow.org/MPIJob", "train", "ai", spec={"mpiReplicaSpecs": replicas}),
        thing("argoproj.io/WorkflowTemplate", "flow", "ai", spec=flow),
        thing("sparkoperator.k8s.io/SparkApplication", "clean", "ai", spec=spark),
        thing("monitoring.coreos.com/Prometheus", "main", "ai", spec={"replicas": 2}),
    ]
    found = {f"{each}": (each.copies, each.gang) for each in all_pods(bodies)}
    assert found == {
        "RayService ai/serve: spec.rayClusterConfig.headGroupSpec.template.spec": (1, False),
        "RayService ai/serve: spec.rayClusterConfig.workerGroupSpecs[0].template.spec": (6, False),
        "MPIJob ai/train: spec.mpiReplicaSpecs.Launcher.template.spec": (1, False),
        "MPIJob ai/train: spec.mpiReplicaSpecs.Worker.template.spec": (4, True),
        "WorkflowTemplate ai/flow: spec.templates[0]": (1, False),
        "WorkflowTemplate ai/flow: spec.templates[1].resource.manifest: "
        "spec.mpiReplicaSpecs.Worker.template.spec": (8, True),
        "SparkApplication ai/clean: spec.driver.spec": (1, False),
        "SparkApplication ai/clean: spec.executor.spec": (5, False),
        "Prometheus ai/main: spec": (2, False),
    }
    executor = next(each for each in all_pods(bodies) if "executor" in each.path)
    assert requests(executor.spec) == {"cpu": 4000, "memory": 10240 + 4096, "pods": 1}
