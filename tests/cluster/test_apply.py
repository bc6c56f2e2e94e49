"""Every rendered object is taken by a real API server, as it is and without a warning, and only once."""

from typing import Any, get_args

import pytest

from charts_src.model.base import KubernetesMinor
from charts_src.objects import Body, Identity
from charts_src.proofs.pods import all_pods
from tests.cluster.applied import changed, everything, warned
from tests.cluster.definitions import Defined
from tools.cluster.plane import Plane
from tools.cluster.responses import Refused
from tools.cluster.tree import Installed, install, tree


def config_map(name: str, **fields: Any) -> Body:
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **fields}


def test_every_object_is_applied_without_a_warning(installed: Installed, env: str) -> None:
    applied = everything(installed)
    assert set(applied) == {Identity.of(body) for wave in tree(env) for body in wave.objects}
    assert warned(installed) == {}


def test_a_second_time_changes_nothing(
    own: Plane, env: str, installed: Installed, definitions: Defined
) -> None:
    assert changed(installed, install(own, tree(env), definitions.left_out_again(env))) == []


def test_the_newest_kubernetes_is_the_one_of_the_planes(own: Plane) -> None:
    assert own.api.version().startswith(f"v{max(get_args(KubernetesMinor))}.")


@pytest.mark.usefixtures("installed")
def test_every_pod_is_admitted_to_its_namespace(own: Plane, env: str) -> None:
    refused = {}
    pods = all_pods(body for wave in tree(env) for body in wave.objects)
    assert pods
    for pod in pods:
        metadata = {"generateName": "projected-", "namespace": pod.namespace, "labels": pod.labels}
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod.spec}
        try:
            warnings = own.api.created(body, dry_run=True).warnings
        except Refused as error:
            warnings = [error.message]
        if warnings:
            refused[str(pod)] = warnings
    assert refused == {}


@pytest.mark.usefixtures("installed")
def test_a_privileged_pod_is_refused_where_the_namespace_says_so(own: Plane) -> None:
    label = "pod-security.kubernetes.io/enforce"
    namespaces = own.api.list("v1", "Namespace", labels=f"{label} in (restricted, baseline)")
    assert namespaces
    container = {"name": "main", "image": "a", "securityContext": {"privileged": True}}
    for namespace in namespaces:
        metadata = {"name": "privileged", "namespace": namespace["metadata"]["name"]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}
        with pytest.raises(Refused, match="violates PodSecurity"):
            own.api.create(pod, dry_run=True)


def test_an_unknown_field_is_refused(plane: Plane) -> None:
    with pytest.raises(Refused, match="field not declared in schema"):
        plane.api.apply(config_map("bad", dta={"key": "value"}))


def test_a_warning_is_seen(plane: Plane) -> None:
    container = {
        "name": "main",
        "image": "a",
        "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}],
    }
    metadata = {"name": "warned", "namespace": "default"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}
    (warning,) = plane.api.created(pod, dry_run=True).warnings
    assert "hides previous definition" in warning
