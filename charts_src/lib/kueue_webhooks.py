"""Kueue's admission webhooks.

Source: config/components/webhook of sigs.k8s.io/kueue@v0.19.2. Upstream's configurations have a webhook for
every kind of job that Kueue knows, in all namespaces but two, and all fail closed, so a Kueue that is down
blocks every Pod, Deployment and Job of the cluster. Differences here:

- Kinds of jobs: those of FRAMEWORKS.
- Namespaces: those with queues, for jobs and Workloads. The other kinds belong to no namespace.
- Jobs: those with a queue, which Kueue must not miss. It would otherwise give the queue `default` to each
  job without one in a namespace that has a queue of this name, and the cluster of a Ray service would wait
  for quota too. What a job with a queue creates needs no webhook: its reconciler stops and starts it.
- Conversion: none, as the definitions serve one version (component kueue-crds).
"""

from collections.abc import Iterator
from typing import NamedTuple

from charts_src.lib.kueue_config import namespace_selector
from charts_src.lib.namespaces import KUEUE_SYSTEM
from charts_src.lib.queues import QUEUE_LABEL
from charts_src.lib.webhook_tls import inject_ca
from charts_src.objects import Body

SERVICE = "kueue-webhook-service"
CERTIFICATE = "kueue-webhook"


class _Kind(NamedTuple):
    """A kind that Kueue looks at as it is written."""

    group: str
    version: str
    singular: str
    queued: bool = False
    """Whether it is a job, which is looked at only with a queue."""
    namespaced: bool = False
    mutated: bool = True
    subresources: tuple[str, ...] = ()


_KUEUE = "kueue.x-k8s.io"
_KINDS = (
    _Kind(_KUEUE, "v1beta2", "clusterqueue"),
    _Kind(_KUEUE, "v1beta2", "cohort", mutated=False),
    _Kind(_KUEUE, "v1beta2", "resourceflavor"),
    _Kind(_KUEUE, "v1beta2", "workload", namespaced=True, subresources=("status",)),
    _Kind("batch", "v1", "job", queued=True, namespaced=True),
    _Kind("kubeflow.org", "v2beta1", "mpijob", queued=True, namespaced=True),
    _Kind("ray.io", "v1", "raycluster", queued=True, namespaced=True),
    _Kind("ray.io", "v1", "rayjob", queued=True, namespaced=True),
)


def configurations() -> Iterator[Body]:
    """Give both webhook configurations; cert-manager fills in whom the API server trusts."""
    mutating = [_webhook(kind, "mutate", ["CREATE"], ()) for kind in _KINDS if kind.mutated]
    yield _configuration("Mutating", [webhook | {"reinvocationPolicy": "Never"} for webhook in mutating])
    validating = [_webhook(kind, "validate", ["CREATE", "UPDATE"], kind.subresources) for kind in _KINDS]
    yield _configuration("Validating", validating)


def _configuration(verb: str, webhooks: list[Body]) -> Body:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": f"{verb}WebhookConfiguration",
        "metadata": {
            "name": f"kueue-{verb.lower()}-webhook-configuration",
            "annotations": inject_ca(KUEUE_SYSTEM, CERTIFICATE),
        },
        "webhooks": webhooks,
    }


def _webhook(kind: _Kind, verb: str, operations: list[str], subresources: tuple[str, ...]) -> Body:
    plural = f"{kind.singular}s"
    path = f"/{verb}-{kind.group.replace('.', '-')}-{kind.version}-{kind.singular}"
    queued = {"matchExpressions": [{"key": QUEUE_LABEL, "operator": "Exists"}]}
    return {
        "name": f"{verb[0]}{kind.singular}.kb.io",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": {"name": SERVICE, "namespace": KUEUE_SYSTEM, "path": path, "port": 443}},
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "namespaceSelector": namespace_selector() if kind.namespaced else {},
        "objectSelector": queued if kind.queued else {},
        "rules": [
            {
                "apiGroups": [kind.group],
                "apiVersions": [kind.version],
                "operations": operations,
                "resources": [plural, *(f"{plural}/{name}" for name in subresources)],
                "scope": "*",
            }
        ],
        "sideEffects": "None",
        "timeoutSeconds": 10,
    }
