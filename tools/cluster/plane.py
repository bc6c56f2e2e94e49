"""A control plane on loopback: etcd, API server, controller manager, scheduler, and kwok for nodes and pods.

The API server has every feature and admission plugin that is on by default, RBAC, Pod Security and admission
policies among them. etcd does not wait for the disk: nothing here outlives the plane.

Where some nodes run pods as local processes (label genai-on-eks/runs: locally), kwok runs twice: for those
with stages of nodes only, for the others with stages of pods too. So it keeps both ready, and leaves the pods
of the former alone. Source of flags and stages: sigs.k8s.io/kwok v0.8.0 (pkg/kwok/cmd/root.go,
pkg/kwok/controllers/pod_controller.go).
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.cluster import launch
from tools.cluster.api import Api
from tools.cluster.audit import AuditEvent, events
from tools.cluster.credentials import ADMIN, Credentials, credentials, kubeconfig
from tools.cluster.ports import free_ports
from tools.cluster.processes import Process, Processes
from tools.cluster.waiting import eventually

_STAGES = Path(__file__).with_name("stages")


@dataclass
class Plane:
    """A running control plane; `api` and `kubeconfig` are its administrator's."""

    folder: Path
    processes: Processes
    api: Api
    kubeconfig: Path
    audit: Path
    """Log of what service accounts asked for."""
    api_server: Process

    @property
    def url(self) -> str:
        """Address of the API server."""
        return self.api.url

    def kubeconfig_of(self, namespace: str, service_account: str) -> Path:
        """Write a kubeconfig with the token of a ServiceAccount, which has to be there; it holds for a day.

        Raises Refused when there is no such ServiceAccount.
        """
        token = self.api.token_of(namespace, service_account)
        path = self.folder / f"{namespace}.{service_account}.kubeconfig"
        return kubeconfig(path, self.url, token, self.api.authority, namespace)

    def restart_api_server(self) -> None:
        """Kill the API server, as a crash would, and start it again; raises TimeoutError after 60 s."""
        self.api_server.restart()
        _wait_ready(self.api, self.api_server)

    def events(self, user_prefix: str = "system:serviceaccount:") -> Iterator[AuditEvent]:
        """Read the audit log."""
        return events(self.audit, user_prefix)

    def forbidden(self, user_prefix: str = "system:serviceaccount:") -> list[AuditEvent]:
        """Give every response 403 to users whose name begins so."""
        return [event for event in self.events(user_prefix) if event.code == 403]

    def unauthorized(self, user_prefix: str = "system:serviceaccount:") -> list[AuditEvent]:
        """Give what the rights of such users did not allow; another 403 comes from admission."""
        return [event for event in self.forbidden(user_prefix) if event.decision == "forbid"]


@contextmanager
def plane(
    folder: Path, flags: Sequence[str] = (), *, local: bool = False, before: Path | None = None
) -> Iterator[Plane]:
    """Run a control plane in a new folder; all of it ends with the block.

    `flags` are more of the API server's; `local` says whether some nodes run pods as processes. With
    `before`, the folder of a plane of the same version that has ended, it begins with all objects of that.
    Raises UserError when a tool is not built, TimeoutError with the end of a log when a process does not get
    ready.
    """
    with Processes(folder) as processes:
        _begin_with(before, folder)
        keys = credentials(folder / "pki")
        found = _served(processes, keys, flags=flags)
        (kwok,) = free_ports(1)
        configs = {
            user: kubeconfig(folder / f"{user}.kubeconfig", found.url, token, found.api.authority)
            for user, token in keys.tokens.items()
            if user != ADMIN
        }
        manager = launch.controller_manager(processes, configs["controller-manager"], keys)
        launch.scheduler(processes, configs["scheduler"])
        launch.kwok(processes, "kwok", configs["kwok"], kwok, "genai-on-eks/runs!=locally", _stages("*"))
        if local:
            (local_kwok,) = free_ports(1)
            launch.kwok(
                processes,
                "kwok-local",
                configs["kwok"],
                local_kwok,
                "genai-on-eks/runs=locally",
                _stages("node-*"),
            )
        # The last thing without which no pod can be created.
        eventually(
            lambda: found.api.get("v1", "ServiceAccount", "default", "default"),
            60,
            lambda: f"no default ServiceAccount\n{manager.tail()}",
        )
        yield found


@contextmanager
def api_alone(folder: Path, minor: str, before: Path | None = None) -> Iterator[Plane]:
    """Run etcd and the API server of a Kubernetes minor, such as 1.34, without controllers.

    That is all that it takes to have objects validated, and to build the rest of a second minor takes long.
    `before` and what it raises are as for `plane`.
    """
    with Processes(folder) as processes:
        _begin_with(before, folder)
        yield _served(processes, credentials(folder / "pki"), minor)


def _begin_with(before: Path | None, folder: Path) -> None:
    if before:
        shutil.copytree(launch.data(before), launch.data(folder))


def _served(processes: Processes, keys: Credentials, minor: str = "", flags: Sequence[str] = ()) -> Plane:
    folder = processes.folder
    etcd, peer, secure = free_ports(3)
    api = Api(f"https://127.0.0.1:{secure}", keys.tokens[ADMIN], keys.certificate)
    own = kubeconfig(folder / f"{ADMIN}.kubeconfig", api.url, keys.tokens[ADMIN], api.authority)
    launch.etcd(processes, etcd, peer)
    server = launch.api_server(processes, etcd, secure, keys, minor, flags)
    _wait_ready(api, server)
    return Plane(folder, processes, api, own, folder / "audit.log", server)


def _stages(pattern: str) -> list[Path]:
    return sorted(_STAGES.glob(f"{pattern}.yaml"))


def _wait_ready(api: Api, server: Process) -> None:
    def failed() -> str:
        return f"the API server is not ready\n{server.tail()}"

    def settled() -> bool:
        return api.ready() or not server.alive()

    eventually(settled, 60, failed)
    if not server.alive():
        raise TimeoutError(failed())
