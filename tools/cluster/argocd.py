"""Argo CD, as it is released, on a plane: it syncs a copy of this repository to which tests may commit.

The manifests that it reads are those of the repository, to the letter, the repository's URL too.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from charts_src import ROOT, config, state
from charts_src.objects import Body
from tools.cluster.argocd_install import apply_definitions, install_argo_cd
from tools.cluster.argocd_start import CONTROLLER, start_controller, start_redis, start_repo_server
from tools.cluster.git_host import Repository, git_host
from tools.cluster.plane import Plane
from tools.cluster.processes import Process
from tools.cluster.tree import tree
from tools.cluster.waiting import eventually

APPLICATION = "argoproj.io/v1alpha1"

_REFRESH = "argocd.argoproj.io/refresh"


@dataclass
class ArgoCd:
    """A running Argo CD, and the repository that it reads."""

    plane: Plane
    namespace: str
    repository: Repository
    controller: Process
    repo_server: Process

    @property
    def user(self) -> str:
        """Name of the application controller in the audit log."""
        return f"system:serviceaccount:{self.namespace}:{CONTROLLER}"

    def application(self, name: str) -> Body:
        """Read an Application; an empty mapping when there is none."""
        return self.plane.api.get(APPLICATION, "Application", name, self.namespace) or {}

    def applications(self) -> dict[str, Body]:
        """Read all Applications, by name."""
        found = self.plane.api.list(APPLICATION, "Application", self.namespace)
        return {body["metadata"]["name"]: body for body in found}

    def commit(self, *names: str) -> str:
        """Commit what is changed in the working copy, and have Applications look: as Git's webhook does.

        Gives the revision. Source: argo-cd v3.6.1, util/argo/argo.go, RefreshApp.
        """
        revision = self.repository.commit()
        now = datetime.now(UTC).isoformat()
        annotations = {f"{_REFRESH}": "normal", f"{_REFRESH}-timestamp": now}
        patch = {"metadata": {"annotations": annotations}}
        for name in names:
            self.plane.api.merge(APPLICATION, "Application", name, patch, self.namespace)
        return revision

    def becomes(self, name: str, check: Any, seconds: float = 60) -> Body:
        """Wait until the status of an Application passes a check, and give that; raises TimeoutError."""

        def status() -> Body:
            found: Body = self.application(name).get("status", {})
            return found

        def failed() -> str:
            return f"{name}: {told(status())}\n{self.controller.tail(3)}"

        return eventually(lambda: found if check(found := status()) else None, seconds, failed)


def told(status: Body) -> Body:
    """Give what an Application tells of itself, short enough for a message."""
    operation = status.get("operationState", {})
    return {
        "sync": status.get("sync", {}).get("status"),
        "revision": status.get("sync", {}).get("revision"),
        "health": status.get("health", {}).get("status"),
        "operation": operation.get("phase"),
        "message": operation.get("message"),
        "conditions": [each["message"] for each in status.get("conditions", ())],
        "open": [
            f"{each['kind']} {each.get('namespace', '')}/{each['name']} {each.get('status')}"
            for each in status.get("resources", ())
            if each.get("status") != "Synced"
        ][:5],
    }


@contextmanager
def argo_cd(
    plane: Plane, env: str, components: Collection[str] = (), there: Collection[Body] = ()
) -> Iterator[ArgoCd]:
    """Install and start Argo CD; nothing is synced before `load_root`. The host of the repository ends first.

    `components` are those of which there will be Applications; all, when there are none. `there` are
    definitions that the plane has already.

    Raises UserError when something is not built, TimeoutError with the end of a log, OSError without redis.
    """
    settings = config.load(env, state.ENVIRONMENTS).argocd
    waves = (wave for wave in tree(env) if not components or wave.application in components)
    apply_definitions(plane, waves, there)
    install_argo_cd(plane, env, settings.namespace)
    folder = plane.folder / "argocd"
    (folder / "bin").mkdir(parents=True)
    copied = (f"argocd/{env}", f"rendered/{env}")
    repository = Repository(folder, settings.repository, settings.revision, ROOT, copied)
    name = urlsplit(settings.repository).hostname or ""
    with git_host(folder, name, repository.root) as host:
        redis = start_redis(plane, folder, settings.namespace)
        repo_server, address = start_repo_server(plane, folder, settings.namespace, redis, host)
        controller = start_controller(plane, folder, settings.namespace, redis, address)
        yield ArgoCd(plane, settings.namespace, repository, controller, repo_server)
