from typing import Any

import pytest
from cdk8s import App

from charts_src.lib.instances import instance
from charts_src.lib.ray import neuron_cores
from charts_src.objects import Body
from charts_src.workloads.ray_cluster import SharedRayCluster
from tests.notebook_environment import RAY_CLUSTER, environment
from tests.ray_environment import rendered


def cluster_objects(**section: Any) -> dict[str, Body]:
    env = environment(ray_cluster=RAY_CLUSTER | section)
    return rendered(SharedRayCluster(App(), env))


@pytest.fixture(scope="module")
def objects() -> dict[str, Body]:
    return cluster_objects()


def groups_of(objects: dict[str, Body]) -> dict[str, Any]:
    return {group["groupName"]: group for group in objects["RayCluster/shared"]["spec"]["workerGroupSpecs"]}


def test_clients_and_the_cluster_share_a_token_that_is_not_in_git(objects: dict[str, Body]) -> None:
    spec = objects["RayCluster/shared"]["spec"]
    assert spec["authOptions"] == {"mode": "token", "secretName": "ray-token"}
    assert spec["rayVersion"] == "2.60.0"
    (data,) = objects["ExternalSecret/ray-token"]["spec"]["data"]
    assert data["secretKey"] == "auth_token"
    assert data["remoteRef"]["key"] == "genai-dev/ray-token"


def test_git_says_how_few_and_how_many_workers_there_are(objects: dict[str, Body]) -> None:
    counts = {
        name: tuple(group[field] for field in ("replicas", "minReplicas", "maxReplicas", "numOfHosts"))
        for name, group in groups_of(objects).items()
    }
    assert counts == {"cpu": (1, 1, 4, 1), "gpu": (0, 0, 2, 1), "trainium": (0, 0, 2, 1)}
    assert all(group["scaleStrategy"] == {} for group in groups_of(objects).values())


def test_the_autoscaler_is_the_second_version_and_takes_idle_workers_away(objects: dict[str, Body]) -> None:
    spec = objects["RayCluster/shared"]["spec"]
    assert spec["enableInTreeAutoscaling"] is True
    assert spec["autoscalerOptions"]["version"] == "v2"
    assert spec["autoscalerOptions"]["idleTimeoutSeconds"] == 600
    templates = [spec["headGroupSpec"]["template"], *(g["template"] for g in spec["workerGroupSpecs"])]
    assert {template["spec"]["restartPolicy"] for template in templates} == {"Never"}


def test_a_change_in_git_replaces_the_pods(objects: dict[str, Body]) -> None:
    assert objects["RayCluster/shared"]["spec"]["upgradeStrategy"] == {"type": "Recreate"}


def test_the_pod_of_a_gpu_worker(objects: dict[str, Body]) -> None:
    template = groups_of(objects)["gpu"]["template"]
    alive = {
        "httpGet": {"path": "/api/healthz", "port": 52365},
        "periodSeconds": 5,
        "timeoutSeconds": 5,
    }
    assert template["metadata"] == {
        "labels": {"app.kubernetes.io/instance": "shared"},
        "annotations": {"karpenter.sh/do-not-disrupt": "true"},
    }
    assert template["spec"] == {
        "automountServiceAccountToken": False,
        "containers": [
            {
                "name": "ray-worker",
                "image": "registry.example.com/genai/ray-gpu:0.1.0",
                "imagePullPolicy": "IfNotPresent",
                "env": [{"name": "HOME", "value": "/tmp"}, {"name": "AWS_REGION", "value": "us-west-2"}],  # noqa: S108
                "lifecycle": {"preStop": {"exec": {"command": ["/bin/sh", "-c", "ray stop"]}}},
                "livenessProbe": alive | {"initialDelaySeconds": 30, "failureThreshold": 120},
                "readinessProbe": alive | {"initialDelaySeconds": 10, "failureThreshold": 10},
                "ports": [{"name": "metrics", "containerPort": 8080, "protocol": "TCP"}],
                "resources": {
                    "requests": {
                        "cpu": "6",
                        "memory": "24Gi",
                        "ephemeral-storage": "10Gi",
                        "nvidia.com/gpu": "1",
                    },
                    "limits": {"cpu": "6", "memory": "24Gi", "nvidia.com/gpu": "1"},
                },
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                },
                "volumeMounts": [
                    {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
                    {"name": "ray-logs", "mountPath": "/tmp/ray"},  # noqa: S108
                    {"name": "shared-mem", "mountPath": "/dev/shm"},  # noqa: S108
                    {"name": "fsx", "mountPath": "/fsx/shared", "subPath": "notebooks"},
                    {"name": "fsx", "mountPath": "/fsx/data", "readOnly": True, "subPath": "data"},
                ],
            }
        ],
        "nodeSelector": {"genai-on-eks/accelerator": "nvidia", "genai-on-eks/purpose": "inference"},
        "restartPolicy": "Never",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "runAsGroup": 1000,
            "fsGroup": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "serviceAccountName": "shared",
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "volumes": [
            {"name": "tmp", "emptyDir": {"sizeLimit": "5Gi"}},
            {"name": "ray-logs", "emptyDir": {"sizeLimit": "5Gi"}},
            {"name": "shared-mem", "emptyDir": {"sizeLimit": "3Gi", "medium": "Memory"}},
            {"name": "fsx", "persistentVolumeClaim": {"claimName": "fsx"}},
        ],
    }


def test_an_object_store_fits_into_the_shared_memory(objects: dict[str, Body]) -> None:
    cpu = groups_of(objects)["cpu"]
    assert cpu["rayStartParams"] == {"object-store-memory": str(4 * 1024**3)}
    volumes = {volume["name"]: volume for volume in cpu["template"]["spec"]["volumes"]}
    assert volumes["shared-mem"]["emptyDir"]["sizeLimit"] == "5Gi"


def test_ray_hears_about_neuron_cores_where_kubernetes_counts_devices(objects: dict[str, Body]) -> None:
    groups = groups_of(objects)
    assert groups["trainium"]["resources"] == {"neuron_cores": "4"}
    assert "resources" not in groups["gpu"]


@pytest.mark.parametrize(("name", "cores"), [("trn1.32xlarge", 2), ("inf2.xlarge", 2), ("trn2.48xlarge", 4)])
def test_cores_are_counted_as_programs_see_them(name: str, cores: int) -> None:
    assert neuron_cores(instance(name)) == cores


def test_the_head_has_a_port_for_clients_and_does_no_work(objects: dict[str, Body]) -> None:
    head = objects["RayCluster/shared"]["spec"]["headGroupSpec"]
    (container,) = head["template"]["spec"]["containers"]
    assert {"name": "client", "containerPort": 10001, "protocol": "TCP"} in container["ports"]
    assert head["rayStartParams"]["num-cpus"] == "0"
    assert container["image"] == "registry.example.com/genai/ray:0.1.0"
    assert container["resources"]["limits"] == {"cpu": "2", "memory": "8Gi"}


def test_notebooks_reach_the_head_and_nobody_but_the_cluster_its_workers(objects: dict[str, Body]) -> None:
    instance_label = {"app.kubernetes.io/instance": "shared"}
    own = [{"podSelector": {"matchLabels": instance_label}}]

    def peer(name: str, namespace: str) -> Body:
        return {
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": name}},
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        }

    def tcp(*numbers: int) -> list[Body]:
        return [{"port": number, "protocol": "TCP"} for number in numbers]

    cluster = objects["NetworkPolicy/shared-cluster"]["spec"]
    head = objects["NetworkPolicy/shared-head"]["spec"]
    assert cluster["podSelector"] == {"matchLabels": instance_label}
    assert cluster["ingress"] == [
        {"from": own},
        {"from": [peer("prometheus", "monitoring")], "ports": tcp(8080)},
    ]
    outside = {
        "ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.64.0.0/16", "172.20.0.0/16", "169.254.0.0/16"]}
    }
    assert cluster["egress"] == [
        {"to": own},
        {"to": [outside], "ports": tcp(443)},
        {"to": [{"ipBlock": {"cidr": "169.254.170.23/32"}}], "ports": tcp(80)},
    ]
    assert head["podSelector"] == {"matchLabels": instance_label | {"ray.io/node-type": "head"}}
    assert head["ingress"] == [
        {"from": [peer("kuberay-operator", "kuberay-system")], "ports": tcp(8265)},
        {"from": [peer("notebook", "notebooks")], "ports": tcp(8000, 8265, 10001)},
        {"from": [{"ipBlock": {"cidr": "10.64.0.0/16"}}], "ports": tcp(8265)},
    ]


def test_without_notebooks_nobody_waits_for_them() -> None:
    env = environment(ray_cluster=RAY_CLUSTER).model_copy(update={"jupyterhub": None})
    head = rendered(SharedRayCluster(App(), env))["NetworkPolicy/shared-head"]["spec"]
    peers = [peer for rule in head["ingress"] for peer in rule["from"]]
    assert len(peers) == 2
    assert not [peer for peer in peers if "notebook" in str(peer)]


def test_the_dashboard_is_behind_the_login_or_has_no_address(objects: dict[str, Body]) -> None:
    ingress = objects["Ingress/ray-dashboard"]
    assert ingress["spec"]["rules"][0]["host"] == "ray.dev.example.com"
    assert ingress["metadata"]["annotations"]["alb.ingress.kubernetes.io/auth-type"] == "cognito"
    hidden = cluster_objects(host=None)
    assert not [name for name in hidden if name.startswith(("Ingress/", "Service/"))]
    callers = hidden["NetworkPolicy/shared-head"]["spec"]["ingress"]
    assert not [peer for rule in callers for peer in rule["from"] if "ipBlock" in peer]


def test_tasks_and_drivers_may_read_the_buckets_of_data_and_models() -> None:
    identities = SharedRayCluster(App(), environment()).pod_identities()
    assert [(each.namespace, each.service_account) for each in identities] == [
        ("ray", "shared"),
        ("ray", "shared-head"),
    ]
    assert SharedRayCluster(App(), environment(storage=None)).pod_identities() == ()


def test_the_component_is_there_when_the_section_is() -> None:
    assert SharedRayCluster.enabled(environment())
    assert not SharedRayCluster.enabled(environment(ray_cluster=None))
