from cdk8s import App

from charts_src.components.namespaces import Namespaces
from charts_src.lib.namespaces import NAMESPACES
from tests.ray_environment import environment


def test_a_namespace_enforces_the_restricted_standard_of_the_clusters_own_version() -> None:
    bodies = Namespaces(App(), environment(kubernetes="1.35")).objects()
    (namespace,) = (body for body in bodies if body["metadata"]["name"] == "stable-diffusion")
    assert namespace == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": "stable-diffusion",
            "labels": {
                "app.kubernetes.io/name": "namespaces",
                "app.kubernetes.io/part-of": "genai-on-eks",
                "pod-security.kubernetes.io/enforce": "restricted",
                "pod-security.kubernetes.io/enforce-version": "v1.35",
                "pod-security.kubernetes.io/audit": "restricted",
                "pod-security.kubernetes.io/audit-version": "v1.35",
                "pod-security.kubernetes.io/warn": "restricted",
                "pod-security.kubernetes.io/warn-version": "v1.35",
            },
        },
    }


def test_every_namespace_denies_all_traffic_but_questions_to_dns() -> None:
    bodies = Namespaces(App(), environment()).objects()
    policies = {
        (body["metadata"]["namespace"], body["metadata"]["name"]): body["spec"]
        for body in bodies
        if body["kind"] == "NetworkPolicy"
    }
    denied = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    allowed = {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [
            {
                "to": [
                    {
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                    }
                ],
                "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
            }
        ],
    }
    assert len(NAMESPACES) > 15
    assert policies == {
        (name, policy): spec
        for name in NAMESPACES
        for policy, spec in (("default-deny", denied), ("allow-dns", allowed))
    }


def test_a_namespace_that_is_not_restricted_says_why() -> None:
    assert NAMESPACES
    assert all(security.level == "restricted" or security.reason for security in NAMESPACES.values())
