"""Rules for every pod, those inside custom resources too; paths start at the PodSpec.

Source of `restricted`: the Pod Security Standard "restricted", Kubernetes 1.36 (pod-security-admission/policy
in the kubernetes repository). It looks at the fields that our manifests have; SELinux, AppArmor, sysctls,
procMount and Windows options are left to Pod Security admission in the cluster.
"""

from collections.abc import Iterator

from charts_src.objects import Body, all_containers
from charts_src.policy.rule import Violation

_VOLUMES = (
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
)
_PROFILES = ("RuntimeDefault", "Localhost")


def restricted(spec: Body) -> Iterator[Violation]:
    """Demand the Pod Security Standard "restricted" and a root file system that can't be written."""
    yield from _host(spec)
    yield from _volumes(spec)
    for place, container in all_containers(spec):
        yield from _ports(place, container)
        yield from _privileges(f"{place}.securityContext", container.get("securityContext", {}))
        context = spec.get("securityContext", {}) | container.get("securityContext", {})
        yield from _identity(f"{place}.securityContext", context)


def _host(spec: Body) -> Iterator[Violation]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield Violation(field, "shares a namespace of the node; leave it out")


def _volumes(spec: Body) -> Iterator[Violation]:
    for index, volume in enumerate(spec.get("volumes", ())):
        for source in volume:
            if source not in ("name", *_VOLUMES):
                yield Violation(f"volumes[{index}].{source}", "is no volume of the restricted profile")


def _ports(path: str, container: Body) -> Iterator[Violation]:
    for index, port in enumerate(container.get("ports", ())):
        if port.get("hostPort"):
            yield Violation(f"{path}.ports[{index}].hostPort", "takes a port of the node; use a Service")


def _privileges(path: str, context: Body) -> Iterator[Violation]:
    capabilities = context.get("capabilities", {})
    if context.get("privileged"):
        yield Violation(f"{path}.privileged", "gives the container the node; leave it out")
    if context.get("allowPrivilegeEscalation") is not False:
        yield Violation(f"{path}.allowPrivilegeEscalation", "must be false")
    if "ALL" not in capabilities.get("drop", ()) or set(capabilities.get("add", ())) - {"NET_BIND_SERVICE"}:
        yield Violation(f"{path}.capabilities", "must drop ALL and add at most NET_BIND_SERVICE")
    if context.get("readOnlyRootFilesystem") is not True:
        yield Violation(f"{path}.readOnlyRootFilesystem", "must be true; write to an emptyDir")


def _identity(path: str, context: Body) -> Iterator[Violation]:
    if context.get("runAsNonRoot") is not True or context.get("runAsUser") == 0:
        yield Violation(f"{path}.runAsNonRoot", "must be true, with a user other than 0")
    if context.get("seccompProfile", {}).get("type") not in _PROFILES:
        yield Violation(f"{path}.seccompProfile.type", f"must be one of {', '.join(_PROFILES)}")


def resources(spec: Body) -> Iterator[Violation]:
    """Demand requests for CPU and memory and a limit for memory of every container."""
    wanted = (("requests", "cpu"), ("requests", "memory"), ("limits", "memory"))
    for place, container in all_containers(spec):
        for group, resource in wanted:
            if resource not in container.get("resources", {}).get(group, {}):
                yield Violation(f"{place}.resources.{group}.{resource}", "is missing; set it")


def own_account(spec: Body) -> Iterator[Violation]:
    """Demand a ServiceAccount of its own for every pod, and a clear word on its API token."""
    if spec.get("serviceAccountName", "default") == "default":
        yield Violation("serviceAccountName", "must name a ServiceAccount of the workload's own")
    if "automountServiceAccountToken" not in spec:
        yield Violation("automountServiceAccountToken", "is missing; say true or false")
