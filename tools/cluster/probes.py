"""Probes of containers, as a kubelet makes them: httpGet, tcpSocket and exec, each in its own time."""

import http.client
import socket
import subprocess
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from charts_src.objects import Body

_POOL = ThreadPoolExecutor(8)
Exec = Callable[[list[str]], "subprocess.Popen[bytes]"]


class Probe:
    """One probe of one run of a container."""

    def __init__(self, spec: Body, container: Body, address: str, run: Exec, started: float) -> None:
        """Take a probe's spec; `started` is when the container was started."""
        self._spec, self._container, self._address, self._run = spec, container, address, run
        self._next = started + spec.get("initialDelaySeconds", 0)
        self._asked: Future[bool] | None = None
        self._good = self._bad = 0

    @property
    def succeeded(self) -> bool:
        """Say whether it has been answered well often enough of late."""
        return bool(self._good >= self._spec.get("successThreshold", 1))

    @property
    def failed(self) -> bool:
        """Say whether it has been answered badly too often of late."""
        return bool(self._bad >= self._spec.get("failureThreshold", 3))

    def tick(self, now: float) -> None:
        """Take in an answer that has come, and ask when it is time to."""
        if self._asked is not None and self._asked.done():
            self._good, self._bad = (
                (self._good + 1, 0) if self._asked.result() else (self._good, self._bad + 1)
            )
            self._good = 0 if self.failed else self._good
            self._asked = None
        if self._asked is None and now >= self._next:
            self._next = now + self._spec.get("periodSeconds", 10)
            self._asked = _POOL.submit(self._ask)

    def _ask(self) -> bool:
        seconds = self._spec.get("timeoutSeconds", 1)
        try:
            match self._spec:
                case {"httpGet": dict(wanted)}:
                    return self._http(wanted, seconds)
                case {"tcpSocket": dict(wanted)}:
                    with socket.create_connection((self._address, self._port(wanted["port"])), seconds):
                        return True
                case {"exec": {"command": list(command)}}:
                    return self._exec(command, seconds)
        except (OSError, http.client.HTTPException, RuntimeError):
            return False
        return False

    def _http(self, wanted: Body, seconds: float) -> bool:
        host = wanted.get("host", self._address)
        connection = http.client.HTTPConnection(host, self._port(wanted["port"]), timeout=seconds)
        try:
            headers = {each["name"]: each["value"] for each in wanted.get("httpHeaders", ())}
            connection.request("GET", wanted.get("path", "/"), headers=headers)
            return 200 <= connection.getresponse().status < 400
        finally:
            connection.close()

    def _exec(self, command: list[str], seconds: float) -> bool:
        process = self._run(command)
        try:
            return process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False

    def _port(self, port: int | str) -> int:
        if isinstance(port, int):
            return port
        ports = {each.get("name"): each["containerPort"] for each in self._container["ports"]}
        return int(ports[port])
