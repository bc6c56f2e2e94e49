"""Each rule finds its known-bad sample, wherever the pod stands, and passes the good one."""

from copy import deepcopy
from typing import Any

import pytest

from charts_src.objects import Body
from charts_src.policy import exceptions, violations

GOOD_CONTAINER: Body = {
    "name": "serve",
    "image": "registry.example.com/serve:1.2.3",
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    },
}
GOOD_POD: Body = {
    "serviceAccountName": "serve",
    "automountServiceAccountToken": False,
    "securityContext": {
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "containers": [GOOD_CONTAINER],
}


def deployment(pod: Body) -> Body:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "serve", "namespace": "ai"},
        "spec": {"template": {"spec": pod}},
    }


def ray_service(pod: Body) -> Body:
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayService",
        "metadata": {"name": "serve", "namespace": "ai"},
        "spec": {"rayClusterConfig": {"workerGroupSpecs": [{"template": {"spec": pod}}]}},
    }


def with_field(pod: Body, path: str, value: Any) -> Body:
    """Copy a pod with one field set; a value of None removes it. Numbers in the path index lists."""
    copy = deepcopy(pod)
    *parents, last = path.split(".")
    place: Any = copy
    for part in parents:
        place = place[int(part)] if part.isdigit() else place.setdefault(part, {})
    if value is None:
        del place[last]
    else:
        place[last] = value
    return copy


def found(body: Body) -> list[str]:
    return [str(violation) for violation in violations(body)]


@pytest.mark.parametrize("wrap", [deployment, ray_service])
def test_a_restricted_pod_breaks_no_rule(wrap: Any) -> None:
    assert found(wrap(GOOD_POD)) == []


BAD_PODS: list[tuple[str, Any, str]] = [
    ("hostNetwork", True, "hostNetwork: shares a namespace of the node; leave it out"),
    ("hostPID", True, "hostPID: shares a namespace of the node; leave it out"),
    (
        "volumes",
        [{"name": "x", "hostPath": {"path": "/x"}}],
        "volumes[0].hostPath: is no volume of the restricted profile",
    ),
    (
        "containers.0.ports",
        [{"containerPort": 80, "hostPort": 80}],
        "containers[0].ports[0].hostPort: takes a port of the node; use a Service",
    ),
    (
        "containers.0.securityContext.privileged",
        True,
        "containers[0].securityContext.privileged: gives the container the node; leave it out",
    ),
    (
        "containers.0.securityContext.allowPrivilegeEscalation",
        None,
        "containers[0].securityContext.allowPrivilegeEscalation: must be false",
    ),
    (
        "containers.0.securityContext.capabilities.add",
        ["SYS_ADMIN"],
        "containers[0].securityContext.capabilities: must drop ALL and add at most NET_BIND_SERVICE",
    ),
    (
        "containers.0.securityContext.readOnlyRootFilesystem",
        None,
        "containers[0].securityContext.readOnlyRootFilesystem: must be true; write to an emptyDir",
    ),
    (
        "containers.0.securityContext.runAsUser",
        0,
        "containers[0].securityContext.runAsNonRoot: must be true, with a user other than 0",
    ),
    (
        "securityContext.seccompProfile",
        None,
        "containers[0].securityContext.seccompProfile.type: must be one of RuntimeDefault, Localhost",
    ),
    ("containers.0.resources.limits", None, "containers[0].resources.limits.memory: is missing; set it"),
    ("serviceAccountName", None, "serviceAccountName: must name a ServiceAccount of the workload's own"),
    ("serviceAccountName", "default", "serviceAccountName: must name a ServiceAccount of the workload's own"),
    (
        "automountServiceAccountToken",
        None,
        "automountServiceAccountToken: is missing; say true or false",
    ),
    (
        "containers.0.image",
        "registry.example.com/serve:latest",
        "containers[0].image: registry.example.com/serve:latest moves; write an exact tag or a digest",
    ),
    (
        "containers.0.image",
        "registry.example.com:5000/serve",
        "containers[0].image: registry.example.com:5000/serve moves; write an exact tag or a digest",
    ),
    (
        "containers.0.image",
        "rayproject/ray:2.60.0",
        "containers[0].image: rayproject/ray:2.60.0 names no registry; write it out",
    ),
    (
        "initContainers",
        [GOOD_CONTAINER | {"name": "init", "image": "busybox"}],
        "initContainers[0].image: busybox names no registry; write it out",
    ),
]


@pytest.mark.parametrize(("field", "value", "message"), BAD_PODS)
def test_a_bad_pod_is_found_in_a_deployment(field: str, value: Any, message: str) -> None:
    assert found(deployment(with_field(GOOD_POD, field, value))) == [f"spec.template.spec.{message}"]


@pytest.mark.parametrize(("field", "value", "message"), BAD_PODS)
def test_a_bad_pod_is_found_in_a_custom_resource(field: str, value: Any, message: str) -> None:
    path = "spec.rayClusterConfig.workerGroupSpecs[0].template.spec"
    assert found(ray_service(with_field(GOOD_POD, field, value))) == [f"{path}.{message}"]


@pytest.mark.parametrize("field", ["verbs", "resources", "apiGroups"])
def test_a_wildcard_in_a_role_is_found(field: str) -> None:
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]} | {field: ["*"]}
    role = {"apiVersion": "v1", "kind": "ClusterRole", "metadata": {"name": "all"}, "rules": [rule]}
    assert found(role) == [f"rules[0].{field}: has a wildcard; name what is needed"]


def network_policy(*rules: Body) -> Body:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "out"},
        "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": list(rules)},
    }


def to(cidr: str, *ports: Body, **block: Any) -> Body:
    rule: Body = {"to": [{"ipBlock": {"cidr": cidr} | block}]}
    return rule | ({"ports": list(ports)} if ports else {})


METADATA = "contains the instance metadata; leave port 80 out, or except 169.254.169.254/32"


@pytest.mark.parametrize(
    "rule",
    [
        to("0.0.0.0/0"),
        to("169.254.169.254/32", {"port": 80, "protocol": "TCP"}),
        to("169.254.0.0/16", {"port": 443, "protocol": "TCP"}, {"port": 80}),
        to("0.0.0.0/0", {"port": 1, "endPort": 1024, "protocol": "TCP"}),
        to("0.0.0.0/0", {"protocol": "TCP"}),
        to("0.0.0.0/0", **{"except": ["10.0.0.0/8"]}),
    ],
)
def test_a_way_to_the_instance_metadata_is_found(rule: Body) -> None:
    good = to("10.0.0.0/8", {"port": 80, "protocol": "TCP"})
    assert found(network_policy(good, rule)) == [f"spec.egress[1].to[0].ipBlock: {METADATA}"]


def test_a_way_to_all_addresses_is_found() -> None:
    assert found(network_policy({})) == [
        "spec.egress[0]: is empty, which may mean everything; leave it out or say what is meant",
        "spec.egress[0]: allows all addresses, so the instance metadata; name peers or ports",
    ]


@pytest.mark.parametrize(
    "rule",
    [
        to("0.0.0.0/0", {"port": 443, "protocol": "TCP"}),
        to("0.0.0.0/0", {"port": 80, "protocol": "UDP"}),
        to("0.0.0.0/0", **{"except": ["169.254.169.254/32"]}),
        to("0.0.0.0/0", **{"except": ["169.254.0.0/16"]}),
        to("169.254.170.23/32", {"port": 80, "protocol": "TCP"}),
        to("10.64.0.0/16"),
        to("::/0"),
        {"ports": [{"port": 443, "protocol": "TCP"}]},
        {"to": [{"podSelector": {}}]},
        {"to": [{"podSelector": {}}], "ports": [{"port": "http", "protocol": "TCP"}]},
    ],
)
def test_other_ways_out_are_fine(rule: Body) -> None:
    assert found(network_policy(rule)) == []


@pytest.mark.parametrize(
    ("api_version", "kind", "served", "names"),
    [
        ("cert-manager.io/v1", "Certificate", "kuberay-system", "CERTIFICATE_NAMESPACES"),
        ("external-secrets.io/v1", "ExternalSecret", "training", "SECRET_NAMESPACES"),
        ("networking.k8s.io/v1", "Ingress", "stable-diffusion", "INGRESS_NAMESPACES"),
    ],
)
def test_an_object_where_nothing_serves_it_is_found(
    api_version: str, kind: str, served: str, names: str
) -> None:
    body: Body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "namespace": served}}
    message = f"mount-s3 is none in which a {kind} is served; add it to {names} in lib/namespaces.py"
    elsewhere = body | {"metadata": {"name": "x", "namespace": "mount-s3"}}
    assert {*found(elsewhere)} - {*found(body)} == {f"metadata.namespace: {message}"}
    assert not [each for each in found(body) if each.startswith("metadata.namespace")]


def test_an_object_whose_controller_is_off_is_found() -> None:
    issuer = {"apiVersion": "cert-manager.io/v1", "kind": "ClusterIssuer", "metadata": {"name": "x"}}
    assert found(issuer) == ["kind: no controller serves a ClusterIssuer here; write an Issuer"]


def test_a_secret_with_content_is_found() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token"}, "data": {"a": "Yg=="}}
    assert found(secret) == ["data: is a secret; keep it in a secret store, not in Git"]


def test_a_secret_that_something_else_fills_is_fine() -> None:
    assert found({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "webhook-certificate"}}) == []


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("AKIA" + "ABCDEFGHIJKLMNOP", "an AWS access key"),
        ("-----BEGIN RSA " + "PRIVATE KEY-----", "a PEM block"),
        ("token=hf_" + "a" * 34, "a Hugging Face token"),
        ("ghp_" + "a" * 36, "a GitHub token"),
        ("xoxb-" + "1234567890", "a Slack token"),
    ],
)
def test_a_text_that_looks_like_a_credential_is_found(text: str, owner: str) -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a.conf": text}}
    assert found(config) == [f"data.a.conf: looks like {owner}; keep it in a secret store, not in Git"]


def test_an_exception_lifts_one_rule_for_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(exceptions.EXCEPTIONS, ("resources", "Deployment", "serve"), "sized by its operator")
    pod = with_field(with_field(GOOD_POD, "containers.0.resources", None), "hostPID", True)
    assert found(deployment(pod)) == [
        "spec.template.spec.hostPID: shares a namespace of the node; leave it out"
    ]
