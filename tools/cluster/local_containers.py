"""One container of a pod over time: started, probed, ended and started again, with its status."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from charts_src.objects import Body
from tools.cluster.containers import Container
from tools.cluster.probes import Probe

_LONGEST_PAUSE = 10.0


def now_text() -> str:
    """Give the time as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class LocalContainer:
    """A container by its spec; `start` is given how often it was started before."""

    spec: Body
    address: str
    start: Callable[[Body, int], Container]
    state: Body = field(default_factory=lambda: {"waiting": {"reason": "ContainerCreating"}})
    last: Body = field(default_factory=dict)
    restarts: int = 0
    once: bool = False
    """Whether it is an init container, which is ready when it has ended well."""
    running: Container | None = None
    _probes: dict[str, Probe] = field(default_factory=dict)
    _not_before: float = 0
    _killed_at: float = 0

    @property
    def code(self) -> int | None:
        """Exit code of the last run; None when it runs or was never started."""
        found = self.state.get("terminated")
        return found["exitCode"] if found else None

    @property
    def ready(self) -> bool:
        """Say whether it runs, has started, and its readiness probe is content."""
        probe = self._probes.get("readinessProbe")
        return self.running is not None and self.started and (probe is None or probe.succeeded)

    @property
    def started(self) -> bool:
        """Say whether it runs and its startup probe is content."""
        probe = self._probes.get("startupProbe")
        return self.running is not None and (probe is None or probe.succeeded)

    def tick(self, policy: str) -> None:
        """Start it when it is to run, ask its probes, and see whether it has ended."""
        now = time.monotonic()
        if self.running is None:
            if self._to_start(policy) and now >= self._not_before:
                self._begin(now)
            return
        code = self.running.code()
        if code is not None:
            self._ended(code, now, policy)
            return
        self._probe(now)

    def terminate(self) -> None:
        """Ask it to end, once."""
        if self.running is not None and not self._killed_at:
            self._killed_at = time.monotonic()
            self.running.terminate()

    def end(self, code: int) -> None:
        """Note that it has ended, when the pod goes."""
        begun = self.state.get("running", {}).get("startedAt", now_text())
        self.state = {"terminated": _terminated(code, begun)}
        self.running = None

    def status(self) -> Body:
        """Give its entry of the pod's status."""
        return {
            "name": self.spec["name"],
            "image": self.spec["image"],
            "imageID": "",
            "ready": self.ready or (self.code == 0 and self.once),
            "started": self.started,
            "restartCount": self.restarts,
            "state": self.state,
            "lastState": self.last,
        }

    def _to_start(self, policy: str) -> bool:
        if self.code is None:
            return True
        return policy == "Always" or (policy == "OnFailure" and self.code != 0)

    def _begin(self, now: float) -> None:
        if self.code is not None:
            self.last, self.restarts = self.state, self.restarts + 1
        try:
            container = self.start(self.spec, self.restarts)
        except LookupError as error:
            message = str(error.args[0] if error.args else error)
            self.state = {"waiting": {"reason": "CreateContainerConfigError", "message": message}}
            self._not_before = now + 1
            return
        self.running, self._killed_at = container, 0
        self.state = {"running": {"startedAt": now_text()}}
        self._probes = {
            kind: Probe(self.spec[kind], self.spec, self.address, container.exec, now)
            for kind in ("startupProbe", "readinessProbe", "livenessProbe")
            if kind in self.spec
        }

    def _ended(self, code: int, now: float, policy: str) -> None:
        self.end(code)
        if self._to_start(policy):
            # The first time at once, then later and later.
            self._not_before = now + min(self.restarts, _LONGEST_PAUSE)

    def _probe(self, now: float) -> None:
        startup = self._probes.get("startupProbe")
        for kind, probe in self._probes.items():
            waits = startup is not None and not startup.succeeded
            if (kind == "startupProbe") == waits:
                probe.tick(now)
            if kind != "readinessProbe" and probe.failed and self.running is not None:
                self._kill(now)

    def _kill(self, now: float) -> None:
        """End what its probes found dead: kindly, and 5 seconds later with force."""
        if self.running is not None and self._killed_at and now > self._killed_at + 5:
            self.running.kill()
        self.terminate()


def _terminated(code: int, begun: str) -> Body:
    reason = "Completed" if code == 0 else "Error"
    return {"exitCode": code, "reason": reason, "startedAt": begun, "finishedAt": now_text()}
