"""The processes of Argo CD that decide on a sync, each with the settings that its ConfigMaps give it.

The application controller has the rights of its own ServiceAccount. What differs is in DEVIATIONS.
"""

import base64
import shutil
from pathlib import Path

from charts_src.objects import Body
from charts_src.schema.sources import ARGO_CD
from charts_src.schema.upstream import module_folder
from tools.cluster.binaries import binary
from tools.cluster.git_host import GitHost
from tools.cluster.plane import Plane
from tools.cluster.ports import free_ports
from tools.cluster.processes import Process
from tools.cluster.waiting import answers, eventually

CONTROLLER = "argocd-application-controller"
REPO_SERVER = "argocd-repo-server"

NO_WEBHOOKS = ("--disable-admission-plugins=MutatingAdmissionWebhook,ValidatingAdmissionWebhook",)
"""Flag of the API server on which Argo CD applies everything."""

DEVIATIONS = {
    "--disable-admission-plugins": "webhooks are applied as rendered, but nothing runs behind them; with "
    "failurePolicy Fail they would refuse what follows them",
    "definitions": "at each event of one the controller reads anew all that the API server has, which would "
    "take minutes; so they are there before it",
    "HTTPS_PROXY": "the Git host is one on loopback that has the name of the real one; its certificate is "
    "where argocd-tls-certs-cm would put it",
    "ARGOCD_FAKE_IN_CLUSTER": "the token of the ServiceAccount is in a kubeconfig, not in a pod's file",
    "ARGOCD_GPG_ENABLED": "no project asks for signed commits, and gpg need not be on this machine",
    "REDIS_SERVER": "one redis, not three behind a proxy, with the password of the Secret argocd-redis",
    "server.secretkey": "written here, as is that password: argocd-server, which would, does not run",
    "ports": "many must fit on one machine",
}
"""What differs from the installed Argo CD, and why."""

_LOOPBACK = "127.0.0.1"


def start_redis(plane: Plane, folder: Path, namespace: str) -> str:
    """Start redis and give its address. Raises OSError when it is not installed."""
    (port,) = free_ports(1)
    password = _secret(plane, namespace, "argocd-redis", "auth")
    settings = folder / "redis.conf"
    settings.touch(mode=0o600)
    lines = (f"bind {_LOOPBACK}", f"port {port}", f"requirepass {password}", 'save ""', "appendonly no")
    settings.write_text("\n".join(lines) + "\n", encoding="utf-8")
    plane.processes.start("redis", "redis-server", settings, grace=0)
    return f"{_LOOPBACK}:{port}"


def start_repo_server(
    plane: Plane, folder: Path, namespace: str, redis: str, host: GitHost
) -> tuple[Process, str]:
    """Start what reads the repository, wait until it answers, and give its address too.

    Raises UserError when Argo CD is not built, TimeoutError with the end of its log.
    """
    for part in ("tls", "ssh", "keys", "tmp"):
        (folder / part).mkdir()
    shutil.copy(host.certificate, folder / "tls" / host.name)
    for name in ("git-verify-wrapper.sh", "gpg-wrapper.sh"):
        shutil.copyfile(module_folder(ARGO_CD) / "hack" / name, folder / "bin" / name)
        (folder / "bin" / name).chmod(0o755)
    port, metrics = free_ports(2)
    environ = {
        "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "REDIS_SERVER": redis,
        "HTTPS_PROXY": host.proxy,
        "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_ASK_PASS_SOCK": str(folder / "ask-pass.sock"),
        "ARGOCD_APP_CONF_PATH": str(folder),
        "ARGOCD_TLS_DATA_PATH": str(folder / "tls"),
        "ARGOCD_SSH_DATA_PATH": str(folder / "ssh"),
        "ARGOCD_GNUPGHOME": str(folder / "keys"),
    }
    addresses = ("--address", _LOOPBACK, "--port", str(port))
    measured = ("--metrics-address", _LOOPBACK, "--metrics-port", str(metrics))
    rendered = _environ(plane, namespace, "Deployment", REPO_SERVER)
    process = _start(plane, folder, REPO_SERVER, rendered | environ, *addresses, *measured)
    url = f"http://{_LOOPBACK}:{metrics}/healthz?full=true"
    eventually(lambda: answers(url) or not process.alive(), 60, process.tail)
    if not process.alive():
        raise TimeoutError(process.tail())
    return process, f"{_LOOPBACK}:{port}"


def start_controller(plane: Plane, folder: Path, namespace: str, redis: str, repo_server: str) -> Process:
    """Start the application controller."""
    (metrics,) = free_ports(1)
    environ = {
        "HOSTNAME": f"{CONTROLLER}-0",
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "KUBECACHEDIR": str(folder / "kubecache"),
        "KUBECONFIG": str(plane.kubeconfig_of(namespace, CONTROLLER)),
        "ARGOCD_FAKE_IN_CLUSTER": "true",
        "REDIS_SERVER": redis,
        "ARGOCD_APPLICATION_CONTROLLER_REPO_SERVER": repo_server,
        "GOMEMLIMIT": "900MiB",  # it reads the whole OpenAPI of a group for each object that it applies
    }
    rendered = _environ(plane, namespace, "StatefulSet", CONTROLLER)
    return _start(plane, folder, CONTROLLER, rendered | environ, "--metrics-port", str(metrics))


def _start(plane: Plane, folder: Path, name: str, environ: dict[str, str], *arguments: str) -> Process:
    """Start one of the programs that Argo CD's binary is, by the name under which it is called."""
    link = folder / "bin" / name
    link.symlink_to(binary("argocd"))
    return plane.processes.start(name, link, *arguments, environ=environ, grace=1)


def _environ(plane: Plane, namespace: str, kind: str, name: str) -> dict[str, str]:
    """Give the environment of a workload's container as a kubelet would."""
    found = plane.api.get("apps/v1", kind, name, namespace)
    if not found:
        raise LookupError(f"no {kind} {namespace}/{name}")
    (container,) = found["spec"]["template"]["spec"]["containers"]
    values = {each["name"]: _value(plane, namespace, each) for each in container["env"]}
    return {key: value for key, value in values.items() if value is not None}


def _value(plane: Plane, namespace: str, item: Body) -> str | None:
    match item:
        case {"value": str(value)}:
            return value
        case {"valueFrom": {"configMapKeyRef": {"name": str(name), "key": str(key), "optional": True}}}:
            found = plane.api.get("v1", "ConfigMap", name, namespace) or {}
            value = found.get("data", {}).get(key)
            return None if value is None else str(value)
        case {"valueFrom": {"secretKeyRef": {"name": str(name), "key": str(key)}}}:
            return _secret(plane, namespace, name, key)
    raise ValueError(f"how Kubernetes fills {item} is not known here")


def _secret(plane: Plane, namespace: str, name: str, key: str) -> str:
    found = plane.api.get("v1", "Secret", name, namespace)
    if not found:
        raise LookupError(f"no Secret {namespace}/{name}")
    return base64.b64decode(found["data"][key]).decode()
