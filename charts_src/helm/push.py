"""Pushes chart packages to an OCI registry, and never over one that others may have pulled.

Helm does the talking, with the logins of `helm registry login` and of the person's docker configuration.
What a registry has already is pulled and compared byte by byte: package.py gives the same for the same chart.
"""

import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from charts_src.errors import UserError
from charts_src.helm.packages import Package, packages
from charts_src.helm.programs import HELM4

_HOST = r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(:[0-9]+)?"
_PATH = r"(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"  # opencontainers/distribution-spec: <name>
_REGISTRY = re.compile(_HOST + _PATH)
_DIGEST = re.compile(r"^Digest: (sha256:[0-9a-f]{64})$", re.MULTILINE)
_ABSENT = re.compile(r": not found\s*$")
_AT_ONCE = 4


class There(Enum):
    """What a registry has under the name and version of a package."""

    NOTHING = 0
    THE_SAME = 1
    ANOTHER = 2


class Registry(NamedTuple):
    """A registry, or a folder in it, that takes charts."""

    address: str
    """Such as registry.example.com/charts."""
    plain_http: bool = False
    """Whether it speaks HTTP without TLS."""
    helm: Path = HELM4

    def there(self, package: Package) -> There:
        """Ask what is there. Raises UserError when the registry does not say."""
        with TemporaryDirectory() as folder:
            reference = f"oci://{self.address}/{package.name}"
            done = self._run("pull", reference, "--version", package.version, "--destination", folder)
            if done.returncode:
                if _ABSENT.search(done.stderr):
                    return There.NOTHING
                raise self._refused("asked for", package, done.stderr)
            (pulled,) = Path(folder).iterdir()
            return There.THE_SAME if pulled.read_bytes() == package.path.read_bytes() else There.ANOTHER

    def push(self, package: Package) -> str:
        """Push a package and give the digest of its manifest. Raises UserError when that fails."""
        done = self._run("push", str(package.path), f"oci://{self.address}")
        digest = _DIGEST.search(done.stdout + done.stderr)
        if done.returncode or not digest:
            raise self._refused("pushed", package, done.stderr)
        return digest[1]

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.helm), *arguments, *(["--plain-http"] if self.plain_http else [])]
        try:
            return subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise UserError(f"{self.helm}: not found; run make publish-charts, which builds it") from None

    def _refused(self, what: str, package: Package, errors: str) -> UserError:
        said = errors.strip().splitlines() or ["no answer"]
        return UserError(
            f"{package}: cannot be {what}: {said[-1].removeprefix('Error: ')}; mend that (a login: helm "
            "registry login; a registry without TLS: PLAIN_HTTP=1), then run again"
        )


def publish(folder: Path, registry: Registry, say: Callable[[str], None]) -> str:
    """Push every package of a folder that the registry has not; `say` takes a line for each.

    Raises UserError for a registry that is none, when there are no packages, and before anything is pushed
    when the registry has another package under the same name and version.
    """
    _check(registry.address)
    ours = packages(folder)
    say(f"{len(ours)} packages: asking oci://{registry.address} what it has of them")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = dict(zip(ours, pool.map(registry.there, ours), strict=True))
    _refuse_others(found, registry.address)
    for number, (package, there) in enumerate(found.items(), 1):
        did = "there already" if there is There.THE_SAME else f"pushed {registry.push(package)}"
        say(f"{number}/{len(found)} {package}: {did}")
    known = sum(there is There.THE_SAME for there in found.values())
    return f"oci://{registry.address}: {len(found) - known} pushed, {known} there already"


def _check(address: str) -> None:
    if not address:
        raise UserError("REGISTRY: is missing; write REGISTRY=registry.example.com/charts")
    if "://" in address:
        raise UserError(f"REGISTRY={address}: has a scheme; write REGISTRY={address.partition('://')[2]}")
    if not _REGISTRY.fullmatch(address):
        raise UserError(f"REGISTRY={address}: is no registry; write it as registry.example.com/charts")


def _refuse_others(found: dict[Package, There], address: str) -> None:
    others = [package for package, there in found.items() if there is There.ANOTHER]
    if others:
        raise UserError(
            "\n".join(
                f"{package}: oci://{address}/{package.name} has this version with other content; raise the "
                "version of the chart, then run make charts"
                for package in others
            )
        )
