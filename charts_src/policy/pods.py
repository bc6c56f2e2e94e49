"""Rules for every pod, those inside custom resources too.

Source of `restricted`: the Pod Security Standard "restricted", Kubernetes 1.36
(staging/src/k8s.io/pod-security-admission/policy in the kubernetes repository).
"""

from collections.abc import Iterator

from charts_src.objects import Body, all_containers, pod_specs
from charts_src.policy.rule import Violation

_VOLUMES = frozenset(
    (
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    )
)
_PROFILES = ("RuntimeDefault", "Localhost")


def restricted(body: Body) -> Iterator[Violation]:
    """Demand the Pod Security Standard "restricted" and a root file system that can't be written."""
    for path, spec in pod_specs(body):
        yield from _host(path, spec)
        yield from _volumes(path, spec)
        for place, container in all_containers(spec):
            yield from _privileges(f"{path}.{place}", container)
            yield from _identity(f"{path}.{place}", spec.get("securityContext", {}), container)


def _host(path: str, spec: Body) -> Iterator[Violation]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield Violation(f"{path}.{field}", "shares a namespace of the node; leave it out")
    for place, container in all_containers(spec):
        for index, port in enumerate(container.get("ports", ())):
            if port.get("hostPort"):
                yield Violation(
                    f"{path}.{place}.ports[{index}].hostPort", "takes a port of the node; use a Service"
                )


def _volumes(path: str, spec: Body) -> Iterator[Violation]:
    for index, volume in enumerate(spec.get("volumes", ())):
        for source in volume.keys() - {"name"} - _VOLUMES:
            yield Violation(f"{path}.volumes[{index}].{source}", "is no volume of the restricted profile")


def _privileges(path: str, container: Body) -> Iterator[Violation]:
    context = container.get("securityContext", {})
    capabilities = context.get("capabilities", {})
    if context.get("privileged"):
        yield Violation(f"{path}.securityContext.privileged", "gives the container the node; leave it out")
    if context.get("allowPrivilegeEscalation") is not False:
        yield Violation(f"{path}.securityContext.allowPrivilegeEscalation", "must be false")
    if "ALL" not in capabilities.get("drop", ()) or set(capabilities.get("add", ())) - {"NET_BIND_SERVICE"}:
        yield Violation(
            f"{path}.securityContext.capabilities", "must drop ALL and add at most NET_BIND_SERVICE"
        )
    if context.get("readOnlyRootFilesystem") is not True:
        yield Violation(
            f"{path}.securityContext.readOnlyRootFilesystem", "must be true; write to an emptyDir"
        )


def _identity(path: str, pod_context: Body, container: Body) -> Iterator[Violation]:
    context = pod_context | container.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or context.get("runAsUser") == 0:
        yield Violation(f"{path}.securityContext.runAsNonRoot", "must be true, with a user other than 0")
    if context.get("seccompProfile", {}).get("type") not in _PROFILES:
        yield Violation(
            f"{path}.securityContext.seccompProfile.type", f"must be one of {', '.join(_PROFILES)}"
        )


def resources(body: Body) -> Iterator[Violation]:
    """Demand requests for CPU and memory and a limit for memory of every container."""
    wanted = (("requests", "cpu"), ("requests", "memory"), ("limits", "memory"))
    for path, spec in pod_specs(body):
        for place, container in all_containers(spec):
            for group, resource in wanted:
                if resource not in container.get("resources", {}).get(group, {}):
                    yield Violation(f"{path}.{place}.resources.{group}.{resource}", "is missing; set it")


def own_account(body: Body) -> Iterator[Violation]:
    """Demand a ServiceAccount of its own for every pod, and a clear word on its API token."""
    for path, spec in pod_specs(body):
        if spec.get("serviceAccountName", "default") == "default":
            yield Violation(f"{path}.serviceAccountName", "must name a ServiceAccount of the workload's own")
        if "automountServiceAccountToken" not in spec:
            yield Violation(f"{path}.automountServiceAccountToken", "is missing; say true or false")
