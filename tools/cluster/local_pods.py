"""One pod that runs here, from its first container to its removal, and its status in between."""

import shutil
import subprocess  # noqa: TC003
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from charts_src.objects import Body
from tools.cluster.api import Api
from tools.cluster.containers import Container, Mount, Plan, mounts_of
from tools.cluster.local_containers import LocalContainer, now_text
from tools.cluster.pod_environ import Image, command_of, environ_of, hostname, image_of, user_of
from tools.cluster.pod_network import PodNetwork
from tools.cluster.pod_volumes import Source, make_volumes


class Machine(NamedTuple):
    """What all pods here share."""

    api: Api
    network: PodNetwork
    folder: Path
    images: Mapping[str, Image]

    @property
    def claims(self) -> Path:
        """Folder of the persistent volumes: <namespace>/<claim>."""
        return self.folder / "claims"


class LocalPod:
    """A pod: bound to a node of ours, and not over."""

    def __init__(self, machine: Machine, pod: Body) -> None:
        """Give it an address and files; nothing runs before the first `tick`."""
        self._machine, self.pod = machine, pod
        metadata = pod["metadata"]
        self.namespace, self.name, self.uid = metadata["namespace"], metadata["name"], metadata["uid"]
        self.address, self._sandbox = machine.network.join(hostname(pod))
        self._folder = machine.folder / "pods" / self.uid
        self._folder.mkdir(parents=True)
        (self._folder / "hosts").write_text(
            f"127.0.0.1 localhost\n{self.address} {hostname(pod)}\n", encoding="utf-8"
        )
        (self._folder / "resolv.conf").write_text(machine.network.resolver(self.namespace), encoding="utf-8")
        self._volumes: dict[str, Path] | None = None
        self._init = [self._container(each) for each in pod["spec"].get("initContainers", ())]
        for each in self._init:
            each.once = True
        self._main = [self._container(each) for each in pod["spec"]["containers"]]
        self._begun = now_text()
        self._changes: dict[str, tuple[str, str]] = {}
        self._hooks: list[tuple[LocalContainer, subprocess.Popen[bytes] | None]] = []
        self._deadline = 0.0

    @property
    def over(self) -> bool:
        """Say whether it has succeeded or failed."""
        return self.phase in ("Succeeded", "Failed")

    @property
    def phase(self) -> str:
        """Give its phase, by its containers and its restart policy."""
        policy = self._policy
        codes = [each.code for each in self._main]
        failed = [each.code for each in self._init if each.code not in (None, 0)]
        if failed and (policy == "Never" or self._deadline):
            return "Failed"
        if all(code is not None for code in codes):
            bad = any(code != 0 for code in codes)
            if self._deadline or policy == "Never" or (policy == "OnFailure" and not bad):
                return "Failed" if bad else "Succeeded"
        waits = any("waiting" in each.state for each in self._main)
        return "Pending" if waits and not any(each.restarts for each in self._main) else "Running"

    @property
    def _policy(self) -> str:
        return str(self.pod["spec"].get("restartPolicy", "Always"))

    def tick(self, pod: Body) -> Body:
        """Do what is to be done now; give the status."""
        self.pod = pod
        if pod["metadata"].get("deletionTimestamp"):
            self._end(pod["metadata"].get("deletionGracePeriodSeconds", 30))
        elif not self.over:
            waiting = next((each for each in self._init if each.code != 0), None)
            if waiting is not None:
                waiting.tick("OnFailure" if self._policy == "Always" else self._policy)
            else:
                for each in self._main:
                    each.tick(self._policy)
        return self.status()

    @property
    def gone(self) -> bool:
        """Say whether it is to be removed and nothing of it runs."""
        return bool(self._deadline) and all(each.running is None for each in (*self._init, *self._main))

    def remove(self) -> None:
        """End all that runs of it, and its network and files."""
        for each in (*self._init, *self._main):
            if each.running is not None:
                each.running.kill()
        self._sandbox.kill()
        self._sandbox.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def status(self) -> Body:
        """Give its status, with those conditions of others that it has."""
        initialized = all(each.code == 0 for each in self._init)
        ready = initialized and all(each.ready for each in self._main) and not self._deadline
        own = {"Initialized": initialized, "ContainersReady": ready, "Ready": ready}
        conditions = [
            each for each in self.pod["status"].get("conditions", ()) if each["type"] not in own
        ] + [self._condition(kind, value) for kind, value in own.items()]
        status = {
            "phase": self.phase,
            "podIP": self.address,
            "podIPs": [{"ip": self.address}],
            "startTime": self._begun,
            "conditions": conditions,
            "containerStatuses": [each.status() for each in self._main],
        }
        return status | (
            {"initContainerStatuses": [each.status() for each in self._init]} if self._init else {}
        )

    def _condition(self, kind: str, value: bool) -> Body:
        text = str(value)
        if self._changes.get(kind, ("", ""))[0] != text:
            self._changes[kind] = text, now_text()
        return {"type": kind, "status": text, "lastTransitionTime": self._changes[kind][1]}

    def _container(self, spec: Body) -> LocalContainer:
        return LocalContainer(spec, self.address, self._start)

    def _start(self, spec: Body, restarts: int) -> Container:
        image = image_of(self._machine.images, spec["image"])
        if image is None:
            raise LookupError(f"the image {spec['image']} stands for nothing on this machine")
        asked = Source(self._machine.api, self.pod, self.address)
        if self._volumes is None:
            self._volumes = make_volumes(asked, self._folder / "volumes", self._machine.claims)
        environ = environ_of(asked, spec, image)
        mounts = [
            *(
                Mount(self._folder / name, f"/etc/{name}", writable=False)
                for name in ("hosts", "resolv.conf")
            ),
            *(Mount(Path(source), target) for target, source in image.files.items()),
            *mounts_of(spec, self._volumes),
        ]
        plan = Plan(
            command_of(spec, image, environ),
            environ,
            user_of(self.pod, spec, image),
            mounts,
            spec.get("workingDir", image.directory),
            spec.get("securityContext", {}).get("readOnlyRootFilesystem", False),
        )
        log = self._machine.folder / "logs" / self.namespace / self.name / f"{spec['name']}.log"
        return Container(plan, self._child, self._folder / f"{spec['name']}-{restarts}", log)

    @property
    def _child(self) -> int:
        return self._machine.network.first(self._sandbox)

    def _end(self, grace: float) -> None:
        """End what runs: its hook first, then SIGTERM, and SIGKILL when the time is over."""
        now = time.monotonic()
        if not self._deadline:
            self._deadline = now + grace
            self._hooks = [(each, _hook(each)) for each in (*self._init, *self._main) if each.running]
        self._deadline = min(self._deadline, now + grace)  # one may delete it again, with less patience
        left: list[tuple[LocalContainer, subprocess.Popen[bytes] | None]] = []
        for each, hook in self._hooks:
            if each.running is None:
                continue
            code = each.running.code()
            if code is not None:
                each.end(code)
            elif now >= self._deadline:
                each.running.kill()
                left.append((each, None))
            elif hook is None or hook.poll() is not None:
                each.terminate()
                left.append((each, None))
            else:
                left.append((each, hook))
        self._hooks = left


def _hook(container: LocalContainer) -> "subprocess.Popen[bytes] | None":
    wanted = container.spec.get("lifecycle", {}).get("preStop", {}).get("exec")
    if wanted is None or container.running is None:
        return None
    return container.running.exec(wanted["command"])
