from typing import Any

import pytest
import yaml
from cdk8s import App

from charts_src.components.neuron_scheduler import NeuronScheduler
from charts_src.lib.accelerators import NEURON_SCHEDULER
from charts_src.objects import Body
from tests.ray_environment import environment, rendered


def scheduler(**sections: Any) -> dict[str, Body]:
    return rendered(NeuronScheduler(App(), environment(**sections)))


def pod(objects: dict[str, Body], name: str) -> Any:
    return objects[f"Deployment/{name}"]["spec"]["template"]["spec"]


def test_the_scheduler_asks_the_extension_about_pods_with_neuron_resources() -> None:
    (text,) = scheduler()["ConfigMap/neuron-scheduler"]["data"].values()
    assert yaml.safe_load(text) == {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "profiles": [{"schedulerName": "neuron-scheduler"}],
        "extenders": [
            {
                "urlPrefix": "http://neuron-scheduler-extension.accelerators.svc.cluster.local:12345",
                "filterVerb": "filter",
                "bindVerb": "bind",
                "enableHTTPS": False,
                "nodeCacheCapable": False,
                "ignorable": False,
                "managedResources": [
                    {"name": "aws.amazon.com/neuron", "ignoredByScheduler": False},
                    {"name": "aws.amazon.com/neuroncore", "ignoredByScheduler": False},
                ],
            }
        ],
        "leaderElection": {
            "leaderElect": True,
            "resourceNamespace": "accelerators",
            "resourceName": "neuron-scheduler",
        },
    }
    assert NEURON_SCHEDULER == "neuron-scheduler"


def test_neither_program_waits_for_the_other_to_be_scheduled() -> None:
    objects = scheduler()
    for name in ("neuron-scheduler", "neuron-scheduler-extension"):
        assert "schedulerName" not in pod(objects, name)
        assert pod(objects, name)["nodeSelector"] == {
            "genai-on-eks/accelerator": "none",
            "genai-on-eks/purpose": "system",
        }


@pytest.mark.parametrize(
    ("minor", "tag"),
    [
        ("1.34", "v1.34.8-eks-1-34-19"),
        ("1.35", "v1.35.8-eks-1-35-15"),
        ("1.36", "v1.36.4-eks-1-36-9"),
    ],
)
def test_the_scheduler_is_of_the_clusters_own_version(minor: str, tag: str) -> None:
    (container,) = pod(scheduler(kubernetes=minor), "neuron-scheduler")["containers"]
    assert container["image"] == f"public.ecr.aws/eks-distro/kubernetes/kube-scheduler:{tag}"
    assert container["command"] == ["/usr/local/bin/kube-scheduler"]
    assert container["args"] == [
        "--config=/etc/kubernetes/neuron-scheduler/config.yaml",
        "--leader-elect=true",
        "--secure-port=10259",
        "--authorization-always-allow-paths=/healthz,/readyz,/livez,/metrics",
        "--v=2",
    ]
    assert container["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "https", "scheme": "HTTPS"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "https", "scheme": "HTTPS"}


def test_two_schedulers_stand_by_and_one_extension_is_replaced_at_once() -> None:
    objects = scheduler()
    assert objects["Deployment/neuron-scheduler"]["spec"]["replicas"] == 2
    extension = objects["Deployment/neuron-scheduler-extension"]["spec"]
    assert extension["replicas"] == 1
    assert extension["strategy"] == {"type": "Recreate"}
    (container,) = extension["template"]["spec"]["containers"]
    assert container["image"] == "public.ecr.aws/neuron/neuron-scheduler:2.32.0.0"
    assert container["env"] == [{"name": "PORT", "value": "12345"}]


def test_the_scheduler_has_the_clusters_roles_for_schedulers_and_a_lease() -> None:
    objects = scheduler()
    roles = {
        body["metadata"]["name"]: (body["roleRef"]["kind"], body["roleRef"]["name"])
        for body in objects.values()
        if body["kind"] in ("ClusterRoleBinding", "RoleBinding")
        and body["subjects"][0]["name"] == "neuron-scheduler"
    }
    assert roles == {
        "neuron-scheduler": ("Role", "neuron-scheduler"),
        "neuron-scheduler-as-kube-scheduler": ("ClusterRole", "system:kube-scheduler"),
        "neuron-scheduler-as-volume-scheduler": ("ClusterRole", "system:volume-scheduler"),
        "neuron-scheduler-authentication-reader": (
            "Role",
            "extension-apiserver-authentication-reader",
        ),
    }
    reader = objects["RoleBinding/neuron-scheduler-authentication-reader"]
    assert reader["metadata"]["namespace"] == "kube-system"
    assert objects["Role/neuron-scheduler"]["rules"] == [
        {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "verbs": ["create", "get", "update"],
        }
    ]


def test_only_the_scheduler_reaches_the_extension() -> None:
    objects = scheduler()
    named = {"app.kubernetes.io/name": "neuron-scheduler-extension"}
    ports = [{"port": 12345, "protocol": "TCP"}]
    assert objects["NetworkPolicy/neuron-scheduler-extension"]["spec"]["ingress"] == [
        {
            "from": [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "neuron-scheduler"}}}],
            "ports": ports,
        }
    ]
    egress = objects["NetworkPolicy/neuron-scheduler"]["spec"]["egress"]
    assert {"to": [{"podSelector": {"matchLabels": named}}], "ports": ports} in egress
    assert objects["Service/neuron-scheduler-extension"]["spec"]["selector"] == named


def test_an_environment_may_do_without() -> None:
    assert not NeuronScheduler.enabled(environment(accelerators={"neuron": {"scheduler": False}}))
