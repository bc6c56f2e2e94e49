"""JupyterHub spawns the servers of users as pods, each with a volume of its own, by its rendered rights."""

import time
from collections.abc import Iterator

import pytest

from charts_src.objects import Body
from tools.cluster.hub import Hub, start_hub
from tools.cluster.plane import Plane
from tools.cluster.volumes import Provisioner
from tools.cluster.waiting import eventually

NAMESPACE = "notebooks"
PROFILES = {"cpu": "none", "gpu": "nvidia", "inferentia": "inferentia"}
"""Profile -> accelerator of the node that it is meant for."""


@pytest.fixture(scope="module")
def hub(operated: Plane) -> Iterator[Hub]:
    with Provisioner(operated.api):
        yield start_hub(operated)


def test_each_profile_gets_a_pod_on_its_kind_of_node_and_a_volume(operated: Plane, hub: Hub) -> None:
    for profile in PROFILES:
        hub.ask("POST", f"/users/{profile}-user")
        hub.ask("POST", f"/users/{profile}-user/server", {"profile": profile})
    for profile, accelerator in PROFILES.items():
        pod = running(operated, f"notebook-{profile}-user", hub)
        node = operated.api.get("v1", "Node", pod["spec"]["nodeName"])
        assert node is not None
        assert node["metadata"]["labels"].get("genai-on-eks/accelerator") == accelerator
        assert pod["spec"]["serviceAccountName"] == "notebook"
        claim = operated.api.get("v1", "PersistentVolumeClaim", f"home-{profile}-user", NAMESPACE)
        assert claim is not None
        assert claim["status"]["phase"] == "Bound"
        assert claim["spec"]["storageClassName"] == "gp3"


def running(plane: Plane, name: str, hub: Hub) -> Body:
    """Wait until a pod runs, and give it."""

    def found() -> Body | None:
        pod = plane.api.get("v1", "Pod", name, NAMESPACE)
        return pod if pod and pod["status"].get("phase") == "Running" else None

    return eventually(found, 60, hub.process.tail)


def test_a_server_that_is_stopped_leaves_the_volume(operated: Plane, hub: Hub) -> None:
    hub.ask("DELETE", "/users/cpu-user/server")
    eventually(
        lambda: operated.api.get("v1", "Pod", "notebook-cpu-user", NAMESPACE) is None, 60, hub.process.tail
    )
    assert operated.api.get("v1", "PersistentVolumeClaim", "home-cpu-user", NAMESPACE) is not None


def test_the_hub_was_refused_nothing(operated: Plane, hub: Hub) -> None:
    assert hub.process.alive()
    time.sleep(2)  # the audit log is written in batches
    account = "system:serviceaccount:jupyterhub:hub"
    assert any(event.verb == "create" and event.resource == "pods" for event in operated.events(account))
    assert operated.unauthorized(account) == []
