"""The operators, as they are released, on a plane: each runs as its rendered Deployment says.

Their programs find what they find in a pod: the token of their rendered ServiceAccount, ConfigMaps and
Secrets in their places. So each gets a root of its own (chroot, which needs root), with no other program in
it but for the Spark Operator, whose image has Spark and Java. What differs from the Deployment is in
DEVIATIONS, and the ports, of which many must fit on one machine.
"""

import base64
import re
import shlex
import shutil
import socket
import sys
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, NamedTuple

from charts_src import ROOT
from charts_src.objects import Body
from tools.cluster.binaries import binary
from tools.cluster.credentials import self_signed
from tools.cluster.plane import Plane
from tools.cluster.ports import free_ports
from tools.cluster.processes import Process
from tools.cluster.tree import rendered


class Operator(NamedTuple):
    """An operator: its Deployment, and what is built of it."""

    deployment: str
    binary: str
    arguments: tuple[str, ...] = ()
    """Added to the rendered ones."""
    environ: Mapping[str, str] = {}
    """What its image sets, or a deviation."""
    folders: Mapping[str, str] = {}
    """Folders of its root -> those of this machine that stand for what its image has there."""
    alone: bool = False
    """Whether it has a network of its own, as it listens on a port that can't be moved."""


_JAVA = "/usr/lib/jvm/java-17-openjdk-amd64"
_SPARK = {
    "usr": "/usr",
    "etc/java-17-openjdk": "/etc/java-17-openjdk",
    "proc": "/proc",
    "dev": "/dev",
    "opt/spark": str(distribution("pyspark").locate_file("pyspark")),
}

OPERATORS = (
    Operator("kuberay-operator", "kuberay-operator", environ={"ENABLE_WEBHOOKS": "false"}),
    Operator("mpi-operator", "mpi-operator", alone=True),
    Operator(
        "workflow-controller", "workflow-controller", environ={"DEFAULT_REQUEUE_TIME": "1s"}, alone=True
    ),
    Operator("kueue", "kueue"),
    Operator(
        "spark-operator-controller",
        "spark-operator",
        ("--health-probe-bind-address=:8081",),
        {
            "SPARK_HOME": "/opt/spark",
            "JAVA_HOME": _JAVA,
            "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        },
        _SPARK,
    ),
)

DEVIATIONS = {
    "ENABLE_WEBHOOKS": "KubeRay's webhook always listens on one port; the API server does not call it here",
    "DEFAULT_REQUEUE_TIME": "Argo Workflows looks again after 1 s, not 10 s",
    "JAVA_TOOL_OPTIONS": "spark-submit runs for seconds, in which Java's best code does not pay",
    "--health-probe-bind-address": "the Spark Operator's own default is a port that others use too",
}
"""What differs from the rendered Deployments, and why."""

_PORT = re.compile(r"((?:address|addr|port)\w*[=:] ?\"?:?)(\d{4,5})\b", re.IGNORECASE)
_ACCOUNT = "var/run/secrets/kubernetes.io/serviceaccount"


def start_operator(plane: Plane, env: str, operator: Operator) -> Process:
    """Start an operator whose objects are applied; it ends with the plane.

    Raises UserError when it is not built, Refused when its ServiceAccount or a ConfigMap is not there.
    """
    (deployment,) = rendered(env, "Deployment", operator.deployment)
    spec, namespace = deployment["spec"]["template"]["spec"], deployment["metadata"]["namespace"]
    (container,) = spec["containers"]
    root = plane.folder / "operators" / operator.deployment
    _make_root(plane, root, namespace, spec["serviceAccountName"])
    ports = _Ports()
    for mount in container.get("volumeMounts", ()):
        (volume,) = (each for each in spec["volumes"] if each["name"] == mount["name"])
        _mount(plane, namespace, volume, root / mount["mountPath"].lstrip("/"), ports)
    shutil.copy2(binary(operator.binary), root / operator.binary)
    arguments = [ports.moved(word) for word in (*container.get("args", ()), *operator.arguments)]
    return plane.processes.start(
        operator.deployment,
        *_in_own_network(operator, plane),
        *_with_folders(operator, root),
        *("/usr/sbin/chroot", str(root), f"/{operator.binary}", *arguments),
        environ=_environ(plane, operator, container, namespace),
        cwd=ROOT,
    )


def _in_own_network(operator: Operator, plane: Plane) -> list[str]:
    port = plane.url.rpartition(":")[2]
    return [sys.executable, "-m", "tools.cluster.alone", port] if operator.alone else []


def _with_folders(operator: Operator, root: Path) -> list[str]:
    """Mount the folders in a namespace of mounts that ends with the operator; gives what comes before it."""
    if not operator.folders:
        return []
    mounts = []
    for target, source in operator.folders.items():
        (root / target).mkdir(parents=True, exist_ok=True)
        mounts.append(f"mount --rbind {shlex.quote(source)} {shlex.quote(str(root / target))}")
    for name in ("bin", "lib", "lib64"):
        (root / name).symlink_to(f"usr/{name}")
    return ["/usr/bin/unshare", "--mount", "/bin/sh", "-ec", f'{"; ".join(mounts)}; exec "$@"', "sh"]


class _Ports:
    """Gives every port that something would listen on another, the same for the same."""

    def __init__(self) -> None:
        self._moved: dict[str, int] = {}

    def moved(self, text: str) -> str:
        return _PORT.sub(lambda match: match[1] + str(self._free(match[2])), text)

    def _free(self, port: str) -> int:
        if port not in self._moved:
            (self._moved[port],) = free_ports(1)
        return self._moved[port]


def _make_root(plane: Plane, root: Path, namespace: str, service_account: str) -> None:
    shutil.rmtree(root, ignore_errors=True)
    for folder in ("etc", "tmp", _ACCOUNT):
        (root / folder).mkdir(parents=True)
    hosts = f"127.0.0.1 localhost {socket.gethostname()}\n"
    (root / "etc/hosts").write_text(hosts, encoding="utf-8")
    # Java asks for the home of its user there.
    (root / "etc/passwd").write_text("root:x:0:0::/tmp:/bin/sh\n", encoding="utf-8")
    files = {"token": plane.api.token_of(namespace, service_account), "namespace": namespace}
    for name, text in files.items():
        (root / _ACCOUNT / name).write_text(text, encoding="utf-8")
    shutil.copy(plane.api.authority, root / _ACCOUNT / "ca.crt")


def _mount(plane: Plane, namespace: str, volume: Body, folder: Path, ports: _Ports) -> None:
    """Fill a folder with what its volume has in a pod; a Secret of cert-manager is made here if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    match volume:
        case {"configMap": {"name": str(name)}}:
            found = _read(plane, "ConfigMap", namespace, name)
            for key, text in found["data"].items():
                (folder / key).write_text(ports.moved(text), encoding="utf-8")
        case {"secret": {"secretName": str(name)}}:
            if secret := plane.api.get("v1", "Secret", name, namespace):
                for key, text in secret["data"].items():
                    (folder / key).write_bytes(base64.b64decode(text))
            else:
                _self_signed(folder)


def _read(plane: Plane, kind: str, namespace: str, name: str) -> Body:
    if found := plane.api.get("v1", kind, name, namespace):
        return found
    raise LookupError(f"no {kind} {namespace}/{name}")


def _self_signed(folder: Path) -> None:
    certificate = folder / "tls.crt"
    self_signed(folder / "tls.key", certificate, "webhook", "DNS:localhost")
    shutil.copy(certificate, folder / "ca.crt")


def _environ(plane: Plane, operator: Operator, container: Body, namespace: str) -> dict[str, str]:
    port = plane.url.rpartition(":")[2]
    pod = f"{operator.deployment}-0"
    own = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": port, "HOME": "/tmp"}  # noqa: S108
    own |= {"PATH": "/bin", "TMPDIR": "/tmp", "HOSTNAME": pod}  # noqa: S108
    rendered = {each["name"]: _value(each, pod, namespace) for each in container.get("env", ())}
    return own | rendered | dict(operator.environ)


def _value(item: Mapping[str, Any], pod: str, namespace: str) -> str:
    match item:
        case {"value": str(value)}:
            return value
        case {"valueFrom": {"fieldRef": {"fieldPath": str(path)}}}:
            return {"metadata.namespace": namespace, "metadata.name": pod}[path]
    raise ValueError(f"how Kubernetes fills {item} is not known here")
