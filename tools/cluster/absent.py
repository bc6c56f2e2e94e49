"""Stand-ins for the controllers that do not run on a plane, for which Argo CD's syncs wait.

Each writes the status that its controller writes when all is well, and nothing else: no Secret of a
Certificate, no pod of a RayService. So what is proven with them is what Argo CD does with such a status.
Claims get volumes, without which no pod that mounts one is placed.
"""

import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import NamedTuple

from charts_src.objects import Body
from tools.cluster.api import Api
from tools.cluster.responses import Refused
from tools.cluster.volumes import Provisioner

_TIME = "2026-01-01T00:00:00Z"


class Absent(NamedTuple):
    """A kind whose controller does not run, and the status that this would write."""

    api_version: str
    kind: str
    why: str
    status: Callable[[Body], Body]


def _condition(name: str) -> Callable[[Body], Body]:
    def status(body: Body) -> Body:
        condition = {
            "type": name,
            "status": "True",
            "reason": "StandIn",
            "message": "written by a stand-in",
            "lastTransitionTime": _TIME,
            "observedGeneration": body["metadata"]["generation"],
        }
        return {"conditions": [condition]}

    return status


def _available(body: Body) -> Body:
    counts = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "unavailableReplicas": 0}
    return {"paused": False, **counts, **_condition("Available")(body)}


def _serves(body: Body) -> Body:
    return {"observedGeneration": body["metadata"]["generation"], **_condition("Ready")(body)}


_AWS = "asks AWS"
_PODS = "asks programs in pods, and no program runs there"

ABSENT = (
    Absent("karpenter.sh/v1", "NodePool", f"Karpenter {_AWS}", _condition("Ready")),
    Absent("karpenter.k8s.aws/v1", "EC2NodeClass", f"Karpenter {_AWS}", _condition("Ready")),
    Absent(
        "networking.k8s.io/v1",
        "Ingress",
        f"the AWS Load Balancer Controller {_AWS}",
        lambda _: {"loadBalancer": {"ingress": [{"hostname": "balancer.example.com"}]}},
    ),
    Absent("cert-manager.io/v1", "Issuer", "cert-manager is not built here", _condition("Ready")),
    Absent("cert-manager.io/v1", "Certificate", "cert-manager is not built here", _condition("Ready")),
    Absent(
        "external-secrets.io/v1",
        "ClusterSecretStore",
        f"External Secrets {_AWS}",
        _condition("Ready"),
    ),
    Absent("external-secrets.io/v1", "ExternalSecret", f"External Secrets {_AWS}", _condition("Ready")),
    Absent("monitoring.coreos.com/v1", "Prometheus", "its operator is not built here", _available),
    Absent("monitoring.coreos.com/v1", "Alertmanager", "its operator is not built here", _available),
)
"""Those without which the sync waves would not go on."""

SERVICES = (
    Absent("ray.io/v1", "RayService", f"KubeRay {_PODS}", _serves),
    Absent("ray.io/v1", "RayCluster", f"KubeRay {_PODS}", lambda _: {"state": "ready"}),
    Absent(
        "ray.io/v1",
        "RayJob",
        f"KubeRay {_PODS}",
        lambda _: {"jobDeploymentStatus": "Running", "jobStatus": "RUNNING"},
    ),
)
"""Those for which nothing waits."""


class StandIns:
    """Writes the status of every object of some kinds, once for each generation."""

    def __init__(self, api: Api, absent: Iterable[Absent]) -> None:
        """Take the API with which to write."""
        self._api = api
        self._absent = tuple(absent)
        self._provisioner = Provisioner(api)
        self._done: set[tuple[str, int]] = set()
        self._next = 0.0

    def write(self) -> bool:
        """Look at all objects, unless that was less than two seconds ago, and say whether it did.

        Raises Refused when the API server refuses a status.
        """
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + 2
        for absent in self._absent:
            for body in self._all(absent):
                metadata = body["metadata"]
                key = metadata["uid"], metadata.get("generation", 0)
                if key not in self._done:
                    self._write(absent, body)
                    self._done.add(key)
        self._provisioner.once()
        return True

    def _all(self, absent: Absent) -> list[Body]:
        try:
            return self._api.list(absent.api_version, absent.kind)
        except Refused as error:
            if error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS):
                return []  # not defined yet, or just now: "storage is (re)initializing"
            raise

    def _write(self, absent: Absent, body: Body) -> None:
        name, namespace = body["metadata"]["name"], body["metadata"].get("namespace", "")
        patch = {"status": absent.status(body)}
        self._api.merge(absent.api_version, absent.kind, name, patch, namespace, "status")
