"""Keys, tokens and kubeconfigs of a plane; every plane has its own."""

import json
import secrets
import subprocess
from pathlib import Path
from typing import NamedTuple

ADMIN = "admin"

_USERS = {
    ADMIN: ("admin", "system:masters"),
    "kwok": ("kwok", "system:masters"),
    # The names to which the API server's own roles are bound.
    "controller-manager": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
}


class Credentials(NamedTuple):
    """What the API server knows its users by."""

    tokens: dict[str, str]
    """Of admin, kwok, controller-manager and scheduler."""
    token_file: Path
    private_key: Path
    public_key: Path
    """The pair that signs tokens of ServiceAccounts."""


def credentials(folder: Path) -> Credentials:
    """Make the credentials of a new plane below a folder, which only we may read.

    Raises OSError or subprocess.CalledProcessError when openssl is missing or fails.
    """
    folder.mkdir(mode=0o700)
    tokens = {user: secrets.token_urlsafe(24) for user in _USERS}
    rows = [f'{tokens[user]},{name},{name},"{group}"\n' for user, (name, group) in _USERS.items()]
    found = Credentials(tokens, folder / "tokens.csv", folder / "accounts.key", folder / "accounts.pub")
    found.token_file.write_text("".join(rows), encoding="utf-8")
    _openssl("genrsa", "-out", found.private_key, "2048")
    _openssl("rsa", "-in", found.private_key, "-pubout", "-out", found.public_key)
    return found


def kubeconfig(path: Path, url: str, token: str, authority: Path, namespace: str = "default") -> Path:
    """Write the kubeconfig of one user; `authority` holds the server's certificate. JSON is YAML."""
    cluster = {"server": url, "certificate-authority": str(authority)}
    context = {"cluster": "plane", "user": "user", "namespace": namespace}
    body = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "plane", "cluster": cluster}],
        "users": [{"name": "user", "user": {"token": token}}],
        "contexts": [{"name": "plane", "context": context}],
        "current-context": "plane",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
    return path


def self_signed(key: Path, certificate: Path, subject: str, host: str) -> None:
    """Write a key and a certificate for a host that holds for two days; raises as `credentials` does."""
    _openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", f"/CN={subject}", "-addext", f"subjectAltName=DNS:{host}"),
        *("-keyout", key, "-out", certificate),
    )


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
