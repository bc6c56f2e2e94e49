"""Keys, tokens and kubeconfigs of a plane; every plane has its own."""

import json
import secrets
import subprocess
from pathlib import Path
from typing import NamedTuple

ADMIN = "admin"
API_SERVER = "172.20.0.1"
"""Cluster IP of the API server: the first of the range that launch.py gives to Services."""

_USERS = {
    ADMIN: ("admin", "system:masters"),
    "kwok": ("kwok", "system:masters"),
    # The names to which the API server's own roles are bound.
    "controller-manager": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
}

_CURVE = ("-pkeyopt", "ec_paramgen_curve:prime256v1")
"""To make an RSA key would take half a second, and each handshake would take longer."""
_SERVER = (
    "IP:127.0.0.1",
    f"IP:{API_SERVER}",
    *(f"DNS:kubernetes{suffix}" for suffix in ("", ".default", ".default.svc")),
)
"""What we and pods know the API server by."""


class Credentials(NamedTuple):
    """What the API server knows its users by."""

    tokens: dict[str, str]
    """Of admin, kwok, controller-manager and scheduler."""
    token_file: Path
    private_key: Path
    public_key: Path
    """The pair that signs tokens of ServiceAccounts."""
    serving_key: Path
    certificate: Path
    """The API server's."""


def credentials(folder: Path) -> Credentials:
    """Make the credentials of a new plane below a folder, which only we may read.

    Raises OSError or subprocess.CalledProcessError when openssl is missing or fails.
    """
    folder.mkdir(mode=0o700)
    tokens = {user: secrets.token_urlsafe(24) for user in _USERS}
    rows = [f'{tokens[user]},{name},{name},"{group}"\n' for user, (name, group) in _USERS.items()]
    pair = folder / "accounts.key", folder / "accounts.pub"
    served = folder / "apiserver.key", folder / "apiserver.crt"
    found = Credentials(tokens, folder / "tokens.csv", *pair, *served)
    found.token_file.write_text("".join(rows), encoding="utf-8")
    _openssl("genpkey", "-algorithm", "EC", *_CURVE, "-out", found.private_key)
    _openssl("pkey", "-in", found.private_key, "-pubout", "-out", found.public_key)
    self_signed(found.serving_key, found.certificate, "kube-apiserver", *_SERVER)
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


def self_signed(key: Path, certificate: Path, subject: str, *hosts: str) -> None:
    """Write a key and a certificate that holds for a year; raises as `credentials` does.

    `hosts` are those that it is for, such as DNS:localhost or IP:127.0.0.1.
    """
    _openssl(
        *("req", "-x509", "-newkey", "ec", *_CURVE, "-nodes", "-days", "365"),
        *("-subj", f"/CN={subject}", "-addext", f"subjectAltName={','.join(hosts)}"),
        *("-keyout", key, "-out", certificate),
    )


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
