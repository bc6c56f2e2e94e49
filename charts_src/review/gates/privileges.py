"""Rights over its node that a change gives to a pod or a container.

Effective values: a container's securityContext wins over its pod's (Kubernetes v1.34.4,
pkg/securitycontext/util.go). What is a right: the Pod Security Standards,
https://kubernetes.io/docs/concepts/security/pod-security-standards/.
"""

from collections.abc import Iterator
from typing import Any, Final

from charts_src.diff.compare import Change
from charts_src.diff.fields import MISSING
from charts_src.objects import Body
from charts_src.review.finding import Finding
from charts_src.review.gates.leaves import leaves
from charts_src.review.gates.places import containers, pods
from charts_src.review.sides import Pair

_GATE = "privileges"
_PROFILES = ("RuntimeDefault", "Localhost")
_CONTEXT = ("securityContext", "security_context")

Weakness = tuple[str, str]
"""Path, and what is weak there with the remedy."""


def gate(pair: Pair) -> Iterator[Finding]:
    """Find rights that a container, its pod or an account has only after the change."""
    for change in pair.changes:
        if change.status == "removed":
            continue
        body = pair.new.body(change.identity)
        before = set(_weaknesses(pair.old.body(change.identity))) if change.status == "changed" else set()
        if change.status == "changed":
            yield from _tokens(change)
            yield from _elsewhere(change, body)
        for path, words in sorted(set(_weaknesses(body)) - before):
            yield Finding(_GATE, change.identity, path, words)


def _weaknesses(body: Body) -> Iterator[Weakness]:
    for path, spec in pods(body):
        yield from ((f"{path}.{place}", words) for place, words in _pod(spec))
    for place in containers(body):
        context = place.container.get("securityContext") or {}
        effective = (place.pod.get("securityContext") or {}) | context
        yield from ((f"{place.path}.{each}", words) for each, words in _container(place.container, place.pod))
        yield from ((f"{place.path}.securityContext.{each}", words) for each, words in _own(context))
        yield from ((f"{place.path}.securityContext.{each}", words) for each, words in _user(effective))


def _pod(spec: Body) -> Iterator[Weakness]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield field, f"shares the {field[4:]} of its node; leave it out"
    if spec.get("shareProcessNamespace"):
        yield "shareProcessNamespace", "lets containers look into each other; leave it out"
    for volume in spec.get("volumes") or ():
        if "hostPath" in volume:
            path = (volume["hostPath"] or {}).get("path")
            yield f"volumes[name={volume.get('name')}].hostPath", f"mounts {path} of its node; leave it out"


def _container(container: Body, pod: Body) -> Iterator[Weakness]:
    for port in container.get("ports") or ():
        if port.get("hostPort"):
            yield "ports", f"takes port {port['hostPort']} of its node; use a Service"
    from_host = {each.get("name") for each in pod.get("volumes") or () if "hostPath" in each}
    for mount in container.get("volumeMounts") or ():
        if mount.get("name") in from_host and mount.get("readOnly") is not True:
            yield (
                f"volumeMounts[mountPath={mount.get('mountPath')}]",
                "writes to its node; set readOnly: true",
            )


def _own(context: Body) -> Iterator[Weakness]:
    capabilities = context.get("capabilities") or {}
    for name in capabilities.get("add") or ():
        yield "capabilities.add", f"gains the capability {name}; leave it out"
    if "ALL" not in (capabilities.get("drop") or ()):
        yield "capabilities.drop", "keeps the capabilities that the runtime gives; drop ALL"
    for field, words in _OWN.items():
        if _weak(field, context.get(field)):
            yield field, words


def _user(context: Body) -> Iterator[Weakness]:
    if context.get("runAsNonRoot") is not True:
        yield "runAsNonRoot", "may run as root; set it to true"
    if context.get("runAsUser") == 0:
        yield "runAsUser", "runs as root; name another user"
    if (context.get("seccompProfile") or {}).get("type") not in _PROFILES:
        yield "seccompProfile.type", "may make any system call; set RuntimeDefault"


_OWN: Final = {
    "allowPrivilegeEscalation": "may gain more rights than it starts with; set it to false",
    "privileged": "gives the container the node; leave it out",
    "procMount": "sees what the runtime hides of /proc; leave it out",
    "readOnlyRootFilesystem": "can write to its image's files; set it to true, and mount an emptyDir",
}
"""Field of a container's securityContext -> what it means when it is weak."""


def _weak(field: str, value: Any) -> bool:
    """Say whether a field of a securityContext gives a right; None is its default."""
    match field:
        case "allowPrivilegeEscalation":
            return value is not False
        case "readOnlyRootFilesystem" | "runAsNonRoot":
            return value is not True
        case "privileged":
            return value is True
        case "runAsUser":
            return bool(value == 0)
        case "procMount":
            return value not in (None, "Default")
    return False


def _tokens(change: Change) -> Iterator[Finding]:
    """Find pods and accounts that get a token for the API which they had not."""
    for leaf in leaves(change):
        if leaf.key == "automountServiceAccountToken" and leaf.old is False:
            message = "gives the pod a token for the API; say false unless it calls the API"
            yield Finding(_GATE, change.identity, leaf.path, message)


def _elsewhere(change: Change, body: Body) -> Iterator[Finding]:
    """Find what a securityContext loses outside of pods: options of an autoscaler, settings in a text."""
    known = tuple(f"{path}." for path, _ in pods(body))
    for leaf in leaves(change):
        inside = any(part in leaf.within for part in _CONTEXT)
        if inside and not leaf.path.startswith(known) and _lost(leaf.key, leaf.path, leaf.old, leaf.new):
            message = "is less strict than before; leave it as it was"
            yield Finding(_GATE, change.identity, leaf.path, message)


def _lost(key: str, path: str, old: Any, new: Any) -> bool:
    before, after = (None if value is MISSING else value for value in (old, new))
    if "capabilities.drop" in path:
        return before == "ALL" and after != "ALL"
    if "capabilities.add" in path:
        return after is not None
    if "seccompProfile" in path and key == "type":
        return before in _PROFILES and after not in _PROFILES
    return _weak(key, after) and not _weak(key, before)
