"""What rendered objects name and something outside this repository provides, and who does."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from charts_src.lib.notebook_services import NOTEBOOK
from charts_src.model import Environment
from charts_src.objects import Identity


class Provided(NamedTuple):
    """Objects that exist without being rendered; a namespace or name may have the wildcard `*`."""

    kind: str
    namespace: str
    name: str
    by: str


_KUBERNETES: Final = (
    Provided("ConfigMap", "*", "kube-root-ca.crt", "kube-controller-manager, in every namespace"),
    Provided("PriorityClass", "", "system-cluster-critical", "Kubernetes"),
    Provided("PriorityClass", "", "system-node-critical", "Kubernetes"),
    Provided("Namespace", "", "default", "Kubernetes"),
    Provided("Namespace", "", "kube-system", "Kubernetes"),
    Provided("Scheduler", "", "default-scheduler", "Kubernetes"),
    Provided("ClusterRole", "", "system:auth-delegator", "Kubernetes"),
    Provided("ClusterRole", "", "system:kube-scheduler", "Kubernetes"),
    Provided("ClusterRole", "", "system:node-problem-detector", "Kubernetes"),
    Provided("ClusterRole", "", "system:volume-scheduler", "Kubernetes"),
    Provided("Role", "kube-system", "extension-apiserver-authentication-reader", "Kubernetes"),
)


class RuntimePods(NamedTuple):
    """Pods that a program makes while it runs, of which no rendered object has the template."""

    namespace: str
    name: str
    labels: dict[str, str]
    by: str


PODS: Final = (
    RuntimePods("kube-system", "kube-dns", {"k8s-app": "kube-dns"}, "the EKS add-on coredns"),
    RuntimePods(
        "mount-s3",
        "mountpoint-s3",
        {"app.kubernetes.io/name": "mountpoint-s3"},
        "the controller of s3-csi-driver, for each volume on a node",
    ),
    RuntimePods(
        "notebooks",
        "notebook",
        NOTEBOOK,
        "KubeSpawner, for each user",
    ),
)


def provider(target: Identity, env: Environment) -> str | None:
    """Say who provides an object that is not rendered; None when nobody is declared to."""
    for each in _provided(env):
        if each.kind == target.kind and _fits(each, target):
            return each.by
    return None


def _provided(env: Environment) -> Iterator[Provided]:
    yield from _KUBERNETES
    if env.ingress.oidc:
        secret = env.ingress.oidc.secret_name
        yield Provided("Secret", "*", secret, "the platform team (ingress.oidc.secret_name)")


def _fits(each: Provided, target: Identity) -> bool:
    return fnmatchcase(target.namespace, each.namespace) and fnmatchcase(target.name, each.name)
