"""The variables, command and user of a container, as a kubelet reads them from its spec.

Not set here are the variables that tell of Services, but for those of the API server.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from charts_src.objects import Body
from tools.cluster.credentials import API_SERVER
from tools.cluster.pod_volumes import Source

_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z0-9_.-]+)\)")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Image(NamedTuple):
    """What an image stands for on this machine."""

    path: tuple[str, ...] = ()
    """Folders before those of the machine in PATH."""
    environ: Mapping[str, str] = {}
    command: tuple[str, ...] = ()
    """What runs where the container names no command."""
    user: int = 1000
    directory: str = "/"
    files: Mapping[str, str] = {}
    """What else it has: place in the image -> folder of this machine."""


def image_of(images: Mapping[str, Image], reference: str) -> Image | None:
    """Find an image by its name, which is the end of its repository; None when it is not in the table."""
    repository = re.sub(r"(:[^/]*)?(@.*)?$", "", reference)
    return next((each for name, each in images.items() if f"/{repository}".endswith(f"/{name}")), None)


def environ_of(source: Source, container: Body, image: Image) -> dict[str, str]:
    """Give the variables of a container.

    Raises LookupError when a ConfigMap, a Secret or a key that it names is not there.
    """
    found = {
        "PATH": ":".join([*image.path, _PATH]),
        "HOSTNAME": hostname(source.pod),
        "KUBERNETES_SERVICE_HOST": API_SERVER,
        "KUBERNETES_SERVICE_PORT": "443",
        "KUBERNETES_SERVICE_PORT_HTTPS": "443",
        **image.environ,
    }
    for each in container.get("envFrom", ()):
        found |= _all_of(source, each)
    for each in container.get("env", ()):
        for value in _value(source, container, each):
            found[each["name"]] = expanded(value, found)
    return found


def command_of(container: Body, image: Image, environ: Mapping[str, str]) -> list[str]:
    """Give the command line of a container, with variables put in. Raises LookupError without any."""
    words = [*(container.get("command") or image.command), *container.get("args", ())]
    if not words:
        raise LookupError("no command is given, and none is known of the image")
    return [expanded(word, environ) for word in words]


def expanded(text: str, environ: Mapping[str, str]) -> str:
    """Put variables in for $(NAME); what is not known stays, and $$ is a $."""

    def value(match: "re.Match[str]") -> str:
        return "$" if match[0] == "$$" else environ.get(match[1], match[0])

    return _REFERENCE.sub(value, text)


def user_of(pod: Body, container: Body, image: Image) -> tuple[int, int, str]:
    """Give user, group and further groups of a container."""
    context = {**pod["spec"].get("securityContext", {}), **container.get("securityContext", {})}
    user = context.get("runAsUser", image.user)
    groups = [*context.get("supplementalGroups", ()), *([context["fsGroup"]] if "fsGroup" in context else [])]
    return user, context.get("runAsGroup", user), ",".join(map(str, groups))


def hostname(pod: Body) -> str:
    """Give the host name of a pod."""
    return str(pod["spec"].get("hostname") or pod["metadata"]["name"])[:63]


def _all_of(source: Source, item: Body) -> dict[str, str]:
    kind, wanted = (
        ("ConfigMap", item["configMapRef"]) if "configMapRef" in item else ("Secret", item["secretRef"])
    )
    data = source.data(kind, wanted["name"], optional=wanted.get("optional", False))
    return {f"{item.get('prefix', '')}{key}": value.decode() for key, value in data.items()}


def _value(source: Source, container: Body, item: Body) -> Iterator[str]:
    """Give the value of a variable; nothing for an optional one that is not there."""
    match item.get("valueFrom"):
        case None:
            yield item.get("value", "")
        case {"fieldRef": {"fieldPath": str(path)}}:
            yield source.field(path)
        case {"resourceFieldRef": {"resource": str(resource), **more}}:
            yield _resource(container, resource, str(more.get("divisor", "0")))
        case {"configMapKeyRef": dict(wanted)}:
            yield from _key(source, "ConfigMap", wanted)
        case {"secretKeyRef": dict(wanted)}:
            yield from _key(source, "Secret", wanted)
        case other:
            raise LookupError(f"how a kubelet reads {other} is not known here")


def _key(source: Source, kind: str, wanted: Body) -> Iterator[str]:
    optional = wanted.get("optional", False)
    data = source.data(kind, wanted["name"], optional=optional)
    if wanted["key"] in data:
        yield data[wanted["key"]].decode()
    elif not optional:
        raise LookupError(f"couldn't find key {wanted['key']} in {kind} {source.namespace}/{wanted['name']}")


def _resource(container: Body, path: str, divisor: str) -> str:
    kind, _, name = path.partition(".")
    amount = container.get("resources", {}).get(kind, {}).get(name, "0")
    scale = _number(divisor) or 1.0
    return str(-int(-_number(amount) // scale))


def _number(text: str) -> float:
    """Read an amount of Kubernetes."""
    match = re.fullmatch(r"([0-9.]+)(m|[kMGTP]i?|)", str(text))
    if match is None:
        raise LookupError(f"the amount {text} is not known here")
    power = "kMGTP".index(match[2][0]) + 1 if match[2] and match[2] != "m" else 0
    base = 1024.0 if match[2].endswith("i") else 1000.0
    return float(match[1]) * (0.001 if match[2] == "m" else base**power)
