"""Pods as Linux makes them, without Kubernetes: a network, files, processes and a host name of their own.

A pod runs as user 1000 without capabilities, has its own /mnt (in the place of /tmp) and its own host name
and address on a switch, and reaches no other network. All of it ends when the process that made it ends.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

PACKAGES = {
    "mpirun": "openmpi-bin",
    "/usr/sbin/sshd": "openssh-server",
    "ssh": "openssh-client",
    "ip": "iproute2",
    "unshare": "util-linux",
}
"""Program -> Debian package."""

TEMPORARY = "/mnt"
"""Where a pod has files of its own."""

USER = 1000

WITH_US = ("setpriv", "--pdeathsig=KILL")
"""What ends a program with the process that started it."""
_UNSHARE = (
    "unshare",
    "--net",
    "--mount",
    "--uts",
    "--ipc",
    "--pid",
    "--fork",
    "--mount-proc",
    "--kill-child=KILL",
)
_CONNECT = """\
set -eu
until ip link show eth0 >/dev/null 2>&1; do sleep 0.05; done
hostname "$NAME"
ip link set lo up
ip address add "$ADDRESS" dev eth0
ip link set eth0 up
"""
_SET_UP = f"""\
{_CONNECT}
mount --bind "$FILES" /mnt
mount --bind "$ETC/hosts" /etc/hosts
mount --bind "$ETC/passwd" /etc/passwd
if [ -n "$CLOSED" ]; then
  mkdir -p "$ETC/python"
  mount --bind "$PYTHON" "$ETC/python"
  mount -t tmpfs -o mode=755 none "$CLOSED"
  mkdir -p "$PYTHON"
  mount --bind "$ETC/python" "$PYTHON"
fi
cd /
exec "$@"
"""
_SANDBOX = f"""\
{_CONNECT}
ip route add default via "$GATEWAY"
exec sleep infinity
"""


def as_user(user: int = USER, group: int = USER, groups: str = "") -> tuple[str, ...]:
    """Give what makes a command run as a user without capabilities; `groups` are more, with commas."""
    return (
        *("setpriv", f"--reuid={user}", f"--regid={group}"),
        f"--groups={groups}" if groups else "--clear-groups",
        *("--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--pdeathsig=keep"),
    )


def passwd(home: str, user: int = USER, group: int = USER) -> str:
    """Give the text of /etc/passwd of a pod."""
    return "".join(
        f"{line}\n"
        for line in (
            "root:x:0:0::/root:/bin/sh",
            "sshd:x:100:65534::/run/sshd:/usr/sbin/nologin",
            f"llama2:x:{user}:{group}::{home}:/bin/sh",
        )
    )


def require() -> None:
    """Raise RuntimeError that names what is missing on this machine."""
    missing = sorted(package for program, package in PACKAGES.items() if not shutil.which(program))
    if missing:
        raise RuntimeError(f"install the Debian packages: apt-get install {' '.join(missing)}")
    if os.geteuid() != 0:
        raise RuntimeError("run these tests as root: they make network namespaces")


class Pod(NamedTuple):
    """A pod that runs."""

    name: str
    address: str
    process: "subprocess.Popen[str]"
    log: Path
    files: Path

    @property
    def pid(self) -> int:
        """Give the number of its first process, as this process sees it."""
        return child(self.process.pid)

    def inside(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in its network and with its files."""
        words = ("nsenter", "--target", str(self.pid), "--net", "--mount", *command)
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)

    def processes(self, text: str) -> list[int]:
        """Give the numbers of its processes whose command line has `text`."""
        own = _link(self.pid)
        return [pid for pid in _pids() if _link(pid) == own and text in _words(pid)]

    def wait(self, timeout: float) -> int:
        """Wait for its end; give its exit code."""
        return self.process.wait(timeout)


class Cluster:
    """Pods on one switch."""

    def __init__(self, root: Path, hosts: Mapping[str, str], stack: ExitStack) -> None:
        """Make the switch; hosts have the name of every pod with its address."""
        self._root, self._hosts, self._stack, self._count = root, hosts, stack, 0
        self._switch = self._spawn(
            ["unshare", "--net", "--kill-child=KILL", "--fork", "sleep", "infinity"], root / "switch"
        )
        self._in_switch("ip", "link", "add", "switch", "type", "bridge")
        self._in_switch("ip", "link", "set", "switch", "up")

    def start(self, name: str, command: list[str], environment: Mapping[str, str]) -> Pod:
        """Start a pod that runs a command."""
        self._count += 1
        place = self._root / f"{name}-{self._count}"
        files, etc = place / "files", place / "etc"
        for folder in (files, etc):
            folder.mkdir(parents=True)
        os.chown(files, USER, USER)
        names = [f"{address} {host} {host.split('.')[0]}" for host, address in self._hosts.items()]
        (etc / "hosts").write_text("\n".join(["127.0.0.1 localhost", *names, ""]))
        (etc / "passwd").write_text(passwd(TEMPORARY))
        address = next(address for host, address in self._hosts.items() if host.split(".")[0] == name)
        variables = {
            **environment,
            "NAME": name,
            "ADDRESS": f"{address}/24",
            "FILES": str(files),
            "ETC": str(etc),
            "PYTHON": str(Path(sys.base_prefix)),
            "CLOSED": closed(Path(sys.base_prefix)),
        }
        words = [*_UNSHARE, "/bin/sh", "-c", _SET_UP, "set-up", *as_user(), *command]
        log = place / "log"
        pod = Pod(name, address, self._spawn(words, log, variables), log, files)
        self._plug(pod.pid)
        return pod

    def sandbox(self, name: str, address: str, gateway: str) -> "subprocess.Popen[str]":
        """Start what containers of one pod share: network, host name and shared memory, with `sleep` in it.

        `address` is written with the length of its network's prefix. The network is there when this returns;
        raises RuntimeError with what was said when it can't be set up.
        """
        self._count += 1
        log = self._root / "sandboxes" / f"{self._count}"
        variables = {"PATH": os.environ["PATH"], "NAME": name, "ADDRESS": address, "GATEWAY": gateway}
        shared = ("unshare", "--net", "--uts", "--ipc", "--fork", "--kill-child=KILL")
        process: subprocess.Popen[str] = self._spawn([*shared, "/bin/sh", "-c", _SANDBOX], log, variables)
        self._plug(child(process.pid))
        _wait_for_sleep(process, log)
        return process

    def gateway(self, *addresses: str) -> int:
        """Give the switch addresses of its own; tell which process is in its network."""
        for address in addresses:
            self._in_switch("ip", "address", "add", address, "dev", "switch")
        return child(self._switch.pid)

    def uplink(self, link: str, address: str) -> None:
        """Connect this process's own network with the switch; the link ends with the switch."""
        target = str(child(self._switch.pid))
        own = ("ip", "link", "add", link, "type", "veth", "peer", "name", "uplink", "netns", target)
        for command in (
            own,
            ("ip", "address", "add", address, "dev", link),
            ("ip", "link", "set", link, "up"),
        ):
            subprocess.run(command, check=True, timeout=30)
        self._in_switch("ip", "link", "set", "uplink", "master", "switch", "up")

    def _plug(self, pid: int) -> None:
        link = f"pod{self._count}"
        self._in_switch("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
        self._in_switch("ip", "link", "set", link, "master", "switch", "up")

    def _in_switch(self, *command: str) -> None:
        target = str(child(self._switch.pid))
        subprocess.run(("nsenter", "--target", target, "--net", *command), check=True, timeout=30)

    def _spawn(self, words: list[str], log: Path, environment: Mapping[str, str] | None = None) -> Any:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as output:
            process = subprocess.Popen(
                [*WITH_US, *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                text=True,
            )
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process


@contextmanager
def cluster(root: Path, hosts: Mapping[str, str]) -> Iterator[Cluster]:
    """Give a switch for pods; all of them end with the context."""
    require()
    with ExitStack() as stack:
        yield Cluster(root, hosts, stack)


def child(pid: int) -> int:
    """Give the only child of a process, which is the first one in its namespaces."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children:
            return int(children[0])
        time.sleep(0.02)
    raise RuntimeError(f"process {pid} has started nothing")


def _wait_for_sleep(process: "subprocess.Popen[str]", log: Path) -> None:
    """Wait until the script of a sandbox has done its work, and become `sleep`."""
    deadline = time.monotonic() + 30
    first = child(process.pid)
    while not _words(first).startswith("sleep"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the network of a pod is not set up: {log.read_text()}")
        time.sleep(0.01)


def closed(folder: Path) -> str:
    """Give the outermost parent that other users can't enter; empty where there is none."""
    return next((str(each) for each in reversed(folder.parents) if not each.stat().st_mode & 1), "")


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _link(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return ""


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
